"""The register of a report's sections, and the page that is made of them.

To add a section, add a line to `SECTIONS`, a module with the functions it names, a template
`templates/sections/<id>.html.jinja` and strings, among them its name under `[page]`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reportgen.report.components import Kpi, Section
from reportgen.report.digest.parts import (
    short_method,
    short_overview,
    short_reproduce,
    short_run,
    short_sinks,
    short_texts,
)
from reportgen.report.language.printable import shorten
from reportgen.report.panel.evidence import Scope
from reportgen.report.panel.panel import Panel
from reportgen.report.run import Facts, GateRow, Reproduce, gate_rows, make_reproduce, run_facts
from reportgen.report.sections.context import Context
from reportgen.report.sections.method import Method, make_method
from reportgen.report.sections.overview import Grid, Overview, Sinks
from reportgen.report.sections.sinks import SinkPanels, make_sinks
from reportgen.report.sections.texts import Notable, TextList, make_text_list
from reportgen.report.sections.tokens import make_across

_TITLE_WIDTH = 60  # half-width characters of a model's name


@dataclass(frozen=True, slots=True)
class Run:
    """The section on what was run."""

    heading: str
    is_demo: bool
    facts: Facts
    gates: tuple[GateRow, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """The section on texts: the list, and those that deserve a look."""

    list: TextList
    notable: Notable


@dataclass(frozen=True, slots=True)
class SinkSection:
    """The section on attention sinks: by layer and head, and by token."""

    no_sink: str
    is_sink: str
    layers: Sinks | None
    grid: Grid
    tokens: SinkPanels | None


def _run(context: Context) -> Run:
    info, n_texts, language = context.findings.info, len(context.findings.texts), context.language
    name = short_name(info.model.name)
    return Run(
        heading=context.options.title or language.count("page", "heading", n_texts, model=name),
        is_demo=info.model.source == "demo",
        facts=run_facts(info, n_texts, language),
        gates=gate_rows(context.options.gates, language),
        remarks=tuple(remark[:1].upper() + remark[1:] for remark in info.remarks),
    )


def _overview(context: Context) -> Overview:
    more = []
    if context.trust is not None and context.trust.first is not None:
        first, n, say = context.trust.first, context.trust.first_texts, context.language.say
        remark = say("kpi", "agreement_scale", interval=first.small, n=n)
        more.append(Kpi(first.text, say("kpi", "agreement"), remark))
    return replace(context.overview, kpis=(*context.overview.kpis, *more))


def _texts(context: Context) -> Texts:
    # Links lead to listed texts only. --detail may leave out some that deserve a look.
    notable = context.notable
    if context.listed is not None:
        shown = tuple(text for text in notable.texts if text.number - 1 in context.listed)
        notable = replace(notable, texts=shown)
    return Texts(make_text_list(context.findings, context.language, context.listed or ()), notable)


def _sinks(context: Context) -> SinkSection | None:
    findings, overview = context.findings, context.overview
    if overview.grid is None:
        return None
    tokens = make_sinks(findings, findings.notes, context.placed, context.language)
    return SinkSection(overview.no_sink, overview.is_sink, overview.sinks, overview.grid, tokens)


def _method(context: Context) -> Method:
    return make_method(context.findings, context.scope, context.language, context.cited)


def _reproduce(context: Context) -> Reproduce:
    return make_reproduce(context.findings.info, context.options, context.language)


@dataclass(frozen=True, slots=True)
class PageSection:
    """One section of a report, in all its forms."""

    id: str  # of its element on the page, its template, and its name under `[page]`
    make: Callable[[Context], object | None]  # what the template shows; None leaves it out
    short: Callable[[Context], Iterable[Section]] = lambda context: ()  # Markdown and Confluence
    in_navigation: bool = True
    in_notebook: bool = False
    is_of_listed: bool = False  # made again once it is known which texts the page lists


SECTIONS = (
    PageSection("run", _run, short_run, in_navigation=False),
    PageSection("overview", _overview, short_overview, in_notebook=True),
    PageSection("predictions", lambda context: context.quality),
    PageSection("texts", _texts, short_texts, is_of_listed=True),
    PageSection("sinks", _sinks, short_sinks),
    PageSection("trust", lambda context: context.trust),
    PageSection("across", lambda context: make_across(context.findings, context.language)),
    PageSection("panels", lambda context: True, in_navigation=False),  # the texts one by one
    PageSection("method", _method, short_method, is_of_listed=True),
    PageSection("reproduce", _reproduce, short_reproduce),
)


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a report without the panels of its texts."""

    title: str  # of the document
    brand: str  # a shorter title, for the bar at the top
    lang: str
    scope: Scope
    sections: Mapping[str, object | None]  # by id, in reading order; None: not on this page
    navigation: tuple[tuple[str, str], ...]  # ids and names of the sections in the navigation
    in_notebook: tuple[str, ...]  # ids of the sections that a notebook shows


def make_page(context: Context) -> Page:
    """The page, before it is known which texts it lists."""
    language, options = context.language, context.options
    name = short_name(context.findings.info.model.name)
    made = {section.id: section.make(context) for section in SECTIONS}
    n_texts = len(context.findings.texts)
    return Page(
        title=options.title or language.count("page", "title", n_texts, model=name),
        brand=options.title or name,
        lang=options.lang,
        scope=context.scope,
        sections=made,
        navigation=tuple(
            (section.id, language.say("page", section.id))
            for section in SECTIONS
            if section.in_navigation and made[section.id] is not None
        ),
        in_notebook=tuple(section.id for section in SECTIONS if section.in_notebook),
    )


def with_texts(
    page: Page, context: Context, listed: Sequence[int], panels: Sequence[Panel]
) -> Page:
    """The page with the list of the texts `listed` (rows of `texts`, ascending), and with the
    publications that the notes in their `panels` cite."""
    cited = tuple(c for panel in panels for note in panel.notes for c in note.citations)
    own = replace(context, listed=tuple(listed), cited_by_texts=cited)
    again = {section.id: section.make(own) for section in SECTIONS if section.is_of_listed}
    return replace(page, sections={**page.sections, **again})


def short_name(model: str) -> str:
    """A model's name for a title: the last part of a path, or a hub id such as `owner/name`. A long
    name is cut in the middle."""
    parts = [part for part in re.split(r"[/\\]", model) if part]
    is_path = len(parts) > 2 or model.startswith((".", "~", "/", "\\"))
    return shorten(parts[-1] if is_path and parts else model, _TITLE_WIDTH)
