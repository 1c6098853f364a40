"""The short forms of the sections of a comparison: what changed and where to look come first, the
rest is folded. Its pictures are the predictions of both models, the attention that changed most
layer by layer, and where it moved in one text."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reportgen.comparison import ENTROPY, fit_note
from reportgen.findings import Note
from reportgen.report.charts.colours import MUTED, ROLE_COLOURS, STEPS, difference_colour
from reportgen.report.charts.svg import Swatch, colour_swatch
from reportgen.report.components import Cell, Column, Section, Table, named
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.numbers import NOTHING
from reportgen.report.language.printable import shorten, text_address
from reportgen.report.sections.all_models import (
    make_all_models,
    since_when,
    without_trend,
)
from reportgen.report.sections.attention_compared import layer_chart, layer_table, make_grids
from reportgen.report.sections.context_compared import CompareContext
from reportgen.report.sections.maps_compared import make_maps
from reportgen.report.sections.models_compared import (
    make_models,
    make_reproduce,
    many,
    remarks_of_all,
    remarks_of_some,
)
from reportgen.report.sections.overview_compared import has_no_news, limits, no_token
from reportgen.report.sections.predictions_compared import (
    flips,
    how_many_moved,
    make_predictions,
    quality_note,
    scatter_chart,
    verdict,
)
from reportgen.report.sections.texts_compared import make_pairs, shown_for, shown_texts
from reportgen.report.sections.tokens_compared import make_tokens
from reportgen.report.sections.what_if_compared import make_steadiness
from reportgen.report.short_form.short_sections import (
    gate_items,
    picture_section,
    reproduce_section,
)
from reportgen.report.short_form.tables import TEXT_LENGTH, cut
from reportgen.results import REDACT

_TEXTS = 4  # shown; the others are folded
_TOKENS = 2  # told in sentences; the table of tokens has them all
_MOST = 2  # tokens of each
_LONGEST = 60  # code points of the name of a column
_LIST = "predictions"  # the section of the page that lists texts
_RANK = 6  # what stands in tables goes first
_ID = 24  # half-width characters of an id
_RAMP = tuple(range(1 - STEPS, STEPS, 3))


def short_same(context: CompareContext) -> Iterable[Section]:
    """The short form if two models do not differ: the gates, texts that only one of them has, and
    what could not be compared."""
    of_quality = {context.words.say(f"limit_{key}") for key in ("unlabelled", "quality")}
    left = [cell for cell in _left_out(context) if cell.text not in of_quality]
    left = [*gate_items(context), *map(Cell, remarks_of_some(context)), *left]
    if left:
        yield Section(rank=1, items=tuple(left))


def short_overview(context: CompareContext) -> Iterable[Section]:
    """How the gates went, what changed, and what could not be compared."""
    demo = (context.language.say("brief", "demo"),) if context.is_demo else ()
    named_models = many(context)
    yield Section(
        rank=1,
        lead=(named_models,) if named_models else (),
        items=(
            *gate_items(context),
            *_answers(context),
            *map(Cell, (*remarks_of_some(context), *demo)),
            *_left_out(context),
        ),
        place=20,
    )


def _left_out(context: CompareContext) -> tuple[Cell, ...]:
    """What could not be compared; nothing where all was."""
    words = context.words
    limited = limits(context.comparison, words)
    return () if limited == (words.say("limit_none"),) else tuple(map(Cell, limited))


def short_all_models(context: CompareContext) -> Iterable[Section]:
    """Every figure in every model, and what changed from the first and from the one before."""
    section = make_all_models(context)
    if section is None:
        return
    note = context.words.say("trend_note")  # on charts, which a short form has no place for
    models = context.comparison.all_models
    since = since_when(models, context.words) if models else ()
    lead = (*since, *section.drift, *(sentence for sentence in section.lead if sentence != note))
    heading, table = context.words.say("all_models"), without_trend(section.figures)
    yield Section(1, heading, lead, table=table, place=25)
    yield Section(1, section.steps.title, table=section.steps, place=25)


def _answers(context: CompareContext) -> Iterable[Cell]:
    """What changed, in the order of a reviewer's questions."""
    words, comparison = context.words, context.comparison
    predictions = comparison.predictions
    by_part: dict[str, list[str]] = {key: [] for key in ("quality", *_PARTS)}
    quality = predictions and predictions.quality
    if quality and has_no_news(comparison):  # else the headline says it
        by_part["quality"].append(verdict(quality, words))
    if quality and quality.verdict == "unclear":  # what is better or worse has a note
        by_part["quality"].append(words.note(fit_note(quality.deciding)).text)
    if predictions is not None and not comparison.is_same:
        is_first = quality is None or has_no_news(comparison)  # in the headline
        if not is_first or predictions.threshold is not None:  # which it does not explain
            by_part["predictions"].append(how_many_moved(predictions, words))
        if predictions.outcomes:
            by_part["predictions"].append(flips(predictions, words))
    for note in comparison.notes:
        if note.id != "fit_r2":  # which says the same as the RMSE
            by_part[_part(note)].append(words.note(note).text)
    if not by_part["tokens"]:
        by_part["tokens"] += no_token(comparison, words)
    colon, space = (context.language.say("page", key) for key in ("colon", "space"))
    for key, sentences in by_part.items():
        name = words.say("md_quality" if key == "quality" else f"nav_{key}") + colon
        # A sentence on a token is long enough for a line of its own.
        lines = sentences[:_TOKENS] if key == "tokens" else filter(None, [space.join(sentences)])
        yield from (named(name, line) for line in lines)
    if comparison.notes:
        yield Cell(words.say("md_brackets"))


_PARTS = ("predictions", "tokens", "layers", "heads")


def _part(note: Note) -> str:
    """The part of the comparison that a note belongs to."""
    if note.id.startswith("token"):
        return "tokens"
    if note.id.startswith("fit"):
        return "quality"
    if note.id.startswith("prediction"):
        return "predictions"
    return "heads" if note.id == "heads" else "layers"


def short_predictions(context: CompareContext) -> Iterable[Section]:
    """The fit of both models with the labels, and the texts whose prediction moved most."""
    section, predictions = make_predictions(context), context.comparison.predictions
    if section is None or predictions is None:
        return
    for index, whole in enumerate(section.tables):
        quality = predictions.quality if index == 0 else None
        note = () if quality is None else (quality_note(quality, context.words),)
        table = _linked(whole, context)
        yield Section(2, whole.title, note, table=table, is_folded=True, place=45)


def short_steadiness(context: CompareContext) -> Iterable[Section]:
    """Which model is steadier where texts are changed."""
    section = make_steadiness(context)
    if section is None:
        return
    heading = context.words.say("steadiness")
    lead = (section.headline, section.note)
    yield Section(3, heading, lead, table=section.table, is_folded=True, place=46)


def short_tokens(context: CompareContext) -> Iterable[Section]:
    """The tokens that changed most."""
    words, section = context.words, make_tokens(context)
    if section is None:
        return
    lead = (section.lead, section.remark, words.say("intervals"), *filter(None, [section.more]))
    table = section.table
    yield Section(2, words.say("tokens"), lead, table=table, is_folded=True, place=46)


def short_pairs(context: CompareContext) -> Iterable[Section]:
    """The texts that changed most, each with the tokens that changed most in it."""
    words, pairs = context.words, make_pairs(context)
    if not pairs:
        return
    heading = shown_for(context.comparison, words)
    is_mixed = len({pair.has_effects for pair in pairs}) > 1
    rows = []
    for pair in pairs:
        most = context.language.listed(pair.most[:_MOST])
        if is_mixed and most:
            key = "md_of_effects" if pair.has_effects else "md_of_attention"
            most = words.say("md_measure", tokens=most, measure=words.say(key))
        facts = context.language.say("brief", "facts").join(pair.facts)
        rows.append((pair.name, Cell(most or NOTHING), Cell(facts)))
    if REDACT in context.comparison.base.info.settings.options:  # tokens are dots
        columns = tuple(Column(words.say(key)) for key in ("text", "change"))
        table = Table(columns, tuple((name, facts) for name, _, facts in rows))
        yield Section(3, heading, table=table, place=40)
        return
    measure = "md_effects" if pairs[0].has_effects else "md_attention"
    measure = "md_changed" if is_mixed else measure
    names = (words.say("text"), words.say(measure), words.say("change"))
    table = Table(tuple(map(Column, names)), tuple(rows))
    front, rest = (replace(table, rows=r) for r in (table.rows[:_TEXTS], table.rows[_TEXTS:]))
    yield Section(3, heading, table=front, place=40)
    if rest.rows:
        more = words.count("md_more_texts", len(rest.rows))
        yield Section(6, more, table=rest, is_folded=True, place=41)


def short_pairs_and_pictures(context: CompareContext) -> Iterable[Section]:
    """The texts that changed most, then the pictures."""
    yield from short_pairs(context)
    yield from compare_pictures(context)


def short_layers(context: CompareContext) -> Iterable[Section]:
    """A row for each layer, with every figure in the base, in the head, and its change."""
    words, layers = context.words, context.comparison.layers
    if not layers:
        return
    tables = [layer_table(layer, words) for layer in layers]
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
    ends = words.say("compared_as", base=cells[0].text, head=cells[1].text)
    return words.language.listed([ends, *map(str, cells[2:])])


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
            most = grid.most
            yield Section(6, words.say("heads_most"), table=most, is_folded=True, place=60)


def short_models(context: CompareContext) -> Iterable[Section]:
    """The facts about both models, without checksums, which are shown with the command; remarks
    that hold for both as they held before the change."""
    words = context.words
    models = make_models(context)
    rows = (tuple(Cell(cut(cell.text, TEXT_LENGTH)) for cell in row[:3]) for row in models.rows)
    table = Table(models.columns[:3], tuple(rows)[:-1])
    lead = remarks_of_all(context)
    yield Section(5, words.say("models"), lead, table=table, is_folded=True, place=70)


def short_reproduce(context: CompareContext) -> Iterable[Section]:
    """The command that writes the same again, versions and checksums."""
    yield reproduce_section(make_reproduce(context), context.language)


def _linked(table: Table, context: CompareContext) -> Table:
    """The table, whose texts lead to themselves on the page where they are shown there, else to the
    section that lists them."""
    results = context.comparison.base.results
    ids = (str(results.texts["text_id"].iloc[text]) for text in shown_texts(context.comparison))
    shown = set(map(text_address, ids))
    rows = (
        (replace(name, link=name.link if name.link in shown else name.link and _LIST), *cells)
        for name, *cells in table.rows
    )
    return replace(table, rows=tuple(rows))


def compare_pictures(context: CompareContext) -> Iterable[Section]:
    """A section for each picture that can be drawn; none where none are wanted, or
    where nothing changed."""
    if context.options.images == "none" or context.comparison.is_same:
        return
    yield from _scatter(context)
    yield from _layer_picture(context)
    yield from _difference(context)


def _scatter(context: CompareContext) -> Iterable[Section]:
    words = context.words
    drawn = scatter_chart(context.comparison, words)
    if drawn is None:
        return
    dashes = f'<path d="M0 6h28" stroke={MUTED} stroke-width=1.5 stroke-dasharray="5 4"/>'
    even = Swatch(dashes, 28, words.say("picture_even"))
    yield picture_section(_RANK, "predictions", words.say("scatter_title"), drawn[0], [even])


def _layer_picture(context: CompareContext) -> Iterable[Section]:
    """The special token whose share of attention changed most in a layer."""
    words = context.words
    shares = [each for each in context.comparison.layers if each.key != ENTROPY and each.changes]
    if not shares:
        return
    changed = max(shares, key=lambda layer: max(abs(change.difference) for change in layer.changes))
    name = layer_table(changed, words).title
    drawing = layer_chart(changed, name, words)
    if drawing is None:
        return
    empty = (
        f"<rect x=1 y=1 width=11 height=11 fill=none stroke={ROLE_COLOURS[0]} stroke-width=1.5 />"
    )
    legend = [
        colour_swatch(ROLE_COLOURS[0], words.say("base")),
        Swatch(empty, 13, words.say("head")),
    ]
    yield picture_section(_RANK, "layers", words.say("picture_layers", name=name), drawing, legend)


def _difference(context: CompareContext) -> Iterable[Section]:
    """The maps of the first of the texts that changed most, new less old."""
    comparison, words = context.comparison, context.words
    for text in shown_texts(comparison):
        maps = make_maps(comparison, text, words)
        if maps is not None:
            id = shorten(str(comparison.base.texts["text_id"].iloc[text]), _ID)
            layer = comparison.base.info.model.n_layers
            title = words.say("picture_difference", id=id, layer=layer)
            ramp = "".join(
                f"<rect x={9 * i} width=9 height=12 fill={difference_colour(step)} />"
                for i, step in enumerate(_RAMP)
            )
            legend = [Swatch(ramp, 9 * len(_RAMP), words.say("picture_ramp"))]
            yield picture_section(_RANK, "difference", title, maps.difference, legend)
            return
