"""The section of a comparison on tokens: which count more or less, and which the model looks at
more or less."""

from dataclasses import dataclass, replace

from reportgen.comparison import EFFECT_CHANGED, Change, TokenChange
from reportgen.report.components import Cell, Table, make_table
from reportgen.report.language.comparison import NAME, CompareWords
from reportgen.report.language.numbers import NOTHING, written
from reportgen.report.language.printable import shorten
from reportgen.report.panel.unit_measures import cls_name
from reportgen.report.sections.context_compared import CompareContext

TOKENS = 15  # listed at least, and up to twice as many of those that certainly changed


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """The section on tokens."""

    lead: str
    remark: str
    table: Table  # of all that are listed
    clear: Table  # of these, those that clearly changed
    doubtful: Table  # and the others, folded
    doubtful_name: str  # says how many these are; "" where there are none
    more: str  # says how many are not listed; "" where all are


def make_tokens(context: CompareContext) -> TokenAnswer | None:
    """The section on tokens; None where no token occurs in enough texts."""
    words, tokens = context.words, context.comparison.tokens
    if not tokens:
        return None
    n_certain = sum(token.turn != "noise" for token in tokens)
    shown = tokens[: max(TOKENS, min(n_certain, 2 * TOKENS))]
    has_effect = any(token.effect is not None for token in shown)
    has_row = any(token.row is not None for token in shown)
    columns = [words.say("token")]
    if has_effect:
        sides = (words.say(f"side_{side}") for side in ("base", "head"))
        columns += [words.say("adding", side=side) for side in sides]
        columns.append(words.say("change"))
    columns += [words.say("looked")] if has_row else []
    columns += [words.say("received"), words.say("texts")]
    rows = []
    effects = context.comparison.effects
    matters = EFFECT_CHANGED * effects.spread if effects else None
    for token in shown:
        cells = _effect_cells(token, words, matters) if has_effect else []
        cells += [_times_cell(token.row, token.looks_changed, words)] if has_row else []
        # The effect is the answer, so the texts are those that it rests on.
        n_texts = token.n_texts if token.effect is None else token.effect.n_texts
        # Only one of the two figures of attention is tested: the other has its interval alone.
        is_clear = token.row is not None or token.looks_changed
        cells += [_times_cell(token.attention, is_clear, words), Cell(f"{n_texts:,}")]
        rows.append((shorten(token.token, NAME), cells))
    lead = "tokens_lead_attention"
    if has_effect:
        lead = "tokens_lead_size" if words.is_size else "tokens_lead"
    row = cls_name(context.comparison.base.info, words.language) or NOTHING
    left = len(tokens) - len(shown)
    more = "more_tokens" if n_certain <= len(shown) else "more_tokens_any"
    table = make_table(words.say("region_tokens"), columns, rows, "numbers tokens by-part")
    turns = [(token.turn, row) for token, row in zip(shown, table.rows, strict=True)]
    clear = tuple(row for turn, row in turns if turn != "noise")
    doubtful = tuple(row for turn, row in turns if turn == "noise")
    name = "doubtful_tokens" if clear else "doubtful_tokens_only"
    return TokenAnswer(
        lead=words.say(lead, scalar=words.scalar),
        remark=words.say("tokens_row", row=row) if has_row else words.say("tokens_received"),
        table=table,
        clear=replace(table, rows=clear),
        doubtful=replace(table, rows=doubtful),
        doubtful_name=words.count(name, len(doubtful)) if doubtful else "",
        more=words.count(more, left) if left else "",
    )


def _effect_cells(token: TokenChange, words: CompareWords, matters: float | None) -> list[Cell]:
    change = token.effect
    if change is None:
        return [Cell(NOTHING)] * 3
    ends = [Cell(words.effect(end)) for end in (change.base, change.head)]
    is_clear = token.turn != "noise"
    return [*ends, words.changed(change, words.effect_change, is_clear, matters)]


def _times_cell(change: Change | None, is_clear: bool, words: CompareWords) -> Cell:
    if change is None:
        return Cell(NOTHING)
    base, head = (written(end, 2) for end in (change.base, change.head))
    cell = words.changed(change, words.times, is_clear)
    return Cell(words.say("times_both", base=base, head=head), cell.small or cell.text)
