"""Attention of the decoder of an encoder-decoder: to what it has read so far, and to the text.

The maps are those of the run that reads the encoder, taken layer by layer. A row of a cross map is
a token that is written: the position at which the decoder reads the token before it. Where a head
reads the decoder in place of that, it is the one row that the head reads.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from reportgen.analysis.attention.batches import Array
from reportgen.analysis.attention.capture import (
    Capture,
    reading_entries,
    reading_maps,
    recorded_modules,
)
from reportgen.analysis.attention.decoders.cross_norms import (
    BatchCrossNorms,
    CrossNorms,
    CrossTextNorms,
    find_cross_norms,
)
from reportgen.analysis.attention.decoders.head_row import HeadRow, find_head_row
from reportgen.analysis.attention.kept_maps import KeptMaps
from reportgen.analysis.attention.values.norms import TakeLayer
from reportgen.analysis.device.copies import DeviceFigures
from reportgen.errors import CaptureError
from reportgen.models import EncodedText, LoadedModel, TargetTokens, looks_through_window, moved
from reportgen.results import DecoderInfo, DecoderPart, Part, Reason

_TINY = torch.finfo(torch.float32).tiny
# What the decoder is said to return, by part: the name in its declaration and in its output.
_RECORDED: Mapping[DecoderPart, str] = {"decoder": "attentions", "cross": "cross_attentions"}
_RETURNED: Mapping[DecoderPart, str] = {
    "decoder": "decoder_attentions",
    "cross": "cross_attentions",
}
# Called with a part and the maps [text, head, query, key] of its next layer.
TakePart = Callable[[DecoderPart, Tensor], None]


@dataclass(frozen=True, slots=True)
class PartSummary:
    """The figures of one text in one part of the decoder."""

    received: Array  # [layer, key], mean over heads and queries
    expected: Array  # [layer, key], of `received` with equal shares
    special_share: Array  # [layer, head], attention to special tokens
    entropy: Array  # [layer, head], 0..1, mean over queries; NaN for a single key
    row_sum_error: float  # of rows over the tokens, without what is on padding
    special_even: Array  # [layer], of `special_share` with equal shares
    norms: CrossTextNorms | None = None  # of "cross", where they were measured


class DecoderCapture:
    """Passes on the maps of a decoder while its model runs.

    Attributes:
        name: its class.
        has_window: whether some of its layers only see some of what it has read.
        norms: how the value vectors of its cross-attention are read, the reason why they cannot be,
            or None where they are not to be read.
    """

    def __init__(self, writer: PreTrainedModel, head: HeadRow | None = None) -> None:
        """With a `head`, the decoder reads the text again, and that head reads a row of it."""
        decoder: Any = writer.get_decoder()  # type: ignore[no-untyped-call]
        self._head = head
        self.name = type(decoder).__name__
        self.n_layers = self.n_heads = 0  # known once a text was run
        self.norms: CrossNorms | Reason | None = None
        self._whole: nn.Module = writer
        self.module: nn.Module = decoder
        self.has_window = isinstance(decoder, PreTrainedModel) and looks_through_window(decoder)
        self._recorded: dict[DecoderPart, list[tuple[nn.Module, int]]] = {
            part: list(recorded_modules(decoder, name, 1))
            if isinstance(decoder, PreTrainedModel)
            else []
            for part, name in _RECORDED.items()
        }
        writer.set_attn_implementation("eager")  # others do not compute the weights
        # Classes that do not declare both return the maps of all layers together.
        self._by_hooks = all(self._recorded.values())

    @property
    def info(self) -> DecoderInfo:
        """What the report says of it."""
        return DecoderInfo(self.name, self.n_layers, self.n_heads)

    def why_no_norms(self, n_proven: int) -> Reason | None:
        """The reason why no text has norms, if there is one; `n_proven` is the number of texts that
        passed the self-check."""
        if isinstance(self.norms, CrossNorms):
            return None if n_proven else "values_unproven"
        return self.norms

    def tokens(self, text: EncodedText) -> TargetTokens:
        """The tokens that the decoder reads for a text, and the rows of cross maps."""
        if self._head is not None:
            return self._head.tokens(text)
        assert text.target is not None
        return text.target

    def map_bytes(self, text: EncodedText) -> int:
        """Bytes of a text's maps before they are compressed."""
        target = self.tokens(text)
        n_read, n_written = len(target.read), len(target.written)
        return self.n_layers * self.n_heads * (n_read**2 + n_written * len(text.ids))

    @contextmanager
    def hooked(self, take: TakePart) -> Iterator[None]:
        """A context for one run of the model, in which `take` is called for each layer and part."""

        def read(part: DecoderPart, weights: Any) -> None:
            if isinstance(weights, Tensor):
                take(part, weights)

        def read_all(output: Any) -> None:
            for part, name in _RETURNED.items():
                for weights in getattr(output, name, None) or ():
                    take(part, weights)

        with ExitStack() as hooks:
            for part, modules in self._recorded.items() if self._by_hooks else ():
                hooks.enter_context(reading_entries(modules, partial(read, part)))
            if not self._by_hooks:
                hooks.enter_context(reading_maps(self._whole, read_all))
            yield


class BatchParts:
    """Summarises the decoder's maps of one batch: `take` them layer by layer, then read `texts`."""

    def __init__(
        self,
        texts: Sequence[EncodedText],
        targets: Sequence[TargetTokens],
        keeps: Sequence[bool],
        norms: CrossNorms | Reason | None = None,
        *,
        has_window: bool = False,
    ) -> None:
        """`targets` are what `DecoderCapture.tokens` finds of each text; `keeps` says of each
        whether its maps are kept; `has_window` whether layers see some of what was read only."""
        self.targets = targets
        self._has_window = has_window
        self._norms: BatchCrossNorms | None = None
        self._sides = [
            {part: _side(part, *pair) for part in _RECORDED}
            for pair in zip(texts, targets, strict=True)
        ]
        self._layers = [{part: DeviceFigures() for part in _RECORDED} for _ in texts]
        self._n_heads: list[dict[DecoderPart, list[int]]] = [
            {part: [] for part in _RECORDED} for _ in texts
        ]
        self._kept = {
            part: KeptMaps([len(text.ids) for text in texts], keeps) for part in _RECORDED
        }
        if isinstance(norms, CrossNorms):
            queries = [sides["cross"].queries for sides in self._sides]
            self._norms = BatchCrossNorms(norms, queries, [len(text.ids) for text in texts])

    def hooked(self) -> AbstractContextManager[None]:
        """A context in which the model must run, so that its value vectors are seen."""
        return nullcontext() if self._norms is None else self._norms.hooked()

    def take(self, part: DecoderPart, maps: Tensor) -> None:
        """Add the maps of the next layer, `[text, head, query, key]`."""
        if maps.ndim != 4 or maps.shape[0] != len(self._sides):
            raise CaptureError(
                f"the decoder gives {part} attention of shape {list(maps.shape)}; only one map "
                "[text, head, query, key] per layer can be reported"
            )
        for row, sides in enumerate(self._sides):
            side = sides[part]
            if maps.shape[2] < side.queries.stop or maps.shape[3] < side.n_keys:
                raise CaptureError(
                    f"the decoder gives {part} attention between {maps.shape[2]} and "
                    f"{maps.shape[3]} positions, fewer than the text's tokens"
                )
            text_maps = maps[row, :, side.queries, : side.n_keys].float()
            hides = part == "decoder" and self._has_window
            self._layers[row][part].add({"all": _summed(text_maps, side, hides=hides)[None]})
            self._n_heads[row][part].append(len(text_maps))
            self._kept[part].add_text(row, text_maps)
        if part == "cross" and self._norms is not None:
            self._norms.add(maps)

    def fetch(self) -> None:
        """Begin to copy the figures from the device, after the last layer."""
        if self._is_whole:
            for layers in self._layers:
                for figures in layers.values():
                    figures.fetch()
        if self._norms is not None:
            self._norms.fetch()

    @property
    def _is_whole(self) -> bool:
        """Whether every layer gave a map of each part, all with as many heads."""
        shapes = {tuple(counts) for parts in self._n_heads for counts in parts.values()}
        return len(shapes) == 1 and len({*next(iter(shapes))}) == 1

    def texts(self) -> list[dict[DecoderPart, PartSummary]]:
        """The figures of each text by part, in the order of the batch.

        Raises:
            CaptureError: not every layer gave a map of each part, all with as many heads.
        """
        if not self._is_whole:
            raise CaptureError(
                "its layers do not each give a map to the target and one to the text"
            )
        cross_norms = None if self._norms is None else self._norms.texts()
        norms = [None] * len(self._sides) if cross_norms is None else cross_norms
        every = zip(self._layers, self._sides, norms, strict=True)
        return [
            {
                part: _stacked(
                    figures.read()["all"][0], sides[part], text if part == "cross" else None
                )
                for part, figures in layers.items()
            }
            for layers, sides, text in every
        ]

    def packed(self) -> list[dict[Part, bytes]]:
        """The maps of each text by part; none for a text that does not keep them. May be called
        once."""
        by_part = {part: kept.packed() for part, kept in self._kept.items()}
        return [
            {
                part: packed
                for part, packed_maps in by_part.items()
                if (packed := packed_maps[row]) is not None
            }
            for row in range(len(self._sides))
        ]


@dataclass(frozen=True, slots=True)
class _DecoderSide:
    """What the rows and columns of one text's map in one part are."""

    queries: slice  # rows of the maps
    n_keys: int
    special: NDArray[np.bool_]  # [key]
    visible: NDArray[np.bool_]  # [query, key]
    _placed: dict[torch.device, tuple[Tensor, Tensor]] = field(default_factory=dict, init=False)

    def on(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """`special` and `visible` on a device; moved there once."""
        if device not in self._placed:
            special, visible = (torch.from_numpy(mask) for mask in (self.special, self.visible))
            self._placed[device] = moved(special, device), moved(visible, device)
        return self._placed[device]


def _side(part: DecoderPart, text: EncodedText, target: TargetTokens) -> _DecoderSide:
    n_read = len(target.read)
    if part == "decoder":
        special = np.array(target.specials[:n_read])
        return _DecoderSide(slice(0, n_read), n_read, special, np.tri(n_read, dtype=np.bool_))
    n_keys = len(text.ids)
    special = np.array([role is not None for role in text.roles])
    queries = slice(target.n_given - 1, n_read)
    return _DecoderSide(
        queries, n_keys, special, np.ones((n_read - target.n_given + 1, n_keys), np.bool_)
    )


def _summed(maps: Tensor, side: _DecoderSide, *, hides: bool) -> Tensor:
    """The figures of `maps`, `[head, query, key]`, one after another: see `_stacked`.

    Args:
        hides: whether the layer may hide more keys: those with a weight of exactly 0 in every head.
    """
    special, seen = side.on(maps.device)
    if hides:
        seen = seen & (maps > 0).any(dim=0)
    n_seen = seen.sum(1).clamp(min=1)
    several = n_seen > 1
    entropy = -(maps.clamp(min=_TINY).log() * maps).sum(-1) / n_seen.clamp(min=2).log()
    received = maps.mean(1)  # [head, key]
    figures = (
        received.mean(0),
        (seen / n_seen[:, None]).mean(0),
        (received * special).sum(1),
        # NaN where no row has two keys
        torch.where(several, entropy, 0.0).sum(1) / several.sum(),
        (maps.sum(-1) - 1).abs().max()[None],
    )
    return torch.cat(figures)


def _stacked(layers: Array, side: _DecoderSide, norms: CrossTextNorms | None) -> PartSummary:
    """The figures of one text in one part from what `_summed` gives of each layer."""
    n_keys, n_heads = side.n_keys, (layers.shape[1] - 1) // 2 - side.n_keys
    received, expected, special, entropy, off = np.split(
        layers, np.cumsum((n_keys, n_keys, n_heads, n_heads)), axis=1
    )
    return PartSummary(
        received=received,
        expected=expected,
        special_share=special,
        entropy=entropy,
        row_sum_error=float(off.max()),
        special_even=expected[:, side.special].sum(axis=1),
        norms=norms,
    )


# Largest distance of a row's sum from 1 in the trial run, in any precision.
_MOST_OFF = 3e-2


def _find_values(
    model: LoadedModel, capture: Capture, decoder: DecoderCapture, text: EncodedText
) -> CrossNorms | Reason:
    """How the value vectors of a decoder's cross-attention are read, verified on one text; the
    reason why they cannot be otherwise."""
    inputs = model.inputs([text])

    def run(add_maps: TakeLayer) -> object:
        def take(part: DecoderPart, maps: Tensor) -> None:
            if part == "cross":
                add_maps(maps)

        with decoder.hooked(take):
            return capture.run(inputs, lambda *_: None)

    return find_cross_norms(decoder.module, decoder.n_heads, run, model.info.dtype)


def find_decoder(
    model: LoadedModel, capture: Capture, text: EncodedText, *, with_values: bool = False
) -> tuple[DecoderCapture | None, str | None]:
    """The decoder whose attention is read beside that of the encoder, tried on `text`; with
    `with_values` also how its value vectors are read.

    Returns:
        The decoder, None where the model has none or its maps cannot be read; and a remark for
        readers on that.
    """
    try:
        decoder = _decoder(model, text)
        if decoder is None:
            return None, None
        parts = BatchParts([text], [decoder.tokens(text)], [False])
        with decoder.hooked(parts.take):
            capture.run(model.inputs([text]), lambda *_: None)
        (summaries,) = parts.texts()
        _require_rows(summaries)
    except CaptureError as error:
        return None, f"attention of the decoder is not reported: {error}"
    decoder.n_layers, decoder.n_heads = summaries["cross"].entropy.shape
    if with_values:
        decoder.norms = _find_values(model, capture, decoder, text)
    return decoder, None


def _require_rows(parts: Mapping[DecoderPart, PartSummary]) -> None:
    """Check that the rows of each part sum to 1, though a NaN may be of one text alone.

    Raises:
        CaptureError: they do not, as where one attention reads the target and the text together
            (T5Gemma 2).
    """
    off = max(part.row_sum_error for part in parts.values())
    if off > _MOST_OFF:
        raise CaptureError(
            "rows of its maps to the target and to the text do not each sum to 1 (off by "
            f"{off:.2g})"
        )


def _decoder(model: LoadedModel, text: EncodedText) -> DecoderCapture | None:
    """The decoder that writes a target, or that the output is read from; None without one."""
    if text.target is not None and model.writer is not None:
        return DecoderCapture(model.writer.module)
    head_row = find_head_row(model, text)
    return None if head_row is None else DecoderCapture(*head_row)
