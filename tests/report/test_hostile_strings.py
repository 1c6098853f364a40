"""Every output: its free strings are read as strings and as nothing else, and its bytes depend on
the results alone."""

import csv
import io
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import numpy as np
import pyarrow.parquet as pq
import pytest
from bs4 import BeautifulSoup
from helpers.made_up.hostile_results import PLAIN, STRINGS, with_strings
from markdown_it import MarkdownIt

from reportgen.comparison import Runs, compare_runs
from reportgen.findings import Findings
from reportgen.report import (
    COMPARE_TABLE_NAMES,
    COMPARISON_FORMATS,
    REPORT_FORMATS,
    CompareOptions,
    RenderOptions,
    make_documents,
)
from reportgen.report.format_register import output_at
from reportgen.report.options import TABLE_NAMES, FlavorName

KINDS = ("number", "class", "labels", "next_token", "embedding")
PARSER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
_RUNS = tuple("=+-@\t\r\n＝＋－＠")
# What the project makes of unseen characters, line breaks and long names.
_CHIPS = {"<span>", "span class", "span title", "<i>", "i class", "<br>", "td title", "b title"}
SMALL = [("class", 11)]
WHOLE = [(kind, at) for kind in KINDS for at in range(len(STRINGS))]


def outputs_of(folder: Path, kind: str, strings: tuple[str, ...], at: int) -> dict[str, bytes]:
    """Every output of such results by its name, in Japanese where `at` is odd."""
    findings = Findings(with_strings(folder, kind, strings, at))
    how: Any = {"title": strings[at % len(strings)], "lang": ("en", "ja")[at % 2]}
    paths = [known.example for known in REPORT_FORMATS if not known.is_table]
    paths += [f"{name}{end}" for name in TABLE_NAMES for end in (".csv", ".parquet")]
    made: dict[str, bytes] = {}
    for output, document in make_documents(
        Runs(findings), map(output_at, paths), RenderOptions(**how, images="svg")
    ).items():
        made |= {output.path: document.content, **document.files}
    for flavor in get_args(FlavorName):
        options = RenderOptions(**how, md_flavor=flavor)
        (document,) = make_documents(Runs(findings), [output_at("report.md")], options).values()
        made[f"{flavor}.md"] = document.content
    paths = [known.comparison_example for known in COMPARISON_FORMATS if not known.is_table]
    # The trend is of more than two models.
    paths += [f"compare-{name}.csv" for name in COMPARE_TABLE_NAMES if name != "trend"]
    outputs = [output_at(path, of_comparison=True) for path in paths]
    compared = compare_runs(findings, findings)
    for output, document in make_documents(compared.runs, outputs, CompareOptions(**how)).items():
        made |= {output.path: document.content, **document.files}
    return made


def facts(name: str, content: bytes) -> set[str]:
    """What an output is made of, apart from its text: tags, attributes, addresses."""
    if name.endswith(".parquet"):
        pq.read_table(io.BytesIO(content))
        return set()
    if name.endswith(".npz"):
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            assert len([arrays[each] for each in arrays.files])
        return set()
    text = content.decode("utf-8-sig")
    if name.endswith(".json"):
        json.loads(text)
        return set()
    if name.endswith(".csv"):
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        return {cell for cell in cells if cell.startswith(_RUNS) and not _is_number(cell)}
    if name.endswith(".md"):
        return _markdown_facts(text)
    if name.endswith((".svg", ".xml")):
        is_whole = name.endswith(".svg")
        text = text if is_whole else re.sub(r"&(?!amp|lt|gt|quot|#)\w+;", "x", text)
        spaces = "".join(f' xmlns:{each}="{each}"' for each in ("ac", "ri"))
        root = ElementTree.fromstring(text if is_whole else f"<a{spaces}>{text}</a>")
        return {f"{tag.tag} {key}" for tag in root.iter() for key in ("", *tag.keys())}
    page = BeautifulSoup(text, "html.parser")
    found = {f"<{tag.name}>" for tag in page.find_all()}
    found |= {f"{tag.name} {key}" for tag in page.find_all() for key in tag.attrs}
    addresses = ("href", "src", "action", "srcdoc", "ping", "formaction")
    links = (tag[key] for tag in page.find_all() for key in addresses if key in tag.attrs)
    # Of a picture of attention only what it is: its bytes follow from the number of tokens.
    links = (re.sub(r"^(data:image/png;base64,)[A-Za-z0-9+/=]+$", r"\1", link) for link in links)
    return found | {link for link in links if not link.startswith("#")}


def _is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", cell))


def _markdown_facts(text: str) -> set[str]:
    blocks = PARSER.parse(text)
    tokens = [*blocks, *(inner for block in blocks for inner in block.children or ())]
    found = {"[[" for token in tokens if "[[" in token.content and token.type == "text"}
    for token in tokens:
        if token.type in ("html_block", "html_inline"):
            found |= set(re.findall(r"</?\w+|<!--", token.content))
        if token.type in ("link_open", "image"):
            found |= {str(value) for value in token.attrs.values()}
    return found


@cache
def _plain_outputs(kind: str, folder: Path, at: int) -> dict[str, bytes]:
    return outputs_of(folder, kind, PLAIN, at)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("harmless")


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        *SMALL,
        *(pytest.param(*each, marks=pytest.mark.whole) for each in WHOLE if each not in SMALL),
    ],
)
def test_no_string_is_more_than_a_string(kind: str, at: int, place: Path, tmp_path: Path) -> None:
    """An output of hostile strings has no tag, attribute, link or formula that one of plain strings
    has not."""
    plain = _plain_outputs(kind, place / kind, at % 2)
    for name, content in outputs_of(tmp_path, kind, STRINGS, at).items():
        more = facts(name, content) - facts(name, plain[name])
        assert more <= (_CHIPS if "html" in name else set()), name


def test_the_same_results_give_the_same_bytes(place: Path, tmp_path: Path) -> None:
    """In every format, of a report and of a comparison."""
    made = outputs_of(tmp_path, "class", PLAIN, 1)
    assert made == _plain_outputs("class", place / "class", 1)
