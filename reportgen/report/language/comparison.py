"""Writes the figures of a comparison, each with its change and the interval of the change."""

from collections.abc import Callable, Mapping

from reportgen.comparison import CHANCE_MOVED, Change, Comparison, PredictionChanges, QualityVerdict
from reportgen.findings import QUALITY, Interval, Note, SmallestChange
from reportgen.report.components import Cell, Sentence
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import (
    decimals,
    exact,
    in_column,
    points,
    times,
    told_apart,
    written,
)
from reportgen.report.language.printable import shorten
from reportgen.report.language.sentences import scalar_name
from reportgen.results import BY_ID, EFFECT
from reportgen.tasks import Scale, has_sign

Write = Callable[[float, bool], str]  # a value, and whether it has a plus sign above 0
NAME = 24  # half-width characters of a token or a name


class CompareWords:
    """Puts the figures of one comparison into words."""

    def __init__(self, comparison: Comparison, language: Language) -> None:
        info = comparison.base.info
        self.language = language
        self.scalar = scalar_name(info, language)
        self._n_texts = comparison.pairing.n_independent
        self._smallest, self._deciding = comparison.judging.smallest, comparison.judging.quality
        self._called = _called(language, are_many=comparison.all_models is not None)
        self.is_size = not has_sign(BY_ID[EFFECT], info.evidence.scalar)  # a distance
        largest = max((_largest(token.effect) for token in comparison.tokens), default=0.0)
        self._effect_digits = decimals(largest)
        predictions = comparison.predictions
        sizes = [0.0] if predictions is None else [*abs(predictions.base), *abs(predictions.head)]
        self._prediction_digits = decimals(float(max(sizes, default=0.0)))
        quality = predictions.quality if predictions else None
        kinds = (
            [(each.change, QUALITY[each.name].scale) for each in quality.figures] if quality else []
        )
        errors = [change for change, scale in kinds if scale == "error"]
        self._error_digits = decimals(max(map(_largest, errors), default=0.0))
        # Beyond what no prediction moved, where none did.
        self.unmoved = self.floor(predictions, with_chances=True) if predictions else ""
        self._writers: Mapping[str, Write] = {
            "error": self.error,
            "effect": self.effect,
            "looks": self.times,
            "fit": self.fit,
            "share": self.share,
            "entropy": self.fit,
        }

    def say(self, key: str, **values: object) -> str:
        """A string of the comparison."""
        return self.language.say("compared", key, **{**self._called, **values})

    def count(self, key: str, n: int, **values: object) -> str:
        """A string of the comparison that counts something."""
        return self.language.count("compared", key, n, **{**self._called, **values})

    def trend(self, key: str, n: int | None = None, **values: object) -> str:
        """A string on the trend over several models; with `n` one that counts something."""
        if n is not None:
            return self.language.count("trend", key, n, **values)
        return self.language.say("trend", key, **values)

    def limit(self, predictions: PredictionChanges) -> str:
        """The change beyond which a number has moved; "" for other outputs and where all outputs
        are the same."""
        if predictions.threshold is None or predictions.same_outputs:
            return ""
        if predictions.is_numbers:
            return self.say("floor_spreads", x=predictions.threshold)
        return self.size(predictions.threshold)

    def floor(self, predictions: PredictionChanges, *, with_chances: bool = False) -> str:
        """The same as the end of a sentence on what changed, such as " by more than 0.05"; with
        `with_chances` also that of the probability of a class or choice."""
        limit = self.limit(predictions)
        if with_chances and predictions.chances and not predictions.same_outputs:
            limit = self.say("floor_chance", x=f"{100 * CHANCE_MOVED:g}")
        return self.say("floor", x=limit) if limit else ""

    def prediction(self, value: float, with_sign: bool = False) -> str:
        """A predicted number, or the difference of two."""
        return in_column(value, self._prediction_digits, with_sign)

    def size(self, value: float, largest: float | None = None, with_sign: bool = False) -> str:
        """A distance on the scale of the predictions, with three digits of the `largest` one."""
        return written(value, decimals(value if largest is None else largest), with_sign)

    def effect(self, value: float, with_sign: bool = True) -> str:
        """A deletion effect."""
        return in_column(value, self._effect_digits, with_sign and not self.is_size)

    def effect_change(self, value: float, with_sign: bool = True) -> str:
        """The difference of two deletion effects, which has a sign even where they have none."""
        return in_column(value, self._effect_digits, with_sign)

    def error(self, value: float, with_sign: bool = False) -> str:
        """A distance from labels, or the difference of two."""
        return in_column(value, self._error_digits, with_sign)

    def quality(self, name: str) -> Write:
        """Writes a figure of the fit with labels."""
        writers: Mapping[Scale, Write] = {"share": self.share, "error": self.error}
        return writers.get(QUALITY[name].scale, self.fit)

    def both_quality(self, name: str, change: Change) -> tuple[str, str]:
        """A figure of the fit with labels in the old and the new model; with more digits where it
        differs and would be printed as the same."""
        old, new = (self.quality(name)(value, False) for value in (change.base, change.head))
        if old == new and change.base != change.head and QUALITY[name].scale != "share":
            return told_apart(change.base, change.head)
        return old, new

    def smallest(self, name: str) -> str:
        """The smallest change of a figure of the fit with labels that is worth telling."""
        kind, least = QUALITY[name], self._smallest
        if kind.is_relative:
            key = "smallest_bias" if kind.best == "zero" else "smallest_error"
            return self.say(key, x=least.of_error)
        if kind.scale == "share":
            return smallest_points(least, self.language)
        return exact(least.of_share)

    def gain(
        self,
        name: str,
        gain: QualityVerdict,
        n_texts: int,
        *,
        is_unmoved: bool = False,
        is_sure_alone: bool = False,
    ) -> str:
        """The verdict on a figure of the fit with labels, beside its change; `is_sure_alone` says
        that the interval leaves out 0, but the figure is not the one that decides."""
        as_another = QUALITY[name].says_as
        if as_another and name != self._deciding:
            return self.say("gain_as", name=self.say(f"quality_{as_another}"))
        if gain == "same" and is_unmoved:
            return self.say("gain_unmoved")
        if gain == "same":
            return self.say("gain_within", limit=self.smallest(name))
        if gain == "unclear" and is_sure_alone:
            # A bias may have gone from one side of 0 to the other.
            return self.say("unclear_nearer" if name == "bias" else "unclear_several")
        return self.say("unclear", n=n_texts) if gain == "unclear" else self.say(f"gain_{gain}")

    def times(self, value: float, with_sign: bool = False) -> str:
        """How many times the equal share."""
        return written(value, 2, True) if with_sign else times(value)

    def share(self, value: float, with_sign: bool = False) -> str:
        """A share in 0..1 as a percentage; a difference of shares in percentage points."""
        return points(value) if with_sign else self.language.percent(value)

    def fit(self, value: float, with_sign: bool = False) -> str:
        """A figure that lies near 0..1: three decimals, and three digits beyond 1."""
        return written(value, min(3, decimals(value) or 0), with_sign)

    def changed(
        self,
        change: Change,
        write: Write,
        is_clear: bool = True,
        matters: float | None = None,
        least: float = 0.0,
    ) -> Cell:
        """The difference with its interval, and whether it is no clear change: its interval holds
        0, it is no larger than `least`, or another test found it not to be `is_clear`. Where the
        interval also holds more than `matters`, the texts cannot tell."""
        if change.difference == 0 and change.interval in (None, Interval(0.0, 0.0)):
            return Cell(self.say("no_change"))
        shown = self.difference(change.difference, write)
        if change.interval is None:
            return Cell(shown, self.say("few"))
        interval = self.interval(change.interval, write)
        if change.is_told(least) and is_clear:
            return Cell(shown, interval)
        is_unclear = matters is not None and change.reaches_beyond(matters)
        return Cell(shown, f"{interval} {self.not_clear(change.n_texts, is_unclear=is_unclear)}")

    def not_clear(self, n_texts: int, *, is_unclear: bool) -> str:
        """The words for a change whose interval contains 0."""
        return self.say("unclear", n=n_texts) if is_unclear else self.say("within")

    def both(self, change: Change, write: Write, least: float = 0.0) -> tuple[Cell, Cell, Cell]:
        """The figure in the base, in the head, and its change; up to `least` it is no clear one."""
        base, head = (Cell(write(end, False)) for end in (change.base, change.head))
        return base, head, self.changed(change, write, least=least)

    def difference(self, value: float, write: Write) -> str:
        """The difference of two figures that `write` writes, with its unit."""
        shown = write(value, True)
        return self.language.say("number", "points", x=shown) if write == self.share else shown

    def interval(self, interval: Interval, write: Write) -> str:
        """Both ends of the interval of a difference; that they are above 0 needs no sign beside
        the difference, which has one."""
        low, high = (write(end, True).removeprefix("+") for end in interval)
        return self.language.say("number", "interval", low=low, high=high)

    def interval_if_any(self, interval: Interval | None, write: Write) -> str:
        """Both ends of an interval; "" for None."""
        return "" if interval is None else self.interval(interval, write)

    def note(self, note: Note) -> Sentence:
        """A note as its sentences."""
        ids = [note.id, *note.also]
        if self.is_size:
            ids = [f"{id}_size" if id.startswith("token_moves") else id for id in ids]
        given = self.values(note)
        sentences = [self.say(f"says_{id}", **given) for id in ids]
        return Sentence(self.language.sentences(sentences), note.citations)

    def values(self, note: Note) -> dict[str, str]:
        """The values that a note's sentences name."""
        given = {name: str(value) for name, value in note.values.items()}
        given["output"] = self.scalar
        given["token"] = shorten(note.token or "", NAME)
        for name, write in self._writers.items():
            if f"{name}_base" in note.values:
                of_fit = note.id.removeprefix("fit_")
                writer = self.prediction if note.id == "prediction_mean" else write
                given |= self._filled(
                    name, note, self.quality(of_fit) if of_fit in QUALITY else writer
                )
        if "distance" in note.values:
            given["distance"] = self.fit(float(note.values["distance"]))
        return given

    def _filled(self, name: str, note: Note, write: Write) -> dict[str, str]:
        """The figure `name` of a note in both models, and its change with the interval."""
        base, head, difference, n_texts = (
            float(note.values[key])
            for key in (f"{name}_base", f"{name}_head", name, f"{name}_texts")
        )
        change = Change(base, head, difference, _interval(name, note), int(n_texts))
        is_signed = write == self.effect
        sure = self.say("few")
        if change.interval is not None:
            of_all = "sure_all" if change.n_texts == self._n_texts else "sure"
            within = "sure_unclear" if note.id.startswith("fit_") else "sure_within"
            sure = self.say(
                of_all if change.is_certain else within,
                change=self.difference(difference, write),
                interval=self.interval(change.interval, write),
                n=change.n_texts,
            )
        return {
            f"{name}_base": write(base, is_signed),
            f"{name}_head": write(head, is_signed),
            name: write(difference, True),
            f"{name}_sure": sure,
        }


def smallest_points(least: SmallestChange, language: Language) -> str:
    """The smallest change of a share that is worth telling."""
    n = 1 if least.of_share == 0.01 else 2
    return language.count("compared", "smallest_points", n, x=exact(100 * least.of_share))


def _interval(name: str, note: Note) -> Interval | None:
    if f"{name}_low" not in note.values:
        return None
    return Interval(*(float(note.values[f"{name}_{end}"]) for end in ("low", "high")))


def _largest(change: Change | None) -> float:
    return 0.0 if change is None else max(abs(change.base), abs(change.head))


def _called(language: Language, *, are_many: bool) -> dict[str, object]:
    """What the two models are called in a sentence: old and new, or first and last of many; with a
    capital where the sentence begins with it."""
    names = ("old", "new", "two", "both")
    end = "_many" if are_many else ""
    called = {name: language.say("compared", f"called_{name}{end}") for name in names}
    return {
        **called,
        **{name.title(): words[:1].upper() + words[1:] for name, words in called.items()},
    }
