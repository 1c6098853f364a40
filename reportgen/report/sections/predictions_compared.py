"""The section of a comparison on predictions: their fit with labels, and the texts whose prediction
changed or whose error grew."""

from collections.abc import Collection, Iterator
from math import isfinite
from typing import get_args

import numpy as np

from reportgen.comparison import (
    MOVED,
    SAME_CONFIDENCE,
    SHARE,
    Change,
    Comparison,
    Outcome,
    PredictionChanges,
    QualityFigure,
    QualityVerdict,
)
from reportgen.comparison import Quality as ModelQuality
from reportgen.report.charts.scatter import DOTS, scatter
from reportgen.report.charts.svg import Drawing
from reportgen.report.components import Cell, Kpi, QualitySection, Table, make_table
from reportgen.report.language.comparison import NAME, CompareWords, Write
from reportgen.report.language.numbers import NOTHING
from reportgen.report.language.printable import shorten, visible
from reportgen.report.sections.context_compared import CompareContext
from reportgen.report.sections.texts_compared import both_names, label_of, text_name

MOST = 10  # texts whose number moved most, or whose error grew most
FLIPS = 200  # texts with another class, labels or token: all, as far as this goes
_MARKS = 3  # of them named in the scatter


def make_predictions(context: CompareContext) -> QualitySection | None:
    """The section on predictions: their fit with the labels, and the texts whose prediction moved
    most; None where predictions cannot be compared."""
    comparison, words = context.comparison, context.words
    predictions = comparison.predictions
    if predictions is None:
        return None
    drawn = scatter_chart(comparison, words)
    quality, tables = predictions.quality, _tables(comparison, predictions, words)
    remarks = []
    if quality is not None:
        remarks += [verdict(quality, words), quality_note(quality, words)]
    if predictions.outcomes:
        remarks.append(flips(predictions, words))
    return QualitySection(
        headline=how_many_moved(predictions, words),
        remarks=tuple(remarks),
        figures=_figures(predictions, words),
        interval_note=words.say("intervals"),
        chart=drawn[0].on_page() if drawn else None,
        chart_note=drawn[1] if drawn else "",
        tables=tables,
    )


def quality_note(quality: ModelQuality, words: CompareWords) -> str:
    """When a figure is called better, worse or the same."""
    sentences = [
        words.say("quality_note", limit=words.smallest(quality.deciding.name), same=SAME_CONFIDENCE)
    ]
    if quality.others:
        sentences.append(words.say("quality_others"))
    if quality.figure("bias"):
        sentences.append(words.say("quality_numbers"))
    return words.language.sentences(sentences)


def verdict(quality: ModelQuality, words: CompareWords) -> str:
    """Which model fits the labels better, by the figure that decides; then the figures that say
    something else for sure."""
    figure, key = quality.deciding, f"verdict_{quality.verdict}"
    if quality.is_unmoved and quality.verdict == "same":
        key = "verdict_unmoved"
    sentence = words.say(
        key,
        against=words.say(f"against_{'completions' if quality.of_completions else 'labels'}"),
        first=_both(figure, words),
        limit=words.smallest(figure.name),
        floor=words.unmoved,
        n=quality.n_texts,
    )
    return words.language.sentences((sentence, *others(quality, words)))


def others(quality: ModelQuality, words: CompareWords, told: Collection[str] = ()) -> Iterator[str]:
    """A sentence on the figures that are better, and one on those that are worse, where the figure
    that decides is not; without those that are `told` elsewhere, and what says the same as they."""
    gains: tuple[QualityVerdict, ...] = ("better", "worse")
    for gain in gains:
        figures = [
            figure
            for figure in quality.with_gain(gain)
            if gain != quality.verdict and not {figure.name, figure.kind.says_as} & {*told}
        ]
        if figures:
            listed = words.language.listed(_both(figure, words) for figure in figures)
            yield words.say(f"others_{gain}", figures=listed)


def _both(figure: QualityFigure, words: CompareWords) -> str:
    """A figure in both models."""
    base, head = words.both_quality(figure.name, figure.change)
    name = words.say(f"quality_{figure.name}")
    return words.say("quality_as", name=name, base=base, head=head)


def flips(predictions: PredictionChanges, words: CompareWords) -> str:
    """What became of the texts with a label whose class changed."""
    counts = {name: predictions.n_flips(name) for name in get_args(Outcome)}
    k = sum(n for name, n in counts.items() if name != "unknown")
    return words.say("flips", k=k, **counts)


def how_many_moved(predictions: PredictionChanges, words: CompareWords) -> str:
    """How many texts' prediction changed, and what counts as a change."""
    given = {"k": predictions.n_moved, "n": len(predictions.texts)}
    if predictions.is_number and predictions.threshold is not None:
        threshold = words.size(predictions.threshold)
        key = "moved_number_null" if predictions.is_null_threshold else "moved_number"
        return words.say(key, threshold=threshold, share=MOVED, null_share=SHARE, **given)
    if predictions.is_numbers:
        return words.say("moved_numbers", share=MOVED, **given)
    return words.say("moved_name", **given)


def _figures(predictions: PredictionChanges, words: CompareWords) -> tuple[Kpi, ...]:
    share = predictions.share_moved
    interval = words.interval_if_any(share.interval, words.share)
    figures = [Kpi(words.share(share.head), words.say("share_moved"), interval)]
    if predictions.mean is not None:
        least = predictions.threshold or 0.0
        cell = words.changed(predictions.mean, mean_change(predictions.mean, words), least=least)
        figures.append(Kpi(cell.text, words.say("mean_change"), cell.small))
        largest = float(predictions.change[np.abs(predictions.change).argmax()])
        figures.append(Kpi(words.prediction(largest, True), words.say("largest_change")))
    if predictions.correlation is not None:
        figures.append(Kpi(words.fit(predictions.correlation), words.say("correlation")))
    return tuple(figures)


def _tables(
    comparison: Comparison, predictions: PredictionChanges, words: CompareWords
) -> tuple[Table, ...]:
    tables = (
        _fit(predictions, words),
        _regressions(comparison, predictions, words),
        _moved(comparison, predictions, words),
    )
    return tuple(table for table in tables if table is not None)


def _fit(predictions: PredictionChanges, words: CompareWords) -> Table | None:
    if predictions.quality is None:
        return None
    quality, rows = predictions.quality, []
    for figure in quality.figures:
        change, write = figure.change, words.quality(figure.name)
        ends = [Cell(end) for end in words.both_quality(figure.name, change)]
        difference = words.difference(change.difference, write)
        interval = words.interval_if_any(change.interval, write)
        gain = words.gain(
            figure.name,
            figure.gain,
            quality.n_texts,
            is_unmoved=quality.is_unmoved,
            is_sure_alone=quality.is_sure_alone(figure),
        )
        name = words.say(f"quality_{figure.name}")
        if figure is quality.deciding and quality.others:
            name = words.say("decides", name=name)
        gain = " ".join(filter(None, (interval, gain)))
        rows.append((name, [*ends, Cell(difference, gain)]))
    names = [words.say(name) for name in ("fit_name", "base", "head", "change")]
    return make_table(words.say("fit"), names, rows)


def _regressions(
    comparison: Comparison, predictions: PredictionChanges, words: CompareWords
) -> Table | None:
    """The texts whose error grew most; None where no error did."""
    order = predictions.regressions
    if not order:
        return None
    labels = comparison.pairing.labels
    # Of several numbers their mean errors stand there, not the numbers.
    sides = predictions.ends if predictions.is_numbers else (predictions.base, predictions.head)
    write, rows = words.error if predictions.is_numbers else words.prediction, []
    for i in order[:MOST]:
        text = int(predictions.texts[i])
        cells = [Cell(write(float(side[i]), False)) for side in sides]
        if not predictions.is_numbers:
            cells.append(Cell(words.prediction(float(labels["label_value"].iloc[text]))))
        cells.append(Cell(write(float(predictions.error_growth[i]), True)))
        rows.append((text_name(comparison.base.results, text), cells))
    columns = (
        "text",
        "base",
        "head",
        *(() if predictions.is_numbers else ("label",)),
        "error_growth",
    )
    names = [words.say(name) for name in columns]
    title = words.say("regressions", shown=len(rows), n=len(order))
    return make_table(title, names, rows, "numbers moved")


def mean_change(change: Change, words: CompareWords) -> Write:
    """Writes a mean change of predictions, which is often far smaller than they are."""
    largest = max(map(abs, (change.difference, *(change.interval or ()))))
    return lambda value, with_sign: words.size(value, largest, with_sign)


def _moved(
    comparison: Comparison, predictions: PredictionChanges, words: CompareWords
) -> Table | None:
    """The texts whose number moved most, or all whose class, labels or token is another one."""
    n_all = len(predictions.order)
    order = predictions.order[: FLIPS if predictions.names else MOST]
    if not order:
        return None
    title = words.say("most_moved")
    if predictions.names:
        key = "all_flips" if n_all == len(order) else "some_flips"
        title = words.say(key, shown=len(order), n=n_all)
    has_labels = bool(comparison.pairing.labels["label"].notna().any())
    rows = []
    for i in order:
        text = int(predictions.texts[i])
        if predictions.is_number:
            ends = [
                words.prediction(float(side[i])) for side in (predictions.base, predictions.head)
            ]
            change = words.prediction(float(predictions.change[i]), True)
            cells = [*map(Cell, ends), Cell(change)]
        elif predictions.is_numbers:
            cells = [Cell(f"{predictions.change[i]:.2f}")]
        else:
            cells = [Cell(shorten(n, NAME)) for n in both_names(comparison, predictions, i, words)]
        if has_labels:
            cells.append(Cell(_label(comparison, predictions, i, words)))
        if predictions.chances:
            ends = [words.share(chance) for chance in predictions.chances[i]]
            cells.append(Cell(words.say("compared_as", base=ends[0], head=ends[1])))
        if predictions.outcomes:
            cells.append(Cell(words.say(f"outcome_{predictions.outcomes[i]}")))
        rows.append((text_name(comparison.base.results, text), cells))
    columns = ["text", "base", "head"] if not predictions.is_numbers else ["text"]
    columns += ["change"] if not predictions.names else []
    columns += ["label"] if has_labels else []
    chance = words.language.key_of("compared", "chance", predictions.kind)
    columns += [chance] if predictions.chances else []
    columns += ["outcome"] if predictions.outcomes else []
    names = [words.say(name) for name in columns]
    return make_table(title, names, rows, "numbers moved")


def _label(
    comparison: Comparison, predictions: PredictionChanges, place: int, words: CompareWords
) -> str:
    """The label of place `place` of `predictions`; a number as predictions are written."""
    label, value = comparison.pairing.labels[["label", "label_value"]].iloc[
        int(predictions.texts[place])
    ]
    if predictions.is_number and isfinite(value):
        return words.prediction(float(value))
    if not isinstance(label, str):
        return NOTHING
    return shorten(label_of(comparison, predictions, place, label, words), NAME)


def scatter_chart(comparison: Comparison, words: CompareWords) -> tuple[Drawing, str] | None:
    """The predicted number of each text in the new model against that in the old one, and what the
    marks stand for; None where numbers are not what is predicted."""
    predictions = comparison.predictions
    if predictions is None or not predictions.is_number:
        return None
    ids = comparison.base.texts["text_id"].iloc[predictions.texts].astype(str).tolist()
    first = int(np.abs(predictions.change).argmax())
    name = shorten(comparison.base.info.output.name, NAME)
    sentence = words.say(
        "scatter_sentence",
        n=len(predictions.texts),
        text=shorten(ids[first], NAME),
        base=words.prediction(float(predictions.base[first])),
        head=words.prediction(float(predictions.head[first])),
    )
    chart, most = scatter(
        across=predictions.base,
        up=predictions.head,
        marks=[(i, shorten(visible(ids[i]))) for i in predictions.order[:_MARKS]],
        axis=(words.say("axis_base", name=name), words.say("axis_head", name=name)),
        sentence=sentence,
    )
    if len(predictions.texts) > DOTS:
        return chart, words.say("scatter_note_cells", n=most)
    return chart, words.say("scatter_note")
