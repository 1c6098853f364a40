"""Both languages say the same, with the same figures written in the same way."""

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import reportgen
from reportgen.findings import Interval
from reportgen.report import load_language
from reportgen.report.language import STYLES
from reportgen.tasks import TASKS
from reportgen.tasks.targets import TARGETS

EN, JA = load_language("en"), load_language("ja")
PACKAGE = Path(reportgen.__file__).parent
TEMPLATES = Path(__file__).parents[3] / "templates"
# Sections that the scripts alone read.
SCRIPTS = (
    *("script", "tools", "explore", "completion", "tags", "masks", "answer", "choice"),
    *("places", "word_numbers"),
    *("decoder", "decoder_head", "decoder_answer", "completion_over", "masks_over"),
)
# Sections whose keys are ids of notes and measures; `test_sentences` holds them against those.
BY_ID = {
    *("sentences", "headlines", "beside", "thresholds", "measures", "tests", "tests_explained"),
    *("statistics", "scalars", "outputs", "reasons", "remarks", "remarks_on_page"),
}
FORMS = {"en", "ja", "en_one", "ja_one"}


def entries() -> dict[tuple[str, ...], dict[str, str]]:
    """Every entry of the files of strings as it stands there, by its place."""
    return {
        place: entry
        for path in files("reportgen.report.language").joinpath("strings").iterdir()
        for place, entry in _entries(tomllib.loads(path.read_text("utf-8")), ())
    }


def _entries(node: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(node, dict) and FORMS & node.keys():
        yield place, node
    elif isinstance(node, dict | list):
        for name, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _entries(child, (*place, str(name)))


ENTRIES = entries()


def figures(text: str) -> set[tuple[str, str]]:
    """The names in braces, each with its style."""
    return {(name, style or "") for _, name, style, _ in Formatter().parse(text) if name}


def test_no_section_stands_in_two_files() -> None:
    sections = [
        name
        for path in files("reportgen.report.language").joinpath("strings").iterdir()
        for name in tomllib.loads(path.read_text("utf-8"))
    ]
    assert len(sections) == len(set(sections))


def test_every_entry_has_both_languages_with_the_same_figures_in_known_styles() -> None:
    for place, entry in ENTRIES.items():
        assert {"en", "ja"} <= entry.keys() <= FORMS, place
        said = figures(entry["en"])
        assert figures(entry["ja"]) == said, place
        assert {style for _, style in said} <= {"", *STYLES}, place
        for one in entry.keys() & {"en_one", "ja_one"}:
            assert figures(entry[one]) <= said, place


@pytest.mark.parametrize("section", SCRIPTS)
def test_scripts_are_given_no_styles_that_only_python_knows(section: str) -> None:
    styles = {
        style
        for place, entry in ENTRIES.items()
        if place[0] == section
        for _, style in figures(entry["en"])
    }
    assert styles <= {""}


def test_the_japanese_page_leaves_nothing_in_english() -> None:
    same = {place: entry["en"] for place, entry in ENTRIES.items() if entry["en"] == entry["ja"]}
    words = {place: re.sub(r"\{.*?\}", "", text) for place, text in same.items()}
    assert not [place for place, text in words.items() if re.search("[a-z]{3}", text)]


def test_one_thing_is_said_as_one() -> None:
    assert EN.count("kpi", "content", 1) == "1 text token"
    assert EN.count("kpi", "content", 2345) == "2,345 text tokens"
    assert JA.count("kpi", "content", 1) == "うち本文のトークン1個"
    assert EN.write(1, "texts") == "1 text"
    assert EN.write(2000, "texts") == "2,000 texts"
    said = EN.count("compared", "headline_no_token", 1, texts=1)
    assert said == "The influence of the one token compared, on 1 text, did not clearly change."
    assert JA.write(1, "texts") == "テキスト1件"


def test_figures_are_written_as_their_sentence_says() -> None:
    values = {"share": 0.0761, "n": 3, "limit": 0.3, "r": -0.2}
    said = EN.fill(
        "{share:percent} of {n}, at least {limit:exact_percent}; {r:correlation}", values
    )
    assert said == "7.6\u00a0% of 3, at least 30\u00a0%; \u22120.20"
    assert JA.fill("{share:percent}", values) == "7.6%"
    with pytest.raises(TypeError, match="how to write"):
        EN.fill("{share}", values)


def test_an_interval_has_its_unit_once_and_one_number_where_both_ends_read_the_same() -> None:
    assert EN.write(Interval(0.551, 0.642), "percent") == "55.1–64.2\u00a0%"
    assert JA.write(Interval(0.551, 0.642), "percent") == "55.1～64.2%"
    assert EN.write(Interval(0.5511, 0.5512), "percent") == "55.1\u00a0%"
    assert EN.write(Interval(-0.1, 0.6), "correlation") == "\u22120.10 to 0.60"


def test_what_a_value_holds_is_not_read_as_a_name() -> None:
    assert EN.fill("{token} gets {n}", {"token": "{n:percent}", "n": 1}) == "{n:percent} gets 1"


def test_intervals_are_said_with_the_confidence_they_are_computed_with() -> None:
    assert not [place for place, entry in ENTRIES.items() if "95" in "".join(entry.values())]
    assert EN.say("trust", "interval_key") == "mean and 95\u00a0% interval over texts"
    assert not [text for text in (*_texts(EN.words), *_texts(JA.words)) if "CONFIDENCE" in text]


def test_an_english_line_never_ends_between_a_number_and_its_percent_sign() -> None:
    assert EN.percent(0.3125) == "31.2\u00a0%"
    assert JA.percent(0.3125) == "31.2%"
    assert not [text for text in _texts(EN.words) if " %" in text]


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    else:
        for child in node.values() if isinstance(node, dict) else node:
            yield from _texts(child)


def test_every_string_is_used() -> None:
    names: dict[str, set[str]] = {}
    for sections, name in (*_in_python(), *_in_templates(), *_in_scripts()):
        for section in sections:
            names.setdefault(section, set()).add(name)
    used = {section: re.compile("|".join(sorted(own))) for section, own in names.items()}
    idle = [
        f"{section}.{key}"
        for section, key in {place[:2] for place in ENTRIES if place[0] not in BY_ID}
        if not (section in used and any(map(used[section].fullmatch, (key, of_any_task(key)))))
    ]
    assert idle == []


def of_any_task(key: str) -> str:
    """The key of the generic words that those of a task stand in for (`Language.key_of`)."""
    endings = "worse|no_better|unclear|each|none|same|range|wrong|likelier|over|of"
    own = "|".join((*TASKS, *TARGETS))
    return re.sub(rf"(_({own}))?(_({endings}))?$", "", key)


def _in_python() -> Iterator[tuple[set[str], str]]:
    """For each module the sections it may read, and patterns of the keys it names."""
    known = set(EN.words)
    # These name kinds of outputs, states of texts, sizes or signs that notes compare, and parts.
    named = ("notes/trust.py", "tokens/figures.py", "colouring.py")
    records = ("results/info.py", "tasks/task.py", "tasks/targets.py")
    kinds = {
        *(PACKAGE / name for name in records),
        *(PACKAGE / "findings" / name for name in named),
    }
    for path in {*(PACKAGE / "report").rglob("*.py"), *kinds}:
        tree = ast.parse(path.read_text("utf-8"))
        texts = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        sections = known if path in kinds else {"common", *(texts & known)}
        if re.search("Compare(Words|Context)", path.read_text("utf-8")):
            sections.add("compared")
        if "words.trend(" in path.read_text("utf-8"):
            sections.add("trend")
        for name in texts:
            if re.fullmatch(r"[\w-]+", name):
                yield sections, re.escape(name)
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                pattern = "".join(
                    re.escape(part.value) if isinstance(part, ast.Constant) else r"[\w-]+"
                    for part in node.values
                )
                if re.search("[a-z]{2}", pattern):
                    yield sections, pattern


def _in_templates() -> Iterator[tuple[set[str], str]]:
    """`t.section.key`, and `t.section["start_" ~ end]` or `t.section[name]`."""
    for path in TEMPLATES.rglob("*.jinja"):
        text = path.read_text("utf-8")
        for section, key in re.findall(r"\bt\.(\w+)\.(\w+)", text):
            yield {section}, key
        for section, start in re.findall(r'\bt\.(\w+)\["(\w+)" ~', text):
            yield {section}, start + r"\w+"


def _in_scripts() -> Iterator[tuple[set[str], str]]:
    sections = {*SCRIPTS, "common", *TASKS}  # pages have the section of their task, if any
    for path in TEMPLATES.rglob("*.js"):
        text = path.read_text("utf-8")
        for name in re.findall(r'"([\w-]+)"', text):
            yield sections, name
        for start in re.findall(r"`(\w+_)\$\{", text):
            yield sections, start + r"\S+"
