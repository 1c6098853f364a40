"""What goes into the softmax of each layer, against the captured maps and plain products."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from helpers.real.explaining import encoded, load
from helpers.real.families import CONFIGS, load_family
from torch import Tensor, nn

from reportgen.analysis.attention import AttentionScoreReader, Capture, LayerScores
from reportgen.models import LoadedModel

TEXT = "the cat sat on the mat and the dog sat on the log"
# Where queries and keys are added to products of positions, or capped, the score is no multiple of
# their product; of XLNet several products of the same shape are added.
NOT_LINEAR = ("bloom", "deberta", "deberta-v2", "gemma2", "t5", "xlnet")
NOT_CLEAR = ("xlnet",)
Split = Callable[[Tensor], Tensor]  # [key, all heads] -> [head, key, size]


def read(model: LoadedModel, text: str = TEXT) -> tuple[list[LayerScores | None], list[Tensor]]:
    """The scores and the captured maps `[head, query, key]` of each layer."""
    own = encoded(model, text)[0]
    found: list[LayerScores | None] = []
    captured: list[Tensor] = []

    def take(layer: int, maps: Tensor) -> None:
        found.append(reader.take(maps))
        captured.append(maps[0].clone())

    with AttentionScoreReader(len(own.ids)) as reader:
        Capture(model.module, model.encoder).run(model.inputs([own]), take)
    return found, captured


@pytest.mark.parametrize("family", CONFIGS)
def test_the_softmax_of_the_scores_is_the_map_in_every_family(tmp_path: Path, family: str) -> None:
    found, captured = read(load_family(tmp_path, family))
    assert len(found) == len(captured) == 3
    for own, maps in zip(found, captured, strict=True):
        assert own is not None
        assert own.error.shape == (len(maps),)
        assert own.error.max() <= 1e-5
        shown = maps > 1e-30
        logs = maps.double().log()
        # Scores are the logarithms of weights, up to a constant for each row.
        off = torch.where(shown, own.scores.double() - logs, torch.nan)
        assert (off - off.nanmean(-1, keepdim=True)).nan_to_num().abs().max() <= 1e-3
        assert (own.keys is None) == (family in NOT_CLEAR)
        if own.keys is None or family in NOT_LINEAR:
            continue
        assert own.queries is not None
        products = own.queries @ own.keys.transpose(1, 2)
        scale = (own.scores[shown] * products[shown]).sum() / (products[shown] ** 2).sum()
        far = (own.scores[shown] - scale * products[shown]).abs().max()
        assert far <= 1e-4 * own.scores[shown].abs().max()


def _heads(made: Tensor, n: int) -> Tensor:
    return made.reshape(len(made), n, -1).transpose(0, 1)


@pytest.mark.parametrize(
    ("family", "module", "split"),
    [
        ("bert", "encoder.layer.{}.attention.self.key", lambda made: _heads(made, 4)),
        ("distilbert", "transformer.layer.{}.attention.k_lin", lambda made: _heads(made, 4)),
        ("gpt2", "h.{}.attn.c_attn", lambda made: _heads(made[:, 32:64], 4)),
        ("t5", "block.{}.layer.0.SelfAttention.k", lambda made: _heads(made, 4)),
        (  # two keys for four heads, whose rotation leaves their lengths
            "llama",
            "layers.{}.self_attn.k_proj",
            lambda made: _heads(made, 2).repeat_interleave(2, dim=0),
        ),
        (  # the queries, keys and values of each head in turn
            "gpt_neox",
            "layers.{}.attention.query_key_value",
            lambda made: _heads(made, 4)[..., 8:16],
        ),
    ],
)
def test_keys_are_as_long_as_their_module_makes_them(
    tmp_path: Path, family: str, module: str, split: Split
) -> None:
    model = load_family(tmp_path, family)
    made: dict[int, Tensor] = {}
    for layer in range(3):
        model.encoder.get_submodule(module.format(layer)).register_forward_hook(
            lambda _, args, out, layer=layer: made.update({layer: out.flatten(0, -2).clone()})
        )
    found, _ = read(model)
    for layer, own in enumerate(found):
        assert own is not None
        assert own.keys is not None
        plain = torch.linalg.vector_norm(split(made[layer]), dim=-1)
        torch.testing.assert_close(torch.linalg.vector_norm(own.keys, dim=-1), plain)


def test_rotated_queries_and_keys_are_read_after_their_rotation(tmp_path: Path) -> None:
    model = load_family(tmp_path, "llama")
    found, captured = read(model)
    own = found[0]
    assert own is not None
    assert own.queries is not None
    assert own.keys is not None
    plain = (own.queries @ own.keys.transpose(1, 2) / 8**0.5).double()
    later = torch.ones(plain.shape[-2:]).triu(1).bool()
    weights = plain.masked_fill(later, -torch.inf).softmax(-1)
    assert (weights - captured[0]).abs().max() <= 1e-5


def _sharpened(scores: Tensor, dim: int = -1, dtype: torch.dtype | None = None) -> Tensor:
    """A softmax that is squared and divided by its sum: what goes into it is no score."""
    made = torch.softmax(scores, dim, dtype=dtype) ** 2
    return made / made.sum(dim, keepdim=True)


def _exponentials(scores: Tensor, dim: int = -1, dtype: torch.dtype | None = None) -> Tensor:
    made = scores.exp()
    return made / made.sum(dim, keepdim=True)


@pytest.mark.parametrize(("change", "is_read"), [(_sharpened, True), (_exponentials, False)])
def test_what_is_no_softmax_of_scores_is_not_taken_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change, is_read: bool
) -> None:
    model = load(tmp_path, "bert", num_labels=1, problem_type="regression")
    monkeypatch.setattr(nn.functional, "softmax", change)
    found, captured = read(model)
    if not is_read:
        assert found == [None] * len(captured)
        return
    errors = [own.error.max() for own in found if own is not None]
    assert len(errors) == len(captured)
    assert min(errors) > 1e-3
