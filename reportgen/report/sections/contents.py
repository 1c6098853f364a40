"""Results -> everything the page says, in the order of its sections."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reportgen.findings.citations import Citation
from reportgen.findings.findings import Findings
from reportgen.findings.notes.note import place
from reportgen.report.components import Kpi, Quality
from reportgen.report.language.printable import shorten
from reportgen.report.language.strings import Language
from reportgen.report.options import RenderOptions
from reportgen.report.panel.evidence import Scope
from reportgen.report.panel.panel import Panel
from reportgen.report.run import (
    Facts,
    GateRow,
    Reproduce,
    check_facts,
    checksums,
    command,
    gate_rows,
    run_facts,
)
from reportgen.report.sections.method import Method, make_method
from reportgen.report.sections.overview import Overview, make_overview
from reportgen.report.sections.predictions import make_quality
from reportgen.report.sections.sinks import SinkPanels, make_sinks
from reportgen.report.sections.texts import Notable, TextList, make_notable, make_text_list
from reportgen.report.sections.tokens import Across, make_across
from reportgen.report.sections.trust import Trust, make_trust

_TITLE_WIDTH = 60  # half-width characters of a model's name


@dataclass(frozen=True, slots=True)
class Page:
    """The page but for its texts."""

    title: str  # of the document
    heading: str
    brand: str  # the same in few words, for the bar at the top
    lang: str
    created: str
    is_demo: bool
    run: Facts
    gates: tuple[GateRow, ...]
    remarks: tuple[str, ...]
    scope: Scope
    overview: Overview
    quality: Quality | None
    texts: TextList
    notable: Notable
    across: Across | None
    live: str  # how few rows of the last layer the output reads; "" where all, or not known
    sinks: SinkPanels | None
    trust: Trust | None
    method: Method
    cited: tuple[Citation, ...]  # by the notes on all texts
    reproduce: Reproduce


def make_page(
    findings: Findings,
    options: RenderOptions,
    language: Language,
    scope: Scope,
) -> Page:
    """What stands above and below the texts' panels, with no text listed yet."""
    info, n_texts = findings.info, len(findings.texts)
    notes = findings.notes
    placed = place(notes, info)
    trust = make_trust(findings, scope, placed, language)
    cited = tuple(citation for note in notes for citation in note.citations)
    return Page(
        title=options.title
        or language.count("page", "title", n_texts, model=short_name(info.model.name)),
        heading=options.title
        or language.count("page", "heading", n_texts, model=short_name(info.model.name)),
        brand=options.title or short_name(info.model.name),
        lang=options.lang,
        created=info.created,
        is_demo=info.model.source == "demo",
        run=run_facts(info, n_texts, language),
        gates=gate_rows(options.gates, language),
        remarks=tuple(remark[:1].upper() + remark[1:] for remark in info.remarks),
        scope=scope,
        overview=make_overview(
            findings,
            language,
            placed.overview,
            _agreement(trust, language),
        ),
        quality=make_quality(findings, language),
        notable=make_notable(findings, language),
        across=make_across(findings, language),
        texts=make_text_list(findings, language, ()),
        live=scope.live,
        sinks=make_sinks(findings, notes, placed, language),
        trust=trust,
        method=make_method(findings, scope, language, cited),
        cited=cited,
        reproduce=Reproduce(
            command=command(info, options),
            versions=tuple(sorted(info.versions.items())),
            checks=check_facts(info, language),
            checksums=checksums(info, language),
        ),
    )


def short_name(model: str) -> str:
    """A model's name for a title: the last part of a path, a hub id `owner/name` as it is; what is
    longer than a line is cut in the middle."""
    parts = [part for part in re.split(r"[/\\]", model) if part]
    is_path = len(parts) > 2 or model.startswith((".", "~", "/", "\\"))
    return shorten(parts[-1] if is_path and parts else model, _TITLE_WIDTH)


def _agreement(trust: Trust | None, language: Language) -> tuple[Kpi, ...]:
    """How far what the colours show first agrees with what moves the output."""
    if trust is None or trust.first is None:
        return ()
    remark = language.say("kpi", "agreement_scale", interval=trust.first.small, n=trust.first_texts)
    return (Kpi(trust.first.text, language.say("kpi", "agreement"), remark),)


def with_texts(
    page: Page,
    findings: Findings,
    language: Language,
    listed: Sequence[int],
    panels: Sequence[Panel],
) -> Page:
    """The page with the list of the texts `listed` (rows of `texts`, ascending), and the works that
    their `panels` cite."""
    cited = [*page.cited, *(c for panel in panels for note in panel.notes for c in note.citations)]
    return replace(
        page,
        texts=make_text_list(findings, language, listed),
        method=make_method(findings, page.scope, language, cited),
        # Links lead to listed texts only; those that deserve a look are, unless others were chosen.
        notable=replace(
            page.notable,
            texts=tuple(text for text in page.notable.texts if text.number - 1 in listed),
        ),
    )
