"""Whether attention piles up on special tokens: the verdicts, the key figures over all texts, and
the figures by layer and head that they rest on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from markupsafe import Markup

from reportgen.findings import Findings, HeadShares, Kind, Note
from reportgen.report.charts.axes import ticks
from reportgen.report.charts.bars import stacked_bars
from reportgen.report.components import Cell, Grid, Kpi, Sentence, heat_cell
from reportgen.report.language.language import Language
from reportgen.report.language.sentences import in_short, token_name, verdicts
from reportgen.report.panel.panel import sentences
from reportgen.report.sections.sinks import untested
from reportgen.results import LEARNED_SINK

_TESTED: tuple[Kind, ...] = ("passed", "test")  # what the sink tests say


@dataclass(frozen=True, slots=True)
class Sinks:
    """How much attention each special token gets in each layer."""

    chart: Markup
    end: str  # says where the axis of the chart ends
    roles: tuple[str, ...]  # the special tokens
    rows: tuple[tuple[str, ...], ...]  # layer, share of each role, all of them, equal share


@dataclass(frozen=True, slots=True)
class Overview:
    """The overview, and the figures by layer and head that it rests on."""

    verdicts: tuple[str, ...]
    no_sink: str  # says that no token is a sink; "" where one is, or may be
    is_sink: str  # says which tokens are sinks, and how that affects maps; "" where none is
    special: str  # names the special tokens; "" where the model has none
    notes: tuple[Sentence, ...]
    kpis: tuple[Kpi, ...]
    layers: Sinks | None
    grid: Grid | None


def make_overview(findings: Findings, language: Language) -> Overview:
    """The overview, with its notes."""
    means, notes = findings.head_shares, findings.placed.overview
    rows = (findings.results.of_role(role.key, "text")[0] for role in findings.info.roles)
    has_special = any(map(len, rows))
    has_heads = bool(np.isfinite(means.even).all())
    sinks = [note for note in notes if note.verdict == "sink"]
    roles = [role.token for role in findings.info.roles]
    return Overview(
        verdicts=verdicts(notes, language),
        no_sink=_no_sink(notes, language, means),
        is_sink=_is_sink(findings, sinks, language) if sinks else "",
        special=_naming("special", roles, language) if has_special else "",
        notes=sentences(notes, language),
        kpis=_kpis(findings, language, means),
        layers=_sinks(findings, language, means) if has_special else None,
        grid=_grid(findings, language, means) if has_heads else None,
    )


def _kpis(findings: Findings, language: Language, means: HeadShares) -> tuple[Kpi, ...]:
    say, count = partial(language.say, "kpi"), partial(language.count, "kpi")
    n_texts, n_analysed = len(findings.texts), int(findings.analysed.sum())
    tokens, content = (int(findings.texts[name].sum()) for name in ("n_tokens", "n_content"))
    analysed = say("analysed", n=n_analysed) if n_analysed < n_texts else ""
    kpis = [
        Kpi(f"{n_texts:,}", count("texts", n_texts), analysed),
        Kpi(
            f"{tokens:,}",
            count("tokens", tokens),
            count("content", content) if content < tokens else "",
        ),
    ]
    if findings.special is not None:
        even, most = means.even_mean, means.most
        kpis += [
            Kpi(language.percent(means.mean), say("sink_share"), say("even", share=even)),
            Kpi(say("layer", n=means.best), say("strongest"), say("gets", share=most)),
        ]
    return tuple(kpis)


def _no_sink(notes: Sequence[Note], language: Language, means: HeadShares) -> str:
    """Says that no token is a sink; "" where one may be, and where there are too few texts."""
    verdicts = [note for note in notes if note.is_verdict]
    if not verdicts or not all(note.rules_out_sink for note in verdicts):
        return ""
    return language.say("sinks", "no_sink", share=means.mean, even=means.even_mean)


def _is_sink(findings: Findings, sinks: Sequence[Note], language: Language) -> str:
    """Names the `sinks`, says what their tests say, and how each kind of them affects the maps."""
    kinds: dict[str, list[str]] = {"read_special": [], "read_learned": [], "read_text": []}
    for note in sinks:
        is_learned = note.role == LEARNED_SINK.key
        key = "special" if note.is_special else "learned" if is_learned else "text"
        kinds[f"read_{key}"].append(token_name(note, language))
    names = [token_name(note, language) for note in sinks]
    is_text = all(note.is_text_token for note in sinks)
    parts = [_naming("is_sink_text" if is_text else "is_sink", names, language)]
    roles = {note.role for note in sinks}
    tested = [note for note in findings.notes if note.role in roles and note.kind in _TESTED]
    parts += in_short(tested, language)
    if not findings.results.is_redacted:
        parts.append(untested(findings, sinks, language))
    parts += [_naming(key, tokens, language) for key, tokens in kinds.items() if tokens]
    return language.sentences(parts)


def _naming(key: str, tokens: Sequence[str], language: Language) -> str:
    """The string `key` with `tokens` separated by commas, each named once."""
    names = language.listed(dict.fromkeys(tokens))
    return language.say("sinks", key, tokens=names)


def _sinks(findings: Findings, language: Language, means: HeadShares) -> Sinks:
    shares = findings.role_shares
    series = [
        (role.token, shares[role.key].tolist())
        for role in findings.info.roles
        if role.key in shares
    ]
    total, even, best = means.by_layer.tolist(), means.even_by_layer.tolist(), means.best
    values = tuple(v for v in ticks(max(*total, *even)) if v <= 1.0)
    chart = stacked_bars(
        series=series,
        expected=even,
        values=values,
        axis=(language.say("sinks", "axis_share"), language.say("common", "axis_layer")),
        sentence=language.say(
            "sinks",
            "sentence",
            layer=best,
            share=total[best - 1],
            even=even[best - 1],
        ),
    ).on_page()
    columns = (*(values for _, values in series), total, even)
    rows = tuple(
        (str(layer), *map(language.percent, figures))
        for layer, figures in enumerate(zip(*columns, strict=True), start=1)
    )
    end = language.say("sinks", "axis_end", end=values[-1])
    return Sinks(chart, end, tuple(token for token, _ in series), rows)


def _grid(findings: Findings, language: Language, means: HeadShares) -> Grid:
    has_shares = findings.special is not None
    measure = "special_share" if has_shares else "entropy"
    shown = means.share if has_shares else findings.entropy_by_head
    return Grid(
        title=language.say("grid", f"{measure}_title"),
        lead=language.say("grid", f"{measure}_lead"),
        region=language.say("grid", "region"),
        rows=tuple(
            (str(layer), tuple(_cell(value) for value in row))
            for layer, row in enumerate(shown.tolist(), start=1)
        ),
    )


def _cell(share: float) -> Cell:
    if share != share:  # NaN: no text is long enough for this figure
        return heat_cell("", 0.0)
    return heat_cell(str(round(100 * share)), share)
