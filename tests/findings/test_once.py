"""Every part of the findings is computed once, however many outputs are written."""

from collections import Counter
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from helpers.made_up.factories import HEADLINES, make_results

from reportgen.comparison import Runs
from reportgen.findings import Findings, statistics
from reportgen.report import (
    RenderOptions,
    make_documents,
    plain_text,
    plan_outputs,
    render_markdown,
    render_notebook,
)

OUTPUTS = ("report.html", "report.md", "page.xml", "summary.json", "sinks.csv", "agreement.csv")


def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each part, and a set of bootstrap resamples, is computed from now on."""
    calls: Counter[str] = Counter()

    def counting(name: str, own: Callable[..., Any]) -> Callable[..., Any]:
        def count(*args):
            calls[name] += 1
            return own(*args)

        return count

    for name, part in vars(Findings).items():
        if isinstance(part, cached_property):
            monkeypatch.setattr(part, "func", counting(name, part.func))
    resampled = counting("resampled", statistics.resampled_means)
    monkeypatch.setattr(statistics, "resampled_means", resampled)
    return calls


def write_all(found: Findings, lang: str) -> None:
    options = RenderOptions(lang=lang)  # type: ignore[arg-type]
    assert make_documents(Runs(found), plan_outputs(OUTPUTS, None, force=True), options)
    assert found.figures
    assert render_notebook(found, lang)
    assert render_markdown(found, lang)
    assert plain_text(found, lang)


def test_each_part_is_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    labels = tuple(float(i) for i in range(len(HEADLINES)))
    found = Findings(make_results(tmp_path / "r", sink=0.6, evidence="full", labels=labels))
    calls = counted(monkeypatch)
    write_all(found, "en")
    first = dict(calls)
    assert {"subjects", "agreement", "notes", "figures", "order", "resampled"} <= set(first)
    assert [name for name, n in first.items() if n > 1 and name != "resampled"] == []
    write_all(found, "ja")
    assert dict(calls) == first
    # The largest tables are read a column, or some rows, at a time.
    assert not {"heads", "roles", "tokens"} & set(vars(found.results))
