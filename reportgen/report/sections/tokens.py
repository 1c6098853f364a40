"""The section on the tokens of all texts: which draw attention, and which change the output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
from markupsafe import Markup

from reportgen.findings.findings import Findings
from reportgen.findings.tokens import (
    FEWEST,
    LISTED,
    Division,
    Part,
    TokenEffect,
    TokenKind,
    fewest_texts,
    strongest,
    token_means,
)
from reportgen.report.charts.tracks import Scale, axis, bar, interval_text, round_scale
from reportgen.report.components import Cell, Column, Span, Table, marked
from reportgen.report.language.numbers import NOTHING, column_decimals, number, written
from reportgen.report.language.printable import shorten
from reportgen.report.language.sentences import scalar_name
from reportgen.report.language.strings import Language

_IN_PART = 3  # tokens in the cell of one part of the texts
_NAME = 24  # half-width characters of a token
_PART_NAME = 28  # half-width characters of the name of a part
_TITLES: Mapping[Division, tuple[str, str]] = {
    "class": ("across", "by_class"),
    "label": ("across", "by_label"),
    "group": ("common", "by_group"),
}


@dataclass(frozen=True, slots=True)
class TokenList:
    """The tokens with the largest effects of one kind, or with the most attention."""

    kind: TokenKind
    title: str
    lead: str
    axis: Markup
    value: str  # heading of the column of values
    beside: str  # heading of the column of other figures; "" where there are none
    # Token; chart; value with its interval; texts; how often it occurs; the other figure, if any.
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Across:
    """The section on the tokens of all texts."""

    headline: str
    lists: tuple[TokenList, ...]
    remarks: tuple[str, ...]  # what is missing and why
    parts: tuple[Table, ...]  # the strongest tokens by label, class or group


def make_across(findings: Findings, language: Language) -> Across | None:
    """The section; None where no text has a content token, or where all texts are redacted."""
    if findings.results.is_redacted:  # all tokens of the same length look the same
        return None
    return _Maker(findings, language).across() if len(findings.tokens.text) else None


class _Maker:
    """Makes the words and charts of the section."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self._findings = findings
        self._tokens = findings.tokens
        self._language = language
        self._say = partial(language.say, "across")
        self._means = findings.token_means
        self._n_texts, self._n_effect = self._tokens.n_texts, self._tokens.n_effect
        self._is_size = findings.info.evidence.scalar == "cosine"
        known = self._means.effect[self._means.n_effect >= FEWEST]
        self._listed = findings.token_lists
        self._digits = column_decimals(float(np.abs(known).max(initial=0.0)))

    def across(self) -> Across:
        """The section."""
        lists = [self._effects(kind) for kind in self._listed] + [self._draws()]
        shown = tuple(item for item in lists if item is not None)
        return Across(self._headline(shown), shown, self._remarks(shown), self._parts())

    def _headline(self, lists: Sequence[TokenList]) -> str:
        sentences = [
            self._say(f"headline_{item.kind}", token=token.text, value=value.text, n=n.text)
            for item in lists
            for token, _, value, n, *_ in item.rows[:1]
        ]
        return self._language.say("common", "space").join(sentences)

    def _remarks(self, lists: Sequence[TokenList]) -> tuple[str, ...]:
        remarks = []
        n, fewest = self._n_texts, fewest_texts(self._n_texts)
        if not any(item.kind == "draws" for item in lists):
            if (self._means.n_attention >= fewest).any():
                remarks.append(self._say("no_draws", n=n, fewest=fewest))
            else:
                remarks.append(self._language.count("across", "few", n, fewest=fewest))
        if self._findings.info.evidence.level == "none":
            remarks.append(self._say("no_evidence"))
        elif self._n_effect and not any(item.kind != "draws" for item in lists):
            fewest = fewest_texts(self._n_effect)
            remarks.append(
                self._language.count("across", "few_effects", self._n_effect, fewest=fewest)
            )
        elif not self._n_effect:
            remarks.append(self._say("no_deletion"))
        return tuple(remarks)

    def _effects(self, kind: TokenEffect) -> TokenList | None:
        """The tokens with the largest effects of one kind; None where there are none."""
        found = self._listed[kind]
        if not found:
            return None
        scale = self._effect_scale()
        scalar = scalar_name(self._findings.info, self._language)
        rows = []
        for label, mean, interval in found:
            track = bar(scale, mean, interval, colour=0 if mean > 0 else 3)
            ends = interval_text(interval, self._digits, self._language)
            rows.append(self._row(kind, label, track, ends))
        return self._list(kind, self._n_effect, scale, rows, scalar=scalar)

    def _draws(self) -> TokenList | None:
        """The tokens with the most attention; None where there are none."""
        top = strongest("draws", self._means, fewest_texts(self._n_texts))[:LISTED]
        if not top:
            return None
        means = [float(self._means.attention[label]) for label in top]
        scale = round_scale(0.0, max(2.0, means[0]), 1.0)
        view = self._language.measure(self._findings.shown_attention, "name", row="[CLS]")
        rows = [
            self._row("draws", label, bar(scale, mean, colour=1))
            for label, mean in zip(top, means, strict=True)
        ]
        return self._list("draws", self._n_texts, scale, rows, view=view)

    def _list(
        self,
        kind: TokenKind,
        n_texts: int,
        scale: Scale,
        rows: Sequence[tuple[Cell, ...]],
        **values: str,
    ) -> TokenList:
        """The list of `rows`; `values` are those of its lead, which names the number of texts."""
        fewest = fewest_texts(n_texts)
        attention = self._say("attention")
        effect = self._say("size" if self._is_size else "effect") if self._n_effect else ""
        value, beside = (attention, effect) if kind == "draws" else (effect, attention)
        return TokenList(
            kind=kind,
            title=self._say(f"{kind}_title"),
            lead=self._language.count("across", f"{kind}_lead", n_texts, fewest=fewest, **values),
            axis=axis(scale),
            value=value,
            beside=beside,
            rows=tuple(rows),
        )

    def _row(
        self, kind: TokenKind, label: int, track: Markup, interval: str = ""
    ) -> tuple[Cell, ...]:
        means = self._means
        attention = self._ratio(float(means.attention[label]))
        effect = self._effect(float(means.effect[label])) if self._n_effect else ""
        value, beside = (attention, effect) if kind == "draws" else (effect, attention)
        n_texts = means.n_attention[label] if kind == "draws" else means.n_effect[label]
        return (
            Cell(self._short(label)),
            Cell("", track=track),
            Cell(value, interval),
            Cell(f"{n_texts:,}"),
            Cell(f"{means.count[label]:,}"),
            *([Cell(beside)] if beside else []),
        )

    def _effect_scale(self) -> Scale:
        """The scale of all lists of effects, so that they can be compared; no interval is cut."""
        ends = [0.0]
        for _, mean, interval in chain.from_iterable(self._listed.values()):
            ends += [mean] if interval is None else interval
        return round_scale(min(ends), max(ends), 0.0)

    def _parts(self) -> tuple[Table, ...]:
        """The strongest tokens by label, class or group, where at least two parts have any."""
        kinds: tuple[TokenKind, ...] = (*self._listed, "draws")
        tables = []
        for division, parts in self._findings.parts.items():
            title = self._language.say(*_TITLES[division])
            rows = [self._part(part, kinds) for part in parts]
            if sum(any(cell.parts for cell in cells) for cells in rows) > 1:
                columns = [title, self._language.say("common", "n_texts")]
                columns += [self._say(f"{kind}_column") for kind in kinds]
                tables.append(Table(tuple(map(Column, columns)), tuple(rows), title))
        return tuple(tables)

    def _part(self, part: Part, kinds: Sequence[TokenKind]) -> tuple[Cell, ...]:
        """The row of a part: its name, its texts, and by kind its strongest tokens, each followed
        by its figure in bold."""
        tokens = self._tokens.among(part.texts)
        means = token_means(tokens)
        cells = [Cell(self._part_name(part)), Cell(f"{tokens.n_texts:,}")]
        for kind in kinds:
            fewest = fewest_texts(tokens.n_texts if kind == "draws" else tokens.n_effect)
            values = means.attention if kind == "draws" else means.effect
            say = self._ratio if kind == "draws" else self._effect
            spans: list[Span] = []
            for i in strongest(kind, means, fewest)[:_IN_PART]:
                spans += [Span(self._short(i)), Span(say(float(values[i])), is_strong=True)]
            cells.append(marked(spans))
        return tuple(cells)

    def _part_name(self, part: Part) -> str:
        if part.median is not None:
            return self._say(part.name, x=number(part.median))
        return shorten(part.name, _PART_NAME)

    def _effect(self, value: float) -> str:
        return written(value, self._digits, with_sign=not self._is_size)

    def _ratio(self, value: float) -> str:
        return self._say("times", x=value) if np.isfinite(value) else NOTHING

    def _short(self, label: int) -> str:
        return shorten(self._tokens.labels[label], _NAME)
