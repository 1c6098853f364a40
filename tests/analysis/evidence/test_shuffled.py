"""Views of the model with its weights shuffled, against plain runs; and the model as it was."""

import numpy as np
import pytest
import torch
from helpers.real.explaining import load
from helpers.real.runs import run
from scipy.stats import spearmanr

from reportgen.analysis import Progress
from reportgen.analysis.evidence import weights_shuffled
from reportgen.findings import Findings
from reportgen.models import LoadedModel
from reportgen.results import Results

NUMBER = {"num_labels": 1, "problem_type": "regression"}
TEXTS = (
    "the cat sat on the mat and the dog sat on the log",
    "a very good film with a very bad ending",
    "Free coffee for every new member, today only",
    "a dog sat on the log and a cat on the mat",
    "a very bad film with a very good ending",
    "the very good dog sat on a bad log today",
    "every new member sat on the mat",
    "today a good cat sat with a bad dog",
)


class Told(Progress):
    def __init__(self, stop: str = "") -> None:
        self.announced: dict[str, int] = {}
        self.done: dict[str, int] = {}
        self._stop = stop

    def begin(self, cost) -> None:
        self.announced = dict(cost.n_texts)

    def advance(self, stage: str, done: int, work: float = 0.0) -> None:
        self.done[stage] = self.done.get(stage, 0) + done
        if stage == self._stop:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return load(tmp_path_factory.mktemp("models"), "bert", "sequence", **NUMBER)


@pytest.fixture(scope="module")
def full(model: LoadedModel, tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Told]:
    """Full evidence on all texts, and what was told of it."""
    before, told = state(model), Told()
    folder = tmp_path_factory.mktemp("full") / "r"
    results = run(folder, model, TEXTS, told, evidence="full", evidence_texts="all")
    assert all(torch.equal(own, before[name]) for name, own in state(model).items())
    return results, told


def state(model: LoadedModel) -> dict[str, torch.Tensor]:
    return {name: own.clone() for name, own in model.module.state_dict().items()}


@pytest.mark.parametrize(
    ("architecture", "task"),
    [("bert", "sequence"), ("albert", "sequence"), ("gpt2", "causal"), ("t5", "sequence")],
)
def test_every_matrix_is_shuffled_once_and_restored_bit_for_bit(tmp_path, architecture, task):
    model = load(tmp_path, architecture, task)
    before = state(model)
    with weights_shuffled(model.module):
        for name, own in model.module.named_parameters():
            was = before[name]
            if own.ndim < 2:
                assert torch.equal(own, was)
            else:
                assert not torch.equal(own, was)
                assert torch.equal(own.flatten().sort().values, was.flatten().sort().values)
        once = state(model)
    for name, own in state(model).items():
        assert torch.equal(own, before[name]), name
    with weights_shuffled(model.module):
        assert all(torch.equal(own, once[name]) for name, own in state(model).items())


def test_an_error_or_an_interrupt_restores_the_weights_too(tmp_path) -> None:
    model = load(tmp_path, "bert", "sequence")
    before = state(model)
    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error), weights_shuffled(model.module):
            raise error
        assert all(torch.equal(own, before[name]) for name, own in state(model).items())


def test_views_are_those_of_the_shuffled_model_and_effects_those_of_the_model(model, full) -> None:
    results, told = full
    assert told.announced["shuffled"] == told.done["shuffled"] == len(TEXTS)
    assert results.shuffled["text"].nunique() == len(TEXTS)
    found = results.shuffled.set_index(["text", "view"])["value"]
    table = model.module.get_input_embeddings()
    model.module.set_attn_implementation("eager")
    for text in range(len(TEXTS)):
        tokens, effects = results.tokens_of(text), results.effects_of(text)
        ids = torch.tensor([tokens["token_id"].tolist()])
        content = ~tokens["is_special"].to_numpy()
        truth = np.abs(effects["effect"].to_numpy())[content]
        with weights_shuffled(model.module):
            leaf = table(ids).detach().requires_grad_()
            out = model.module(inputs_embeds=leaf, output_attentions=True)
            (gradient,) = torch.autograd.grad(out.logits.sum(), leaf)
            maps = torch.stack(out.attentions)[:, 0].detach().numpy()
        views = {
            "received_all": maps.mean((0, 1, 2)),
            "cls_row_last": maps[-1].mean(0)[0],
            "gradient": gradient[0].norm(dim=-1).numpy(),
        }
        for view, values in views.items():
            expected = spearmanr(values[content], truth).statistic
            assert found[text, view] == pytest.approx(expected, abs=1e-6), view
        assert (
            found[text, "received_all"]
            != results.agreement.set_index(["text", "view", "statistic"]).loc[
                (text, "received_all", "spearman"), "value"
            ]
        )


def test_basic_evidence_takes_as_many_texts_as_a_tenth_pays_for(model, tmp_path) -> None:
    told = Told()
    results = run(tmp_path / "r", model, TEXTS, told)
    n = results.shuffled["text"].nunique()
    assert 0 < n < len(TEXTS)
    assert told.announced["shuffled"] == told.done["shuffled"] == n
    first, last = results.shuffled["text"].min(), results.shuffled["text"].max()
    assert first < len(TEXTS) / 2 <= last  # evenly spaced


def test_an_interrupt_leaves_the_model_as_it_was(model, tmp_path) -> None:
    before = state(model)
    results = run(tmp_path / "r", model, TEXTS, Told(stop="shuffled"))
    assert results.info.evidence.interrupted
    assert not results.agreement.empty
    assert all(torch.equal(own, before[name]) for name, own in state(model).items())


def test_the_findings_are_paired_by_text(full) -> None:
    findings = Findings(full[0])
    for view, own in findings.shuffled.items():
        rows = findings.results.shuffled
        values = rows[rows["view"] == view]["value"]
        assert own.shuffled.mean == pytest.approx(values.mean())
        assert own.difference.mean == pytest.approx(own.whole.mean - own.shuffled.mean)
        assert own.shuffled.n_texts == len(TEXTS)
    assert "gradient" in findings.shuffled
