"""Results -> everything the page says, in the order of its sections."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from reportgen.info import RunInfo
from reportgen.maps import MAX_ERROR
from reportgen.notes.citations import Citation
from reportgen.notes.rules import corpus_notes
from reportgen.report.across import Across, make_across
from reportgen.report.answers import make_quality
from reportgen.report.gate_table import GateRow, gate_rows
from reportgen.report.language import Language, fixed
from reportgen.report.method import Method, make_method
from reportgen.report.notable import Notable, make_notable
from reportgen.report.options import RenderOptions
from reportgen.report.overview import Kpi, Overview, make_overview
from reportgen.report.panel import Panel
from reportgen.report.placed import place
from reportgen.report.quality import Quality
from reportgen.report.scope import Scope
from reportgen.report.sink_panels import SinkPanels, make_sinks
from reportgen.report.static import shorten
from reportgen.report.text_list import TextList, make_text_list
from reportgen.report.trust_panel import Trust, make_trust
from reportgen.results import Results

_TITLE_WIDTH = 60  # half-width characters of a model's name

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reproduce:
    """What it takes to make the same page again."""

    command: str
    versions: Facts
    checks: Facts
    checksums: Facts


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
    results: Results,
    options: RenderOptions,
    language: Language,
    scope: Scope,
    shares: pd.Series,
) -> Page:
    """What stands above and below the texts' panels, with no text listed yet; `shares` as
    `sink_shares` gives them."""
    info = results.info
    notes = corpus_notes(results)
    placed = place(notes, info)
    trust = make_trust(results, scope, placed, language)
    cited = tuple(citation for note in notes for citation in note.citations)
    return Page(
        title=options.title
        or language.count("page", "title", len(results.texts), model=short_name(info.model.name)),
        heading=options.title
        or language.count("page", "heading", len(results.texts), model=short_name(info.model.name)),
        brand=options.title or short_name(info.model.name),
        lang=options.lang,
        created=info.created,
        is_demo=info.model.source == "demo",
        run=_run(info, len(results.texts), language),
        gates=gate_rows(options.gates, language),
        remarks=tuple(remark[:1].upper() + remark[1:] for remark in info.remarks),
        scope=scope,
        overview=make_overview(
            results,
            language,
            placed.overview,
            _agreement(trust, language),
        ),
        quality=make_quality(results, language),
        notable=make_notable(results, language),
        across=make_across(results, language),
        texts=make_text_list(results, language, shares, ()),
        live=scope.live,
        sinks=make_sinks(results, notes, placed, language),
        trust=trust,
        method=make_method(results, scope, language, cited),
        cited=cited,
        reproduce=Reproduce(
            command=command(info, options),
            versions=tuple(sorted(info.versions.items())),
            checks=_checks(info, language),
            checksums=_checksums(info, language),
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
    remark = language.say(
        "kpi", "agreement_scale", interval=trust.first.interval, n=trust.first_texts
    )
    return (Kpi(trust.first.mean, language.say("kpi", "agreement"), remark),)


def with_texts(
    page: Page,
    results: Results,
    language: Language,
    shares: pd.Series,
    listed: Sequence[int],
    panels: Sequence[Panel],
) -> Page:
    """The page with the list of the texts `listed` (rows of `texts`, ascending), and the works that
    their `panels` cite."""
    cited = [*page.cited, *(c for panel in panels for note in panel.notes for c in note.citations)]
    return replace(
        page,
        texts=make_text_list(results, language, shares, listed),
        method=make_method(results, page.scope, language, cited),
        # Links lead to listed texts only; those that deserve a look are, unless others were chosen.
        notable=replace(
            page.notable,
            texts=tuple(text for text in page.notable.texts if text.number - 1 in listed),
        ),
    )


def command(info: RunInfo, options: RenderOptions, output: str = "") -> str:
    """The command line that gives this page, or another `output`, rebuilt from what the results
    hold; what is left at its default is not named."""
    given: dict[str, str | int | bool] = dict(info.settings.options)
    if info.model.source in ("folder", "hub"):
        given.setdefault("model", info.model.name)
    if info.settings.keep_maps != "all":
        given["keep-maps"] = info.settings.keep_maps
    default = RenderOptions()
    for name, value, usual in (
        ("title", options.title, default.title),
        ("lang", options.lang, default.lang),
        ("heads", options.heads, default.heads),
        ("max-size", _bytes(options.max_size), _bytes(default.max_size)),
        ("detail", options.detail, default.detail),
        ("pool-above", _number(options.pool_above), _number(default.pool_above)),
        ("layout", options.layout, default.layout),
        ("plotlyjs", None if options.plotlyjs is None else options.plotlyjs.name, None),
    ):
        if value is not None and value != usual:
            given[name] = value
    if output:  # a page of HTML depends on none of these
        chosen: dict[str, str | int | None] = {
            "md-flavor": options.md_flavor,
            "md-limit": options.md_limit,
            "images": options.images,
            "id": options.id,
        }
        usually = (default.md_flavor, default.md_limit, default.images, default.id)
        for (name, picked), usual_one in zip(chosen.items(), usually, strict=True):
            if picked is not None and picked != usual_one:
                given[name] = picked
    words = ["-" if item.name == "stdin" else item.name for item in info.inputs]
    for name, choice in given.items():
        if choice is True:
            words.append(f"--{name}")
        elif choice is not False:
            words += [f"--{name}", str(choice)]
    for result in options.gates:
        words += [f"--{result.gate.level}-if", result.gate.expression]
    page = "report.html" if options.layout == "file" else "report/index.html"
    return shlex.join(["reportgen", "run", *words, "-o", output or page])


def _number(value: int | None) -> str:
    return "none" if value is None else str(value)


def _bytes(size: int) -> str:
    return f"{size // 1_000_000}MB" if size % 1_000_000 == 0 else str(size)


def _run(info: RunInfo, n_texts: int, language: Language) -> Facts:
    model, output = info.model, info.output
    kind = language.output_kind(output)
    files = language.say("run", "comma").join(item.name for item in info.inputs)
    shared = language.say("run", "shared") if model.shares_layers else ""
    parts = [
        ("model", model.name),
        ("architecture", _architecture(info, language)),
        ("size", language.say("run", "size_value", layers=model.n_layers, heads=model.n_heads)),
        ("output", language.say("run", "output_value", name=output.name, kind=kind)),
        ("texts", language.count("run", "texts_value", n_texts, files=files)),
        ("created", info.created),
    ]
    return tuple(
        (language.say("run", key), value + (shared if key == "size" else ""))
        for key, value in parts
    )


def _architecture(info: RunInfo, language: Language) -> str:
    model = info.model
    if model.architecture == model.encoder:
        return model.encoder
    return language.say("run", "inside", whole=model.architecture, encoder=model.encoder)


def _checks(info: RunInfo, language: Language) -> Facts:
    checks = info.checks
    padded = checks.padded_difference
    values = (
        ("capture", language.say("checks", f"capture_{checks.capture}")),
        ("row_sum_error", _small(checks.row_sum_error)),
        ("padding_mass", _small(checks.padding_mass)),
        ("padded", language.say("checks", "no_padding") if padded is None else _small(padded)),
        ("unknown", language.percent(checks.unknown_share, 2)),
        ("packing", fixed(MAX_ERROR, 4)),
        *_norms_check(info),
        ("maps", f"{info.settings.maps_kept:,}"),
    )
    return tuple((language.say("checks", key), value) for key, value in values)


def _norms_check(info: RunInfo) -> tuple[tuple[str, str], ...]:
    error = info.evidence.norms_error
    return () if error is None else (("norms", _small(error)),)


def _small(value: float) -> str:
    return "0" if value == 0 else f"{value:.1e}"


def _checksums(info: RunInfo, language: Language) -> Facts:
    weights = ((language.say("reproduce", "weights"), info.model.weights_sha256),)
    return weights + tuple((item.name, item.sha256) for item in info.inputs)
