"""The overview: verdict and figures over all texts."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from reportgen.info import ANALYSED
from reportgen.notes.figures import takes_part
from reportgen.notes.note import Note
from reportgen.report.language import Language, number
from reportgen.report.panel import Sentence, sentences
from reportgen.report.static import heat_colour, heat_step, stacked_bars
from reportgen.results import Results


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure with its name."""

    value: str
    name: str
    remark: str


@dataclass(frozen=True, slots=True)
class Sinks:
    """Where each layer's attention goes: the share of every special-token role."""

    chart: Markup
    roles: tuple[str, ...]  # the roles' tokens
    rows: tuple[tuple[str, ...], ...]  # layer, share of each role, all of them, even spread


@dataclass(frozen=True, slots=True)
class Cell:
    """One layer and head."""

    text: str
    step: int
    colour: str


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
    notes: tuple[Sentence, ...]
    kpis: tuple[Kpi, ...]
    sinks: Sinks | None
    grid: Grid | None


def sink_shares(results: Results) -> pd.Series:
    """The share that special tokens receive in each analysed text, mean over layers and heads;
    empty where the model has none. Index: row of `texts`."""
    shares: pd.Series = results.heads.groupby("text")["special_share"].mean()
    return shares.astype(float).dropna()


def _over_texts(results: Results, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the texts that the notes count: those long enough, else all of them."""
    counted = takes_part(results)
    return table[counted[table["text"].to_numpy(int)]] if counted.any() else table


def make_overview(
    results: Results,
    language: Language,
    shares: pd.Series,
    notes: Sequence[Note],
    more_kpis: Sequence[Kpi] = (),
) -> Overview:
    """The overview; `shares` as `sink_shares` gives them, `notes` those that stand in it."""
    wording = language.wording
    return Overview(
        verdicts=wording.verdicts(notes),
        notes=sentences(notes, wording),
        kpis=(*_kpis(results, language, shares), *more_kpis),
        sinks=_sinks(results, language) if len(results.roles) else None,
        grid=_grid(results, language) if len(results.heads) else None,
    )


def _kpis(results: Results, language: Language, shares: pd.Series) -> tuple[Kpi, ...]:
    texts = results.texts
    analysed = int(texts["status"].isin(ANALYSED).sum())
    remark = language.say("kpi", "analysed", n=f"{analysed:,}") if analysed < len(texts) else ""
    tokens, content = int(texts["n_tokens"].sum()), int(texts["n_content"].sum())
    kpis = [
        Kpi(f"{len(texts):,}", language.count("kpi", "texts", len(texts)), remark),
        Kpi(
            f"{tokens:,}",
            language.count("kpi", "tokens", tokens),
            language.count("kpi", "content", content) if content < tokens else "",
        ),
    ]
    if len(shares):
        heads = _over_texts(results, results.heads)
        share, even = (float(heads[name].mean()) for name in ("special_share", "uniform_share"))
        kpis.append(
            Kpi(
                language.percent(share),
                language.say("kpi", "sink_share"),
                language.say("kpi", "even", share=language.percent(even)),
            )
        )
        layers = _by_layer(results)
        best = _highest(layers)
        kpis.append(
            Kpi(
                language.say("kpi", "layer", n=best),
                language.say("kpi", "strongest"),
                language.say("kpi", "gets", share=language.percent(float(layers[best]))),
            )
        )
    errors = (texts["prediction"] - texts["label_value"]).dropna()
    if len(errors):
        kpis.append(
            Kpi(
                number(float(errors.abs().mean())),
                language.say("kpi", "mean_error"),
                language.count("kpi", "of_labels", len(errors)),
            )
        )
    return tuple(kpis)


def _by_layer(results: Results) -> pd.Series:
    """Share of all special tokens, by layer: mean over heads, then over texts."""
    heads = _over_texts(results, results.heads)
    shares: pd.Series = heads.groupby("layer")["special_share"].mean().astype(float)
    return shares


def _highest(by_layer: pd.Series) -> int:
    return int(by_layer.index[int(by_layer.to_numpy(float).argmax())])


def _sinks(results: Results, language: Language) -> Sinks:
    layers = list(range(1, results.info.model.n_layers + 1))
    shares = _over_texts(results, results.roles)
    means = shares.groupby(["role", "layer"])["share"].mean().astype(float)
    roles = [role for role in results.info.roles if (shares["role"] == role.key).any()]
    series = [(role.token, [float(means[role.key, layer]) for layer in layers]) for role in roles]
    total = _by_layer(results)
    heads = _over_texts(results, results.heads)
    even = heads.groupby("layer")["uniform_share"].mean().astype(float)
    best = _highest(total)
    chart = stacked_bars(
        series=series,
        expected=[float(even[layer]) for layer in layers],
        axis=(language.say("sinks", "axis_share"), language.say("sinks", "axis_layer")),
        sentence=language.say(
            "sinks",
            "sentence",
            layer=best,
            share=language.percent(float(total[best])),
            even=language.percent(float(even[best])),
        ),
    )
    rows = tuple(
        (
            str(layer),
            *(language.percent(values[layer - 1]) for _, values in series),
            language.percent(float(total[layer])),
            language.percent(float(even[layer])),
        )
        for layer in layers
    )
    return Sinks(chart, tuple(token for token, _ in series), rows)


def _grid(results: Results, language: Language) -> Grid:
    measure = "special_share" if results.heads["special_share"].notna().any() else "entropy"
    means: pd.Series = (
        _over_texts(results, results.heads).groupby(["layer", "head"])[measure].mean().astype(float)
    )
    heads = tuple(range(1, results.info.model.n_heads + 1))
    return Grid(
        title=language.say("grid", f"{measure}_title"),
        lead=language.say("grid", f"{measure}_lead"),
        heads=heads,
        rows=tuple(
            (layer, tuple(_cell(float(means[layer, head])) for head in heads))
            for layer in range(1, results.info.model.n_layers + 1)
        ),
    )


def _cell(share: float) -> Cell:
    if share != share:  # no text long enough for this figure
        return Cell("", 0, heat_colour(0))
    step = heat_step(share, 1.0)
    return Cell(str(round(100 * share)), step, heat_colour(step))
