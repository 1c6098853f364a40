"""Over all texts: which tokens draw attention, and which move the output."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from reportgen.findings.findings import Findings
from reportgen.findings.tokens import (
    FEWEST,
    LISTED,
    CorpusTokens,
    TokenEffect,
    TokenKind,
    fewest_texts,
    strongest,
    token_means,
)
from reportgen.report.charts.axes import round_values
from reportgen.report.charts.tracks import Scale, axis, bar, interval_text
from reportgen.report.language.numbers import column_decimals, exact, written
from reportgen.report.language.printable import shorten
from reportgen.report.language.sentences import scalar_name
from reportgen.report.language.strings import Language
from reportgen.report.sections.groups import Part, PartRow, PartTable, make_parts

_IN_PART = 3  # in the cell of one part
_NAME = 24  # half-width characters of a token
Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token."""

    token: str
    track: Markup
    value: str
    interval: str  # "" for fewer than MIN_TEXTS texts, and for attention
    n_texts: str
    count: str  # how often it stands in all texts
    beside: str  # the other figure: attention beside an effect, an effect beside attention


@dataclass(frozen=True, slots=True)
class TokenList:
    """The tokens that do one thing most."""

    kind: TokenKind
    title: str
    lead: str
    axis: Markup
    value: str  # names of the columns
    beside: str
    rows: tuple[TokenRow, ...]


@dataclass(frozen=True, slots=True)
class Across:
    """The section on all texts."""

    headline: str
    lead: str
    lists: tuple[TokenList, ...]
    remarks: tuple[str, ...]  # what is missing and why
    parts: tuple[PartTable, ...]


def make_across(findings: Findings, language: Language) -> Across | None:
    """The section of `results`; None where no text has a content token, or
    all were redacted."""
    if findings.results.is_redacted:  # all tokens of a length look the same
        return None
    tokens = findings.tokens
    if not len(tokens.text):
        return None
    return _Maker(findings, tokens, language).across()


class _Maker:
    """Puts the tokens of one run into words and tracks."""

    def __init__(self, findings: Findings, tokens: CorpusTokens, language: Language) -> None:
        self._findings = findings
        self._tokens = tokens
        self._language = language
        self._means = findings.token_means
        self._n_texts, self._n_effect = tokens.n_texts, tokens.n_effect
        self._is_size = findings.info.evidence.scalar == "cosine"
        known = self._means.effect[self._means.n_effect >= FEWEST]
        self._listed = findings.token_lists
        self._digits = column_decimals(float(np.abs(known).max(initial=0.0)))

    def across(self) -> Across:
        lists = [self._effects(kind) for kind in self._kinds()] + [self._draws()]
        shown = tuple(item for item in lists if item is not None)
        return Across(
            headline=self._headline(shown),
            lead=self._say("lead"),
            lists=shown,
            remarks=self._remarks(shown),
            parts=self._parts(),
        )

    def _kinds(self) -> tuple[TokenEffect, ...]:
        return tuple(self._listed)

    def _headline(self, lists: Sequence[TokenList]) -> str:
        said = [
            self._say(f"headline_{item.kind}", token=row.token, value=row.value, n=row.n_texts)
            for item in lists
            for row in item.rows[:1]
        ]
        return self._language.say("common", "space").join(said)

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
        fewest = fewest_texts(self._n_effect)
        found = self._listed[kind]
        if not found:
            return None
        scale = self._effect_scale()
        return TokenList(
            kind=kind,
            title=self._say(f"{kind}_title"),
            lead=self._language.count(
                "across",
                f"{kind}_lead",
                self._n_effect,
                scalar=scalar_name(self._findings.info, self._language),
                fewest=fewest,
            ),
            axis=axis(scale),
            value=self._say("size" if self._is_size else "effect"),
            beside=self._say("attention"),
            rows=tuple(
                TokenRow(
                    token=self._short(i),
                    track=bar(scale, mean, interval, None, 0 if mean > 0 else 3),
                    value=self._effect(mean),
                    interval=interval_text(interval, self._digits, self._language),
                    n_texts=f"{self._means.n_effect[i]:,}",
                    count=f"{self._means.count[i]:,}",
                    beside=self._ratio(float(self._means.attention[i])),
                )
                for i, mean, interval in found
            ),
        )

    def _effect_scale(self) -> Scale:
        """One for both lists, so that they can be compared; every interval lies on it."""
        ends = [0.0]
        for _, mean, interval in chain.from_iterable(self._listed.values()):
            ends += [mean] if interval is None else interval
        marks = round_values(min(ends), max(ends))
        every = 1 + (len(marks) - 1) // 4
        zero = marks.index(0.0)
        shown = [mark for i, mark in enumerate(marks) if (i - zero) % every == 0]
        return Scale(
            marks[0],
            marks[-1],
            tuple((mark, exact(mark)) for mark in shown),
            0.0,
        )

    def _draws(self) -> TokenList | None:
        fewest = fewest_texts(self._n_texts)
        top = strongest("draws", self._means, fewest)[:LISTED]
        if not top:
            return None
        means = [float(self._means.attention[i]) for i in top]
        marks = round_values(0.0, max(2.0, means[0]))
        every = 1 + (len(marks) - 1) // 4
        scale = Scale(0.0, marks[-1], tuple((m, f"{m:g}") for m in marks[::every]), 1.0)
        view = self._language.measure(self._findings.shown_attention, "name", row="[CLS]")
        return TokenList(
            kind="draws",
            title=self._say("draws_title"),
            lead=self._language.count(
                "across", "draws_lead", self._n_texts, view=view, fewest=fewest
            ),
            axis=axis(scale),
            value=self._say("attention"),
            beside=self._say("size" if self._is_size else "effect") if self._n_effect else "",
            rows=tuple(
                TokenRow(
                    token=self._short(i),
                    track=bar(scale, mean, None, None, 1),
                    value=self._ratio(mean),
                    interval="",
                    n_texts=f"{self._means.n_attention[i]:,}",
                    count=f"{self._means.count[i]:,}",
                    beside=self._effect(float(self._means.effect[i])) if self._n_effect else "",
                )
                for i, mean in zip(top, means, strict=True)
            ),
        )

    def _parts(self) -> tuple[PartTable, ...]:
        kinds: tuple[TokenKind, ...] = (*self._kinds(), "draws")
        tables = []
        for title, parts in make_parts(self._findings, self._language):
            rows = [self._part(part, kinds) for part in parts]
            if sum(any(row.cells) for row in rows) > 1:
                columns = tuple(self._say(f"{kind}_column") for kind in kinds)
                tables.append(PartTable(title, columns, tuple(rows)))
        return tuple(tables)

    def _part(self, part: Part, kinds: Sequence[TokenKind]) -> PartRow:
        tokens = self._tokens.among(part.texts)
        means = token_means(tokens)
        cells = []
        for kind in kinds:
            fewest = fewest_texts(tokens.n_texts if kind == "draws" else tokens.n_effect)
            top = strongest(kind, means, fewest)[:_IN_PART]
            values = means.attention if kind == "draws" else means.effect
            say = self._ratio if kind == "draws" else self._effect
            cells.append(tuple((self._short(i), say(float(values[i]))) for i in top))
        return PartRow(part.name, f"{tokens.n_texts:,}", tuple(cells))

    def _effect(self, value: float) -> str:
        return written(value, self._digits, with_sign=not self._is_size)

    def _ratio(self, value: float) -> str:
        if not np.isfinite(value):
            return written(value, 1)
        return self._say("times", x=value)

    def _short(self, label: int) -> str:
        return shorten(self._tokens.labels[label], _NAME)

    def _say(self, key: str, **values: object) -> str:
        return self._language.say("across", key, **values)
