"""Every part of the findings is computed once, however many outputs are written."""

from collections import Counter
from pathlib import Path

import pytest
from factories import HEADLINES, make_results

from reportgen.findings import (
    attention,
    classes,
    evidence,
    findings,
    predictions,
    ranking,
    statistics,
    tokens,
)
from reportgen.findings.findings import Findings
from reportgen.report.notebook import plain_text, render_markdown, render_notebook
from reportgen.report.options import RenderOptions
from reportgen.report.outputs import make_documents, plan_outputs

OUTPUTS = ("report.html", "report.md", "page.xml", "summary.json", "sinks.csv", "agreement.csv")
PARTS = {
    attention: ("takes_part", "analysed", "sink_shares"),
    evidence: ("subject_figures", "agreement_figures", "live_rows", "mixing", "is_constant"),
    classes: ("match_classes", "class_fit"),
    predictions: ("label_fit", "label_errors"),
    ranking: ("figures", "ranking", "order"),
    tokens: ("corpus_tokens",),
    findings: ("corpus_notes", "run_figures"),
}


def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each part, and a set of bootstrap resamples, is computed from now on."""
    calls: Counter[str] = Counter()

    def count(module, name: str) -> None:
        own = getattr(module, name)

        def counting(*args):
            calls[name] += 1
            return own(*args)

        monkeypatch.setattr(module, name, counting)

    for module, names in PARTS.items():
        for name in names:
            count(module, name)
    count(statistics, "_resampled_means")
    return calls


def write_all(found: Findings, lang: str) -> None:
    options = RenderOptions(lang=lang)  # type: ignore[arg-type]
    assert make_documents(found, plan_outputs(OUTPUTS, None, force=True), options)
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
    for name in ("subject_figures", "agreement_figures", "corpus_notes", "run_figures", "order"):
        assert first[name] == 1, name
    write_all(found, "ja")
    assert dict(calls) == first
