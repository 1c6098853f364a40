"""What a report says of each view of a benchmark's texts, as it is drawn: agreement and verdict."""

from reportgen.findings import Findings
from reportgen.results import BASELINES, Results


def print_judged(results: Results, name: str) -> None:
    """Every view with its difference from the baseline that its verdict is about, the colouring
    first, and every baseline."""
    findings = Findings(results)
    known, first = findings.agreement_by_size, findings.shown_first
    print(f"\n| {name} | agreement | against | difference | verdict |\n|---|--:|---|--:|---|")
    for view in sorted(findings.judgements, key=lambda view: view != first):
        judged = findings.judgements[view]
        over = judged.over
        ends = f" [{over.low:.2f}, {over.high:.2f}]" if over and over.interval else ""
        gap = f"{over.mean:+.2f}{ends}" if over else "-"
        mean = judged.agreement.mean
        print(f"| {view} | {mean:.2f} | {judged.baseline} | {gap} | {judged.verdict} |")
    for view in (view for view in BASELINES if view in known):
        print(f"| {view} | {known[view].estimate.mean:.2f} | | | |")
