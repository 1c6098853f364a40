"""CP-LRP against the same models written out in plain torch, and where it is not conserved."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.real.explaining import (
    CLASSES,
    NUMBER,
    Head,
    encoded,
    explain,
    load,
    with_module,
)
from helpers.real.models import SENTENCES
from helpers.rounding import near
from torch import Tensor, nn
from torch.nn.functional import gelu, silu

from reportgen.analysis.attention import Capture
from reportgen.analysis.evidence import (
    Explainer,
    Relevance,
    TextEvidence,
    Tools,
    cp_lrp,
    load_method,
)
from reportgen.analysis.first_pass import encode_all
from reportgen.models import EncodedText
from reportgen.models.tasks import ready_for_choices, with_chosen
from reportgen.results import BY_ID, CONSERVED, CP_LRP_ERROR, CP_LRP_HOLDS
from reportgen.texts import TextInput, TextSet

TEXTS = ("the cat sat on the mat", ("the cat", "sat on a log"), "a very 🐱 film", "dog")


def norm(x: Tensor, module: Any) -> Tensor:
    """LayerNorm whose standard deviation is a number."""
    spread = (x.var(-1, unbiased=False, keepdim=True) + module.eps).sqrt().detach()
    return (x - x.mean(-1, keepdim=True)) / spread * module.weight + module.bias


def attend(q: Tensor, k: Tensor, v: Tensor, n_heads: int, causal: bool = False) -> Tensor:
    """What the heads gather with weights that are numbers, `[position, width]`."""
    q, k, v = (x.unflatten(-1, (n_heads, -1)).transpose(0, 1) for x in (q, k, v))
    scores = q @ k.mT / q.shape[-1] ** 0.5
    if causal:
        n = scores.shape[-1]
        scores = scores.masked_fill(~torch.ones(n, n).bool().tril(), -torch.inf)
    return (scores.softmax(-1).detach() @ v).transpose(0, 1).flatten(1)


def bert(model: Any, x: Tensor) -> Tensor:
    for layer in model.bert.encoder.layer:
        own, out = layer.attention.self, layer.attention.output
        gathered = attend(own.query(x), own.key(x), own.value(x), own.num_attention_heads)
        x = norm(x + out.dense(gathered), out.LayerNorm)
        inner = gelu(layer.intermediate.dense(x))
        x = norm(x + layer.output.dense(inner), layer.output.LayerNorm)
    return model.classifier(torch.tanh(model.bert.pooler.dense(x[0])))


def albert(model: Any, x: Tensor) -> Tensor:
    layer = model.albert.encoder.albert_layer_groups[0].albert_layers[0]
    own = layer.attention
    for _ in range(model.config.num_hidden_layers):
        gathered = attend(own.query(x), own.key(x), own.value(x), own.num_attention_heads)
        x = norm(x + own.dense(gathered), own.LayerNorm)
        inner = gelu(layer.ffn(x), approximate="tanh")
        x = norm(x + layer.ffn_output(inner), layer.full_layer_layer_norm)
    return model.classifier(torch.tanh(model.albert.pooler(x[0])))


def gpt2(model: Any, x: Tensor) -> Tensor:
    for block in model.transformer.h:
        parts = block.attn.c_attn(norm(x, block.ln_1)).chunk(3, dim=-1)
        x = x + block.attn.c_proj(attend(*parts, model.config.n_head, causal=True))
        inner = gelu(block.mlp.c_fc(norm(x, block.ln_2)), approximate="tanh")
        x = x + block.mlp.c_proj(inner)
    return model.score(norm(x, model.transformer.ln_f)[-1])


def first_states(model: Any, text: EncodedText) -> Tensor:
    """What goes into the first layer, by the modules in front of it, `[position, width]`."""
    ids = torch.tensor([text.ids])
    if hasattr(model, "transformer"):
        inner = model.transformer
        return (inner.wte(ids) + inner.wpe.weight[: ids.shape[1]])[0]
    kinds = None if text.type_ids is None else torch.tensor([text.type_ids])
    if hasattr(model, "albert"):
        inner = model.albert
        return inner.encoder.embedding_hidden_mapping_in(inner.embeddings(ids, kinds))[0]
    return model.bert.embeddings(ids, token_type_ids=kinds)[0]


PLAIN: dict[str, Callable[[Any, Tensor], Tensor]] = {"albert": albert, "bert": bert, "gpt2": gpt2}


def plainly(
    model: Any, run: Callable[[Any, Tensor], Tensor], text: EncodedText, entry: int = 0
) -> tuple[list[float], float]:
    """The shares of a text's tokens, and the output."""
    states = first_states(model, text).detach().requires_grad_()
    value = run(model, states)[entry]
    gradient = torch.autograd.grad(value, states)[0]
    return (states * gradient).sum(-1).tolist(), float(value.detach())


def relevance(explainer: Explainer, items: Any, spread: float = 0.0) -> list[Relevance]:
    found = cp_lrp(explainer, items, spread)
    assert all(isinstance(one, Relevance) for one in found), found
    return [one for one in found if isinstance(one, Relevance)]


@pytest.mark.parametrize("architecture", sorted(PLAIN))
def test_shares_are_those_of_plain_torch(folder: Path, architecture: str) -> None:
    model = load(folder, architecture, **NUMBER)
    texts = encoded(model, *TEXTS)
    explainer, items = explain(model, texts)
    for text, item, found in zip(texts, items, relevance(explainer, items), strict=True):
        scores, value = plainly(model.module, PLAIN[architecture], text)
        assert value == near(item.value)
        assert found.scores == near(scores)
        assert found.is_conserved
        assert found.error is not None
        assert found.error < 1e-4
        assert sum(found.scores) + found.rest == near(value)


def test_the_lead_of_a_class_is_shared_out(folder: Path) -> None:
    model = load(folder, "bert", **CLASSES)
    texts = encoded(model, *TEXTS)
    explainer, items = explain(model, texts, explain_class="fair")

    def lead(module: Any, x: Tensor) -> Tensor:
        logits = bert(module, x)
        return (logits[1] - logits[[0, 2]].max())[None]

    for text, found in zip(texts, relevance(explainer, items), strict=True):
        assert found.scores == near(plainly(model.module, lead, text)[0])


def test_without_biases_and_bends_the_shares_are_the_whole_output(folder: Path) -> None:
    """Conservation as Ali et al. have it: nothing of the output belongs to no token."""

    def straight(module: Any, x: Tensor) -> Tensor:
        for layer in module.bert.encoder.layer:
            own, out = layer.attention.self, layer.attention.output
            gathered = attend(own.query(x), own.key(x), own.value(x), own.num_attention_heads)
            x = norm(x + out.dense(gathered), out.LayerNorm)
            inner = layer.intermediate.dense(x).relu()
            x = norm(x + layer.output.dense(inner), layer.output.LayerNorm)
        return module.classifier(module.bert.pooler.dense(x[0]))

    model = load(folder, "bert", **NUMBER)
    module = model.module
    with torch.no_grad():
        for name, weight in module.named_parameters():
            if name.endswith("bias"):
                weight.zero_()
    for layer in module.bert.encoder.layer:
        layer.intermediate.intermediate_act_fn = nn.ReLU()
    module.bert.pooler.activation = nn.Identity()
    texts = encoded(model, *TEXTS)
    explainer, items = explain(model, texts)
    for text, item, found in zip(texts, items, relevance(explainer, items), strict=True):
        assert found.scores == near(plainly(module, straight, text)[0])
        assert sum(found.scores) == near(item.value)
        assert found.rest == near(0.0)


def rms(x: Tensor, module: Any) -> Tensor:
    size = (x.square().mean(-1, keepdim=True) + module.variance_epsilon).sqrt().detach()
    return x / size * module.weight


def test_gates_are_held(folder: Path) -> None:
    """A Llama by hand, its rotations taken from the library: the activation of a gate is a number,
    so that the shares are the whole output."""
    model = load(folder, "llama", **NUMBER)
    texts = encoded(model, *SENTENCES[:3])
    explainer, items = explain(model, texts)
    inner = model.module.model
    for text, item, found in zip(texts, items, relevance(explainer, items), strict=True):
        maps = inner(torch.tensor([text.ids]), output_attentions=True).attentions
        x = inner.embed_tokens(torch.tensor(text.ids)).detach().requires_grad_()
        states = x
        for layer, weights in zip(inner.layers, maps, strict=True):
            values = layer.self_attn.v_proj(rms(states, layer.input_layernorm))
            n_heads = weights.shape[1]
            values = values.unflatten(-1, (-1, layer.self_attn.head_dim)).transpose(0, 1)
            values = values.repeat_interleave(n_heads // len(values), dim=0)
            gathered = (weights[0].detach() @ values).transpose(0, 1).flatten(1)
            states = states + layer.self_attn.o_proj(gathered)
            given = rms(states, layer.post_attention_layernorm)
            gate = silu(layer.mlp.gate_proj(given)).detach()
            states = states + layer.mlp.down_proj(gate * layer.mlp.up_proj(given))
        value = model.module.score(rms(states, inner.norm)[-1])[0]
        scores = (x * torch.autograd.grad(value, x)[0]).sum(-1)
        assert found.scores == near(scores.tolist())
        assert sum(found.scores) == near(item.value)
        assert found.rest == near(0.0)


@pytest.mark.parametrize(
    ("architecture", "task", "changes"),
    [
        ("roberta", "sequence", NUMBER),
        ("distilbert", "sequence", NUMBER),
        ("deberta_v2", "sequence", NUMBER),
        ("modernbert", "sequence", NUMBER),
        ("gpt2", "causal", {}),
        ("llama", "causal", {}),
    ],
)
def test_it_is_conserved_in_every_family(
    folder: Path, architecture: str, task: str, changes: dict
) -> None:
    model = load(folder, architecture, task, **changes)
    explainer, items = explain(model, encoded(model, *SENTENCES[:2]))
    for item, found in zip(items, relevance(explainer, items), strict=True):
        assert sum(found.scores) + found.rest == near(item.value)
        assert found.is_conserved


def test_a_model_that_bends_signals_elsewhere_is_not_conserved(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)

    def squared(hidden: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        return hidden[:, 0, :1] ** 2 + 1

    own = with_module(model, Head(model.encoder, squared))
    explainer, items = explain(own, encoded(own, *TEXTS))
    for item, found in zip(items, relevance(explainer, items), strict=True):
        gap = abs(item.value - sum(found.scores) - found.rest)
        assert found.error == near(gap / abs(item.value))
        assert not found.is_conserved
        assert found.error > 0.01
    large = relevance(explainer, items, spread=1e6)
    assert all(found.is_conserved for found in large)


@pytest.mark.parametrize("norm", [nn.RMSNorm(32), nn.RMSNorm(32, eps=0.1), nn.LayerNorm(32)])
def test_norms_of_torch_divide_by_a_number(folder: Path, norm: nn.Module) -> None:
    model = load(folder, "bert", **NUMBER)
    own = with_module(model, Head(model.encoder, lambda hidden, ids, mask: norm(hidden)[:, 0, :1]))
    explainer, items = explain(own, encoded(own, *TEXTS))
    for item, found in zip(items, relevance(explainer, items), strict=True):
        assert sum(found.scores) + found.rest == near(item.value)
        assert found.is_conserved


def test_shares_that_do_not_add_up_are_not_kept(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    squared = Head(model.encoder, lambda hidden, ids, mask: hidden[:, 0, :1] ** 2 + 1)
    for own, holds in ((model, True), (with_module(model, squared), False)):
        explainer, items = explain(own, encoded(own, *TEXTS))
        texts = [TextEvidence(i, item.text, item) for i, item in enumerate(items)]
        capture = Capture(own.module, own.encoder)
        load_method(BY_ID["cp_lrp"]).run(Tools(explainer, capture, "values_unreadable"), texts)
        for text in texts:
            assert text.row[CP_LRP_HOLDS] is holds
            assert (text.row[CP_LRP_ERROR] <= CONSERVED) is holds
            assert ("cp_lrp" in text.effects) is holds
            assert text.missing == ({} if holds else {"cp_lrp": "not_conserved"})


def test_activations_that_are_functions_are_counted(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)

    def bent(hidden: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        kept = torch.relu(hidden[:, 0]) * mask[:, :1]
        return torch.tanh(kept.mean(1, keepdim=True)) * 2 + 1

    own = with_module(model, Head(model.encoder, bent))
    explainer, items = explain(own, encoded(own, *TEXTS))
    for item, found in zip(items, relevance(explainer, items), strict=True):
        # The constant 1 belongs to no module and is no activation: it is missing.
        gap = item.value - sum(found.scores) - found.rest
        assert gap == near(1.0)


@pytest.mark.parametrize("pads", [True, False])
@pytest.mark.parametrize("architecture", ["albert", "bert"])
def test_shares_of_choices_are_added_up_over_all_of_them(
    folder: Path, architecture: str, pads: bool
) -> None:
    loaded = load(folder, architecture, "choice")
    sources = [
        TextInput("1", "the cat sat on", choices=("the mat", "a dog and the log", "coffee")),
        TextInput("2", "a very good film with", choices=("a very bad ending", "a very bad end")),
    ]
    texts = TextSet(tuple(sources), ())
    model = ready_for_choices(loaded, texts)
    model.module.pads = pads
    explainer = Explainer(model, "padded", 300)
    items = explainer.explain(encode_all(model, with_chosen(sources, model))[0])
    for item, found in zip(items, relevance(explainer, items), strict=True):
        own, logit = plainly(model.whole, PLAIN[architecture], item.text)
        others = [plainly(model.whole, PLAIN[architecture], text) for text in item.text.others]
        strongest = max(range(len(others)), key=lambda i: others[i][1])
        shares, rival = others[strongest]
        for share, copy in zip(shares, item.text.others[strongest].copies, strict=True):
            if copy is not None:
                own[copy] -= share
        assert item.value == near(logit - rival)
        assert found.scores == near(own)
        assert found.is_conserved
