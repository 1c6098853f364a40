"""A comparison without texts: everything is measured on the texts, and written without them.

Redacted tokens cannot be told apart, so two redacted results cannot be compared. What is written
therefore takes its figures from the comparison of both models, rounded, and its names from redacted
copies. Tokens are not listed, as in a redacted report.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TypeAlias

import numpy as np

from reportgen.comparison import (
    AllModels,
    Comparison,
    EffectChanges,
    HeadChanges,
    LayerChanges,
    Pairing,
    PredictionChanges,
    Sides,
    TokenChange,
    Trend,
    UnitPairs,
    common_labels,
)
from reportgen.findings import Findings, Note, Value
from reportgen.report.options import Lang
from reportgen.report.redact.masked_tables import DOT, MARK, NumberedNames, short_remark
from reportgen.report.redact.rounding import coarse, to_levels
from reportgen.report.redact.run import long_texts, redacted, redacted_info, require_enough
from reportgen.results import Results, RunInfo, selected, whole_of
from reportgen.tasks import task_of, text_names

_OF_TEXT = 1  # significant digits of what changed in one text


@contextmanager
def redacted_comparison(
    comparison: Comparison, lang: Lang, *, wanted: bool
) -> Iterator[Comparison]:
    """A comparison without texts, for as long as the context is open; `comparison` itself if not
    `wanted`.

    Raises:
        ResultsError: a results folder is damaged, or too few texts are long enough.
        OutputError: there is no room for the copies in the system's folder for temporary files.
    """
    if not wanted:
        yield comparison
        return
    numbers = NumberedNames()  # a label of both models has one number
    long, rows = _of_long_texts(comparison)
    base, head = (whole_of(side.results) for side in (comparison.base, comparison.head))
    copy = partial(redacted, lang=lang, wanted=True, numbers=numbers, with_short=True)
    n_short = len(comparison.base.texts) - len(rows[0])
    with copy(base) as old, copy(head) as new:
        old, new = (_with_remark(side, n_short, lang) for side in (old, new))
        yield _Redacted(
            Findings(selected(old, rows[0])),
            Findings(selected(new, rows[1])),
            comparison.matching,
            comparison.null,
            judging=comparison.judging,
            whole=long,
            infos=tuple(redacted_info(side.results, lang) for side in comparison.sides),
            numbers=numbers,
        )


def _with_remark(results: Results, n_short: int, lang: Lang) -> Results:
    """`results` with the remark that so many texts were left out because they are short."""
    if not n_short:
        return results
    first, *others = results.info.remarks
    remarks = (first, short_remark(n_short, lang), *others)
    return replace(results, info=replace(results.info, remarks=remarks))


_Rows: TypeAlias = tuple[Sequence[int], Sequence[int]]


def _of_long_texts(comparison: Comparison) -> tuple[Comparison, _Rows]:
    """The comparison of the texts that are long enough in both models, and their rows in the whole
    results of either."""
    ends, matching = (comparison.base, comparison.head), comparison.matching
    long_rows = long_texts(ends[0].results)
    rows = long_rows[np.isin(long_rows, long_texts(ends[1].results))]
    for end in ends:
        require_enough(end.results, rows)
    every = np.arange(len(comparison.base.texts))
    given = (every, every) if matching is None else (matching.base, matching.head)
    base, head = (np.asarray(side)[rows].tolist() for side in given)
    if len(rows) == len(every):
        return comparison, (base, head)
    long_only = replace(
        comparison,
        base=Findings(selected(whole_of(ends[0].results), base)),
        head=Findings(selected(whole_of(ends[1].results), head)),
        sides=tuple(
            Findings(selected(side.results, long_texts(side.results).tolist()))
            for side in comparison.sides
        ),
    )
    return long_only, (base, head)


@dataclass(frozen=True, eq=False)
class _Redacted(Comparison):
    """A comparison whose `base` and `head` are redacted, with the figures of the `whole` one."""

    whole: Comparison = field(kw_only=True)
    infos: tuple[RunInfo, ...] = field(kw_only=True)  # of all models, redacted
    numbers: NumberedNames = field(kw_only=True)  # the replacements of both copies

    @property
    def n_runs(self) -> int:
        return len(self.infos) or 2

    @cached_property
    def pairing(self) -> Pairing:
        labels, _ = common_labels((self.base.results, self.head.results))
        return replace(self.whole.pairing, labels=labels)

    @cached_property
    def all_models(self) -> AllModels | None:
        models = self.whole.all_models
        if models is None:
            return None
        shown = replace(models, infos=(), trend=self._trend(models.trend))
        return replace(coarse(shown), infos=self.infos)

    def _trend(self, trend: Trend) -> Trend:
        """The trend without tokens, and texts by their redacted ids; classes, labels and tags
        stay."""
        pairs = zip(self.whole.base.texts["text_id"], self.base.texts["text_id"], strict=True)
        ids = {str(id): str(redacted) for id, redacted in pairs}
        is_kept = task_of(self.base.info.output).is_closed

        def shown(prediction: str | float | None) -> str | float | None:
            is_hidden = isinstance(prediction, str) and not is_kept
            return self.numbers.of("predicted", str(prediction)) if is_hidden else prediction

        return replace(
            trend,
            without=tuple(ids[text_id] for text_id in trend.without),
            tokens=(),
            texts=tuple(
                replace(text, id=ids[text.id], predictions=tuple(map(shown, text.predictions)))
                for text in trend.texts
            ),
        )

    @cached_property
    def predictions(self) -> PredictionChanges | None:
        predictions = coarse(self.whole.predictions)
        if predictions is None or not predictions.names:
            return predictions
        base, head = (text_names(side.results) for side in (self.base, self.head))
        names = zip(
            map(str, base[predictions.texts]), map(str, head[predictions.texts]), strict=True
        )
        return replace(predictions, names=tuple(names))

    @cached_property
    def layers(self) -> tuple[LayerChanges, ...]:
        return coarse(self.whole.layers)

    @cached_property
    def heads(self) -> HeadChanges | None:
        heads = self.whole.heads
        return heads and replace(coarse(heads), by_text=coarse(heads.by_text, _OF_TEXT))

    @cached_property
    def units(self) -> UnitPairs:
        """The units with a few levels of each figure in each text, and all with one name."""
        units = self.whole.units

        def levels(sides: Sides) -> Sides:
            return to_levels(sides[0], units.text), to_levels(sides[1], units.text)

        nothing = np.full(len(units.text), np.nan)
        return replace(
            units,
            names=(MARK,),
            label=np.zeros_like(units.label),
            attention=levels(units.attention),
            row=(nothing, nothing),
            effect=levels(units.effect),
        )

    @cached_property
    def effects(self) -> EffectChanges | None:
        effects = self.whole.effects
        return effects and replace(
            coarse(effects),
            change=coarse(effects.change, _OF_TEXT),
            rank=coarse(effects.rank, _OF_TEXT),
        )

    @cached_property
    def tokens(self) -> tuple[TokenChange, ...]:
        return ()

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        return tuple(
            replace(
                note,
                token=note.token and self._numbered.get(note.token, note.token),
                values=coarse(dict(note.values)),
            )
            for note in self.whole.notes
        )

    @cached_property
    def figures(self) -> Mapping[str, Value]:
        return coarse(dict(self.whole.figures))

    @property
    def is_same(self) -> bool:
        return self.whole.is_same

    @cached_property
    def _numbered(self) -> Mapping[str, str]:
        """The tokens by number, those that changed most first."""
        return {token.token: f"{DOT}{i}" for i, token in enumerate(self.whole.tokens, 1)}
