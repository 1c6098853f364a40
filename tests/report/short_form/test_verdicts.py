"""What a comment begins with: the gates that failed, else which way a comparison went."""

from itertools import cycle
from pathlib import Path
from typing import get_args

import pytest
from helpers.made_up.factories import make_results

from reportgen.comparison import Quality, QualityVerdict, Runs, compare_runs
from reportgen.findings import Findings, evaluate, parse_gate
from reportgen.findings.figures import RUN_FIGURES
from reportgen.report.options import CompareOptions, RenderOptions
from reportgen.report.short_form.short_form import make_brief
from reportgen.report.short_form.verdicts import first_line

MARKS = {"better": "✅ ", "worse": "❌ ", "same": "➖ ", "unclear": "➖ ", "few": ""}


@pytest.mark.parametrize(
    ("verdict", "lang"), [*zip(get_args(QualityVerdict), cycle(["en", "ja"]), strict=False)]
)
def test_a_comparison_begins_with_the_mark_of_its_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verdict: str, lang: str
) -> None:
    texts = ("free coffee", "a free card", "tea for all")
    two = (
        Findings(make_results(tmp_path / name, texts, labels=(1.0, 2.0, 3.0), seed=seed))
        for seed, name in enumerate(("old", "new"))
    )
    found = compare_runs(*two)
    monkeypatch.setattr(Quality, "verdict", property(lambda self: verdict))
    options = CompareOptions(lang=lang)  # type: ignore[arg-type]
    headline = make_brief(found.runs, options).headline
    assert headline.startswith(MARKS[verdict])
    assert headline[0] in "✅❌➖" or verdict == "few"


@pytest.mark.parametrize(
    ("conditions", "begin"),
    [
        (["n_texts > 0", "n_failed > 0"], "❌ 1 of 2 gates failed: n_texts 3 (allowed: at most 0)"),
        (["n_failed > 0"], "⚠️ 1 of 2 gates warned: n_texts 3 (allowed: at most 0, else a warning)"),
        (
            ["n_texts > 0", "n_texts > 1", "n_texts > 2", "n_texts == 3"],  # at most three are told
            "❌ 4 of 4 gates failed: n_texts 3 (allowed: at most 0), "
            "n_texts 3 (allowed: at most 1), n_texts 3 (allowed: at most 2)",
        ),
    ],
)
def test_a_report_begins_with_the_gates_that_failed(
    tmp_path: Path, conditions: list[str], begin: str
) -> None:
    findings = Findings(make_results(tmp_path, ("free coffee", "a free card", "tea for all")))
    asked = [parse_gate(condition, "fail", RUN_FIGURES) for condition in conditions]
    asked.append(parse_gate("n_texts > 0", "warn", RUN_FIGURES))  # which is no failure
    plain = make_brief(Runs(findings), RenderOptions()).headline
    gates = evaluate(asked, findings.figures)
    told = begin.replace(f"of {len(conditions)} gates", f"of {len(asked)} gates")
    headline = make_brief(Runs(findings), RenderOptions(gates=gates)).headline
    assert headline == f"{told}. {plain}"
    said = first_line(Runs(findings), RenderOptions(gates=gates))
    assert said.startswith(f"{told}. made-up, 3 texts: ")
    assert "to start with" not in said


def test_gates_that_are_all_passed_say_so_and_how_little_that_says(tmp_path: Path) -> None:
    far = make_results(tmp_path, ("free coffee", "a free card", "tea"), labels=(90.0, 91.0, 92.0))
    findings = Findings(far)
    begins = []
    for condition in ("n_texts < 1", "label_mae > 900", "label_r2 < -1e9"):
        gates = evaluate([parse_gate(condition, "fail", RUN_FIGURES)], findings.figures)
        begins.append(first_line(Runs(findings), RenderOptions(gates=gates)).partition(". ")[0])
    poor = "⚠️ The gate passed, yet a constant answer would be nearer to the right answers"
    assert begins == ["✅ The gate passed", "✅ The gate passed", poor]
