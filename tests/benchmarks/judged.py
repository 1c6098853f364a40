"""What a report says of each view of a benchmark's texts, and which agrees best with effects."""

from dataclasses import dataclass

from reportgen.findings import Findings
from reportgen.results import BASELINES, CHANGES, COLOURS, Results, View


@dataclass(frozen=True)
class Best:
    """Of the measures that can colour a text the one that agrees best with effects."""

    view: View
    agreement: float  # mean over texts
    rarity: float  # that of token rarity


def best_of(results: Results) -> Best:
    """What agrees best in a run."""
    known = Findings(results).agreement_by_size
    able = [view for view in COLOURS if view in known and view not in CHANGES]
    view = max(able, key=lambda view: known[view].estimate.mean)
    return Best(view, known[view].estimate.mean, known["rarity"].estimate.mean)


def print_judged(results: Results, name: str) -> None:
    """What a report says of each view, the colouring first: its difference from the baseline that
    its verdict is about; and every baseline."""
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
