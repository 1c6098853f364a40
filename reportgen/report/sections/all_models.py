"""The section of a comparison of more than two models: every figure in each, and what changed from
the first model and from the one before."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from reportgen.comparison import (
    AGREEMENT,
    EDIT_SIZE,
    ENTROPY,
    LAYER_LEAST,
    AllModels,
    FigureRow,
    ModelStep,
    ModelValue,
)
from reportgen.findings import Interval
from reportgen.report.charts.trend_charts import Axis, trend
from reportgen.report.components import Cell, Table, make_table
from reportgen.report.language.comparison import NAME, CompareWords, Write
from reportgen.report.language.numbers import NOTHING
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.sentences import verdict_inside
from reportgen.report.panel.unit_measures import cls_name
from reportgen.report.sections.context_compared import CompareContext

_ON_PAPER = 4  # models that stand beside one another
IN_COLUMNS = 12  # models at most; of more, each has a row
_BELOW = 12  # half-width characters of a folder below a chart
_NAMED = 3  # models that differ in between


@dataclass(frozen=True, slots=True)
class ModelsAnswer:
    """The section: sentences, then a table of figures and one of changes."""

    lead: tuple[str, ...]
    drift: tuple[str, ...]  # a sentence on changes that no single step shows, or none
    figures: Table
    steps: Table
    are_many: bool  # models: more than stand beside one another on paper


def make_all_models(context: CompareContext) -> ModelsAnswer | None:
    """The section; None where two models are compared."""
    models, words = context.comparison.all_models, context.words
    if models is None:
        return None
    lead = [words.say("all_lead", n=models.n_texts)]
    if models.n_left_out:
        lead.append(words.count("all_left_out", models.n_left_out))
    figures, steps = _figures(models, words), _steps(models, words)
    if len(models.infos) > IN_COLUMNS:
        figures, steps = (turned(without_trend(table), words) for table in (figures, steps))
    else:
        lead.append(words.say("trend_note"))
    return ModelsAnswer(
        tuple(lead),
        drift(models, words),
        figures,
        steps,
        are_many=len(models.infos) > _ON_PAPER,
    )


def model_names(models: AllModels, words: CompareWords) -> tuple[str, ...]:
    """The names of the models: their steps in a training where these are known; else that of the
    folder or the model, with its number where another has the same."""
    points = models.trend.checkpoints
    named = [
        shorten(visible(point.name), NAME)
        if point.step is None
        else words.say("model_step", step=point.step)
        for point in points
    ]
    return tuple(
        name if named.count(name) == 1 else words.say("model_number", i=i, name=name)
        for i, name in enumerate(named, 1)
    )


def axis_of(models: AllModels, words: CompareWords) -> Axis:
    """What stands below a chart: steps, or names of folders."""
    points = models.trend.checkpoints
    if any(point.step is None for point in points):
        return Axis([shorten(visible(point.name), _BELOW) for point in points])
    steps = [point.step for point in points if point.step is not None]
    return Axis([f"{step:,}" for step in steps], steps)


def drift(models: AllModels, words: CompareWords) -> tuple[str, ...]:
    """A sentence on figures that changed more from the first model to the last than in all steps
    together; none if there are none."""
    parts = []
    for key, changed, of_all in _COUNTS:
        last, steps = models.from_first[-1], [changed(step) for step in models.from_previous]
        k, known = changed(last), [step for step in steps if step is not None]
        if k is not None and len(known) == len(steps) and k > sum(known):
            parts.append(words.count(f"drift_{key}", of_all(last) or 0, k=k, sum=sum(known)))
    if not parts:
        return ()
    # Where texts are left out here, the comparison of the first and the last model may have them.
    key = "drift_common" if models.n_left_out else "drift"
    return (words.say(key, parts=words.language.listed(parts), n=models.n_texts),)


def between(models: AllModels, words: CompareWords) -> str:
    """A sentence on the models between the first and the last that differ from the first, if the
    last does not."""
    names = model_names(models, words)[1:-1]
    differing = [
        (name, step)
        for name, step in zip(names, models.from_first, strict=False)
        if not step.same_output or step.n_moved or step.distance or step.effects
    ]
    if not differing:
        return words.say("between_none")
    parts = [
        words.say("between_model", name=name, k=step.n_moved, n=step.n_predicted)
        if step.n_moved
        else words.say("between_looks", name=name)
        for name, step in differing[:_NAMED]
    ]
    if len(differing) > _NAMED:
        parts.append(words.count("between_more", len(differing) - _NAMED))
    return words.say("between", parts=words.language.listed(parts))


def since_when(models: AllModels, words: CompareWords) -> tuple[str, ...]:
    """A sentence on the model from which on all are better or worse than the first, or the same;
    none where that is not sure."""
    quality = models.trend.quality
    if quality is None:
        return ()
    names = model_names(models, words)
    places = (0, quality.since, len(names) - 1)
    write = words.quality(quality.figure)
    shown = (write(value, False) for value in quality.values)
    values = dict(zip((names[place] for place in places), shown, strict=True))
    listed = (words.trend("value_in", value=x, name=name) for name, x in values.items())
    sentence = words.trend(
        f"since_{quality.course}",
        name=names[quality.since],
        first=names[0],
        limit=words.smallest(quality.figure),
        figure=words.say(f"quality_{quality.figure}"),
        values=words.language.listed(listed),
    )
    return (sentence,)


_COUNTS: tuple[
    tuple[str, Callable[[ModelStep], int | None], Callable[[ModelStep], int | None]], ...
] = (
    ("moved", lambda step: step.n_moved, lambda step: step.n_predicted),
    ("heads", lambda step: step.n_heads_changed, lambda step: step.n_heads),
    ("tokens", lambda step: step.n_tokens_changed, lambda step: step.n_tokens),
)


def _figures(models: AllModels, words: CompareWords) -> Table:
    rows = [
        (
            figure_name(row, words),
            [*(_cell(v, row, models, words) for v in row.values), _trend(row)],
        )
        for row in models.rows
    ]
    columns = [words.say("fit_name"), *model_names(models, words), words.say("trend")]
    return make_table(words.say("all_figures"), columns, rows, "tracks")


def figure_name(row: FigureRow, words: CompareWords) -> str:
    """What the figure of a row is."""
    if row.token:
        return words.say("figure_role", token=shorten(visible(row.token), NAME))
    name = words.say(f"quality_{row.quality}" if row.quality else f"figure_{row.key}")
    return words.say("decides", name=name) if row.decides else name


def writer(row: FigureRow, words: CompareWords) -> Write:
    """Writes the figure of a row."""
    if row.key == EDIT_SIZE:
        return lambda value, with_sign: words.size(value, with_sign=with_sign)
    if row.quality is None and row.key not in (ENTROPY, AGREEMENT):
        return words.share
    return words.fit if row.quality is None else words.quality(row.quality)


def _cell(value: ModelValue | None, row: FigureRow, models: AllModels, words: CompareWords) -> Cell:
    """A figure of one model, and its change from the first."""
    if value is None:
        return Cell(NOTHING)
    write = writer(row, words)
    beside = []
    if value.layer is not None:
        beside.append(words.say("in_layer", layer=value.layer))
    if value.view is not None:
        info = models.infos[row.values.index(value)]
        name = visible(cls_name(info, words.language) or "")
        beside.append(words.language.measure(value.view, "name", row=name))
        beside.append(words.interval_if_any(value.interval, write))
        if value.judgement is not None:
            beside.append(verdict_inside(value.judgement, words.language))
    if value.change is not None:
        beside.append(str(changed(value, row, words)))
    return Cell(write(value.value, False), words.language.listed(beside))


def changed(value: ModelValue, row: FigureRow, words: CompareWords) -> Cell:
    """The change of a figure from the first model, and what it means."""
    change, write = value.change, writer(row, words)
    assert change is not None
    if value.gain is None or row.quality is None or change.interval is None:
        return words.changed(change, write, least=LAYER_LEAST)
    meaning = words.gain(
        row.quality,
        value.gain,
        change.n_texts,
        is_unmoved=value.is_unmoved,
        is_sure_alone=value.is_sure_alone,
    )
    interval = words.interval(change.interval, write)
    return Cell(words.difference(change.difference, write), f"{interval} {meaning}")


def _trend(row: FigureRow) -> Cell:
    """The figure in every model as a line."""
    return Cell("", track=trend(*points_of(row)))


def points_of(row: FigureRow) -> tuple[list[float | None], list[Interval | None]]:
    """The values of a row, and what is drawn about each: the interval of the value, or that of its
    change from the first model, moved to lie about it."""
    first = row.values[0]
    values, intervals = list[float | None](), list[Interval | None]()
    for value in row.values:
        values.append(None if value is None else value.value)
        interval = None if value is None else value.interval
        if value is not None and value.change is not None and first is not None:
            of_change = value.change.interval
            interval = of_change and Interval(*(first.value + end for end in of_change))
        intervals.append(interval)
    return values, intervals


def _steps(models: AllModels, words: CompareWords) -> Table:
    """What changed: two rows for each figure, from the first model and from the one before."""

    def counted(key: str) -> Callable[[ModelStep], Cell]:
        _, changed, of_all = next(each for each in _COUNTS if each[0] == key)

        def cell(step: ModelStep) -> Cell:
            k, n = changed(step), of_all(step)
            return Cell(NOTHING if k is None else words.say("of_all", k=k, n=n))

        return cell

    def written(value: float | None) -> Cell:
        return Cell(NOTHING if value is None else words.fit(value))

    def verdict(step: ModelStep) -> Cell:
        return Cell(words.say(f"gain_{step.verdict}") if step.verdict else NOTHING)

    kinds: Sequence[tuple[str, Callable[[ModelStep], Cell]]] = (
        ("verdict", verdict),
        ("moved", counted("moved")),
        ("tokens", counted("tokens")),
        ("effects", lambda step: written(step.effects)),
        ("heads", counted("heads")),
        ("distance", lambda step: written(step.distance)),
    )
    rows = []
    for key, cell in kinds:
        for way, steps in (("first", models.from_first), ("previous", models.from_previous)):
            cells = [cell(step) for step in steps]
            if any(step_cell.text != NOTHING for step_cell in cells):
                rows.append((words.say(f"step_{way}", name=words.say(f"step_{key}")), cells))
    columns = [words.say("fit_name"), *model_names(models, words)[1:]]
    return make_table(words.say("all_steps"), columns, rows, "tracks")


def turned(table: Table, words: CompareWords) -> Table:
    """The table turned round: a row for each model and a column for each figure."""
    columns = [words.language.say("common", "model"), *(row[0].text for row in table.rows)]
    rows = [
        (column.name, [row[i] for row in table.rows]) for i, column in enumerate(table.columns) if i
    ]
    return make_table(table.title, columns, rows, table.kind)


def without_trend(table: Table) -> Table:
    """The table without its charts, for forms that have no place for them."""
    keep = [not any(row[i].track for row in table.rows) for i in range(len(table.columns))]

    def kept(cells: Iterable[Cell]) -> tuple[Cell, ...]:
        return tuple(cell for cell, is_kept in zip(cells, keep, strict=True) if is_kept)

    columns = tuple(c for c, is_kept in zip(table.columns, keep, strict=True) if is_kept)
    return Table(columns, tuple(map(kept, table.rows)), table.title, table.kind)
