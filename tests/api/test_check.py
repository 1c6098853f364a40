"""`reportgen check`: what the task of each kind of model is understood to be."""

from pathlib import Path

import pytest
from helpers.real.models import save_model

from reportgen.__main__ import let_threads_rest
from reportgen.api import check_model
from reportgen.api.check import WRITING, described_threads
from reportgen.models import ModelSpec
from reportgen.results import OutputKind
from reportgen.tasks import TASKS


def facts(folder: Path) -> dict[str, str]:
    """The lines of a check by their names; notes together."""
    found: dict[str, str] = {}
    for line in check_model(ModelSpec(model=str(folder))):
        name, said = line[:13].strip(), line[13:].strip()
        found[name] = f"{found[name]}\n{said}" if name in found else said
    return found


@pytest.mark.parametrize(
    ("architecture", "task", "kind", "parts"),
    [
        ("bert", "sequence", "class", "the encoder"),
        ("bert", "token", "tags", "the encoder"),
        ("bert", "question", "answer", "the encoder"),
        ("bert", "base", "embedding", "the encoder"),
        ("gpt2", "causal", "next_token", "the decoder"),
    ],
)
def test_task_parts_and_what_is_explained_are_named(
    tmp_path: Path, architecture: str, task: str, kind: OutputKind, parts: str
) -> None:
    found = facts(save_model(tmp_path, architecture, task))
    assert found["Task"] == TASKS[kind].does
    assert found["Output"].startswith(kind.replace("_", " "))
    assert found["Explained"] == TASKS[kind].explains
    assert found["Parts read"] == parts


@pytest.mark.parametrize(
    ("architecture", "task", "head", "advice"),
    [
        ("t5", "seq2seq", "T5ForConditionalGeneration", "--generate N"),
        ("bert", "masked", "BertForMaskedLM", "write its mask"),
        ("bert", "choice", "BertForMultipleChoice", "give columns choice1, choice2"),
    ],
)
def test_a_head_that_is_not_used_is_named_with_what_uses_it(
    tmp_path: Path, architecture: str, task: str, head: str, advice: str
) -> None:
    found = facts(save_model(tmp_path, architecture, task))
    without = {
        "seq2seq": f"{WRITING}; where no text has a completion, given or generated, an embedding "
        "of each text",
        "masked": f"{TASKS['masks'].does}; where no text has masks, an embedding of each text",
        "choice": f"{TASKS['choice'].does}; where no text has choices, an embedding of each text",
    }
    assert found["Task"] == without[task]
    kind = {"seq2seq": "completion", "masked": "masks", "choice": "choice"}[task]
    assert found["Output"] == f"{kind}; or embedding, mean pooling"
    assert found["Explained"] == TASKS[kind].explains
    assert found["Note"].startswith(head)
    assert advice in found["Note"]
    if task == "seq2seq":
        assert "also the decoder and its cross-attention" in found["Parts read"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, {"OMP_WAIT_POLICY": "PASSIVE"}),
        ({"OMP_NUM_THREADS": "1"}, {"OMP_NUM_THREADS": "1"}),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, {"OMP_WAIT_POLICY": "ACTIVE"}),
    ],
)
def test_threads_rest_unless_the_user_chose(given: dict[str, str], kept: dict[str, str]) -> None:
    let_threads_rest(given)
    assert given == kept


def test_threads_are_named_with_what_was_chosen() -> None:
    chosen = {"OMP_NUM_THREADS": "2", "HOME": "/"}
    assert described_threads(2, chosen) == "2, OMP_NUM_THREADS=2"
    assert described_threads(4, {}) == "4"
