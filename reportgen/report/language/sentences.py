"""Notes as sentences, in English or Japanese."""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Literal

from reportgen.findings.citations import Citation
from reportgen.findings.notes.note import Note, explained
from reportgen.findings.thresholds import Threshold
from reportgen.report.language.numbers import short_of
from reportgen.results.info import Reason, RunInfo, SinkTest, Statistic, Subject, View
from reportgen.results.measures import MIN_TEXTS

_MINUS = "\u2212"


def decimal(value: float) -> str:
    """A number with one decimal below 10, none above; a whole count without."""
    if isinstance(value, int):
        return f"{value:,}"
    text = f"{value:.1f}"
    return text if float(text) < 10 else f"{value:,.0f}"


def _hundredths(share: float) -> str:
    """A share as `decimal` writes its percentage; more decimals where it would read as all."""
    x = 100.0 * share
    digits = short_of(100.0, x, 0)
    return decimal(x) if x < 99 or digits == 0 else f"{x:.{digits}f}"


def times(value: float) -> str:
    """How many times as large something is: two significant digits below 1, three decimals at the
    most; above as `decimal`."""
    if value >= 0.995:
        return decimal(float(value))
    digits = 2 if value >= 0.0995 else 3
    return f"{value:.{digits}f}"


def proportion(value: float) -> str:
    """How many times as large something is that is about as large: two decimals."""
    return f"{value:.2f}"


def correlation(value: float) -> str:
    """A number from -1 to 1 with two decimals, a true minus sign and no negative zero."""
    text = f"{value:.{short_of(1.0, value, 2)}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", _MINUS)


def difference(value: float) -> str:
    """As `correlation`; a third decimal where two would not say on which side of 0 it lies."""
    short, long = f"{value:.2f}", f"{value:.3f}"
    is_hidden = float(short) == 0 and float(long) != 0
    return long.replace("-", _MINUS) if is_hidden else correlation(value)


# How the values of notes and thresholds are written; any other is written as it stands.
_SHARES = frozenset(
    {
        "share",
        "expected",
        "self_share",
        "norm_share",
        "swapped_share",
        "rollout_share",
        "mixing",
        "ig_error",
        "confidence",
        "sink_share",
        "swap_same",
        "rollout_limit",
        "tiny_effect",
    }
)
_TEXT_COUNTS = frozenset(
    {"n_texts", "n_analysed", "n_chosen", "n_ranked", "n_compared", "n_attributed", "min_texts"}
)
_FIGURES: Mapping[str, Callable[[float], str]] = {
    **dict.fromkeys(
        (
            "ratio",
            "offset",
            "n_tokens",
            "n_content",
            "n_live",
            "n_rows",
            "effective_tokens",
            "effective_content",
        ),
        decimal,
    ),
    **dict.fromkeys(
        (
            "value_ratio",
            "zero_ratio",
            "mean_ratio",
            "hide_ratio",
            "test_ratio",
            "passed_ratio",
        ),
        times,
    ),
    **dict.fromkeys(("agreement", "ceiling", "rarity", "rollout_agreement"), correlation),
    "over_rarity": difference,
    "swap_ratio": proportion,
}
# Thresholds that are multiples of something.
_RATIO_LIMITS = frozenset(
    {
        "sink_ratio",
        "raised_ratio",
        "light_value",
        "light_norm",
        "test_small",
        "test_large",
        "hide_large",
        "mask_limit",
    }
)
# What a sink passes on, which its headline may say beside the verdict.
_PASSED_ON = ("N4", "N5", "N6", "N6-partly")


class Wording:
    """The sentences of one language, `en` or `ja`; all plain text, without markup."""

    def __init__(self, lang: str) -> None:
        path = files("reportgen.report.language").joinpath("strings", f"notes_{lang}.toml")
        self._words: Mapping[str, Mapping[str, str]] = tomllib.loads(path.read_text("utf-8"))

    def sentence(self, note: Note) -> str:
        """The note in words: its sentence, and those that follow it."""
        filled = self._fill(note)
        said = [self._words["sentences"][key].format(**filled) for key in (note.id, *note.also)]
        return self._phrase("between_sentences").join(said)

    def in_short(self, notes: Sequence[Note]) -> tuple[str, ...]:
        """Those of `notes` that a plain word can be said of, each in short; for a token's panel."""
        return tuple(self._short(note) for note in notes if note.id in self._words["headlines"])

    def beside(self, live: Note) -> str:
        """Which rows of the last layer are read, in short; a note of `rules.live_rows_note`."""
        return self._words["beside"][live.id].format(**self._fill(live))

    def verdicts(self, notes: Sequence[Note]) -> tuple[str, ...]:
        """The verdicts on attention sinks among `notes`, each in short."""
        return self.in_short([note for note in notes if note.is_verdict])

    def headline(self, notes: Sequence[Note], model: str) -> str:
        """The name of the `model` and its verdicts on attention sinks, in one line; where it was
        tested, with what a sink passes on."""
        sinks = {note.role for note in notes if note.id == "N1"}
        said = [
            note
            for note in notes
            if note.is_verdict or (note.id in _PASSED_ON and note.role in sinks)
        ]
        verdicts = self._phrase("between_verdicts").join(self.in_short(said))
        return self._phrase("headline", model=model, verdicts=verdicts)

    def citation(self, citation: Citation) -> str:
        """A publication: authors and year, title, identifier."""
        key = "citation_id" if citation.identifier else "citation"
        return self._phrase(
            key,
            author_year=citation.author_year,
            title=citation.title,
            identifier=citation.identifier,
        )

    def threshold(self, threshold: Threshold) -> str:
        """What a threshold decides, its value, and where that comes from."""
        value = self._value(threshold.id, threshold.value)
        return self._words["thresholds"][threshold.id].format(value=value)

    def threshold_value(self, threshold: Threshold) -> str:
        """The value alone, with what it counts."""
        value = self._value(threshold.id, threshold.value)
        is_ratio = threshold.id in _RATIO_LIMITS
        return self._phrase("times", x=value) if is_ratio else value

    def view_name(self, view: View | Literal["deletion"], row: str = "[CLS]") -> str:
        """What ranks the units of a text, by name; `row` names the token whose row is read."""
        return self.say("views", view, row=row)

    def test_name(self, test: SinkTest) -> str:
        """A sink test by name."""
        return self.say("tests", test)

    def test_explained(self, test: SinkTest, token: str) -> str:
        """What a sink test does to `token`."""
        return self.say("tests_explained", test, token=token)

    def statistic_name(self, statistic: Statistic) -> str:
        """A measure of agreement by name."""
        return self.say("statistics", statistic)

    def scalar_name(self, info: RunInfo) -> str:
        """The one figure of the output that evidence explains; "" where there is no evidence."""
        said = explained(info)
        return self._scalar("scalars", said) if said else ""

    def subject_name(self, subject: Subject) -> str:
        """A special token as it is, another one in quotes, or the first position."""
        return self._token(subject.token, is_special=subject.kind == "role")

    def measure_names(self, keys: Iterable[str], row: str = "[CLS]") -> str:
        """The names of views, effects and sink tests in a row; `row` as in `view_name`."""
        names = [
            self._phrase("test", name=self.say("tests", key))
            if key in self._words["tests"]
            else self.say("views", key, row=row)
            for key in keys
        ]
        return self._phrase("between_measures").join(names)

    def reason(self, reason: Reason) -> str:
        """Why something could not be measured, as a sentence."""
        return self.say("reasons", reason)

    def say(self, section: str, key: str, **values: object) -> str:
        """The string `key` of `section`, its names filled from `values`."""
        return self._words[section][key].format(**values)

    def count_of_texts(self, n: int) -> str:
        """`n` texts, in words of the right number."""
        return self._phrase("text" if n == 1 else "texts", n=f"{n:,}")

    def percent(self, share: float) -> str:
        """A share in 0..1 as a percentage: one decimal below 10, none above."""
        return self._phrase("percent", x=_hundredths(share))

    def _phrase(self, key: str, **values: object) -> str:
        return self.say("phrases", key, **values)

    def _short(self, note: Note) -> str:
        return self._words["headlines"][note.id].format(**self._fill(note))

    def _fill(self, note: Note) -> dict[str, str]:
        """What the names in a note's sentences stand for."""
        values = note.values
        filled = {name: self._value(name, value) for name, value in values.items()}
        for name in (name for name in values if name in _SHARES or name in _FIGURES):
            for kind, low, high in (("interval", "low", "high"), ("range", "min", "max")):
                if f"{name}_{low}" in values:
                    ends = values[f"{name}_{low}"], values[f"{name}_{high}"]
                    filled[f"{name}_{kind}"] = self._range(name, *map(float, ends))
        filled["scope"] = self._scope(values.get("n_texts"), "mean_of_few")
        filled["within"] = self._scope(values.get("n_texts"), "these_texts")
        if note.token is not None:
            filled["token"] = self._token(note.token, note.is_special)
        if "scalar" in values:
            filled["output"] = self._scalar("outputs", filled)
        if "view" in values:
            row = filled["row"] or self._phrase("last_token")
            filled["view"] = self.say("views", filled["view"], row=row)
            filled["effect"] = self._phrase(filled["effect"])
        if "test" in values:
            filled["test"] = self.say("tests", filled["test"])
        if "reason" in values:
            filled["reason"] = self.say("reasons", filled["reason"])
            filled["measures"] = self.measure_names(filled["measures"].split("\n"))
        return filled

    def _scalar(self, section: str, said: Mapping[str, str]) -> str:
        """What was explained, `said` as `note.explained` says it."""
        scalar, target = said["scalar"], said.get("target")
        key = f"{scalar}_of" if target and f"{scalar}_of" in self._words[section] else scalar
        return self.say(section, key, name=said["output_name"], target=target)

    def _token(self, token: str, is_special: bool) -> str:
        if not token:
            return self._phrase("first_position")
        return token if is_special else self._phrase("quoted", token=token)

    def _value(self, name: str, value: float | int | str) -> str:
        if isinstance(value, str):
            return value
        if name in _SHARES:
            return self.percent(value)
        if name in _FIGURES:
            return _FIGURES[name](value)
        if name in _TEXT_COUNTS:
            return self.count_of_texts(int(value))
        return f"{value:,.10g}"

    def _range(self, name: str, low: float, high: float) -> str:
        """Both ends, or one number where they read the same."""
        is_share = name in _SHARES
        write = _hundredths if is_share else _FIGURES[name]
        ends = [write(end) for end in (low, high)]
        key = "range_of_correlations" if write in (correlation, difference) else "range"
        text = ends[0] if ends[0] == ends[1] else self._phrase(key, low=ends[0], high=ends[1])
        return self._phrase("percent", x=text) if is_share else text

    def _scope(self, n_texts: float | int | str | None, few: str) -> str:
        """What a figure holds for: this text (no count given), a few by phrase `few`, or many."""
        if n_texts is None:
            return self._phrase("this_text")
        if n_texts == 1:
            return self._phrase("one_text")
        return self._phrase(few if int(n_texts) < MIN_TEXTS else "mean_of_texts", n=n_texts)
