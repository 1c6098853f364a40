"""Where and when each special token becomes an attention sink."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from reportgen.comparison import AllModels, HeadState, SinkTrend
from reportgen.report.charts.svg import Drawing
from reportgen.report.charts.trend_charts import SECTION, DashedLine, Frame, trend, trend_chart
from reportgen.report.components import Cell, Table, heat_cell, make_table
from reportgen.report.language.comparison import NAME, CompareWords
from reportgen.report.language.numbers import NOTHING, fixed
from reportgen.report.language.printable import shorten, visible
from reportgen.report.sections.all_models import IN_COLUMNS, axis_of, model_names, turned
from reportgen.results import SINK_EXCESS

_HEADS = 12  # listed


@dataclass(frozen=True, slots=True)
class SinkPart:
    """One special token."""

    title: str
    says: str  # when it is a sink
    chart: Markup  # what it gets in its strongest layer
    layers: Table  # a row for each layer, a column for each model
    heads: Table | None  # those that give it more than the limit
    more: str  # how many are not listed; "" where all are
    token: str
    is_ever: bool  # a sink in any model


def make_sinks(models: AllModels, words: CompareWords) -> tuple[SinkPart, ...]:
    """A part for each special token."""
    return tuple(_part(sink, models, words) for sink in models.trend.sinks)


def sink_sentences(models: AllModels, words: CompareWords) -> tuple[str, ...]:
    """When each token is a sink; one sentence where none ever is, and none without tokens."""
    trends = models.trend.sinks
    if not trends:
        return ()
    sinks = [sink for sink in trends if sink.first is not None]
    if not sinks:
        return (words.trend("no_sink"),)
    return tuple(_says(sink, models, words) for sink in sinks)


def sink_news(models: AllModels, words: CompareWords) -> tuple[str, ...]:
    """The sentences on tokens that are a sink in some models and not in others."""
    n = len(models.infos)
    changed = [sink for sink in models.trend.sinks if 0 < sum(map(bool, sink.sink_layers)) < n]
    return tuple(_says(sink, models, words) for sink in changed)


def _says(sink: SinkTrend, models: AllModels, words: CompareWords) -> str:
    """When a token is a sink, and in which layers of the first and the last such model."""
    names, token = model_names(models, words), shorten(visible(sink.token), NAME)
    places = [i for i, layers in enumerate(sink.sink_layers) if layers]
    if not places:
        return words.trend("not_sink", token=token)
    first, last, n = places[0], places[-1], len(names)
    is_gapless = last - first + 1 == len(places)
    if len(places) == n:
        key = "always"
    elif is_gapless and last == n - 1:
        key = "from"
    elif is_gapless:
        key = "until"
    else:
        key = "some"
    sentence = words.trend(key,
        token=token, k=len(places), n=n, name=names[first], last=names[last],
        layers=_layers(sink.sink_layers[first], words),
    )  # fmt: skip
    k, n_heads = sink.n_sink_heads[last], sink.n_heads[last]
    if k is None or n_heads is None:
        return sentence
    layers = _layers(sink.sink_layers[last], words)
    heads = words.trend("heads", name=names[last], layers=layers, k=k, n=n_heads)
    return words.language.sentences((sentence, heads))


def _layers(layers: Sequence[int], words: CompareWords) -> str:
    """Their numbers; of three or more in a row the first and the last."""
    runs: list[list[int]] = []
    for layer in layers:
        if runs and layer == runs[-1][-1] + 1:
            runs[-1].append(layer)
        else:
            runs.append([layer])
    parts = []
    for run in runs:
        if len(run) > 2:
            parts.append(words.language.say("number", "range", low=str(run[0]), high=str(run[-1])))
        else:
            parts += map(str, run)
    numbers = words.language.listed(parts)
    return words.trend("layers", len(layers), layers=numbers)


def _part(sink: SinkTrend, models: AllModels, words: CompareWords) -> SinkPart:
    token = shorten(visible(sink.token), NAME)
    sentence = _says(sink, models, words)
    drawing = draw_sink(
        sink, models, words, words.trend("sink_sentence", token=token, says=sentence)
    )
    heads = sorted(sink.heads, key=lambda head: (head.first, head.layer, head.head))
    left = len(heads) - _HEADS
    return SinkPart(
        title=words.trend("sink", token=token),
        says=sentence,
        chart=drawing.on_page(),
        layers=_by_layer(sink, models, words),
        heads=_head_table(heads[:_HEADS], models, words) if heads else None,
        more=words.trend("more_heads", left) if left > 0 else "",
        token=token,
        is_ever=sink.first is not None,
    )


def draw_sink(
    sink: SinkTrend,
    models: AllModels,
    words: CompareWords,
    sentence: str = "",
    frame: Frame = SECTION,
) -> Drawing:
    """What a token gets beyond its equal share in its strongest layer of every model; full where it
    is a sink."""
    states = sink.strongest

    def percent(share: float) -> str:
        return words.language.write(share, "exact_percent")

    return trend_chart(
        [None if state is None else state.excess.mean for state in states],
        [None if state is None else state.excess.interval for state in states],
        axis_of(models, words),
        percent,
        sentence,
        is_open=[state is not None and not state.is_sink for state in states],
        limit=DashedLine(SINK_EXCESS, words.trend("limit", x=percent(SINK_EXCESS))),
        frame=frame,
    )


def _by_layer(sink: SinkTrend, models: AllModels, words: CompareWords) -> Table:
    """What the token gets beyond its equal share, by layer and model; bold where it is a sink."""
    rows, is_turned = [], len(models.infos) > IN_COLUMNS
    for number, states in enumerate(sink.layers, 1):
        cells = [
            Cell(NOTHING) if state is None else _state(state.excess.mean, is_sink=state.is_sink)
            for state in states
        ]
        rows.append((words.say("in_layer", layer=number) if is_turned else str(number), cells))
    totals = {n for n in sink.n_heads if n is not None}
    if totals:
        counts = zip(sink.n_sink_heads, sink.n_heads, strict=True)
        is_one = len(totals) == 1
        cells = [Cell(_count(k, n, words, is_one=is_one)) for k, n in counts]
        name = words.trend("sink_heads", of=max(totals)) if is_one else words.trend("some_heads")
        rows.append((name, cells))
    columns = [words.say("layer"), *axis_of(models, words).names]
    table = make_table(words.trend("by_layer"), columns, rows, "grid")
    return turned(table, words) if is_turned else table


def _count(k: int | None, n: int | None, words: CompareWords, *, is_one: bool) -> str:
    """How many heads, of how many where that is not the same in all models."""
    if k is None or n is None:
        return NOTHING
    return f"{k:,}" if is_one else words.say("of_all", k=k, n=n)


def _state(excess: float, *, is_sink: bool) -> Cell:
    return replace(heat_cell(fixed(100 * excess, 0), excess), is_strong=is_sink)


def _head_table(heads: Sequence[HeadState], models: AllModels, words: CompareWords) -> Table:
    names, rows = model_names(models, words), []
    for head in heads:
        known = [value for value in head.excess if value is not None]
        ends = [Cell(words.language.percent(value)) for value in (known[0], known[-1])]
        line = trend(head.excess)
        name = words.trend("head", layer=head.layer, head=head.head)
        rows.append((name, [Cell(names[head.first]), *ends, Cell("", track=line)]))
    keys = ("which_head", "since", "first", "last", "trend")
    return make_table(
        words.trend("heads_title"),
        [words.trend(key) for key in keys],
        rows,
        "tracks",
    )
