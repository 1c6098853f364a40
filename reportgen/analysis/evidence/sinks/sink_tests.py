"""Sink tests: how far the output moves without what a token passes on.

In all layers and heads, the value vectors of a subject become 0 (zero_value) or their mean over the
other texts (mean_value), while attention weights stay. The same is done to groups of as many
content tokens, as controls.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.analysis.evidence.explainer import Explainer
from reportgen.analysis.evidence.sinks.cases import Case, Group, find_case, groups_of
from reportgen.analysis.evidence.sinks.changed_runs import (
    Kind,
    SinkRuns,
    ValueMeans,
    ValueSums,
    Vectors,
)
from reportgen.analysis.evidence.sinks.subjects import Depth, Suspects, evenly_spaced, places
from reportgen.analysis.evidence.text_evidence import TextEvidence
from reportgen.analysis.progress import Passes, Progress
from reportgen.analysis.work.assembly import SinkResults
from reportgen.analysis.work.folder import WorkFolder
from reportgen.analysis.work.item import WorkItem, WorkResult
from reportgen.models import ExplainedText, Projection, describe
from reportgen.results import MIN_TEXTS, Reason, SinkTest, Subject, rows_of


@dataclass(frozen=True, slots=True, eq=False)
class SinkRow:
    """One test of one subject in one text; fields are named like the columns of `SINKS_SCHEMA`."""

    subject: str
    test: SinkTest
    effect: float | None
    control: float | None
    n_controls: int


@dataclass(frozen=True, slots=True, eq=False)
class TextSinkTests:
    """The sink tests of one text."""

    rows: tuple[SinkRow, ...]
    message: str = ""  # which tests could not be done, and why


@dataclass(frozen=True, slots=True, eq=False)
class SinkPlan:
    """Which sink tests will be done on which texts."""

    cases: tuple[Case, ...]
    tests: tuple[SinkTest, ...]
    averaged: frozenset[Kind]  # that enough texts have for mean_value
    withheld: Mapping[SinkTest, Reason]
    passes: Passes  # exact, if nothing fails


class SinkTester:
    """Does the sink tests of one model.

    Args:
        projections: how its value vectors are read, as verified; or the reason why they cannot be.
        n_layers: of the encoder.
    """

    def __init__(
        self,
        explainer: Explainer,
        projections: Sequence[Projection] | Reason,
        depth: Depth,
        n_layers: int,
    ) -> None:
        self.depth = depth
        self._without: dict[SinkTest, Reason] = {}
        if isinstance(projections, str):
            self._without = {"zero_value": projections, "mean_value": projections}
            projections = ()
        self._runs = SinkRuns(explainer, projections, n_layers)

    def plan(self, explained: Sequence[ExplainedText], subjects: Sequence[Subject]) -> SinkPlan:
        """Choose texts of those `explained`, as the depth says, and the tests that can be done.

        A text needs MIN_CONTENT text tokens and at least one of the `subjects` that are tested.
        """
        depth, numbered = self.depth, enumerate(explained)
        fitting = [case for i, item in numbered if (case := find_case(i, item, subjects, depth))]
        cases = tuple(fitting[i] for i in evenly_spaced(len(fitting), depth.most_texts))
        withheld = {test: why for test, why in self._without.items() if test in depth.tests}
        tests = tuple(test for test in depth.tests if test not in withheld)
        averaged = _averaged(cases) if "mean_value" in tests else frozenset()
        plan = SinkPlan(cases, tests, averaged, withheld, Passes(0, 0, 0.0))
        counts = [_n_passes(case, plan) for case in cases]
        work = sum(n * len(case.text.ids) for n, case in zip(counts, cases, strict=True))
        return replace(plan, passes=Passes(sum(counts), 0, work))

    def run(
        self, plan: SinkPlan, done: Collection[int] = ()
    ) -> Iterator[tuple[int, TextSinkTests]]:
        """Test one text after another; one that fails has a message but no rows.

        Args:
            done: the indices of those that were tested before; they are run for the means alone.

        Yields:
            The index among the explained texts, and its tests.
        """
        means = ValueMeans()
        faults: dict[int, str] = {}
        for case in plan.cases if plan.averaged else ():
            values = self._values(case)
            if isinstance(values, str):
                faults[case.index] = values
            else:
                means.add(values)
        for case in (case for case in plan.cases if case.index not in done):
            again = faults.get(case.index) or (self._values(case) if plan.averaged else None)
            if isinstance(again, str):
                yield case.index, TextSinkTests((), again)
            else:
                yield case.index, self._measure(case, again, plan, means)

    def _values(self, case: Case) -> ValueSums | str:
        """Run the unchanged text; an error message if it fails."""
        try:
            return self._runs.values(case)
        except (Exception, SystemExit) as error:  # user code may call exit()
            return describe(error)

    def _measure(
        self, case: Case, values: ValueSums | None, plan: SinkPlan, means: ValueMeans
    ) -> TextSinkTests:
        """Do all tests of one text."""
        vectors: dict[Kind, Vectors] = {}
        if values is not None:
            # If texts failed, fewer kinds have means than planned.
            averaged = {kind for kind, n in means.n_texts.items() if n >= MIN_TEXTS}
            kinds = averaged & values.counts.keys()
            vectors = {kind: means.of_others(kind, values) for kind in kinds}
        rows: list[SinkRow] = []
        messages: list[str] = []
        for test in plan.tests:
            groups = groups_of(case, test, vectors)
            replaced_by = vectors if test == "mean_value" else None
            outcomes = self._runs.changed(case, groups, replaced_by)
            for group in case.subjects:
                if test == "mean_value" and group.subject not in vectors:
                    continue
                row, message = _row(case, test, group, outcomes)
                rows.append(row)
                if message is not None:
                    messages.append(message)
        return TextSinkTests(tuple(rows), "; ".join(messages))


def run_sink_tests(
    tester: SinkTester,
    suspects: Suspects,
    evidence: Sequence[TextEvidence],
    tokens_of: Callable[[int], pd.DataFrame],
    done: WorkFolder,
    progress: Progress,
    results: SinkResults,
) -> int:
    """Test the texts of `evidence` that have no result in `done`, and keep their results there; how
    many these are.

    `results` gets what the tests say; an interrupt ends the work, and what was tested until then is
    in its `items`.

    Args:
        evidence: the texts of the `suspects`, with the target of each.
        tokens_of: from a row of the table of texts to its rows of the table of tokens.
    """
    explained = {item.text: item.explained for item in evidence if item.explained is not None}
    subjects = suspects.subjects
    results.subjects = tuple(tester.depth.tested(subjects))
    plan = tester.plan([*explained.values()], subjects)
    results.withheld |= {str(test): reason for test, reason in plan.withheld.items()}
    texts = list(explained.items())
    items = {case.index: WorkItem("sinks", (texts[case.index][0],)) for case in plan.cases}
    known = {index for index, item in items.items() if done.facts(item) is not None}
    results.items += [items[index] for index in sorted(known)]
    # With all of them done there is nothing left to run the texts for.
    for index, measured in tester.run(plan, known) if len(known) < len(items) else ():
        text, explained_text = texts[index]
        at = places(subjects, explained_text.text.tokens, explained_text.text.roles)
        columns = sink_columns(text, measured.rows, at, tokens_of(text))
        result = WorkResult({"sinks": rows_of("sinks", columns)}, {"message": measured.message})
        done.save(items[index], result)
        results.items.append(items[index])
        progress.advance("sinks", 1)
    return len(items) - len(known)


def sink_columns(
    text: int,
    rows: Sequence[SinkRow],
    places: Mapping[str, Sequence[int]],
    tokens: pd.DataFrame,
) -> Mapping[str, Sequence[Any]]:
    """The sink tests of one text as columns of the table of sinks; {} if there are none.

    Args:
        text: its row in the table of texts.
        places: positions of each subject in the text.
        tokens: the text's rows of the table of tokens, which have shares and norms.
    """
    if not rows:
        return {}
    content = np.flatnonzero(~tokens["is_special"].to_numpy(dtype=np.bool_))
    subjects = [np.array(places[row.subject], np.intp) for row in rows]
    norms, sizes = tokens["received_norm_layers"], tokens["value_size_layers"]
    return {
        "text": [text] * len(rows),
        **{field.name: [getattr(row, field.name) for row in rows] for field in fields(SinkRow)},
        "share_layers": [_share(tokens["received_layers"], at) for at in subjects],
        "expected_layers": [_share(tokens["expected_layers"], at) for at in subjects],
        "norm_share_layers": [_by_layer(norms, at, np.sum) for at in subjects],
        "value_size_layers": [_by_layer(sizes, at, np.mean) for at in subjects],
        "content_value_size_layers": [_by_layer(sizes, content, np.mean) for _ in rows],
        "value_ratio_layers": [
            _by_layer(tokens["value_ratio_layers"], at, np.mean) for at in subjects
        ],
    }


def _by_layer(
    column: pd.Series, positions: NDArray[np.intp], over: Callable[..., Any]
) -> NDArray[np.float64] | None:
    """The sum or mean `over` positions of a column of lists by layer; None if any is missing."""
    lists = column.iloc[positions]
    if lists.isna().any():
        return None
    values: NDArray[np.float64] = over(np.stack(lists.to_list()).astype(np.float64), axis=0)
    return values


def _averaged(cases: Sequence[Case]) -> frozenset[Kind]:
    """The kinds of token that at least MIN_TEXTS of `cases` have; none at all if these include no
    subject."""
    counts: Counter[Kind] = Counter()
    for case in cases:
        counts.update(group.subject for group in case.subjects)
        counts.update([None] if case.content else [])
    kinds = frozenset(kind for kind, count in counts.items() if count >= MIN_TEXTS)
    return kinds if kinds - {None} else frozenset()


def _n_passes(case: Case, plan: SinkPlan) -> int:
    """The runs of one text: unchanged, once more for the means, and each changed version."""
    n_changed = sum(len(groups_of(case, test, plan.averaged)) for test in plan.tests)
    return 2 * bool(plan.averaged) + n_changed


def _row(
    case: Case, test: SinkTest, group: Group, outcomes: Mapping[Group, float | str]
) -> tuple[SinkRow, str | None]:
    """Make the row of one subject and test, and a message if it has no figures.

    Args:
        group: the positions of the subject.
        outcomes: of all groups on which the test was done.
    """
    size = len(group.positions)
    alike = [outcomes[g] for g in case.controls if len(g.positions) == size and g in outcomes]
    controls = [_effect(case, outcome) for outcome in alike if isinstance(outcome, float)]
    outcome, effect, control = outcomes[group], None, None
    fault = outcome if isinstance(outcome, str) else None
    if isinstance(outcome, float):
        if controls:
            effect, control = _effect(case, outcome), fmean(controls)
        else:
            faults = [outcome for outcome in alike if isinstance(outcome, str)]
            fault = faults[0] if faults else "too little content to hold it against"
    row = SinkRow(str(group.subject), test, effect, control, n_controls=len(controls))
    return row, None if fault is None else f"{test} of {group.subject}: {fault}"


def _share(column: pd.Series, positions: NDArray[np.intp]) -> NDArray[np.float64]:
    """`[layer]`: what `positions` get of attention received, a column of lists by layer."""
    received = np.stack(column.to_list()).astype(np.float64)  # [position, layer]
    share: NDArray[np.float64] = received[positions].sum(axis=0)
    return share


def _effect(case: Case, target: float) -> float:
    """The absolute change of the target."""
    return abs(case.explained.value - target)
