"""Joins neighbouring words that work together into phrases, by what leaving both out does."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import isfinite, nan

from reportgen.analysis.evidence.explainer import ChangedText, Explainer
from reportgen.analysis.progress import Passes
from reportgen.models import EncodedText, ExplainedText, content_units, without
from reportgen.results import PHRASE_LEAST, PHRASE_SHARE, PHRASE_WORDS

_AT_ONCE = 16  # texts whose changed forms run together
Part = tuple[int, ...]  # positions


def with_phrases(explainer: Explainer, texts: Sequence[EncodedText]) -> list[EncodedText]:
    """`texts` with phrases as their units, in place of the units that they have.

    The effect of a part is f(whole) - f(without it), as for deletion. The interaction of two
    neighbours is how far the effect of both together lies from the sum of their effects. Of all
    neighbours of one segment, those two are joined whose interaction is the largest share of the
    largest of the three effects, the first of equals; and so on with what was joined, until no
    interaction is at least PHRASE_SHARE of that, and PHRASE_LEAST of the largest effect of a unit
    in the text. A phrase has at most PHRASE_WORDS units.

    A text whose target cannot be found keeps its units, as does the last token of a causal model.
    """
    merged: list[EncodedText] = []
    for start in range(0, len(texts), _AT_ONCE):
        some = texts[start : start + _AT_ONCE]
        merges = [
            _Merge(item) if isinstance(item, ExplainedText) else None
            for item in explainer.explain(some)
        ]
        _run(explainer, [merge for merge in merges if merge is not None])
        pairs = zip(some, merges, strict=True)
        merged += [text if merge is None else merge.joined(text) for text, merge in pairs]
    return merged


def phrase_cost(text: EncodedText) -> Passes:
    """The passes for one text, if half of its words are joined to the other half."""
    n_passes = 1 + max(0, 3 * len(content_units(text)) - 1)
    return Passes(n_passes, 0, n_passes * len(text.ids))


@dataclass(eq=False)
class _Merge:
    """One text, whose neighbouring parts are joined one pair at a time."""

    of: ExplainedText
    units: tuple[Part, ...] = field(init=False)  # before anything is joined
    parts: list[Part] = field(init=False)  # in order
    sizes: list[int] = field(init=False)  # units of each part
    effects: dict[Part, float] = field(default_factory=dict)  # NaN where it could not be run

    def __post_init__(self) -> None:
        self.units = content_units(self.of.text)
        self.parts = list(self.units)
        self.sizes = [1] * len(self.parts)
        whole = tuple(range(len(self.of.text.ids)))
        self.effects[whole] = nan  # nothing would be left to run

    def unknown(self) -> list[Part]:
        """Parts, and pairs of neighbours, whose effect is not known yet."""
        pairs = (self.pair(i) for i in range(len(self.parts) - 1) if self.may_join(i))
        return [part for part in (*self.parts, *pairs) if part not in self.effects]

    def pair(self, i: int) -> Part:
        """The parts `i` and `i + 1` together."""
        return (*self.parts[i], *self.parts[i + 1])

    def may_join(self, i: int) -> bool:
        """Whether the parts `i` and `i + 1` stand side by side in one segment, with no mask or
        answer between them, and are together not too long."""
        segments, (part, other) = self.of.text.segments, self.parts[i : i + 2]
        same = segments[part[0]] == segments[other[0]] and part[-1] + 1 == other[0]
        return same and self.sizes[i] + self.sizes[i + 1] <= PHRASE_WORDS

    def strength(self, i: int, least: float) -> float:
        """The interaction of the parts `i` and `i + 1`, as a share of the largest effect of these
        and both together; 0 where they do not belong together or it is less than `least`."""
        if not self.may_join(i):
            return 0.0
        parts = (self.parts[i], self.parts[i + 1], self.pair(i))
        first, second, both = (self.effects[part] for part in parts)
        interaction = abs(first + second - both)
        largest = max(abs(first), abs(second), abs(both))
        if not (isfinite(interaction) and largest and interaction >= least):
            return 0.0
        return interaction / largest

    def join(self) -> bool:
        """Join the two neighbours that belong together most; False if there are none."""
        units = [abs(self.effects[unit]) for unit in self.units]
        least = PHRASE_LEAST * max(filter(isfinite, units), default=0.0)
        strengths = [self.strength(i, least) for i in range(len(self.parts) - 1)]
        most = max(strengths, default=0.0)
        if not most or most < PHRASE_SHARE:
            return False
        i = strengths.index(most)
        self.parts[i : i + 2] = [self.pair(i)]
        self.sizes[i : i + 2] = [sum(self.sizes[i : i + 2])]
        return True

    def joined(self, text: EncodedText) -> EncodedText:
        """`text`, the whole of what was run, with these parts as its units."""
        owner = {position: part[0] for part in self.parts for position in part}
        units: list[int] = []
        before: tuple[bool, int] | None = None
        for position, unit in enumerate(text.units):
            key = (position in owner, owner.get(position, unit))
            units.append((units[-1] if units else -1) + (key != before))
            before = key
        return replace(text, units=tuple(units))


def _run(explainer: Explainer, merges: Sequence[_Merge]) -> None:
    """Join the parts of each text until no two belong together."""
    active = list(merges)
    while active:
        asked = [(merge, part) for merge in active for part in merge.unknown()]
        values = explainer.run([ChangedText(m.of, without(m.of.text, part)) for m, part in asked])
        for (merge, part), value in zip(asked, values, strict=True):
            merge.effects[part] = nan if isinstance(value, str) else merge.of.value - value
        active = [merge for merge in active if merge.join()]
