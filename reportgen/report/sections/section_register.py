"""The register of a report's sections, and the page that is made of them.

To add a section, add a line to `SECTIONS`, a module with the functions it names, a template
`templates/sections/<id>.html.jinja` and strings, among them its name under `[page]`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reportgen.report.language.language import Language
from reportgen.report.language.printable import shorten
from reportgen.report.language.remarks import remark
from reportgen.report.language.sentences import few_different
from reportgen.report.panel.evidence import Scope
from reportgen.report.panel.panel import Panel
from reportgen.report.run import (
    GateRow,
    Reproduce,
    gate_rows,
    make_reproduce,
    run_line,
)
from reportgen.report.section import Page, PageSection, make_navigation, make_sections
from reportgen.report.sections.context import Context
from reportgen.report.sections.definitions import definitions
from reportgen.report.sections.errors import make_errors, short_errors
from reportgen.report.sections.method import Method, make_method
from reportgen.report.sections.notable import Notable, with_first
from reportgen.report.sections.outputs.cross_attention import CrossRest, make_cross
from reportgen.report.sections.overview import Overview
from reportgen.report.sections.sinks import SinkPanels, make_sinks
from reportgen.report.sections.texts import TextList, make_text_list
from reportgen.report.short_form.parts import (
    short_across,
    short_method,
    short_overview,
    short_reproduce,
    short_sinks,
    short_texts,
    short_trust,
)
from reportgen.results.info import RunInfo

_TITLE_WIDTH = 60  # half-width characters of a model's name


@dataclass(frozen=True, slots=True)
class Run:
    """The section on what was run."""

    heading: str
    is_demo: bool
    definitions: str  # what a prediction and a label are
    line: tuple[str, ...]  # model, size, files and date
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

    overview: Overview  # by layer and head
    tokens: SinkPanels | None
    cross: CrossRest | None


def _run(context: Context) -> Run:
    info, n_texts, language = context.findings.info, len(context.findings.texts), context.language
    spoken = [remark(said, language) for said in info.remarks]
    spoken += few_different(context.findings.notes, language)
    return Run(
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
    return make_reproduce(
        context.findings.info, context.options, context.findings.n_texts, context.language
    )


SECTIONS: tuple[PageSection[Context], ...] = (
    PageSection("run", _run, in_navigation=False),
    PageSection(
        "answers",
        lambda context: context.answers,
        short_overview,
        in_notebook=True,
    ),
    PageSection("texts", _texts, short_texts, is_of_listed=True),
    PageSection("predictions", lambda context: context.quality),
    PageSection(
        "errors",
        lambda context: make_errors(context.findings, context.language),
        lambda context: short_errors(context.findings, context.language),
    ),
    PageSection("sinks", _sinks, short_sinks),
    PageSection("trust", lambda context: context.trust, short_trust),
    PageSection("across", lambda context: context.across, short_across),
    PageSection("method", _method, short_method, is_of_listed=True),
    PageSection("reproduce", _reproduce, short_reproduce),
)


_LATER: object | None = "added by with_texts"


@dataclass(frozen=True, slots=True)
class ReportPage(Page):
    """A report's page but for the panels of its texts."""

    scope: Scope
    in_notebook: tuple[str, ...]  # ids


def make_page(context: Context, *, with_listed: bool = True) -> ReportPage:
    """The page of `context`. Without `with_listed` it lacks the sections that depend on which texts
    are listed, which take long, until `with_texts` adds them."""
    language, options = context.language, context.options
    name = short_name(context.findings.info.model.name)
    own = [section for section in SECTIONS if with_listed or not section.is_of_listed]
    made = dict.fromkeys((section.id for section in SECTIONS), _LATER)
    made |= make_sections(own, context)
    n_texts = len(context.findings.texts)
    return ReportPage(
        title=options.title or language.count("page", "title", n_texts, model=name),
        brand=options.title or name,
        lang=options.lang,
        scope=context.scope,
        sections=made,
        navigation=make_navigation(SECTIONS, made, lambda id: language.say("page", id)),
        in_notebook=tuple(section.id for section in SECTIONS if section.in_notebook),
    )


def with_texts(
    page: ReportPage, context: Context, listed: Sequence[int], panels: Sequence[Panel]
) -> ReportPage:
    """The page with the list of the texts `listed` (rows of `texts`, ascending), and the works that
    their `panels` cite."""
    cited = tuple(c for panel in panels for note in panel.notes for c in note.citations)
    marked = {panel.number - 1: panel.colours.marked for panel in panels if panel.colours}
    own = replace(context, listed=tuple(listed), cited_by_texts=cited, marked=marked)
    again = {section.id: section.make(own) for section in SECTIONS if section.is_of_listed}
    return replace(page, sections={**page.sections, **again})


def heading(info: RunInfo, n_texts: int, language: Language) -> str:
    """What was measured on how many texts, such as `Appeal score of 24 texts`; Japanese has the
    name as it is."""
    name = shorten(info.output.name, _TITLE_WIDTH)
    key = language.key_of("page", "heading", info.output.kind)
    own = name if language.code == "ja" else name[:1].upper() + name[1:]
    return language.count("page", key, n_texts, name=own)


def short_name(model: str) -> str:
    """A model's name for a title: the last part of a path, or a hub id such as `owner/name`. A long
    name is cut in the middle."""
    parts = [part for part in re.split(r"[/\\]", model) if part]
    is_path = len(parts) > 2 or model.startswith((".", "~", "/", "\\"))
    return shorten(parts[-1] if is_path and parts else model, _TITLE_WIDTH)
