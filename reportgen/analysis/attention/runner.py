"""Runs texts through the model in batches and returns the figures of each text, or its error."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import torch
from torch import Tensor

from reportgen.analysis.attention.batches import Layout, lay_out, runs_alone
from reportgen.analysis.attention.capture import Capture, recorded_modules
from reportgen.analysis.attention.checks import Probe, fault_of
from reportgen.analysis.attention.decoders.decoder import BatchParts, DecoderCapture, PartSummary
from reportgen.analysis.attention.figures.activations import BatchActivations
from reportgen.analysis.attention.figures.summaries import BatchSummary, TextSummary
from reportgen.analysis.attention.kept_maps import KeptMaps
from reportgen.analysis.attention.long_texts.pooled_maps import PooledMaps, cells_of
from reportgen.analysis.attention.long_texts.stripe_summary import StripeSummary
from reportgen.analysis.attention.long_texts.stripes import Stripe, Stripes, find_stripes
from reportgen.analysis.attention.values.norms import BatchNorms, Norms
from reportgen.analysis.device.limits import limits_of
from reportgen.analysis.device.runs import BatchRuns, Halving
from reportgen.analysis.progress import AttentionMemory
from reportgen.errors import CaptureError
from reportgen.models import (
    EncodedText,
    LoadedModel,
    TargetTokens,
    TextPrediction,
    describe,
    lacks_memory,
    plan_batches,
)
from reportgen.results import LONG_TOKENS, DecoderPart, Part


class BatchFigures:
    """Computes all figures of one batch: `add` its maps layer by layer, then read `texts`."""

    def __init__(
        self,
        layout: Layout,
        norms: Norms | None,
        activations: BatchActivations | None,
        *,
        has_window: bool,
        learned_sinks: bool,
    ) -> None:
        self._activations = activations
        self._summary = BatchSummary(layout, has_window=has_window, learned_sinks=learned_sinks)
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
        if self._norms is not None:
            self._norms.add(maps)

    def fetch(self) -> None:
        """Begin to copy the figures from the device, after the last layer."""
        for part in (self._summary, self._norms, self._activations):
            if part is not None:
                part.fetch()

    def texts(self) -> list[TextSummary]:
        """One summary per text, in the order of the batch."""
        summaries = self._summary.texts()
        norms = None if self._norms is None else self._norms.texts()
        if norms is not None:
            summaries = [replace(s, norms=n) for s, n in zip(summaries, norms, strict=True)]
        if self._activations is not None:
            sizes = self._activations.texts()
            summaries = [replace(s, activations=a) for s, a in zip(summaries, sizes, strict=True)]
        return summaries


# Numbers that are held for each token and head of a long text: of what is summed of two layers, and
# of the weights of a few queries; and how often the map of a layer stands in memory as a whole.
STRIPE_FLOATS = 80
WHOLE_COPIES = 4


@dataclass(frozen=True, slots=True)
class TextOutcome:
    """The figures and the prediction of one text, or an error message."""

    summary: TextSummary | None = None
    prediction: TextPrediction | None = None
    error: str | None = None
    # Its figures in the decoder of an encoder-decoder, and what that reads of it.
    parts: Mapping[DecoderPart, PartSummary] = field(default_factory=dict)
    target: TargetTokens | None = None


Packed: TypeAlias = dict[Part, bytes]  # the maps of one text
_Finish: TypeAlias = Callable[[], list[tuple[TextOutcome, Packed]]]  # waits for a batch


class Runner:
    """Runs windows of texts through one model."""

    def __init__(
        self,
        model: LoadedModel,
        capture: Capture,
        probed: Probe,
        roles: Sequence[str],
        batch_tokens: int | None,
        *,
        norms: Norms | None = None,
        activations: bool = False,
        decoder: DecoderCapture | None = None,
        sample: EncodedText | None = None,
        halved: Callable[[int], None] = lambda n_texts: None,
    ) -> None:
        """Make ready to run texts.

        Without `norms`, `activations` or `decoder` there are no figures of them; without
        a `sample` to try that on, long texts are read whole.

        Args:
            batch_tokens: tokens of a batch; None: as the memory of the device allows.
            halved: called with the number of texts of each batch that does not fit into memory.
        """
        self._model = model
        self._capture = capture
        self._probed = probed
        self._roles = roles
        self._limits = limits_of(model, batch_tokens)
        self._halving = Halving(halved)
        # Where maps come with the output, those of two batches would be held.
        self._ahead = model.device.type != "cpu" and capture.way == "hooks"
        self._norms = norms
        self._decoder = decoder
        self._hidden = (
            tuple(recorded_modules(model.encoder, "hidden_states", 0)) if activations else ()
        )
        self._has_window = model.has_window
        self._sample = sample

    def run(
        self,
        texts: Sequence[EncodedText],
        keeps_maps: Sequence[bool],
        store: Callable[[int, Packed], None],
        done: Callable[[Sequence[int]], None],
    ) -> list[TextOutcome]:
        """Run all texts; if one fails, the others are not affected.

        Args:
            keeps_maps: whether the maps of each text are kept.
            store: called with the index of a text that keeps its maps, and its packed maps.
            done: called after each batch with the indices of its texts.

        Returns:
            One outcome per text, in the order of `texts`.
        """
        outcomes = [TextOutcome()] * len(texts)
        batches = plan_batches(
            self._model.run_lengths(texts, can_pad=self._probed.batching == "padded"),
            self._limits.tokens,
            equal_lengths=self._probed.batching != "padded",
            max_texts=1 if runs_alone(texts, self._probed.batching) else None,
            max_weights=self._max_weights(),
        )

        def take(rows: Sequence[int], results: Sequence[tuple[TextOutcome, Packed]]) -> None:
            for index, (outcome, packed) in zip(rows, results, strict=True):
                outcomes[index] = outcome
                if packed:
                    store(index, packed)
            done(rows)

        lengths = [len(text.ids) for text in texts]
        runs = BatchRuns(batches, lengths, self._halving, take=take, ahead=self._ahead)
        for run in runs:
            with run:
                some, keeps = [texts[i] for i in run.rows], [keeps_maps[i] for i in run.rows]
                if run.is_alone:
                    run.results = [self._run_alone(some[0], keeps[0])]
                else:
                    run.finish = self._launch(some, keeps, run.size)
        return outcomes

    def is_long(self, text: EncodedText) -> bool:
        """Whether a text is read in stripes; its maps are then pooled, and it has no norms."""
        return len(text.ids) > LONG_TOKENS and self._stripes is not None

    @cached_property
    def _stripes(self) -> Stripes | None:
        """The reader of long texts. None if they are read whole, which is so for a decoder and for
        texts that are read apart."""
        if self._sample is None or self._decoder is not None or self._sample.parts:
            return None
        return find_stripes(self._model, self._capture, self._sample)

    def room(self, texts: Sequence[EncodedText]) -> AttentionMemory | None:
        """The memory that the attention of the longest of `texts` takes; None if it is not long."""
        longest = max(texts, key=lambda text: len(text.ids), default=None)
        if longest is None or len(longest.ids) <= LONG_TOKENS:
            return None
        n_tokens, is_long = len(longest.ids), self.is_long(longest)
        per_token = STRIPE_FLOATS if is_long else WHOLE_COPIES * n_tokens
        return AttentionMemory(n_tokens, 4 * self._probed.n_heads * n_tokens * per_token, is_long)

    def map_bytes(self, text: EncodedText) -> int:
        """Bytes of a text's maps before they are compressed."""
        side = len(cells_of(text).starts) if self.is_long(text) else len(text.ids)
        n_bytes = self._probed.n_layers * self._probed.n_heads * side**2
        return n_bytes if self._decoder is None else n_bytes + self._decoder.map_bytes(text)

    def _max_weights(self) -> int:
        """Most cells of one head's maps in a batch."""
        layer = 4 * self._probed.n_heads
        if self._capture.way == "hooks":
            return self._limits.layer_bytes // layer
        return self._limits.held_bytes // (layer * self._probed.n_layers)

    def _run_alone(self, text: EncodedText, keeps: bool) -> tuple[TextOutcome, Packed]:
        error = ""
        # If only the norms fail, the other figures are kept.
        for with_norms in (True, False):
            try:
                return self._launch([text], [keeps], with_norms=with_norms)()[0]
            except (Exception, SystemExit) as failure:
                error = describe(failure)
                if lacks_memory(failure):
                    break
        return TextOutcome(error=error), {}

    def _launch(
        self,
        texts: Sequence[EncodedText],
        keeps: Sequence[bool],
        size: int = 0,
        *,
        with_norms: bool = True,
    ) -> _Finish:
        """Run one batch, padded to `size` tokens or its longest text; on a GPU without waiting for
        it. Returns what waits for the figures."""
        model = self._model
        if any(self.is_long(text) for text in texts):  # as long as any other, so each alone
            outcomes = [self._run_long(*each) for each in zip(texts, keeps, strict=True)]
            return lambda: outcomes
        inputs = model.inputs(texts, size)
        is_causal, device = self._probed.is_causal, model.device
        layout = lay_out(texts, self._roles, is_causal=is_causal, device=device, least=size)
        figures = BatchFigures(
            layout,
            self._norms if with_norms else None,
            BatchActivations(layout, self._hidden, self._probed.n_layers) if self._hidden else None,
            has_window=self._has_window,
            learned_sinks=self._capture.has_learned_sinks,
        )
        kept = KeptMaps(layout.lengths, keeps)

        def take(layer: int, maps: Tensor) -> None:
            figures.add(maps)
            kept.add(maps)

        parts = self._parts(texts, keeps, with_norms=with_norms)
        with figures.hooked(), nullcontext() if parts is None else self._decoder_hooked(parts):
            returned = self._capture.run(inputs, take)
        with torch.inference_mode():
            figures.fetch()
            if parts is not None:
                parts.fetch()

        def finish() -> list[tuple[TextOutcome, Packed]]:
            with torch.inference_mode():
                predictions = model.reader.read(returned, inputs, texts)
                summaries = figures.texts()
            return self._results(summaries, predictions, kept.packed(), parts)

        return finish

    def _results(
        self,
        summaries: Sequence[TextSummary],
        predictions: Sequence[TextPrediction],
        kept: Sequence[bytes | None],
        parts: BatchParts | None,
    ) -> list[tuple[TextOutcome, Packed]]:
        """The outcome of each text of a batch, and its maps; `parts` are those of a decoder."""
        parts_by_text = [{} for _ in summaries] if parts is None else parts.texts()
        packed = [{} for _ in summaries] if parts is None else parts.packed()
        targets = [None for _ in summaries] if parts is None else parts.targets
        results: list[tuple[TextOutcome, Packed]] = []
        for text, prediction, own_maps, text_parts, more, target in zip(
            summaries, predictions, kept, parts_by_text, packed, targets, strict=True
        ):
            self._require_layers(text)
            error = fault_of(self._model, text, prediction, text_parts)
            if error is not None:
                results.append((TextOutcome(error=error), {}))
                continue
            maps: Packed = {} if own_maps is None else {"encoder": own_maps, **more}
            results.append((TextOutcome(text, prediction, parts=text_parts, target=target), maps))
        return results

    def _run_long(self, text: EncodedText, keeps: bool) -> tuple[TextOutcome, Packed]:
        """Run a long text, in stripes."""
        assert self._stripes is not None
        model = self._model
        inputs = model.inputs([text])
        layout = lay_out([text], self._roles, is_causal=self._probed.is_causal, device=model.device)
        figures = StripeSummary(
            layout,
            self._probed.n_heads,
            has_window=self._has_window,
            learned_sinks=self._capture.has_learned_sinks,
        )
        pooled = PooledMaps(cells_of(text), self._probed.n_heads) if keeps else None

        def take(stripe: Stripe) -> None:
            if pooled is not None:
                pooled.add(stripe)
            figures.add(stripe)

        activations = BatchActivations(layout, self._hidden, self._probed.n_layers)
        with activations.hooked() if self._hidden else nullcontext():
            returned = self._stripes.run(inputs, take)
        summary = figures.text()
        if self._hidden:
            summary = replace(summary, activations=activations.texts()[0])
        self._require_layers(summary)
        with torch.inference_mode():
            (prediction,) = model.reader.read(returned, inputs, [text])
        error = fault_of(model, summary, prediction, {})
        if error:
            return TextOutcome(error=error), {}
        return TextOutcome(summary, prediction), {} if pooled is None else {
            "encoder": pooled.packed()
        }

    def _parts(
        self, texts: Sequence[EncodedText], keeps: Sequence[bool], *, with_norms: bool
    ) -> BatchParts | None:
        if self._decoder is None:
            return None
        targets = [self._decoder.tokens(text) for text in texts]
        norms = self._decoder.norms if with_norms else None
        return BatchParts(texts, targets, keeps, norms, has_window=self._decoder.has_window)

    @contextmanager
    def _decoder_hooked(self, parts: BatchParts) -> Iterator[None]:
        assert self._decoder is not None
        with parts.hooked(), self._decoder.hooked(parts.take):
            yield

    def _require_layers(self, summary: TextSummary) -> None:
        if len(summary.received) != self._probed.n_layers:
            raise CaptureError(
                f"the model returned attention maps of {len(summary.received)} layers, but has "
                f"{self._probed.n_layers}"
            )
