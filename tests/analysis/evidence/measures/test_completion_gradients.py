"""What moves each token of a completion: gradients at what stands before it, and what happens
without earlier tokens; against plain loops over single steps."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.calling import call
from helpers.real.explaining import load
from helpers.real.writers import PAIRS, WRITERS, loaded_writer, save_writer, with_target
from helpers.rounding import assert_near, near

from reportgen.analysis.attention import Capture
from reportgen.analysis.evidence import (
    Explainer,
    ExplainOptions,
    earlier_effects,
    earlier_units,
    step_gradients,
)
from reportgen.analysis.first_pass import encode_all
from reportgen.models import LoadedModel
from reportgen.models.tasks import with_completions
from reportgen.results import DELETION_SCORES, GRADIENT_STEPS, WEIGHTED_STEPS, open_results
from reportgen.texts import TextInput

SOURCES = (
    TextInput("1", "the cat sat", completion=" on the mat"),
    TextInput("2", "a very good film", completion=" with 年 in it"),
)


def causal(folder: Path, family: str):
    model = with_completions(load(folder, family, "causal"))
    texts, faults = encode_all(model, SOURCES)
    assert not faults
    return model, texts


def logs(model: LoadedModel, ids, against=None, **kwargs) -> torch.Tensor:
    """`[position]`: the log-probability of each token at the row before it, with its graph."""
    rows = model.module(logits_to_keep=torch.arange(len(ids)), **kwargs).logits[0].double()
    rows = rows.log_softmax(-1)
    own = rows[:-1].gather(1, torch.tensor(ids[1:])[:, None]).squeeze(1)
    return own if against is None else own - rows[:-1, against]


@pytest.mark.parametrize("against", [None, 9])
@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_gradients_of_each_step_are_those_of_a_plain_loop(tmp_path, family, against) -> None:
    model, texts = causal(tmp_path, family)
    name = None if against is None else model.tokenizer.convert_ids_to_tokens(against)
    explainer = Explainer(model, "padded", 300, ExplainOptions(against=name))
    items = explainer.explain(texts)
    found = step_gradients(explainer, Capture(model.module, model.encoder), items)
    for text, own in zip(texts, found, strict=True):
        for step, position in enumerate(text.completion):
            table = model.encoder.get_input_embeddings()
            leaf = table(torch.tensor([text.ids])).detach().requires_grad_()
            value = logs(model, text.ids, against, inputs_embeds=leaf)[position - 1]
            (slope,) = torch.autograd.grad(value, leaf)
            plain = slope[0].norm(dim=-1).numpy()
            sizes = [row[step] for row in own.sizes]
            assert [size is None for size in sizes] == [i >= position for i in range(len(text.ids))]
            np.testing.assert_allclose(sizes[:position], plain[:position], rtol=1e-4, atol=1e-6)
            assert not plain[position:].any()

            returned = model.module(
                input_ids=torch.tensor([text.ids]),
                logits_to_keep=torch.arange(len(text.ids)),
                output_attentions=True,
            )
            maps = returned.attentions[-1]
            rows = returned.logits[0].log_softmax(-1)
            value = rows[position - 1, text.ids[position]]
            value = value if against is None else value - rows[position - 1, against]
            (slope,) = torch.autograd.grad(value, maps)
            plain = (maps * slope)[0, :, position - 1].sum(0).detach().numpy()
            weighted = [row[step] for row in own.weighted][:position]
            np.testing.assert_allclose(weighted, plain[:position], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_without_earlier_tokens_later_ones_fall_as_in_a_plain_loop(tmp_path, family) -> None:
    model, texts = causal(tmp_path, family)
    explainer = Explainer(model, "padded", 300)
    items = explainer.explain(texts)
    for text, found in zip(texts, earlier_effects(explainer, items), strict=True):
        with torch.no_grad():
            whole = logs(model, text.ids, input_ids=torch.tensor([text.ids]))
        units = earlier_units(text)
        assert set(found) == {i for unit in units for i in unit}
        for unit in units:
            kept = [i for i in range(len(text.ids)) if i not in unit]
            ids = [text.ids[i] for i in kept]
            with torch.no_grad():
                left = logs(model, ids, input_ids=torch.tensor([ids]))
            for step, position in enumerate(text.completion):
                own = found[unit[0]][step]
                if position <= unit[-1]:
                    assert own is None
                    continue
                plain = whole[position - 1] - left[kept.index(position) - 1]
                assert own == near(float(plain))


def written(model: LoadedModel, text, target, **kwargs) -> torch.Tensor:
    """`[step]`: the log-probabilities of what is written, given `target`."""
    given = {
        "input_ids": torch.tensor([text.ids]),
        "decoder_input_ids": torch.tensor([target[:-1]]),
    }
    returned = model.module(**{**given, **kwargs})
    rows = returned.logits[0].double().log_softmax(-1)
    own = rows.gather(1, torch.tensor(target[1:])[:, None]).squeeze(1)
    return own[text.target.n_given - 1 :], returned


# M2M100 finds positions from ids, which a plain run at given embeddings has none of.
@pytest.mark.parametrize("name", [name for name in WRITERS if name != "m2m_100"])
def test_of_targets_too(name: str) -> None:
    model = loaded_writer(name)
    explainer = Explainer(model, "padded", 300)
    texts = [with_target(model, *pair) for pair in PAIRS]
    items = explainer.explain(texts)
    found = step_gradients(explainer, Capture(model.module, model.encoder), items)
    for text, own in zip(texts, found, strict=True):
        model.module.set_attn_implementation("eager")
        target, n_given = list(text.target.ids), text.target.n_given
        leaves = [
            table(torch.tensor([ids])).detach().requires_grad_()
            for table, ids in (
                (model.encoder.get_input_embeddings(), text.ids),
                (model.module.get_decoder().get_input_embeddings(), target[:-1]),
            )
        ]
        embeds = {"input_ids": None, "decoder_input_ids": None}
        embeds |= {"inputs_embeds": leaves[0], "decoder_inputs_embeds": leaves[1]}
        values, _ = written(model, text, target, **embeds)
        by_maps, returned = written(model, text, target, output_attentions=True)
        maps = [returned.cross_attentions[-1], returned.decoder_attentions[-1]]
        for step in range(len(values)):
            at = n_given - 1 + step
            slopes = torch.autograd.grad(values[step], leaves, retain_graph=True)
            sizes = [slope[0].norm(dim=-1).numpy() for slope in slopes]
            np.testing.assert_allclose(
                [row[step] for row in own.sizes], sizes[0], rtol=1e-4, atol=1e-6
            )
            before = [row[step] for row in own.target_sizes]
            assert before[at + 1 :] == [None] * (len(before) - at - 1)
            np.testing.assert_allclose(before[: at + 1], sizes[1][: at + 1], rtol=1e-4, atol=1e-6)
            slopes = torch.autograd.grad(by_maps[step], maps, retain_graph=True)
            across, back = (
                (own * slope)[0, :, at].sum(0).detach().numpy()
                for own, slope in zip(maps, slopes, strict=True)
            )
            np.testing.assert_allclose(
                [row[step] for row in own.weighted], across, rtol=1e-4, atol=1e-6
            )
            before = [row[step] for row in own.target_weighted][: at + 1]
            np.testing.assert_allclose(before, back[: at + 1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", WRITERS)
def test_without_earlier_tokens_of_a_target(name: str) -> None:
    model = loaded_writer(name)
    explainer = Explainer(model, "padded", 300)
    texts = [with_target(model, *pair) for pair in PAIRS]
    items = explainer.explain(texts)
    for text, found in zip(texts, earlier_effects(explainer, items), strict=True):
        target, n_given = list(text.target.ids), text.target.n_given
        with torch.no_grad():
            whole, _ = written(model, text, target)
        for unit in earlier_units(text):
            kept = [i for i in range(len(target)) if i not in unit]
            with torch.no_grad():
                left, _ = written(model, text, [target[i] for i in kept])
            for position in range(n_given, len(target)):
                own = found[unit[-1]][position - n_given]
                if position <= unit[-1]:
                    assert own is None
                    continue
                plain = whole[position - n_given] - left[kept.index(position) - n_given]
                assert own == near(float(plain))


@pytest.mark.parametrize("name", ["t5", "gpt2"])
def test_results_have_them_for_each_token(tmp_path: Path, name: str) -> None:
    if name == "t5":
        save_writer(tmp_path / "model", "t5")
        model = loaded_writer("t5")
        texts = [with_target(model, *pair) for pair in PAIRS]
    else:
        model, _ = causal(tmp_path / "model", name)
        sources = [TextInput(str(i), a, completion=f" {b}") for i, (a, b) in enumerate(PAIRS)]
        texts, _ = encode_all(model, sources)
    space = "" if name == "t5" else " "
    lines = [json.dumps({"text": text, "completion": space + own}) for text, own in PAIRS]
    (tmp_path / "texts.jsonl").write_text("\n".join(lines), "utf-8")
    folder = tmp_path / "model" if name == "t5" else next((tmp_path / "model").iterdir())
    given = ("-m", folder, "--units", "token", "-o", tmp_path / "made")
    done = call("analyze", tmp_path / "texts.jsonl", *given)
    assert done.exit_code == 0, done.stderr
    results = open_results(tmp_path / "made")
    explainer = Explainer(model, "padded", 300)
    items = explainer.explain(texts)
    slopes = step_gradients(explainer, Capture(model.module, model.encoder), items)
    earlier = earlier_effects(explainer, items)
    for row, (text, own, falls) in enumerate(zip(texts, slopes, earlier, strict=True)):
        effects, target = results.effects_of(row), results.target_effects_of(row)
        assert (target is None) == (text.target is None)
        pairs = [(effects, GRADIENT_STEPS, own.sizes), (effects, WEIGHTED_STEPS, own.weighted)]
        if target is not None:
            pairs += [
                (target, GRADIENT_STEPS, own.target_sizes),
                (target, WEIGHTED_STEPS, own.target_weighted),
            ]
        for table, column, values in pairs:
            for stored, value in zip(table[column], values, strict=True):
                plain = np.array(value, float)
                np.testing.assert_allclose(stored, plain, rtol=1e-4, atol=1e-6)
        for position, own_falls in falls.items():
            stored = (effects if target is None else target)[DELETION_SCORES].iloc[position]
            assert_near(stored, np.array(own_falls, float))
        if target is None:
            assert effects["deletion"].iloc[list(text.completion)].isna().all()
