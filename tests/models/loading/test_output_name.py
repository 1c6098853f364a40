"""The user's name of the output, for every kind that is only known once the texts are."""

from pathlib import Path

import pytest
from helpers.calling import call
from helpers.real.models import save_model
from helpers.real.sentence_folders import save_sentence_encoder
from helpers.real.writers import save_writer

from reportgen.results import open_results


def save(folder: Path, kind: str) -> Path:
    if kind == "completion of an encoder-decoder":
        return save_writer(folder, "t5")
    if kind == "similarity":
        return save_sentence_encoder(folder, "bert")
    tasks = {"masks": "masked", "answer": "question", "choice": "choice", "completion": "causal"}
    return save_model(folder, "gpt2" if kind == "completion" else "bert", tasks[kind])


@pytest.mark.parametrize(
    ("kind", "columns", "row"),
    [
        ("masks", "text", "the [MASK] sat"),
        ("answer", "text,pair", "who sat,the cat sat"),
        ("choice", "text,choice1,choice2", "the cat,sat,the dog"),
        ("completion", "text,completion", "the cat, sat"),
        ("completion of an encoder-decoder", "text,completion", "the cat,sat"),
        ("similarity", "text,pair", "the cat,the dog"),
    ],
)
def test_the_output_has_the_name_that_was_given(
    tmp_path: Path, kind: str, columns: str, row: str
) -> None:
    folder = save(tmp_path / "model", kind)
    (tmp_path / "texts.csv").write_text(f"{columns}\n{row}\n", "utf-8")
    asked = ("--output-name", "what it says", "--evidence", "none")
    done = call("analyze", tmp_path / "texts.csv", "-m", folder, *asked, "-o", tmp_path / "made")
    assert done.exit_code == 0, done.stderr
    output = open_results(tmp_path / "made").info.output
    assert output.name == "what it says"
    assert output.kind == {"similarity": "number"}.get(kind, kind.split()[0])
