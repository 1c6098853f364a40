"""A family's model as the library loads it, and what plain runs of it give."""

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from helpers.plain.family_bands import BANDED, seen_in_band, unfolded
from reportgen.models import ChoiceModel, EncodedText, LoadedModel, TargetTokens
from reportgen.results import DecoderPart

_RETURNED: Mapping[DecoderPart, str] = {
    "decoder": "decoder_attentions",
    "cross": "cross_attentions",
}


@dataclass(frozen=True, slots=True)
class Plain:
    """The same model loaded once more, without anything of the product's."""

    module: nn.Module
    encoder: PreTrainedModel
    masks: list[tuple[Tensor, Tensor | None]]  # of the last run: maps and their mask

    def maps(self, inputs: Mapping[str, Tensor]) -> list[Tensor]:
        """The library's own attention maps of one text, `[1, head, query, key]` each."""
        size = inputs["input_ids"].shape[1]
        kind = self.encoder.config.model_type
        # Its head says which tokens have global attention.
        run = self.module if kind == "longformer" else self.encoder
        with torch.no_grad():
            self.encoder(**inputs)  # BigBird replaces its modules at its first short text
            self.masks.clear()
            if run is not self.encoder and type(run).__name__.endswith("MultipleChoice"):
                inputs = {name: own[:, None] for name, own in inputs.items()}
            found = run(**inputs, output_attentions=True)
        if kind in BANDED:
            return unfolded(self.encoder, found, size)
        layers = found.get("attentions", found.get("encoder_attentions"))
        return [layer for layer in layers if _is_map(layer, size)]

    def parts(self, text: EncodedText, target: TargetTokens) -> dict[DecoderPart, list[Tensor]]:
        """The library's own maps of the decoder for one text, `[1, head, query, key]` each."""
        inputs = given(self.module, text)
        if text.target is not None:
            inputs["decoder_input_ids"] = torch.tensor([target.read])
        with torch.no_grad():
            found = self.module(**inputs, output_attentions=True)
            if "decoder_attentions" not in found:  # not every head returns them
                shifted = torch.tensor([[target.ids[0], *text.ids[:-1]]])
                base = self.module.base_model
                found = base(**inputs, decoder_input_ids=shifted, output_attentions=True)
        return {part: list(getattr(found, name)) for part, name in _RETURNED.items()}

    def visible(
        self, layers: Sequence[Tensor], *, is_causal: bool
    ) -> tuple[list[NDArray[np.bool_]], str]:
        """`[query, key]` for each layer: the keys that its own mask lets a query see; and whether
        every layer has a mask, or some only a direction."""
        seen, how = [], "mask"
        for number, layer in enumerate(layers):
            rule = np.ones(layer.shape[-2:], bool)
            rule = np.tril(rule) if is_causal else rule
            mask = next((m for own, m in self.masks if torch.equal(own, layer)), None)
            if self.encoder.config.model_type in BANDED:
                rule, how = seen_in_band(self.encoder, number, layer), "band"
            elif mask is None:
                how = "direction"
            else:
                rule &= _allowed(mask, layer)
            seen.append(rule)
        return seen, how


def fresh(folder: Path, loaded: LoadedModel) -> Plain:
    """The model of `folder` as the library loads it."""
    kind = getattr(
        transformers, json.loads((folder / "config.json").read_text())["architectures"][0]
    )
    whole: Any = kind.from_pretrained(folder, attn_implementation="eager").float().eval()
    ours, path = loaded.module, loaded.encoder_name
    if isinstance(ours, ChoiceModel):
        ours, path = ours.inner, path.removeprefix("inner").removeprefix(".")
    # Of a head that is not reported, the part that is.
    names = {type(inner): name for name, inner in reversed([*whole.named_modules()])}
    module = whole.get_submodule(names[type(ours)])
    encoder = module.get_submodule(path)
    encoder.config.use_cache = False
    module.config.get_text_config().pad_token_id = loaded.pad_token_id
    plain = Plain(module, encoder, [])
    for inner in encoder.modules():
        inner.register_forward_hook(_records(plain.masks), with_kwargs=True)
    return plain


def given(
    module: nn.Module, text: EncodedText, positions: Sequence[int] | None = None
) -> dict[str, Tensor]:
    """The inputs for all or some `positions` of `text`."""
    accepted = inspect.signature(module.forward).parameters
    kept = range(len(text.ids)) if positions is None else positions
    inputs = {
        "input_ids": torch.tensor([[text.ids[i] for i in kept]]),
        "attention_mask": torch.ones(1, len(kept)).long(),
    }
    if text.type_ids is not None:
        inputs["token_type_ids"] = torch.tensor([[text.type_ids[i] for i in kept]])
    return {name: value for name, value in inputs.items() if name in accepted}


def _records(masks: list[tuple[Tensor, Tensor | None]]) -> Any:
    """A hook that keeps the maps a module makes, and the mask it was given or has (GPT-Neo)."""

    def hook(module: nn.Module, args: Any, kwargs: dict[str, Any], output: Any) -> None:
        made = [t for t in output if _is_map(t)] if isinstance(output, tuple) else []
        if not made or any(own is made[-1] for own, _ in masks):
            return
        size = made[-1].shape[-1]
        own = getattr(module, "bias", None)
        if _is_map(own):
            own = own[..., :size, :size]
        given = [own, *args, *kwargs.values()]
        masks.append((made[-1], next((t for t in given if _is_map(t, size)), None)))

    return hook


def _is_map(value: Any, size: int | None = None) -> bool:
    """Whether a value is `[text, head, query, key]`, of `size` tokens."""
    if not isinstance(value, Tensor) or value.ndim != 4:
        return False
    return value.shape[2] == value.shape[3] and size in (None, value.shape[3])


def _allowed(mask: Tensor, layer: Tensor) -> NDArray[np.bool_]:
    """`[query, key]`, where a mask lets a query see: one of numbers that are added, or of booleans,
    which say so or the opposite (MPT)."""
    seen = mask[0] if mask.dtype == torch.bool else mask[0] > -1e4
    if bool((layer[0] > 0)[~seen.expand_as(layer[0])].any()):
        seen = ~seen
    found: NDArray[np.bool_] = seen.any(0).numpy()
    return found


def has_sinks(layers: Sequence[Tensor]) -> bool:
    """Whether rows lack weight, which learned sinks have."""
    return any(float((layer.sum(-1) - 1).min()) < -1e-3 for layer in layers)


def counted_even(seen: NDArray[np.bool_], *, learned: bool) -> NDArray[np.float64]:
    """What each key would get if every query gave all it sees the same."""
    size = len(seen)
    total = np.zeros(size)
    for query in range(size):
        n = int(seen[query].sum()) + learned
        for key in range(size):
            if seen[query, key]:
                total[key] += 1 / n / size
    return total
