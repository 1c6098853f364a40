"""Sums up the attention of one long text stripe by stripe, to the figures that whole maps give."""

from dataclasses import replace

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
from reportgen.analysis.attention.figures.head_classes import near_weight
from reportgen.analysis.attention.figures.summaries import BatchSummary, LayerSums, TextSummary
from reportgen.analysis.attention.long_texts.stripes import Stripe

_TINY = torch.finfo(torch.float32).tiny
_EVEN_ROWS = 256  # queries whose equal shares are summed at once


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
        self._content = self._columns[:, CONTENT]
        # What is asked for stripe by stripe stays on the host.
        self._has_pair = bool(layout.has_pair.any())  # only then segments are asked for
        self._n_special = self._columns[:, SPECIAL].cumsum(0).int().tolist()
        self._cls = layout.cls[0].tolist()
        self._layer = 0
        self._distances: tuple[int, Tensor] | None = None  # of the stripe's queries, by its start
        self._seen: list[Tensor] = []  # of the stripe's queries, by all heads so far
        self._sums = self._blank()

    def add(self, stripe: Stripe) -> None:
        """Add the next stripe."""
        if stripe.layer > self._layer:
            self._end_layer()
        if stripe.weights.device != self._columns.device:
            self._move(stripe.weights.device)
        weights = stripe.weights.float()
        rows = slice(stripe.start, stripe.start + len(weights))
        sums, head, n_keys = self._sums, stripe.head, weights.shape[1]
        columns = self._columns[:n_keys]
        sums.received[0, head, :n_keys] += self._layout.query_mean[0, rows] @ weights
        own = sums.sums[0, head, rows]  # [query, column]
        special = self._special[: self._n_special[n_keys - 1]]
        some = weights[:, special]
        own[:, CONTENT] = weights @ columns[:, CONTENT]
        own[:, SPECIAL] = some.sum(-1)
        own[:, REAL] = own[:, CONTENT] + own[:, SPECIAL]
        own[:, FIRST_ROLE:] = some @ columns[special, FIRST_ROLE:]
        for column in (FIRST_SEGMENT, SECOND_SEGMENT) if self._has_pair else ():
            own[:, column] = weights @ columns[:, column]
        sums.negative_entropy[0, head, rows] = self._negative_entropy(stripe, weights, special)
        sums.reach[0, head, rows] = torch.linalg.vecdot(weights, self._distances_of(rows, n_keys))
        near = near_weight(weights[None, None], stripe.start, self._content[None, None])
        sums.near[0, head, rows] = near[0, 0]
        for row, place in enumerate(self._cls):
            if rows.start <= place < rows.stop:
                sums.cls_rows[0, row, head, :n_keys] = weights[place - rows.start]
        if self._has_window:
            self._see(weights, rows, head)

    def _move(self, device: torch.device) -> None:
        """Go on with a layer on another device, before its first stripe."""
        self._layout = self._layout.on(device)
        self._columns = self._layout.columns[0]
        self._special = self._special.to(device)
        self._content = self._columns[:, CONTENT]
        self._distances = None
        self._sums = self._blank()

    @torch.inference_mode()
    def text(self) -> TextSummary:
        """The figures of the text."""
        self._end_layer()
        return replace(self._summary.texts()[0], in_stripes=True)

    def _negative_entropy(self, stripe: Stripe, weights: Tensor, special: Tensor) -> Tensor:
        """The sums of w log(w) over real, padding and content keys, `[query, 3]`.

        Of a softmax w = exp(s) / z that is the sum of w s less that of w times log(z), where log(z)
        follows from the largest score and the largest weight; so it takes no logarithm of each.
        """
        if stripe.scores is None:
            logs = weights.clamp(min=_TINY).log_()
            norm = weights.new_zeros(len(weights))
        else:
            logs = stripe.scores.float()
            logs -= logs.amax(-1, keepdim=True)
            norm = -weights.amax(-1).log()
        rows = slice(stripe.start, stripe.start + len(weights))
        own = self._sums.sums[0, stripe.head, rows]
        of_special = (weights[:, special] * logs[:, special]).sum(-1)
        logs[:, special] = 0.0
        of_content = torch.linalg.vecdot(weights, logs)
        found = weights.new_zeros(len(weights), 3)
        found[:, REAL] = of_content + of_special - norm * own[:, REAL]
        found[:, CONTENT] = of_content - norm * own[:, CONTENT]
        return found

    def _distances_of(self, rows: slice, n_keys: int) -> Tensor:
        """How far content stands from some queries, `[query, key]`; kept for the other heads."""
        if self._distances is None or self._distances[0] != rows.start:
            self._distances = rows.start, self._layout.distances(rows)[0, :, :n_keys]
        return self._distances[1]

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
        sums, n_keys = self._sums, visible.shape[1]
        n_visible, expected = even_spread(
            visible[None], self._layout.query_mean[:, rows], learned_sinks=self._learned_sinks
        )
        sums.n_visible[:, rows] = n_visible
        sums.expected[:, :n_keys] += expected
        segments = self._columns[:, FIRST_SEGMENT : SECOND_SEGMENT + 1]
        own = visible.float() @ segments[:n_keys] / n_visible[0, :, None]
        sums.even_own[0, rows] = (own * segments[rows]).sum(-1)

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
            n_visible=zeros(1, length),
            expected=zeros(1, length),
            even_own=zeros(1, length),
        )

    def _end_layer(self) -> None:
        if not self._has_window:
            length = len(self._columns)
            for start in range(0, length, _EVEN_ROWS):
                rows = slice(start, min(start + _EVEN_ROWS, length))
                self._add_even(self._layout.visible(rows)[0], rows)
        self._summary.add_layer(self._sums)
        self._layer += 1
        self._sums = self._blank()
