"""Given units, from the option to the effects and the words of the page."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.made_up.factories import make_results
from transformers import AutoModelForSequenceClassification

import reportgen
from reportgen.analysis import AnalysisOptions
from reportgen.api.options import without_effect
from reportgen.errors import UsageError
from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.sections import make_text_list
from reportgen.results import Results

TEXT = "the unbelievable cats sat, 1,000円 無料でもらえる"
UNITS = ["the unbelievable", "sat, 1,000円"]


@pytest.fixture(scope="module")
def jsonl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("texts") / "t.jsonl"
    rows = [{"text": TEXT, "units": UNITS}, {"text": "the cats"}]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


def parts(results: Results, text: int, source: str) -> list[str]:
    own = results.tokens_of(text)
    own = own[~own["is_special"].to_numpy(bool)]
    return [source[unit["start"].min() : unit["end"].max()] for _, unit in own.groupby("unit")]


def test_given_units_are_left_out_whole(bert: Path, jsonl: Path) -> None:
    """Against runs of the library without all tokens of a unit."""
    report = reportgen.analyze(str(jsonl), bert)
    results = report.results
    assert results.info.settings.units == "given"
    expected = ["the unbelievable", "cats", "sat, 1,000円", "無料", "でもらえる"]
    assert parts(results, 0, TEXT) == expected
    assert parts(results, 1, "the cats") == ["the", "cats"]
    tokens, effects = results.tokens_of(0), results.effects_of(0)
    assert effects is not None
    model = AutoModelForSequenceClassification.from_pretrained(bert).eval()
    ids = torch.tensor(tokens["token_id"].tolist())
    units = tokens["unit"].to_numpy()

    def score(kept: np.ndarray) -> float:
        with torch.inference_mode():
            return float(model(input_ids=ids[torch.tensor(kept)][None]).logits[0, 0])

    whole = score(np.ones(len(tokens), bool))
    for unit in np.unique(units[~tokens["is_special"].to_numpy(bool)]):
        found = effects["deletion"].to_numpy()[units == unit]
        np.testing.assert_allclose(found, whole - score(units != unit), atol=1e-5)


def test_python_takes_units_beside_a_list_and_in_a_table(bert: Path) -> None:
    pandas = pytest.importorskip("pandas")
    fast = {"evidence": "none", "keep_maps": "none"}
    frame = pandas.DataFrame({"text": [TEXT, "the cats"], "parts": [np.array(UNITS), None]})
    places = [[[0, 16], [22, 34]], None]
    for report in (
        reportgen.analyze([TEXT, "the cats"], bert, text_units=places, **fast),
        reportgen.analyze(frame, bert, text_units="parts", **fast),
    ):
        assert parts(report.results, 0, TEXT)[2] == "sat, 1,000円"
        assert report.results.info.settings.units == "given"
    of_pair = [{"pair": ["the cats"]}]
    report = reportgen.analyze(
        ["the cats"], bert, pairs=["the cats sat"], text_units=of_pair, **fast
    )
    tokens = report.results.tokens_of(0)
    own, beside = (tokens[tokens["segment"] == segment]["unit"].nunique() for segment in (0, 1))
    assert (own, beside) == (2, 2)  # "the", "cats"; "the cats", "sat"
    report = reportgen.analyze(frame, bert, text_units="parts", units="word", **fast)
    assert parts(report.results, 0, TEXT)[:2] == ["the", "unbelievable"]
    with pytest.raises(UsageError, match=r"^text_units: 1 for 2 texts"):
        reportgen.analyze([TEXT, "a"], bert, text_units=[None], **fast)
    with pytest.raises(UsageError, match=r"^text_units: a list of texts has no columns"):
        reportgen.analyze([TEXT], bert, text_units="parts", **fast)


def test_units_that_are_asked_for_must_be_there(bert: Path) -> None:
    with pytest.raises(UsageError, match="--units given: the texts have no column units"):
        reportgen.analyze(["a"], bert, units="given", evidence="none")


def test_a_column_that_is_named_in_vain_is_told() -> None:
    given = {"units-column": "parts"}
    assert without_effect(AnalysisOptions(shown=given)) == []
    assert without_effect(AnalysisOptions(units="given", shown=given)) == []
    assert without_effect(AnalysisOptions(units="word", shown=given)) == [
        "--units-column has no effect with --units word"
    ]


def test_the_page_says_what_a_unit_is(tmp_path: Path) -> None:
    made = make_results(tmp_path / "r", ("a b", "c d"), n_layers=1, n_heads=1)

    def said(n_joined: int, lang: str = "en") -> str:
        settings = replace(made.info.settings, units="given", n_joined=n_joined)
        results = Results(replace(made.info, settings=settings), made.source)
        return make_text_list(Findings(results), load_language(lang)).units

    assert said(0).startswith("The units here came with the texts")
    assert "part" not in said(0)
    assert said(1).endswith(
        "1 of the given units is part of a larger one, because a token of the model reaches beyond"
        " it."
    )
    assert "3 of the given units are parts" in said(3)
    assert "3個" in said(3, "ja")
