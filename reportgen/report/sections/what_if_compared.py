"""The section of a comparison on changed texts: which model is steadier."""

from dataclasses import dataclass

from reportgen.comparison import Change, EditSteadiness, Steadiness
from reportgen.report.components import Cell, Table, make_table
from reportgen.report.language.comparison import CompareWords, Write
from reportgen.report.language.numbers import NOTHING
from reportgen.report.panel.changed_text import edit_name
from reportgen.report.sections.context_compared import CompareContext


@dataclass(frozen=True, slots=True)
class SteadierModel:
    """The section."""

    headline: str
    note: str
    table: Table


def make_steadiness(context: CompareContext) -> SteadierModel | None:
    """The section; None without texts that were changed in both."""
    steadiness, words = context.comparison.steadiness, context.words
    if steadiness is None:
        return None
    return SteadierModel(
        headline=_headline(steadiness, words),
        note=words.say("steady_note"),
        table=_table(steadiness, words),
    )


def _headline(steadiness: Steadiness, words: CompareWords) -> str:
    """Which model edits change less, if that is clear."""
    change, n = steadiness.deciding, steadiness.every.n_texts
    if change is None:
        return words.say("steady_unknown")
    is_flips = change is steadiness.every.flips
    write = _writer(steadiness, words, is_flips=is_flips)
    key = "steady_same"
    if change.is_certain:
        key = "steadier" if change.difference < 0 else "less_steady"
    return words.count(
        f"{key}_flips" if is_flips else key,
        n,
        base=write(change.base, False),
        head=write(change.head, False),
        interval=words.interval_if_any(change.interval, write),
    )


def _writer(steadiness: Steadiness, words: CompareWords, *, is_flips: bool) -> Write:
    if is_flips or steadiness.is_share:
        return words.share
    changes = [kind.size for kind in (steadiness.every, *steadiness.kinds) if kind.size]
    largest = max(max(change.base, change.head) for change in changes)

    def size(value: float, with_sign: bool = False) -> str:
        return words.size(value, largest, with_sign)

    return size


def _table(steadiness: Steadiness, words: CompareWords) -> Table:
    """All kinds of edits, in front all together where there are several."""
    several = len(steadiness.kinds) > 1
    rows = [steadiness.every, *steadiness.kinds] if several else [*steadiness.kinds]
    has_size = steadiness.every.size is not None
    has_flips = steadiness.every.flips is not None
    columns = [words.language.say("what_if", key) for key in ("edit", "n_texts")]
    sides = [words.say(f"side_{side}") for side in ("base", "head")]
    # Beside how often predictions flip, how far they move takes one column.
    for key, is_there in (
        ("steady_flips", has_flips),
        ("steady_size", has_size and not has_flips),
    ):
        columns += [words.say(key, side=side) for side in sides] if is_there else []
        columns += [words.say("change")] if is_there else []
    columns += [words.say("size_change")] if has_size and has_flips else []
    made = []
    for row in rows:
        cells = [Cell(f"{row.n_texts:,}")]
        cells += _cells(row.flips, steadiness, words, is_flips=True) if has_flips else []
        sizes = _cells(row.size, steadiness, words, is_flips=False) if has_size else []
        cells += sizes[-1:] if has_flips else sizes
        made.append((_name(row, words), cells))
    title = words.language.say("what_if", "table")
    return make_table(title, columns, made, "numbers by-part")


def _name(row: EditSteadiness, words: CompareWords) -> str:
    return edit_name(row.name, words.language) if row.name else words.say("all_edits")


def _cells(
    change: Change | None, steadiness: Steadiness, words: CompareWords, *, is_flips: bool
) -> list[Cell]:
    if change is None:
        return [Cell(NOTHING)] * 3
    write = _writer(steadiness, words, is_flips=is_flips)
    ends = [Cell(write(end, False)) for end in (change.base, change.head)]
    return [*ends, words.changed(change, write)]
