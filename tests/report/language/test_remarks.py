"""Remarks of a run, which results hold in English, on pages in Japanese."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import reportgen
from reportgen.models.tasks import chooser_remark, encoder_remark, filler_remark
from reportgen.report import load_language
from reportgen.report.language import remark

EN, JA = load_language("en"), load_language("ja")
ENTRIES = EN.words["remarks"]
PLACES = ("models", "analysis")
NAME = "{}"


def written(text: str) -> str:
    """An entry with every name left out of its braces."""
    return "".join(fixed + (NAME if name else "") for fixed, name, *_ in Formatter().parse(text))


def said_in(tree: ast.AST) -> Iterator[str]:
    """Every string of a module, what is filled into it left out."""
    filled = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    inside = {id(part) for node in filled for part in node.values}
    for node in filled:
        parts = (part.value if isinstance(part, ast.Constant) else NAME for part in node.values)
        yield "".join(map(str, parts))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in inside:
            yield str(node.value)


def remarks_in(tree: ast.AST) -> Iterator[str]:
    """The strings that a module makes remarks of: what `remark` or `remarks` is set to, what is
    added to them, and what functions named after them return."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(own, ast.Name) and "remark" in own.id for own in targets):
                yield from said_in(node.value)
        elif isinstance(node, ast.FunctionDef) and "remark" in node.name:
            returned = [own.value for own in ast.walk(node) if isinstance(own, ast.Return)]
            for value in filter(None, returned):
                yield from said_in(value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "remarks.append":
            yield from said_in(node)


def modules() -> Iterator[ast.AST]:
    top = Path(reportgen.__file__).parent
    for place in PLACES:
        for path in sorted((top / place).rglob("*.py")):
            yield ast.parse(path.read_text("utf-8"))


def test_every_remark_of_a_run_has_an_entry_and_every_entry_is_said() -> None:
    entries = {written(text) for text in ENTRIES.values()}
    made = {text for tree in modules() for text in remarks_in(tree) if " " in text.strip()}
    assert made - entries == set()
    said = {text for tree in modules() for text in said_in(tree)}
    words = {re.sub(r" \({}\)$", "", entry).replace(" ", "_") for entry in entries - said}
    assert words - {text.replace(" ", "_") for text in said} == set()


def test_remarks_on_a_page_name_no_option() -> None:
    named = {key for key, text in ENTRIES.items() if re.search(r"--\w", text)}
    assert named == EN.words["remarks_on_page"].keys()
    for language in (EN, JA):
        told = language.words["remarks_on_page"].items()
        assert not [text for _, text in told if re.search(r"--\w", text)]
        for key, text in told:
            assert {name for _, name, *_ in Formatter().parse(text) if name} <= {
                name for _, name, *_ in Formatter().parse(ENTRIES[key]) if name
            }


@pytest.mark.parametrize("make", [encoder_remark, filler_remark, chooser_remark])
def test_a_remark_is_said_in_japanese_with_what_it_names(make) -> None:
    said = make("T5ForConditionalGeneration")
    english, spoken = remark(said, EN), remark(said, JA)
    # On a page options are named below "How to get more" alone.
    assert english == said or not re.search(r"--\w", english + spoken)
    assert re.search(r"--\w", said) is None or english.startswith(said.partition(". ")[0])
    assert spoken.startswith("T5ForConditionalGeneration")
    assert spoken != said
    assert not re.search(r"embedding of its encoder|no output", spoken)


@pytest.mark.parametrize(
    ("said", "spoken"),
    [
        (
            "choices of the texts are not used: the model's output is next token",
            "テキストの選択肢は使っていません（モデルの出力は次のトークンです）",
        ),
        (
            "L1 to L2 are layers 4, 8 of Mixed, which has 8; the others (linear attention) have no "
            "attention maps",
            "L1～L2は第4, 8層です（Mixedは全8層）。ほかの層（linear attention）に"
            "アテンションマップはありません",
        ),
        (
            "CLIP also reads images (pixel_values); here it reads texts alone",
            "CLIPは画像（pixel_values）も読むモデルですが、ここではテキストだけを読んでいます",
        ),
        (
            "LayoutLM also reads boxes around words (bbox), images (image); here it reads texts "
            "alone",
            "LayoutLMは単語を囲む枠（bbox）、画像（image）も読むモデルですが、"
            "ここではテキストだけを読んでいます",
        ),
        (
            "attention of the decoder is not reported: rows of its maps to the target and to the "
            "text do not each sum to 1 (off by 0.5)",
            "デコーダーのアテンションは示していません：ターゲットへのマップとテキストへの"
            "マップの行の和が、それぞれ1になりません（差は0.5）",
        ),
        ("an own remark of {kind}", "an own remark of {kind}"),
        ("an own remark, of {kind}", "an own remark, of {kind}"),
    ],
)
def test_values_are_said_in_japanese_and_what_is_not_known_stays(said: str, spoken: str) -> None:
    assert remark(said, JA) == spoken
