"""Which tokens gained or lost most from the first model to the last."""

from dataclasses import dataclass

from reportgen.comparison.all_models import AllModels
from reportgen.comparison.trend.tokens import TokenTrend
from reportgen.report.charts.small.sparkline import trend
from reportgen.report.compare_sections.trend.all_models import model_names
from reportgen.report.components import Cell, Table, make_table
from reportgen.report.language.comparison import NAME, CompareWords
from reportgen.report.language.numbers import NOTHING
from reportgen.report.language.printable import shorten, visible

_SHOWN, _NAMED = 20, 3


@dataclass(frozen=True, slots=True)
class TokensPart:
    """The part on tokens."""

    says: str  # which count more, and which less
    table: Table | None  # None where none changed beyond noise
    more: str  # how many are not listed; "" where all are


def make_tokens(found: AllModels, words: CompareWords) -> TokensPart | None:
    """The part; None where no token was compared."""
    trends = found.trend.tokens
    if not trends:
        return None
    clear = [own for own in trends if own.first_clear is not None]
    names = model_names(found, words)
    if not clear:
        return TokensPart(words.trend("no_token", n=len(trends)), None, "")
    parts = []
    for turn in ("more", "less"):
        tokens = [_quoted(own, words) for own in clear if own.turn == turn]
        if tokens:
            shown = words.language.say("common", "comma").join(tokens[:_NAMED])
            parts.append(words.trend(f"tokens_{turn}", len(tokens), tokens=shown))
    said = words.trend("tokens_none") if not parts else ""
    said = said or words.language.say("common", "space").join(parts)
    rows = [_row(own, names, words) for own in clear[:_SHOWN]]
    keys = ("token", "n_texts", "first", "last", "change", "clear", "trend")
    table = make_table(
        words.trend("tokens"),
        [words.trend(key) for key in keys],
        rows,
        "tracks tokens",
    )
    left = len(clear) - _SHOWN
    return TokensPart(said, table, words.trend("more_tokens", left) if left > 0 else "")


def _quoted(own: TokenTrend, words: CompareWords) -> str:
    return words.trend("quoted", token=shorten(visible(own.token), NAME))


def _row(own: TokenTrend, names: tuple[str, ...], words: CompareWords) -> tuple[Cell, list[Cell]]:
    write = words.effect if own.has_effect else words.times
    changes = own.figures
    last = own.last
    change = last.effect or last.looks
    base, head, said = words.both(change, write)
    if not own.has_effect:
        said = words.changed(change, write, last.turn != "noise")
    values = [change.base, *(None if each is None else each.head for each in changes)]
    line = trend(values)
    clear = NOTHING if own.first_clear is None else names[own.first_clear]
    cells = [Cell(f"{last.n_texts:,}"), base, head, said, Cell(clear), Cell("", track=line)]
    return Cell(shorten(own.token, NAME)), cells
