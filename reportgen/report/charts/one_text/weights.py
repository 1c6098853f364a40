"""Weights in words, as they are or added over the heads."""

from reportgen.report.language.language import Language
from reportgen.report.language.numbers import about_percentage, fixed, token_percentage


class Weights:
    """Writes mean weights over heads: as they are, or as sums over the heads."""

    def __init__(self, language: Language, heads: str, n_heads: int) -> None:
        self._language = language
        self._sums = heads == "sum"
        self.factor = n_heads if self._sums else 1
        self.mode = language.count(
            "common", "sum_of_heads" if self._sums else "mean_of_heads", n_heads
        )

    def show(self, mean: float) -> str:
        """A weight in words."""
        return fixed(mean * self.factor, 2) if self._sums else self._language.percent(mean)

    def rough(self, mean: float) -> str:
        """A weight from the packed maps, with two digits."""
        digits = about_percentage(mean * self.factor / (100 if self._sums else 1))
        return digits if self._sums else self._language.say("number", "percent", x=digits)

    def about(self, mean: float) -> str:
        """The same in a sentence."""
        return self._language.say("script", "about", x=self.rough(mean))

    def bare(self, mean: float) -> str:
        """The same for a table whose head names the measure."""
        return fixed(mean * self.factor, 3) if self._sums else token_percentage(mean)

    def as_in_table(self, mean: float) -> str:
        """A weight in words, with the digits of `bare`."""
        text = self.bare(mean)
        return text if self._sums else self._language.say("number", "percent", x=text)

    @property
    def unit(self) -> str:
        """The unit after a measure's name in the head of a table."""
        return "" if self._sums else self._language.say("number", "percent_sign")
