"""Where attention makes its value vectors, and what turns them into its output, in any encoder."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from reportgen.model.encoder import read_facts

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
