"""Runs texts and changed versions of them through a model, and finds what is explained of each: its
target (see `reportgen/models/tasks/target.py`)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from reportgen.analysis.attention.batches import Layout, lay_out, runs_alone
from reportgen.analysis.attention.capture import require_short, without_maps
from reportgen.analysis.device.limits import limits_of
from reportgen.analysis.device.runs import BatchRuns, Halving, joined
from reportgen.errors import UsageError
from reportgen.models import (
    EncodedText,
    ExplainedText,
    LoadedModel,
    Scores,
    TextPrediction,
    plan_batches,
)
from reportgen.results import Batching


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """What the user wants explained; None: what the model predicts for each text."""

    explain_class: str | None = None  # name or number of a class, label or number
    explain_token: str | None = None  # a next token, or one in the place of masks
    # The token that its lead is over; of completions and masks at each step.
    against: str | None = None


NOTHING = ExplainOptions()


def find_explained(model: LoadedModel, asked: ExplainOptions) -> tuple[int | None, int | None]:
    """The index of the output that is explained, and of the one that its lead is measured over;
    None if the options do not name one.

    Raises:
        UsageError: the output has no such class, or no such token.
    """
    index = None
    if asked.explain_class is not None:
        index = model.reader.class_index(asked.explain_class)
    if asked.explain_token is not None:
        index = model.reader.token_index("--explain-token", asked.explain_token)
    if asked.against is None:
        return index, None
    against = model.reader.token_index("--against", asked.against)
    if against == index:
        raise UsageError("--against: the same token as --explain-token; name another one")
    return index, against


# In a graph each layer keeps its maps, and for each token about this many vectors of the model's
# width (9 in BERT, 21 in ALBERT).
GRAPH_VECTORS = 20


@dataclass(frozen=True, slots=True, eq=False)
class ChangedText:
    """A changed version of an explained text."""

    of: ExplainedText
    text: EncodedText


class Explainer:
    """Runs texts and changed versions of them through a model, and returns their targets.

    Raises:
        UsageError: the model's output has no such class, or no such token.
    """

    def __init__(
        self,
        model: LoadedModel,
        batching: Batching,
        batch_tokens: int | None,
        asked: ExplainOptions = NOTHING,
        halved: Callable[[int], None] = lambda n_texts: None,
    ) -> None:
        """Make ready to run texts.

        Args:
            batch_tokens: tokens of a batch; None: as the memory of the device allows.
            halved: called with the number of texts of each batch that does not fit into memory.
        """
        self.model = model
        self._limits = limits_of(model, batch_tokens)
        self.batch_tokens = self._limits.tokens
        self._halving = {False: Halving(halved), True: Halving(halved)}  # in a graph?
        self._least = 0  # tokens that the texts of a part are padded to, see `Part`
        self._batching = batching
        self._index, self._against = find_explained(model, asked)
        target = model.reader.target
        self.target = target if self._against is None else target.over(self._against)
        # The class, label, number or token that was asked for; None: the one that is predicted for
        # each text.
        self.label = None if self._index is None else model.reader.entry_name(self._index)
        self.against = None if self._against is None else model.reader.entry_name(self._against)

    def plan(
        self, texts: Sequence[EncodedText], *, in_graph: bool = False
    ) -> tuple[tuple[int, ...], ...]:
        """Plan batches of `texts`: indices into them for each batch.

        Batches are smaller `in_graph`, where the output of every layer is kept for the backward
        pass.
        """
        info = self.model.info
        max_tokens = self._limits.tokens
        max_weights = self._limits.layer_bytes // (4 * info.n_heads)
        if in_graph:
            cells = self._limits.graph_bytes // (4 * info.n_heads * info.n_layers)
            max_tokens = min(max_tokens, cells // (GRAPH_VECTORS * info.head_size))
            max_weights = min(max_weights, cells)
        n_sequences = max((text.n_sequences for text in texts), default=1)
        return plan_batches(
            self.model.run_lengths(texts, can_pad=self._batching == "padded"),
            max_tokens // n_sequences,
            equal_lengths=self._batching != "padded",
            max_texts=1 if runs_alone(texts, self._batching) else None,
            max_weights=max_weights // n_sequences,
        )

    def inputs(self, texts: Sequence[EncodedText]) -> dict[str, Tensor]:
        """The inputs of the model for one batch of texts, padded on the right."""
        return self.model.inputs(texts, self._least)

    def lay_out(self, texts: Sequence[EncodedText]) -> Layout:
        """The layout of these inputs, without roles."""
        model, least = self.model, self._least
        causal = model.info.is_causal
        return lay_out(texts, (), is_causal=causal, device=model.device, least=least)

    def outputs(self, texts: Sequence[EncodedText]) -> Tensor:
        """Run one batch: the output of the model, `[text, figure]`, with its graph unless gradients
        are switched off."""
        inputs = self.inputs(texts)
        return self.model.reader.values(self._returned(inputs), inputs, texts)

    def _returned(self, inputs: Mapping[str, Tensor]) -> Any:
        """What the model returns; no maps are taken from it."""
        if torch.is_grad_enabled():
            require_short(inputs)
        with without_maps(self.model.encoder, inputs):
            return self.model.module(**inputs)

    def explain(self, texts: Sequence[EncodedText]) -> list[ExplainedText | str]:
        """Run `texts` and find the target of each; an error message where it has none."""
        runs: BatchRuns[tuple[EncodedText, Tensor]] = self.runs(texts)
        for run in runs:
            with run:
                run.results = self._aimed([texts[i] for i in run.rows])
        return [
            result if isinstance(result, str) else self._explained(*result)
            for result in runs.results
        ]

    def _aimed(self, texts: Sequence[EncodedText]) -> list[tuple[EncodedText, Tensor]]:
        """Run one batch: the texts with what is explained at each step, and their outputs."""
        aimed = [self._asked_of(text) for text in texts]
        inputs, reader = self.inputs(aimed), self.model.reader
        returned = self._returned(inputs)
        aimed = reader.aimed(returned, inputs, aimed)
        return list(zip(aimed, reader.values(returned, inputs, aimed), strict=True))

    def stored(self, text: EncodedText, value: float, label: str | None) -> ExplainedText | None:
        """The target of `text` from what was stored of it, without the logits of its classes; None
        where that takes a run: for targets that are not stored, or if two classes have the name."""
        if not self.target.is_stored:
            return None
        index = self._index
        if index is None:
            index = self.target.stored_entry(label, self.model.output.labels)
        if index is None:
            return None
        return ExplainedText(self._asked_of(text), index, None, value, label)

    def _asked_of(self, text: EncodedText) -> EncodedText:
        """`text` with what was asked for as what is explained at each of its steps."""
        text = replace(text, against=self._against)
        if self._index is None:
            return text
        steps = tuple(replace(step, target=self._index) for step in text.steps)
        return replace(text, steps=steps)

    def run(self, variants: Sequence[ChangedText]) -> list[float | str]:
        """The target of each variant, or an error message; a failure does not affect the others."""
        return [
            scores if isinstance(scores, str) else scores[0] for scores in self.run_scores(variants)
        ]

    def run_scores(self, variants: Sequence[ChangedText]) -> list[tuple[float, Scores] | str]:
        """Like `run`, with the scores that are kept."""
        runs: BatchRuns[tuple[float, Scores]] = self.runs([variant.text for variant in variants])
        for run in runs:
            with run:
                run.results = self._scores([variants[i] for i in run.rows])
        return [
            self.target.undefined if not isinstance(each, str) and not isfinite(each[0]) else each
            for each in runs.results
        ]

    def _scores(self, variants: Sequence[ChangedText]) -> list[tuple[float, Scores]]:
        """Run one batch: the targets, with the logits of all classes where they are kept."""
        texts = [variant.text for variant in variants]
        outputs = self.outputs(texts)
        explained = [variant.of for variant in variants]
        values: list[float] = self.target.figures(outputs, explained).tolist()
        return list(zip(values, self.target.scores(outputs, texts), strict=True))

    def run_predictions(
        self, variants: Sequence[ChangedText]
    ) -> list[tuple[float, TextPrediction] | str]:
        """Like `run`, with what is predicted for each variant."""
        runs: BatchRuns[tuple[float, TextPrediction]] = self.runs([each.text for each in variants])
        for run in runs:
            with run:
                run.results = self._predictions([variants[i] for i in run.rows])
        return [
            self.target.undefined if not isinstance(each, str) and not isfinite(each[0]) else each
            for each in runs.results
        ]

    def _predictions(self, variants: Sequence[ChangedText]) -> list[tuple[float, TextPrediction]]:
        """Run one batch: the targets, and what is predicted."""
        texts = [variant.text for variant in variants]
        inputs, reader = self.inputs(texts), self.model.reader
        returned = self._returned(inputs)
        outputs = reader.values(returned, inputs, texts)
        values = self.target.figures(outputs, [variant.of for variant in variants]).tolist()
        return list(zip(values, reader.read(returned, inputs, texts), strict=True))

    def runs(self, texts: Sequence[EncodedText], *, in_graph: bool = False) -> BatchRuns[Any]:
        """The runs of `texts` in batches, gradients switched off; `in_graph` as for `plan`."""
        lengths = [len(text.ids) for text in texts]
        batches = self.plan(texts, in_graph=in_graph)
        return BatchRuns(batches, lengths, self._halving[in_graph], self._running)

    @contextmanager
    def _running(self, size: int) -> Iterator[None]:
        """A context for one run, in which texts are padded to `size` tokens at least."""
        self._least = size
        try:
            with torch.no_grad():
                yield
        finally:
            self._least = 0

    def joined(self, rows: Sequence[int], call: Callable[[Sequence[int]], Tensor]) -> Tensor:
        """What `call` gives for each of `rows` of one batch in a graph, `[row, ...]`; in parts
        where all do not fit into memory."""
        return torch.cat(joined(rows, call, self._halving[True]))

    def _explained(self, text: EncodedText, output: Tensor) -> ExplainedText | str:
        """The target of one text from its `output`; an error message if it is no number."""
        target = self.target
        index = target.entry(text, output, self._index)
        (scores,) = target.scores(output[None], [text])
        label = None if index is None else self.model.reader.entry_name(index)
        explained = ExplainedText(text, index, target.anchor(output), 0.0, label, scores)
        value = float(target.figures(output[None], [explained]))
        return replace(explained, value=value) if isfinite(value) else target.undefined
