"""The section on the trend over several models: a chart of each figure, where tokens became sinks,
which tokens gained or lost most, and which texts changed their prediction."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from reportgen.comparison import (
    AGREEMENT,
    ALL_SPECIAL,
    LAYER_LEAST,
    MOVED,
    MOVED_SHARE,
    AllModels,
    Comparison,
    FigureRow,
    ModelValue,
    TextTrend,
    TokenTrend,
)
from reportgen.errors import some
from reportgen.findings import QUALITY, Interval
from reportgen.report.charts.svg import Drawing
from reportgen.report.charts.trend_charts import SECTION, DashedLine, Frame, trend, trend_chart
from reportgen.report.components import Cell, Table, make_table
from reportgen.report.language.comparison import NAME, CompareWords
from reportgen.report.language.numbers import NOTHING, exact
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.sentences import verdict_inside
from reportgen.report.sections.all_models import (
    axis_of,
    changed,
    figure_name,
    model_names,
    points_of,
    since_when,
    writer,
)
from reportgen.report.sections.context_compared import CompareContext
from reportgen.report.sections.sink_trends import SinkPart, make_sinks, sink_sentences
from reportgen.report.sections.texts_compared import text_name
from reportgen.tasks import task_of

_IDS = 60  # half-width characters of the ids of texts without figures
_SHOWN = 20  # tokens, or texts, in a table
_NAMED = 3  # tokens in a sentence


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure in every model."""

    name: str
    remark: str  # its first and last value, and the change with its interval
    drawing: Markup
    is_first: bool  # not folded


def make_charts(models: AllModels, words: CompareWords) -> tuple[Chart, ...]:
    """A chart of each figure that at least two models have; the folded ones come last."""
    rows = [row for row in models.rows if sum(map(bool, row.values)) > 1]
    charts = (_chart(row, models, words) for row in rows)
    return tuple(sorted(charts, key=lambda chart: not chart.is_first))


def _is_first(row: FigureRow, models: AllModels) -> bool:
    """Whether a figure is not folded: the one that decides, what all special tokens get, and
    predictions that changed; agreement has a chart of that size among the answers."""
    is_alone = sum(each.quality is not None for each in models.rows) == 1
    decides = row.decides or (is_alone and row.quality is not None)
    return decides or row.key in (ALL_SPECIAL, MOVED_SHARE)


def _chart(row: FigureRow, models: AllModels, words: CompareWords) -> Chart:
    write, name = writer(row, words), figure_name(row, words)
    known = [(i, value) for i, value in enumerate(row.values) if value is not None]
    names = model_names(models, words)
    (first, before), (last, after) = known[0], known[-1]
    ends = [write(value.value, False) for value in (before, after)]
    remark = words.say("compared_as", base=ends[0], head=ends[1])
    if after.change is not None:
        remark += f" ({changed(after, row, words)})"
    if after.judgement is not None:
        remark += f" ({verdict_inside(after.judgement, words.language)})"
    sentence = words.trend("sentence",
        name=name, n=len(known), first=names[first], last=names[last], base=ends[0], head=ends[1],
    )  # fmt: skip
    drawing = draw_row(row, models, words, sentence).on_page()
    return Chart(name, remark, drawing, _is_first(row, models))


def draw_row(
    row: FigureRow,
    models: AllModels,
    words: CompareWords,
    sentence: str = "",
    frame: Frame = SECTION,
    limit: DashedLine | None = None,
) -> Drawing:
    """A figure in every model with its intervals; a ring where it did not clearly change from the
    first. `limit` is a value that it is held against."""
    values, intervals = points_of(row)
    is_share = writer(row, words) == words.share
    return trend_chart(
        values,
        [_possible(interval, row) for interval in intervals],
        axis_of(models, words),
        (lambda x: words.language.write(x, "exact_percent")) if is_share else exact,
        sentence,
        is_open=[_is_within(value) for value in row.values],
        limit=limit,
        frame=frame,
    )


def _possible(interval: Interval | None, row: FigureRow) -> Interval | None:
    """The part of an interval in which the figure can lie: an interval of its change may say more
    about the value than that."""
    kind = QUALITY[row.quality] if row.quality else None
    if interval is None or (kind is not None and kind.best == "zero"):
        return interval
    has_sign = row.key == AGREEMENT or (kind is not None and kind.scale == "correlation")
    low = interval.low if has_sign else max(0.0, interval.low)
    has_top = kind is None or not kind.is_relative
    return Interval(low, min(1.0, interval.high) if has_top else interval.high)


def _is_within(value: ModelValue | None) -> bool:
    """Whether the change from the first model is within noise."""
    if value is not None and value.gain is not None:
        return value.gain not in ("better", "worse")
    change = None if value is None else value.change
    return change is not None and not change.is_told(LAYER_LEAST)


@dataclass(frozen=True, slots=True)
class TrendPart:
    """The part on tokens, or on texts."""

    says: str  # which tokens count more and which less; how many texts changed
    table: Table | None  # None where none changed
    name: str  # how many rows the table has
    more: str  # how many are not listed; "" where all are


def make_tokens(models: AllModels, words: CompareWords) -> TrendPart | None:
    """The part; None where no token was compared."""
    trends = models.trend.tokens
    if not trends:
        return None
    clear = [token for token in trends if token.first_clear is not None]
    names = model_names(models, words)
    if not clear:
        return TrendPart(words.trend("no_token", n=len(trends)), None, "", "")
    parts = []
    for turn in ("more", "less"):
        tokens = [_quoted(token, words) for token in clear if token.turn == turn]
        if tokens:
            shown = words.language.listed(tokens[:_NAMED])
            parts.append(words.trend(f"tokens_{turn}", len(tokens), tokens=shown))
    sentence = words.trend("tokens_none") if not parts else ""
    sentence = sentence or words.language.sentences(parts)
    rows = [_token_row(token, names, words) for token in clear[:_SHOWN]]
    keys = ("token", "n_texts", "first", "last", "change", "clear", "trend")
    table = make_table(
        words.trend("tokens"),
        [words.trend(key) for key in keys],
        rows,
        "tracks tokens",
    )
    left = len(clear) - _SHOWN
    more = words.trend("more_tokens", left) if left > 0 else ""
    return TrendPart(sentence, table, words.trend("rows_tokens", len(rows)), more)


def _quoted(token: TokenTrend, words: CompareWords) -> str:
    return words.trend("quoted", token=shorten(visible(token.token), NAME))


def _token_row(
    token: TokenTrend, names: tuple[str, ...], words: CompareWords
) -> tuple[Cell, list[Cell]]:
    write = words.effect if token.has_effect else words.times
    changes = token.figures
    last = token.last
    change = last.effect or last.looks
    base, head, difference = words.both(change, write)
    if not token.has_effect:
        difference = words.changed(change, write, last.turn != "noise")
    values = [change.base, *(None if each is None else each.head for each in changes)]
    line = trend(values)
    clear = NOTHING if token.first_clear is None else names[token.first_clear]
    cells = [Cell(f"{last.n_texts:,}"), base, head, difference, Cell(clear), Cell("", track=line)]
    return Cell(shorten(token.token, NAME)), cells


def make_texts(comparison: Comparison, models: AllModels, words: CompareWords) -> TrendPart | None:
    """The part; None where no predictions are compared."""
    texts, n = models.trend.texts, models.trend.n_predicted
    if not n:
        return None
    if not texts:
        return TrendPart(words.trend("no_text", n=n), None, "", "")
    often = sum(len(text.changed_at) > 1 for text in texts)
    results = comparison.base.results
    rows = {str(id): row for row, id in enumerate(results.texts["text_id"])}
    task = task_of(comparison.base.info.output)
    names = model_names(models, words)
    # Tags and several numbers are too long for a cell.
    has_names = not (task.has_number or task.is_number or task.is_of_words)
    more, once = ("flipped", "flipped_once")
    if task.has_number or task.is_number:
        more, once = ("moved", "moved_once")
    sentence = words.trend(
        more if often else once, of=n, k=len(texts), often=often, limit=exact(MOVED)
    )
    lost = sum(text.is_lost for text in texts)
    if lost:
        sentence = words.language.sentences((sentence, words.trend("lost", lost)))
    make = _number_row if task.has_number else _name_row
    made = []
    for text in texts[:_SHOWN]:
        row = rows.get(text.id)
        name = Cell(shorten(text.id, NAME)) if row is None else text_name(results, row)
        cells = make(text, names, words, has_names)
        made.append((name, cells))
    keys: tuple[str, ...] = ("text", "path")
    if task.has_number:
        keys = ("text", "first", "last", "largest", "trend")
    table = make_table(
        words.trend("texts"),
        [words.trend(key) for key in keys],
        made,
        "tracks moved",
    )
    left = len(texts) - _SHOWN
    more = words.trend("more_texts", left) if left > 0 else ""
    return TrendPart(sentence, table, words.trend("rows_texts", len(made)), more)


def _number_row(
    text: TextTrend, names: Sequence[str], words: CompareWords, has_names: bool
) -> list[Cell]:
    """The first and the last number, and the step in which it moved most."""
    numbers = [value if isinstance(value, float) else None for value in text.predictions]
    known = [number for number in numbers if number is not None]
    steps = [
        (abs(b - a), b - a, i)
        for i, (a, b) in enumerate(pairwise(numbers), 1)
        if a is not None and b is not None
    ]
    ends = [Cell(words.prediction(value)) for value in (known[0], known[-1])]
    largest = Cell(NOTHING)
    if steps:
        _, change, at = max(steps, key=lambda step: step[0])
        largest = Cell(words.prediction(change, True), words.trend("at", name=names[at]))
    return [*ends, largest, Cell("", track=trend(numbers))]


def _name_row(
    text: TextTrend, names: Sequence[str], words: CompareWords, has_names: bool
) -> list[Cell]:
    """What was predicted first, and each other prediction with the model that made it first."""
    if not has_names:
        return [Cell(words.language.listed(names[i] for i in text.changed_at))]
    parts = [
        _prediction(text, next(i for i, value in enumerate(text.predictions) if value is not None))
    ]
    for i in text.changed_at:
        at = words.trend("at", name=names[i])
        parts.append(f"{_prediction(text, i)} {at}")
    return [Cell(words.trend("arrow").join(parts))]


def _prediction(text: TextTrend, model: int) -> str:
    """A prediction, and whether it is right where that is known."""
    predicted = text.predictions[model]
    mark = {True: " ✓", False: " ×", None: ""}[text.right[model]]
    return (NOTHING if predicted is None else shorten(str(predicted), NAME)) + mark


@dataclass(frozen=True, slots=True)
class TrendSection:
    """The section: sentences on what happened, then a part for each question."""

    says: tuple[str, ...]  # what happened
    lead: tuple[str, ...]  # on which texts, and what could not be compared
    charts: tuple[Chart, ...]
    more_charts: str  # how many are folded; "" for none
    sinks: tuple[SinkPart, ...]
    never: str  # which tokens are a sink in no model; "" where each is one in some
    tokens: TrendPart | None
    texts: TrendPart | None


def make_trend(context: CompareContext) -> TrendSection | None:
    """The section; None where two models are compared."""
    models, words = context.comparison.all_models, context.words
    if models is None:
        return None
    tokens, texts = make_tokens(models, words), make_texts(context.comparison, models, words)
    says = [*since_when(models, words), *sink_sentences(models, words)]
    says += [part.says for part in (tokens, texts) if part is not None]
    charts, sinks = make_charts(models, words), make_sinks(models, words)
    n_folded = sum(not chart.is_first for chart in charts)
    never = words.language.listed(sink.token for sink in sinks if not sink.is_ever)
    return TrendSection(
        says=tuple(says),
        lead=(words.trend("lead", n=models.n_texts), *limits(models, words)),
        charts=charts,
        more_charts=words.trend("more_charts", n_folded) if n_folded else "",
        sinks=sinks,
        never=never and words.trend("never", tokens=never),
        tokens=tokens,
        texts=texts,
    )


def limits(models: AllModels, words: CompareWords) -> tuple[str, ...]:
    """Which models have other texts, or another kind of output, than the first."""
    names = model_names(models, words)
    sentences, without = [], models.trend.without
    if without:
        ids = shorten(visible(some(without)), _IDS)
        sentences.append(words.trend("without", len(without), ids=ids))
    for name, unmatched in zip(names[1:], models.trend.unmatched[1:], strict=True):
        n = unmatched.n_missing - len(without)
        if n or unmatched.n_other:
            sentences.append(words.trend("unmatched", name=name, n=n, other=unmatched.n_other))
    for name, step in zip(names[1:], models.from_first, strict=True):
        if not step.same_output:
            sentences.append(words.trend("other_output", name=name, first=names[0]))
    return tuple(sentences)
