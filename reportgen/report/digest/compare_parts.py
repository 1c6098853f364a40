"""The short form of each section of a comparison: answers first, the rest folded."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reportgen.findings.notes.note import Note
from reportgen.report.compare_sections.all_models import make_all_models, without_trend
from reportgen.report.compare_sections.attention import layer_table, make_grids
from reportgen.report.compare_sections.context import CompareContext
from reportgen.report.compare_sections.models import make_models, make_reproduce, many, remarks
from reportgen.report.compare_sections.overview import limits
from reportgen.report.compare_sections.predictions import (
    flips,
    how_many_moved,
    make_predictions,
    make_tokens,
    verdict,
)
from reportgen.report.compare_sections.texts import make_pairs
from reportgen.report.components import Cell, Column, Section, Table, named
from reportgen.report.digest.parts import reproduce_section
from reportgen.report.digest.tables import NAME_LENGTH, TEXT_LENGTH, cut
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.numbers import NOTHING

_TOKENS = 10  # shown; the others are folded
_TEXTS = 10  # the same for texts of one table
_LONGEST = 60  # code points of a name in a table


def short_overview(context: CompareContext) -> Iterable[Section]:
    """Which models were compared, what changed, and what could not be compared."""
    words = context.words
    base, head = (cut(name, TEXT_LENGTH) for name in context.names)
    demo = (context.language.say("brief", "demo"),) if context.is_demo else ()
    yield Section(
        rank=1,
        lead=(many(context) or words.say("compared_as", base=base, head=head), *demo),
        items=(
            *map(Cell, remarks(context)),
            *_answers(context),
            *map(Cell, limits(context.comparison, words)),
        ),
        place=20,
    )


def short_all_models(context: CompareContext) -> Iterable[Section]:
    """Every figure in every model, and what changed from the first and from the one before."""
    found = make_all_models(context)
    if found is None:
        return
    heading, lead = context.words.say("all_models"), (*found.drift, *found.lead[:-1])
    yield Section(1, heading, lead, table=without_trend(found.figures), place=25)
    yield Section(1, found.steps.title, table=found.steps, place=25)


def _answers(context: CompareContext) -> Iterable[Cell]:
    """What changed, in the order of a reviewer's questions."""
    words, predictions = context.words, context.comparison.predictions
    said: dict[str, list[str]] = {"predictions": [], "tokens": [], "layers": [], "heads": []}
    if predictions is not None:
        if predictions.quality is not None:
            said["predictions"].append(verdict(predictions.quality, words))
        said["predictions"].append(how_many_moved(predictions, words))
        if predictions.outcomes:
            said["predictions"].append(flips(predictions, words))
    for note in context.comparison.notes:
        said[_part(note)].append(words.note(note).text)
    colon, space = (context.language.say("page", key) for key in ("colon", "space"))
    for key, sentences in said.items():
        # A sentence on a token is long enough for a line of its own.
        lines = sentences if key == "tokens" else filter(None, [space.join(sentences)])
        yield from (named(words.say(f"nav_{key}") + colon, line) for line in lines)


def _part(note: Note) -> str:
    """The part of the comparison that a note belongs to."""
    if note.id.startswith("token"):
        return "tokens"
    if note.id.startswith(("prediction", "fit")):
        return "predictions"
    return "heads" if note.id == "heads" else "layers"


def short_predictions(context: CompareContext) -> Iterable[Section]:
    """The fit of both models with the labels, and the texts whose prediction moved most."""
    found, predictions = make_predictions(context), context.comparison.predictions
    has_quality = predictions is not None and predictions.quality is not None
    for index, whole in enumerate(found.tables if found else ()):
        heading = "" if index else context.words.say("predictions")
        table = _with_short_names(whole)
        front, rest = (replace(table, rows=r) for r in (table.rows[:_TEXTS], table.rows[_TEXTS:]))
        note = () if index or not has_quality else (context.words.say("quality_note"),)
        yield Section(2, heading, (table.title, *note), table=front, place=30)
        if rest.rows:
            more = context.words.count("md_more_texts", len(rest.rows))
            yield Section(6, more, table=rest, is_folded=True, place=30)


def short_tokens(context: CompareContext) -> Iterable[Section]:
    """The tokens that changed most, and the others folded."""
    words, found = context.words, make_tokens(context)
    if found is None:
        return
    table, lead = _with_short_names(found.table), (found.lead, found.remark, words.say("intervals"))
    front, rest = (
        replace(table, rows=rows) for rows in (table.rows[:_TOKENS], table.rows[_TOKENS:])
    )
    yield Section(2, words.say("tokens"), lead, table=front, place=35)
    if rest.rows:
        title, more = words.count("md_more_tokens", len(rest.rows)), (found.more,)
        yield Section(6, title, more if found.more else (), table=rest, is_folded=True, place=35)


def short_pairs(context: CompareContext) -> Iterable[Section]:
    """The texts that changed most, each with the tokens that changed most in it."""
    words, pairs = context.words, make_pairs(context)
    if not pairs:
        return
    comma = context.language.say("common", "comma")
    is_mixed = len({pair.has_effects for pair in pairs}) > 1
    rows = []
    for pair in pairs:
        text = f"{cut(pair.text_id, NAME_LENGTH)} · {pair.beginning}"
        facts = context.language.say("brief", "facts").join(pair.facts)
        most = comma.join(pair.most)
        if is_mixed and most:
            key = "md_of_effects" if pair.has_effects else "md_of_attention"
            most = words.say("md_measure", tokens=most, measure=words.say(key))
        rows.append((Cell(text), Cell(most or NOTHING), Cell(facts)))
    measure = "md_effects" if pairs[0].has_effects else "md_attention"
    measure = "md_changed" if is_mixed else measure
    names = (words.say("text"), words.say(measure), words.say("change"))
    table = Table(tuple(map(Column, names)), tuple(rows))
    yield Section(3, words.say("pairs"), table=table, place=40)


def short_layers(context: CompareContext) -> Iterable[Section]:
    """A row for each layer, with every figure in the base, in the head, and its change."""
    words, layers = context.words, context.comparison.layers
    if not layers:
        return
    tables = [layer_table(found, words) for found in layers]
    rows = tuple(
        (
            Cell(str(i + 1)),
            *(Cell(_between(t.rows[i][1:], words) if i < len(t.rows) else NOTHING) for t in tables),
        )
        for i in range(max(len(table.rows) for table in tables))
    )
    columns = [Column(words.say("layer"), is_figures=True)]
    columns += [Column(cut(table.title, _LONGEST)) for table in tables]
    lead = (words.say("layers_lead"),)
    table = Table(tuple(columns), rows)
    yield Section(4, words.say("layers"), lead, table=table, is_folded=True, place=50)


def _between(cells: Sequence[Cell], words: CompareWords) -> str:
    said = words.say("compared_as", base=cells[0].text, head=cells[1].text)
    return words.language.say("common", "comma").join([said, *map(str, cells[2:])])


def short_heads(context: CompareContext) -> Iterable[Section]:
    """How far each head's attention moved, and the heads that changed most."""
    words = context.words
    for grid in (make_grids(context) or ())[:1]:
        columns = [Column(words.say("corner"), is_figures=True)]
        columns += [Column(str(i + 1), is_figures=True) for i in range(len(grid.rows[0][1]))]
        rows = tuple((Cell(name), *cells) for name, cells in grid.rows)
        lead, table = (grid.lead, *grid.remarks), Table(tuple(columns), rows)
        yield Section(4, grid.title, lead, table=table, is_folded=True, place=60)
        if grid.most is not None:
            most = _with_short_names(grid.most)
            yield Section(6, words.say("heads_most"), table=most, is_folded=True, place=60)


def short_models(context: CompareContext) -> Iterable[Section]:
    """What both models are, without their checksums, which are shown with the command."""
    words = context.words
    models = make_models(context)
    rows = (tuple(Cell(cut(cell.text, TEXT_LENGTH)) for cell in row[:3]) for row in models.rows)
    table = Table(models.columns[:3], tuple(rows)[:-1])
    yield Section(5, words.say("models"), table=table, is_folded=True, place=70)


def short_reproduce(context: CompareContext) -> Iterable[Section]:
    """The command that writes the same again, versions and checksums."""
    found, words = make_reproduce(context), context.words
    base, head = found.versions
    versions = [(words.say("versions_base"), base), (words.say("versions_head"), head)]
    if base == head:
        versions = [(context.language.say("reproduce", "versions"), base)]
    yield reproduce_section(found.command, versions, found.checksums, context.language)


def _with_short_names(table: Table) -> Table:
    """The table with the names of its rows cut to what a cell of Markdown takes."""
    rows = ((Cell(cut(name.text, _LONGEST)), *cells) for name, *cells in table.rows)
    return replace(table, rows=tuple(rows))
