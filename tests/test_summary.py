"""The summary: flat but for evidence, the figures of the notes, never a NaN."""

import json
from pathlib import Path
from typing import Any

import pytest
from factories import HEADLINES, make_results
from role_tables import far_apart, same_in_every_text, with_roles

from reportgen.info import OUTPUT_KINDS
from reportgen.notes.evidence import agreement_figures, subject_figures
from reportgen.notes.rules import corpus_notes
from reportgen.report.options import RenderOptions
from reportgen.report.summary import render
from reportgen.results import Results


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
    for value in (v for name, v in told.items() if name != "evidence"):
        assert value is None or isinstance(value, str | int | float)


def test_without_evidence_the_summary_says_no_more(tmp_path: Path) -> None:
    assert summary(make_results(tmp_path))["evidence"] == {"level": "none"}


def test_evidence_is_told_with_its_intervals(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full", withheld={"received_last": "failed"})
    told = summary(results)["evidence"]
    assert (told["level"], told["scalar"], told["n_texts"]) == ("full", "number", 6)
    assert told["norms_error"] == 3e-7
    assert told["withheld"] == results.info.evidence.withheld
    assert told["withheld"]["received_last"] == "failed"
    n_rows = int(results.texts["n_tokens"].sum())
    assert told["live_rows"] == {
        "n_texts": 6,
        "n_live": 6,
        "n_rows": n_rows,
        "reads_cls_only": True,
    }
    assert told["mask_offset"] == {"mean": 0.4, "low": 0.4, "high": 0.4, "n_texts": 6}
    for figures in subject_figures(results):
        sink = told["sinks"][figures.subject.key]
        assert sink["token"] == figures.subject.token
        share = figures.shares[sink["layer"] - 1]
        assert share.interval is not None
        assert [sink["share"][name] for name in ("mean", "low", "high")] == pytest.approx(
            [share.mean, *share.interval], rel=1e-5
        )
        for test, outcome in figures.tests.items():
            assert outcome.ratio is not None
            ratio = sink["tests"][test]["ratio"]
            assert ratio["mean"] == pytest.approx(outcome.ratio.mean, rel=1e-5)
            assert ratio["low"] == pytest.approx(outcome.ratio.interval[0], rel=1e-5)
            assert sink["tests"][test]["control"] == pytest.approx(outcome.control.mean, rel=1e-5)
    for view in agreement_figures(results):
        said = told["agreement"][view.view][view.statistic]
        assert said["mean"] == pytest.approx(view.estimate.mean, rel=1e-5)
        assert said["n_texts"] == view.estimate.n_texts
        assert ("over_rarity" in said) == (view.view not in ("rarity", "random"))


def test_only_what_was_measured_is_told(tmp_path: Path) -> None:
    results = make_results(tmp_path, HEADLINES[:2], evidence="basic")
    results.layers["mixing"] = float("nan")
    results.layers["rollout_special"] = 0.25
    told = summary(results)["evidence"]
    names = {"level", "scalar", "n_texts", "norms_error", "agreement", "live_rows"}
    assert set(told) == {*names, "rollout_special_share"}
    assert told["rollout_special_share"]["mean"] == 0.25
    spearman = told["agreement"]["gradient"]["spearman"]
    assert spearman == {"mean": None, "low": None, "high": None, "n_texts": 2}
    assert "ig" not in told["agreement"]


@pytest.mark.parametrize("level", ["basic", "full"])
def test_where_nothing_moves_the_output_no_value_is_infinite(tmp_path: Path, level: str) -> None:
    results = make_results(tmp_path, evidence=level)  # type: ignore[arg-type]
    results.sinks[["effect", "control"]] = 0.0
    results.agreement["value"] = float("nan")
    told = summary(results)["evidence"]
    assert "agreement" not in told
    for sink in told.get("sinks", {}).values():
        assert all(found["ratio"] is None for found in sink["tests"].values())


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = (make_results(tmp_path / name, evidence="full") for name in "12")
    assert render(one, RenderOptions()) == render(two, RenderOptions())
    assert render(one, RenderOptions()).endswith("}\n")


def test_distances_have_no_direction_that_a_mask_could_shift(tmp_path: Path) -> None:
    results = make_results(tmp_path, kind="embedding", evidence="full")
    assert "mask_offset" not in summary(results)["evidence"]
