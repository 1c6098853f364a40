"""Attention that piles up on what is no special token: the first position, and text tokens.

They are judged by the rule for special tokens, from the table of tokens, so without evidence too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.findings.attention import (
    RoleFigures,
    excess,
    layer_figures,
    takes_part,
    with_norms,
    with_vectors,
)
from reportgen.findings.sinks.heads import SinkHeads
from reportgen.findings.sinks.sink_test_figures import SubjectFigures
from reportgen.findings.statistics import Booleans, Floats, Places
from reportgen.results import (
    LEARNED_SHARE,
    LEARNED_SINK,
    MIN_TEXTS,
    MOST_OF_TEXT,
    SINK_EXCESS,
    Results,
    Subject,
    frame_of,
)

MAX_FOUND = 3  # text tokens
FIRST = Subject("first", "", "position")
_COLUMNS = (
    "received_layers",
    "expected_layers",
    "received_norm_layers",
    "value_size_layers",
    "value_ratio_layers",
    "output_rank_layers",
    "activation_layers",
)
_PLACES = ("text", "position", "token", "role")
_AT_ONCE = 16_384  # tokens


@dataclass(frozen=True, slots=True)
class Pile:
    """A token or position, not a special token, with a verdict on whether attention piles up on
    it."""

    subject: Subject
    figures: RoleFigures


@dataclass(frozen=True, slots=True)
class Piles:
    """A learned sink where the model has one, the first position where texts begin with content,
    then text tokens that may be sinks."""

    every: tuple[Pile, ...]
    n_tried: int  # text tokens in at least MIN_TEXTS texts, which could have been found


@dataclass(frozen=True, slots=True, eq=False)
class _Content:
    """The text tokens of some texts that count, `[token]` or `[token, layer]` each."""

    text: Places  # row of `texts`
    token: Places  # which of `names`
    names: Sequence[str]
    is_first: Booleans  # at the first position of its text
    layers: tuple[Floats, ...]  # as asked for


@dataclass(frozen=True, slots=True, eq=False)
class _Gathered:
    """What one subject gets in each of its texts, `[text, layer]`."""

    share: Floats
    expected: Floats
    norm_share: Floats
    value_size: Floats
    content_value_size: Floats  # of all text tokens of the text
    value_ratio: Floats  # mean over the subject's positions
    output_rank: Floats  # the same
    activation: Floats  # largest hidden value, mean over the subject's positions
    content_activation: Floats  # mean over all text tokens of the text

    def figures(self, n_tried: int) -> RoleFigures:
        """The figures over these texts, of the strongest of `n_tried`."""
        layers = layer_figures(range(1, self.share.shape[1] + 1), self.share, self.expected)
        norms = self.norm_share, self.value_size, self.content_value_size, self.value_ratio
        layers = with_norms(layers, *norms)
        vectors = self.output_rank, self.activation, self.content_activation
        layers = with_vectors(layers, *vectors)
        return RoleFigures(len(self.share), layers, n_tried)


def piles(
    results: Results, subjects_tested: Sequence[SubjectFigures], heads: Mapping[str, SinkHeads]
) -> Piles:
    """The first position, if it is a content token in at least one text. Then at most MAX_FOUND
    content tokens that get SINK_EXCESS or more in some layer, in means over at least MIN_TEXTS
    texts; and as many of those that single `heads` surely give that.

    Where the first position is such a sink, tokens are judged by their other positions only. What
    the sink tests were done on, `subjects_tested`, follows where it is not among these. In a
    redacted copy text tokens cannot be told apart, so that only what was tested is judged.
    """
    n_layers = results.info.model.n_layers
    everywhere, elsewhere = _ExcessMeans(n_layers), _ExcessMeans(n_layers)
    first: list[tuple[Floats, ...]] = []
    for content in _windows(results, *_COLUMNS[:2]):
        first.append(tuple(values[content.is_first] for values in content.layers))
        means = _means(content, np.ones_like(content.is_first))
        everywhere.add(content.names, *means)
        if content.is_first.any():
            means = _means(content, ~content.is_first)
        elsewhere.add(content.names, *means)
    columns = [np.concatenate(arrays) for arrays in zip(*first, strict=True)]
    n_first = len(columns[0]) if columns else 0
    is_sink = n_first >= MIN_TEXTS and bool((excess(*columns).mean(axis=0) >= SINK_EXCESS).any())
    peaks = {} if results.is_redacted else (elsewhere if is_sink else everywhere).peaks()
    high = sorted((-peak, token) for token, peak in peaks.items() if peak >= SINK_EXCESS)
    subjects = [FIRST] if n_first else []
    names = [token for _, token in high[:MAX_FOUND]]
    sure = [key.removeprefix("token:") for key, of_token in heads.items() if of_token.is_sure]
    names += [name for name in sure if name in peaks and name not in names][:MAX_FOUND]
    subjects += [Subject(f"token:{name}", name, "token") for name in names]
    every = [
        Pile(subject, gathered.figures(1 if subject == FIRST else len(peaks)))
        for subject, gathered in zip(subjects, _gathered(results, subjects, is_sink), strict=True)
    ]
    tested = (
        figures for figures in subjects_tested if figures.subject.kind not in ("role", "learned")
    )
    every += [
        Pile(figures.subject, RoleFigures(figures.n_texts, figures.layers))
        for figures in tested
        if figures.subject not in subjects
    ]
    return Piles((*_learned_sink(results), *every), len(peaks))


def _learned_sink(results: Results) -> Iterator[Pile]:
    """What a learned sink gets, judged like a token; nothing if the model has none."""
    if not results.has_learned_sink:
        return
    rows = results.layer_columns("text", LEARNED_SHARE, "learned_expected")
    rows = rows[rows[LEARNED_SHARE].notna() & takes_part(results)[rows["text"].to_numpy(np.intp)]]
    if rows.empty:
        return
    n_layers = results.info.model.n_layers
    share, even = (
        rows[name].to_numpy(np.float64).reshape(-1, n_layers)
        for name in (LEARNED_SHARE, "learned_expected")
    )
    layers = layer_figures(range(1, n_layers + 1), share, even)
    yield Pile(LEARNED_SINK, RoleFigures(len(share), layers))


def _means(content: _Content, counted: Booleans) -> tuple[Places, Floats]:
    """`[token]` and `[token, layer]`: of each of the names, the number of texts, and the sum over
    them of what it gets beyond the equal share. Of its tokens those that are `counted` are taken
    together in each text.

    A text that is mostly this token does not count: there is hardly anything to draw from.
    """
    n_names = len(content.names)
    pairs, inverse = np.unique(
        content.text[counted] * n_names + content.token[counted], return_inverse=True
    )
    groups: Places = np.asarray(inverse, np.intp)
    share, even = (_sums(groups, values[counted]) for values in content.layers)
    some = (even <= MOST_OF_TEXT).all(axis=1)
    names = (pairs % n_names)[some]
    n_texts: Places = np.bincount(names, minlength=n_names)
    return n_texts, _sums(names, excess(share, even)[some], n_names)


class _ExcessMeans:
    """What each token gets beyond the equal share, mean over its texts."""

    def __init__(self, n_layers: int) -> None:
        self._places: dict[str, int] = {}  # of each token in the others
        self._n_texts = np.zeros(0, np.intp)  # [token]
        self._sums = np.zeros((0, n_layers))  # [token, layer]

    def add(self, names: Sequence[str], n_texts: Places, sums: Floats) -> None:
        """Add what `_means` found of `names` in some texts."""
        places = [self._places.setdefault(name, len(self._places)) for name in names]
        more = len(self._places) - len(self._n_texts)
        self._n_texts = np.pad(self._n_texts, (0, more))
        self._sums = np.pad(self._sums, ((0, more), (0, 0)))
        self._n_texts[places] += n_texts
        self._sums[places] += sums

    def peaks(self) -> dict[str, float]:
        """The highest mean over layers, for each token that occurs in enough texts."""
        return {
            token: float(self._sums[place].max() / self._n_texts[place])
            for token, place in self._places.items()
            if self._n_texts[place] >= MIN_TEXTS
        }


def _gathered(
    results: Results, subjects: Sequence[Subject], first_apart: bool
) -> Iterator[_Gathered]:
    """What each of `subjects` gets in its texts. With `first_apart`, the first position does not
    count for the token at it."""
    parts: list[list[list[Floats]]] = [[] for _ in subjects]
    for content in _windows(results, *_COLUMNS) if subjects else ():
        for subject, windows in zip(subjects, parts, strict=True):
            here = content.is_first
            if subject != FIRST:
                token = content.names.index(subject.token) if subject.token in content.names else -1
                here = (content.token == token) & ~(first_apart & content.is_first)
            windows.append(_in_texts(content, here, subject == FIRST))
    for windows in parts:
        yield _Gathered(*(np.concatenate(columns) for columns in zip(*windows, strict=True)))


def _in_texts(content: _Content, here: Booleans, is_first: bool) -> list[Floats]:
    """The columns of `_Gathered`, of the texts that have a token `here`."""
    texts, inverse = np.unique(content.text, return_inverse=True)
    places: Places = np.asarray(inverse, np.intp)
    share, even, norms, sizes, ratios, ranks, activations = content.layers
    n_here, n_all = (np.bincount(rows, minlength=len(texts)) for rows in (places[here], places))
    of_text = [_sums(places[here], values[here], len(texts)) for values in (share, even, norms)]
    with np.errstate(invalid="ignore"):
        of_text.append(_sums(places[here], sizes[here], len(texts)) / n_here[:, None])
        of_text.append(_sums(places, sizes, len(texts)) / n_all[:, None])
        for values in (ratios, ranks, activations):
            of_text.append(_sums(places[here], values[here], len(texts)) / n_here[:, None])
        of_text.append(_sums(places, activations, len(texts)) / n_all[:, None])
    counted = n_here > 0
    if not is_first:
        counted &= (of_text[1] <= MOST_OF_TEXT).all(axis=1)
    return [values[counted] for values in of_text]


def _sums(groups: Places, values: Floats, n_groups: int | None = None) -> Floats:
    """`[group, layer]`: sums of `[token, layer]`."""
    size = n_groups or int(groups.max(initial=-1)) + 1
    layers = [np.bincount(groups, weights=column, minlength=size) for column in values.T]
    return np.stack(layers, axis=1).astype(np.float64)  # without tokens they are whole numbers


def _windows(results: Results, *names: str) -> Iterator[_Content]:
    """The content of all texts that count, a few whole texts at a time."""
    counted, texts = takes_part(results), results.texts
    sizes = texts["n_tokens"].to_numpy(np.int64)
    ends = (texts["first_token"].to_numpy(np.int64) + sizes)[sizes > 0]
    n_tokens = int(ends.max(initial=0))
    start = 0
    while start < n_tokens:
        after = ends[ends > start]
        n_texts = max(1, int((after <= start + _AT_ONCE).sum()))
        end = int(after[n_texts - 1])
        part = results.token_part(start, end - start, *_PLACES, *names)
        tokens = frame_of(part.select(_PLACES))
        is_content = tokens["role"].isna().to_numpy(np.bool_)
        rows = np.flatnonzero(is_content & counted[tokens["text"].to_numpy(np.intp)])
        tokens = tokens.iloc[rows]
        token, spelled = pd.factorize(tokens["token"])
        yield _Content(
            text=tokens["text"].to_numpy(np.intp),
            token=np.asarray(token, np.intp),
            names=spelled.tolist(),
            is_first=(tokens["position"] == 0).to_numpy(np.bool_),
            layers=tuple(results.by_layer(part[name])[rows].astype(np.float64) for name in names),
        )
        start = end
