"""Where cross-attention rests, against plain means over texts."""

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.calling import call
from helpers.made_up.factories import make_results
from helpers.real.writers import PAIRS, save_writer

from reportgen.findings import Findings
from reportgen.findings.attention import takes_part
from reportgen.findings.sinks import FIRST, cross_tokens
from reportgen.report import load_language
from reportgen.report.sections import make_cross
from reportgen.results import Results, open_results

TEXTS = (
    *PAIRS,
    ("the dog sat on the log", "the cat"),
    ("free coffee for the dog", "a film"),
    ("a good log and a bad cat", "new member"),
)


@pytest.fixture(scope="module", params=["t5", "bart"])
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp(request.param)
    save_writer(folder / "model", request.param)
    lines = [json.dumps({"text": text, "completion": target}) for text, target in TEXTS]
    (folder / "texts.jsonl").write_text("\n".join(lines), "utf-8")
    given = ("-m", folder / "model", "--evidence", "none", "-o", folder / "made")
    done = call("analyze", folder / "texts.jsonl", *given)
    assert done.exit_code == 0, done.stderr
    return open_results(folder / "made")


def test_shares_are_means_over_texts_of_sums_over_tokens(results: Results) -> None:
    found = {token.subject.key: token for token in cross_tokens(results)}
    # BART's first token is special, and has its own role.
    names = {"eos": "</s>"} if "first" in found else {"cls": "<s>", "sep": "</s>"}
    assert set(found) == {*names, *({"first"} & set(found))}
    for key, token in found.items():
        shares, even = [], []
        for text in np.flatnonzero(takes_part(results)):
            rows = results.tokens_of(int(text))
            own = rows["role"] == key if key in names else rows["position"] == 0
            own = own.fillna(False).to_numpy(bool)
            layers = np.stack(rows["cross_received_layers"])
            shares.append(layers[own].sum(axis=0))
            even.append(own.sum() / len(rows))
        assert token.figures.n_texts == len(shares) > 1
        for number, layer in enumerate(token.figures.layers):
            share = np.array(shares)[:, number]
            assert layer.layer == number + 1
            assert layer.share.mean == pytest.approx(share.mean(), abs=1e-6)
            assert layer.expected == pytest.approx(np.mean(even), abs=1e-6)
            beyond = (share - np.array(even)) / (1 - np.array(even))
            assert layer.excess.mean == pytest.approx(beyond.mean(), abs=1e-6)


def test_those_that_get_most_beyond_their_equal_share_stand_in_front(results: Results) -> None:
    means = [token.layer.excess.mean for token in cross_tokens(results)]
    assert means == sorted(means, reverse=True)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_section_says_so_with_a_table_by_layer(results: Results, lang: str) -> None:
    language = load_language(lang)
    made = make_cross(Findings(results), language)
    found = cross_tokens(results)
    assert len(made.sentences) == len(found)
    for token, said in zip(found, made.sentences, strict=True):
        assert language.percent(token.layer.share.mean) in said
        assert language.percent(token.layer.expected) in said
        assert token.subject == FIRST or token.subject.token in said
    assert len(made.table.rows) == 2
    first = [cell.text for cell in made.table.rows[0]]
    assert first == [
        "1",
        *(
            language.percent(value)
            for token in found
            for value in (token.figures.layers[0].share.mean, token.figures.layers[0].expected)
        ),
    ]


def test_it_is_on_the_page_and_in_the_short_form(results: Results, tmp_path: Path) -> None:
    outputs = ("-o", tmp_path / "page.html", "-o", tmp_path / "page.md")
    done = call("render", results.folder, *outputs)
    assert done.exit_code == 0, done.stderr
    for name in ("page.html", "page.md"):
        assert "Where cross-attention rests" in (tmp_path / name).read_text("utf-8")


def test_other_models_have_none(tmp_path: Path) -> None:
    findings = Findings(make_results(tmp_path, ("ab cd ef",)))
    assert findings.cross_tokens == ()
    assert make_cross(findings, load_language("en")) is None
