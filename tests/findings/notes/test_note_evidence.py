"""Corpus figures of evidence, and their intervals, against plain loops."""

from dataclasses import replace
from math import isnan, nan
from pathlib import Path
from statistics import mean

import numpy as np
import pandas as pd
import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.made_up_evidence import RATIOS, SUBJECTS
from helpers.plain.plain_bootstrap import plain_interval, plain_mean_interval

from reportgen.findings import ViewFigures, draw_agreement
from reportgen.findings.evidence import (
    agreement_figures,
    live_rows,
    mask_offset,
    mixing,
)
from reportgen.findings.sinks import subject_figures
from reportgen.results import MIN_TEXTS, SINK_TESTS, VIEWS, Results


def with_agreement(results: Results, rows: list[tuple[int, str, str, float]]) -> Results:
    """The same results with another table of agreement."""
    columns = ["text", "view", "statistic", "value"]
    return changed(results, agreement=pd.DataFrame(rows, columns=columns))


def figures_of(results: Results, view: str, statistic: str) -> ViewFigures:
    (found,) = (
        figures
        for figures in agreement_figures(results)
        if (figures.view, figures.statistic) == (view, statistic)
    )
    return found


def plain_ends(above: np.ndarray, below: np.ndarray | None = None) -> tuple[float, float]:
    """The plain interval of the mean, or of a ratio of means."""
    if below is None:
        return plain_mean_interval(above.tolist())
    return plain_interval(lambda rows: above[rows].mean() / below[rows].mean(), len(above))


def test_a_sink_tests_figures_are_means_over_texts(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    sinks = results.sinks
    found = subject_figures(results)
    assert [figures.subject for figures in found] == list(SUBJECTS)
    for figures in found:
        assert figures.n_texts == len(HEADLINES)
        assert list(figures.tests) == list(SINK_TESTS)
        for test, outcome in figures.tests.items():
            rows = sinks[(sinks["subject"] == figures.subject.key) & (sinks["test"] == test)]
            effects, controls = (list(rows[name]) for name in ("effect", "control"))
            assert outcome.effect.mean == pytest.approx(mean(effects))
            assert outcome.control.mean == pytest.approx(mean(controls))
            assert outcome.ratio is not None
            assert outcome.ratio.mean == pytest.approx(RATIOS[figures.subject.key][test])
            assert outcome.ratio.n_texts == outcome.effect.n_texts == len(rows)


def test_a_subjects_shares_are_means_over_texts_layer_by_layer(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full", sink=0.4)
    sinks = results.sinks
    for figures in subject_figures(results):
        own = sinks[(sinks["subject"] == figures.subject.key) & (sinks["test"] == "zero_value")]
        assert [found.layer for found in figures.layers] == [1, 2, 3, 4]
        for layer, found in enumerate(figures.layers):
            shares = [float(values[layer]) for values in own["share_layers"]]
            even = [float(values[layer]) for values in own["expected_layers"]]
            assert found.share.mean == pytest.approx(mean(shares))
            assert found.expected == pytest.approx(mean(even))
            assert found.ratio.mean == pytest.approx(mean(shares) / mean(even))
    cls = subject_figures(results)[0]
    assert cls.strongest.ratio.mean == max(layer.ratio.mean for layer in cls.layers)


def test_intervals_are_those_of_a_plain_bootstrap(tmp_path: Path) -> None:
    results = make_results(tmp_path, HEADLINES * 4, n_layers=1, evidence="full")
    random = np.random.default_rng(9)
    results.sinks["effect"] *= random.uniform(0.2, 2, len(results.sinks))
    results.sinks["control"] *= random.uniform(0.5, 1.5, len(results.sinks))
    cls = subject_figures(results)[0]
    rows = results.sinks[
        (results.sinks["subject"] == "cls") & (results.sinks["test"] == "zero_value")
    ]
    effect, control = (rows[name].to_numpy(np.float64) for name in ("effect", "control"))
    outcome = cls.tests["zero_value"]
    assert outcome.ratio is not None
    for interval, (low, high) in (
        (outcome.effect.interval, plain_ends(effect)),
        (outcome.ratio.interval, plain_ends(effect, control)),
    ):
        assert interval == pytest.approx((low, high), abs=0.1 * (high - low))


def test_a_test_that_could_not_be_done_counts_in_no_text(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    sinks = results.sinks
    sinks.loc[sinks["test"] == "mean_value", ["effect", "control"]] = nan
    undone = (sinks["test"] == "zero_value") & (sinks["text"] == 0)
    sinks.loc[undone, ["effect", "control"]] = nan
    for figures in subject_figures(results):
        assert set(figures.tests) == {"zero_value"}
        assert figures.tests["zero_value"].effect.n_texts == 5
        rows = sinks[(sinks["subject"] == figures.subject.key) & (sinks["test"] == "zero_value")]
        assert figures.tests["zero_value"].effect.mean == pytest.approx(
            mean(x for x in rows["effect"] if not isnan(x))
        )


def test_where_nothing_moves_the_output_there_is_no_ratio(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    results.sinks[["effect", "control"]] = 0.0
    for figures in subject_figures(results):
        for outcome in figures.tests.values():
            assert outcome.ratio is None
            assert outcome.effect.mean == outcome.control.mean == 0


def test_a_ratio_over_hardly_any_text_is_none(tmp_path: Path) -> None:
    """Text tokens move the output in one text of six: a third of all resamples miss it."""
    results = make_results(tmp_path, evidence="full")
    results.sinks.loc[results.sinks["text"] > 0, "control"] = 0.0
    assert all(
        outcome.ratio is None
        for figures in subject_figures(results)
        for outcome in figures.tests.values()
    )


@pytest.mark.parametrize("n", range(1, 7))
def test_few_texts_have_figures_but_no_interval(tmp_path: Path, n: int) -> None:
    texts = ("a line of text", "and one more", "then another", "the fourth", "the fifth", "six six")
    results = make_results(tmp_path, texts[:n], evidence="full")
    few = n < MIN_TEXTS
    for figures in subject_figures(results):
        assert [layer.share.interval is None for layer in figures.layers] == [few] * 4
        ratios = [outcome.ratio for outcome in figures.tests.values()]
        assert [ratio is not None and ratio.interval is None for ratio in ratios] == [few] * 2
    for view in agreement_figures(results):
        assert (view.estimate.interval is None) == few


def test_texts_too_short_for_figures_take_no_part(tmp_path: Path) -> None:
    # Two code points a token: "abcd" has two text tokens.
    results = make_results(tmp_path, ("abcd", *HEADLINES, ""), evidence="full")
    assert [figures.n_texts for figures in subject_figures(results)] == [6, 6]


def test_agreement_is_a_mean_over_the_texts_that_have_it(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    found = agreement_figures(results)
    order = [VIEWS.index(figures.view) for figures in found]
    assert order == sorted(order)
    assert {figures.statistic for figures in found} == {"spearman"}
    assert len(found) == len(draw_agreement(results).groupby(["view", "statistic"]))
    for figures in found:
        rows = [
            row
            for row in draw_agreement(results).to_dict("records")
            if (row["view"], row["statistic"]) == (figures.view, figures.statistic)
        ]
        assert figures.estimate.mean == pytest.approx(mean(row["value"] for row in rows))
        assert figures.estimate.n_texts == len(rows)


@pytest.mark.parametrize("reads_cls_only", [True, False])
def test_live_rows_are_summed_over_texts(tmp_path: Path, reads_cls_only: bool) -> None:
    results = make_results(tmp_path, evidence="basic", reads_cls_only=reads_cls_only)
    n_tokens = int(results.texts["n_tokens"].sum())
    found = live_rows(results)
    assert found is not None
    assert (found.n_texts, found.n_rows, found.reads_cls_only) == (6, n_tokens, reads_cls_only)
    assert found.n_live == (6 if reads_cls_only else n_tokens)


def test_one_text_that_reads_more_than_cls_is_enough(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="basic")
    results.evidence.loc[2, "reads_cls_only"] = False
    # A text whose gradient failed says nothing.
    results.evidence.loc[3, ["live_rows", "reads_cls_only"]] = pd.NA
    found = live_rows(results)
    assert found is not None
    assert (found.n_texts, found.n_live, found.reads_cls_only) == (5, 5, False)


def test_mixing_is_a_mean_over_texts(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    rows = [(text, layer, 0.1 * text + 0.01 * layer) for text in range(6) for layer in (1, 2, 3, 4)]
    columns = ["text", "layer", "mixing"]
    results = changed(results, layers=pd.DataFrame(rows, columns=columns))
    found = mixing(results)
    assert found is not None
    assert found.mean == pytest.approx(0.25 + 0.025)
    assert found.n_texts == 6
    per_text = np.array([0.1 * text + 0.025 for text in range(6)])
    low, high = plain_ends(per_text)
    assert found.interval == pytest.approx((low, high), abs=0.1 * (high - low))


def test_the_mask_offset_is_a_mean_over_the_texts_that_have_one(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    results.evidence["mask_offset"] = [0.5, nan, 1.5, 2.0, 0.0, 1.0]
    found = mask_offset(results)
    assert found is not None
    assert (found.mean, found.n_texts) == (pytest.approx(1.0), 5)


def test_without_evidence_there_are_no_figures(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    assert subject_figures(results) == ()
    assert agreement_figures(results) == ()
    assert [f(results) for f in (live_rows, mixing, mask_offset)] == [None] * 3


def test_what_stands_first_in_a_causal_model_is_the_same_in_every_text(tmp_path: Path) -> None:
    made = make_results(tmp_path, sink=0.6, evidence="full")
    for is_causal in (False, True):
        info = replace(made.info, model=replace(made.info.model, is_causal=is_causal))
        found = {own.subject.key: own.is_same for own in subject_figures(changed(made, info))}
        assert found == {"cls": is_causal, "sep": False}
