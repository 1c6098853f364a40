"""The transformer inside any module: where it is, what it is made of, what it can be given."""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from reportgen.errors import CaptureError, ModelError

# Names that models give to their table of positions; others (relative, 2D) set no limit.
_POSITION_TABLES = {"position_embeddings", "embed_positions", "positions_embed", "wpe"}


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """What the encoder's configuration and modules say about it."""

    n_layers: int
    n_heads: int
    head_size: int  # width of one head's value vectors
    max_positions: int | None  # tokens it has positions for; None where it sets no limit
    shares_layers: bool  # one set of weights used by every layer
    hidden_size: int


def find_encoder(module: nn.Module, name: str | None = None) -> tuple[str, PreTrainedModel]:
    """The transformer whose attention is read, and its dotted name inside `module` ("" for itself).

    It is the outermost transformers model, without its head; of an encoder-decoder, the encoder.
    `name` picks one of several.

    Raises:
        ModelError: there is none, or several and no `name`, or none of that name.
    """
    inside = {
        path: inner
        for path, inner in module.named_modules()
        if isinstance(inner, PreTrainedModel) and not _is_shell(inner)
    }
    kind = type(module).__name__
    if not inside:
        raise ModelError(
            f"no transformer inside {kind}: none of its modules is a transformers model, "
            "and only their attention can be read"
        )
    if name is not None and name not in inside:
        names = ", ".join(path or '""' for path in inside)
        raise ModelError(f"--encoder {name}: no such transformer inside {kind}; it has {names}")
    found = _outermost(inside) if name is None else {name: inside[name]}
    if len(found) > 1:
        names = ", ".join(f"{path} ({type(inner).__name__})" for path, inner in found.items())
        raise ModelError(
            f"several transformers inside {kind}: {names}; choose one with --encoder NAME"
        )
    encoder = _without_head(next(iter(found.values())))
    return next(path for path, inner in module.named_modules() if inner is encoder), encoder


def read_facts(encoder: PreTrainedModel) -> EncoderFacts:
    """Layers, heads and positions of `encoder`.

    Raises:
        CaptureError: its configuration knows no attention heads (Mamba, FNet).
    """
    config = encoder.config.get_text_config()
    n_layers = _whole(config, "num_hidden_layers")
    n_heads = _whole(config, "num_attention_heads")
    if n_layers is None or n_heads is None:
        raise CaptureError(
            f"{type(encoder).__name__} has no attention heads, so there is no attention to report"
        )
    hidden_size = _whole(config, "hidden_size") or 0
    # MobileBERT's attention is narrower than what stands between its layers.
    width = _whole(config, "true_hidden_size") or hidden_size
    own_size = (_whole(config, key) for key in ("v_head_dim", "head_dim", "d_kv", "d_head"))
    return EncoderFacts(
        n_layers=n_layers,
        n_heads=n_heads,
        head_size=next((size for size in own_size if size), width // n_heads),
        max_positions=_max_positions(encoder, config),
        shares_layers=n_layers > 1 and _whole(config, "num_hidden_groups") == 1,
        hidden_size=hidden_size,
    )


def looks_through_window(encoder: PreTrainedModel) -> bool:
    """Whether some layer sees only near keys, as its configuration says."""
    names = ("sliding_window", "local_attention", "attention_window", "window_size")
    return any(getattr(encoder.config, name, None) for name in names)


def embedding_rows(encoder: PreTrainedModel) -> int | None:
    """How many token ids the encoder knows; None where it has no table of them (CANINE)."""
    try:
        table = encoder.get_input_embeddings()
    except NotImplementedError:
        return None
    return table.num_embeddings if isinstance(table, nn.Embedding) else None


def accepted_arguments(module: nn.Module) -> frozenset[str]:
    """Names of what a tokenizer can give that `module.forward` takes by keyword.

    A forward of `**kwargs` alone takes all of them; one that also declares names, only those.
    """
    parameters = inspect.signature(module.forward).parameters.values()
    declared = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    if not declared and any(p.kind is p.VAR_KEYWORD for p in parameters):
        return frozenset(("input_ids", "attention_mask", "token_type_ids"))
    return frozenset(declared)


def _is_shell(model: PreTrainedModel) -> bool:
    """Whether `model` is a user's own class that only holds a transformer, without naming it as
    its base model."""
    return (
        model.base_model is model
        and not type(model).__module__.startswith("transformers.")
        and any(
            inner is not model
            and isinstance(inner, PreTrainedModel)
            and "input_ids" in accepted_arguments(inner)
            for inner in model.modules()
        )
    )


def _outermost(inside: dict[str, PreTrainedModel]) -> dict[str, PreTrainedModel]:
    """Those of `inside` that no other of them holds."""
    return {
        path: model
        for path, model in inside.items()
        if not any(
            path != outer and (outer == "" or path.startswith(f"{outer}.")) for outer in inside
        )
    }


def _without_head(model: PreTrainedModel) -> PreTrainedModel:
    """`model` without its head; of an encoder-decoder, the encoder."""
    base = model.base_model
    if not isinstance(base, PreTrainedModel):
        base = model
    if getattr(base.config, "is_encoder_decoder", False):
        encoder = base.get_encoder()
        return encoder if isinstance(encoder, PreTrainedModel) else base
    return base


def _max_positions(encoder: PreTrainedModel, config: Any) -> int | None:
    limits = []
    stated = _whole(config, "max_position_embeddings")
    if stated is not None and stated > 0:  # XLNet says -1
        limits.append(stated)
    for path, table in encoder.named_modules():
        if isinstance(table, nn.Embedding) and path.rpartition(".")[2] in _POSITION_TABLES:
            # RoBERTa counts positions from its padding index on, BART from an offset.
            if table.padding_idx is not None:
                skipped = table.padding_idx + 1
            else:
                skipped = int(getattr(table, "offset", 0))
            limits.append(table.num_embeddings - skipped)
    return min(limits, default=None)


def _whole(config: Any, key: str) -> int | None:
    value = getattr(config, key, None)
    return value if isinstance(value, int) else None


# How the value vectors lie in what their module returns, heads one after another:
# alone; behind all queries and keys; or behind the queries and the key of each value head.
ValueLayout: TypeAlias = Literal["alone", "behind all", "behind each"]
# Names that attention modules give to what makes values alone, and together with queries and keys.
_VALUE = ("value", "v_lin", "v_proj", "value_proj", "v")
_FUSED: dict[str, ValueLayout] = {
    "c_attn": "behind all",
    "Wqkv": "behind all",
    "qkv_proj": "behind all",
    "query_key_value": "behind each",
    "in_proj": "behind each",
}
_OUTPUT = ("out_lin", "out_proj", "o_proj", "c_proj", "Wo", "o", "dense")


@dataclass(frozen=True, eq=False)
class Projection:
    """From one layer's value vectors to the output of its attention block."""

    value: nn.Module  # its output holds the value vectors
    output: nn.Linear | Conv1D  # turns what the heads gathered into the block's output
    n_heads: int
    n_value_heads: int  # fewer than `n_heads` where heads share their values (grouped queries)
    size: int  # width of one value vector
    layout: ValueLayout

    def values(self, made: Tensor) -> Tensor:
        """The value vectors in what `value` returned, `[text, key, value head, size]`: a view, so
        that writing into it changes `made`."""
        heads = (*made.shape[:-1], self.n_value_heads)
        if self.layout == "behind each":
            return made.view(*heads, -1, self.size)[..., -1, :]
        return made[..., -self.n_value_heads * self.size :].view(*heads, self.size)

    def weight(self) -> Tensor:
        """The output projection's weights, a view, `[head, size, width]`."""
        weight = self.output.weight
        # Linear stores [out, in], Conv1D [in, out].
        rows = weight if isinstance(self.output, Conv1D) else weight.T
        return rows.view(self.n_heads, self.size, -1)

    def bias(self) -> Tensor | None:
        """What the output projection adds, `[width]`; None where it adds nothing."""
        bias = self.output.bias
        return bias if isinstance(bias, Tensor) else None

    def per_head(self, values: Tensor) -> Tensor:
        """`values` `[..., value head, size]` with those that heads share repeated,
        `[..., head, size]`."""
        if self.n_value_heads == self.n_heads:
            return values
        return values.repeat_interleave(self.n_heads // self.n_value_heads, dim=-2)


def find_projections(encoder: PreTrainedModel) -> tuple[Projection, ...]:
    """The projections of each layer's attention, in the order of layers; () where not known.

    They are known by the names of modules, not by the model's class, and nothing is proven yet. An
    ALBERT has one for all its layers. An encoder-decoder's decoder is not part of `encoder`.
    """
    n_heads = read_facts(encoder).n_heads
    return tuple(
        projection
        for path, module in encoder.named_modules()
        for projection in _projection(encoder, path, module, n_heads)
    )


def other_layouts(projections: Sequence[Projection]) -> tuple[tuple[Projection, ...], ...]:
    """The other ways in which the values may lie in what fused modules return."""
    if any(projection.layout == "alone" for projection in projections):
        return ()
    swapped: dict[ValueLayout, ValueLayout] = {
        "behind all": "behind each",
        "behind each": "behind all",
    }
    return (tuple(replace(item, layout=swapped[item.layout]) for item in projections),)


def _projection(
    encoder: PreTrainedModel, path: str, attention: nn.Module, n_heads: int
) -> Iterator[Projection]:
    """The projection of the module at `path`, if it is one that makes values."""
    children = dict(attention.named_children())
    name = next((name for name in (*_VALUE, *_FUSED) if name in children), None)
    if name is None:
        return
    value, output = children[name], _output(encoder, path, children)
    made = _out_width(value)
    if output is None or made is None:
        return
    gathered = output.weight.shape[0 if isinstance(output, Conv1D) else 1]
    size = gathered // n_heads
    n_vectors, rest = divmod(made, max(size, 1))
    if gathered != n_heads * size or rest:
        return
    layout = _FUSED.get(name, "alone")
    # Fused: one query a head, one key and one value a value head.
    n_value_heads = n_vectors if layout == "alone" else (n_vectors - n_heads) // 2
    if n_value_heads > 0 and n_heads % n_value_heads == 0:
        yield Projection(value, output, n_heads, n_value_heads, size, layout)


def _output(
    encoder: PreTrainedModel, path: str, children: dict[str, nn.Module]
) -> nn.Linear | Conv1D | None:
    """The output projection: beside the values, or in the `output` module beside theirs (BERT)."""
    for name in _OUTPUT:
        if isinstance(found := children.get(name), nn.Linear | Conv1D):
            return found
    beside = dict(encoder.get_submodule(path.rpartition(".")[0]).named_children())
    found = getattr(beside.get("output"), "dense", None)
    return found if isinstance(found, nn.Linear | Conv1D) else None


def _out_width(module: nn.Module) -> int | None:
    width = module.nf if isinstance(module, Conv1D) else getattr(module, "out_features", None)
    return width if isinstance(width, int) else None
