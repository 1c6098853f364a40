"""The pictures of a comparison in its short form: the predictions of both models, the attention
that changed most layer by layer, and where it moved in one text."""

from collections.abc import Iterable, Sequence

from reportgen.comparison.attention import ENTROPY
from reportgen.report.charts.colours import MUTED, ROLE_COLOURS, STEPS, difference_colour
from reportgen.report.charts.svg import Drawing, Swatch, colour_swatch
from reportgen.report.compare_sections.attention import layer_chart, layer_table
from reportgen.report.compare_sections.context import CompareContext
from reportgen.report.compare_sections.maps import make_maps
from reportgen.report.compare_sections.predictions import scatter_chart
from reportgen.report.compare_sections.texts import shown_texts
from reportgen.report.components import Section
from reportgen.report.language.printable import shorten
from reportgen.report.short_form.pictures import make_picture

_RANK = 6  # what stands in tables goes first
_ID = 24  # half-width characters of an id
_RAMP = tuple(range(1 - STEPS, STEPS, 3))


def compare_pictures(context: CompareContext) -> Iterable[Section]:
    """A section for each picture that can be drawn; none where none are wanted, or
    where nothing changed."""
    if context.options.images == "none" or context.comparison.is_same:
        return
    yield from _predictions(context)
    yield from _layers(context)
    yield from _difference(context)


def _predictions(context: CompareContext) -> Iterable[Section]:
    words = context.words
    drawn = scatter_chart(context.comparison, words)
    if drawn is None:
        return
    dashes = f'<path d="M0 6h28" stroke={MUTED} stroke-width=1.5 stroke-dasharray="5 4"/>'
    even = Swatch(dashes, 28, words.say("picture_even"))
    yield _section("predictions", words.say("scatter_title"), drawn[0], [even])


def _layers(context: CompareContext) -> Iterable[Section]:
    """The special token whose share of attention changed most in a layer."""
    words = context.words
    shares = [each for each in context.comparison.layers if each.key != ENTROPY and each.changes]
    if not shares:
        return
    found = max(shares, key=lambda own: max(abs(change.difference) for change in own.changes))
    name = layer_table(found, words).title
    drawing = layer_chart(found, name, words)
    if drawing is None:
        return
    empty = (
        f"<rect x=1 y=1 width=11 height=11 fill=none stroke={ROLE_COLOURS[0]} stroke-width=1.5 />"
    )
    legend = [
        colour_swatch(ROLE_COLOURS[0], words.say("base")),
        Swatch(empty, 13, words.say("head")),
    ]
    yield _section("layers", words.say("picture_layers", name=name), drawing, legend)


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
            yield _section("difference", title, maps.difference, legend)
            return


def _section(name: str, title: str, drawing: Drawing, legend: Sequence[Swatch]) -> Section:
    picture = make_picture(name, title, drawing, legend)
    return Section(_RANK, title, picture=picture, is_folded=True, place=43)
