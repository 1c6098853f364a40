"""The overview: verdict and figures over all texts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from reportgen.findings.attention import HeadShares
from reportgen.findings.findings import Findings
from reportgen.findings.notes.note import Note
from reportgen.report.charts.axes import ticks
from reportgen.report.charts.bars import stacked_bars
from reportgen.report.charts.colours import heat_colour, heat_step
from reportgen.report.components import Cell, Kpi, Sentence
from reportgen.report.language.sentences import verdicts
from reportgen.report.language.strings import Language
from reportgen.report.panel.panel import sentences
from reportgen.results.info import ANALYSED


@dataclass(frozen=True, slots=True)
class Sinks:
    """Where each layer's attention goes: the share of every special-token role."""

    chart: Markup
    end: str  # where its axis ends
    roles: tuple[str, ...]  # the roles' tokens
    rows: tuple[tuple[str, ...], ...]  # layer, share of each role, all of them, even spread


@dataclass(frozen=True, slots=True)
class Grid:
    """Layers by heads: the share of special tokens, or the entropy where there are none."""

    title: str
    lead: str
    heads: tuple[int, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything above the texts' panels."""

    verdicts: tuple[str, ...]
    no_sink: str  # that no token is a sink, in one sentence; "" where one is, or may be
    is_sink: str  # which special tokens are, and what that means for reading; "" where none is
    special: str  # what the special tokens are; "" where the model has none
    notes: tuple[Sentence, ...]
    kpis: tuple[Kpi, ...]
    sinks: Sinks | None
    grid: Grid | None


def make_overview(
    findings: Findings,
    language: Language,
    notes: Sequence[Note],
) -> Overview:
    """The overview; `notes` are those that stand in it."""
    means = findings.head_shares
    has_heads = bool(np.isfinite(means.even).all())
    return Overview(
        verdicts=verdicts(notes, language),
        no_sink=_no_sink(findings, notes, language, means),
        is_sink=_is_sink(notes, language),
        special=_special(findings, language),
        notes=sentences(notes, language),
        kpis=_kpis(findings, language, means),
        sinks=_sinks(findings, language, means) if len(findings.results.roles) else None,
        grid=_grid(findings, language, means) if has_heads else None,
    )


def _kpis(findings: Findings, language: Language, means: HeadShares) -> tuple[Kpi, ...]:
    texts = findings.texts
    analysed = int(texts["status"].isin(ANALYSED).sum())
    remark = language.say("kpi", "analysed", n=analysed) if analysed < len(texts) else ""
    tokens, content = int(texts["n_tokens"].sum()), int(texts["n_content"].sum())
    kpis = [
        Kpi(f"{len(texts):,}", language.count("kpi", "texts", len(texts)), remark),
        Kpi(
            f"{tokens:,}",
            language.count("kpi", "tokens", tokens),
            language.count("kpi", "content", content) if content < tokens else "",
        ),
    ]
    if np.isfinite(means.share).all():
        share, even, best = means.mean, means.even_mean, means.best
        most = float(means.by_layer[best - 1])
        kpis += [
            Kpi(
                language.percent(share),
                language.say("kpi", "sink_share"),
                language.say("kpi", "even", share=even),
            ),
            Kpi(
                language.say("kpi", "layer", n=best),
                language.say("kpi", "strongest"),
                language.say("kpi", "gets", share=most),
            ),
        ]
    return tuple(kpis)


def _no_sink(
    findings: Findings, notes: Sequence[Note], language: Language, means: HeadShares
) -> str:
    """That no token is a sink; "" where one is or may be, and where there are too few texts."""
    verdicts = [note for note in notes if note.is_verdict]
    if not verdicts or not all(note.rules_out_sink for note in verdicts):
        return ""
    if any(note.kind == "pile" for note in notes):
        return ""
    return language.say("sinks", "no_sink", share=means.mean, even=means.even_mean)


def _is_sink(notes: Sequence[Note], language: Language) -> str:
    tokens = [note.token for note in notes if note.verdict == "sink"]
    return language.say("sinks", "is_sink", tokens=_listed(tokens, language)) if tokens else ""


def _special(findings: Findings, language: Language) -> str:
    tokens = [role.token for role in findings.info.roles]
    if not len(findings.results.roles):
        return ""
    return language.say("sinks", "special", tokens=_listed(tokens, language))


def _listed(tokens: Sequence[str | None], language: Language) -> str:
    """Tokens with commas, each once."""
    return language.say("common", "comma").join(dict.fromkeys(filter(None, tokens)))


def _sinks(findings: Findings, language: Language, means: HeadShares) -> Sinks:
    layers = list(range(1, findings.info.model.n_layers + 1))
    shares = findings.role_shares
    series = [
        (role.token, shares[role.key].tolist())
        for role in findings.info.roles
        if role.key in shares
    ]
    total, even, best = means.by_layer, means.even_by_layer, means.best
    values = tuple(v for v in ticks(float(max(total.max(), even.max()))) if v <= 1.0)
    chart = stacked_bars(
        series=series,
        expected=even.tolist(),
        values=values,
        axis=(language.say("sinks", "axis_share"), language.say("common", "axis_layer")),
        sentence=language.say(
            "sinks",
            "sentence",
            layer=best,
            share=float(total[best - 1]),
            even=float(even[best - 1]),
        ),
    ).on_page()
    rows = tuple(
        (
            str(layer),
            *(language.percent(values[layer - 1]) for _, values in series),
            language.percent(float(total[layer - 1])),
            language.percent(float(even[layer - 1])),
        )
        for layer in layers
    )
    end = language.say("sinks", "axis_end", end=values[-1])
    return Sinks(chart, end, tuple(token for token, _ in series), rows)


def _grid(findings: Findings, language: Language, means: HeadShares) -> Grid:
    has_shares = bool(np.isfinite(means.share).all())
    measure = "special_share" if has_shares else "entropy"
    shown = means.share if has_shares else findings.entropy_by_head
    heads = tuple(range(1, findings.info.model.n_heads + 1))
    return Grid(
        title=language.say("grid", f"{measure}_title"),
        lead=language.say("grid", f"{measure}_lead"),
        heads=heads,
        rows=tuple(
            (layer, tuple(_cell(value) for value in row))
            for layer, row in enumerate(shown.tolist(), start=1)
        ),
    )


def _cell(share: float) -> Cell:
    if share != share:  # no text long enough for this figure
        return Cell("", step=0, colour=heat_colour(0))
    step = heat_step(share, 1.0)
    return Cell(str(round(100 * share)), step=step, colour=heat_colour(step))
