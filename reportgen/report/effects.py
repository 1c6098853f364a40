"""What was measured of one text beside attention: effects by display unit, and how it went."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from reportgen.info import Scalar
from reportgen.limits import MIN_TEXTS
from reportgen.notes.figures import analysed
from reportgen.report.units import Floats, unit_sums
from reportgen.results import Results

Effect: TypeAlias = Literal["deletion", "gradient", "jacobian", "ig", "mask", "alti"]
EFFECTS: tuple[Effect, ...] = get_args(Effect)


def has_sign(effect: Effect, scalar: Scalar | None) -> bool:
    """Whether an effect tells what raises `scalar` from what lowers it; distances do not."""
    return effect == "ig" or (effect in ("deletion", "mask") and scalar != "cosine")


@dataclass(frozen=True, slots=True, eq=False)
class TextEffects:
    """One text's evidence."""

    columns: Mapping[Effect, Floats]  # [unit]; only those that were measured on this text
    live_rows: int | None  # rows of the last layer that the output can depend on; of n_rows
    n_rows: int
    reads_cls_only: bool
    ig_complete: bool


def text_effects(results: Results, text: int, unit_of: Sequence[int]) -> TextEffects | None:
    """The evidence on row `text` of `texts`; None where it was not chosen for it.

    A unit's integrated gradients and ALTI are the sums over its tokens, its gradient and Jacobian
    norm the roots of the sums of squares; what was measured by unit stands on each of its tokens.
    """
    rows = results.evidence[results.evidence["text"] == text]
    if rows.empty:
        return None
    row = rows.iloc[0]
    effects = results.effects_of(text)
    columns = {} if effects is None else {name: effects[name] for name in EFFECTS}
    live = row["live_rows"]
    return TextEffects(
        columns={
            name: _BY_UNIT[name](column, unit_of)
            for name, column in columns.items()
            if column.notna().any()
        },
        live_rows=None if pd.isna(live) else int(live),
        n_rows=0 if pd.isna(live) else int(row["n_rows"]),
        reads_cls_only=not pd.isna(live) and bool(row["reads_cls_only"]),
        ig_complete=not pd.isna(row["ig_complete"]) and bool(row["ig_complete"]),
    )


def explained_range(results: Results) -> float | None:
    """From the lowest to the highest of the figure that is explained, over all analysed texts.

    None for what has no such figure in the table of texts (an embedding, a next token), for fewer
    than MIN_TEXTS texts, and where all are the same.
    """
    evidence = results.info.evidence
    if evidence.scalar not in ("number", "margin", "logit"):
        return None
    given = results.texts["scores"][analysed(results)]
    scores = np.array([row for row in given if np.isfinite(row).all()], dtype=np.float64)
    if len(scores) < MIN_TEXTS:
        return None
    names = results.info.output.labels
    target = names.index(evidence.target) if evidence.target in names else None
    own = scores.argmax(axis=1) if target is None else np.full(len(scores), target)
    values = scores[np.arange(len(scores)), own]
    if evidence.scalar == "margin":
        others = scores.copy()
        others[np.arange(len(scores)), own] = -np.inf
        values = values - others.max(axis=1)
    return float(np.ptp(values)) or None


def _first(column: pd.Series, unit_of: Sequence[int]) -> Floats:
    """What stands on each of a unit's tokens, `[unit]`."""
    values = np.zeros(max(unit_of) + 1)
    values[list(unit_of)] = column.to_numpy(np.float64)
    return values


def _length(column: pd.Series, unit_of: Sequence[int]) -> Floats:
    """Roots of the sums of squares over each unit's tokens, `[unit]`."""
    return np.sqrt(unit_sums(column**2, unit_of))


_BY_UNIT: Mapping[Effect, Callable[[pd.Series, Sequence[int]], Floats]] = {
    "deletion": _first,
    "mask": _first,
    "gradient": _length,
    "jacobian": _length,
    "ig": unit_sums,
    "alti": unit_sums,
}
