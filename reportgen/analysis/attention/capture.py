"""Captures the attention maps of any transformer inside any module, one layer at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.utils.output_capturing import OutputRecorder

from reportgen.analysis.attention.banded import banded_modules, unfolding
from reportgen.errors import CaptureError
from reportgen.models import has_maps, layer_kinds, whole
from reportgen.results import LONG_TOKENS

# Called with the number of a layer, from 0, and its maps [text, head, query, key].
TakeMaps: TypeAlias = Callable[[int, Tensor], None]


class Capture:
    """Runs a module and passes on the attention maps of its encoder, layer by layer.

    Attributes:
        encoder: what is attended in.
        way: "hooks" where the encoder's class declares which of its modules return attention
            weights, or these attend in bands, so that the maps of a layer can be freed before the
            next layer runs; else
            "output", where the encoder returns the maps of all layers together.
        has_learned_sinks: whether each head of every layer has a learned number beside the keys
            (GPT-OSS), so that a row of its map sums to less than 1: the rest is that sink's share.
    """

    def __init__(self, module: nn.Module, encoder: PreTrainedModel) -> None:
        self._module = module
        self.encoder = encoder
        self.n_calls = 0
        self._recorded = [
            (attention, index)
            for attention, index in recorded_modules(encoder, "attentions", 1)
            if not _is_linear(attention, encoder)
        ]
        self._banded = banded_modules(encoder)
        by_layer = self._recorded or self._banded
        self.way: Literal["hooks", "output"] = "hooks" if by_layer else "output"
        with_sinks = [_has_sinks(module, encoder) for module, _ in self._recorded]
        self.has_learned_sinks = bool(with_sinks) and all(with_sinks)
        self.mixes_learned_sinks = any(with_sinks) and not all(with_sinks)
        # Fused kernels do not compute the weights. Models with one implementation only keep theirs.
        encoder.set_attn_implementation("eager")

    def run(self, inputs: Mapping[str, Tensor], take: TakeMaps, *, gradients: bool = False) -> Any:
        """Call the module with `inputs`, and `take` once for each layer.

        Args:
            take: called with the number of the layer, from 0, and its maps.
            gradients: whether maps and output are part of a graph for a backward pass.

        Returns:
            What the module returned.

        Raises:
            CaptureError: the encoder returned no attention maps, or none of their shape; or a graph
                would hold those of all layers of a long text.
        """
        if gradients:
            require_short(inputs)
        count = 0

        def hand_over(weights: Any) -> None:
            nonlocal count
            _require_maps(self.encoder, weights)
            take(count, weights)
            count += 1

        with torch.inference_mode(not gradients), self._hooked(hand_over):
            returned = self._module(**inputs)
        if count == 0:
            raise CaptureError(
                f"{type(self.encoder).__name__} gives no attention maps; "
                "it may have no attention layer, or none that can be read"
            )
        return returned

    @property
    def modules(self) -> tuple[nn.Module, ...]:
        """The modules whose weights are recorded, where the way is "hooks"."""
        return tuple(module for module, _ in self._recorded)

    @contextmanager
    def _hooked(self, hand_over: Callable[[Any], None]) -> Iterator[None]:
        self.n_calls = 0

        def count(*_: Any) -> None:
            self.n_calls += 1

        def read_all(output: Any) -> None:
            for weights in _attentions(output):
                hand_over(weights)

        with ExitStack() as hooks:
            hooks.enter_context(self.encoder.register_forward_pre_hook(count))
            if self.way == "hooks":
                hooks.enter_context(reading_entries(self._recorded, hand_over))
            else:
                hooks.enter_context(reading_maps(self.encoder, read_all))
            if self._banded:
                hooks.enter_context(unfolding(self.encoder, self._banded, hand_over))
            yield


def require_short(inputs: Mapping[str, Tensor]) -> None:
    """Raise a CaptureError if a text is so long that the maps of a graph would not fit."""
    n_tokens = inputs["input_ids"].shape[-1]
    if n_tokens > LONG_TOKENS:
        raise CaptureError(
            f"gradients would take the whole attention maps of {n_tokens:,} tokens in every layer; "
            f"they are measured on texts of at most {LONG_TOKENS:,} tokens (--max-length)"
        )


@contextmanager
def without_maps(encoder: PreTrainedModel, inputs: Mapping[str, Tensor]) -> Iterator[None]:
    """A context for a run that takes no maps. If the model allows it, a long text then runs through
    torch's own attention, which never holds a whole map."""
    if inputs["input_ids"].shape[-1] <= LONG_TOKENS or not encoder._supports_sdpa:
        yield
        return
    try:
        encoder.set_attn_implementation("sdpa")
        yield
    finally:
        encoder.set_attn_implementation("eager")


def _is_linear(module: nn.Module, encoder: PreTrainedModel) -> bool:
    """Whether an attention module has no maps, though its class is declared to (MiniMax)."""
    kinds, layer = layer_kinds(encoder), getattr(module, "layer_idx", None)
    return isinstance(layer, int) and layer < len(kinds) and not has_maps(kinds[layer])


def _has_sinks(module: nn.Module, encoder: PreTrainedModel) -> bool:
    sinks = getattr(module, "sinks", None)
    n_heads = whole(encoder.config.get_text_config(), "num_attention_heads")
    return isinstance(sinks, nn.Parameter) and sinks.shape == (n_heads,)


@contextmanager
def reading_entries(
    modules: Sequence[tuple[nn.Module, int]], hand_over: Callable[[Any], None]
) -> Iterator[None]:
    """A context in which `hand_over` is called with what each of the `modules` returns at the index
    beside it."""

    def reads(index: int) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, output: Any) -> None:
            hand_over(output[index] if isinstance(output, tuple) else output)

        return hook

    with ExitStack() as hooks:
        for module, index in modules:
            hooks.enter_context(module.register_forward_hook(reads(index)))
        yield


@contextmanager
def reading_maps(module: nn.Module, read_all: Callable[[Any], None]) -> Iterator[None]:
    """A context in which `module` is asked for the maps of all layers, and `read_all` is called
    with its output."""

    def ask(module: nn.Module, args: Any, kwargs: dict[str, Any]) -> Any:
        return args, {**kwargs, "output_attentions": True}

    def read(module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        read_all(output)

    with (
        module.register_forward_pre_hook(ask, with_kwargs=True),
        module.register_forward_hook(read, with_kwargs=True),
    ):
        yield


def _attentions(output: Any) -> tuple[Any, ...]:
    """The attention maps in the output of an encoder, which is an object or a plain tuple, or of an
    encoder-decoder whose encoder is no model of its own (FSMT)."""
    for name in ("attentions", "encoder_attentions"):
        named = getattr(output, name, None)
        if named is not None:
            return tuple(named)
    if isinstance(output, tuple):
        for item in reversed(output):
            if (
                isinstance(item, tuple)
                and item
                and isinstance(item[0], Tensor)
                and item[0].ndim == 4
            ):
                return item
    return ()


def _require_maps(encoder: PreTrainedModel, weights: Any) -> None:
    if isinstance(weights, Tensor) and weights.ndim == 4 and weights.shape[2] == weights.shape[3]:
        return
    raise CaptureError(
        f"{type(encoder).__name__} gives {_other_form(weights)}, not one square map "
        "[text, head, query, key] per layer; this kind of attention cannot be reported"
    )


def _other_form(weights: Any) -> str:
    """A description of attention weights that are not square maps, for an error message."""
    if isinstance(weights, Mapping):  # PEGASUS-X: to the text, and to global tokens of its own
        return f"attention in parts ({', '.join(map(str, weights))})"
    if not isinstance(weights, Tensor):
        return f"attention as {type(weights).__name__}"
    kind = "attention"
    if weights.ndim == 5 and weights.shape[4] > 3 * weights.shape[3]:  # LongT5, transient-global
        return "attention in parts (blocks of the text, and summaries of all blocks)"
    if weights.ndim > 4 or (weights.ndim == 4 and weights.shape[3] < weights.shape[2]):
        kind = "banded attention (each token has weights for a stretch of the text only)"
    elif weights.ndim == 4:
        kind = "attention between other positions than the text's tokens"
    return f"{kind} of shape {list(weights.shape)}"


def recorded_modules(
    encoder: PreTrainedModel, kind: str, index: int
) -> Iterator[tuple[nn.Module, int]]:
    """Modules that return what is asked for by declaration of the encoder's class, each with its
    index in their output.

    Args:
        kind: what is asked for, "attentions" or "hidden_states".
        index: where it is unless the declaration says otherwise.
    """

    def walk(
        module: nn.Module, path: str, recorders: list[OutputRecorder]
    ) -> Iterator[tuple[nn.Module, int]]:
        for recorder in recorders:
            if _matches(recorder, module, path):
                yield module, recorder.index
        for name, child in module.named_children():
            inner = recorders
            if isinstance(child, PreTrainedModel):
                inner = _recorders(child, kind, index)
            yield from walk(child, f"{path}.{name}", inner)

    yield from walk(encoder, "", _recorders(encoder, kind, index))


class _NoClass(nn.Module):
    """A class of no module, for recorders that select modules by name only."""


def _recorders(model: PreTrainedModel, kind: str, index: int) -> list[OutputRecorder]:
    declared = model.can_record_outputs.get(kind, [])
    recorders = []
    for item in declared if isinstance(declared, list) else [declared]:
        if isinstance(item, OutputRecorder):
            recorders.append(item)
        elif isinstance(item, str):
            recorders.append(OutputRecorder(_NoClass, class_name=item, index=index))
        else:
            recorders.append(OutputRecorder(target_class=item, index=index))
    return recorders


def _matches(recorder: OutputRecorder, module: nn.Module, path: str) -> bool:
    is_class = recorder.target_class is not None and isinstance(module, recorder.target_class)
    is_named = recorder.class_name is not None and path.endswith(recorder.class_name)
    if not (is_class or is_named):
        return False
    return recorder.layer_name is None or f".{recorder.layer_name.strip('.')}." in f"{path}."
