"""A few of the families of `tests/benchmarks/families.py`, one of each kind that needs care."""

from pathlib import Path

import pytest
from helpers.plain.family_checks import measure
from helpers.real.every_family import Case, save
from typer.testing import CliRunner

from reportgen.cli import app

MIXED = "L1 to L2 are layers 2, 4 of MiniMaxModel, which has 4; the others (linear attention)"


@pytest.mark.parametrize(
    ("family", "head", "n_layers", "remark"),
    [
        ("llama4_text", "causal", 4, ""),  # layers of chunks and full ones
        ("gemma4_text", "causal", 4, ""),  # settings that differ by layer
        ("minimax", "sequence", 2, MIXED),
    ],
)
def test_figures_equal_plain_ones(
    tmp_path: Path, family: str, head: str, n_layers: int, remark: str
) -> None:
    found = measure(save(Case(family, head), tmp_path), tmp_path / "results", "basic")
    assert found.n_layers == n_layers
    assert found.masks == "mask"
    assert found.maps <= 1e-6
    assert found.even <= 1e-6
    assert found.deletion <= 1e-3
    assert any(said.startswith(remark) for said in found.remarks) or not remark


@pytest.mark.parametrize(
    ("head", "kind"), [("token", "tags"), ("masked", "masks"), ("question", "answer")]
)
def test_each_head_is_read_as_what_it_is(tmp_path: Path, head: str, kind: str) -> None:
    """Of a family whose classes and arguments have names of their own; BERT's heads are those of
    the tests of readers."""
    found = measure(save(Case("xlm", head), tmp_path), tmp_path / "results", "basic")
    assert found.kind == kind
    assert not found.failed
    assert found.maps <= 1e-6
    assert found.even <= 1e-6
    assert found.deletion <= 1e-3
    assert not found.missing


@pytest.mark.parametrize(
    ("family", "head", "kind", "has_decoder"),
    [
        ("fsmt", "seq2seq", "completion", True),  # its encoder is no model of its own
        ("t5gemma2", "seq2seq", "completion", False),  # target and text in one attention
        ("xlnet", "choice", "choice", False),
        ("longformer", "choice", "choice", False),  # in bands, with global attention
    ],
)
def test_targets_and_choices_are_read(
    tmp_path: Path, family: str, head: str, kind: str, has_decoder: bool
) -> None:
    found = measure(save(Case(family, head), tmp_path), tmp_path / "results", "basic")
    assert found.kind == kind
    assert not found.failed
    assert found.maps <= 1e-6
    assert found.even <= 1e-6
    assert found.deletion <= 1e-3
    assert (found.parts is not None) == has_decoder
    assert not found.parts or found.parts <= 1e-6


@pytest.mark.parametrize(
    ("family", "head", "said"),
    [
        ("pegasus_x", "seq2seq", "PegasusXEncoder gives attention in parts (global, local)"),
        ("funnel", "sequence", "between other positions than the text's tokens"),
        ("mimo_v2_flash", "causal", "has learned sinks in some of its layers only"),
        ("clip", "base", "cannot be run on texts alone; it also reads images (pixel_values)"),
        ("vit", "base", "it reads images (pixel_values)"),
        ("tapas", "sequence", "it also reads tables (token_type_ids)"),
        ("lxmert", "base", "it also reads images (visual_feats)"),
        ("mamba", "causal", "MambaModel has no attention heads"),
    ],
)
def test_what_cannot_be_reported_is_refused_in_one_line(
    tmp_path: Path, family: str, head: str, said: str
) -> None:
    folder = save(Case(family, head), tmp_path)
    done = CliRunner().invoke(app, ["check", "--model", str(folder)])
    assert done.exit_code == 1
    (line,) = done.stderr.strip().splitlines()
    assert said in line


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (
            "choice",
            "BertForMultipleChoice compares choices, and the texts have none; the embedding",
        ),
        ("masked", "BertForMaskedLM has no output for a whole text; the embedding of its encoder"),
        ("next sentence", "BertForNextSentencePrediction has no output for a whole text; the"),
    ],
)
def test_a_head_that_is_not_used_is_named(tmp_path: Path, head: str, said: str) -> None:
    folder = save(Case("bert", head), tmp_path)
    done = CliRunner().invoke(app, ["check", "--model", str(folder)])
    assert done.exit_code == 0, done.output
    (note,) = (line for line in done.stdout.splitlines() if line.startswith("Note "))
    assert said in note
