"""The section on predictions for a model that returns numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np

from reportgen.findings import (
    MARKED,
    MIN_PREDICTIONS,
    ErrorGroup,
    Estimate,
    Findings,
    Fit,
    Interval,
    NumbersFit,
    RankFit,
    Spread,
)
from reportgen.report.charts.axes import round_values
from reportgen.report.charts.cell_tracks import interval_text
from reportgen.report.charts.scatter import DOTS, histogram, scatter
from reportgen.report.components import Cell, Kpi, QualitySection, Table, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import NOTHING, decimals, in_column, number, written
from reportgen.report.language.printable import shorten
from reportgen.report.panel.prediction import number_digits
from reportgen.report.sections.prediction_sentences import (
    Told,
    constant_ending,
    metric_name,
)
from reportgen.report.sections.prediction_tables import LISTED, NAME, ItemTables
from reportgen.tasks import rated

_BANDS = 4  # bands of labels in the table beside the scatter plot
_BINS = 10  # bins of the histogram, at most
_GROUPS = 8  # groups in the table
_NAME = 28  # half-width characters of a name


def make_number(findings: Findings, language: Language) -> QualitySection | None:
    """The section: errors where texts have labels, else the predictions; None for too few texts."""
    spread, fit = findings.number_spread, findings.label_fit
    if spread is None or len(spread.values) < MIN_PREDICTIONS:
        return None
    maker = _NumbersSection(findings, spread, language)
    if findings.rank_fit is not None:
        return maker.against_ranks(findings.rank_fit)
    if fit is None or fit.n_texts < MIN_PREDICTIONS:
        return maker.alone()
    return maker.against_labels(fit)


class _NumbersSection:
    """Makes the words, charts and tables of the section."""

    def __init__(self, findings: Findings, spread: Spread, language: Language) -> None:
        self._findings = findings
        self._spread = spread
        self._language = language
        self._say = partial(language.say, "quality")
        self._digits = number_digits(findings)

    def alone(self) -> QualitySection:
        """The section for texts without labels: how the predictions are spread."""
        spread, values, say = self._spread, self._spread.values, self._say
        quartiles = (spread.low, spread.first, spread.middle, spread.third, spread.high)
        low, first, middle, third, high = map(self._number, quartiles)
        given = {"low": low, "high": high, "first": first, "third": third, "n": len(values)}
        has_labels = self._findings.label_use is not None
        if low == high:  # batches differ in the last digit
            key = "number_same_unmatched" if has_labels else "number_same"
            return QualitySection(say(key, **given), self._unlabelled())
        edges = round_values(spread.low, spread.high)
        edges = round_values(edges[0], edges[-1]) if len(edges) > _BINS else _halved(edges)
        counts = np.histogram(values, edges)[0].tolist()
        names = [f"{self._number(a)} – {self._number(b)}" for a, b in pairwise(edges)]
        most = int(np.argmax(counts))
        name = self._findings.info.output.name
        interval = self._findings.mean_prediction_interval
        rows = [(n, [Cell(f"{count:,}")]) for n, count in zip(names, counts, strict=True)]
        table = make_table(say("histogram_table"), (say("range"), say("n_texts")), rows)
        return QualitySection(
            headline=say("number_unmatched" if has_labels else "number_alone", **given),
            remarks=self._unlabelled(),
            figures=(
                self._figure("mean", spread.mean, interval),
                Kpi(middle, say("median")),
                self._figure("deviation", spread.deviation),
                Kpi(low, say("lowest")),
                Kpi(high, say("highest")),
            ),
            interval_note=say("intervals") if interval else "",
            chart=histogram(
                edges=edges,
                counts=counts,
                axis=(shorten(name, 2 * _NAME), say("axis_texts")),
                sentence=say("histogram_sentence", name=name, most=names[most], n=counts[most]),
            ).on_page(),
            tables=(replace(table, is_folded=True),),
        )

    def against_labels(self, fit: Fit) -> QualitySection:
        """The section for texts with labels: how far predictions are from them."""
        say, errors = self._say, fit.errors
        by_size = np.argsort(-abs(errors), kind="stable")[:MARKED]
        chart, most = scatter(
            across=fit.labels,
            up=fit.predictions,
            marks=[(int(i), str(fit.texts[i] + 1)) for i in by_size if errors[i]],
            axis=(say("axis_label"), say("axis_prediction")),
            sentence=say(
                "scatter_sentence",
                n=len(errors),
                text=int(fit.texts[by_size[0]]) + 1,
                predicted=self._number(fit.predictions[by_size[0]]),
                label=self._number(fit.labels[by_size[0]]),
            ),
        )
        note = say("scatter_dots")
        if len(errors) > DOTS:
            note = say("scatter_cells", n=len(errors), most=most)
        figures = (
            self._error_figure("mae"),
            self._error_figure("rmse"),
            self._error_figure("bias", with_sign=True),
            self._part_figure("R²", self._findings.fits["r2"]),
            self._part_figure(say("rank"), self._findings.fits["rank"]),
            Kpi(f"{len(errors):,}", say("compared")),
        )
        groups = self._groups(fit)
        return QualitySection(
            headline=self._headline(fit),
            remarks=tuple(self._label_remarks(len(errors))),
            figures=figures,
            interval_note=say("intervals") if self._error("mae").interval else "",
            chart=chart.on_page(),
            chart_note=note,
            tables=(self._bands(fit), *((groups,) if groups else ())),
        )

    def against_ranks(self, fit: RankFit) -> QualitySection:
        """The section for similarities with labels: how the orders of both fit."""
        say, spread = self._say, self._spread
        interval = interval_text(fit.interval, 2, self._language)
        chart, most = scatter(
            across=fit.labels,
            up=fit.predictions,
            marks=(),
            axis=(say("axis_label_rank"), say("axis_rank")),
            sentence=say("ranks_sentence", n=fit.n_texts),
        )
        note = say("ranks_dots")
        if fit.n_texts > DOTS:
            note = say("scatter_cells", n=fit.n_texts, most=most)
        return QualitySection(
            headline=say("ranks_headline", rank=fit.correlation, n=fit.n_texts),
            remarks=tuple(self._label_remarks(fit.n_texts)),
            figures=(
                Kpi(written(fit.correlation, 2), say("rank"), interval),
                Kpi(self._number(spread.low), say("lowest")),
                Kpi(self._number(spread.middle), say("median")),
                Kpi(self._number(spread.high), say("highest")),
                Kpi(f"{fit.n_texts:,}", say("compared")),
            ),
            interval_note=say("intervals") if fit.interval else "",
            chart=chart.on_page(),
            chart_note=note,
        )

    def _label_remarks(self, n_compared: int) -> Iterator[str]:
        """How labels were read, and which texts are not among the `n_compared`."""
        use, count = self._findings.label_use, partial(self._language.count, "quality")
        assert use is not None
        n_unlabelled = len(self._spread.values) - n_compared - (use.n_labelled - use.n_used)
        if use.n_percent:
            yield count("percent_sign", use.n_percent)
        if use.n_used < use.n_labelled:
            yield count("no_number", use.n_labelled - use.n_used)
        if n_unlabelled > 0:
            yield count("unlabelled", n_unlabelled)

    def _headline(self, fit: Fit) -> str:
        ending = "_same" if self._findings.fits["r2"] is None else constant_ending(self._findings)
        return self._say(
            f"number_fit{ending}",
            mae=self._number(self._error("mae").mean),
            n=fit.n_texts,
            constant=self._number(fit.constant),
            base=self._number(fit.constant_mae),
        )

    def _bands(self, fit: Fit) -> Table:
        """Errors by label: one row per label where there are few, else four bands with about the
        same number of texts."""
        rows = []
        for lowest, highest, errors in fit.by_label(_BANDS):
            low, high = self._number(lowest), self._number(highest)
            rows.append(self._error_row(low if low == high else f"{low} – {high}", errors))
        return self._error_table("label", self._say("by_label"), rows)

    def _groups(self, fit: Fit) -> Table | None:
        """Errors by group, the largest groups first; None where there are fewer than two."""
        names = self._findings.texts["group"]
        n_groups = names.iloc[fit.texts].nunique()
        if n_groups < 2:
            return None
        groups = fit.by_group(names, _GROUPS)
        rows = [self._error_row(shorten(name, _NAME), errors) for name, errors in groups]
        title = self._say("by_group")
        if n_groups > _GROUPS:
            title = self._say("by_largest_groups", n=_GROUPS, total=n_groups)
        return self._error_table("group", title, rows)

    def _error_table(
        self, by: str, title: str, rows: Sequence[tuple[str, Sequence[Cell]]]
    ) -> Table:
        columns = (by, "n_texts", "mean_prediction", "mae", "bias_column")
        return make_table(title, [self._say(key) for key in columns], rows)

    def _error_row(self, name: str, errors: ErrorGroup) -> tuple[str, tuple[Cell, ...]]:
        cells = (
            f"{errors.n_texts:,}",
            self._number(errors.mean_prediction),
            self._number(errors.mae),
            in_column(errors.bias, self._digits, with_sign=True),
        )
        return name, tuple(map(Cell, cells))

    def _error(self, name: str) -> Estimate:
        """A figure of the distances from the labels."""
        return self._findings.fits.known(name)

    def _error_figure(self, name: str, with_sign: bool = False) -> Kpi:
        estimate = self._error(name)
        return self._figure(name, estimate.mean, estimate.interval, with_sign)

    def _figure(
        self, key: str, value: float, interval: Interval | None = None, with_sign: bool = False
    ) -> Kpi:
        shown = in_column(value, self._digits, with_sign)
        remark = interval_text(interval, self._digits, self._language)
        return Kpi(shown, self._say(key), remark)

    def _part_figure(self, name: str, estimate: Estimate | None) -> Kpi:
        """A figure of at most 1, such as a correlation, with its interval."""
        if estimate is None:
            return Kpi(NOTHING, name)
        return Kpi(
            written(estimate.mean, 2), name, interval_text(estimate.interval, 2, self._language)
        )

    def _number(self, value: float) -> str:
        return in_column(float(value), self._digits)

    def _unlabelled(self) -> tuple[str, ...]:
        """The remark that labels are no numbers; none where there are no labels."""
        n = int(self._findings.texts["label"].notna().sum())
        return (self._language.count("quality", "labels_no_number", n),) if n else ()


def _halved(edges: Sequence[float]) -> tuple[float, ...]:
    """`edges` with a further edge in the middle of each bin, unless that makes too many bins."""
    if 2 * (len(edges) - 1) > _BINS:
        return tuple(edges)
    middles = [(a + b) / 2 for a, b in pairwise(edges)]
    return tuple(sorted([*edges, *middles]))


def make_numbers(findings: Findings, language: Language) -> QualitySection | None:
    """The range of each number, for a model that returns several for each text; where there are
    labels, how far each is off."""
    if not findings.task.has_names:
        return _numbers_of_places(findings, language)
    say = partial(language.say, "quality")
    spreads = findings.number_spreads
    names = findings.info.output.labels or tuple(str(i) for i in range(1, len(spreads) + 1))
    widest = max(range(len(spreads)), key=lambda i: spreads[i].deviation)
    rows = []
    for name, each in list(zip(names, spreads, strict=False))[:LISTED]:
        values = (each.mean, each.deviation, each.low, each.high)
        cells = [Cell(written(value, decimals(each.largest))) for value in values]
        rows.append((shorten(name, NAME), cells))
    columns = [say(key) for key in ("number_name", "mean", "deviation", "lowest", "highest")]
    spread = say(
        "alone_numbers",
        k=len(names),
        name=shorten(names[widest], NAME),
        low=spreads[widest].low,
        high=spreads[widest].high,
    )
    table = make_table(say("numbers_table"), columns, rows)
    fit, use = findings.numbers_fit, findings.label_use
    unused: tuple[str, ...] = ()
    if use is not None and use.unused is not None:
        n_unused = use.n_labelled - use.n_used
        unused = (language.count("quality", "unused_numbers", n_unused, k=len(names)),)
    mae = findings.fits["mae"]
    if fit is None or mae is None or len(fit.texts) < MIN_PREDICTIONS:
        return QualitySection(headline=spread, remarks=unused, tables=(table,))
    return QualitySection(
        headline=_off(len(names), mae, language),
        remarks=(say("numbers_alike"), *unused),
        interval_note=say("intervals") if mae.interval else "",
        tables=(_numbers_off(names, fit, language), table),
    )


def _off(n_numbers: int, mae: Estimate, language: Language) -> str:
    """How far several numbers are off on average."""
    ends = interval_text(mae.interval, decimals(mae.mean), language)
    off = " ".join(filter(None, (language.write(mae.mean, "number"), ends)))
    return language.say("quality", "fit_numbers", k=n_numbers, n=mae.n_texts, mae=off)


def _numbers_off(names: Sequence[str], fit: NumbersFit, language: Language) -> Table:
    """How far each number is off, beside always giving its median label."""
    say, rows = partial(language.say, "quality"), []
    constants = abs(fit.labels - fit.constants).mean(axis=0)
    for i, name in list(enumerate(names))[:LISTED]:
        error, base = fit.by_number[i], float(constants[i])
        digits = decimals(max(error.mean, base))
        ends = interval_text(error.interval, digits, language)
        cells = [Cell(written(error.mean, digits), ends), Cell(written(base, digits))]
        rows.append((shorten(name, NAME), cells))
    columns = [say(key) for key in ("number_name", "mae", "numbers_constant")]
    return make_table(say("numbers_off"), columns, rows)


def _numbers_of_places(findings: Findings, language: Language) -> QualitySection | None:
    """The section for numbers of single words or other places in the texts: their range; where
    there are labels, how far they are off."""
    told = Told(findings, language, "quality", NAME)
    values = findings.items["value"].to_numpy(np.float64)
    if not len(values):
        return None
    digits = decimals(float(abs(values).max()))
    low, middle, high = (
        written(value, digits) for value in np.quantile(values, (0, 0.5, 1)).tolist()
    )
    headline = told.say("alone_values", n=len(values), low=low, middle=middle, high=high)
    figures = []
    for metric in findings.task.metrics:
        if (estimate := findings.fits[metric.name]) is not None:
            digits = 2 if metric.scale == "correlation" else decimals(estimate.mean)
            name = metric_name(metric, language)
            ends = interval_text(estimate.interval, digits, language)
            figures.append(Kpi(written(estimate.mean, digits), name, ends))
    if figures:
        headline = _fit_of_places(findings, told, figures[0])
    has_intervals = any(figure.remark for figure in figures)
    return QualitySection(
        headline,
        remarks=tuple(told.label_remarks()),
        figures=tuple(figures),
        interval_note=language.say("quality", "intervals") if has_intervals else "",
        tables=ItemTables(findings, told, language).made(),
    )


def _fit_of_places(findings: Findings, told: Told, first: Kpi) -> str:
    """How far the numbers of places are off, and a constant answer that is off least."""
    known, scored = rated(findings.items), findings.scored
    values: dict[str, object] = {"n": len(known), "name": first.name, "value": first.value}
    if scored is None or scored.constant is None or findings.task.metrics[0].scale != "error":
        return told.say("fit_values", **values)
    constant = float(np.median(known["label_value"].to_numpy(np.float64)))
    base = float(scored.constant.mean())
    values |= {"constant": number(constant), "base": written(base, decimals(base))}
    return told.say(f"fit_values_constant{constant_ending(findings)}", **values)
