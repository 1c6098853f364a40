"""Every output that people read writes a figure, a label and a token in one way: true minus signs,
labels as short as predictions, and one mark for each character that cannot be seen."""

import json
import re
from collections.abc import Iterator
from html import unescape
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.made_up.factories import changed, make_results
from helpers.made_up.with_answers import answered_results
from helpers.places import ROOT

from reportgen.comparison import Runs, compare_runs
from reportgen.findings import Findings
from reportgen.report import CompareOptions, RenderOptions, make_documents, render_notebook
from reportgen.report.charts import MAP_COLOURS, STEPS
from reportgen.report.charts.colours import (
    CLS_ROW,
    INK,
    LOWERS,
    MUTED,
    PAPER,
    RAISES,
    RECEIVED,
    ROLE_COLOURS,
    RULE,
    SENSITIVITY,
    WASH,
    count_colour,
    difference_colour,
    effect_colour,
    heat_colour,
    size_colour,
)
from reportgen.report.format_register import output_at
from reportgen.report.options import Lang, WriteOptions
from reportgen.results import OutputKind, Results

TEXTS = (
    *("first line\nsecond line", "a tab\there", "five words in a text"),
    *("無料で\n試す", "no more", "x y"),
)
# What the texts above cannot hold, and what is wrong in each.
FAULTS = {
    "an ASCII minus before a figure": re.compile(r"(?<![\w.)\]/-])-\d"),
    "the mark of a tokenizer for a space": re.compile("[▁Ġ]"),
    "another name of a line break or tab": re.compile(r"U\+000[AD9]|⏎|␤|\\n|\\t"),
    "more than four digits": re.compile(
        r"\d{2,}\.\d{3,}|(?<!\d)[1-9]\.\d{4,}|(?<!\d)0\.0*[1-9]\d{4,}"
    ),
}
# Figures of the run, such as versions, and citations are not those of a model.
_NOT_OURS = re.compile(r"arXiv|\bdoi |transformers|\d{4}-\d\d-\d\d")
_PACKED = 16  # characters, from which on one without a space is packed
_SPOKEN = ("title", "aria-label", "alt", "data-label")
STYLES = ROOT / "templates" / "assets" / "css"
NAMES = ("report.html", "report.md", "page.xml")


def written(results: Results, kind: OutputKind) -> Results:
    """The same with a token that is only the mark of a space in front of each text, long numbers as
    labels, and a line break as the next token."""
    tokens, texts = results.tokens.copy(), results.texts.copy()
    first = tokens["position"] == 1
    tokens.loc[first, "token"] = "▁"
    tokens.loc[first, "end"] = tokens.loc[first, "start"]
    tokens.loc[~first, "token"] = "▁" + tokens.loc[~first, "token"].where(
        ~tokens.loc[~first, "is_special"], ""
    )
    if kind == "number":
        values = np.linspace(-1.23456789, 2.0000000001, len(texts))
        texts["label"], texts["label_value"] = [repr(float(value)) for value in values], values
    if kind == "next_token":
        texts["prediction_label"] = "\n"
        texts["score_names"] = [["\n", *names[1:]] for names in texts["score_names"]]
    tokens["token"] = tokens["token"].where(~tokens["is_special"], tokens["token"].str.lstrip("▁"))
    return changed(results, tokens=tokens, texts=texts)


def made(folder: Path, kind: OutputKind, seed: int = 0) -> Results:
    maker = make_results if kind in ("number", "next_token", "completion") else answered_results
    if maker is answered_results:
        return answered_results(folder, kind, seed, evidence="full", n_layers=2)
    return written(make_results(folder, TEXTS, kind=kind, seed=seed, evidence="full"), kind)


def read(name: str, content: bytes) -> Iterator[str]:
    """What a person reads of an output: its lines, or its elements and what is spoken of them."""
    text = content.decode("utf-8-sig")
    if not name.endswith((".html", ".xml", ".svg")):
        yield from map(unescape, text.splitlines())
        return
    page = BeautifulSoup(text, "html.parser")
    for block in page(["script", "style"]):
        if block.get("type") == "application/json":
            yield from strings(json.loads(block.get_text()))
        block.decompose()
    yield from map(str, page.find_all(string=True))
    for element in page.find_all(True):
        yield from (str(element[name]) for name in _SPOKEN if element.get(name))


def strings(node: object) -> Iterator[str]:
    """The strings in the data of a page that scripts show: not those that hold packed bytes."""
    if isinstance(node, str):
        if len(node) < _PACKED or " " in node:
            yield node
    elif isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from strings(each)


def faults(name: str, content: bytes) -> list[tuple[str, str]]:
    """What is wrong in an output, each with what stands there."""
    return [
        (fault, line[max(0, match.start() - 30) : match.end() + 15])
        for line in read(name, content)
        if not _NOT_OURS.search(line)
        for fault, pattern in FAULTS.items()
        for match in pattern.finditer(line)
    ]


def written_as(runs: Runs, name: str, options: WriteOptions) -> Iterator[tuple[str, bytes]]:
    """An output and the pictures beside it, each with its name."""
    output = output_at(name, of_comparison=runs.n > 1)
    document = make_documents(runs, [output], options)[output]
    yield name, document.content
    yield from document.files.items()


@pytest.mark.parametrize("kind", ["number", "class", "next_token", "completion", "tags"])
def test_every_output_of_a_run(tmp_path: Path, kind: OutputKind) -> None:
    runs = Runs(Findings(made(tmp_path / "made", kind)))
    # The sentences of some kinds are read in one of the languages.
    languages: tuple[Lang, ...] = {"class": ("en",), "next_token": ("ja",)}.get(kind, ("en", "ja"))
    for lang, name in product(languages, NAMES):
        options = RenderOptions(lang=lang)
        for own, content in written_as(runs, name, options):
            assert faults(own, content) == [], own
    if kind == "number":  # what a cell of a notebook shows is made of the same sections
        for lang in languages:
            shown = BeautifulSoup(render_notebook(runs.findings, lang), "html.parser")
            inside = shown.iframe["srcdoc"]
            assert faults("frame.html", str(inside).encode()) == []
            assert faults("cell.html", str(shown).encode()) == []


SUMS = {"en": "sums? over 3 heads|sum of heads", "ja": "3?ヘッドの和"}


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_sums_over_heads_are_named_wherever_they_are_shown(tmp_path: Path, lang: Lang) -> None:
    runs = Runs(Findings(make_results(tmp_path, TEXTS, evidence="basic")))
    options = RenderOptions(lang=lang, heads="sum")
    page = BeautifulSoup(
        dict(written_as(runs, "report.html", options))["report.html"], "html.parser"
    )
    told = [str(drawing["aria-label"]) for drawing in page.select("svg.cells, svg.lines")]
    heads = [str(cell.find(string=True)) for cell in page.select(".panel thead th")]
    told += [head for head in heads if re.search("received,|受ける量|row, layer|の行", head)]
    told += [caption.get_text() for caption in page.select(".legend.range")]
    beside = written_as(runs, "report.md", options)
    told += [content.decode() for name, content in beside if name.endswith("map.svg")]
    assert len(told) >= 4 * len(TEXTS) + 1
    assert [each for each in told if not re.search(SUMS[lang], each)] == []


@pytest.mark.parametrize("kind", ["number", "class", "next_token"])
def test_every_output_of_a_comparison(tmp_path: Path, kind: OutputKind) -> None:
    sides = [Findings(made(tmp_path / str(seed), kind, seed)) for seed in (0, 1)]
    runs = compare_runs(*sides).runs
    for name in ("compare.html", "compare.md", "compare.xml"):
        for own, content in written_as(runs, name, CompareOptions()):
            assert faults(own, content) == [], own


# One meaning each: ink and greys; attention, in charts and behind text; what raises and lowers;
# sensitivity; special tokens, which mean nothing else; the scale of attention; paper.
_NOT_DRAWN = re.compile(
    r"<(style|script).*?</\1>|<svg[^>]* class=\"mark\".*?</svg>|data:image\S*", re.DOTALL
)
_GREYS = (INK, MUTED, RULE, PAPER, WASH)
_MEANINGS = (RECEIVED, RAISES, LOWERS, SENSITIVITY, *ROLE_COLOURS)
_RAMPS = (heat_colour, count_colour, size_colour, effect_colour, difference_colour)
COLOURS = {
    *(*_GREYS, *_MEANINGS, *MAP_COLOURS),
    *(ramp(step) for ramp in _RAMPS for step in range(STEPS)),
    *(ramp(-step) for ramp in (effect_colour, difference_colour) for step in range(STEPS)),
}


@pytest.mark.parametrize("kind", ["number", "class", "completion"])
def test_every_colour_of_an_output_has_one_meaning(tmp_path: Path, kind: OutputKind) -> None:
    runs = Runs(Findings(made(tmp_path / "made", kind)))
    for name in NAMES:
        for own, content in written_as(runs, name, RenderOptions()):
            if own.endswith((".html", ".svg", ".xml", ".md")):
                text = _NOT_DRAWN.sub("", content.decode())
                used = re.findall(r"[=\"': ](#[0-9a-f]{6})\b", text)
                assert {colour for colour in used if colour not in COLOURS} == set(), own


# What drawings and the style sheet call the same thing; of a ramp, the hue that it is mixed from.
_SHEET = {
    "paper": PAPER,
    "wash": WASH,
    "ink": INK,
    "muted": MUTED,
    "rule": RULE,
    "received": RECEIVED,
    "raises": RAISES,
    "lowers": LOWERS,
    "sense": SENSITIVITY,
    "cls": CLS_ROW,
    **{f"r{i}": colour for i, colour in enumerate(ROLE_COLOURS)},
    **{f"m{step}": colour for step, colour in enumerate(MAP_COLOURS)},
}


def test_the_style_sheet_names_each_colour_once_and_as_drawings_do() -> None:
    sheets = {path.name: path.read_text("utf-8") for path in STYLES.glob("*.css")}
    light = sheets["theme.css"].partition("}")[0]
    named = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", light))
    assert {name: named.get(name) for name in _SHEET} == _SHEET
    used = {
        (name, colour)
        for name, text in sheets.items()
        for colour in re.findall(r"(?<!=\")#[0-9a-fA-F]{3,8}\b(?=[^{}]*[;}])", text)
        if name != "theme.css"  # which alone gives colours their names
    }
    assert used == set()
