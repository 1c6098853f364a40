"""Sums up the attention of one long text stripe by stripe, to the figures that whole maps give.

All sums over keys are products of a stripe with one vector, which read it once and make no copy.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from reportgen.analysis.attention.batches import (
    CONTENT,
    FIRST_ROLE,
    FIRST_SEGMENT,
    REAL,
    SECOND_SEGMENT,
    SPECIAL,
    Layout,
    even_spread,
)
from reportgen.analysis.attention.figures.summaries import (
    BatchSummary,
    EvenShares,
    LayerSums,
    TextSummary,
    near_weight,
)
from reportgen.analysis.attention.long_texts.stripes import Stripe
from reportgen.models import moved

_TINY = torch.finfo(torch.float32).tiny


@dataclass(frozen=True, slots=True, eq=False)
class _Around:
    """Where content stands, seen from the queries of a stripe. The same in every head."""

    rows: slice  # the queries
    diagonal: slice  # the keys that these queries are themselves
    special: Tensor  # places of special tokens among the keys
    within: Tensor  # [query, key], |query - key| on content among the diagonal
    beyond: Tensor  # [key], how far content stands outside the diagonal; 0 elsewhere
    after_first: Tensor  # [query], how far each is from the first
    before_last: Tensor  # [query], how far each is from the last


class StripeSummary:
    """Summarises one text without padding: `add` its stripes, then read `text`."""

    def __init__(
        self, layout: Layout, n_heads: int, *, has_window: bool, learned_sinks: bool
    ) -> None:
        self._layout = layout
        self._n_heads = n_heads
        self._has_window = has_window
        self._learned_sinks = learned_sinks
        self._summary = BatchSummary(layout, learned_sinks=learned_sinks)
        self._columns = layout.columns[0]  # [position, column]
        self._special = self._columns[:, SPECIAL].nonzero().flatten()
        self._content = self._columns[:, CONTENT].contiguous()
        # What is asked for stripe by stripe stays on the host.
        self._has_pair = bool(layout.has_pair.any())  # only then segments are asked for
        self._n_special = self._columns[:, SPECIAL].cumsum(0).int().tolist()
        self._cls = layout.cls[0].tolist()
        self._layer = 0
        self._around: _Around | None = None  # of the stripe before
        self._even: EvenShares | None = None  # of queries that see all there is for them to see
        self._seen: list[Tensor] = []  # of the stripe's queries, by all heads so far
        self._sums = self._blank()

    def add(self, stripe: Stripe) -> None:
        """Add the next stripe."""
        if stripe.layer > self._layer:
            self._end_layer()
        if stripe.weights.device != self._columns.device:
            self._move(stripe.weights.device)
        weights = stripe.weights.float()
        around = self._surroundings(stripe.start, *weights.shape)
        sums, head, n_keys, rows = self._sums, stripe.head, weights.shape[1], around.rows
        sums.received[0, head, :n_keys] += self._layout.query_mean[0, rows] @ weights
        columns = sums.sums[0, head, rows]  # [query, column]
        some = weights[:, around.special]
        sums.reach[0, head, rows] = self._add_content(weights, around, columns[:, CONTENT])
        columns[:, SPECIAL] = some.sum(-1)
        columns[:, REAL] = columns[:, CONTENT] + columns[:, SPECIAL]
        columns[:, FIRST_ROLE:] = some @ self._columns[around.special, FIRST_ROLE:]
        for column in (FIRST_SEGMENT, SECOND_SEGMENT) if self._has_pair else ():
            columns[:, column] = weights @ self._columns[:n_keys, column]
        near = near_weight(weights[None, None], stripe.start, self._content[None, None])
        sums.near[0, head, rows] = near[0, 0]
        for row, place in enumerate(self._cls):
            if rows.start <= place < rows.stop:
                sums.cls_rows[0, row, head, :n_keys] = weights[place - rows.start]
        if self._has_window:
            self._see(weights, rows, head)
        entropy = sums.negative_entropy[0, head, rows]
        self._add_entropy(stripe, weights, some, around, columns, entropy)

    def _add_content(self, weights: Tensor, around: _Around, out: Tensor) -> Tensor:
        """Write what content gets into `out`, `[query]`; returns how far that is, weighted.

        A key before the stripe is as far from a query as from the stripe's first, and as that is
        from the query; so the distance of each query from each key is not needed.
        """
        diagonal, content = around.diagonal, self._content
        before = weights[:, : diagonal.start] @ content[: diagonal.start]
        n_after = weights.shape[1] - diagonal.stop
        after = weights[:, diagonal.stop :] @ content[diagonal.stop : diagonal.stop + n_after]
        within = weights[:, diagonal]
        torch.add(before, after, out=out)
        out += within @ content[diagonal]
        reach = weights @ around.beyond
        reach += before * around.after_first
        reach += after * around.before_last
        reach += (within * around.within).sum(-1)
        return reach

    def _move(self, device: torch.device) -> None:
        """Go on with a layer on another device, before its first stripe."""
        self._layout = self._layout.on(device)
        self._columns = self._layout.columns[0]
        self._special = self._special.to(device)
        self._content = self._columns[:, CONTENT].contiguous()
        self._around = self._even = None
        self._sums = self._blank()

    @torch.inference_mode()
    def text(self) -> TextSummary:
        """The figures of the text."""
        self._end_layer()
        return replace(self._summary.texts()[0], in_stripes=True)

    def _add_entropy(
        self,
        stripe: Stripe,
        weights: Tensor,
        some: Tensor,
        around: _Around,
        columns: Tensor,
        out: Tensor,
    ) -> None:
        """Write the sums of w log(w) over real and content keys into `out`, `[query, 3]`.

        Of a softmax w = exp(s) / z that is the sum of w s less that of w times log(z), where log(z)
        follows from the largest score and the largest weight; so it takes no logarithm of each.

        Args:
            some: the weights of special tokens.
            columns: `[query, column]`, the sums of the weights.
        """
        if stripe.scores is None:
            logs = weights.clamp(min=_TINY).log_()
            norm = weights.new_zeros(len(weights))
        else:
            logs = stripe.scores.float()
            logs -= logs.amax(-1, keepdim=True)
            norm = -weights.amax(-1).log()
        of_special = (some * logs[:, around.special]).sum(-1)
        of_content = logs.mul_(weights) @ self._content[: weights.shape[1]]
        out[:, REAL] = of_content + of_special - norm * columns[:, REAL]
        out[:, CONTENT] = of_content - norm * columns[:, CONTENT]

    def _surroundings(self, start: int, n_queries: int, n_keys: int) -> _Around:
        """Where content stands, seen from some queries; kept for the other heads."""
        rows = slice(start, start + n_queries)
        if self._around is None or self._around.rows != rows:
            diagonal = slice(start, min(rows.stop, n_keys))
            keys = torch.arange(n_keys, device=self._columns.device)
            beyond = (start - keys).clamp(min=0) + (keys - diagonal.stop + 1).clamp(min=0)
            queries = torch.arange(n_queries, device=keys.device)
            gaps = (queries[:, None] - queries[: diagonal.stop - start]).abs()
            self._around = _Around(
                rows,
                diagonal,
                self._special[: self._n_special[n_keys - 1]],
                gaps * self._content[diagonal],
                beyond * self._content[:n_keys],
                queries.float(),
                (n_queries - 1 - queries).float(),
            )
        return self._around

    def _see(self, weights: Tensor, rows: slice, head: int) -> None:
        """Add what a head of a model with windows sees; after the last, what that comes to."""
        self._seen.append(weights > 0)
        if head < self._n_heads - 1:
            if head:
                self._seen = [self._seen[0].logical_or_(self._seen[1])]
            return
        visible = torch.stack(self._seen).any(0)
        self._seen = []
        self._add_even(visible, rows)

    def _add_even(self, visible: Tensor, rows: slice) -> None:
        """Add what an equal share of what some queries see comes to."""
        even, n_keys = self._sums.even, visible.shape[1]
        n_visible, received = even_spread(
            visible[None], self._layout.query_mean[:, rows], learned_sinks=self._learned_sinks
        )
        even.n_visible[:, rows] = n_visible
        even.received[:, :n_keys] += received
        if self._has_pair:
            shares = visible.float() @ self._segments[:n_keys] / n_visible[0, :, None]
            even.own_segment[0, rows] = (shares * self._segments[rows]).sum(-1)

    def _whole_even(self) -> EvenShares:
        """The same of all queries, each of which sees all tokens, or itself and all before it."""
        is_causal, length = self._layout.is_causal, len(self._columns)
        # In float64, which not all devices have.
        counts = torch.arange(1, length + 1, dtype=torch.float64)
        n_visible = (counts if is_causal else torch.full_like(counts, length)) + self._learned_sinks
        shares = self._layout.query_mean[0].cpu() / n_visible
        segments = self._segments.cpu().double()
        if is_causal:
            received, seen = shares.flip(0).cumsum(0).flip(0), segments.cumsum(0)
        else:
            received, seen = shares.sum().expand(length), segments.sum(0)
        own_segment = (seen * segments).sum(-1) / n_visible
        return EvenShares(
            *(
                moved(each.float()[None], self._columns.device)
                for each in (n_visible, received, own_segment)
            )
        )

    @property
    def _segments(self) -> Tensor:
        return self._columns[:, FIRST_SEGMENT : SECOND_SEGMENT + 1]

    def _blank(self) -> LayerSums:
        """Sums of a layer before its first stripe."""
        length, n_columns = self._columns.shape
        n_heads, n_rows = self._n_heads, self._layout.cls.shape[1]
        zeros = self._columns.new_zeros
        return LayerSums(
            sums=zeros(1, n_heads, length, n_columns),
            negative_entropy=zeros(1, n_heads, length, 3),
            reach=zeros(1, n_heads, length),
            near=zeros(1, n_heads, length),
            received=zeros(1, n_heads, length),
            cls_rows=zeros(1, n_rows, n_heads, length),
            even=EvenShares(zeros(1, length), zeros(1, length), zeros(1, length)),
        )

    def _end_layer(self) -> None:
        if not self._has_window:
            self._even = self._even or self._whole_even()
            self._sums = replace(self._sums, even=self._even)
        self._summary.add_layer(self._sums)
        self._layer += 1
        self._sums = self._blank()
