"""Thresholds and the decision table: measured figures in, notes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from math import isnan

from reportgen.info import Role
from reportgen.notes.figures import (
    ANALYSED,
    CONFIDENCE,
    MIN_CONTENT,
    MIN_TEXTS,
    RESAMPLES,
    Interval,
    LayerFigures,
    RoleFigures,
    analysed,
    role_figures,
    takes_part,
)
from reportgen.results import Results

SINK_SHARE = 0.30
SINK_RATIO = 3.0
RAISED_RATIO = 1.5


@dataclass(frozen=True, slots=True)
class Citation:
    """A publication a note rests on."""

    author_year: str
    title: str
    identifier: str


BRUNNER = Citation("Brunner et al. 2020", "On Identifiability in Transformers", "arXiv 1908.04211")
CLARK = Citation(
    "Clark et al. 2019",
    "What Does BERT Look At? An Analysis of BERT's Attention",
    "arXiv 1906.04341 / W19-4828",
)
GU = Citation(
    "Gu et al. 2024",
    "When Attention Sink Emerges in Language Models: An Empirical View",
    "arXiv 2410.10781",
)
KOVALEVA = Citation(
    "Kovaleva et al. 2019",
    "Revealing the Dark Secrets of BERT",
    "arXiv 1908.08593 / D19-1445",
)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number the notes are decided by; `notes.words` says why it is what it is."""

    id: str
    value: float
    citation: Citation | None  # None where it is our own choice


THRESHOLDS = (
    Threshold("sink_share", SINK_SHARE, GU),
    Threshold("sink_ratio", SINK_RATIO, None),
    Threshold("raised_ratio", RAISED_RATIO, None),
    Threshold("confidence", CONFIDENCE, None),
    Threshold("resamples", RESAMPLES, None),
    Threshold("min_texts", MIN_TEXTS, None),
    Threshold("min_content", MIN_CONTENT, None),
)


@dataclass(frozen=True, slots=True)
class Note:
    """One statement about the measured figures; `notes.words` puts it into a sentence."""

    id: str
    role: str | None  # key of the special-token role it is about
    token: str | None  # that role's token
    values: Mapping[str, float | int | str]
    citations: tuple[Citation, ...]
    is_verdict: bool  # the one statement on attention sinks that its role has


class Standing(IntEnum):
    """How far one layer's figures go towards a sink; a higher one outweighs the lower ones."""

    NONE = 0
    NONE_OR_RAISED = 1
    RAISED = 2
    SINK_NOT_RULED_OUT = 3
    SINK = 4


# An interval across a threshold leaves it unclear on which side of it the figure lies.
VERDICTS: Mapping[Standing, str] = {
    Standing.NONE: "N1b",
    Standing.NONE_OR_RAISED: "unclear-raised",
    Standing.RAISED: "N1d",
    Standing.SINK_NOT_RULED_OUT: "unclear",
    Standing.SINK: "N1",
}
_VERDICT_CITATIONS: Mapping[str, tuple[Citation, ...]] = {
    "N1": (CLARK, KOVALEVA, GU),
    "N1d": (GU,),
    "N1b": (),
    "unclear-raised": (GU,),
    "unclear": (GU,),
}


def standing(share: Interval, ratio: Interval) -> Standing:
    """Where a layer stands, by the intervals of its share and of its ratio to an even spread.

    A sink has both the share and the ratio: in a text of five tokens two special ones get 40 % by
    an even spread alone. A statement needs the whole interval on its side of the threshold.
    """
    if share.low >= SINK_SHARE and ratio.low >= SINK_RATIO:
        return Standing.SINK
    if share.high >= SINK_SHARE and ratio.high >= SINK_RATIO:
        return Standing.SINK_NOT_RULED_OUT
    if ratio.low >= RAISED_RATIO:
        return Standing.RAISED
    if ratio.high >= RAISED_RATIO:
        return Standing.NONE_OR_RAISED
    return Standing.NONE


def corpus_notes(results: Results) -> tuple[Note, ...]:
    """What holds for all texts together, verdicts first; one verdict a special-token role."""
    notes: list[Note] = []
    for role in results.info.roles:
        notes += _role_notes(role, role_figures(results, role.key))
    if not results.info.roles:
        notes.append(Note("no-special", None, None, {}, (GU,), is_verdict=True))
    return (*notes, *_spread(results), *_short(results), *_long(results))


def text_notes(results: Results, text: int) -> tuple[Note, ...]:
    """What holds for row `text` of `texts` alone; nothing for a text that was not analysed."""
    row = results.texts.iloc[text]
    if row["status"] not in ANALYSED:
        return ()
    n_tokens, n_content = int(row["n_tokens"]), int(row["n_content"])
    head_size = results.info.model.head_size
    notes: list[Note] = []
    if n_content < MIN_CONTENT:
        notes.append(_note("N16-text", {"n_content": n_content, "min_content": MIN_CONTENT}))
    else:
        effective = {name: float(row[name]) for name in ("effective_tokens", "effective_content")}
        counts = {"n_tokens": n_tokens, "n_content": n_content}
        notes.append(_spread_note(results, counts | effective))
    if n_tokens > head_size:
        notes.append(_note("N17-text", {"n_tokens": n_tokens, "head_size": head_size}, BRUNNER))
    return tuple(notes)


def _note(id: str, values: Mapping[str, float | int | str], *citations: Citation) -> Note:
    return Note(id, None, None, values, citations, is_verdict=False)


def _role_notes(role: Role, figures: RoleFigures) -> list[Note]:
    """The verdict on a role, and what follows from it."""
    if not figures.layers:
        values = {"min_content": MIN_CONTENT}
        return [Note("no-text", role.key, role.token, values, (), is_verdict=True)]
    if figures.n_texts < MIN_TEXTS:
        return [_few(role, figures)]
    id, layer = verdict(figures)
    notes = [
        Note(
            id,
            role.key,
            role.token,
            {
                "n_texts": figures.n_texts,
                "layer": layer.layer,
                "share": layer.share,
                "expected": layer.expected,
                "ratio": layer.ratio,
                **_ends("share", layer.share_interval),
                **_ends("ratio", layer.ratio_interval),
                "confidence": CONFIDENCE,
                "sink_share": SINK_SHARE,
                "sink_ratio": SINK_RATIO,
                "raised_ratio": RAISED_RATIO,
            },
            _VERDICT_CITATIONS[id],
            is_verdict=True,
        )
    ]
    if id == "N1" and role.key == "sep":
        own = {"layer": layer.layer, "self_share": layer.self_share}
        notes.append(Note("N11", role.key, role.token, own, (CLARK,), is_verdict=False))
    return notes


def verdict(figures: RoleFigures) -> tuple[str, LayerFigures]:
    """A role's verdict over all layers, and the layer it names.

    The layer that stands highest decides: one sink makes it a sink, one layer where a sink is not
    ruled out makes it unclear, and there is none only if no layer is even raised. Of the layers
    that stand equally high the one with the largest ratio is named; shares alone would not compare
    layers that look through windows of different widths.

    Args:
        figures: of at least MIN_TEXTS texts, so with intervals.
    """
    standings = {layer.layer: _standing_of(layer) for layer in figures.layers}
    named = max(figures.layers, key=lambda layer: (standings[layer.layer], layer.ratio))
    return VERDICTS[standings[named.layer]], named


def _standing_of(layer: LayerFigures) -> Standing:
    assert layer.share_interval is not None
    assert layer.ratio_interval is not None
    return standing(layer.share_interval, layer.ratio_interval)


def _few(role: Role, figures: RoleFigures) -> Note:
    """What was measured in these few texts, which is no verdict."""
    layer = max(figures.layers, key=lambda layer: layer.ratio)
    values = {
        "n_texts": figures.n_texts,
        "layer": layer.layer,
        "share": layer.share,
        "expected": layer.expected,
        "ratio": layer.ratio,
        **_ends("share", layer.share_range, "min", "max"),
        **_ends("expected", layer.expected_range, "min", "max"),
        "min_texts": MIN_TEXTS,
    }
    return Note("few", role.key, role.token, values, (), is_verdict=True)


def _ends(
    name: str, interval: Interval | None, low: str = "low", high: str = "high"
) -> dict[str, float]:
    assert interval is not None
    return {f"{name}_{low}": interval.low, f"{name}_{high}": interval.high}


def _spread(results: Results) -> list[Note]:
    texts = results.texts[takes_part(results)]
    if texts.empty:
        return []
    if texts["effective_content"].notna().any():
        texts = texts[texts["effective_content"].notna()]
    columns = ("n_tokens", "effective_tokens", "n_content", "effective_content")
    means = {name: float(texts[name].mean()) for name in columns}
    return [_spread_note(results, {"n_texts": len(texts), **means})]


def _spread_note(results: Results, values: Mapping[str, float]) -> Note:
    """N15; without its half on content tokens where that would say the same, or is not defined."""
    if results.info.roles and not isnan(values["effective_content"]):
        return _note("N15", values, CLARK)
    kept = {key: value for key, value in values.items() if not key.endswith("content")}
    return _note("N15-tokens", kept, CLARK)


def _short(results: Results) -> list[Note]:
    n_short = int((analysed(results) & ~takes_part(results)).sum())
    if not n_short:
        return []
    values = {
        "n_short": n_short,
        "n_analysed": int(analysed(results).sum()),
        "min_content": MIN_CONTENT,
    }
    return [_note("N16", values)]


def _long(results: Results) -> list[Note]:
    head_size = results.info.model.head_size
    texts = results.texts[analysed(results)]
    n_long = int((texts["n_tokens"] > head_size).sum())
    if not n_long:
        return []
    values = {"n_long": n_long, "n_analysed": len(texts), "head_size": head_size}
    return [_note("N17", values, BRUNNER)]
