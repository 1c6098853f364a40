"""--redact: whoever has the model, its tokenizer and a dictionary recovers no word of any output.

The whole attack, on 5,000 words and with guesses of all words of a text at once, is
`tests/benchmarks/redaction.py`.
"""

from pathlib import Path

import pandas as pd
import pytest
from helpers.calling import call
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

import reportgen

LENGTHS = (1, 2, 5, 6, 6, 7, 8, 9)
OUTPUTS = (
    *("report.html", "report.md", "page.xml", "summary.json", "tokens.csv", "texts.csv"),
    *("heads.csv", "sinks.csv", "agreement.csv", "tokens.parquet"),
)


@pytest.fixture(scope="module")
def secret() -> Secret:
    return make_secret(make_dictionary(250), LENGTHS)


@pytest.fixture(scope="module")
def known(tmp_path_factory) -> Known:
    dictionary = make_dictionary(250)
    return make_known(make_model(tmp_path_factory.mktemp("model"), dictionary), dictionary)


@pytest.fixture(scope="module")
def written(secret: Secret, known: Known, tmp_path_factory) -> Path:
    """Outputs of texts of that dictionary, plain and redacted."""
    folder = tmp_path_factory.mktemp("recovery")
    reportgen.analyze(
        list(secret.texts), known.model, evidence_texts="all", folder=folder / "results"
    )
    for place, more in (("plain", ()), ("redacted", ("--redact",))):
        outputs = [part for name in OUTPUTS for part in ("-o", folder / place / name)]
        outputs += ["-o", folder / place / "brief.html"]
        done = call("render", folder / "results", *outputs, *more)
        assert done.exit_code == 0, done.output
        outputs = ["-o", folder / place / "compare.html", "-o", folder / place / "compare.json"]
        done = call("compare", folder / "results", folder / "results", *outputs, *more)
        assert done.exit_code == 0, done.output
    maps = folder / "plain" / "maps.npz"
    assert call("render", folder / "results", "-o", maps).exit_code == 0
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
