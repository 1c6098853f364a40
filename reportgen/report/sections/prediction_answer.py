"""The first of the four answers: what the model predicted, and how well."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.findings import (
    MIN_PREDICTIONS,
    Estimate,
    Findings,
    Floats,
    NumbersFit,
    RankFit,
    Spread,
    largest_changes,
    told_labels,
)
from reportgen.report.charts.small_charts import (
    BAR_NAME,
    ROWS,
    Bar,
    columns_of_dots,
    named_bars,
    plane,
)
from reportgen.report.charts.svg import Drawing
from reportgen.report.components import Answer
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import QUALITY_STYLES, decimals, in_column, written
from reportgen.report.language.printable import half_widths, shorten, visible
from reportgen.report.panel.prediction import number_digits, prediction
from reportgen.report.sections.errors import short_error
from reportgen.report.sections.prediction_sentences import (
    Told,
    constant_ending,
    shown_places,
)
from reportgen.results import MIN_TEXTS
from reportgen.tasks import Metric

_NAME = 18  # half-width characters of a class, label or token


# Rank correlations from which the order of predictions fits that of labels mostly, in part, or
# hardly, as correlations are commonly called strong and weak (Evans 1996).
_ORDERED = {"ranks_fit": 0.6, "ranks_partly": 0.4, "ranks_hardly": -1.0}


def predicted(findings: Findings, language: Language) -> Answer:
    """What the model predicted; how well and where it is wrong, where labels can be compared."""
    where = short_error(findings, language)
    answer = _Predicted(findings, language, has_errors=bool(where)).answer()
    remarks = [where, answer.remark]
    if findings.deciding is not None and findings.deciding[0].name == findings.quality:
        # The figure that was asked for comes first, then what is said of this kind of output.
        remarks = [language.say("answers", "decided_beside", said=answer.answer), *remarks]
        answer = replace(answer, answer=_decided(*findings.deciding, language))
    remark = language.sentences(remarks)
    return replace(answer, remark=remark)


def predicted_in_short(findings: Findings, language: Language) -> str:
    """The same in a few words, which are those for this kind of output whatever was asked for."""
    return _Predicted(findings, language, has_errors=False).answer().answer


def _decided(kind: Metric, value: float, language: Language) -> str:
    """The figure of quality that was asked for."""
    name = language.say("compared", f"quality_{kind.name}")
    shown = language.write(value, QUALITY_STYLES[kind.scale])
    return language.say("answers", "decided_by", name=name[:1].upper() + name[1:], value=shown)


class _Predicted:
    """Makes the answer."""

    def __init__(self, findings: Findings, language: Language, *, has_errors: bool) -> None:
        self._findings = findings
        self._has_errors = has_errors  # where they lie is said before the remark
        self._language = language
        self._say = partial(language.say, "answers")
        self._told = Told(findings, language, "answers", _NAME)
        self._names = self._told.names
        self._ending = constant_ending(findings, with_unclear=True)
        self._opened = findings.opened[language.code]

    def answer(self) -> Answer:
        n, task = int(self._findings.analysed.sum()), self._findings.task
        if n == 0:
            return self._answer(self._say("none_analysed"))
        if not task.has_items:
            return self._embedding()
        if n < MIN_PREDICTIONS:
            return self._one()
        if not task.is_number:
            return self._named()
        if task.has_places:
            return self._numbers_of_places()
        return self._numbers() if task.has_names else self._number()

    def _answer(self, verdict: str, remark: str = "", chart: Drawing | None = None) -> Answer:
        return Answer("predictions", self._say("predictions"), verdict, remark, chart)

    def _embedding(self) -> Answer:
        """Embeddings are in no results; drawn is how far one unit moves that of each text."""
        changes = largest_changes(self._findings.results)
        verdict, remark = self._say("embedding"), self._say("embedding_remark")
        if len(changes) < MIN_PREDICTIONS or not changes.any():
            return self._answer(verdict, remark)
        chart = columns_of_dots(changes.to_numpy(), changes.get(self._opened))
        return self._answer(verdict, self._say("embedding_dots"), chart)

    def _one(self) -> Answer:
        """The prediction for the only text."""
        text = int(np.flatnonzero(self._findings.analysed)[0])
        shown = prediction(self._findings, text, self._language)
        if shown is None or not shown.value:
            names = self._findings.info.output.labels
            return self._answer(self._say("several_numbers_one", k=len(names)))
        value = shorten(shown.value, _NAME)
        if self._findings.task.classifies_texts:
            return self._one_class(text, value, shown.label)
        if shown.label is None:
            return self._answer(value, self._say("no_labels"))
        return self._answer(self._say("one_label", value=value, label=shorten(shown.label, _NAME)))

    def _one_class(self, text: int, value: str, label: str | None) -> Answer:
        """The class of the only text, with the probability of each."""
        classes, shares = self._findings.classes, self._findings.class_shares[text]
        remark, verdict = self._say("one_class"), value
        if label is None:
            remark = self._language.sentences((remark, self._say("no_labels")))
        elif classes.compared[text] and classes.predicted[text] == classes.labels[text]:
            verdict = self._say("one_right", value=value)
        else:
            verdict = self._say("one_label", value=value, label=shorten(label, _NAME))
        first = np.argsort(-shares, kind="stable")[:ROWS].tolist()
        bars = [
            Bar(self._names[i], float(shares[i]), self._language.percent(float(shares[i])))
            for i in first
        ]
        return self._answer(verdict, remark, named_bars(bars))

    def _unlabelled(self) -> str:
        has_labels = self._findings.texts["label"].notna().any()
        return self._say("not_compared" if has_labels else "no_labels")

    def _number(self) -> Answer:
        spread, fit = self._findings.number_spread, self._findings.label_fit
        if spread is None:
            return self._answer(self._say("no_number"))
        opened = self._opened
        if self._findings.rank_fit is not None:
            return self._ranks(self._findings.rank_fit, opened)
        if fit is None or fit.n_texts < MIN_PREDICTIONS:
            low, middle, high = self._shown(spread)
            if low == high:
                return self._answer(self._say("same_number", value=low), self._unlabelled())
            has_middle = len(spread.values) >= MIN_TEXTS and middle not in (low, high)
            key = "numbers_alone" if has_middle else "numbers_ends"
            verdict = self._say(key, low=low, high=high, middle=middle)
            value = float(self._findings.text_numbers[opened])
            marked = value if np.isfinite(value) else None
            chart = columns_of_dots(spread.values, marked)
            return self._answer(
                verdict, self._say("dots", n=self._opened + 1) + self._unlabelled(), chart
            )
        digits = number_digits(self._findings)
        error = self._findings.fits.known("mae")
        mae, base = (in_column(value, digits) for value in (error.mean, fit.constant_mae))
        verdict = self._say(f"numbers_fit{self._ending}", mae=mae)
        constant = in_column(fit.constant, digits)
        bars = [
            Bar(self._say("bar_model"), error.mean, mae, interval=error.interval),
            Bar(
                self._say("bar_constant", constant=constant),
                fit.constant_mae,
                base,
                is_baseline=True,
            ),
        ]
        errors = abs(fit.predictions - fit.labels)[fit.texts == opened].tolist()
        bars += [
            Bar(self._say("bar_text", n=opened + 1), off, in_column(off, digits)) for off in errors
        ]
        base = "" if self._has_errors else self._say("numbers_fit_base", constant=constant)
        return self._answer(verdict, base, named_bars(bars))

    def _ranks(self, fit: RankFit, opened: int) -> Answer:
        """How the order of similarities fits that of labels."""
        place = np.flatnonzero(fit.texts == opened)
        chart = plane(
            fit.labels,
            fit.predictions,
            int(place[0]) if len(place) else None,
            (self._say("axis_label_rank"), self._say("axis_rank")),
        )
        key = next(name for name, least in _ORDERED.items() if fit.correlation >= least)
        verdict = self._say(key, rank=fit.correlation)
        return self._answer(verdict, self._say("ranks"), chart)

    def _named(self) -> Answer:
        """What is predicted is named: how often items are right, or which names are predicted."""
        told, task = self._told, self._findings.task
        spread = told.spread
        chart = self._frequent() if spread is None else self._dots(spread)
        values, words = told.fit_values(), self._language.words["answers"]
        if values is not None:
            remark = ""
            if (fit := told.closed_fit) is not None:
                bars, remark = self._right_bars(fit.counts)
                chart = named_bars([*self._against_constant(values), *bars])
            elif task.has_choices:
                chart = named_bars(self._against_constant(values))
            elif (listed := self._findings.fits["mask_listed"]) is not None:
                chart = named_bars([self._right_bar(), self._estimate_bar("bar_listed", listed)])
            if (f1 := self._findings.fits["entity_f1"]) is not None:
                remark += self._say("entities_f1", f1=f1.mean)
            if f"fit_remark_{task.kind}" in words:
                remark += self._say(f"fit_remark_{task.kind}", **values)
            return self._answer(told.fit(with_unclear=True) or "", remark, chart)
        key = f"alone_remark_{task.kind}"
        if key not in words:
            dots = "" if spread is None else self._say("dots", n=self._opened + 1)
            return self._answer(told.alone(), dots + self._unlabelled(), chart)
        is_generated = "generate" in self._findings.info.settings.options
        if is_generated and f"{key}_generated" in words:
            key += "_generated"
        return self._answer(told.alone(), self._say(key, **told.figures()), chart)

    def _frequent(self) -> Drawing | None:
        """Bars of what is predicted most often; of entities, of their kinds."""
        tags = self._findings.tags
        if tags is not None and tags.marks_entities:
            most = max((k for _, k in tags.kinds), default=1)
            kinds = tags.kinds[:ROWS]
            bars = [Bar(shorten(visible(kind), _NAME), k / most, f"{k:,}") for kind, k in kinds]
            return named_bars(bars) if bars else None
        counts = self._told.counts
        shown = [i for i in shown_places(counts.counts, ROWS) if counts.counts[i]]
        return named_bars(
            [self._share_bar(counts.names[i], counts.counts[i], counts.n) for i in shown]
        )

    def _dots(self, spread: Floats) -> Drawing:
        """A dot for each text, that of the text that is opened first large."""
        opened, task = self._opened, self._findings.task
        if task.summary is not None:
            return columns_of_dots(spread, self._findings.summaries.get(opened))
        items = self._findings.items_of(opened)
        return columns_of_dots(spread, items[0].probability if items else None)

    def _against_constant(self, values: Mapping[str, Any]) -> list[Bar]:
        """The share that is right, and what always giving the most frequent right answer, or where
        there are choices picking at random, would get."""
        base = float(values["base"])
        if self._findings.task.has_choices:
            name = self._say("bar_random")
        else:
            room = BAR_NAME - half_widths(self._say("bar_constant", constant=""))
            name = self._say("bar_constant", constant=shorten(values["name"], room))
        printed = self._language.percent(base)
        return [self._right_bar(), Bar(name, base, printed, is_baseline=True)]

    def _right_bar(self) -> Bar:
        """The share that is right, with its interval."""
        metric = self._findings.task.count_metric
        assert metric is not None  # asked for where it has a value
        return self._estimate_bar("bar_model", self._findings.fits.known(metric.name))

    def _estimate_bar(self, key: str, share: Estimate) -> Bar:
        printed = self._language.percent(share.mean)
        return Bar(self._say(key), share.mean, printed, interval=share.interval)

    def _numbers_of_places(self) -> Answer:
        """The range of the numbers of words or other places; where there are labels, how far they
        are off. Drawn is the mean of each text."""
        items = self._findings.items
        means = items.groupby("text")["value"].mean()
        if means.empty:
            return self._answer(self._say("no_number"))
        chart = columns_of_dots(means.to_numpy(), means.get(self._opened))
        errors = (metric for metric in self._findings.task.metrics if metric.scale == "error")
        off = next((self._findings.fits[metric.name] for metric in errors), None)
        if off is not None:
            mae = written(off.mean, decimals(off.mean))
            verdict = self._say(f"numbers_fit{self._ending}", mae=mae)
            return self._answer(verdict, self._say("dots_mean", n=self._opened + 1), chart)
        ends = np.quantile(items["value"].to_numpy(np.float64), (0, 0.5, 1)).tolist()
        digits = decimals(max(map(abs, ends)))
        low, middle, high = (written(end, digits) for end in ends)
        verdict = self._say("numbers_alone", low=low, middle=middle, high=high)
        return self._answer(
            verdict, self._say("dots_mean", n=self._opened + 1) + self._unlabelled(), chart
        )

    def _numbers(self) -> Answer:
        spreads = self._findings.number_spreads
        names = self._names or [str(i) for i in range(1, len(spreads) + 1)]
        fit = self._findings.numbers_fit
        if fit is not None and len(fit.texts) >= MIN_PREDICTIONS:
            return self._numbers_fit(fit, names)
        order = sorted(range(len(spreads)), key=lambda i: -spreads[i].deviation)
        verdict = self._say("several_numbers", k=len(spreads), name=names[order[0]])
        digits = decimals(spreads[order[0]].deviation)
        bars = [
            Bar(names[i], spreads[i].deviation, written(spreads[i].deviation, digits))
            for i in order[:ROWS]
        ]
        return self._answer(verdict, self._say("several_bars"), named_bars(bars))

    def _numbers_fit(self, fit: NumbersFit, names: Sequence[str]) -> Answer:
        """How far several numbers are off, and each of them."""
        errors = [number.mean for number in fit.by_number]
        digits = decimals(max(errors))
        mae = written(self._findings.fits.known("mae").mean, digits)
        verdict = self._say(f"numbers_fit{self._ending}", mae=mae)
        order = sorted(range(len(errors)), key=lambda i: -errors[i])[:ROWS]
        bars = [Bar(names[i], errors[i], written(errors[i], digits)) for i in order]
        return self._answer(verdict, self._say("several_fit_bars"), named_bars(bars))

    def _right_bars(self, counts: NDArray[np.intp]) -> tuple[list[Bar], str]:
        """The share right of labels, from `counts` `[label, predicted]`, below the two bars of all,
        and a remark where there are more labels than bars and some answer is wrong."""
        by_label = counts.sum(axis=1)
        shown, n = told_labels(counts, ROWS - 2), int((by_label > 0).sum())
        bars = [self._share_bar(self._names[i], int(counts[i, i]), int(by_label[i])) for i in shown]
        hides_errors = n > len(shown) and np.trace(counts) < counts.sum()
        return bars, self._told.say("some", k=len(shown), n=n) if hides_errors else ""

    def _shown(self, spread: Spread) -> tuple[str, str, str]:
        """The lowest, middle and highest number."""
        digits = number_digits(self._findings)
        low, middle, high = (
            in_column(value, digits) for value in (spread.low, spread.middle, spread.high)
        )
        return low, middle, high

    def _share_bar(self, name: str, part: int, whole: int) -> Bar:
        return Bar(name, part / whole, self._say("class_bar", k=part, n=whole))
