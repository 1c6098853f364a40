"""The summary: as its schema says, the figures of the notes, never a NaN."""

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from helpers.cases import some_of
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.moved_tokens import with_groups, with_last, with_parts
from helpers.made_up.role_tables import far_apart, same_in_every_text, with_roles

from reportgen.comparison import Runs, compare_runs
from reportgen.findings import WATCHED, Findings, evaluate, figure_key, figure_list, parse_gate
from reportgen.findings.evidence import agreement_figures
from reportgen.findings.figures import RUN_FIGURES
from reportgen.findings.sinks import subject_figures
from reportgen.report import CompareOptions, RenderOptions
from reportgen.report.format_register import output_at
from reportgen.report.json import metrics, render, to_json
from reportgen.results import SUMMARY_VERSION, Results, Subject
from reportgen.tasks import TASKS

SCHEMA = json.loads(files("reportgen.report").joinpath("summary.schema.json").read_text("utf-8"))


def summary(results: Results, options: RenderOptions = RenderOptions()) -> dict[str, Any]:  # noqa: B008
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    parsed: dict[str, Any] = json.loads(render(Findings(results), options), parse_constant=refuse)
    jsonschema.Draft202012Validator(SCHEMA).validate(parsed)
    return parsed


def figures(results: Results) -> dict[str, Any]:
    told: dict[str, Any] = summary(results)["figures"]
    return told


def numbers(value: object, *path: str) -> Iterator[tuple[tuple[str, ...], float]]:
    """Every number in `value` with the names that lead to it."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from numbers(item, *path, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def test_the_metrics_are_the_watched_figures_of_the_summary_and_numbers_alone(
    tmp_path: Path,
) -> None:
    labels = (1.0, 2.0, 3.0, 1.0, 2.0, 1.5)
    findings = Findings(make_results(tmp_path, evidence="basic", labels=labels, sink=0.6))
    output = output_at("metrics.json")
    held = json.loads(metrics.write(Runs(findings), RenderOptions(), output).text)
    told = json.loads(render(findings, RenderOptions()))["figures"]
    assert held == {name: told[name] for name in held}
    assert None not in held.values()
    expected = "label_mae label_r2 special_share_max cls_ratio sep_ratio entropy_mean n_texts"
    assert held.keys() > set(expected.split())
    assert 10 <= len(held) <= 16
    assert not [name for name in held if name.endswith(("_low", "_high"))]
    compared = compare_runs(findings, findings)
    held = json.loads(metrics.write(compared.runs, CompareOptions()).text)
    assert held == {name: compared.figures[name] for name in held}
    assert held["mae_rise"] == 0
    assert 10 <= len(held) <= 16
    for command, names in WATCHED.items():
        assert set(names) <= {figure.name for figure in figure_list(command).figures}


def test_the_schema_is_a_schema_and_refuses_what_is_none(tmp_path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    told = summary(make_results(tmp_path, evidence="full"))
    for change in (
        {"schema_version": 0},
        {"figures": told["figures"] | {"n_texts": "6"}},
        {"figures": {"n_texts": 6}},
        {"figures": told["figures"] | {"[CLS] share": 1}},
        {"gates": [{"expression": "n_texts > 1"}]},
        {"verdicts": {"cls": {"verdict": "good", "token": "[CLS]", "layer": 1}}},
        {"added": 1},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(SCHEMA).validate(told | change)


def test_every_number_of_evidence_is_a_flat_figure_too(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    told = summary(results)
    found = list(numbers(told["evidence"]))
    assert len(found) > 100
    for path, value in found:
        parts = [part for part in path if part not in ("mean", "tests")]
        if parts[0] == "sinks":
            parts = ["sink", figure_key(parts[1]), *parts[2:]]
        if path[0] == "n_texts":
            parts = ["evidence", "n_texts"]
        # How many texts an estimate is of is said once, where it is the same for all beside it.
        names = ["_".join(parts), "_".join([*parts[:-2], *parts[-1:]])]
        name = next(name for name in names if name in told["figures"])
        assert told["figures"][name] == value, path


def test_what_a_token_is_called_makes_a_name_that_mlflow_takes(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    results.sinks.loc[:, "subject"] = "token:★"
    evidence = replace(results.info.evidence, subjects=(Subject("token:★", "★", "token"),))
    object.__setattr__(results, "info", replace(results.info, evidence=evidence))
    told = summary(results)
    assert "token:★" in told["evidence"]["sinks"]
    assert told["figures"]["sink_token_u2605_zero_value_ratio"] is not None


def test_figures_are_in_one_order_and_all_are_named_in_the_list(tmp_path: Path) -> None:
    full, none = (make_results(tmp_path / level, evidence=level) for level in ("full", "none"))  # type: ignore[arg-type]
    for results in (full, none):
        found = figures(results)
        assert list(found) == list(Findings(results).figures)
        assert [name for name in found if RUN_FIGURES.find(name) is None] == []
        alone = [name for figure in RUN_FIGURES.figures for name in figure.names if "<" not in name]
        assert [name for name in found if name in alone] == alone


def test_gates_are_told_as_they_were_given(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    asked = [("n_texts > 5", "warn"), ("label_r2 < 50%", "fail"), ("n_texts >= 7", "fail")]
    gates = [parse_gate(text, level, RUN_FIGURES) for text, level in asked]  # type: ignore[arg-type]
    judged = evaluate(gates, Findings(results).figures)
    told = summary(results, RenderOptions(gates=judged))["gates"]
    assert [list(gate.values()) for gate in told] == [
        ["n_texts > 5", "warn", "n_texts", ">", 5, 6, False],
        ["label_r2 < 50%", "fail", "label_r2", "<", 0.5, None, False],
        ["n_texts >= 7", "fail", "n_texts", ">=", 7, 6, True],
    ]


@pytest.mark.parametrize(
    "title", ["##[error]x", "a ##vso[task.setvariable]b", "####[add-mask]", "#"]
)
def test_no_string_is_a_command_in_a_log(tmp_path: Path, title: str) -> None:
    text = render(Findings(make_results(tmp_path)), RenderOptions(title=title))
    assert json.loads(text)["title"] == title
    assert "##" not in text
    assert json.loads(to_json({"a": "\\##["})) == {"a": "\\##["}


def test_the_model_and_the_counts_are_told(tmp_path: Path) -> None:
    texts = (*HEADLINES, "", "fails")
    results = make_results(tmp_path, texts, truncated=(1,), failed=(7,))
    told = summary(results)
    assert told["schema_version"] == SUMMARY_VERSION == 1
    assert told["provenance"]["model"] == "made-up"
    assert told["provenance"]["model_weights_sha256"] == "0" * 64
    assert told["provenance"]["inputs"][0]["sha256"] == results.info.inputs[0].sha256
    counts = [
        told["figures"][f"n_{name}"] for name in ("texts", "ok", "truncated", "empty", "failed")
    ]
    assert counts == [8, 5, 1, 1, 1]
    assert told["figures"]["n_tokens"] == len(results.tokens)


@pytest.mark.parametrize(("share", "verdict"), [(0.6, "sink"), (0.2, "raised"), (0.1, "none")])
def test_each_role_has_its_verdict_and_figures(tmp_path: Path, share: float, verdict: str) -> None:
    results = with_roles(make_results(tmp_path), same_in_every_text(share))
    told = figures(results)
    for role, token in (("cls", "[CLS]"), ("sep", "[SEP]")):
        said = summary(results)["verdicts"][role]
        assert (said["verdict"], said["token"]) == (verdict, token)
        assert said["layer"] == told[f"{role}_layer"]
        assert told[f"{role}_share"] == share
        assert told[f"{role}_expected"] == 0.1
        assert told[f"{role}_ratio"] == pytest.approx(share / 0.1, rel=1e-5)
        assert told[f"{role}_n_texts"] == 6


def test_figures_are_those_of_the_notes(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.6)
    told = figures(results)
    for note in Findings(results).notes:
        if note.is_verdict:
            for name in ("layer", "share", "share_low", "share_high", "ratio_low", "ratio_high"):
                assert told[f"{note.role}_{name}"] == pytest.approx(note.values[name], rel=1e-5)


@pytest.mark.parametrize(
    ("texts", "verdict"), [(HEADLINES[:4], "too_few_texts"), (("ab",), "no_text")]
)
def test_what_is_no_verdict_has_a_name_and_no_interval(
    tmp_path: Path, texts: tuple[str, ...], verdict: str
) -> None:
    results = make_results(tmp_path, texts)
    told = figures(results)
    assert summary(results)["verdicts"]["cls"]["verdict"] == verdict
    assert told["cls_share_low"] is None
    assert (told["cls_share"] is None) == (verdict == "no_text")


def test_unclear_is_a_verdict(tmp_path: Path) -> None:
    told = summary(with_roles(make_results(tmp_path), far_apart()))
    assert told["verdicts"]["cls"]["verdict"] == "unclear"


def test_a_model_without_special_tokens_says_so(tmp_path: Path) -> None:
    told = summary(make_results(tmp_path, special=False))
    none = {"verdict": "no_special_tokens", "token": None, "layer": None, "effect": None}
    none |= {"sink_heads": None, "heads": None}
    assert told["verdicts"].pop("special") == none
    first = told["verdicts"].pop("first")
    assert (first["verdict"], first["token"], told["verdicts"]) == ("none", "", {})
    assert not any(name.startswith("cls_") for name in told["figures"])
    assert told["figures"]["special_share_max"] is None


def test_the_label_error_is_null_without_labels(tmp_path: Path) -> None:
    told = figures(make_results(tmp_path))
    assert (told["n_labelled"], told["label_mae"], told["label_r2"]) == (0, None, None)


def test_the_label_error_is_told(tmp_path: Path) -> None:
    results = make_results(tmp_path, labels=(1.0, 2.0, 0.0, 1.5, 1.0, 3.0))
    errors = (results.texts["prediction"] - results.texts["label_value"]).tolist()
    told = figures(results)
    assert told["n_labelled"] == 6
    assert told["label_mae"] == pytest.approx(sum(map(abs, errors)) / 6, rel=1e-5)
    assert told["label_r2"] < 1


@pytest.mark.parametrize("kind", some_of(TASKS, "choice", "tags"))
def test_every_value_is_a_plain_one(tmp_path: Path, kind: str) -> None:
    told = figures(make_results(tmp_path, (*HEADLINES, ""), kind=kind, labels=(1.0,) * 7))  # type: ignore[arg-type]
    for value in told.values():
        assert value is None or type(value) in (int, float)


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
    for subject in subject_figures(results):
        sink = told["sinks"][subject.subject.key]
        assert sink["token"] == subject.subject.token
        share = subject.layers[sink["layer"] - 1].share
        assert share.interval is not None
        assert [sink["share"][name] for name in ("mean", "low", "high")] == pytest.approx(
            [share.mean, *share.interval], rel=1e-5
        )
        for test, outcome in subject.tests.items():
            assert outcome.ratio is not None
            ratio = sink["tests"][test]["ratio"]
            assert ratio["mean"] == pytest.approx(outcome.ratio.mean, rel=1e-5)
            assert ratio["low"] == pytest.approx(outcome.ratio.interval[0], rel=1e-5)
            assert sink["tests"][test]["control"] == pytest.approx(outcome.control.mean, rel=1e-5)
    for view in agreement_figures(results):
        said = told["agreement"][view.view][view.statistic]
        assert said["mean"] == pytest.approx(view.estimate.mean, rel=1e-5)
        assert said["n_texts"] == view.estimate.n_texts


def test_only_what_was_measured_is_told(tmp_path: Path) -> None:
    results = make_results(tmp_path, HEADLINES[:2], evidence="basic")
    layers = results.layers.assign(mixing=float("nan"))
    told = summary(changed(results, layers=layers))["evidence"]
    names = {"level", "scalar", "n_texts", "norms_error", "agreement", "live_rows"}
    names |= {"yardstick", "colouring", "deletion_offset"}
    assert set(told) == names
    assert told["yardstick"] == "effect"
    assert told["colouring"]["view"] == "cls_row_last"
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


def test_distances_have_no_direction_that_a_mask_could_shift(tmp_path: Path) -> None:
    results = make_results(tmp_path, kind="embedding", evidence="full")
    assert "mask_offset" not in summary(results)["evidence"]


def test_tokens_are_those_of_the_lists_with_their_counts(tmp_path: Path) -> None:
    results = with_parts(tmp_path, {"ab": 0.6, "cd": -0.5}, 0.05)
    told = summary(results)["evidence"]["tokens"]
    (own,) = Findings(results).token_lists
    assert [item["kind"] for item in told] == ["raises", "lowers"]
    for item in told:
        listing = own.lists[item["kind"]]
        assert (item["n_sure"], item["n_doubtful"]) == (listing.n_sure, listing.n_doubtful)
        assert len(item["doubtful"]) == len(listing.doubtful) == listing.n_doubtful
    first = told[0]["sure"][0]
    means = Findings(results).token_means
    place = Findings(results).tokens.labels.index("ab")
    assert (first["token"], first["is_named"]) == ("ab", True)
    assert first["mean"] == pytest.approx(means.effect[place], rel=1e-5)
    assert first["n_texts"] == means.n_effect[place]
    assert first["low"] < first["mean"] < first["high"]
    assert all(row["wrong_sign"] > 0.1 for item in told for row in item["doubtful"])


def test_a_group_of_tokens_is_among_the_listed(tmp_path: Path) -> None:
    told = summary(with_groups(tmp_path, 16, 0.6))["evidence"]
    listed = {own["token"]: own for own in told["tokens"][0]["sure"] if own.get("is_group")}
    joint = {own["tokens"]: own["effect"] for own in told["joint"]}
    assert listed["abcd"]["mean"] == joint["abcd"]["mean"]
    assert listed["abcd"]["n_texts"] == joint["abcd"]["n_texts"] == 4


def test_the_last_token_of_a_causal_model_has_its_share(tmp_path: Path) -> None:
    told = summary(with_last(tmp_path / "a", 7))["evidence"]["last_token"]
    assert (told["mean"], told["n_texts"], told["stands_out"]) == (7 / 8, 8, True)
    assert told["chance"] == pytest.approx(1 / 3, abs=1e-5)
    assert not summary(with_last(tmp_path / "b", 3))["evidence"]["last_token"]["stands_out"]
    assert "last_token" not in summary(with_parts(tmp_path / "c", {}, 0.1))["evidence"]
