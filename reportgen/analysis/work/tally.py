"""Counts over the texts of an analysis, window by window."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from reportgen.errors import InputError, ModelError, quoted
from reportgen.models import n_joined
from reportgen.results import LONG_TOKENS
from reportgen.texts import TextSet

if TYPE_CHECKING:
    from reportgen.analysis.tables import AnalysedText
    from reportgen.models import EncodedText, LoadedModel

# With "all", maps of the first texts are kept up to this many bytes before compression.
MAPS_LIMIT = 2_000_000_000


@dataclass(frozen=True, slots=True)
class MapQuota:
    """The texts so far, in input order, whose maps are kept."""

    asked: str = "all"  # all, none, or their number
    n: int = 0  # including texts that failed
    n_bytes: int = 0  # of all texts so far, before compression

    def chosen(self, sizes: Sequence[int]) -> tuple[list[bool], "MapQuota"]:
        """Whether each of the next texts keeps its maps, of `sizes` bytes; and all so far with
        them."""
        keeps: list[bool] = []
        n, n_bytes = self.n, self.n_bytes
        for size in sizes:
            n_bytes += size
            if self.asked == "all":
                keeps.append(n_bytes <= MAPS_LIMIT)
            else:
                keeps.append(self.asked != "none" and n < int(self.asked))
            n += keeps[-1]
        return keeps, MapQuota(self.asked, n, n_bytes)


@dataclass(frozen=True, slots=True)
class Tally:
    """Totals over texts."""

    n_tokens: int = 0
    n_content: int = 0
    n_unknown: int = 0
    n_kept: int = 0
    n_early: int = 0  # texts that were cut before they were tokenised
    n_long: int = 0  # texts whose attention was read in stripes
    n_joined: int = 0  # given units that a token joined to what stands beside them
    n_written: int = 0  # texts with a completion
    row_sum_error: float = 0.0
    padding_mass: float = 0.0
    norms_error: float | None = None  # None where norms were not measured
    n_proven: int = 0  # texts whose norms passed the self-check
    n_cross_proven: int = 0  # the same of cross-attention
    first_error: str | None = None
    writing_error: str | None = None  # of --generate, the first

    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks for readers on how the texts were tokenised and read."""
        remarks: list[str] = []
        if self.n_early:
            remark = (
                f"{_texts_are(self.n_early)} so long that only the beginning was tokenised; the "
                "number of tokens that were cut off counts no more than that"
            )
            remarks.append(remark)
        if self.n_long:
            remark = (
                f"{_texts_are(self.n_long)} longer than {LONG_TOKENS:,} tokens: attention was read "
                "some queries at a time, so maps are pooled and there is no norm-weighted attention"
            )
            remarks.append(remark)
        return tuple(remarks)

    def plus(self, more: "Tally") -> "Tally":
        """These totals and those of `more` texts, which come after them."""
        totals = {}
        for name in (field.name for field in fields(self)):
            first, second = getattr(self, name), getattr(more, name)
            if name in _LARGEST:
                totals[name] = second if first is None else max(first, second or 0.0)
            elif name in _FIRST:
                totals[name] = second if first is None else first
            else:
                totals[name] = first + second
        return Tally(**totals)


_LARGEST = ("row_sum_error", "padding_mass", "norms_error")
_FIRST = ("first_error", "writing_error")


def _texts_are(n: int) -> str:
    return "1 text is" if n == 1 else f"{n:,} texts are"


def tally_of(text: "AnalysedText") -> Tally:
    """The counts of one text."""
    summary = text.summary
    if summary is None:
        error = None
        if text.outcome is not None:
            error = f"text {text.source.id} ({text.source.source}): {text.outcome.error}"
        return Tally(n_early=text.encoded.is_early, first_error=error)
    norms, across = summary.norms, text.cross_norms
    errors = [part.error for part in (norms, across) if part is not None]
    return Tally(
        n_tokens=text.n_rows,
        n_content=text.encoded.n_content,
        n_unknown=text.encoded.n_unknown,
        n_kept=bool(text.maps),
        n_early=text.encoded.is_early,
        n_long=summary.in_stripes,
        n_joined=n_joined(text.encoded, text.source.units or ((), ())),
        row_sum_error=summary.row_sum_error,
        padding_mass=summary.padding_mass,
        norms_error=max(errors, default=None),
        n_proven=norms is not None and norms.is_proven,
        n_cross_proven=across is not None and across.is_proven,
    )


def counted(texts: Sequence["EncodedText"]) -> Tally:
    """The counts of `texts` before they are run."""
    return Tally(
        n_content=sum(text.n_content for text in texts),
        n_unknown=sum(text.n_unknown for text in texts),
    )


def require_known_tokens(
    model: "LoadedModel", tally: Tally, texts: Sequence["EncodedText"], most: float
) -> None:
    """Raise a ModelError if more than the share `most` of the tokens so far, including those of
    `texts`, are unknown."""
    whole = tally.plus(counted(texts))
    n_content, n_unknown = whole.n_content, whole.n_unknown
    if n_content and n_unknown / n_content > most:
        share = f"{100 * n_unknown / n_content:.1f}\u00a0%"
        raise ModelError(
            f"the tokenizer does not know {share} of the tokens so far "
            f"({n_unknown:,} of {n_content:,}): the model would see {model.tokenizer.unk_token} "
            "in their place; give the tokenizer the model was trained with (--tokenizer), texts in "
            f"its language, or allow more than {100 * most:g}\u00a0% with --max-unknown"
        )


def nothing_analysed(texts: TextSet, tally: Tally) -> InputError | ModelError:
    """The error of an analysis in which no text has figures."""
    if tally.writing_error is not None and not tally.n_written:
        return ModelError(
            f"--generate: nothing was generated; the first error was {tally.writing_error}"
        )
    if tally.first_error is not None:
        return ModelError(f"every text failed; the first was {quoted(tally.first_error)}")
    names = ", ".join(file.name for file in texts.files)
    return InputError(f"{names}: every text is empty, there is nothing to analyse")
