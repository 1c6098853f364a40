"""The section on the tokens of all texts: which draw attention, and which change the output."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from markupsafe import Markup

from reportgen.findings import (
    CorpusTokens,
    Division,
    EffectLists,
    Findings,
    ListedToken,
    Listing,
    TextGroup,
    TokenEffect,
    TokenKind,
    effect_lists,
    explaining,
    fewest_texts,
    listed,
    ranked_attention,
)
from reportgen.report.charts.cell_tracks import Scale, axis, bar, round_scale
from reportgen.report.components import Cell, Column, Span, Table, marked
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import (
    NOTHING,
    decimals,
    in_column,
    is_zero,
    number,
    written,
)
from reportgen.report.language.printable import shorten
from reportgen.report.language.sentences import last_values, scalar_name
from reportgen.report.panel.prediction import known_labels
from reportgen.results import BY_ID, EFFECT, MIN_TEXTS
from reportgen.tasks import has_sign

_IN_PART = 3  # tokens in the cell of one part of the texts
_NAME = 24  # half-width characters of a token
_PART_NAME = 28  # half-width characters of the name of a part
_TITLES: Mapping[Division, tuple[str, str]] = {
    "class": ("across", "by_class"),
    "label": ("across", "by_label"),
    "group": ("common", "by_group"),
}
_STRONG = 5  # tokens of few texts, in a sentence
_MOST_DIGITS = 4  # of an end that lies close to what it is compared with
_JOINT = 5  # groups of tokens that say the same, in a sentence
_JOINT_WIDTH = 60  # half-width characters of one


@dataclass(frozen=True, slots=True)
class TokenList:
    """The tokens with the largest effects of one kind, or with the most attention."""

    kind: TokenKind
    sentence: str  # a sentence on the first token that one may name; "" where there is none
    title: str
    lead: str
    axis: Markup
    value: str  # heading of the column of values
    beside: str  # heading of the column of other figures; "" where there are none
    # Token; chart; value with its interval; texts; how often it occurs; the other figure, if any.
    rows: tuple[tuple[Cell, ...], ...]
    more: str = ""  # heading of what may be chance; "" where nothing is left
    doubtful: tuple[tuple[Cell, ...], ...] = ()  # rows of that, at most IN_DOUBT


@dataclass(frozen=True, slots=True)
class Across:
    """The section on the tokens of all texts."""

    headline: str
    lists: tuple[TokenList, ...]
    remarks: tuple[str, ...]  # what is missing and why
    parts: tuple[Table, ...]  # the strongest tokens by label, class or group


def make_across(findings: Findings, language: Language) -> Across | None:
    """The section; None where no text has a text token, or where all texts are redacted."""
    if findings.results.is_redacted:  # all tokens of the same length look the same
        return None
    return _TokenSection(findings, language).across() if len(findings.tokens.text) else None


class _TokenSection:
    """Makes the words and charts of the section."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self._findings = findings
        self._tokens = findings.tokens
        self._language = language
        self._say = partial(language.say, "across")
        self._means = findings.token_means
        self._n_texts, self._n_effect = self._tokens.n_texts, self._tokens.n_effect
        self._is_size = not has_sign(BY_ID[EFFECT], findings.info.evidence.scalar)
        self._attention = findings.token_attention
        self._targets = findings.explained_targets
        self._effects = findings.token_lists
        shown = [effects.ranked.means for effects in self._effects]
        largest = max((float(np.nanmax(abs(v), initial=0.0)) for v in shown), default=0.0)
        self._digits = decimals(largest)
        self._names_tiny = False  # whether a sentence names a token that does too little to matter

    def across(self) -> Across:
        """The section."""
        lists = [
            self._moving(effects, kind, shown)
            for effects in self._effects
            for kind, listing in effects.lists.items()
            if (shown := self._not_zero(listing)).sure or shown.doubtful
        ]
        draws = self._draws()
        every = (*lists, draws) if draws else tuple(lists)
        return Across(self._headline(lists, draws), every, self._remarks(every), self._parts())

    def _headline(self, lists: Sequence[TokenList], draws: TokenList | None) -> str:
        """The tokens that stand out, the last one in front; that none does, where any is judged."""
        sentences = [item.sentence for item in lists if item.sentence]
        if not sentences and self._has_effects():
            sentences = self._none_moves()
        if self._names_tiny:
            scalar = scalar_name(self._findings.info, self._language)
            spread = self._findings.explained_range
            sentences.append(self._say("headline_span", scalar=scalar, spread=spread))
        if (last := self._findings.last_token) is not None:
            of_last = [self._say("last", **last_values(last, self._language))]
            sentences = [*of_last, *([self._say("last_lists")] if lists else []), *sentences]
        if draws:
            sentences.append(draws.sentence or self._say("none_draws", n=MIN_TEXTS))
        return self._language.sentences(sentences)

    def _none_moves(self) -> list[str]:
        """Why no token is named, where some are in enough texts to be listed."""
        if self._findings.is_constant:
            return [self._say("nothing_moves")]
        if not all(effects.tells_of_none for effects in self._effects):
            tiny = self._findings.tiny_effect
            strong = [t for effects in self._effects for t in effects.strong_in_few(tiny)]
            if strong and not self._findings.last_token:
                names = [
                    self._say("few_token", token=self._short(t.label), value=self._effect(t.value))
                    for t in strong[:_STRONG]
                ]
                tokens = self._language.listed(names)
                return [self._say("few_strong", n=MIN_TEXTS, tokens=tokens)]
            return [self._say("none_elsewhere" if self._findings.last_token else "none_moves")]
        is_any_shared = any(effects.ranked.n_shared for effects in self._effects)
        most = max((effects.n_texts for effects in self._effects), default=0)
        key = "few_sure" if is_any_shared else "few_shared"
        sentences = [self._say(key, n=max(MIN_TEXTS, fewest_texts(most)))]
        is_finest = self._findings.info.settings.units == "token"
        return sentences if is_finest else [*sentences, self._say("few_shared_words")]

    def _named(
        self,
        kind: TokenKind,
        rows: Sequence[tuple[Cell, ...]],
        sure: Sequence[ListedToken],
        what: str,
    ) -> str:
        """A sentence on the first token of a list that one may name; the sign is in its words."""
        named = next((i for i, token in enumerate(sure) if token.is_named), None)
        if named is None:
            return ""
        size, spread = abs(sure[named].value), self._findings.explained_range
        is_tiny = kind != "draws" and spread is not None and size <= self._findings.tiny_effect
        before = [*zip(sure[:named], rows, strict=False)]
        few = [row for earlier, row in before if earlier.is_few and abs(earlier.value) > size]
        unsure = [row for earlier, row in before if not earlier.is_few]
        ending = "_tiny" if is_tiny else "_enough" if few else ""
        token, _, _, n, *_ = rows[named]
        sentence = self._say(
            f"headline_{kind}{ending}",
            token=token.text,
            value=size if kind == "draws" else written(size, self._digits),
            n=n.text,
            what=what,
            fewest=MIN_TEXTS,
        )
        self._names_tiny |= is_tiny
        parts = [sentence]
        for key, beside in (("few_draws" if kind == "draws" else "few", few), ("unsure", unsure)):
            names = [self._say("few_token", token=row[0].text, value=row[2].text) for row in beside]
            tokens = self._language.listed(names)
            parts += [self._say(f"headline_{key}", n=MIN_TEXTS, tokens=tokens)] if names else []
        return self._language.sentences(parts)

    def _has_effects(self) -> bool:
        """Whether any token is in enough texts of one explained figure to be judged."""
        return any(np.isfinite(effects.ranked.means).any() for effects in self._effects)

    def _remarks(self, lists: Sequence[TokenList]) -> tuple[str, ...]:
        remarks = []
        n, fewest = self._n_texts, fewest_texts(self._n_texts)
        if not any(item.kind == "draws" for item in lists):
            if np.isfinite(self._attention.means).any():
                remarks.append(self._say("no_draws", n=n, fewest=fewest))
            else:
                remarks.append(self._language.count("across", "few", n, fewest=fewest))
        if self._targets and self._n_effect:
            key = "apart" if self._effects else "apart_none"
            remarks.append(self._say(key, n=len(self._targets)))
        if self._findings.info.evidence.level == "none":
            remarks.append(self._say("no_evidence"))
        elif not self._n_effect:
            remarks.append(self._say("no_deletion"))
        elif not self._targets and not self._has_effects():
            fewest = fewest_texts(self._n_effect)
            remarks.append(
                self._language.count("across", "few_effects", self._n_effect, fewest=fewest)
            )
        return (*remarks, *self._joint())

    def _joint(self) -> tuple[str, ...]:
        """The groups of tokens that say the same, of most texts first; none where there are no
        groups."""
        joint = self._findings.joint_tokens
        if not joint:
            return ()
        digits = decimals(max(abs(one.effect.mean) for one in joint))
        named = [
            self._language.count(
                "across",
                "joint_one",
                one.effect.n_texts,
                tokens=shorten(one.tokens, _JOINT_WIDTH),
                value=written(one.effect.mean, digits, with_sign=True),
            )
            for one in joint[:_JOINT]
        ]
        groups = self._language.listed(named)
        key = "joint_some" if len(joint) > _JOINT else "joint"
        sentences = [self._say(key, groups=groups, n=len(joint))]
        has_lists = any(not effects.is_empty for effects in self._effects)
        sentences += [self._say("joint_lists")] if has_lists else []
        return (self._language.sentences(sentences),)

    def _moving(self, effects: EffectLists, kind: TokenEffect, listing: Listing) -> TokenList:
        """The tokens with the largest effects of one kind."""
        scale = self._effect_scale()
        scalar = scalar_name(self._findings.info, self._language)

        def row(token: ListedToken) -> tuple[Cell, ...]:
            track = bar(scale, token.value, token.interval, colour=0 if token.value > 0 else 3)
            ends = self._ends(token, self._digits, effects.ranked.centre)
            return self._row(kind, token.label, track, ends, effects)

        return self._list(kind, effects.n_texts, scale, row, listing, effects.target, scalar=scalar)

    def _ends(self, token: ListedToken, digits: int | None, centre: float) -> str:
        """The interval of a token; where it leaves out the centre, with digits that show it."""
        interval = token.interval
        nearest = interval.low if interval.low > centre else interval.high
        if digits is not None and not interval.low <= centre <= interval.high:
            while digits < _MOST_DIGITS and round(nearest, digits) == centre:
                digits += 1
        write = in_column if centre == 0 else written  # 1 is no limit of an effect
        low, high = (write(end, digits) for end in interval)
        return self._language.say("number", "interval", low=low, high=high)

    def _not_zero(self, listing: Listing) -> Listing:
        """Those whose effect is not printed as 0, and any that a sentence may name."""

        def kept(tokens: Sequence[ListedToken]) -> tuple[ListedToken, ...]:
            return tuple(t for t in tokens if t.is_named or not is_zero(t.value, self._digits))

        return replace(listing, sure=kept(listing.sure), doubtful=kept(listing.doubtful))

    def _draws(self) -> TokenList | None:
        """The tokens with the most attention; None where there are none."""
        listing = listed("draws", self._attention)
        every = (*listing.sure, *listing.doubtful)
        if not every:
            return None
        scale = round_scale(0.0, max(2.0, *(token.interval.high for token in every)), 1.0)
        view = self._language.measure(self._findings.shown_attention, "name", row="[CLS]")
        whole = self._effects[0] if self._n_effect and not self._targets else None

        def row(token: ListedToken) -> tuple[Cell, ...]:
            track = bar(scale, token.value, token.interval, colour=1)
            ends = self._ends(token, 1, self._attention.centre)
            return self._row("draws", token.label, track, ends, whole)

        return self._list("draws", self._n_texts, scale, row, listing, None, view=view)

    def _list(
        self,
        kind: TokenKind,
        n_texts: int,
        scale: Scale,
        make_row: Callable[[ListedToken], tuple[Cell, ...]],
        listing: Listing,
        target: str | None,
        **values: str,
    ) -> TokenList:
        """The list of a `listing`; `values` are those of its lead, which names the number of
        texts."""
        rows, doubtful = (
            tuple(map(make_row, tokens)) for tokens in (listing.sure, listing.doubtful)
        )
        fewest = fewest_texts(n_texts)
        attention = self._say("attention")
        has_effects = self._n_effect and (kind != "draws" or not self._targets)
        effect = self._say("size" if self._is_size else "effect") if has_effects else ""
        value, beside = (attention, effect) if kind == "draws" else (effect, attention)
        short = None if target is None else self._say("quoted", name=shorten(target, _PART_NAME))
        what = short or self._say("output")
        title = self._say(f"{kind}_title", what=what)
        return TokenList(
            kind=kind,
            sentence=self._named(kind, rows, listing.sure, what),
            title=title,
            lead=self._language.count("across", f"{kind}_lead", n_texts, fewest=fewest, **values),
            axis=axis(scale),
            value=value,
            beside=beside,
            rows=rows,
            more=self._more(listing),
            doubtful=doubtful,
        )

    def _more(self, listing: Listing) -> str:
        """How many tokens more do the same, but may do so by chance."""
        if not listing.doubtful:
            return ""
        key = "doubtful" if listing.sure else "doubtful_only"
        sentence = self._language.count("across", key, listing.n_doubtful)
        n = len(listing.doubtful)
        return sentence if n == listing.n_doubtful else sentence + self._say("doubtful_first", n=n)

    def _row(
        self, kind: TokenKind, label: int, track: Markup, interval: str, effects: EffectLists | None
    ) -> tuple[Cell, ...]:
        """`effects` stand in the row; None where none do."""
        target = effects.target if effects else None
        tokens = self._tokens if target is None else self._of_target(target)
        attention = self._ratio(float(self._attention.means[label]))
        effect = self._effect(float(effects.ranked.means[label])) if effects else ""
        value, beside = (attention, effect) if kind == "draws" else (effect, attention)
        rows = tokens.label == label
        rows &= np.isfinite(tokens.attention if kind == "draws" else tokens.effect)
        return (
            Cell(self._short(label)),
            Cell("", track=track),
            Cell(value, interval),
            Cell(f"{rows.sum():,}"),
            Cell(f"{self._tokens.count[self._tokens.label == label].sum():,}"),
            *([Cell(beside)] if beside else []),
        )

    def _of_target(self, target: str) -> CorpusTokens:
        return self._tokens.among(explaining(self._findings.results, target))

    def _effect_scale(self) -> Scale:
        """The scale of all lists of effects, so that they can be compared; no interval is cut."""
        ends = [0.0]
        for effects in self._effects:
            for listing in effects.lists.values():
                for token in (*listing.sure, *listing.doubtful):
                    ends += token.interval
        return round_scale(min(ends), max(ends), 0.0)

    def _parts(self) -> tuple[Table, ...]:
        """The strongest tokens by label, class or group, where at least two parts have any.

        Effects stand only where all texts of a part have the same figure explained.
        """
        moves: list[TokenKind] = ["moves"] if self._is_size else ["raises", "lowers"]
        tables = []
        for division, parts in self._findings.parts.items():
            is_one = bool(self._n_effect) and (not self._targets or division == "class")
            kinds: tuple[TokenKind, ...] = (*(moves if is_one else ()), "draws")
            title = self._language.say(*_TITLES[division])
            rows = [self._part(part, division, kinds) for part in parts]
            if sum(any(cell.parts for cell in cells) for cells in rows) > 1:
                columns = [title, self._language.say("common", "n_texts")]
                columns += [self._say(f"{kind}_column") for kind in kinds]
                tables.append(Table(tuple(map(Column, columns)), tuple(rows), title))
        return tuple(tables)

    def _part(
        self, part: TextGroup, division: Division, kinds: Sequence[TokenKind]
    ) -> tuple[Cell, ...]:
        """The row of a part: its name, its texts, and by kind its strongest tokens, each followed
        by its figure in bold, with its interval."""
        tokens = self._tokens.among(part.texts)
        ranked = effect_lists(tokens, is_size=self._is_size).ranked
        attention = ranked_attention(tokens)
        cells = [Cell(self._part_name(part, division)), Cell(f"{tokens.n_texts:,}")]
        for kind in kinds:
            draws = kind == "draws"
            spans: list[Span] = []
            first = listed(kind, attention if draws else ranked, _IN_PART)
            for token in (first if draws else self._not_zero(first)).sure:
                value = self._ratio(token.value) if draws else self._effect(token.value)
                of = attention if draws else ranked
                ends = self._ends(token, 1 if draws else self._digits, of.centre)
                figure = f"{value} {ends}"
                spans += [Span(self._short(token.label)), Span(figure, is_strong=True)]
            cells.append(marked(spans))
        return tuple(cells)

    def _part_name(self, part: TextGroup, division: Division) -> str:
        if part.median is not None:
            return self._say(part.name, x=number(part.median))
        known = ""
        if division == "label":
            known = known_labels(self._findings, int(part.texts.argmax()), self._language)
        return shorten(known or part.name, _PART_NAME)

    def _effect(self, value: float) -> str:
        return written(value, self._digits, with_sign=not self._is_size)

    def _ratio(self, value: float) -> str:
        return self._say("times", x=value) if np.isfinite(value) else NOTHING

    def _short(self, label: int) -> str:
        name = shorten(self._tokens.labels[label], _NAME)
        return name if label < self._tokens.n_units else self._say("joint_name", tokens=name)
