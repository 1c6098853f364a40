"""A comparison as one Markdown text for a pull request or a wiki page: what a reviewer needs."""

from collections.abc import Sequence

from reportgen.comparison import Comparison
from reportgen.report.brief_tables import shorten
from reportgen.report.compare_page import ComparePage, make_compare_page
from reportgen.report.compare_words import Cell, CompareWords, Table
from reportgen.report.escaping import escape
from reportgen.report.fitting import Limit
from reportgen.report.flavors import limit_of, marker
from reportgen.report.language import load_language
from reportgen.report.options import RenderOptions
from reportgen.results import Results

NAME_LENGTH = 60  # code points of a text or a token
_ROWS = 10  # of the tables of texts and of tokens


def render(
    comparison: Comparison,
    base: Results,
    head: Results,
    options: RenderOptions,
    limit: Limit | None = None,
) -> str:
    """The comparison as Markdown for GitHub: whole parts only, the last line says how many rows are
    left out; without a `limit` it is that of a comment."""
    limit = limit or limit_of("github", None)
    words = CompareWords(comparison, base, head, load_language(options.lang))
    page = make_compare_page(comparison, base, head, options, words)
    blocks, left = _blocks(page, words)
    blocks.insert(0, f"{marker('github', options.id)}\n")
    end = _end(left, words)
    while len(blocks) > 3 and not _fits("\n".join([*blocks, *end]), limit):
        left += blocks.pop().count("\n| ")
        end = _end(left, words)
    return "\n".join([*blocks, *end])


def _fits(text: str, limit: Limit) -> bool:
    return len(text) <= limit.characters and len(text.encode()) <= limit.n_bytes


def _end(left: int, words: CompareWords) -> list[str]:
    return [f"_{words.say('md_not_shown', n=f'{left:,}')}_\n"] if left else []


def _blocks(page: ComparePage, words: CompareWords) -> tuple[list[str], int]:
    """Parts of the text, each ending in an empty line, and how many rows they leave out."""
    names = [escape(shorten(name, NAME_LENGTH)) for name in page.names]
    blocks = [
        f"## {escape(shorten(page.title, 2 * NAME_LENGTH))}\n",
        f"{words.say('compared_as', base=names[0], head=names[1])}\n",
        *(f"**{escape(sentence)}**\n" for sentence in page.headline),
        *([_gates(page, words)] if page.gates else []),
        *([_list([escape(remark) for remark in page.remarks])] if page.remarks else []),
        *([_list([escape(note.text) for note in page.notes])] if page.notes else []),
        f"### {escape(words.say('models'))}\n",
        _table(_models(page, words)),
        _list([escape(sentence) for sentence in page.limits]),
    ]
    left = 0
    if page.predictions is not None:
        blocks.append(f"### {escape(words.say('predictions'))}\n")
        blocks.append(f"{escape(page.predictions.headline)}\n")
        for table in (page.predictions.fit, page.predictions.moved):
            if table is not None:
                blocks.append(_table(table))
    if page.tokens is not None:
        blocks.append(f"### {escape(words.say('tokens'))}\n")
        table = page.tokens.table
        left += max(0, len(table.rows) - _ROWS)
        blocks.append(_table(Table(table.title, table.columns, table.rows[:_ROWS])))
        blocks.append(f"{escape(page.tokens.remark)}\n")
    if page.layers:
        blocks.append(f"### {escape(words.say('layers'))}\n")
        for layer in page.layers:
            blocks.append(f"**{escape(layer.name)}**\n")
            blocks.append(_table(layer.table))
    for grid in page.grids[:1]:
        blocks.append(f"### {escape(grid.title)}\n")
        blocks.append(f"{escape(grid.lead)}\n")
        columns = [words.say("corner"), *(str(i + 1) for i in range(len(grid.rows[0][1])))]
        rows = [(name, tuple(Cell(cell.text) for cell in cells)) for name, cells in grid.rows]
        blocks.append(_table(Table(grid.title, tuple(columns), tuple(rows))))
        blocks += [f"{escape(remark)}\n" for remark in grid.remarks]
        blocks += [_table(grid.most)] if grid.most else []
    if page.pairs:
        blocks.append(f"### {escape(words.say('pairs'))}\n")
        blocks.append(
            _list(
                [
                    f"{escape(shorten(pair.text_id, NAME_LENGTH))}: {escape('; '.join(pair.facts))}"
                    for pair in page.pairs
                ]
            )
        )
    return blocks, left


def _gates(page: ComparePage, words: CompareWords) -> str:
    """What was asked of the figures, and what was found."""
    names = tuple(words.language.say("gates", key) for key in ("result", "condition", "found"))
    rows = [(row.result, (Cell(row.condition), Cell(row.found))) for row in page.gates]
    return _table(Table("", names, tuple(rows)))


def _models(page: ComparePage, words: CompareWords) -> Table:
    """What both are, by name."""
    rows = [(row.name, (Cell(row.base), Cell(row.head))) for row in page.models]
    return Table("", ("", words.say("base"), words.say("head")), tuple(rows))


def _list(lines: Sequence[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def _table(table: Table) -> str:
    """A table; figures stand to the right."""
    rule = "|:--|" + "--:|" * (len(table.columns) - 1)
    lines = [_row(table.columns), rule]
    for name, cells in table.rows:
        said = [" ".join(filter(None, (cell.text, cell.small))) for cell in cells]
        lines.append(_row([shorten(name, NAME_LENGTH), *said]))
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(escape(cell) for cell in cells) + " |"
