"""A sentence encoder: one vector per text, also of the two texts of a pair in one run.

The two texts stand one after the other, as parts of one sequence. A mask keeps each from seeing the
other, and positions begin again with the second, so that each is read as if it stood alone; what is
read of a model while it runs (maps, values, gradients) then needs nothing of its own for pairs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel
from transformers.masking_utils import (
    create_bidirectional_sliding_window_mask,
    create_sliding_window_causal_mask,
)

from reportgen.models.architecture import accepted_arguments
from reportgen.models.configuration import layer_kinds, looks_through_window

# Ways of pooling, by the names of sentence-transformers.
WordPooling: TypeAlias = Literal[
    "cls", "mean", "max", "lasttoken", "mean_sqrt_len_tokens", "weightedmean"
]
WORD_POOLINGS: tuple[WordPooling, ...] = get_args(WordPooling)
# How two vectors are compared, by the names of sentence-transformers; distances count negative.
Similarity: TypeAlias = Literal["cosine", "dot", "euclidean", "manhattan"]
SIMILARITIES: tuple[Similarity, ...] = get_args(Similarity)
_FULL, _SLIDING = "full_attention", "sliding_attention"


@dataclass(frozen=True, slots=True)
class SentenceModules:
    """What comes after the transformer."""

    poolings: tuple[WordPooling, ...]  # their vectors are put one after another
    layers: tuple[nn.Module, ...]
    similarity: Similarity  # of two vectors
    prompts: Mapping[str, str]  # what texts were put behind in training, by name
    default_prompt: str | None = None  # the name of the one that is used unless asked otherwise
    pools_prompts: bool = True  # whether the tokens of a prompt count in the pooling

    @property
    def is_plain(self) -> bool:
        """Whether the vector is the hidden states pooled in one usual way, but for its length."""
        is_usual = len(self.poolings) == 1 and self.poolings[0] in ("cls", "mean", "lasttoken")
        return is_usual and all(isinstance(layer, UnitLength) for layer in self.layers)

    def needs_module(self, *, has_prompts: bool) -> bool:
        """Whether vectors take more than a usual pooling of all tokens; `has_prompts` is whether
        texts stand behind prompts."""
        return not self.is_plain or (has_prompts and not self.pools_prompts)


class UnitLength(nn.Module):
    """Scales vectors to length 1."""

    def forward(self, vectors: Tensor) -> Tensor:
        """`vectors` `[..., figure]`, each of length 1."""
        return functional.normalize(vectors, dim=-1)


class DenseLayer(nn.Module):
    """A linear layer and its activation."""

    def __init__(self, linear: nn.Linear, activation: nn.Module) -> None:
        super().__init__()
        self.linear = linear
        self.activation = activation

    def forward(self, vectors: Tensor) -> Tensor:
        """`vectors` `[..., figure]` after the layer."""
        activated: Tensor = self.activation(self.linear(vectors))
        return activated


class SentenceEncoder(nn.Module):
    """A transformer, the pooling of its last hidden states, and the layers after that.

    Attributes:
        is_causal: whether tokens see earlier ones alone; matters for the masks of pairs only.
    """

    def __init__(self, transformer: PreTrainedModel, modules: SentenceModules) -> None:
        super().__init__()
        self.transformer = transformer
        self.layers = nn.Sequential(*modules.layers)
        self.is_causal = False
        self._poolings = modules.poolings
        self._pools_prompts = modules.pools_prompts
        self._takes = accepted_arguments(transformer)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
        parts: Tensor | None = None,
        prompted: Tensor | None = None,
    ) -> Tensor:
        """The vectors `[text, part, figure]`.

        Args:
            input_ids: `[text, position]`, padded on the right.
            parts: `[text, position]`, 0 or 1: the part of each token; None: all have one part.
            prompted: `[text, position]`, what stands up to the end of a prompt, special tokens in
                front with it; None: there are no prompts.
        """
        given: dict[str, Any] = {"input_ids": input_ids, "attention_mask": attention_mask}
        if token_type_ids is not None and "token_type_ids" in self._takes:
            given["token_type_ids"] = token_type_ids
        real = attention_mask > 0
        members = [real]
        if parts is not None:
            members = [real & (parts == number) for number in (0, 1)]
            given["attention_mask"] = self._masks(attention_mask, parts)
            if "position_ids" in self._takes:
                given["position_ids"] = _restarted(parts) + _first_position(self.transformer)
        hidden = self.transformer(**given)[0]
        is_left_out = None if self._pools_prompts else prompted
        pooled = [self._pool(hidden, part, is_left_out) for part in members]
        vectors: Tensor = self.layers(torch.stack(pooled, dim=1))
        return vectors

    def _pool(self, hidden: Tensor, part: Tensor, is_left_out: Tensor | None) -> Tensor:
        """The vectors `[text, figure]` of one part of each text, whose tokens `part` marks, without
        those that are left out."""
        is_pooled = part if is_left_out is None else part & ~is_left_out
        places = part.cumsum(dim=1)  # from 1, also of tokens that are left out
        return torch.cat(
            [_POOLED[name](hidden, is_pooled, places) for name in self._poolings], dim=-1
        )

    def can_tell_parts_apart(self) -> bool:
        """Whether masks of pairs can be made for every layer."""
        if not looks_through_window(self.transformer):
            return True
        kinds = set(layer_kinds(self.transformer))
        return bool(kinds) and kinds <= {_FULL, _SLIDING}

    def _masks(self, mask: Tensor, parts: Tensor) -> Tensor | Mapping[str, Tensor]:
        """The additive masks `[text, 1, query, key]` in which no part sees the other; by the kind
        of layer where layers differ."""
        size = mask.shape[1]
        seen = (parts[:, :, None] == parts[:, None, :]) & (mask[:, None, :] > 0)
        if self.is_causal:
            seen = seen.tril()
        # Padding sees itself, because softmax needs a key in each row.
        seen = seen | torch.eye(size, dtype=torch.bool, device=mask.device)
        dtype = self.transformer.dtype
        lowest = torch.finfo(dtype).min
        full = torch.zeros(seen.shape, dtype=dtype, device=mask.device).masked_fill(~seen, lowest)
        full = full[:, None]
        if not looks_through_window(self.transformer):
            return full
        config = self.transformer.config.get_text_config()
        make = (
            create_sliding_window_causal_mask
            if self.is_causal
            else create_bidirectional_sliding_window_mask
        )
        embeds = torch.empty(*mask.shape, 1, dtype=dtype, device=mask.device)
        window = make(config=config, inputs_embeds=embeds, attention_mask=torch.ones_like(mask))
        narrow = full if window is None else torch.minimum(full, window)
        return {_FULL: full, _SLIDING: narrow}


def _restarted(parts: Tensor) -> Tensor:
    """The position of each token in its part, `[text, position]`."""
    places = torch.arange(parts.shape[1], device=parts.device)
    starts = (parts == 0).sum(dim=1, keepdim=True)
    return places - starts * (parts == 1)


def _first_position(transformer: PreTrainedModel) -> int:
    """The number of the first position; RoBERTa and MPNet count from behind the padding index."""
    embeddings = getattr(transformer, "embeddings", None)
    padding = getattr(embeddings, "padding_idx", None)
    return padding + 1 if isinstance(padding, int) else 0


def _first(hidden: Tensor, is_pooled: Tensor, places: Tensor) -> Tensor:
    return hidden[torch.arange(len(hidden), device=hidden.device), is_pooled.int().argmax(dim=1)]


def _last(hidden: Tensor, is_pooled: Tensor, places: Tensor) -> Tensor:
    columns = torch.arange(is_pooled.shape[1], device=is_pooled.device)
    last = torch.where(is_pooled, columns, -1).amax(dim=1)
    return hidden[torch.arange(len(hidden), device=hidden.device), last]


def _sum(hidden: Tensor, is_pooled: Tensor) -> Tensor:
    # Not multiplied by the mask, because the values on padding may be NaN.
    return hidden.float().where(is_pooled[..., None], 0.0).sum(dim=1)


def _mean(hidden: Tensor, is_pooled: Tensor, places: Tensor) -> Tensor:
    return _sum(hidden, is_pooled) / is_pooled.sum(dim=1, keepdim=True)


def _mean_by_root(hidden: Tensor, is_pooled: Tensor, places: Tensor) -> Tensor:
    return _sum(hidden, is_pooled) / is_pooled.sum(dim=1, keepdim=True).sqrt()


def _largest(hidden: Tensor, is_pooled: Tensor, places: Tensor) -> Tensor:
    return hidden.float().where(is_pooled[..., None], -torch.inf).amax(dim=1)


def _weighted(hidden: Tensor, is_pooled: Tensor, places: Tensor) -> Tensor:
    """The mean with weights 1, 2, 3 and so on."""
    weights = places * is_pooled
    return _sum(hidden * weights[..., None], is_pooled) / weights.sum(dim=1, keepdim=True)


# From hidden states `[text, position, width]`, which tokens count, and their places in the text.
_POOLED = {
    "cls": _first,
    "mean": _mean,
    "max": _largest,
    "lasttoken": _last,
    "mean_sqrt_len_tokens": _mean_by_root,
    "weightedmean": _weighted,
}
