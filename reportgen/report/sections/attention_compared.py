"""The sections of a comparison on layers and on heads."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reportgen.comparison import ENTROPY, LAYER_LEAST, SHARE_CHANGED, HeadChanges, LayerChanges
from reportgen.report.charts.axes import ticks
from reportgen.report.charts.bars import layer_shares
from reportgen.report.charts.colours import difference_colour, signed_step
from reportgen.report.charts.svg import Drawing
from reportgen.report.components import Cell, Grid, Table, make_table
from reportgen.report.language.comparison import NAME, CompareWords, Write
from reportgen.report.language.numbers import NOTHING, fixed
from reportgen.report.language.printable import shorten
from reportgen.report.sections.context_compared import CompareContext

HEADS = 8  # listed with their intervals
# The strongest colour means the largest value, but at least this one, so that small values stay
# pale: a distance, and a change of a share in percentage points.
_TOP = 0.2
_POINTS = 5.0


@dataclass(frozen=True, slots=True)
class LayerAnswer:
    """One figure by layer in both models; no chart where layers cannot be compared."""

    chart: Markup | None
    table: Table  # titled with the figure's name


def make_layers(context: CompareContext) -> tuple[LayerAnswer, ...] | None:
    """Every figure by layer that both models have; None where they have none."""
    words, made = context.words, []
    for layers in context.comparison.layers:
        table = layer_table(layers, words)
        drawing = layer_chart(layers, table.title, words)
        made.append(LayerAnswer(drawing.on_page() if drawing else None, table))
    return tuple(made) or None


def _layer_name(layers: LayerChanges, words: CompareWords) -> str:
    """What a figure by layer is called."""
    if not layers.tokens[0]:
        return words.say("entropy" if layers.key == ENTROPY else "special")
    base, head = (shorten(token, NAME) for token in layers.tokens)
    return (
        words.say("role", token=base)
        if base == head
        else words.say("role_both", base=base, head=head)
    )


def _write(layers: LayerChanges, words: CompareWords) -> Write:
    return words.fit if layers.key == ENTROPY else words.share


def layer_table(layers: LayerChanges, words: CompareWords) -> Table:
    """A figure by layer in both models, titled with its name."""
    write = _write(layers, words)
    rows = []
    for i in range(max(len(layers.base), len(layers.head))):
        ends = [
            Cell(write(side[i], False)) if i < len(side) else Cell(NOTHING)
            for side in (layers.base, layers.head)
        ]
        change = []
        if layers.changes:
            of_layer = layers.changes[i]
            change = [words.changed(of_layer, write, matters=SHARE_CHANGED, least=LAYER_LEAST)]
        rows.append((str(i + 1), (*ends, *change)))
    columns = ["layer", "base", "head", *(["change"] if layers.changes else [])]
    return make_table(_layer_name(layers, words), tuple(map(words.say, columns)), tuple(rows))


def layer_chart(layers: LayerChanges, name: str, words: CompareWords) -> Drawing | None:
    """A figure by layer in both models, called `name`; None where layers cannot be compared."""
    if not layers.changes:
        return None
    write = _write(layers, words)
    values = ticks(max(*layers.base, *layers.head))
    names = [f"{value:g}" for value in values]
    if layers.key != ENTROPY:
        names = [words.language.write(value, "exact_percent") for value in values]
    at = max(range(len(layers.changes)), key=lambda i: abs(layers.changes[i].difference))
    return layer_shares(
        shares=layers.base,
        norm_shares=layers.head,
        expected=[None] * len(layers.base),
        tick_text=names,
        tick_values=values,
        axis=words.say("axis_layer"),
        sentence=words.say(
            "layer_sentence",
            name=name,
            layer=at + 1,
            base=write(layers.base[at], False),
            head=write(layers.head[at], False),
        ),
    )


def make_grids(context: CompareContext) -> tuple[Grid, ...] | None:
    """The distance of every head's attention, and where special tokens gained and lost; None where
    heads cannot be compared."""
    words, heads = context.words, context.comparison.heads
    if heads is None:
        return None
    has_changes = bool(heads.distance.any())
    remarks = [words.say("heads_floor")]
    if has_changes:
        layer, head = heads.ranking[0]
        largest = words.say(
            "heads_interval",
            layer=layer + 1,
            head=head + 1,
            distance=words.fit(float(heads.distance[layer, head])),
            interval=words.interval_if_any(heads.intervals[layer][head], words.fit),
        )
        remarks.insert(0, largest)
    top = max(_TOP, float(heads.distance.max()))
    distances = Grid(
        title=words.say("heads"),
        lead=words.say("heads_lead", n=len(heads.texts), limit=heads.limit),
        remarks=tuple(remarks),
        region=words.say("region_heads"),
        rows=_rows(
            [
                [
                    _cell(value, top, fixed(value, 2), is_changed)
                    for value, is_changed in zip(*row, strict=True)
                ]
                for row in zip(heads.distance.tolist(), heads.moved.tolist(), strict=True)
            ]
        ),
        most=_most(heads, words) if has_changes else None,
    )
    if not heads.special:
        return (distances,)
    points = [[100 * change.difference for change in row] for row in heads.special]
    top = max(_POINTS, max(abs(value) for row in points for value in row))
    special = Grid(
        title=words.say("heads_special"),
        lead=words.say("heads_special_lead"),
        region=words.say("region_special"),
        rows=_rows([[_cell(value, top, _point(value)) for value in row] for row in points]),
    )
    return distances, special


def _most(heads: HeadChanges, words: CompareWords) -> Table:
    """The heads whose attention is farthest apart."""
    rows = []
    for layer, head in heads.ranking[:HEADS]:
        interval = words.interval_if_any(heads.intervals[layer][head], words.fit)
        distance = words.fit(float(heads.distance[layer, head]))
        cells = [Cell(distance, interval or words.say("few"))]
        if heads.special:
            cells += words.both(heads.special[layer][head], words.share, LAYER_LEAST)
        rows.append((f"L{layer + 1}H{head + 1}", tuple(cells)))
    columns = [words.say("head_name"), words.say("distance")]
    if heads.special:
        name = words.say("to_special") + words.language.say("page", "colon")
        columns += [name + words.say(side) for side in ("base", "head")]
        columns.append(words.say("change"))
    return make_table(words.say("heads_most"), tuple(columns), tuple(rows))


def _cell(value: float, top: float, text: str, is_changed: bool = False) -> Cell:
    step = signed_step(value, top)
    return Cell(text, step=step, colour=difference_colour(step), is_strong=is_changed)


def _point(value: float) -> str:
    text = fixed(value, 1)
    return f"+{text}" if value > 0 and text.strip("0.") else text


def _rows(cells: Sequence[Sequence[Cell]]) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
    return tuple((str(i + 1), tuple(row)) for i, row in enumerate(cells))
