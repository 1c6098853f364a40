"""All figures of one batch, computed layer by layer while it runs."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from torch import Tensor

from reportgen.analysis.attention.batches import Layout
from reportgen.analysis.attention.figures.activations import BatchActivations
from reportgen.analysis.attention.figures.rollout import BatchRollout
from reportgen.analysis.attention.figures.summaries import BatchSummary, TextSummary
from reportgen.analysis.attention.values.norms import BatchNorms, Norms


class BatchFigures:
    """Computes all figures of one batch: `add` its maps layer by layer, then read `texts`."""

    def __init__(
        self,
        layout: Layout,
        norms: Norms | None,
        activations: BatchActivations | None,
        *,
        with_rollout: bool,
        has_window: bool,
        learned_sinks: bool,
    ) -> None:
        self._activations = activations
        self._summary = BatchSummary(layout, has_window=has_window, learned_sinks=learned_sinks)
        self._rollout = BatchRollout(layout) if with_rollout else None
        self._norms = None if norms is None else BatchNorms(layout, norms)

    @contextmanager
    def hooked(self) -> Iterator[None]:
        """A context in which the model must run, so that its value vectors and hidden states are
        seen."""
        with ExitStack() as stack:
            for part in (self._norms, self._activations):
                if part is not None:
                    stack.enter_context(part.hooked())
            yield

    def add(self, maps: Tensor) -> None:
        """Add the maps of the next layer, `[text, head, query, key]`."""
        self._summary.add(maps)
        if self._rollout is not None:
            self._rollout.add(maps)
        if self._norms is not None:
            self._norms.add(maps)

    def fetch(self) -> None:
        """Begin to copy the figures from the device, after the last layer."""
        for part in (self._summary, self._rollout, self._norms, self._activations):
            if part is not None:
                part.fetch()

    def texts(self) -> list[TextSummary]:
        """One summary per text, in the order of the batch."""
        summaries = self._summary.texts()
        found = None if self._norms is None else self._norms.texts()
        if found is not None:
            summaries = [replace(s, norms=n) for s, n in zip(summaries, found, strict=True)]
        if self._rollout is not None:
            rolled = self._rollout.texts()
            summaries = [replace(s, rollout=r) for s, r in zip(summaries, rolled, strict=True)]
        if self._activations is not None:
            sizes = self._activations.texts()
            summaries = [replace(s, activations=a) for s, a in zip(summaries, sizes, strict=True)]
        return summaries
