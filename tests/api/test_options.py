"""From command-line options to what the rooms take."""

import json
from pathlib import Path

import pytest

from reportgen.analysis import AnalysisOptions
from reportgen.api.jobs import report_job
from reportgen.api.options import InputChoices, OutputChoices, columns, without_effect
from reportgen.errors import UsageError
from reportgen.models import ModelSpec
from reportgen.options import options_of, shown_options
from reportgen.report import RenderOptions
from reportgen.report.options import read_size
from reportgen.texts import Columns


@pytest.mark.parametrize(
    ("text", "size"),
    [("10MB", 10**7), ("25 mb", 25 * 10**6), ("1.5GB", 15 * 10**8), ("800kB", 800_000), ("0", 0),
     ("12", 12), ("3k", 3000), ("7b", 7)],
)  # fmt: skip
def test_sizes_are_decimal(text: str, size: int) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize(
    "text",
    ["", "MB", "-1MB", "1TB", "1MiB", "ten", "1e3", "nan", "9" * 400, "9" * 400 + "GB", "²MB"],
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError, match="--max-size"):
        read_size(text)


def test_keep_maps_is_all_none_or_a_number() -> None:
    for text in ("all", "none", "0", "100"):
        options_of(AnalysisOptions, {"keep_maps": text})
    for text in ("", "-1", "1.5", "²", "some"):
        with pytest.raises(UsageError, match="--keep-maps"):
            options_of(AnalysisOptions, {"keep_maps": text})


def test_texts_of_evidence_are_all_or_a_number_from_1() -> None:
    for text in ("all", "1", "050", "9" * 12):
        options_of(AnalysisOptions, {"evidence_texts": text})
    for text in ("", "0", "00", "-1", "1.5", "1e9", "²", "none", "abc", "9" * 400):
        with pytest.raises(UsageError, match="--evidence-texts"):
            options_of(AnalysisOptions, {"evidence_texts": text})


def test_options_reach_their_rooms() -> None:
    chosen = InputChoices(text_column="review", group_column="shop")
    assert columns(chosen) == Columns(text="review", group="shop")
    assert ModelSpec(factory="a:B", factory_args='{"n": 1}').arguments == {"n": 1}


def test_options_are_read_as_they_are_typed(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    typed = {"heads": "sum", "title": "T", "lang": "ja", "max_size": "1MB", "pool_above": "none"}
    options = RenderOptions(heads="sum", title="T", lang="ja", max_size=10**6, pool_above=None)
    assert options_of(RenderOptions, typed) == options
    assert options_of(RenderOptions, {"max_size": 5, "pool_above": 512}) == RenderOptions(
        max_size=5, pool_above=512
    )
    assert options_of(RenderOptions, {}) == RenderOptions()
    for name, value in (("pool_above", "-1"), ("pool_above", -1), ("max_size", "much")):
        with pytest.raises(UsageError, match=name.replace("_", ".")):
            options_of(RenderOptions, {name: value})
    bundle = tmp_path / "p.js"
    options = RenderOptions(plotlyjs=bundle)
    bundle.write_text("/* plotly.js */ newPlot")
    assert report_job(OutputChoices(), options, ()).options == options
    bundle.write_text("")
    with pytest.raises(UsageError, match=r"not plotly\.js"):
        report_job(OutputChoices(), options, ())


def shown(model: ModelSpec) -> dict[str, object]:
    return dict(shown_options(model))


def test_only_what_differs_from_the_default_is_shown() -> None:
    assert shown(ModelSpec()) == {}
    chosen = shown_options(
        InputChoices(limit=3), ModelSpec(trust_remote_code=True), AnalysisOptions(batch_tokens=9)
    )
    assert chosen == {"limit": 3, "trust-remote-code": True, "batch-tokens": 9}


def test_no_path_is_shown(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    folder = "home"
    for given, named in {
        "./albert": "albert",
        "../models/albert/": "albert",
        f"/{folder}/gone": "gone",
        "~/albert": "albert",
        "here": "here",
        ".": tmp_path.name,
        "cl-tohoku/bert-base": "cl-tohoku/bert-base",
    }.items():
        assert shown(ModelSpec(model=given, tokenizer=given)) == {
            "model": named,
            "tokenizer": named,
        }
        args = {"name": given, "deep": {"list": [given, 1, None]}}
        chosen = shown(ModelSpec(factory=f"{given}/m.py:C", factory_args=json.dumps(args)))
        if given != "cl-tohoku/bert-base":
            assert str(chosen["factory"]) == "m.py:C" or given == "here"
        assert json.loads(str(chosen["factory-args"])) == {
            "name": named,
            "deep": {"list": [named, 1, None]},
        }


def test_a_long_argument_is_no_path() -> None:
    prompt = "Classify the following headline. " * 20
    chosen = shown(ModelSpec(factory="a:B", factory_args=json.dumps({"prompt": prompt})))
    assert json.loads(str(chosen["factory-args"])) == {"prompt": prompt}


def test_names_of_classes_are_set_apart_by_commas() -> None:
    assert ModelSpec(class_names="bad, very good ,x").classes == ("bad", "very good", "x")
    assert ModelSpec().classes == ()
    given = shown_options(ModelSpec(class_names="a,b"))
    assert given == {"class-names": "a,b"}


def test_what_has_no_effect_without_evidence_is_named() -> None:
    assert without_effect(AnalysisOptions(evidence="basic", explain_class="a")) == []
    assert without_effect(AnalysisOptions(evidence="none")) == []
    both = AnalysisOptions(evidence="none", explain_class="a", evidence_texts="all")
    assert [line.split()[0] for line in without_effect(both)] == [
        "--evidence-texts",
        "--explain-class",
    ]
