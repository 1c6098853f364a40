"""--redact: whoever has the model, its tokenizer and a dictionary recovers no word of any output.

The whole attack, on 5,000 words and with guesses of all words of a text at once, is
`tests/benchmarks/redaction.py`.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from helpers.calling import call
from helpers.real import guessing
from helpers.real.recovery import (
    Known,
    Secret,
    by_columns,
    by_maps,
    by_numbers,
    by_shape,
    chance,
    make_dictionary,
    make_known,
    make_model,
    make_secret,
    most_by_chance,
    outputs_of,
)
from scipy.stats import binom

import reportgen

LENGTHS = (1, 2, 5, 6, 6, 7, 8, 9)
OUTPUTS = (
    *("report.html", "report.md", "page.xml", "summary.json", "tokens.csv", "texts.csv"),
    *("heads.csv", "sinks.csv", "agreement.csv", "tokens.parquet"),
    *("predictions.csv", "metrics.json"),
)
PLAIN = ("tokens.csv", "tokens.parquet", "maps.npz")
COMPARED = ("compare.html", "compare.json", "compare.md", "changes.csv")


@pytest.fixture(scope="module")
def secret() -> Secret:
    return make_secret(make_dictionary(250), LENGTHS)


@pytest.fixture(scope="module")
def known(tmp_path_factory) -> Known:
    dictionary = make_dictionary(250)
    return make_known(make_model(tmp_path_factory.mktemp("model"), dictionary), dictionary)


@pytest.fixture(scope="module")
def written(secret: Secret, known: Known, tmp_path_factory) -> Path:
    """Redacted outputs of texts of that dictionary, and plain ones on which attacks work."""
    folder = tmp_path_factory.mktemp("recovery")
    texts = list(secret.texts)
    reportgen.analyze(texts, known.model, evidence_texts="all", folder=folder / "results")
    reportgen.analyze(texts, known.model, evidence="none", folder=folder / "before")
    gates = [
        part
        for name, value in reportgen.open_report(folder / "results").figures.items()
        if value is not None
        for part in ("--warn-if", f"{name} > 1e9")
    ]
    plain = [part for name in PLAIN for part in ("-o", folder / "plain" / name)]
    assert call("render", folder / "results", *plain).exit_code == 0
    place = folder / "redacted"
    outputs = [part for name in OUTPUTS for part in ("-o", place / name)]
    done = call("render", folder / "results", *outputs, *gates, "--redact", "--verbose")
    assert done.exit_code == 0, done.output
    (place / "said.txt").write_text(done.output, "utf-8")
    for base in ("results", "before"):
        outputs = [part for name in COMPARED for part in ("-o", place / f"{base}-{name}")]
        done = call("compare", folder / base, folder / "results", *outputs, "--redact")
        assert done.exit_code == 0, done.output
    return folder


@pytest.mark.parametrize("name", ["tokens.csv", "tokens.parquet"])
def test_no_column_tells_a_word(written: Path, secret: Secret, known: Known, name: str) -> None:
    read = pd.read_csv if name.endswith("csv") else pd.read_parquet
    plain, redacted = (read(written / place / name) for place in ("plain", "redacted"))
    assert by_columns(plain, secret, known)["alone"] > 0.9 * secret.n_words  # the attack works
    scores = by_columns(redacted, secret, known)
    assert max(scores.values()) <= most_by_chance(secret, len(known.words)), scores


def test_neither_characters_nor_tokens_of_a_word_are_told(
    written: Path, secret: Secret, known: Known
) -> None:
    plain, redacted = (
        pd.read_csv(written / place / "tokens.csv") for place in ("plain", "redacted")
    )
    blind = chance(secret, len(known.words))
    assert by_shape(plain, secret, known) > 5 * blind
    assert by_shape(redacted, secret, known) <= 1.5 * blind


def test_no_output_holds_a_figure_of_a_word(written: Path, secret: Secret, known: Known) -> None:
    limit = most_by_chance(secret, len(known.words))
    plain, redacted = (outputs_of(written / place) for place in ("plain", "redacted"))
    assert by_numbers(plain["tokens.csv"], secret, known) > 0.5 * secret.n_words
    for name, content in redacted.items():
        assert by_numbers(content, secret, known) <= limit, name


def test_maps_tell_words_and_are_left_out(
    written: Path, secret: Secret, known: Known, tmp_path: Path
) -> None:
    found = by_maps((written / "plain" / "maps.npz").read_bytes(), secret, known)
    assert found > most_by_chance(secret, len(known.words))
    done = call("render", written / "results", "--redact", "-o", tmp_path / "maps.npz")
    assert done.exit_code == 2
    assert "--redact leaves out attention maps" in done.output
    assert not list(tmp_path.iterdir())


def test_texts_of_few_words_are_left_out_and_counted(written: Path, tmp_path: Path) -> None:
    ids = pd.read_csv(written / "redacted" / "texts.csv")["text_id"].tolist()
    assert ids == [i for i, n in enumerate(LENGTHS, 1) if n >= 5]
    for lang, said in (("en", "2 texts of fewer than 5 words"), ("ja", "5語より短いテキスト2件")):
        page = tmp_path / f"{lang}.html"
        done = call("render", written / "results", "--redact", "--lang", lang, "-o", page)
        assert said in done.output
        assert said in page.read_text("utf-8")


def test_a_gate_names_no_token(written: Path, tmp_path: Path) -> None:
    gates = ("sink_token_geheim_share > 0.1", "sink_token_u20221_share > 0.1")
    given = [part for gate in gates for part in ("--warn-if", gate)]
    names = ("report.html", "report.md", "page.xml", "summary.json")
    outputs = [part for name in names for part in ("-o", tmp_path / name)]
    done = call("render", written / "results", *outputs, *given, "--redact")
    assert done.exit_code == 0, done.output
    for name, content in {"said": done.output.encode(), **outputs_of(tmp_path)}.items():
        assert b"geheim" not in content, name
    # A token that is called by its number can be named.
    assert "gate warning: sink_token_u20221_share " in done.output
    assert "gate warning: sink_token_… not measured (allowed: at most 0.1" in done.output


def test_guesses_of_all_words_of_a_text_at_once_are_blind() -> None:
    model, n_texts = guessing.number(60, n_words=4), 3
    most = int(binom.ppf(0.999, n_texts * model.n_words, 1 / len(model.ids)))
    assert guessing.hits(model, model.plain, n_texts) > most
    assert guessing.hits(model, model.redacted, n_texts) <= most


@pytest.mark.parametrize("make", [guessing.next_token, guessing.completion])
def test_so_are_guesses_at_causal_models(make: Callable[[int], guessing.Guessed]) -> None:
    model, n_texts = make(60), 3
    most = int(binom.ppf(0.999, n_texts * model.n_words, 1 / len(model.ids)))
    assert guessing.hits(model, model.redacted, n_texts) <= most
