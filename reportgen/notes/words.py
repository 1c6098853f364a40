"""Notes as sentences, in English or Japanese."""

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files

from reportgen.notes.figures import MIN_TEXTS
from reportgen.notes.rules import Citation, Note, Threshold
from reportgen.results import Results

# How the values of notes and thresholds are written; any other is written as it stands.
_SHARES = frozenset({"share", "expected", "self_share", "confidence", "sink_share"})
_DECIMALS = frozenset({"ratio", "n_tokens", "n_content", "effective_tokens", "effective_content"})
_TEXT_COUNTS = frozenset({"n_texts", "n_analysed", "min_texts"})
# Figures that may come with the ends of an interval (low, high) or of a range (min, max).
_WITH_ENDS = ("share", "expected", "ratio")


class Wording:
    """The sentences of one language, `en` or `ja`; all plain text, without markup."""

    def __init__(self, lang: str) -> None:
        path = files("reportgen.notes").joinpath("wording", f"{lang}.toml")
        self._words: Mapping[str, Mapping[str, str]] = tomllib.loads(path.read_text("utf-8"))

    def sentence(self, note: Note) -> str:
        """The note in words."""
        return self._words["sentences"][note.id].format(**self._fill(note))

    def verdicts(self, notes: Sequence[Note]) -> tuple[str, ...]:
        """The verdicts on attention sinks among `notes`, each in short."""
        return tuple(
            self._words["headlines"][note.id].format(**self._fill(note))
            for note in notes
            if note.is_verdict
        )

    def headline(self, notes: Sequence[Note], results: Results) -> str:
        """The model's name and its verdicts on attention sinks, in one line."""
        verdicts = self._phrase("between_verdicts").join(self.verdicts(notes))
        return self._phrase("headline", model=results.info.model.name, verdicts=verdicts)

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

    def say(self, section: str, key: str, **values: object) -> str:
        """The string `key` of `section`, its names filled from `values`."""
        return self._words[section][key].format(**values)

    def count_of_texts(self, n: int) -> str:
        """`n` texts, in words of the right number."""
        return self._phrase("text" if n == 1 else "texts", n=f"{n:,}")

    def percent(self, share: float) -> str:
        """A share in 0..1 as a percentage: one decimal below 10, none above."""
        return self._phrase("percent", x=decimal(100.0 * share))

    def _phrase(self, key: str, **values: object) -> str:
        return self.say("phrases", key, **values)

    def _fill(self, note: Note) -> dict[str, str]:
        """What the names in a note's sentence stand for."""
        filled = {name: self._value(name, value) for name, value in note.values.items()}
        for name in _WITH_ENDS:
            for kind, low, high in (("interval", "low", "high"), ("range", "min", "max")):
                if f"{name}_{low}" in note.values:
                    ends = note.values[f"{name}_{low}"], note.values[f"{name}_{high}"]
                    filled[f"{name}_{kind}"] = self._range(name, *map(float, ends))
        filled["scope"] = self._scope(note.values.get("n_texts"))
        if note.token is not None:
            filled["token"] = note.token
        return filled

    def _value(self, name: str, value: float | int | str) -> str:
        if isinstance(value, str):
            return value
        if name in _SHARES:
            return self.percent(value)
        if name in _DECIMALS:
            return decimal(value)
        if name in _TEXT_COUNTS:
            return self.count_of_texts(int(value))
        return f"{value:,.10g}"

    def _range(self, name: str, low: float, high: float) -> str:
        """Both ends, or one number where they read the same."""
        scale = 100 if name in _SHARES else 1
        ends = [decimal(scale * low), decimal(scale * high)]
        text = ends[0] if ends[0] == ends[1] else self._phrase("range", low=ends[0], high=ends[1])
        return self._phrase("percent", x=text) if name in _SHARES else text

    def _scope(self, n_texts: float | int | str | None) -> str:
        """What a figure holds for: this text (no count given), these few, or the mean of many."""
        if n_texts is None:
            return self._phrase("this_text")
        if n_texts == 1:
            return self._phrase("one_text")
        few = int(n_texts) < MIN_TEXTS
        return self._phrase("these_texts" if few else "mean_of_texts", n=n_texts)


def decimal(value: float) -> str:
    """A number with one decimal below 10, none above; a whole count without."""
    if isinstance(value, int):
        return f"{value:,}"
    text = f"{value:.1f}"
    return text if float(text) < 10 else f"{value:,.0f}"
