"""What --redact leaves out of standard error: cells, names of columns, what other code says."""

import json
from pathlib import Path

import pytest
import torch
from helpers.calling import call
from helpers.real.albert_for_regression import AlbertForRegression
from helpers.real.models import save_model
from helpers.text_files import workbook
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.errors import InputError, UsageError, quoted
from reportgen.texts import Columns, read_texts

SECRET = "zqxjkvwyqzzxqj"
WRONG = {
    "headerless": ("t.csv", f"{SECRET} one,1\nb {SECRET},2\n", (), "no column 'text'"),
    "no such column": ("t.csv", f"a,{SECRET}\nx,y\n", ("--text-column", "c"), "no column"),
    "twice": ("t.csv", f"text,{SECRET},{SECRET}\na,b,c\n", ("--id-column", SECRET), "more than"),
    "same ids": ("t.csv", f"id,text\n{SECRET},a\n{SECRET},b\n", (), ":3: the id … already"),
    "cells": ("t.csv", f"id,text\n1,{SECRET}\n2,{SECRET},{SECRET}\n", (), ":3: 3 cells"),
    "quotes": ("t.csv", f'id,text\n1,"{SECRET}\n', (), ":2: broken quotes"),
    "list": ("t.json", f'[{{"text": ["{SECRET}", null]}}]', (), "item 1: column … holds a list"),
    "two values": ("t.jsonl", f'{{"{SECRET}": 1, "{SECRET}": 2}}\n', (), "two values"),
    "no text": ("t.jsonl", f'{{"text": "a"}}\n{{"{SECRET}": 1}}\n', (), ":2: no"),
    "not JSON": ("t.json", f'["{SECRET}" {SECRET}]', (), ":1: broken JSON"),
    "escape": ("t.json", f'["\\{SECRET}"]', (), ":1: broken JSON"),
    "neither": ("t.json", f'[["{SECRET}"]]', (), "item 1: neither a string nor"),
    "object": ("t.json", f'{{"{SECRET}": 1}}', (), "not a JSON list"),
    "bytes": ("t.txt", f"{SECRET}\udcff", (), ":1: neither UTF-8"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_an_input_is_said_without_quoting_it(name: str, tmp_path: Path) -> None:
    file, content, options, words = WRONG[name]
    (tmp_path / file).write_bytes(content.encode("utf-8", "surrogateescape"))
    done = call("run", tmp_path / file, *options, "--redact", "-o", tmp_path / "r.html")
    assert done.exit_code in (1, 2), done.output
    assert done.output.count("\n") == 1
    assert words in done.output
    for start in range(len(SECRET) - 4):
        assert SECRET[start : start + 5] not in done.output


def test_what_is_said_of_an_input_is_said_without_quoting_it(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"{SECRET},stars\nb,2\n")
    (tmp_path / "t.xlsx").write_bytes(workbook(**{SECRET: [["text"], ["a"]], "Old": []}))
    for name, said in (("t.csv", "from the column …"), ("t.xlsx", "sheet … is read")):
        done = call("run", tmp_path / name, "--redact", "-o", tmp_path / "r.html", "--force")
        assert said in done.output
        assert SECRET[:5] not in done.output


def test_the_sheet_in_the_place_of_an_error_is_not_quoted(tmp_path: Path) -> None:
    rows = [["id", "text"], ["1", "a"], ["1", "b"]]
    (tmp_path / "t.xlsx").write_bytes(workbook(**{SECRET: rows}))
    plain = call("run", tmp_path / "t.xlsx", "-o", tmp_path / "r.html")
    assert f"t.xlsx:{SECRET} row 3: the id '1' already stands at" in plain.output
    done = call("run", tmp_path / "t.xlsx", "--redact", "-o", tmp_path / "r.html")
    assert done.exit_code == 1
    assert "t.xlsx:… row 3: the id … already stands at" in done.output
    assert SECRET[:5] not in done.output


PARTS = st.sampled_from(
    [SECRET, SECRET, *'",;:[]{}\\\n\t\0é', "text", "id", '"text":', '"id":', "null", "1", "\udcff"]
)


def require_unquoted(parts: list[str], suffix: str, id_column: str | None, name: Path) -> None:
    name = name.with_suffix(suffix)
    name.write_bytes("".join(parts).encode("utf-8", "surrogateescape"))
    told = ""
    try:
        read_texts([str(name)], Columns(id=id_column))
    except (InputError, UsageError) as error:
        told = error.unquoted
    assert SECRET[:5] not in told


FILES = (
    st.lists(PARTS, min_size=1, max_size=40),
    st.sampled_from([".csv", ".tsv", ".json", ".jsonl", ".txt", ".parquet"]),
    st.sampled_from([None, "", "id"]),
)


@given(*FILES)
@settings(max_examples=300)
def test_no_message_about_any_input_quotes_it(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[str],
    suffix: str,
    id_column: str | None,
) -> None:
    require_unquoted(parts, suffix, id_column, tmp_path_factory.getbasetemp() / "input")


@pytest.mark.whole
@given(*FILES)
@settings(max_examples=20_000)
def test_no_message_about_very_many_inputs_quotes_them(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[str],
    suffix: str,
    id_column: str | None,
) -> None:
    require_unquoted(parts, suffix, id_column, tmp_path_factory.getbasetemp() / "input")


def test_an_error_is_whole_without_redact_and_has_dots_with_it() -> None:
    quote = quoted("a\ue001b")
    error = InputError(f"t.csv:3: the id {quote} is there").and_also("already written")
    assert str(error) == "t.csv:3: the id ab is there; already written"
    told = "t.csv:3: the id … is there; already written (… stands for what --redact leaves out)"
    assert error.unquoted == told
    assert InputError("plain").unquoted == str(InputError("plain")) == "plain"


def test_what_a_class_prints_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import sys\n"
        "from helpers.real.albert_for_regression import AlbertForRegression\n"
        "class Loud(AlbertForRegression):\n"
        "    def forward(self, *args, **named):\n"
        f"        print('{SECRET}'); print('{SECRET}', file=sys.stderr)\n"
        "        return super().forward(*args, **named)\n"
    )
    albert = save_model(tmp_path / "albert", "albert")
    torch.save(AlbertForRegression(str(albert)).state_dict(), tmp_path / "model.pt")
    words = ("cats", "dogs", "mats", "hats", "rats")
    (tmp_path / "texts.txt").write_text("".join(f"the cat sat on {own}\n" for own in words))
    model = ("--factory", f"{tmp_path}/mine.py:Loud", "--tokenizer", albert)
    args = ("--factory-args", json.dumps({"pretrained_model_name": str(albert)}))
    more = (*model, *args, "--checkpoint", tmp_path / "model.pt", "--evidence", "none", "-o", "-")
    plain = call("run", tmp_path / "texts.txt", *more)
    assert SECRET in plain.stderr, plain.output
    done = call("run", tmp_path / "texts.txt", *more, "--redact")
    assert done.exit_code == 0, done.output
    assert SECRET not in done.output
    assert "5 texts to analyse" in done.stderr
