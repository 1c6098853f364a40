"""What a page says of similarities: how pairs are ordered, never an error."""

import re
from pathlib import Path

import pytest
from helpers.made_up.factories import HEADLINES, make_results
from helpers.page_of import page_of

from reportgen.findings import Findings
from reportgen.results import Results

LABELS = tuple(float(number) for number in range(len(HEADLINES)))


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return make_results(tmp_path, labels=LABELS, similarity="cosine")


def page_text(results: Results, code: str = "en") -> str:
    page = page_of(results, lang=code)
    for script in page.select("script, style"):
        script.decompose()
    return re.sub(r"\s+", " ", page.get_text(" "))


def test_the_page_tells_ranks_and_no_errors(results: Results) -> None:
    fit = Findings(results).rank_fit
    assert fit is not None
    shown = f"{fit.correlation:.2f}".replace("-", "\N{MINUS SIGN}")
    text = page_text(results)
    assert f"rank correlation {shown}" in text
    assert "Right answers say how alike they are, on another scale: 0" in text
    assert f"ordered alike by {shown}, where 1 is the same order" in text
    assert "farthest from the right order: rank" in text
    assert "largest error" not in text
    assert "Off by" not in text
    assert "正解の順位との差が" in page_text(results, "ja")
