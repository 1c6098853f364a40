"""A comparison as what a reviewer with two minutes reads: first the answers, all else folded."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reportgen.comparison.compare import Comparison
from reportgen.findings.notes.note import Note
from reportgen.report.compare_sections.attention import Grid, LayerAnswer
from reportgen.report.compare_sections.contents import ComparePage, make_compare_page
from reportgen.report.components import Brief, Cell, Column, Section, Table, named
from reportgen.report.digest.tables import NAME_LENGTH, TEXT_LENGTH
from reportgen.report.digest.tables import shorten as shorten_points
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.numbers import NOTHING
from reportgen.report.options import CompareOptions

_TOKENS = 10  # of the tokens in front, the rest folded
_LONGEST = 60  # code points of what stands in a cell


def make_compare_brief(
    comparison: Comparison,
    options: CompareOptions,
    words: CompareWords,
    output: str,
) -> Brief:
    """The brief of `comparison`; `output` is the name of the file that the command it prints
    writes."""
    page = make_compare_page(comparison, options, words)
    notes = comparison.notes
    # How many heads differ is the last of the headline; a note says it with more to it.
    n_said = len(page.headline) - any(note.id == "heads" for note in notes)
    return Brief(
        title=shorten_points(page.title, 2 * TEXT_LENGTH),
        headline=words.language.say("common", "space").join(page.headline[:n_said]),
        sections=tuple(_sections(page, notes, words, output)),
    )


def _sections(
    page: ComparePage, notes: Sequence[Note], words: CompareWords, output: str
) -> Iterable[Section]:
    yield from _gates(page, words)
    base, head = (shorten_points(name, TEXT_LENGTH) for name in page.names)
    yield Section(
        rank=1,
        lead=(
            words.say("compared_as", base=base, head=head),
            *([words.language.say("brief", "demo")] if page.is_demo else []),
        ),
        items=(
            *(Cell(remark) for remark in page.remarks),
            *_said(page, notes, words),
            *(Cell(limit) for limit in page.limits),
        ),
    )
    if page.predictions is not None:
        yield from _open(
            2, words.say("predictions"), (), [page.predictions.fit, page.predictions.moved]
        )
    yield from _tokens(page, words)
    if page.pairs:
        yield _pairs(page, words)
    if page.layers:
        yield _layers(page.layers, words)
    for grid in page.grids[:1]:
        yield from _heads(grid, words)
    yield _folded(5, words.say("models"), (), _models(page, words))
    yield _reproduce(page, words, output)


def _said(page: ComparePage, notes: Sequence[Note], words: CompareWords) -> list[Cell]:
    """What changed, in the order of a reviewer's questions: predictions, tokens, layers, heads."""
    said = {key: [words.note(n).text for n in notes if _part(n) == key] for key in _PARTS}
    if page.predictions is not None:
        said["predictions"].insert(0, page.predictions.headline)
    colon, space = (words.language.say("page", key) for key in ("colon", "space"))
    items = []
    for key, sentences in said.items():
        # A sentence on a token is long enough for a line of its own.
        lines = sentences if key == "tokens" else [space.join(sentences)] if sentences else []
        items += [named(words.say(f"nav_{key}") + colon, line) for line in lines]
    return items


_PARTS = ("predictions", "tokens", "layers", "heads")


def _part(note: Note) -> str:
    """The part of the comparison that a note belongs to."""
    if note.id.startswith("token"):
        return "tokens"
    if note.id.startswith(("prediction", "fit")):
        return "predictions"
    return "heads" if note.id == "heads" else "layers"


def _gates(page: ComparePage, words: CompareWords) -> Iterable[Section]:
    """What was asked of the figures, and what was found."""
    if not page.gates:
        return
    say = words.language.say
    names = ("result", "condition", "found")
    rows = ((Cell(row.result), Cell(row.condition), Cell(row.found)) for row in page.gates)
    columns = tuple(Column(say("gates", name), name == "found") for name in names)
    yield Section(1, lead=(say("gates", "caption"),), table=Table(columns, tuple(rows)))


def _tokens(page: ComparePage, words: CompareWords) -> Iterable[Section]:
    if page.tokens is None:
        return
    table, more = page.tokens.table, page.tokens.more
    lead = (page.tokens.remark, words.say("intervals"))
    front = replace(table, rows=table.rows[:_TOKENS])
    yield Section(2, words.say("tokens"), lead, table=_with_short_names(front))
    rest = replace(table, rows=table.rows[_TOKENS:])
    if rest.rows:
        title = words.count("md_more_tokens", len(rest.rows))
        yield _folded(6, title, (more,) if more else (), _with_short_names(rest))


def _pairs(page: ComparePage, words: CompareWords) -> Section:
    """The texts that changed most, each with the tokens whose part changed most."""
    comma = words.language.say("common", "comma")
    rows = []
    for pair in page.pairs:
        most = [
            words.say("md_token", token=each.token, base=each.base, head=each.head)
            for each in pair.most
        ]
        text = f"{shorten_points(pair.text_id, NAME_LENGTH)} · {pair.beginning}"
        facts = words.language.say("brief", "facts").join(pair.facts)
        rows.append((Cell(text), Cell(comma.join(most) or NOTHING), Cell(facts)))
    measure = "md_effects" if page.pairs[0].has_effects else "md_attention"
    names = (words.say("text"), words.say(measure), words.say("change"))
    table = Table(tuple(map(Column, names)), tuple(rows))
    return Section(3, words.say("pairs"), table=table)


def _layers(layers: Sequence[LayerAnswer], words: CompareWords) -> Section:
    """Every figure of a layer in one row, base and head with what lies between."""
    n_layers = max(len(layer.table.rows) for layer in layers)
    rows = []
    for i in range(n_layers):
        cells = [Cell(str(i + 1))]
        for layer in layers:
            own = layer.table.rows[i][1:] if i < len(layer.table.rows) else ()
            cells.append(Cell(_between(own, words)))
        rows.append(tuple(cells))
    columns = [Column(words.say("layer"), is_figures=True)]
    columns += [Column(shorten_points(layer.name, _LONGEST)) for layer in layers]
    table = Table(tuple(columns), tuple(rows))
    return _folded(4, words.say("layers"), (words.say("layers_lead"),), table)


def _between(cells: Sequence[Cell], words: CompareWords) -> str:
    if not cells:
        return NOTHING
    comma = words.language.say("common", "comma")
    said = words.say("compared_as", base=cells[0].text, head=cells[1].text)
    return comma.join([said, *(str(cell) for cell in cells[2:])])


def _heads(grid: Grid, words: CompareWords) -> Iterable[Section]:
    columns = [Column(words.say("corner"), is_figures=True)]
    columns += [Column(str(i + 1), is_figures=True) for i in range(len(grid.rows[0][1]))]
    rows = tuple((Cell(name), *cells) for name, cells in grid.rows)
    lead = (grid.lead, *grid.remarks)
    yield _folded(4, grid.title, lead, Table(tuple(columns), rows))
    if grid.most is not None:
        yield _folded(6, words.say("heads_most"), (), _with_short_names(grid.most))


def _models(page: ComparePage, words: CompareWords) -> Table:
    """What both are, by name; checksums stand with the command."""
    rows = tuple(
        tuple(Cell(shorten_points(text, TEXT_LENGTH)) for text in (row.name, row.base, row.head))
        for row in page.models
        if row.name != words.say("weights")
    )
    return Table((Column(""), Column(words.say("base")), Column(words.say("head"))), rows)


def _reproduce(page: ComparePage, words: CompareWords, output: str) -> Section:
    say = words.language.say
    colon, comma = say("page", "colon"), say("common", "comma")
    said = [comma.join(f"{name} {version}" for name, version in v) for v in page.reproduce.versions]
    if said[0] == said[1]:
        versions = [named(say("reproduce", "versions") + colon, said[0])]
    else:
        keys = ("versions_base", "versions_head")
        versions = [
            named(words.say(key) + colon, line) for key, line in zip(keys, said, strict=True)
        ]
    checksums = [
        named(f"SHA-256, {shorten_points(name, NAME_LENGTH)}{colon}", value)
        for name, value in page.reproduce.checksums
    ]
    return Section(
        3,
        say("reproduce", "heading"),
        code=page.reproduce.command.removesuffix("compare.html") + output,
        items=(*versions, *checksums),
        is_folded=True,
    )


def _open(
    rank: int, heading: str, lead: tuple[str, ...], tables: Sequence[Table | None]
) -> Iterable[Section]:
    """A heading and its tables, as many as there are."""
    for table in tables:
        if table is not None:
            yield Section(rank, heading, lead, table=_with_short_names(table))
            heading, lead = "", ()


def _folded(rank: int, heading: str, lead: tuple[str, ...], table: Table) -> Section:
    return Section(rank, heading, lead, table=table, is_folded=True)


def _with_short_names(table: Table) -> Table:
    """The table with the names of its rows cut to what a cell of Markdown takes."""
    rows = ((Cell(shorten_points(name.text, _LONGEST)), *cells) for name, *cells in table.rows)
    return replace(table, rows=tuple(rows))
