"""A comparison without texts: everything is measured on the texts, and written without them.

Redacted tokens cannot be told apart, so two redacted results cannot be compared. What is written
therefore takes its figures from the comparison of both models, and its names from redacted copies.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property

from reportgen.comparison.all_models import AllModels
from reportgen.comparison.attention import HeadChanges, LayerChanges
from reportgen.comparison.compare import Comparison
from reportgen.comparison.outputs.predictions import PredictionChanges
from reportgen.comparison.pairing import Pairing, common_labels
from reportgen.comparison.tokens.effects import EffectChanges, TokenChange
from reportgen.comparison.tokens.units import UnitPairs
from reportgen.comparison.trend.trend import Trend
from reportgen.findings.figures.flat import Value
from reportgen.findings.findings import Findings
from reportgen.findings.notes.note import Note
from reportgen.report.options import Lang
from reportgen.report.redact.run import DOT, Numbers, redacted, redacted_info
from reportgen.results.info import RunInfo
from reportgen.results.selection import selected, whole_of


@contextmanager
def redacted_comparison(
    comparison: Comparison, lang: Lang, *, wanted: bool
) -> Iterator[Comparison]:
    """A comparison without texts, for as long as the context is open; `comparison` itself if not
    `wanted`.

    Raises:
        ResultsError: a results folder is damaged.
        OutputError: there is no room for the copies in the system's folder for temporary files.
    """
    if not wanted:
        yield comparison
        return
    numbers = Numbers()  # a label of both models has one number
    base, head = (whole_of(side.results) for side in (comparison.base, comparison.head))
    with (
        redacted(base, lang, wanted=True, numbers=numbers) as own,
        redacted(head, lang, wanted=True, numbers=numbers) as other,
    ):
        matching = comparison.matching
        if matching is not None:
            own, other = selected(own, matching.base), selected(other, matching.head)
        yield _Redacted(
            Findings(own),
            Findings(other),
            matching,
            comparison.null,
            judging=comparison.judging,
            whole=comparison,
            infos=tuple(redacted_info(side.results, lang) for side in comparison.sides),
        )


@dataclass(frozen=True, eq=False)
class _Redacted(Comparison):
    """A comparison whose `base` and `head` are redacted, with the figures of the `whole` one."""

    whole: Comparison = field(kw_only=True)
    infos: tuple[RunInfo, ...] = field(kw_only=True)  # of all models, redacted

    @cached_property
    def pairing(self) -> Pairing:
        labels, _ = common_labels((self.base.results, self.head.results))
        return replace(self.whole.pairing, labels=labels)

    @cached_property
    def all_models(self) -> AllModels | None:
        found = self.whole.all_models
        if found is None:
            return None
        return replace(found, infos=self.infos, trend=self._trend(found.trend))

    def _trend(self, trend: Trend) -> Trend:
        """The trend with tokens by number and texts by their redacted ids; classes, labels and
        tags stay."""
        numbers = dict(self._numbered)
        for own in trend.tokens:
            numbers.setdefault(own.token, f"{DOT}{len(numbers) + 1}")
        pairs = zip(self.whole.base.texts["text_id"], self.base.texts["text_id"], strict=True)
        ids = {str(id): str(redacted) for id, redacted in pairs}
        is_kept = self.base.info.output.kind in ("class", "labels", "tags")

        def said(prediction: str | float | None) -> str | float | None:
            is_hidden = isinstance(prediction, str) and not is_kept
            return DOT * len(str(prediction)) if is_hidden else prediction

        return replace(
            trend,
            without=tuple(ids[own] for own in trend.without),
            tokens=tuple(replace(own, token=numbers[own.token]) for own in trend.tokens),
            texts=tuple(
                replace(own, id=ids[own.id], predictions=tuple(map(said, own.predictions)))
                for own in trend.texts
            ),
        )

    @cached_property
    def predictions(self) -> PredictionChanges | None:
        found = self.whole.predictions
        if found is None or not found.names:
            return found
        base, head = (side.texts["prediction_label"] for side in (self.base, self.head))
        names = zip(map(str, base[found.texts]), map(str, head[found.texts]), strict=True)
        return replace(found, names=tuple(names))

    @cached_property
    def layers(self) -> tuple[LayerChanges, ...]:
        return self.whole.layers

    @cached_property
    def heads(self) -> HeadChanges | None:
        return self.whole.heads

    @cached_property
    def units(self) -> UnitPairs:
        names = tuple(DOT * len(name) for name in self.whole.units.names)
        return replace(self.whole.units, names=names)

    @cached_property
    def effects(self) -> EffectChanges | None:
        return self.whole.effects

    @cached_property
    def tokens(self) -> tuple[TokenChange, ...]:
        return tuple(
            replace(token, token=self._numbered[token.token]) for token in self.whole.tokens
        )

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        return tuple(
            replace(note, token=note.token and self._numbered.get(note.token, note.token))
            for note in self.whole.notes
        )

    @cached_property
    def figures(self) -> Mapping[str, Value]:
        return self.whole.figures

    @property
    def is_same(self) -> bool:
        return self.whole.is_same

    @cached_property
    def _numbered(self) -> Mapping[str, str]:
        """The tokens by number, those that changed most first."""
        return {token.token: f"{DOT}{i}" for i, token in enumerate(self.whole.tokens, 1)}
