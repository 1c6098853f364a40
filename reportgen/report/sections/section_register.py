"""The register of all sections, and the page that is made of them.

To add a section, add a line to `SECTIONS`, a module with the functions it names, a template
`templates/sections/<id>.html.jinja` and strings, among them its name under `[page]`. It then stands
in the outputs of one run, of two and of more, unless its line says how many `runs` it takes. One
that compares may have a template `<id>_compared.html.jinja` and a name under `[compared]` as
`nav_<id>`, where a section of one run has the same id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from reportgen.comparison import ONE, SEVERAL, Runs
from reportgen.report.components import Section
from reportgen.report.language.language import Language
from reportgen.report.language.printable import shorten
from reportgen.report.language.remarks import is_handed_over, remark
from reportgen.report.language.sentences import few_different
from reportgen.report.options import CompareOptions, RenderOptions, WriteOptions
from reportgen.report.panel.panel import Panel
from reportgen.report.sections.author import make_author, short_author
from reportgen.report.sections.context import TITLE_WIDTH, Context
from reportgen.report.sections.cross_attention import CrossRest, make_cross
from reportgen.report.sections.errors import make_errors, short_errors
from reportgen.report.sections.further import further_of_run, further_table
from reportgen.report.sections.guide import make_guide
from reportgen.report.sections.heads import HeadsThatMatter, make_heads, why_no_heads
from reportgen.report.sections.method import Method, make_method
from reportgen.report.sections.notable import Notable, with_first
from reportgen.report.sections.page_section import (
    Page,
    PageContext,
    PageSection,
    late,
    no_short_form,
)
from reportgen.report.sections.run import (
    Reproduce,
    RunSection,
    definitions,
    gate_rows,
    make_reproduce,
    run_line,
)
from reportgen.report.sections.sink_overview import Overview
from reportgen.report.sections.sinks import SinkPanels, make_sinks
from reportgen.report.sections.texts import TextList, make_text_list
from reportgen.report.sections.what_if import make_what_if, short_what_if
from reportgen.report.short_form.short_sections import (
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
    heads: HeadsThatMatter | None  # what each does to the prediction
    why_no_heads: str


def _run(context: Context) -> RunSection:
    info, n_texts, language = context.findings.info, len(context.findings.texts), context.language
    spoken = [remark(text, language) for text in info.remarks if not is_handed_over(text)]
    spoken += few_different(context.findings.notes, language)
    if what_if := context.findings.what_if:
        n = what_if.n_variants
        spoken += [language.count("what_if", "apart_top", n, of=n_texts)] if n else []
    return RunSection(
        heading=context.options.title or heading(info, n_texts, language),
        is_demo=info.model.source == "demo",
        definitions=definitions(context.findings, language),
        guide=make_guide(context.findings, context.answers, language),
        line=run_line(info, language),
        gates=gate_rows(context.options.gates, context.findings, language),
        remarks=tuple(sentence[:1].upper() + sentence[1:] for sentence in spoken),
    )


def _texts(context: Context) -> Texts:
    # Links lead to listed texts only.
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
        heads=make_heads(findings, context.language) if overview.grid else None,
        why_no_heads=why_no_heads(findings, context.language),
    )


def _method(context: Context) -> Method:
    return make_method(context.findings, context.scope, context.language, context.cited)


def _reproduce(context: Context) -> Reproduce:
    findings = context.findings
    made = make_reproduce(
        findings.info, context.options, findings.n_texts, context.language, context.output
    )
    rows = further_of_run(findings)
    return replace(made, further=further_table(rows, context.language, findings.info.remarks))


_one = partial(PageSection, runs=ONE)


def _several(id: str, make: str, short: str = "", *, in_navigation: bool = True) -> PageSection:
    """A section of several runs, whose modules are imported when it is first made: `make` is a
    function of a module beside this one, `short` one of `short_sections_compared`."""
    return PageSection(
        id,
        late(f"sections.{make}"),
        late(f"short_form.short_sections_compared:{short}") if short else no_short_form,
        SEVERAL,
        in_navigation,
    )


SECTIONS = (
    _one("run", _run, in_navigation=False),
    _several("run", "models_compared:make_run", in_navigation=False),
    PageSection("author", make_author, short_author, in_navigation=False),
    _one("answers", lambda context: context.answers, short_overview, in_notebook=True),
    _several("answers", "answers_trend:make_several_answers", in_navigation=False),
    _several("trend", "trend:make_trend"),
    _several("all_models", "all_models:make_all_models", "short_all_models"),
    _several("pairs", "maps_compared:make_explorer", "short_pairs_and_pictures"),
    _one("texts", _texts, short_texts, is_of_listed=True),
    _several("overview", "overview_compared:make_overview", "short_overview"),
    _one("predictions", lambda context: context.quality),
    _several("predictions", "predictions_compared:make_predictions", "short_predictions"),
    _one(
        "errors",
        lambda context: make_errors(context.findings, context.language),
        lambda context: short_errors(context.findings, context.language),
    ),
    _one(
        "what_if",
        lambda context: make_what_if(context.findings, context.language),
        lambda context: short_what_if(context.findings, context.language),
    ),
    _several("what_if", "what_if_compared:make_steadiness", "short_steadiness"),
    _several("tokens", "tokens_compared:make_tokens", "short_tokens"),
    _several("layers", "attention_compared:make_layers", "short_layers"),
    _several("heads", "attention_compared:make_grids", "short_heads"),
    _one("sinks", _sinks, short_sinks),
    _one("trust", lambda context: context.trust, short_trust),
    _one("across", lambda context: context.across, short_across),
    _several("notes", "overview_compared:make_notes", in_navigation=False),
    _several("models", "models_compared:make_models", "short_models"),
    _one("method", _method, short_method, is_of_listed=True),
    _several("method", "models_compared:make_method"),
    _one(
        "reproduce",
        _reproduce,
        lambda context: [reproduce_section(_reproduce(context), context.language)],
    ),
    _several("reproduce", "models_compared:make_reproduce", "short_reproduce", in_navigation=False),
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
    from reportgen.report.sections.context_compared import CompareContext

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
    of_listed = replace(context, listed=tuple(listed), cited_by_texts=cited, marked=marked)
    again = {
        section.id: section.make(of_listed) for section in sections_of(1) if section.is_of_listed
    }
    return replace(page, sections={**page.sections, **again})


def heading(info: RunInfo, n_texts: int, language: Language) -> str:
    """What was measured on how many texts, such as `Appeal score of 24 texts`; Japanese has the
    name as it is."""
    name = shorten(info.output.name, TITLE_WIDTH)
    key = language.key_of("page", "heading", info.output.kind)
    shown = name if language.code == "ja" else name[:1].upper() + name[1:]
    return language.count("page", key, n_texts, name=shown)
