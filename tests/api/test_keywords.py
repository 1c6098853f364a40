"""Keywords of the Python API: they are the options, a type checker knows them, and a misspelt one
is answered with the nearest."""

import re
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest
from helpers.places import ROOT

import reportgen
from reportgen.api.keywords import LoadOptions, SaveComparisonOptions, SaveOptions
from reportgen.errors import UsageError
from reportgen.models import ModelSpec
from reportgen.options import options_in
from reportgen.report import CompareOptions, RenderOptions

CALLS = """
import reportgen

report = reportgen.analyze(["a"], "demo", labels=[1], evidence="none", max_length=32, name="mine")
report.save("a.html", lang="ja", title="Headlines", max_size="25MB", brief=True)
reportgen.compare(report, report).save("b.html", smallest_change="5%", lang="en")
reportgen.load_model("demo", device="cpu", class_names=["bad", "good"])
# From here on each line is wrong.
reportgen.analyze(["a"], "demo", lable=[1])
report.save("a.html", lang="de")
report.save("a.html", titel="Headlines")
reportgen.load_model("demo", max_length="many")
"""


def test_typed_keywords_are_the_options() -> None:
    assert get_type_hints(LoadOptions).keys() == options_in(ModelSpec).keys() - {
        *("model", "tokenizer")
    }
    assert get_type_hints(SaveOptions).keys() == options_in(RenderOptions).keys()
    assert get_type_hints(SaveComparisonOptions).keys() == options_in(CompareOptions).keys()


def test_a_type_checker_knows_the_keywords(tmp_path: Path) -> None:
    """An editor completes what a type checker knows."""
    calls = tmp_path / "calls.py"
    calls.write_text(CALLS, "utf-8")
    command = [sys.executable, "-m", "mypy", "--follow-imports=silent", "--no-pretty", str(calls)]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    faults = re.findall(r"calls\.py:(\d+): error: (.+)", checked.stdout)
    lines = CALLS.splitlines()
    wrong = range(lines.index("# From here on each line is wrong.") + 2, len(lines) + 1)
    assert [int(line) for line, _ in faults] == list(wrong), checked.stdout + checked.stderr
    assert 'did you mean "title"?' in faults[2][1]


@pytest.mark.parametrize(
    ("given", "nearest"),
    [("lable", "labels"), ("label", "labels"), ("evidenc", "evidence"), ("max_len", "max_length")],
)
def test_a_misspelt_keyword_is_answered_with_the_nearest(given: str, nearest: str) -> None:
    told = f"^{given}: no such option; did you mean {nearest}"
    with pytest.raises(UsageError, match=told):
        reportgen.analyze(["a"], "demo", **{given: 1})
    with pytest.raises(UsageError, match=told):
        reportgen.ReportCallback(["a"], **{given: 1})
