"""Running texts in batches, with norms, and what becomes of those that fail."""

from pathlib import Path

import numpy as np
import pytest
from helpers.real.explaining import NUMBER, encoded, load
from helpers.real.families import load_family, on_dogs, proven
from helpers.real.runs import run as run_analysis
from helpers.rounding import assert_near
from torch import nn

from reportgen.analysis.attention import BatchNorms, Runner, TextOutcome, probe
from reportgen.models import LoadedModel

ROLES = ("cls", "sep")
# Within a tenth of padding, so that they run together; each "dog" stands once.
TEXTS = ("the cat " * 10, "the cat " * 9 + "sat", "dog " + "the cat " * 9)


def run(
    model: LoadedModel, *texts: str | tuple[str, str], batch_tokens: int = 1024, **kinds
) -> list[TextOutcome]:
    """The outcome of each text; `kinds` are those of Runner."""
    capture, norms = proven(model)
    probed = probe(model, capture, encoded(model, "the cat", "the cat sat on the mat"))
    given = {"norms": norms, **kinds}
    runner = Runner(model, capture, probed, ROLES, batch_tokens, **given)
    done: list[int] = []
    inputs = encoded(model, *texts)
    outcomes = runner.run(inputs, [False] * len(inputs), lambda i, packed: None, done.extend)
    assert sorted(done) == list(range(len(texts)))
    return outcomes


def test_without_norms_texts_have_none(folder: Path) -> None:
    found = run(load(folder, "bert"), *TEXTS, norms=None)
    assert [one.summary.norms for one in found] == [None] * 3


@pytest.mark.parametrize("architecture", ["albert", "deberta_v2", "gpt2", "modernbert"])
def test_batches_give_each_text_its_own_norms(folder: Path, architecture: str) -> None:
    """Whether a layer's maps come while it runs, or those of all layers at the end."""
    model = load(folder, architecture)
    texts = (*TEXTS, "a dog", ("the cat sat", "on the mat"))
    together, alone = run(model, *texts), run(model, *texts, batch_tokens=1)
    for one, other in zip(together, alone, strict=True):
        for name in ("received", "share", "value_sizes", "mixing"):
            padded, unpadded = (getattr(o.summary.norms, name) for o in (one, other))
            assert_near(padded, unpadded)
        assert len(one.summary.norms.received) == 3


def test_norms_change_nothing_else(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    for one, other in zip(run(model, *TEXTS), run(model, *TEXTS, norms=None), strict=True):
        assert one.prediction == other.prediction
        np.testing.assert_array_equal(one.summary.received, other.summary.received)


def test_a_text_whose_self_check_fails_keeps_all_but_its_norms(folder: Path) -> None:
    model = load_family(folder, "bert")

    def shift(given, rows):
        given[rows] += 0.1
        return given

    on_dogs(model, "encoder.layer.1.attention.output.dense", shift)
    found = run(model, *TEXTS)
    assert [one.error for one in found] == [None] * 3
    assert [one.summary.norms.is_proven for one in found] == [True, True, False]


def test_a_text_with_what_is_not_a_number_fails_alone(folder: Path) -> None:
    model = load_family(folder, "bert")

    def poison(given, rows):
        given[rows, 2] = float("nan")
        return given

    on_dogs(model, "encoder.layer.0.attention.output.dense", poison)
    found = run(model, *TEXTS)
    assert [one.error is None for one in found] == [True, True, False]
    assert all(one.summary.norms.is_proven for one in found[:2])


def test_norms_that_fail_take_nothing_else_with_them(folder: Path, monkeypatch) -> None:
    model = load_family(folder, "bert")

    def fail(self, block):
        raise RuntimeError("no room for it")

    monkeypatch.setattr(BatchNorms, "_take", fail)
    found = run(model, *TEXTS)
    assert [one.error for one in found] == [None] * 3
    assert [one.summary.norms for one in found] == [None] * 3


@pytest.mark.parametrize("only_in_batches", [True, False])
def test_values_made_elsewhere_at_times_leave_norms_out(folder: Path, only_in_batches) -> None:
    """The trial, on one text of another length, sees nothing of it."""

    class Straight(nn.Linear):
        def __call__(self, x):
            elsewhere = len(x) > 1 if only_in_batches else x.shape[1] > 15
            return self.forward(x) if elsewhere else super().__call__(x)

    model = load_family(folder, "bert")
    value = model.encoder.encoder.layer[1].attention.self.value
    value.__class__ = Straight
    found = run(model, *TEXTS, "a cat")
    assert [one.error for one in found] == [None] * 4
    assert [one.summary.norms is None for one in found] == [True, True, True, False]


def test_a_text_that_fails_with_norms_and_without_says_why(folder: Path) -> None:
    model = load_family(folder, "bert")

    def fail(given, rows):
        if rows.any():
            raise ValueError("no dogs")
        return given

    on_dogs(model, "pooler.dense", fail)
    found = run(model, *TEXTS)
    assert [one.error is None for one in found] == [True, True, False]
    assert "no dogs" in found[2].error
    assert found[0].summary.norms.is_proven


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_texts_have_norms(folder: Path, dtype: str) -> None:
    found = run(load_family(folder, "albert", dtype), *TEXTS)
    assert all(one.summary.norms.is_proven for one in found)
    assert all(one.summary.norms.error > 0 for one in found)


@pytest.mark.parametrize("n_spoilt", [1, 2])
def test_norms_are_withheld_where_no_text_has_any(
    folder: Path, tmp_path: Path, n_spoilt: int
) -> None:
    model = load_family(folder, "bert")

    def shift(given, rows):
        given[rows] += 0.1
        return given

    on_dogs(model, "encoder.layer.1.attention.output.dense", shift)
    texts = ("a dog sat here", "the dog sat" if n_spoilt == 2 else "the cat sat")
    results = run_analysis(tmp_path / "r", model, texts)
    withheld = results.info.evidence.withheld
    if n_spoilt == 2:
        assert withheld["received_norm_all"] == "values_unproven"
        assert withheld["received_norm_last"] == "values_unproven"
    else:
        assert "received_norm_all" not in withheld
        missing = [results.tokens_of(i)["received_norm_all"].isna() for i in (0, 1)]
        assert [(one.all(), one.any()) for one in missing] == [(True, True), (False, False)]
    assert results.info.evidence.norms_error > 1e-3
