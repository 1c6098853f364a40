"""The page of made-up results, as its elements."""

from typing import Any

from bs4 import BeautifulSoup

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report import RenderOptions, render
from reportgen.results import Results


def page_of(run: Results | Findings, **options: Any) -> BeautifulSoup:
    """The report of a run, parsed."""
    findings = run if isinstance(run, Findings) else Findings(run)
    document = render(Runs(findings), RenderOptions(**options))
    return BeautifulSoup(document.text, "html.parser")
