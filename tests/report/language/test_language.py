"""Both languages say the same, and numbers are written the same way everywhere."""

import ast
import math
import re
from pathlib import Path

import pytest
from places import ROOT

import reportgen
from reportgen.report.language.strings import decimals, fixed, load_language, number

EN, JA = load_language("en"), load_language("ja")
PACKAGE = Path(reportgen.__file__).parent
TEMPLATES = ROOT / "templates"


def strings(language):
    return {
        (section, key): value
        for section, entries in language.words.items()
        for key, value in entries.items()
        if isinstance(value, str)
    }


def test_both_languages_have_the_same_strings():
    assert strings(EN).keys() == strings(JA).keys()
    assert len(EN.words["glossary"]["entries"]) == len(JA.words["glossary"]["entries"])


@pytest.mark.parametrize("key", sorted(strings(EN)))
def test_both_languages_fill_in_the_same_figures(key):
    names = [set(re.findall(r"\{(\w+)\}", strings(language)[key])) for language in (EN, JA)]
    assert names[0] == names[1]


def test_the_japanese_page_leaves_nothing_in_english():
    same = {key for key, value in strings(EN).items() if strings(JA)[key] == value}
    assert same <= {
        ("number", "interval"),
        ("number", "percent_sign"),
        ("output", "pooling_cls"),
        ("reproduce", "checksums"),
        ("reduced", "megabytes"),
        ("texts", "id"),
        ("script", "approx"),
        ("script", "from_to"),
    }


def test_every_string_is_used():
    used = re.compile("|".join(_names_in_python() | _names_in_templates() | _names_in_scripts()))
    idle = {(s, k) for s, k in strings(EN) if not used.fullmatch(k.removesuffix("_one"))}
    assert idle == set()


def _names_in_python():
    """Words in quotes; of those with something filled in, a pattern."""
    names = set()
    for path in (*(PACKAGE / "report").rglob("*.py"), PACKAGE / "results" / "info.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+"
                    for part in node.values
                ]
                if re.search("[a-z]{2}", "".join(parts)):
                    names.add("".join(parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                names |= set(re.findall(r"^\w+$", node.value))
    return names


def _names_in_templates():
    """`t.section.name`, and `"start_" ~ end`."""
    texts = [path.read_text("utf-8") for path in TEMPLATES.rglob("*.jinja")]
    return {name for text in texts for name in re.findall(r"\bt\.\w+\.(\w+)", text)} | {
        start + r"\w+" for text in texts for start in re.findall(r'"(\w+)" ~', text)
    }


def _names_in_scripts():
    texts = [path.read_text("utf-8") for path in TEMPLATES.rglob("*.js")]
    return {name for text in texts for name in re.findall(r'"(\w+)"', text)} | {
        start + r"\S+" for text in texts for start in re.findall(r"`(\w+_)\$\{", text)
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1.63049, "1.630"),
        (-0.00012345, "−0.0001234"),
        (12345.678, "12,346"),
        (9.99996, "10.00"),
        (1e9, "1.000e+09"),
        (-2.5e-7, "−2.500e−07"),
        (math.inf, "inf"),
    ],
)
def test_numbers_have_four_significant_digits(value, text):
    assert number(value) == text


def test_decimals_are_those_of_the_number():
    for value in (0.00123, 0.5, 3.25, 4321.0):
        assert len(number(value).partition(".")[2]) == decimals(value)


def test_there_is_no_negative_zero():
    assert fixed(-0.0001, 2) == "0.00"
    assert fixed(-0.5, 1) == "−0.5"


def test_percentages_follow_the_language():
    assert EN.percent(0.3125) == "31.2 %"
    assert JA.percent(0.3125) == "31.2%"
