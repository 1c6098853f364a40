"""Results -> everything the page says, in the order of its sections."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportgen.info import RunInfo
from reportgen.maps import MAX_ERROR
from reportgen.notes.rules import corpus_notes
from reportgen.report.language import Language, fixed
from reportgen.report.method import Method, make_method
from reportgen.report.options import RenderOptions
from reportgen.report.overview import Kpi, Overview, make_overview, sink_shares
from reportgen.report.panel import Panel, make_panel
from reportgen.report.placed import place
from reportgen.report.scope import Scope
from reportgen.report.sink_panels import SinkPanels, make_sinks
from reportgen.report.trust_panel import Trust, make_trust
from reportgen.results import Results

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

    title: str
    lang: str
    created: str
    is_demo: bool
    run: Facts
    remarks: tuple[str, ...]
    scope: Scope
    overview: Overview
    live: str  # how few rows of the last layer the output reads; "" where all, or not known
    sinks: SinkPanels | None
    trust: Trust | None
    method: Method
    reproduce: Reproduce


def make_page(
    results: Results,
    options: RenderOptions,
    language: Language,
    scope: Scope,
    panels: Sequence[Panel],
) -> Page:
    """What stands above and below the texts' panels."""
    info = results.info
    notes = corpus_notes(results)
    placed = place(notes, info)
    trust = make_trust(results, scope, placed, language)
    cited = [citation for note in notes for citation in note.citations]
    cited += [c for panel in panels for note in panel.notes for c in note.citations]
    return Page(
        title=options.title or language.say("page", "title"),
        lang=options.lang,
        created=info.created,
        is_demo=info.model.source == "demo",
        run=_run(info, len(results.texts), language),
        remarks=tuple(remark[:1].upper() + remark[1:] for remark in info.remarks),
        scope=scope,
        overview=make_overview(
            results,
            language,
            sink_shares(results),
            placed.overview,
            _agreement(trust, language),
        ),
        live=scope.live,
        sinks=make_sinks(results, notes, placed, language),
        trust=trust,
        method=make_method(results, scope, language, cited),
        reproduce=Reproduce(
            command=command(info, options),
            versions=tuple(sorted(info.versions.items())),
            checks=_checks(info, language),
            checksums=_checksums(info, language),
        ),
    )


def _agreement(trust: Trust | None, language: Language) -> tuple[Kpi, ...]:
    """How far what the colours show first agrees with what moves the output."""
    if trust is None or trust.first is None:
        return ()
    remark = language.say(
        "kpi", "agreement_scale", interval=trust.first.interval, n=trust.first_texts
    )
    return (Kpi(trust.first.mean, language.say("kpi", "agreement"), remark),)


def make_panels(
    results: Results, options: RenderOptions, language: Language, scope: Scope
) -> Iterator[Panel]:
    """The panels of all texts, in input order."""
    shares = sink_shares(results)
    for text in range(len(results.texts)):
        share = float(shares[text]) if text in shares.index else None
        yield make_panel(results, text, language, options.heads, share, scope)


def command(info: RunInfo, options: RenderOptions) -> str:
    """The command line that gives this page, rebuilt from what the results hold; what is left at
    its default is not named."""
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
        ("plotlyjs", None if options.plotlyjs is None else options.plotlyjs.name, None),
    ):
        if value is not None and value != usual:
            given[name] = value
    words = ["-" if item.name == "stdin" else item.name for item in info.inputs]
    for name, choice in given.items():
        if choice is True:
            words.append(f"--{name}")
        elif choice is not False:
            words += [f"--{name}", str(choice)]
    return shlex.join(["reportgen", "run", *words, "-o", "report.html"])


def _bytes(size: int) -> str:
    return f"{size // 1_000_000}MB" if size % 1_000_000 == 0 else str(size)


def _run(info: RunInfo, n_texts: int, language: Language) -> Facts:
    model, output = info.model, info.output
    kind = language.say("output", output.kind, n=len(output.labels), pooling=output.pooling or "")
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
