"""A transformer: its size, and how its attention makes its output.

To support an architecture whose modules have other names, add a row to `FAMILIES`.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, TypeAlias

from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from reportgen.errors import CaptureError
from reportgen.models.configuration import other_inputs, whole
from reportgen.models.device import weight_of

# How the value vectors of all heads lie in the output of the module that makes them: alone; behind
# all queries and keys; or, for each value head, behind its queries and its key.
ValueLayout: TypeAlias = Literal["alone", "behind all", "behind each"]


@dataclass(frozen=True, slots=True)
class Family:
    """Names that a family of architectures gives to parts of its modules.

    A module that has a child with one of the `value` names is taken for an attention module. Its
    output projection is looked for under the names of its own family first, then under all others,
    and last in a module called `output` beside it (BERT). What is found is only used after it was
    shown to rebuild the output of the attention block (`analysis/attention/values/norms.py`).
    """

    models: str  # that have these names
    value: str  # makes the value vectors, alone or together with queries and keys
    output: str  # turns what the heads gathered into the output of the block
    layout: ValueLayout = "alone"
    positions: str | None = None  # table of position embeddings; relative positions have none


FAMILIES = (
    Family("BERT, RoBERTa, ALBERT, ELECTRA", "value", "dense", positions="position_embeddings"),
    Family("DistilBERT, XLM", "v_lin", "out_lin", positions="position_embeddings"),
    Family("BART, OPT, GPT-J", "v_proj", "out_proj", positions="embed_positions"),
    Family("Llama, Qwen2, Gemma", "v_proj", "o_proj"),
    Family("DeBERTa-v2", "value_proj", "dense", positions="position_embeddings"),
    Family("T5, MPNet", "v", "o"),
    Family("GPT-2", "c_attn", "c_proj", "behind all", positions="wpe"),
    Family("OpenAI GPT", "c_attn", "c_proj", "behind all", positions="positions_embed"),
    Family("ModernBERT", "Wqkv", "Wo", "behind all"),
    Family("Phi-3, CodeGen", "qkv_proj", "o_proj", "behind all"),
    Family("BLOOM, Falcon, GPT-NeoX", "query_key_value", "dense", "behind each"),
    Family("DeBERTa", "in_proj", "dense", "behind each", positions="position_embeddings"),
)
# What names of modules have that attend across to the text: BERT, T5Gemma; BART; T5.
_CROSS = ("cross", "encoder_attn", "encdec")


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """The size of an encoder, from its configuration and modules."""

    n_layers: int
    n_heads: int
    head_size: int  # width of the value vectors of one head
    max_positions: int | None  # most tokens it has positions for; None where there is no limit
    shares_layers: bool  # all layers use the same weights (ALBERT)
    hidden_size: int


@dataclass(frozen=True, eq=False)
class Projection:
    """How one layer turns value vectors into the output of its attention block."""

    value: nn.Module  # its output holds the value vectors
    output: nn.Linear | Conv1D  # the output projection
    n_heads: int
    n_value_heads: int  # fewer than `n_heads` where heads share their values (grouped queries)
    size: int  # width of one value vector
    layout: ValueLayout
    is_turned: bool = False  # they are made as [key, text] (Longformer, LED)

    def values(self, made: Tensor) -> Tensor:
        """The value vectors in the output `made` of the value module.

        Returns:
            `[text, key, value head, size]`, a view: writing into it changes `made`.
        """
        made = made.transpose(0, 1) if self.is_turned else made
        heads = (*made.shape[:-1], self.n_value_heads)
        if self.layout == "behind each":
            return made.view(*heads, -1, self.size)[..., -1, :]
        return made[..., -self.n_value_heads * self.size :].view(*heads, self.size)

    def weight(self) -> Tensor:
        """The weights of the output projection, `[head, size, width]`, a view."""
        weight: Tensor = weight_of(self.output, "weight")
        # Linear stores [out, in], Conv1D [in, out].
        rows = weight if isinstance(self.output, Conv1D) else weight.T
        return rows.view(self.n_heads, self.size, -1)

    def bias(self) -> Tensor | None:
        """The bias of the output projection, `[width]`; None if it has none."""
        bias = weight_of(self.output, "bias")
        return bias if isinstance(bias, Tensor) else None

    def per_head(self, values: Tensor) -> Tensor:
        """`values` `[..., value head, size]` repeated for the heads that share them,
        `[..., head, size]`."""
        if self.n_value_heads == self.n_heads:
            return values
        return values.repeat_interleave(self.n_heads // self.n_value_heads, dim=-2)


def read_facts(encoder: PreTrainedModel) -> EncoderFacts:
    """Read the layers, heads and positions of `encoder`.

    Raises:
        CaptureError: its configuration has no attention heads (Mamba, FNet), or none for texts
            alone (LXMERT).
    """
    config = encoder.config.get_text_config()
    n_layers = whole(config, "num_hidden_layers")
    n_heads = whole(config, "num_attention_heads")
    if n_layers is None or n_heads is None:
        if read := other_inputs(encoder):
            raise CaptureError(
                f"{type(encoder).__name__} has no attention layers for texts alone; it also reads "
                f"{read}"
            )
        raise CaptureError(
            f"{type(encoder).__name__} has no attention heads, so there is no attention to report"
        )
    hidden_size = whole(config, "hidden_size") or 0
    # MobileBERT's attention is narrower than the vectors between its layers.
    width = whole(config, "true_hidden_size") or hidden_size
    own_size = (whole(config, key) for key in ("v_head_dim", "head_dim", "d_kv", "d_head"))
    return EncoderFacts(
        n_layers=n_layers,
        n_heads=n_heads,
        head_size=next((size for size in own_size if size), width // n_heads),
        max_positions=max_positions(encoder, config),
        shares_layers=n_layers > 1 and whole(config, "num_hidden_groups") == 1,
        hidden_size=hidden_size,
    )


def embedding_rows(encoder: PreTrainedModel) -> int | None:
    """The number of token ids that `encoder` has embeddings for; None if it has no such table."""
    table = embedding_table(encoder)
    return table.num_embeddings if isinstance(table, nn.Embedding) else None


def embedding_table(encoder: PreTrainedModel) -> nn.Module | None:
    """The module that looks up the embeddings of token ids; None without one (CANINE)."""
    try:
        return encoder.get_input_embeddings()
    except NotImplementedError:
        return None


def accepted_arguments(module: nn.Module) -> frozenset[str]:
    """The names of tokenizer outputs that `module.forward` accepts as keyword arguments.

    A forward with `**kwargs` alone accepts all of them; one that also declares names, only those.
    """
    method = getattr(module.forward, "__func__", None)
    if method is None:  # one that was replaced, or a static one
        return _accepted_in(list(inspect.signature(module.forward).parameters.values()))
    return _accepted_by(method)


@cache  # of a class, it is asked for at each batch
def _accepted_by(method: Callable[..., object]) -> frozenset[str]:
    """The same of the method of a class, whose first parameter is the module."""
    return _accepted_in(list(inspect.signature(method).parameters.values())[1:])


def _accepted_in(parameters: Sequence[inspect.Parameter]) -> frozenset[str]:
    declared = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    if not declared and any(p.kind is p.VAR_KEYWORD for p in parameters):
        return frozenset(("input_ids", "attention_mask", "token_type_ids"))
    return frozenset(declared)


def find_projections(encoder: PreTrainedModel) -> tuple[Projection, ...]:
    """Find the projections of each layer's attention, in the order of layers; () if unknown.

    They are found by the names in `FAMILIES` and not verified yet. An ALBERT has one projection for
    all its layers. The decoder of an encoder-decoder is not part of `encoder`.
    """
    n_heads = read_facts(encoder).n_heads
    return tuple(
        projection
        for path, module in encoder.named_modules()
        for projection in _projection(encoder, path, module, n_heads)
    )


def find_cross_projections(decoder: nn.Module, n_heads: int) -> tuple[Projection, ...]:
    """The same of the attention that a decoder pays to what the encoder made of the text: of its
    modules with a name of `_CROSS`."""
    return tuple(
        projection
        for path, module in decoder.named_modules()
        if any(name in path.lower() for name in _CROSS)
        for projection in _projection(decoder, path, module, n_heads)
    )


def other_layouts(projections: Sequence[Projection]) -> tuple[tuple[Projection, ...], ...]:
    """Copies of fused `projections` with the other possible layouts of the values; () otherwise."""
    if any(projection.layout == "alone" for projection in projections):
        return ()
    swapped: dict[ValueLayout, ValueLayout] = {
        "behind all": "behind each",
        "behind each": "behind all",
    }
    return (tuple(replace(item, layout=swapped[item.layout]) for item in projections),)


def max_positions(encoder: nn.Module, config: Any) -> int | None:
    """The most tokens that the configuration and the position tables allow; None for no limit."""
    limits = []
    stated = whole(config, "max_position_embeddings")
    if stated is not None and stated > 0:  # XLNet says -1
        limits.append(stated)
    tables = {family.positions for family in FAMILIES}
    for path, table in encoder.named_modules():
        if isinstance(table, nn.Embedding) and path.rpartition(".")[2] in tables:
            # RoBERTa counts positions from its padding index on, BART from an offset.
            if table.padding_idx is not None:
                skipped = table.padding_idx + 1
            else:
                skipped = int(getattr(table, "offset", 0))
            limits.append(table.num_embeddings - skipped)
    return min(limits, default=None)


def _projection(
    encoder: nn.Module, path: str, attention: nn.Module, n_heads: int
) -> Iterator[Projection]:
    """The projection of the module at `path`; nothing if it is not an attention module."""
    children = dict(attention.named_children())
    family = next((family for family in FAMILIES if family.value in children), None)
    if family is None:
        return
    value, output = children[family.value], _output(encoder, path, children, family.value)
    made = _out_width(value)
    if output is None or made is None:
        return
    gathered = output.weight.shape[0 if isinstance(output, Conv1D) else 1]
    size = gathered // n_heads
    n_vectors, rest = divmod(made, max(size, 1))
    if gathered != n_heads * size or rest:
        return
    # Fused: one query per head, one key and one value per value head.
    n_value_heads = n_vectors if family.layout == "alone" else (n_vectors - n_heads) // 2
    if n_value_heads > 0 and n_heads % n_value_heads == 0:
        is_turned = "value_global" in children
        yield Projection(value, output, n_heads, n_value_heads, size, family.layout, is_turned)


def _output(
    encoder: nn.Module, path: str, children: dict[str, nn.Module], value: str
) -> nn.Linear | Conv1D | None:
    """The output projection of the attention module at `path`, see `Family`; None if unknown."""
    for family in sorted(FAMILIES, key=lambda family: family.value != value):
        if isinstance(projection := children.get(family.output), nn.Linear | Conv1D):
            return projection
    beside = dict(encoder.get_submodule(path.rpartition(".")[0]).named_children()).get("output")
    projection = getattr(beside, "dense", beside)  # in LED it is `output` itself
    return projection if isinstance(projection, nn.Linear | Conv1D) else None


def _out_width(module: nn.Module) -> int | None:
    """The width of a linear module's output; None for other modules."""
    width = module.nf if isinstance(module, Conv1D) else getattr(module, "out_features", None)
    return width if isinstance(width, int) else None
