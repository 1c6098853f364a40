"""Models and texts that evidence cannot be had of, or only a part: a report all the same, which
says what is missing and why."""

import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from helpers.real.few_steps import take_few_steps
from helpers.real.models import save_model
from typer.testing import CliRunner

from reportgen.cli import app
from reportgen.results import Results, open_results

TEXTS = (
    "the cat sat on",
    "the dog sat on a log",
    "a very good film with a cat",
    "Free coffee today",
    "a bad dog",
    "the film sat",
)
# Makes a module of its own out of a tiny BERT: `head` gives the output, `[text, 1]`.
MODULE = """
import torch
from transformers import AutoModel, AutoTokenizer

class Odd(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.bert = AutoModel.from_pretrained({folder!r})
        {more}

    def forward(self, input_ids, attention_mask=None):
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask)[0]
        return self.head(hidden, input_ids)

    def head(self, hidden, ids):
        {head}
"""


_NOT_READ = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)


class Command:
    """Runs the command in a folder of its own."""

    def __init__(self, folder: Path, bert: Path) -> None:
        self.folder, self.bert = folder, bert

    def odd(self, head: str, more: str = "") -> list[str]:
        """The options for a module with this head."""
        path = self.folder / "odd.py"
        path.write_text(MODULE.format(folder=str(self.bert), head=head, more=more), "utf-8")
        return ["--factory", f"{path}:Odd", "--tokenizer", str(self.bert)]

    def __call__(
        self, model: list[str], texts: tuple[str, ...] = TEXTS, level: str = "full"
    ) -> tuple[Results, str]:
        """What was measured, and what a reader of the page reads."""
        path = self.folder / "texts.csv"
        pd.DataFrame({"text": texts}).to_csv(path, index=False)
        page, results = self.folder / "report.html", self.folder / "results"
        args = ["run", path, *model, "--evidence", level, "-o", page, "-o", f"{results}/"]
        done = CliRunner().invoke(app, [str(arg) for arg in (*args, "--force")])
        assert done.exit_code == 0, (done.output, done.exception)
        assert "Traceback" not in done.output
        read = _NOT_READ.sub(" ", page.read_text("utf-8"))
        return open_results(results), " ".join(unescape(read).split())


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    take_few_steps(monkeypatch)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with models."""
    folder = tmp_path_factory.mktemp("models")
    save_model(folder / "bert", "bert")
    save_model(folder / "gpt2", "gpt2", "causal")
    return folder


@pytest.fixture
def command(tmp_path: Path, models: Path) -> Command:
    return Command(tmp_path, models / "bert")


def test_values_that_cannot_be_read_take_nothing_else_with_them(command: Command) -> None:
    """Where values are made by a module of another name, they are not found."""
    more = """for layer in self.bert.encoder.layer:
            own = layer.attention.self
            own.of_another_name = own._modules.pop("value")
            own.value = own.of_another_name.__call__"""
    model = command.odd("return hidden[:, 0, :1]", more)
    results, said = command(model)
    withheld = dict(results.info.evidence.withheld)
    assert set(withheld) == {
        "received_norm_all",
        "received_norm_last",
        "alti",
    }
    assert set(withheld.values()) == {"values_unreadable"}
    assert results.tokens["received_norm_all"].isna().all()
    assert results.info.evidence.norms_error is None
    for view in ("deletion", "gradient", "mask", "ig"):
        content = ~results.tokens["is_special"].astype(bool)
        assert results.effects[view][content].notna().all()
    assert results.sinks.empty
    assert "value vectors" in said


def test_an_output_without_a_gradient_has_all_that_needs_none(command: Command) -> None:
    results, said = command(command.odd("return (hidden[:, 0, :1] > hidden[:, 1, :1]).float()"))
    withheld = dict(results.info.evidence.withheld)
    assert {view: withheld.get(view) for view in ("gradient", "ig")} == {
        "gradient": "no_gradient",
        "ig": "no_gradient",
    }
    assert results.evidence["live_rows"].isna().all()
    assert results.effects["gradient"].isna().all()
    assert results.effects["mask"].notna().any()
    assert "gradient" in said.lower()


@pytest.mark.parametrize(
    "head", ["return torch.full((len(ids), 1), 0.5)", "return hidden[:, 0, :1] * 0 + 0.5"]
)
def test_an_output_that_nothing_moves_is_said_to_be_constant(command: Command, head: str) -> None:
    results, said = command(command.odd(head))
    assert results.info.evidence.withheld["deletion"] == "constant_output"
    assert results.effects["deletion"].dropna().eq(0).all()
    assert results.agreement.empty
    assert results.sinks["effect"].dropna().eq(0).all()
    assert "nan" not in said.lower().split()
    assert "inf" not in said.lower().split()
    assert "moved" in said or "moves" in said


def test_a_text_that_breaks_the_output_is_marked_alone(command: Command) -> None:
    coffee = "(ids == self.token).any(1, keepdim=True)"
    more = f"self.token = AutoTokenizer.from_pretrained({str(command.bert)!r}).encode('free')[1]"
    results, said = command(
        command.odd(f"return hidden[:, 0, :1].masked_fill({coffee}, float('nan'))", more),
        level="basic",
    )
    assert results.texts["status"].tolist() == ["ok", "ok", "ok", "failed", "ok", "ok"]
    assert results.evidence["text"].tolist() == [0, 1, 2, 4, 5]
    assert results.evidence["message"].eq("").all()
    assert "the model’s output for it is NaN; the model runs in float32" in said.replace("'", "’")


def test_a_text_that_breaks_the_gradient_lacks_that_alone(command: Command) -> None:
    """The square root's slope at 0 is infinite, and 0 times that is no number."""
    more = f"self.token = AutoTokenizer.from_pretrained({str(command.bert)!r}).encode('free')[1]"
    head = """rows = [
            row[:1] + (row[:1] * 0).sqrt() if (own == self.token).any() else row[:1]
            for row, own in zip(hidden[:, 0], ids)
        ]
        return torch.stack(rows)"""
    results, said = command(command.odd(head, more))
    evidence = results.evidence.set_index("text")["message"]
    assert "the gradient is not a finite number" in evidence[3]
    assert evidence.drop(3).eq("").all()
    effects = results.effects.set_index("text")
    assert effects.loc[3, "gradient"].isna().all()
    assert effects.drop(3)["gradient"].notna().all()
    assert effects.loc[3, "deletion"].notna().any()
    assert "gradient" not in results.info.evidence.withheld
    assert "the gradient is not a finite number" in said


def test_a_batch_whose_layer_raises_costs_its_own_text_alone(command: Command) -> None:
    more = f"self.token = AutoTokenizer.from_pretrained({str(command.bert)!r}).encode('[MASK]')[1]"
    head = "assert not (ids == self.token).any(), 'no masks'\n        return hidden[:, 0, :1]"
    results, said = command(command.odd(head, more))
    assert results.info.evidence.withheld["mask"] == "failed"
    assert results.effects["deletion"].notna().any()
    assert results.evidence["message"].str.contains("AssertionError").all()
    assert str(command.folder) not in said
    assert str(command.bert) not in said


def one_unit(n: int) -> tuple[str, ...]:
    return ("cat", "dog", "film", "mat", "log", "day")[:n]


@pytest.mark.parametrize(
    ("name", "texts", "n_ranked"),
    [
        ("bert", one_unit(6), 0),
        ("gpt2", one_unit(1), 0),
        ("bert", TEXTS[:3], 3),
        ("gpt2", ("", " ", *TEXTS[:2]), 2),
        ("gpt2", ("cat sat on " * 60, *TEXTS[:1]), 2),
    ],
    ids=[
        *("one unit each", "one text of one unit", "three texts", "empty ones"),
        "longer than the model takes",
    ],
)
def test_texts_too_few_or_too_short_have_a_report(
    command: Command, models: Path, name: str, texts: tuple[str, ...], n_ranked: int
) -> None:
    level = "full" if n_ranked == 3 else "basic"
    results, said = command(["--model", str(models / name)], texts, level)
    assert results.agreement["text"].nunique() == n_ranked
    assert results.info.evidence.n_texts == sum(bool(text.strip()) for text in texts)
    assert "nan" not in said.lower().split()
