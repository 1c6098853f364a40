"""Runs texts through the model in batches and returns the figures of each text, or its error."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import torch
from torch import Tensor

from reportgen.analysis.attention.activations import BatchActivations
from reportgen.analysis.attention.batches import Layout, lay_out, plan_batches, runs_alone
from reportgen.analysis.attention.capture import LONG_TOKENS, Capture, recorded_modules
from reportgen.analysis.attention.checks import Probe
from reportgen.analysis.attention.decoders.decoder import BatchParts, DecoderCapture, PartSummary
from reportgen.analysis.attention.faults import fault_of
from reportgen.analysis.attention.rollout import BatchRollout
from reportgen.analysis.attention.stripe_summary import StripeSummary
from reportgen.analysis.attention.stripes import Stripes, find_stripes
from reportgen.analysis.attention.summaries import BatchSummary, TextSummary
from reportgen.analysis.attention.values.norms import BatchNorms, Norms
from reportgen.analysis.progress import Room
from reportgen.errors import CaptureError
from reportgen.models.loaded import LoadedModel
from reportgen.models.loading.factory import describe
from reportgen.models.readers.reader import Prediction
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.tokens.target_tokens import TargetTokens
from reportgen.results.info import DecoderPart, Part
from reportgen.results.maps.packed import Packer, quantise

# Numbers that are held for each token and head of a long text: of what is summed of two layers, and
# of the weights of a few queries; and how often the map of a layer stands in memory as a whole.
STRIPE_FLOATS = 80
WHOLE_COPIES = 4
# Most bytes of a batch's attention maps: of one layer, of which a few working copies are made, or
# of all layers where the model returns them together. A text that exceeds this runs alone.
LAYER_BYTES = 16_000_000
HELD_BYTES = 128_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures and the prediction of one text, or an error message."""

    summary: TextSummary | None = None
    prediction: Prediction | None = None
    error: str | None = None
    # Its figures in the decoder of an encoder-decoder, and what that reads of it.
    parts: Mapping[DecoderPart, PartSummary] = field(default_factory=dict)
    target: TargetTokens | None = None


Packed: TypeAlias = dict[Part, bytes]  # the maps of one text


class Runner:
    """Runs windows of texts through one model."""

    def __init__(
        self,
        model: LoadedModel,
        capture: Capture,
        probed: Probe,
        roles: Sequence[str],
        batch_tokens: int,
        *,
        norms: Norms | None = None,
        rollout: bool = False,
        activations: bool = False,
        decoder: DecoderCapture | None = None,
        sample: EncodedText | None = None,
    ) -> None:
        """Without `norms`, `rollout`, `activations` or `decoder` there are no figures of them;
        without a `sample` to try that on, long texts are read whole."""
        self._model = model
        self._capture = capture
        self._probed = probed
        self._roles = roles
        self._batch_tokens = batch_tokens
        self._norms = norms
        self._with_rollout = rollout
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
    ) -> list[Outcome]:
        """Run all texts; if one fails, the others are not affected.

        Args:
            keeps_maps: whether the maps of each text are kept.
            store: called with the index of a text that keeps its maps, and its packed maps.
            done: called after each batch with the indices of its texts.

        Returns:
            One outcome per text, in the order of `texts`.
        """
        outcomes = [Outcome()] * len(texts)
        for batch in plan_batches(
            self._model.run_lengths(texts, can_pad=self._probed.batching == "padded"),
            self._batch_tokens,
            equal_lengths=self._probed.batching != "padded",
            max_texts=1 if runs_alone(texts, self._probed.batching) else None,
            max_weights=self._max_weights(),
        ):
            try:
                results = self._run_batch([texts[i] for i in batch], [keeps_maps[i] for i in batch])
            except (Exception, SystemExit):  # user code may call exit()
                # The other texts of the batch may run without the one that failed.
                results = [self._run_alone(texts[i], keeps_maps[i]) for i in batch]
            for index, (outcome, packed) in zip(batch, results, strict=True):
                outcomes[index] = outcome
                if packed:
                    store(index, packed)
            done(batch)
        return outcomes

    def is_long(self, text: EncodedText) -> bool:
        """Whether a text is read in stripes: it has no maps, norms and rollout then."""
        return len(text.ids) > LONG_TOKENS and self._stripes is not None

    @cached_property
    def _stripes(self) -> Stripes | None:
        """How long texts are read; None where they are read whole, as with a decoder and where
        texts are read apart."""
        if self._sample is None or self._decoder is not None or self._sample.parts:
            return None
        return find_stripes(self._model, self._capture, self._sample)

    def room(self, texts: Sequence[EncodedText]) -> Room | None:
        """The memory that the attention of the longest of `texts` takes; None if it is not long."""
        longest = max(texts, key=lambda text: len(text.ids), default=None)
        if longest is None or len(longest.ids) <= LONG_TOKENS:
            return None
        n_tokens, is_long = len(longest.ids), self.is_long(longest)
        per_token = STRIPE_FLOATS if is_long else WHOLE_COPIES * n_tokens
        return Room(n_tokens, 4 * self._probed.n_heads * n_tokens * per_token, is_long)

    def map_bytes(self, text: EncodedText) -> int:
        """Bytes of a text's maps before they are compressed; 0 where it has none."""
        if self.is_long(text):
            return 0
        own = self._probed.n_layers * self._probed.n_heads * len(text.ids) ** 2
        return own if self._decoder is None else own + self._decoder.map_bytes(text)

    def _max_weights(self) -> int:
        """Most cells of one head's maps in a batch."""
        layer = 4 * self._probed.n_heads
        if self._capture.way == "hooks":
            return LAYER_BYTES // layer
        return HELD_BYTES // (layer * self._probed.n_layers)

    def _run_alone(self, text: EncodedText, keeps: bool) -> tuple[Outcome, Packed]:
        error = ""
        # If only the norms fail, the other figures are kept.
        for with_norms in (True, False):
            try:
                return self._run_batch([text], [keeps], with_norms=with_norms)[0]
            except (Exception, SystemExit) as failure:
                error = describe(failure)
        return Outcome(error=error), {}

    def _run_batch(
        self, texts: Sequence[EncodedText], keeps: Sequence[bool], *, with_norms: bool = True
    ) -> list[tuple[Outcome, Packed]]:
        model = self._model
        if any(self.is_long(text) for text in texts):  # as long as any other, so each alone
            return [(self._run_long(text), {}) for text in texts]
        inputs = model.inputs(texts)
        layout = lay_out(texts, self._roles, is_causal=self._probed.is_causal, device=model.device)
        figures = _BatchFigures(
            layout,
            self._norms if with_norms else None,
            BatchActivations(layout, self._hidden, self._probed.n_layers) if self._hidden else None,
            with_rollout=self._with_rollout,
            has_window=self._has_window,
            learned_sinks=self._capture.has_learned_sinks,
        )
        packers = [Packer() if keep else None for keep in keeps]

        def take(layer: int, maps: Tensor) -> None:
            figures.add(maps)
            _pack_layer(maps, layout.lengths, packers)

        parts = self._parts(texts, keeps, with_norms=with_norms)
        with figures.hooked(), nullcontext() if parts is None else self._decoder_hooked(parts):
            returned = self._capture.run(inputs, take)
        with torch.inference_mode():
            predictions = model.reader.read(returned, inputs, texts)
        found = [{} for _ in texts] if parts is None else parts.texts()
        packed = [{} for _ in texts] if parts is None else parts.packed()
        targets = [None for _ in texts] if parts is None else parts.targets
        results: list[tuple[Outcome, Packed]] = []
        for text, prediction, packer, own, more, target in zip(
            figures.texts(), predictions, packers, found, packed, targets, strict=True
        ):
            self._require_layers(text)
            error = fault_of(model, text, prediction, own)
            if error is not None:
                results.append((Outcome(error=error), {}))
                continue
            maps: Packed = {} if packer is None else {"encoder": packer.finish(), **more}
            results.append((Outcome(text, prediction, parts=own, target=target), maps))
        return results

    def _run_long(self, text: EncodedText) -> Outcome:
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
        activations = BatchActivations(layout, self._hidden, self._probed.n_layers)
        with activations.hooked() if self._hidden else nullcontext():
            returned = self._stripes.run(inputs, figures.add)
        summary = figures.text()
        if self._hidden:
            summary = replace(summary, activations=activations.texts()[0])
        self._require_layers(summary)
        with torch.inference_mode():
            (prediction,) = model.reader.read(returned, inputs, [text])
        error = fault_of(model, summary, prediction, {})
        return Outcome(error=error) if error else Outcome(summary, prediction)

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


class _BatchFigures:
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


def _pack_layer(maps: Tensor, lengths: Sequence[int], packers: Sequence[Packer | None]) -> None:
    if not any(packers):
        return
    for row, (length, packer) in enumerate(zip(lengths, packers, strict=True)):
        if packer is not None:
            packer.add(quantise(maps[row, :, :length, :length].float().cpu().numpy()))
