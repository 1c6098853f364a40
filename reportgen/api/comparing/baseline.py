"""A baseline: results that later models are compared with, until a new one takes their place."""

from pathlib import Path

from reportgen.comparison import match_texts
from reportgen.files import Staging
from reportgen.findings import Findings, Value
from reportgen.report import watched


def accept(base: Findings, head: Findings, folder: Path, staging: Staging) -> list[str]:
    """Replace the results of `base` in `folder` by those of `head`, and return lines that say what
    changes. They are in place when `staging` is committed.

    Raises:
        OutputError: they cannot be written.
    """
    if head.info.evidence.interrupted:
        return [f"{folder}: not replaced, as the evidence of the new model was interrupted"]
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
    old, new = base.figures, head.figures
    changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    shown = watched("run", dict.fromkeys(changed, 0))
    lines += [f"  {name} {_written(old.get(name))} → {_written(new.get(name))}" for name in shown]
    if rest := len(changed) - len(shown):
        lines.append(f"  {rest:,} {'more figures' if shown else 'figures'} changed")
    return lines if changed else [*lines, "  no figure changed"]


def _written(value: Value) -> str:
    return "none" if value is None else f"{value:.4g}" if isinstance(value, float) else f"{value:,}"
