"""Replaces a baseline by the results of a new model, and says which figures change."""

from pathlib import Path

from reportgen.api.comparing.baseline import keep_baseline
from reportgen.api.comparing.baseline_file import kept_figures
from reportgen.comparison.matching import match_texts
from reportgen.files.destinations import BASELINE_FILE
from reportgen.files.staging import Staging
from reportgen.findings.figures.flat import Value
from reportgen.findings.findings import Findings
from reportgen.report.json.metrics import watched


def accept(base: Findings, head: Findings, folder: Path, staging: Staging) -> list[str]:
    """Replace the results of `base` in `folder` by those of `head`, small if the old ones were, and
    return lines that say what changes. They are in place when `staging` is committed.

    Raises:
        OutputError: they cannot be written.
    """
    if head.info.evidence.interrupted:
        return [f"{folder}: not replaced, as the evidence of the new model was interrupted"]
    if base.info.settings.small and not head.info.settings.small:
        if keep_baseline(head.results, folder, staging) is None:
            return [f"{folder}: holds these results already; left as it is"]
    else:
        staging.copy(head.results.stored_in.files(), folder)
    names = [
        f"{side.info.model.name} ({side.info.model.weights_sha256[:8]})" for side in (base, head)
    ]
    lines = [f"{folder}: replaced: {names[0]} → {names[1]}"]
    was, now = len(base.texts), len(head.texts)
    matching = match_texts(base.results, head.results)
    if matching is not None and (n_common := len(matching.base)) < max(was, now):
        lines.append(
            f"  texts {was:,} → {now:,}, {n_common:,} in common: figures are of other texts, so "
            "they cannot be compared"
        )
    old, new = kept_figures(base), kept_figures(head)
    changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    shown = watched("run", dict.fromkeys(changed, 0))
    lines += [f"  {name} {_said(old.get(name))} → {_said(new.get(name))}" for name in shown]
    if rest := len(changed) - len(shown):
        more = "more figures" if shown else "figures"
        where = f"; git diff {folder / BASELINE_FILE}" if base.info.settings.small else ""
        lines.append(f"  {rest:,} {more} changed{where}")
    return lines if changed else [*lines, "  no figure changed"]


def _said(value: Value) -> str:
    return "none" if value is None else f"{value:.4g}" if isinstance(value, float) else f"{value:,}"
