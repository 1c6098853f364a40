"""The first of the four answers: what the model predicted, and how well, by the kind of output."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from reportgen.findings.evidence import largest_changes
from reportgen.findings.findings import Findings
from reportgen.findings.outputs.classes import told_labels
from reportgen.findings.outputs.multiple_choice import chance_of
from reportgen.findings.outputs.predictions import MIN_PREDICTIONS, NumbersFit, Spread
from reportgen.findings.outputs.ranks import RankFit
from reportgen.report.charts.small.answers import ROWS, Bar, columns_of_dots, named_bars, plane
from reportgen.report.charts.svg import Drawing
from reportgen.report.components import Answer
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import QUALITY_STYLES, column_decimals, fixed, written
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.sentences import spoken
from reportgen.report.panel.prediction import prediction
from reportgen.report.sections.errors import short_error
from reportgen.report.sections.outputs.shares import constant_ending, most_frequent
from reportgen.results.labels import NONE
from reportgen.results.measure_register import MIN_TEXTS
from reportgen.tasks.metrics import Metric

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
    remark = language.say("common", "space").join(filter(None, remarks))
    return replace(answer, remark=remark, is_caveat=answer.is_caveat or bool(where))


def _decided(kind: Metric, value: float, language: Language) -> str:
    """The figure of quality that was asked for."""
    name = language.say("compared", f"quality_{kind.name}")
    shown = language.write(value, QUALITY_STYLES[kind.scale])
    return language.say("answers", "decided_by", name=name[:1].upper() + name[1:], value=shown)


class _Predicted:
    """Makes the answer for each kind of output."""

    def __init__(self, findings: Findings, language: Language, *, has_errors: bool) -> None:
        self._findings = findings
        self._has_errors = has_errors  # where they lie is said before the remark
        self._language = language
        self._say = partial(language.say, "answers")
        self._names = [shorten(visible(name), _NAME) for name in findings.info.output.labels]
        self._ending = constant_ending(findings, with_unclear=True)

    def answer(self) -> Answer:
        n = int(self._findings.analysed.sum())
        if n == 0:
            return self._told(self._say("none_analysed"))
        kind = self._findings.info.output.kind
        if kind == "embedding":
            return self._embedding()
        if n < MIN_PREDICTIONS:
            return self._one()
        by_kind: dict[str, Callable[[], Answer]] = {
            "number": self._number,
            "class": self._class,
            "labels": self._labels,
            "numbers": self._numbers,
            "next_token": self._next_token,
            "completion": self._completion,
            "tags": self._tags,
            "masks": self._masks,
            "answer": self._answers,
            "choice": self._choices,
        }
        return by_kind[kind]()

    def _told(self, verdict: str, remark: str = "", chart: Drawing | None = None) -> Answer:
        return Answer("predictions", self._say("predictions"), verdict, remark, chart)

    def _embedding(self) -> Answer:
        """Embeddings are in no results; drawn is how far one unit moves that of each text."""
        changes = largest_changes(self._findings.results)
        verdict, remark = self._say("embedding"), self._say("embedding_remark")
        if len(changes) < MIN_PREDICTIONS or not changes.any():
            return self._told(verdict, remark)
        chart = columns_of_dots(changes.to_numpy(), changes.get(self._findings.picked.first))
        return self._told(verdict, self._say("embedding_dots"), chart)

    def _one(self) -> Answer:
        """The prediction for the only text."""
        text = int(np.flatnonzero(self._findings.analysed)[0])
        found = prediction(self._findings, text, self._language)
        if found is None or not found.value:
            names = self._findings.info.output.labels
            return self._told(self._say("several_numbers_one", k=len(names)))
        value = shorten(found.value, _NAME)
        if self._findings.info.output.kind == "class":
            return self._one_class(text, value, found.label)
        if found.label is None:
            return self._told(value, self._say("no_labels"))
        return self._told(self._say("one_label", value=value, label=shorten(found.label, _NAME)))

    def _one_class(self, text: int, value: str, label: str | None) -> Answer:
        """The class of the only text, with the probability of each."""
        classes, shares = self._findings.classes, self._findings.class_shares[text]
        remark, verdict = self._say("one_class"), value
        if label is None:
            between = self._language.say("common", "space")
            remark = between.join((remark, self._say("no_labels")))
        elif classes.compared[text] and classes.predicted[text] == classes.labels[text]:
            verdict = self._say("one_right", value=value)
        else:
            verdict = self._say("one_label", value=value, label=shorten(label, _NAME))
        first = np.argsort(-shares, kind="stable")[:ROWS].tolist()
        bars = [
            Bar(self._names[i], float(shares[i]), self._language.percent(float(shares[i])))
            for i in first
        ]
        return self._told(verdict, remark, named_bars(bars))

    def _unlabelled(self) -> str:
        has_labels = self._findings.texts["label"].notna().any()
        return self._say("not_compared" if has_labels else "no_labels")

    def _number(self) -> Answer:
        spread, fit = self._findings.number_spread, self._findings.label_fit
        if spread is None:
            return self._told(self._say("no_number"))
        opened = self._findings.picked.first
        if self._findings.rank_fit is not None:
            return self._ranks(self._findings.rank_fit, opened)
        if fit is None or fit.n_texts < MIN_PREDICTIONS:
            low, middle, high = _shown(spread)
            if low == high:
                return self._told(self._say("same_number", value=low), self._unlabelled())
            has_middle = len(spread.values) >= MIN_TEXTS and middle not in (low, high)
            key = "numbers_alone" if has_middle else "numbers_ends"
            verdict = self._say(key, low=low, high=high, middle=middle)
            value = float(self._findings.texts["prediction"].iloc[opened])
            marked = value if self._findings.analysed[opened] and np.isfinite(value) else None
            chart = columns_of_dots(spread.values, marked)
            return self._told(verdict, self._say("dots") + self._unlabelled(), chart)
        digits = column_decimals(float(max(abs(fit.predictions).max(), abs(fit.labels).max())))
        mean = self._findings.fits.known("mae").mean
        mae, base = (written(value, digits) for value in (mean, fit.constant_mae))
        verdict = self._say(f"numbers_fit{self._ending}", mae=mae)
        constant = written(fit.constant, digits)
        bars = [
            Bar(self._say("bar_model"), mean, mae),
            Bar(self._say("bar_constant", constant=constant), fit.constant_mae, base),
        ]
        own = abs(fit.predictions - fit.labels)[fit.texts == opened].tolist()
        bars += [Bar(self._say("bar_text", n=opened + 1), off, written(off, digits)) for off in own]
        base = "" if self._has_errors else self._say("numbers_fit_base", constant=constant)
        return self._told(verdict, base, named_bars(bars))

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
        return self._told(verdict, self._say("ranks"), chart)

    def _class(self) -> Answer:
        found, fit = self._findings.classes, self._findings.class_fit
        if fit is None:
            given = found.predicted[found.predicted != NONE]
            counts = np.bincount(given, minlength=len(self._names))
            verdict, chart = self._most("class_alone", counts.tolist(), len(given))
            return self._told(verdict, self._unlabelled(), chart)
        right = self._findings.fits.known("accuracy")
        key = f"class_fit{self._ending}"
        verdict = self._say(key, share=right.mean, k=right.count, n=right.n_texts)
        bars, left_out = self._right_bars(fit.counts, "class_bars_some")
        base = self._say("class_fit_base", name=self._names[fit.base_label], base=fit.base_share)
        return self._told(verdict, left_out + base, named_bars(bars))

    def _labels(self) -> Answer:
        found = self._findings.label_counts
        verdict, chart = self._most("labels_alone", found.predicted.tolist(), found.n_texts)
        right = self._findings.fits["labels_exact"]
        if right is None:
            return self._told(verdict, self._unlabelled(), chart)
        exact = self._say("labels_fit", k=right.count, n=right.n_texts)
        return self._told(exact, self._say("labels_bars"), chart)

    def _numbers(self) -> Answer:
        spreads = self._findings.score_spreads
        names = self._names or [str(i) for i in range(1, len(spreads) + 1)]
        fit = self._findings.numbers_fit
        if fit is not None and len(fit.texts) >= MIN_PREDICTIONS:
            return self._numbers_fit(fit, names)
        order = sorted(range(len(spreads)), key=lambda i: -spreads[i].deviation)
        verdict = self._say("several_numbers", k=len(spreads), name=names[order[0]])
        digits = column_decimals(spreads[order[0]].deviation)
        bars = [
            Bar(names[i], spreads[i].deviation, written(spreads[i].deviation, digits))
            for i in order[:ROWS]
        ]
        return self._told(verdict, self._say("several_bars"), named_bars(bars))

    def _numbers_fit(self, fit: NumbersFit, names: Sequence[str]) -> Answer:
        """How far several numbers are off, and each of them."""
        errors = [own.mean for own in fit.by_number]
        digits = column_decimals(max(errors))
        mae = written(self._findings.fits.known("mae").mean, digits)
        verdict = self._say(f"numbers_fit{self._ending}", mae=mae)
        order = sorted(range(len(errors)), key=lambda i: -errors[i])[:ROWS]
        bars = [Bar(names[i], errors[i], written(errors[i], digits)) for i in order]
        return self._told(verdict, self._say("several_fit_bars"), named_bars(bars))

    def _next_token(self) -> Answer:
        tokens = self._findings.frequent
        n = sum(token.n_items for token in tokens)
        names = [spoken(token.name, self._language) for token in tokens]
        self._names = [shorten(visible(name), _NAME) for name in names]
        verdict, chart = self._most("next_token", [token.n_items for token in tokens], n)
        return self._told(verdict, self._say("next_bars"), chart)

    def _answers(self) -> Answer:
        chances = self._findings.items["probability"].to_numpy(np.float64)
        low, middle, high = np.quantile(chances, (0, 0.5, 1)).tolist()
        opened = self._findings.items_of(self._findings.picked.first)
        chart = columns_of_dots(chances, opened[0].probability if opened else None)
        exact, f1 = (self._findings.fits[name] for name in ("answer_exact", "answer_f1"))
        if exact is None or f1 is None:
            verdict = self._say("answers", low=low, middle=middle, high=high)
            return self._told(verdict, self._say("dots") + self._unlabelled(), chart)
        verdict = self._say("answers_fit", k=exact.count, n=exact.n_texts)
        return self._told(verdict, self._say("answers_f1", f1=f1.mean), chart)

    def _choices(self) -> Answer:
        found = self._findings.choices
        assert found is not None  # some text was analysed
        if not found.labelled:
            low, middle, high = (float(own) for own in np.quantile(found.chances, (0, 0.5, 1)))
            opened = found.by_text.get(self._findings.picked.first)
            chart = columns_of_dots(found.chances, None if opened is None else chance_of(opened))
            verdict = self._say("choices", low=low, middle=middle, high=high)
            return self._told(verdict, self._say("dots") + self._unlabelled(), chart)
        k, n, base = found.n_right, len(found.labelled), found.by_chance
        key = f"choices_fit{self._ending}"
        bars = [
            Bar(self._say("bar_model"), k / n, self._language.percent(k / n)),
            Bar(self._say("bar_random"), base, self._language.percent(base)),
        ]
        verdict = self._say(key, k=k, n=n)
        return self._told(verdict, self._say("choices_base", base=base), named_bars(bars))

    def _masks(self) -> Answer:
        found = self._findings.masks
        assert found is not None  # some text was analysed
        tokens = self._findings.frequent
        names = [spoken(token.name, self._language) for token in tokens]
        self._names = [shorten(visible(name), _NAME) for name in names]
        counts = [token.n_items for token in tokens]
        verdict, chart = self._most("masks", counts, found.n_masks)
        if not found.n_labelled:
            return self._told(verdict, self._say("masks_bars"), chart)
        listed = self._say("masks_listed", share=found.listed_share)
        verdict = self._say("masks_fit", k=found.n_right, n=found.n_labelled)
        return self._told(verdict, listed, chart)

    def _completion(self) -> Answer:
        found = self._findings.completions
        assert found is not None  # some text was analysed
        spread = np.quantile(found.perplexities, (0, 0.5, 1))
        digits = column_decimals(float(spread[2]))
        low, middle, high = (written(float(value), digits) for value in spread)
        share = found.n_likeliest / found.n_tokens
        is_generated = "generate" in self._findings.info.settings.options
        opened = self._findings.picked.first
        marked = found.by_text.get(opened)
        return self._told(
            self._say("completions_same", value=low)
            if low == high
            else self._say("completions", low=low, middle=middle, high=high),
            self._say("completions_written" if is_generated else "completions_first", share=share),
            columns_of_dots(found.perplexities, marked),
        )

    def _tags(self) -> Answer:
        found = self._findings.tags
        assert found is not None  # some text was analysed
        fit = found.fit
        if fit is None and found.marks_entities:
            n = sum(n for _, n in found.kinds)
            verdict = self._language.count("answers", "tags_entities", n, words=found.n_words)
            most = max((k for _, k in found.kinds), default=1)
            bars = [
                Bar(shorten(visible(kind), _NAME), k / most, f"{k:,}")
                for kind, k in found.kinds[:ROWS]
            ]
            return self._told(verdict, self._unlabelled(), named_bars(bars) if bars else None)
        if fit is None:
            verdict, chart = self._most("tags_alone", found.predicted.tolist(), found.n_words)
            return self._told(verdict, self._unlabelled(), chart)
        bars, remark = self._right_bars(fit.counts, "tags_bars_some")
        remark += "" if fit.f1 is None else self._say("tags_fit_f1", f1=fit.f1)
        name = self._names[fit.base_label]
        remark += self._say("tags_fit_base", name=name, base=fit.base_share)
        share = fit.n_right / fit.n_words
        key = f"tags_fit{self._ending}"
        verdict = self._say(key, k=fit.n_right, n=fit.n_words, share=share)
        return self._told(verdict, remark, named_bars(bars))

    def _most(self, key: str, counts: list[int], n: int) -> tuple[str, Drawing]:
        """The answer that names the most frequent, of `n` texts, and bars of the first of them."""
        order = sorted(range(len(counts)), key=lambda i: -counts[i])
        verdict = most_frequent("answers", key, self._names, counts, n, self._language)
        bars = [self._share_bar(i, counts[i], n) for i in order[:ROWS] if counts[i]]
        return verdict, named_bars(bars)

    def _right_bars(self, counts: NDArray[np.intp], some: str) -> tuple[list[Bar], str]:
        """The share right of labels, from `counts` `[label, predicted]`, and the remark `some`
        where there are more labels than bars and some answer is wrong."""
        by_label = counts.sum(axis=1)
        shown, n = told_labels(counts, ROWS), int((by_label > 0).sum())
        bars = [self._share_bar(i, int(counts[i, i]), int(by_label[i])) for i in shown]
        hides_errors = n > len(shown) and np.trace(counts) < counts.sum()
        return bars, self._say(some, k=len(shown), n=n) if hides_errors else ""

    def _share_bar(self, i: int, part: int, whole: int) -> Bar:
        return Bar(self._names[i], part / whole, self._say("class_bar", k=part, n=whole))


def _shown(spread: Spread) -> tuple[str, str, str]:
    """The lowest, middle and highest number, with more digits where two would make them equal."""
    digits = column_decimals(spread.largest)
    values = (spread.low, spread.middle, spread.high)
    if digits is not None:
        low, middle, high = (fixed(value, digits) for value in values)
        if low != high:
            return low, middle, high
    low, middle, high = (written(value, digits) for value in values)
    return low, middle, high
