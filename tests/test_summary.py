"""The summary: one flat object, the figures of the notes, never a NaN."""

import json
from pathlib import Path
from typing import Any

import pytest
from factories import HEADLINES, make_results
from role_tables import far_apart, same_in_every_text, with_roles

from reportgen.notes.rules import corpus_notes
from reportgen.report.options import RenderOptions
from reportgen.report.summary import render
from reportgen.results import OUTPUT_KINDS, Results


def summary(results: Results) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    parsed: dict[str, Any] = json.loads(render(results, RenderOptions()), parse_constant=refuse)
    return parsed


def test_the_model_and_the_counts_are_told(tmp_path: Path) -> None:
    texts = (*HEADLINES, "", "fails")
    results = make_results(tmp_path, texts, truncated=(1,), failed=(7,))
    told = summary(results)
    assert told["schema_version"] == results.info.schema_version
    assert told["model"] == "made-up"
    assert told["model_weights_sha256"] == "0" * 64
    counts = [told[f"n_{name}"] for name in ("texts", "ok", "truncated", "empty", "failed")]
    assert counts == [8, 5, 1, 1, 1]
    assert told["n_tokens"] == len(results.tokens)


@pytest.mark.parametrize(("share", "verdict"), [(0.6, "sink"), (0.2, "raised"), (0.1, "none")])
def test_each_role_has_its_verdict_and_figures(tmp_path: Path, share: float, verdict: str) -> None:
    results = with_roles(make_results(tmp_path), same_in_every_text(share))
    told = summary(results)
    for role, token in (("cls", "[CLS]"), ("sep", "[SEP]")):
        assert told[f"{role}_verdict"] == verdict
        assert told[f"{role}_token"] == token
        assert told[f"{role}_share"] == share
        assert told[f"{role}_expected"] == 0.1
        assert told[f"{role}_ratio"] == pytest.approx(share / 0.1, rel=1e-5)
        assert told[f"{role}_n_texts"] == 6


def test_figures_are_those_of_the_notes(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.6)
    told = summary(results)
    for note in corpus_notes(results):
        if note.is_verdict:
            for name in ("layer", "share", "share_low", "share_high", "ratio_low", "ratio_high"):
                assert told[f"{note.role}_{name}"] == pytest.approx(note.values[name], rel=1e-5)


@pytest.mark.parametrize(
    ("texts", "verdict"), [(HEADLINES[:4], "too_few_texts"), (("ab",), "no_text")]
)
def test_what_is_no_verdict_has_a_name_and_no_interval(
    tmp_path: Path, texts: tuple[str, ...], verdict: str
) -> None:
    told = summary(make_results(tmp_path, texts))
    assert told["cls_verdict"] == verdict
    assert told["cls_share_low"] is None
    assert (told["cls_share"] is None) == (verdict == "no_text")


def test_unclear_is_a_verdict(tmp_path: Path) -> None:
    assert summary(with_roles(make_results(tmp_path), far_apart()))["cls_verdict"] == "unclear"


def test_a_model_without_special_tokens_says_so(tmp_path: Path) -> None:
    told = summary(make_results(tmp_path, special=False))
    assert told["special_verdict"] == "no_special_tokens"
    assert "cls_verdict" not in told


def test_the_label_error_is_null_without_labels(tmp_path: Path) -> None:
    told = summary(make_results(tmp_path))
    assert (told["n_labelled"], told["label_mae"], told["label_r2"]) == (0, None, None)


def test_the_label_error_is_told(tmp_path: Path) -> None:
    results = make_results(tmp_path, labels=(1.0, 2.0, 0.0, 1.5, 1.0, 3.0))
    errors = (results.texts["prediction"] - results.texts["label_value"]).tolist()
    told = summary(results)
    assert told["n_labelled"] == 6
    assert told["label_mae"] == pytest.approx(sum(map(abs, errors)) / 6, rel=1e-5)
    assert told["label_r2"] < 1


@pytest.mark.parametrize("kind", OUTPUT_KINDS)
def test_every_value_is_a_plain_one(tmp_path: Path, kind: str) -> None:
    told = summary(make_results(tmp_path, (*HEADLINES, ""), kind=kind, labels=(1.0,) * 7))  # type: ignore[arg-type]
    for value in told.values():
        assert value is None or isinstance(value, str | int | float)


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = make_results(tmp_path / "1"), make_results(tmp_path / "2")
    assert render(one, RenderOptions()) == render(two, RenderOptions())
    assert render(one, RenderOptions()).endswith("}\n")
