"""Everything that changed from one model to another; each part is computed once and kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import zip_longest
from typing import Literal, TypeAlias

from reportgen.comparison.all_models import AllModels, all_models
from reportgen.comparison.attention import HeadChanges, LayerChanges, head_changes, layer_changes
from reportgen.comparison.change import NO_LIMITS, NullLimits, null_limits, ranked_texts
from reportgen.comparison.figures import comparison_figures
from reportgen.comparison.matching import Matching, match_texts
from reportgen.comparison.notes import change_notes
from reportgen.comparison.pairing import Pairing, pair
from reportgen.comparison.predictions import PredictionChanges, prediction_changes
from reportgen.comparison.runs import Runs
from reportgen.comparison.steadiness import Steadiness, compare_steadiness
from reportgen.comparison.token_effects import (
    EffectChanges,
    TokenChange,
    effect_changes,
    token_changes,
)
from reportgen.comparison.unit_pairs import UnitPairs, unit_pairs
from reportgen.findings import Findings, Judging, Note, Value, Word
from reportgen.results import selected

# What can change in a text that has the same tokens in both models.
Criterion: TypeAlias = Literal["prediction", "effects", "attention"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What differs between the `base` and the `head` model, in numbers and notes.

    Make one with `compare` and hand it to every writer. Each part is computed when it is first
    asked for; it is None where it cannot be compared.
    """

    base: Findings  # of the texts that both results have
    head: Findings
    matching: Matching | None = None  # None: both have the same texts in the same order
    null: NullLimits | None = None  # what changes must exceed; None where no null was given
    sides: tuple[Findings, ...] = ()  # every model in order, with all its texts; () for two
    folders: tuple[str, ...] = ()  # of the results of `sides`, by name; "" where they are not kept
    judging: Judging = field(default_factory=Judging)  # how it is decided which model is better

    @property
    def n_runs(self) -> int:
        """How many runs are compared."""
        return len(self.sides) or 2

    @property
    def runs(self) -> Runs:
        """The runs that are compared, from which outputs are written."""
        return Runs(self.head, self)

    @property
    def _limits(self) -> NullLimits:
        return self.null or NO_LIMITS

    @cached_property
    def pairing(self) -> Pairing:
        """Which texts and figures of the two can be compared."""
        return pair(self.base, self.head)

    @cached_property
    def all_models(self) -> AllModels | None:
        """Every model, against the first and the one before; None where two are compared."""
        if not self.sides:
            return None
        return all_models(self.sides, self.null, self.folders, self.judging)

    @cached_property
    def predictions(self) -> PredictionChanges | None:
        """What changed in the predictions, and in how well they fit the labels."""
        least = self._limits.prediction
        return prediction_changes(self.base, self.head, self.pairing, least, self.judging)

    @cached_property
    def layers(self) -> tuple[LayerChanges, ...]:
        """What special tokens get, and the entropy of attention, layer by layer."""
        return layer_changes(self.base, self.head, self.pairing)

    @cached_property
    def heads(self) -> HeadChanges | None:
        """How far apart the attention of each head is."""
        sides = self.base.results, self.head.results
        moved = None if self.predictions is None else self.predictions.outputs_moved
        return head_changes(*sides, self.pairing, self._limits.head, moved)

    @cached_property
    def units(self) -> UnitPairs:
        """The display units that both models share, with their attention and effects."""
        return unit_pairs(self.base.results, self.head.results, self.pairing)

    @cached_property
    def effects(self) -> EffectChanges | None:
        """How far deletion effects changed, text by text."""
        return effect_changes(self.units)

    @cached_property
    def tokens(self) -> tuple[TokenChange, ...]:
        """What changed for each token, over all texts."""
        return token_changes(self.units, self._limits.effect, self._limits.looks)

    @cached_property
    def steadiness(self) -> Steadiness | None:
        """How far edits of the same texts change the predictions of both."""
        return compare_steadiness(self.base, self.head, self.pairing)

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """What changed, in reading order."""
        return tuple(change_notes(self))

    @cached_property
    def figures(self) -> Mapping[str, Value]:
        """The flat figures by name, in a fixed order; None for what cannot be compared."""
        return comparison_figures(self)

    @property
    def changed_texts(self) -> list[int]:
        """Rows of `texts` in the order of a page: first texts with another class, label or token
        than before, then texts whose deletion effects or attention changed most, one by its effects
        and one by its attention in turn."""
        flipped, *rankings = self.changed_by.values()
        by_turns = zip_longest(*rankings)
        others = (text for turn in by_turns for text in turn if text is not None)
        return list(dict.fromkeys((*flipped, *others)))

    @cached_property
    def changed_by(self) -> Mapping[Criterion, Sequence[int]]:
        """Rows of `texts` that changed, those that changed most first, by what changed in them."""
        effects, heads, predictions = self.effects, self.heads, self.predictions
        flipped = predictions.flipped if predictions is not None else []
        limits = self._limits
        return {
            "prediction": [text for text in flipped if self.pairing.aligned[text]],
            "effects": ranked_texts(effects.texts, effects.change, limits.text_effect)
            if effects
            else [],
            "attention": ranked_texts(heads.texts, heads.by_text, limits.text_attention)
            if heads
            else [],
        }

    @property
    def is_same(self) -> bool:
        """Whether everything important was compared and no difference was found. Where no maps
        were kept, the attention that each unit gets stands for them."""
        pairing, predictions = self.pairing, self.predictions
        heads, effects = self.heads, self.effects
        changes = [change for layer in self.layers for change in layer.changes]
        has_maps = all(side.info.settings.keep_maps != "none" for side in (self.base, self.head))
        if (heads is None and has_maps) or not changes or not pairing.same_output:
            return False
        before, after = self.units.attention
        changes += [token.attention for token in self.tokens]
        return pairing.n_aligned == pairing.n_analysed and not (
            (before != after).any()
            or (heads is not None and heads.distance.any())
            or (predictions is not None and predictions.change.any())
            or (effects is not None and effects.change.any())
            or any(change.difference for change in changes)
        )

    def other_tags(self, text: int) -> list[tuple[Word, Word]]:
        """The words of row `text` of `texts` that have another tag in the new model, with both;
        none if the models do not tag the same words."""
        sides = (self.base.tags, self.head.tags)
        old, new = (() if side is None else side.words.get(text, ()) for side in sides)
        if [word.name for word in old] != [word.name for word in new]:
            return []
        return [pair for pair in zip(old, new, strict=True) if pair[0].tag != pair[1].tag]


def compare_runs(
    base: Findings,
    head: Findings,
    null: Findings | None = None,
    between: Sequence[Findings] = (),
    folders: Sequence[str] = (),
) -> Comparison:
    """Compare two models on the texts that both results have; texts are read one at a time.

    Args:
        base: of the old model.
        head: of the new model.
        null: of the old model with another seed; only larger changes than those to it are named.
        between: of the models that came after the old one and before the new one, in order.
        folders: the names of the folders of all results in that order, "" where they are not kept.

    Raises:
        ComparisonError: no text is in both.
    """
    limits = None if null is None else null_limits(compare_runs(base, null))
    ends = (folders[0], folders[-1]) if folders else ()
    matching = match_texts(base.results, head.results, ends)
    sides = (base, *between, head) if between else ()
    comparison = Comparison(base, head, matching, limits, sides, tuple(folders))
    if matching is None:
        return comparison
    old, new = selected(base.results, matching.base), selected(head.results, matching.head)
    return replace(comparison, base=Findings(old), head=Findings(new))
