"""The HTML writer: one self-contained page, or a page with its files beside it, from results."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reportgen.comparison import Runs
from reportgen.findings import detailed
from reportgen.report.charts.colours import ROLE_COLOURS
from reportgen.report.format_register import Document, Output
from reportgen.report.html.assets import (
    ALONE,
    Assets,
    PagePlace,
    comparison_assets,
    environment,
)
from reportgen.report.html.brief import render_brief
from reportgen.report.html.data import script_words
from reportgen.report.html.packing import plotly_source
from reportgen.report.html.panel_parts import PanelParts
from reportgen.report.html.size.costs import PageCosts
from reportgen.report.html.size.left_out import NO_SIZES, Given, Sizes, reduced_sentences
from reportgen.report.html.size.size_plan import Level, plan
from reportgen.report.html.templates import WHOLE_UP_TO, Setting, held
from reportgen.report.language.language import load_language
from reportgen.report.options import RenderOptions, WriteOptions
from reportgen.report.section import PageContext
from reportgen.report.sections.context import Context
from reportgen.report.sections.section_register import context_of, make_page, with_texts

_RESERVE = 6_000  # bytes for sentences on what was reduced, and literature that only texts cite


def write(runs: Runs, options: WriteOptions, output: Output | None = None) -> Document:
    """The page, which does not depend on `output`, or the brief where that is asked for."""
    if isinstance(options, RenderOptions) and options.brief:
        return render_brief(runs, options)
    return render(runs, options)


def render(runs: Runs, options: WriteOptions, place: PagePlace = ALONE) -> Document:
    """The page of `runs`, which lies at `place`; nothing of it depends on the machine, the clock or
    the network.

    Raises:
        UsageError: `options.plotlyjs` is not plotly.js, or `options.detail` names no text.
        ResultsError: a results folder is damaged.
    """
    context = context_of(runs, options, load_language(options.lang))
    return _fitted(context, place) if isinstance(context, Context) else _compared(context, place)


def _compared(context: PageContext, place: PagePlace) -> Document:
    """The page of several runs."""
    assets = comparison_assets(context.options.layout, place)
    content = (
        environment()
        .get_template("page.html.jinja")
        .render(
            t=context.language.words,
            page=make_page(context),
            is_comparison=True,
            assets=assets,
            data={"words": script_words(context.language, "common", "script", "tools")},
            blocks=(),
            colours=ROLE_COLOURS,
        )
    )
    return Document(content.encode(), files=assets.files)


def _fitted(context: Context, place: PagePlace) -> Document:
    """The page of one run, with as much of each text as --max-size allows."""
    findings, options, language = context.findings, context.options, context.language
    assets = Assets(options.layout, plotly_source(options.plotlyjs), place=place)
    order, n_detailed = detailed(findings, options.detail)
    page = make_page(context, with_listed=False)
    # The panels' sentences depend on the chosen texts, so their sizes do too.
    chosen = frozenset(order[:n_detailed])
    draft = Setting(findings, options, language, page, assets, Given(detailed=chosen))
    costs = PageCosts(draft, order, PanelParts(draft))
    if costs.seem_to_fit(options.max_size):
        # The plan would give every text all that it can have, and would render each for that.
        levels = plan(costs.none, order, n_detailed, options.max_size)
        document = _written(context, draft, costs, levels)
        if len(document.content) <= options.max_size:
            return document
    draft = replace(draft, page=make_page(context))
    costs = PageCosts(draft, order, PanelParts(draft))
    base = len(draft.document((), (), (), 1)) + _RESERVE
    levels = plan(costs.of, order, n_detailed, options.max_size - base)
    return _written(context, draft, costs, levels, costs.sizes(base, levels))


def _written(
    context: Context,
    draft: Setting,
    costs: PageCosts,
    levels: Mapping[int, Level],
    sizes: Sizes = NO_SIZES,
) -> Document:
    """The page whose texts carry what `levels` says."""
    findings, options, language = draft.findings, draft.options, draft.language
    blocks = {text: costs.block(text) for text in levels if levels[text] >= Level.LAYERS}
    pooled = {text: block.pooling.factor for text, block in blocks.items() if block.pooling}
    given = Given(levels, draft.given.detailed, pooled, sizes)
    reduced = reduced_sentences(findings, given, options, language)
    listed = sorted(levels)
    panels = [costs.panels.panel(text, levels[text]) for text in listed]
    page = with_texts(draft.page, context, listed, panels)
    setting = replace(draft, page=page, given=given)
    numbers = [None, *(text + 1 for text in listed), None]
    steps = zip(numbers, numbers[2:], strict=False)
    rest = (*listed[:1], *costs.order)
    has_evidence = set(findings.results.stored("evidence")["text"])
    measured = (text for text in rest if text in has_evidence)
    first = _first((findings.picked.first, *measured, *rest), levels)
    standing = set(listed)
    if len(listed) > WHOLE_UP_TO:
        standing &= {first, *findings.picked.texts}
    shown = [
        costs.panels.whole(setting, text, levels[text], between, is_printed=text in standing)
        for text, between in zip(listed, steps, strict=True)
    ]
    panels_held = [
        panel if text in standing else held(panel, text)
        for text, panel in zip(listed, shown, strict=True)
    ]
    carried = [blocks[text].at(levels[text]) for text in listed if text in blocks]
    n_held = len(listed) - len(standing)
    document = setting.document(panels_held, carried, reduced, first + 1, n_held)
    return Document(document, setting.parts(document, carried), reduced, draft.assets.files)


def _first(wanted: Iterable[int], levels: Mapping[int, Level]) -> int:
    """The text that is open first: the first of `wanted` that has most of what a text can have."""
    has = [text for text in wanted if text in levels]
    for least in (Level.FIGURES, Level.COLOURS):
        for text in has:
            if levels[text] >= least:
                return text
    return min(levels, default=0)
