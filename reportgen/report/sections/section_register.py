"""The register of all sections, and the page that is made of them.

To add a section, add a line to `SECTIONS`, a module with the functions it names, a template
`templates/sections/<id>.html.jinja` and strings, among them its name under `[page]`. It then stands
in the outputs of one run, of two and of more, unless its line says how many `runs` it takes. Those
that compare have their templates in `templates/compare_sections` and their names under `[compared]`
as `nav_<id>`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from reportgen.comparison import ONE, SEVERAL, Runs
from reportgen.report.components import Section
from reportgen.report.language.language import Language
from reportgen.report.language.printable import shorten
from reportgen.report.language.remarks import remark
from reportgen.report.language.sentences import few_different
from reportgen.report.options import CompareOptions, RenderOptions, WriteOptions
from reportgen.report.panel.panel import Panel
from reportgen.report.run import (
    Reproduce,
    RunSection,
    gate_rows,
    make_reproduce,
    run_line,
)
from reportgen.report.section import Page, PageContext, PageSection, late
from reportgen.report.sections.context import TITLE_WIDTH, Context
from reportgen.report.sections.definitions import definitions
from reportgen.report.sections.errors import make_errors, short_errors
from reportgen.report.sections.method import Method, make_method
from reportgen.report.sections.notable import Notable, with_first
from reportgen.report.sections.outputs.cross_attention import CrossRest, make_cross
from reportgen.report.sections.overview import Overview
from reportgen.report.sections.sinks import SinkPanels, make_sinks
from reportgen.report.sections.texts import TextList, make_text_list
from reportgen.report.short_form.parts import (
    reproduce_section,
    short_across,
    short_method,
    short_overview,
    short_sinks,
    short_texts,
    short_trust,
)
from reportgen.results import RunInfo


@dataclass(frozen=True, slots=True)
class Texts:
    """The section on texts: the list, and those that deserve a look."""

    list: TextList
    notable: Notable


@dataclass(frozen=True, slots=True)
class SinkSection:
    """The section on attention sinks: by layer and head, and by token."""

    overview: Overview  # by layer and head
    tokens: SinkPanels | None
    cross: CrossRest | None


def _run(context: Context) -> RunSection:
    info, n_texts, language = context.findings.info, len(context.findings.texts), context.language
    spoken = [remark(said, language) for said in info.remarks]
    spoken += few_different(context.findings.notes, language)
    return RunSection(
        heading=context.options.title or heading(info, n_texts, language),
        is_demo=info.model.source == "demo",
        definitions=definitions(context.findings, language),
        line=run_line(info, language),
        gates=gate_rows(context.options.gates, language),
        remarks=tuple(said[:1].upper() + said[1:] for said in spoken),
    )


def _texts(context: Context) -> Texts:
    # Links lead to listed texts only. --detail may leave out some that deserve a look.
    notable = with_first(context.notable, context.findings, context.language, context.marked)
    if context.listed is not None:
        shown = tuple(text for text in notable.texts if text.number - 1 in context.listed)
        notable = replace(notable, texts=shown)
    rows = make_text_list(context.findings, context.language, context.listed or (), context.marked)
    return Texts(rows, notable)


def _sinks(context: Context) -> SinkSection | None:
    findings, overview = context.findings, context.overview
    if overview.grid is None and not overview.notes:
        return None
    return SinkSection(
        overview,
        tokens=make_sinks(findings, context.language) if overview.grid else None,
        cross=make_cross(findings, context.language),
    )


def _method(context: Context) -> Method:
    return make_method(context.findings, context.scope, context.language, context.cited)


def _reproduce(context: Context) -> Reproduce:
    findings = context.findings
    return make_reproduce(
        findings.info, context.options, findings.n_texts, context.language, context.output
    )


_one = partial(PageSection, runs=ONE)
_several = partial(PageSection, runs=SEVERAL)
_COMPARED, _SHORT = "compare_sections", "short_form.compare_parts"
SECTIONS = (
    _one("run", _run, in_navigation=False),
    _several("run", late(f"{_COMPARED}.models:make_run"), in_navigation=False),
    _one("answers", lambda context: context.answers, short_overview, in_notebook=True),
    _several("answers", late(f"{_COMPARED}.answers:make_answers"), in_navigation=False),
    _several("trend", late(f"{_COMPARED}.trend:make_trend")),
    _several(
        "all_models",
        late(f"{_COMPARED}.all_models:make_all_models"),
        late(f"{_SHORT}:short_all_models"),
    ),
    _several(
        "pairs",
        late(f"{_COMPARED}.maps:make_explorer"),
        late(f"{_SHORT}:short_pairs_and_pictures"),
    ),
    _one("texts", _texts, short_texts, is_of_listed=True),
    _several(
        "overview", late(f"{_COMPARED}.overview:make_overview"), late(f"{_SHORT}:short_overview")
    ),
    _one("predictions", lambda context: context.quality),
    _several(
        "predictions",
        late(f"{_COMPARED}.predictions:make_predictions"),
        late(f"{_SHORT}:short_predictions"),
    ),
    _one(
        "errors",
        lambda context: make_errors(context.findings, context.language),
        lambda context: short_errors(context.findings, context.language),
    ),
    _several(
        "tokens", late(f"{_COMPARED}.predictions:make_tokens"), late(f"{_SHORT}:short_tokens")
    ),
    _several("layers", late(f"{_COMPARED}.attention:make_layers"), late(f"{_SHORT}:short_layers")),
    _several("heads", late(f"{_COMPARED}.attention:make_grids"), late(f"{_SHORT}:short_heads")),
    _one("sinks", _sinks, short_sinks),
    _one("trust", lambda context: context.trust, short_trust),
    _one("across", lambda context: context.across, short_across),
    _several("notes", late(f"{_COMPARED}.overview:make_notes"), in_navigation=False),
    _several("models", late(f"{_COMPARED}.models:make_models"), late(f"{_SHORT}:short_models")),
    _one("method", _method, short_method, is_of_listed=True),
    _several("method", late(f"{_COMPARED}.models:make_method")),
    _one(
        "reproduce",
        _reproduce,
        lambda context: [reproduce_section(_reproduce(context), context.language)],
    ),
    _several(
        "reproduce",
        late(f"{_COMPARED}.models:make_reproduce"),
        late(f"{_SHORT}:short_reproduce"),
        in_navigation=False,
    ),
)


def sections_of(n_runs: int) -> tuple[PageSection, ...]:
    """The sections of outputs of so many runs, in reading order."""
    return tuple(section for section in SECTIONS if n_runs in section.runs)


def context_of(
    runs: Runs, options: WriteOptions, language: Language, output: str | None = None
) -> PageContext:
    """What the sections of these runs are made from; `output` is the file that the printed command
    writes, by default a page."""
    if runs.comparison is None:
        return Context(runs, cast("RenderOptions", options), language, output or "")
    from reportgen.report.compare_sections.context import CompareContext

    return CompareContext(runs, cast("CompareOptions", options), language, output or "compare.html")


_LATER: object | None = "added by with_texts"


def make_page(context: PageContext, *, with_listed: bool = True) -> Page:
    """The page of `context`, a report's but for the panels of its texts. Without `with_listed` it
    lacks the sections that depend on which texts are listed, which take long, until `with_texts`
    adds them."""
    register = sections_of(context.runs.n)
    made = {
        section.id: section.make(context) if with_listed or not section.is_of_listed else _LATER
        for section in register
    }
    return Page(
        title=context.title,
        brand=context.brand,
        lang=context.options.lang,
        sections=made,
        navigation=tuple(
            (section.id, context.name_of(section.id))
            for section in register
            if section.in_navigation and made[section.id] is not None
        ),
        in_notebook=tuple(section.id for section in register if section.in_notebook),
    )


def short_forms(context: PageContext) -> tuple[Section, ...]:
    """The short forms of all sections, in the order of a short form."""
    register = sections_of(context.runs.n)
    parts = (part for section in register for part in section.short(context))
    return tuple(sorted(parts, key=lambda part: part.place))


def with_texts(
    page: Page, context: Context, listed: Sequence[int], panels: Sequence[Panel]
) -> Page:
    """The page with the list of the texts `listed` (rows of `texts`, ascending), and the works that
    their `panels` cite."""
    cited = tuple(c for panel in panels for note in panel.notes for c in note.citations)
    marked = {panel.number - 1: panel.colours.marked for panel in panels if panel.colours}
    own = replace(context, listed=tuple(listed), cited_by_texts=cited, marked=marked)
    again = {section.id: section.make(own) for section in sections_of(1) if section.is_of_listed}
    return replace(page, sections={**page.sections, **again})


def heading(info: RunInfo, n_texts: int, language: Language) -> str:
    """What was measured on how many texts, such as `Appeal score of 24 texts`; Japanese has the
    name as it is."""
    name = shorten(info.output.name, TITLE_WIDTH)
    key = language.key_of("page", "heading", info.output.kind)
    own = name if language.code == "ja" else name[:1].upper() + name[1:]
    return language.count("page", key, n_texts, name=own)
