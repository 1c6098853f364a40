"""Why a token draws attention: its scores, split into what every token gives it alike and the rest.

The lead of a token is its score from one query less the mean score of the text tokens that this
query sees. A softmax does not change with a constant that is added to a row, so that scores tell
nothing but such differences; and where scores are q·k / sqrt(d), the lead is
q · (k - mean k) / sqrt(d). For each text, layer and head the mean of the leads and of their squares
is stored. The square of the mean over all texts is what every query gives alike, the rest of the
mean square is how far queries differ (`findings/sinks/query_key_scores.py`).

The reference is the mean score, and not the logarithm of the mean of exp(score): that follows the
one token which a query likes best, so that a key which all queries like alike would seem to depend
on the query wherever some of them have something better to look at.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.attention.scores import AttentionScoreReader, LayerScores
from reportgen.analysis.evidence.explainer import Explainer
from reportgen.analysis.evidence.sinks.interventions import value_sizes_read
from reportgen.analysis.evidence.sinks.subjects import FIRST
from reportgen.models import EncodedText, Projection, precise, tolerances
from reportgen.results import LONG_TOKENS, MIN_CONTENT, MIN_TEXTS, MOST_OF_TEXT, Reason

MAX_TEXTS = 24
MAX_TOKENS = 3  # of a layer of a text, beside its special tokens and its first position
LEAST_EXCESS = 0.05  # of such a token, beyond the equal share in one head
_CHUNK = 4_000_000  # scores that are worked on at once
Columns: TypeAlias = Mapping[str, NDArray[Any]]  # of the table of sink scores


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Where the tokens of a text stand that concern one subject, `[token]` each."""

    subject: Tensor
    others: Tensor  # the other text tokens, which ask and which it is compared with


@dataclass(frozen=True, slots=True, eq=False)
class SinkScorer:
    """Measures the scores of possible sinks, one text at a time."""

    explainer: Explainer
    capture: Capture
    projections: Sequence[Projection]  # as proven; none where values cannot be read
    tokens: Collection[str]  # of texts, that are looked at

    def measure(self, row: int, text: EncodedText) -> Columns | Reason:
        """Run a text once: rows of the table of sink scores, or why there are none.

        Args:
            row: the text's row in the table of texts.

        Returns:
            No rows where the text has no subject, or too few text tokens that see it;
            "scores_unread" if nothing of the shape of a map went into a softmax in some layer;
            "scores_unproven" if the softmax of it is not the captured map in some head. Errors of
            the model are not caught.
        """
        if len(text.ids) > LONG_TOKENS:
            return {}
        text_scores = TextScores(self.capture.has_learned_sinks, text, self.tokens)
        most = tolerances(self.explainer.model.info.dtype).repeated
        fault: Reason | None = None
        reader = AttentionScoreReader(len(text.ids))

        def take(layer: int, maps: Tensor) -> None:
            nonlocal fault
            # The reader watches the model, and would take longer for each of these calls of torch.
            with torch._C.DisableTorchFunction():
                scores = None if fault or not text_scores.fits(maps) else reader.take(maps)
                if scores is None:
                    fault = fault or "scores_unread"
                elif not bool((scores.error <= most).all()):
                    fault = "scores_unproven"
                else:
                    text_scores.add(layer, scores, maps[0])

        with reader, value_sizes_read(self.projections, text_scores.add_values):
            self.capture.run(self.explainer.inputs([text]), take)
        return fault or text_scores.columns(row)


class TextScores:
    """Collects the figures of one text, layer by layer.

    In every layer those of its special tokens and of its first position, if that is content; and
    those of its `frequent` text tokens that single heads of the layer look at most, as
    `_looked_at` has them.
    """

    def __init__(
        self, has_learned_sinks: bool, text: EncodedText, frequent: Collection[str]
    ) -> None:
        self._n_tokens = len(text.ids)
        self._has_learned_sinks = has_learned_sinks
        content = torch.tensor([role is None for role in text.roles])
        subjects, tokens = _subjects(text, frequent)
        self._places = {key: _places(at, content) for key, at in subjects.items()}
        self._tokens = {key: _places(at, content) for key, at in tokens.items()}
        self._value_sizes: dict[int, Tensor] = {}  # by layer, [head, key]
        self._parts: list[dict[str, NDArray[Any]]] = []

    def fits(self, maps: Tensor) -> bool:
        """Whether `maps` `[text, head, query, key]` are those of this text alone."""
        return len(maps) == 1 and maps.shape[-1] == self._n_tokens

    def add_values(self, layer: int, sizes: Tensor) -> None:
        """Add how long the vectors are that are passed on, `[1, head, key]`."""
        self._value_sizes[layer] = sizes[0]

    def add(self, layer: int, scores: LayerScores, maps: Tensor) -> None:
        """Add the scores of the next layer, with its `maps` `[head, query, key]`."""
        sizes = self._value_sizes.get(layer)
        looked_at = {key: self._tokens[key] for key in self._looked_at(maps)}
        for key, on_host in {**self._places, **looked_at}.items():
            places = _Places(on_host.subject.to(maps.device), on_host.others.to(maps.device))
            figures = self._figures(scores, maps, places)
            if figures is None:
                continue
            n_heads = len(maps)
            unknown = np.full(n_heads, np.nan)
            self._parts.append(
                {
                    "subject": np.full(n_heads, key, object),
                    "layer": np.full(n_heads, layer + 1),
                    "head": np.arange(1, n_heads + 1),
                    **figures,
                    "value_size": unknown if sizes is None else _ratio(sizes, places),
                }
            )

    def columns(self, row: int) -> Columns:
        """All of it as columns of the table of sink scores; {} if there is nothing."""
        if not self._parts:
            return {}
        first = self._parts[0]
        columns = {name: np.concatenate([part[name] for part in self._parts]) for name in first}
        return {"text": np.full(len(columns["lead"]), row), **columns}

    def _looked_at(self, maps: Tensor) -> list[str]:
        """The text tokens, at most MAX_TOKENS, that get most beyond their equal share in some head,
        at least LEAST_EXCESS; by their keys. All places of a token in the text count together.

        Where all heads look at a token some head does, so that the sinks of means are among them.
        """
        if not self._tokens:
            return []
        places = (
            torch.stack([token.subject for token in self._tokens.values()]).to(maps.device).float()
        )
        seen = maps.amax(0) > 0  # [query, key]
        n_seen = seen.sum(-1, keepdim=True) + self._has_learned_sinks
        even = places @ (seen / n_seen.clamp(min=1)).mean(0)  # [token]
        shares = maps.mean(1, dtype=torch.float32) @ places.T  # [head, token]
        beyond = ((shares - even) / (1 - even)).amax(0).tolist()
        high = sorted(
            (-excess, key)
            for key, excess, usual in zip(self._tokens, beyond, even.tolist(), strict=True)
            if excess >= LEAST_EXCESS and usual <= MOST_OF_TEXT
        )
        return [key for _, key in high[:MAX_TOKENS]]

    def _figures(
        self, layer: LayerScores, maps: Tensor, places: _Places
    ) -> dict[str, NDArray[Any]] | None:
        """The figures of one subject in one layer, `[head]` each; None where no query sees both it
        and MIN_CONTENT other text tokens."""
        subject, others = places.subject, places.others
        n_heads, length, _ = maps.shape
        step = max(1, _CHUNK // (n_heads * length))
        asking = torch.zeros_like(subject)
        sums = precise(maps.new_zeros(4, n_heads))
        n_pairs = n_rows = 0
        for start in range(0, length, step):
            rows = slice(start, start + step)
            seen = (maps[:, rows] > 0).any(0)  # [query, key]
            visible = seen & others
            n_visible = visible.sum(-1)
            pairs = seen[:, subject] & (others[rows] & (n_visible >= MIN_CONTENT))[:, None]
            asks = pairs.any(-1)
            scores = layer.scores[:, rows]
            usual = scores.where(visible, 0).sum(-1) / n_visible.clamp(min=1)  # [head, query]
            leads = precise((scores[..., subject] - usual[..., None]).where(pairs, 0))
            shares = precise(maps[:, rows][:, asks][..., subject]).sum((1, 2))
            n_seen = seen[asks].sum(-1) + self._has_learned_sinks
            even = precise(seen[asks][:, subject].sum(-1) / n_seen).sum().expand(n_heads)
            sums += torch.stack([leads.sum((1, 2)), (leads**2).sum((1, 2)), shares, even])
            n_pairs, n_rows = n_pairs + int(pairs.sum()), n_rows + int(asks.sum())
            asking[rows] = asks
        if not n_pairs:
            return None
        lead, square, share, expected = (total.cpu().numpy() for total in sums)
        return {
            "n_pairs": np.full(n_heads, n_pairs),
            "lead": lead / n_pairs,
            "lead_square": square / n_pairs,
            "share": share / n_rows,
            "expected": expected / n_rows,
            "error": layer.error.cpu().numpy(),
            **_key_figures(layer, asking, places),
        }


def frequent_tokens(texts: Iterable[EncodedText]) -> frozenset[str]:
    """The text tokens that at least MIN_TEXTS of `texts` have: of others nothing could be said."""
    counts = Counter(
        token
        for text in texts
        for token in {
            name for name, role in zip(text.tokens, text.roles, strict=True) if role is None
        }
    )
    return frozenset(token for token, count in counts.items() if count >= MIN_TEXTS)


def _subjects(
    text: EncodedText, frequent: Collection[str]
) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """The positions of what may be a sink in one text, by the key of a Subject: its special tokens
    and its first position, if that is content; and its other text tokens that are `frequent`."""
    subjects: dict[str, list[int]] = {}
    tokens: dict[str, list[int]] = {}
    for position, (token, role) in enumerate(zip(text.tokens, text.roles, strict=True)):
        if role is not None:
            subjects.setdefault(role, []).append(position)
        elif position == 0:
            subjects[FIRST.key] = [position]
        elif token in frequent:
            tokens.setdefault(f"token:{token}", []).append(position)
    return subjects, tokens


def _places(positions: Sequence[int], content: Tensor) -> _Places:
    """Where a subject stands, and the text tokens beside it."""
    subject = torch.zeros_like(content)
    subject[list(positions)] = True
    return _Places(subject, content & ~subject)


def _key_figures(layer: LayerScores, asking: Tensor, places: _Places) -> dict[str, NDArray[Any]]:
    """How long the subject's key is, as a multiple of a text token's, and how far it and theirs
    point the way of the mean query, `[head]` each; NaN where keys are not known."""
    if layer.queries is None or layer.keys is None:
        unknown = np.full(len(layer.scores), np.nan)
        return dict.fromkeys(("key_size", "key_cosine", "text_cosine"), unknown)
    query = layer.queries[:, asking].mean(1, keepdim=True)  # [head, 1, size]
    cosines = torch.cosine_similarity(layer.keys, query, dim=-1)
    return {
        "key_size": _ratio(torch.linalg.vector_norm(layer.keys, dim=-1), places),
        "key_cosine": cosines[:, places.subject].mean(-1).cpu().numpy(),
        "text_cosine": cosines[:, places.others].mean(-1).cpu().numpy(),
    }


def _ratio(sizes: Tensor, places: _Places) -> NDArray[Any]:
    """`[head]`: the mean of `sizes` `[head, key]` over the subject, over that of text tokens; NaN
    where that is 0."""
    subject, usual = sizes[:, places.subject].mean(-1), sizes[:, places.others].mean(-1)
    ratio: NDArray[Any] = torch.where(usual > 0, subject / usual, torch.nan).cpu().numpy()
    return ratio
