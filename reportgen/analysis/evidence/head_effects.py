"""What single heads do to the prediction: the output of each is replaced by its mean over texts.

The output of a head is its slice of what goes into the output projection of its attention block, at
each token. In one text it is replaced at all tokens by its mean over all tokens, special ones
included, of all the texts that are measured (mean ablation). Michel et al. 2019 and Voita et al.
2019 mask it to 0, which also takes away what a head gives every token alike; its mean keeps that.
One head is replaced at a time, so that what several heads do alike may count for none of them.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from reportgen.analysis.attention.values.norms import Norms
from reportgen.analysis.device.runs import BatchRuns
from reportgen.analysis.evidence.explainer import Explainer
from reportgen.analysis.evidence.text_evidence import Floats, TextEvidence
from reportgen.analysis.work.item import WorkResult
from reportgen.errors import CaptureError
from reportgen.models import EncodedText, ExplainedText, Projection, precise
from reportgen.results import Reason, rows_of

# Changes of the target up to so many times what its precision tells apart are rounding: the same
# text gives as much in batches of other sizes.
ROUNDING = 16
# Called with the number of a layer, from 0, and what its heads put out, `[sequence, token, head,
# size]`; what is to be in its place, or None.
OnOutputs: TypeAlias = Callable[[int, Tensor], Tensor | None]


@dataclass(frozen=True, slots=True, eq=False)
class HeadAblation:
    """Measures the effects of all heads of an encoder of `n_layers` layers, whose `projections`
    were verified."""

    explainer: Explainer
    projections: Sequence[Projection]
    n_layers: int

    @property
    def places(self) -> list[tuple[int, int]]:
        """The layer and the number of every head, from 0."""
        n_heads = self.projections[0].n_heads
        return [(layer, head) for layer in range(self.n_layers) for head in range(n_heads)]

    def measure(
        self, texts: Sequence[TextEvidence], rows: Collection[int]
    ) -> Iterator[tuple[int, WorkResult]]:
        """Measure those of `texts` that are in `rows` of the table of texts, with the means over
        all of them.

        Yields:
            The row of each text, and its rows of the table of effects of heads: none where it has
            no target, or the model failed on it.
        """
        means = self.means([item.encoded for item in texts if item.explained is not None])
        for item in (item for item in texts if item.text in rows):
            effects = None
            if means is not None and item.explained is not None:
                effects = self.effects(item.explained, means)
            yield item.text, WorkResult({"head_effects": self._rows(item.text, effects)})

    def _rows(self, text: int, effects: Floats | None) -> Any:
        if effects is None:
            return rows_of("head_effects", {})
        layers, heads = np.array(self.places).T + 1
        columns = {"text": [text] * len(layers), "layer": layers, "head": heads, "effect": effects}
        return rows_of("head_effects", columns)

    def means(self, texts: Sequence[EncodedText]) -> list[Tensor] | None:
        """`[layer][head, size]`: the mean output of each head over all tokens of `texts`; None
        where the model ran none of them."""
        sums: list[Tensor] = []
        n_tokens = 0
        for text in texts:
            runs: BatchRuns[tuple[list[Tensor], int]] = self.explainer.runs([text])
            for run in runs:
                with run:
                    run.results = [self._sums(text)]
            (result,) = runs.results
            if not isinstance(result, str):
                of_text, n = result
                n_tokens += n
                pairs = zip(sums, of_text, strict=True)
                sums = [one + other for one, other in pairs] if sums else of_text
        return [total / n_tokens for total in sums] if n_tokens else None

    def _sums(self, text: EncodedText) -> tuple[list[Tensor], int]:
        """Run one text: the sums of the outputs of heads over its tokens, by layer, and how many
        tokens that are. Choices of one text are padded to the longest of them."""
        inputs = self.explainer.inputs([text])
        ids = inputs["input_ids"]
        real = inputs.get("attention_mask", torch.ones_like(ids)).reshape(-1, ids.shape[-1]).bool()
        sums: list[Tensor] = []

        def add(_: int, outputs: Tensor) -> None:
            # Some models pad texts by themselves, behind their last token.
            of_text = outputs[:, : real.shape[1]][real.to(outputs.device)]
            sums.append(precise(of_text).sum(dim=0))

        with outputs_hooked(self.projections, self.n_layers, add):
            self.explainer.outputs([text])
        return sums, int(real.sum())

    def effects(self, explained: ExplainedText, means: Sequence[Tensor]) -> Floats | None:
        """`[place]`: how far the target of a text falls when the output of a head is replaced by
        its mean; None where the model failed, or the target is no number."""
        places = self.places
        runs: BatchRuns[float] = self.explainer.runs([explained.text] * len(places))
        for run in runs:
            with run:
                run.results = self._replaced(explained, [places[i] for i in run.rows], means)
        values = runs.results
        if any(isinstance(value, str) or not isfinite(value) for value in values):
            return None
        effects = explained.value - np.array(values, np.float64)
        precision = torch.finfo(self.explainer.model.encoder.dtype).eps
        effects[abs(effects) <= ROUNDING * precision * max(1.0, abs(explained.value))] = 0.0
        return effects

    def _replaced(
        self, explained: ExplainedText, places: Sequence[tuple[int, int]], means: Sequence[Tensor]
    ) -> list[float]:
        """Run one batch: a text once for each of `places`, with that head replaced; the targets."""
        texts = [explained.text] * len(places)

        def replace(layer: int, outputs: Tensor) -> Tensor | None:
            of_layer = [(row, head) for row, (at, head) in enumerate(places) if at == layer]
            if not of_layer:
                return None
            n_sequences, rest = divmod(len(outputs), len(places))
            if rest:
                raise CaptureError("the heads of each text are not known")
            outputs, mean = outputs.clone(), means[layer].to(outputs)
            for row, head in of_layer:
                outputs[row * n_sequences : (row + 1) * n_sequences, :, head] = mean[head]
            return outputs

        with outputs_hooked(self.projections, self.n_layers, replace):
            read = self.explainer.outputs(texts)
        figures = self.explainer.target.figures(read, [explained] * len(texts))
        values: list[float] = figures.tolist()
        return values


def head_ablation(
    explainer: Explainer, norms: Norms | Reason | None, n_layers: int
) -> HeadAblation | None:
    """What measures the heads of a model; None where it is not known where their outputs are."""
    if not isinstance(norms, Norms):
        return None
    return HeadAblation(explainer, norms.projections, n_layers)


@contextmanager
def outputs_hooked(
    projections: Sequence[Projection], n_layers: int, call: OnOutputs
) -> Iterator[None]:
    """A context in which `call` is called for each layer that runs, and may change what its heads
    put out.

    Raises:
        CaptureError: on leaving it, if other than `n_layers` layers ran, or their heads did not put
            out a vector for each token of each sequence.
    """
    n_run = 0

    def hook(projection: Projection) -> Callable[..., tuple[Any, ...] | None]:
        def run(module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
            nonlocal n_run
            n_run += 1  # one module may be that of many layers
            (gathered,) = args
            if gathered.ndim != 3:
                raise CaptureError("the outputs of heads are not those of one token each")
            changed = call(n_run - 1, gathered.unflatten(-1, (projection.n_heads, -1)))
            return None if changed is None else (changed.flatten(-2),)

        return run

    with ExitStack() as hooks:
        for item in projections:
            hooks.enter_context(item.output.register_forward_pre_hook(hook(item)))
        yield
    if n_run != n_layers:
        raise CaptureError(f"the outputs of {n_run} layers went by, not of all {n_layers}")
