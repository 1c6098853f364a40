"""Figures of the sink tests over all texts: what a token gets, and what the output does without
it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from reportgen.findings.attention import LayerFigures, layer_figures, with_norms
from reportgen.findings.evidence import long_enough
from reportgen.findings.statistics import Estimate, Floats, estimates, measured, ratio_estimates
from reportgen.results import SINK_TESTS, Results, SinkTest, Subject

# Of sink tests.
_NORMS = [
    "norm_share_layers",
    "value_size_layers",
    "content_value_size_layers",
    "value_ratio_layers",
]


@dataclass(frozen=True, slots=True)
class TestFigures:
    """One sink test on one subject."""

    effect: Estimate  # size of the output's change, in the output's unit
    control: Estimate  # the same on text tokens
    # effect / control; None where text tokens move the output in no text, or in so few that
    # the ratio has no finite interval
    ratio: Estimate | None


@dataclass(frozen=True, slots=True)
class SubjectFigures:
    """The findings on one token or position that may be a sink."""

    subject: Subject
    n_texts: int
    layers: tuple[LayerFigures, ...]
    tests: Mapping[SinkTest, TestFigures]  # those that could be done
    # What it passes on is the same in every text, since it is one token at the first position of
    # a causal model, which sees itself alone. So its average over texts is no test.
    is_same: bool = False

    @property
    def strongest(self) -> LayerFigures:
        """The layer in which it gets the most beyond its equal share."""
        return max(self.layers, key=lambda layer: layer.excess.mean)


def subject_figures(results: Results) -> tuple[SubjectFigures, ...]:
    """The subjects of the sink tests, in the order of `Evidence.subjects`.

    Texts of fewer than MIN_CONTENT text tokens take no part; a subject in no text is left out.
    """
    rows = long_enough(results, results.sinks.dropna(subset=["share_layers"]))
    subjects = results.info.evidence.subjects
    by_subject = ((subject, rows[rows["subject"] == subject.key]) for subject in subjects)
    same = _same_by_mask(results) if subjects else frozenset()
    return tuple(
        replace(_subject_figures(subject, tests), is_same=subject.key in same)
        for subject, tests in by_subject
        if len(tests)
    )


def _same_by_mask(results: Results) -> frozenset[str]:
    """The roles that only occur at the first position of a causal model."""
    if not results.info.model.is_causal:
        return frozenset()
    tokens = results.token_columns("position", "role")
    later = tokens["role"][tokens["position"] > 0]
    return frozenset(role.key for role in results.info.roles) - frozenset(later.dropna())


def _subject_figures(subject: Subject, rows: pd.DataFrame) -> SubjectFigures:
    """The figures of one subject; `rows` are those of its tests."""
    by_text = rows.drop_duplicates("text")
    share, expected = (_by_layer(by_text[name]) for name in ("share_layers", "expected_layers"))
    known = by_text[_NORMS].dropna(subset=_NORMS[:3])
    has_ratio = known[_NORMS[3]].notna()
    known = known[has_ratio] if has_ratio.any() else known
    norms = [_by_layer(known[name]) for name in _NORMS[:3]]
    ratio = known[_NORMS[3]]
    norms.append(_by_layer(ratio) if has_ratio.any() else np.full_like(norms[0], np.nan))
    done, figures = rows["test"].to_numpy(dtype=object), rows[["effect", "control"]]
    tests = {test: _test_figures(figures[done == test]) for test in SINK_TESTS}
    layers = layer_figures(range(1, share.shape[1] + 1), share, expected)
    return SubjectFigures(
        subject=subject,
        n_texts=len(by_text),
        layers=with_norms(layers, *norms),
        tests={
            test: test_figures for test, test_figures in tests.items() if test_figures is not None
        },
    )


def _test_figures(rows: pd.DataFrame) -> TestFigures | None:
    """The result of one test on one subject; None if it was done in no text.

    `rows` has one row per text.
    """
    effects, controls = measured(_column(rows["effect"]), _column(rows["control"]))
    if not len(effects):
        return None
    (effect,), (control,) = estimates(effects), estimates(controls)
    return TestFigures(effect, control, *ratio_estimates(effects, controls))


def _column(values: "pd.Series[float]") -> Floats:
    """`[text, 1]`."""
    return np.asarray(values, dtype=np.float64)[:, None]


def _by_layer(column: "pd.Series[Any]") -> Floats:
    """`[text, layer]` from a column of lists; `[0, 0]` if the column is empty."""
    return np.array([*column], dtype=np.float64).reshape(len(column), -1 if len(column) else 0)
