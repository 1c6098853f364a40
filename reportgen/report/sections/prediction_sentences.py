"""What is said of the items of all texts, in the section on predictions and in the first answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np

from reportgen.findings import ClassFit, ConstantVerdict, Findings, Floats, Places, places_of
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import decimals, written
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.sentences import spoken
from reportgen.results import NONE
from reportgen.tasks import ItemFigure, rated

OUTPUT_NAME = 40  # half-width characters of the name of an output
Part: TypeAlias = Literal["answers", "quality"]  # of the strings

# How the model is against the best constant answer, as keys of sentences end.
_ENDINGS: Mapping[ConstantVerdict | None, str] = {
    "worse": "_worse",
    "not_better": "_no_better",
    "unclear": "_unclear",
}


def constant_ending(findings: Findings, *, with_unclear: bool = False) -> str:
    """How the key of a sentence on the fit ends: by whether a constant answer would do as well."""
    ending = _ENDINGS.get(findings.against_constant, "")
    return "" if ending == "_unclear" and not with_unclear else ending


@dataclass(frozen=True, slots=True)
class Counts:
    """How often what was predicted for items."""

    names: tuple[str, ...]
    counts: tuple[int, ...]  # [name]
    chances: tuple[float, ...]  # [name], mean probability where it was predicted; NaN without
    n: int  # items, or texts of which each may have several names


class Told:
    """Says what was predicted for the items of all texts, and how often that is right.

    Sentences of a task end in its kind, as `fit_tags`; without one the generic sentence is said.
    """

    def __init__(self, findings: Findings, language: Language, part: Part, width: int) -> None:
        self._findings = findings
        self._task = findings.task
        self._language = language
        self._part: Part = part
        names = findings.info.output.labels
        if part == "answers" or self._task.has_places:
            names = tuple(map(visible, names))
        self.names = tuple(shorten(name, width) for name in names)
        self._width = width

    def key(self, key: str) -> str:
        """The key of the task's own words for `key`, or of the generic ones."""
        return self._language.key_of(self._part, key, self._task.kind)

    def say(self, key: str, **values: object) -> str:
        """A sentence of the task."""
        return self._language.say(self._part, self.key(key), **values)

    def label_remarks(self) -> Iterator[str]:
        """What was left out of labels that have a part for each word."""
        use, count = self._findings.label_use, partial(self._language.count, self._part)
        if use is None:
            return
        if use.misfits:
            first = use.misfits[0]
            text = shorten(str(self._findings.texts["text_id"].iloc[first.text]), self._width)
            sizes = {"labels": first.n_labels, "words": first.n_words}
            yield count(self.key("misfits"), len(use.misfits), text=text, **sizes)
        if use.n_unknown:
            yield count(self.key("unknown"), use.n_unknown)

    @property
    def counts(self) -> Counts:
        """How often each name was predicted: of a model's names all of them, in its order."""
        findings, task = self._findings, self._task
        if not task.is_closed:
            frequent = findings.frequent
            names = [self._open_name(entry.name) for entry in frequent]
            counts = [entry.n_items for entry in frequent]
            chances = [entry.chance for entry in frequent]
            return Counts(tuple(names), tuple(counts), tuple(chances), sum(counts))
        if task.has_names:
            label_counts = findings.label_counts
            given, n = label_counts.predicted.tolist(), label_counts.n_texts
            sure = [np.nan] * len(self.names)
        else:
            places, _ = places_of(findings.items, findings.info.output.labels)
            given = np.bincount(places[places != NONE], minlength=len(self.names)).tolist()
            n, sure = sum(given), findings.class_sureness.tolist()
        return Counts(self.names, tuple(given), tuple(sure), n)

    def _open_name(self, name: str) -> str:
        shown = spoken(name, self._language)
        return shorten(shown if self._part == "quality" else visible(shown), self._width)

    @property
    def spread(self) -> Floats | None:
        """What is spread over texts where names say nothing of all: the figure that stands for a
        text, or the probability of its one item; None where names are counted."""
        task, items = self._task, self._findings.items
        if task.summary is not None:
            return np.array(list(self._findings.summaries.values()))
        if task.is_closed or task.is_number or task.chart_column is None:
            return None
        return items[task.chart_column].to_numpy(np.float64)

    @property
    def closed_fit(self) -> ClassFit | None:
        """Predicted names of the model against labels, where an item has one of them."""
        is_one = self._task.is_closed and not self._task.has_names
        return self._findings.class_fit if is_one else None

    def fit(self, *, with_unclear: bool) -> str | None:
        """The sentence on how often items are right; None without right answers."""
        values = self.fit_values()
        if values is None:
            return None
        ending = constant_ending(self._findings, with_unclear=with_unclear)
        key = self.key("fit")
        key = key + ending if key + ending in self._language.words[self._part] else key
        return self._language.say(self._part, key, **values)

    def fit_values(self) -> Mapping[str, Any] | None:
        """The figures of that sentence."""
        findings, metric = self._findings, self._task.count_metric
        right = None if metric is None else findings.fits[metric.name]
        if metric is None or right is None:
            return None
        k, n = right.count, right.n_texts
        if self._task.has_places and not self._task.has_ends:  # a text has several items
            known = rated(findings.items)
            k, n = int(known["score"].sum()), len(known)
        values: dict[str, Any] = {"k": k, "n": n, "share": right.mean}
        if (fit := self.closed_fit) is not None:
            values |= {"name": self.names[fit.base_label], "base": fit.base_share}
        if findings.choices is not None:
            values["base"] = findings.choices.by_chance
        return values | self.figures()

    def figures(self) -> dict[str, float]:
        """The figures of the task that are known, by name."""
        fits = self._findings.fits.items()
        return {name: estimate.mean for name, estimate in fits if estimate is not None}

    def alone(self) -> str:
        """The sentence on what was predicted."""
        findings = self._findings
        if findings.tags is not None and findings.tags.marks_entities:
            n = sum(n for _, n in findings.tags.kinds)
            words = findings.tags.n_words
            return self._language.count(self._part, "entities", n, words=words)
        if (spread := self.spread) is not None:
            return self._of_spread(spread)
        is_unmatched = self._task.classifies_texts and bool(findings.classes.n_unmatched)
        is_said = is_unmatched and self._part == "quality"
        return self.most_frequent("alone_unmatched" if is_said else "alone", self.counts)

    def _of_spread(self, spread: Floats) -> str:
        low, middle, high = np.quantile(spread, (0, 0.5, 1)).tolist()
        values: dict[str, Any] = {"n": len(spread), "low": low, "middle": middle, "high": high}
        key, first = self.key("alone"), self._findings.fits["first_choice"]
        if first is not None:
            digits = decimals(high)
            ends = {name: written(values[name], digits) for name in ("low", "middle", "high")}
            if ends["low"] == ends["high"] and f"{key}_same" in self._language.words[self._part]:
                key += "_same"
            n = len(self._findings.items)
            values |= ends | {"n": n, "k": round(n * first.mean)} | self.figures()
        return self._language.say(self._part, key, **values)

    def most_frequent(self, key: str, counts: Counts) -> str:
        """The sentence on what is most frequent: all names that are predicted most often, or none
        where that is never."""
        most, language = max(counts.counts, default=0), self._language
        if not most:
            return language.say(self._part, f"{self.key(key)}_none", n=counts.n)
        first = [name for name, n in zip(counts.names, counts.counts, strict=True) if n == most]
        values = {"k": most, "n": counts.n, "different": len(counts.names)}
        ending, named = "_each", {"name": first[0]}
        if len(first) == 1:
            ending, names = "", language.say("quality", "named", **named)
        elif len(first) == 2:
            names = language.say("quality", "named_two", other=first[1], **named)
        else:
            names = language.say("quality", "named_more", n=len(first) - 1, **named)
        return language.say(self._part, f"{self.key(key)}{ending}", names=names, **values)


def metric_name(metric: ItemFigure, language: Language) -> str:
    """What a figure of a task is called in a list of figures."""
    wording = language.words["quality"].get(f"metric_{metric.name}")
    name: str = wording or language.say("compared", f"quality_{metric.name}")
    return name[:1].upper() + name[1:]


def shown_places(weights: Places | Sequence[int], most: int) -> list[int]:
    """The places of the `most` largest `weights`, the largest first."""
    order: list[int] = np.argsort(-np.asarray(weights), kind="stable")[:most].tolist()
    return order


def gives(findings: Findings, language: Language) -> str:
    """What the model gives each text, in one sentence without figures of it."""
    output = findings.info.output
    key = language.key_of("page", "gives", output.kind)
    if findings.task.chart_column == "value":
        key = "gives_number" if findings.task.has_errors else "gives_similarity"
    name = shorten(output.name, OUTPUT_NAME)
    return language.say("page", key, name=name, n=len(output.labels))
