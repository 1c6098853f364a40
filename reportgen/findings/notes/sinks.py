"""What a token passes on, and whether that matters: the length of its vectors, the sink tests."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from reportgen.findings.attention import LayerFigures
from reportgen.findings.notes.citations import (
    CLARK,
    DARCET,
    GUO,
    KOBAYASHI_2020,
    SUN,
    Citation,
)
from reportgen.findings.notes.note import Kind, Note, Values, about, figure
from reportgen.findings.notes.thresholds import (
    LIGHT_NORM,
    LIGHT_VALUE,
    TEST_LARGE,
    TEST_SMALL,
    certain,
)
from reportgen.findings.sinks.sink_test_figures import SubjectFigures
from reportgen.findings.statistics import Estimate, Interval
from reportgen.results import MIN_TEXTS, SINK_TESTS, SinkTest, Subject

_RATIOS: Mapping[SinkTest, str] = {
    "zero_value": "zero_ratio",
    "mean_value": "mean_ratio",
}
_CITATIONS: Mapping[str, tuple[Citation, ...]] = {
    "N2": (KOBAYASHI_2020, CLARK, GUO),
    "N2-heavy": (KOBAYASHI_2020,),
    "N2-unclear": (KOBAYASHI_2020,),
    "N3": (KOBAYASHI_2020,),
    "N4": (KOBAYASHI_2020,),
    "N5": (SUN,),
}
_OPEN = ("N5-open", "tests-disagree")  # cases of `passing_case` that leave it open
# How far the prediction depends on what a sink passes on: on what differs from text to text, or may
# do so; on something that is the same in every text; hardly at all.
Dependence: TypeAlias = Literal["needed", "constant", "unused", "unclear"]
# By the note that says so.
_DEPENDENCE: Mapping[str, Dependence] = {
    "N4": "unused",
    "N5": "constant",
    **dict.fromkeys(("N5-first", "N5-open", "N5-basic", "N5-unclear", "N6", "N6-partly"), "needed"),
    **dict.fromkeys(
        ("tests-disagree", "tests-unclear", "tests-no-control", "few-tests"), "unclear"
    ),
}


@dataclass(frozen=True, slots=True)
class SinkEffect:
    """What the sink tests say of one token: the verdict on it that every output gives."""

    kind: Dependence
    note: Note  # that says it in full


def sink_effects(notes: Iterable[Note]) -> Mapping[str, SinkEffect]:
    """What the tests say of each token that was tested, by its key."""
    return {
        note.role: SinkEffect(_DEPENDENCE[note.id], note)
        for note in notes
        if note.id in _DEPENDENCE and note.role is not None
    }


def value_note(subject: Subject, figures: LayerFigures, is_tested: bool) -> Note | None:
    """N2 or N3: the length of the vectors that a sink passes on in a layer, compared with its
    attention.

    None where that was not measured. `is_tested` is whether notes on sink tests follow.
    """
    norm_share, value_ratio = figures.norm_share, figures.value_ratio
    if norm_share is None or value_ratio is None:
        return None
    ends = value_ratio.interval, norm_share.interval, figures.share.interval
    known = [interval for interval in ends if interval is not None]
    id = certain(value_case, *known) or "N2-unclear" if len(known) == len(ends) else "few-value"
    values = {
        "n_texts": norm_share.n_texts,
        "layer": figures.layer,
        "share": figures.share.mean,
        **figure("norm_share", norm_share),
        **figure("value_ratio", value_ratio),
        "light_value": LIGHT_VALUE,
        "light_norm": LIGHT_NORM,
    }
    also = ["value-weighted"]
    also += ["N3-tests"] if id == "N3" and is_tested else []
    kind: Kind = "token" if id == "few-value" else "length"
    return about(subject, id, values, *_CITATIONS.get(id, ()), kind=kind, also=tuple(also))


def value_case(value_ratio: float, norm_share: float, share: float) -> str:
    """Which of N2 and N3 holds for these exact figures."""
    if value_ratio > LIGHT_VALUE:
        return "N3"
    return "N2" if norm_share <= LIGHT_NORM * share else "N2-heavy"


def sink_test_note(
    figures: SubjectFigures,
    is_sink: bool,
    output: Values,
    asked: Collection[SinkTest] = SINK_TESTS,
) -> Note | None:
    """N4 to N6: the results of the sink tests on one subject, for the explained output.

    `is_sink` is whether attention piles up on it; `output` is as `note.explained` gives it; `asked`
    are the tests that were to be done.
    """
    subject = figures.subject
    tested = {
        test: figures.tests[test].ratio
        for test in _RATIOS
        if test in figures.tests and not (test == "mean_value" and figures.is_same)
    }
    ratios = {test: ratio for test, ratio in tested.items() if ratio is not None}
    sure = {test: ratio for test, ratio in ratios.items() if ratio.interval is not None}
    if sure:
        passed = _passes_on(subject, sure, is_sink, output)
        if passed is not None and passed.id == "N5-open" and figures.is_same:
            passed = replace(passed, id="N5-first", kind="passed")
        elif passed is not None and passed.id == "N5-open" and "mean_value" not in asked:
            passed = replace(passed, id="N5-basic", kind="passed")
        return passed
    if ratios:
        return _few(subject, ratios, output)
    return about(subject, "tests-no-control", output, kind="test") if tested else None


def passing_case(zero: float, mean: float | None = None) -> str:
    """What the exact ratios of zero_value and mean_value say about what is passed on.

    Both are ratios to the effect on text tokens; the second is None where it was not done.
    """
    if _is_small(zero):
        return "N4" if mean is None or _is_small(mean) else "tests-disagree"
    if mean is None:
        return "N5-open"
    if _is_small(mean):
        return "N5"
    return "N6" if _is_large(mean) else "N6-partly"


def _is_small(ratio: float) -> bool:
    return ratio <= TEST_SMALL


def _is_large(ratio: float) -> bool:
    return ratio >= TEST_LARGE


def _passes_on(
    subject: Subject, ratios: Mapping[SinkTest, Estimate], is_sink: bool, output: Values
) -> Note | None:
    """N4, N5 or N6, or the figure that leaves the case unclear; None without zero_value."""
    if "zero_value" not in ratios:
        return None
    tests: tuple[SinkTest, ...] = ("zero_value", "mean_value")
    done = {test: ratios[test] for test in tests if test in ratios}
    id = certain(passing_case, *(_interval(ratio) for ratio in done.values()))
    if id is not None:
        values = {**_figures(done), **output}
        if id == "N6" and is_sink:
            return about(subject, id, values, DARCET, kind="passed", also=("N6-sink",))
        kind: Kind = "test" if id in _OPEN else "passed"
        return about(subject, id, values, *_CITATIONS.get(id, ()), kind=kind)
    if certain(_is_small, _interval(done["zero_value"])) is False:
        limit = _crossed("mean_value", done["mean_value"])
        assert limit is not None
        values = {**_figures(done), "test_limit": limit, **output}
        return about(subject, "N5-unclear", values, kind="test")
    crossed = {test: _crossed(test, ratio) for test, ratio in done.items()}
    test, limit = next((test, limit) for test, limit in crossed.items() if limit is not None)
    crossing = {"test": test, **figure("test_ratio", done[test]), "test_limit": limit}
    values = {"n_texts": done[test].n_texts, **crossing, **output}
    return about(subject, "tests-unclear", values, kind="test")


def _crossed(test: SinkTest, ratio: Estimate) -> float | None:
    """The threshold that lies inside the interval of a test's ratio."""
    low, high = _interval(ratio)
    if _is_small(low) != _is_small(high):
        return TEST_SMALL
    return TEST_LARGE if test == "mean_value" and _is_large(low) != _is_large(high) else None


def _few(subject: Subject, ratios: Mapping[SinkTest, Estimate], output: Values) -> Note:
    """The results of the tests in fewer than MIN_TEXTS texts, without a verdict."""
    values = {**_figures(ratios), "min_texts": MIN_TEXTS, **output}
    return about(
        subject, "few-tests", values, kind="test", also=tuple(f"few-{test}" for test in ratios)
    )


def _figures(ratios: Mapping[SinkTest, Estimate]) -> dict[str, float | int | str]:
    """The ratios by their names, and the number of texts behind the first."""
    named: dict[str, float | int | str] = {"n_texts": next(iter(ratios.values())).n_texts}
    for test, ratio in ratios.items():
        named |= figure(_RATIOS[test], ratio)
    return named


def _interval(ratio: Estimate) -> Interval:
    assert ratio.interval is not None
    return ratio.interval
