"""Groups of tokens that say the same, over all texts."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.findings.evidence import explained_range
from reportgen.findings.notes.thresholds import TINY_EFFECT
from reportgen.findings.repeated_texts import without_copies
from reportgen.findings.statistics import Estimate, estimate
from reportgen.results import JOINT, Results, joint_label, joint_units, segments_of, text_units


@dataclass(frozen=True, slots=True)
class JointTokens:
    """A group of tokens that say the same in some texts."""

    tokens: str  # with "…" between those that do not stand side by side
    target: str | None  # what is explained: a class, label or token; None where there is one figure
    effect: Estimate  # of all of them together, mean over the texts


def joint_tokens(results: Results) -> tuple[JointTokens, ...]:
    """The groups of all texts of the sample, those of most different texts first, then the
    largest; none of redacted texts, of which tokens of one length look the same."""
    own = without_copies(results, joint_rows(results), "tokens", "target")
    found = [
        _joint(key, group["effect"].to_numpy(np.float64))
        for key, group in own.groupby(["tokens", "target"], sort=True)
    ]
    return tuple(sorted(found, key=lambda one: (-one.effect.n_texts, -abs(one.effect.mean))))


def joint_rows(results: Results) -> pd.DataFrame:
    """The groups of each text of the sample that are marked in it, with the columns text, tokens
    (what they are called), target and effect; in lower case if no token of a text has a capital.
    Not those whose effect is at most TINY_EFFECT of the range of all texts."""
    return results.recent(_joint_rows)


def _joint_rows(results: Results) -> pd.DataFrame:
    effects = results.effects
    texts = effects.loc[effects[JOINT].notna(), "text"].unique()
    rows = [] if results.is_redacted else [row for i in texts for row in _of_text(results, int(i))]
    found = pd.DataFrame(rows, columns=["text", "tokens", "target", "effect"])
    found = found[found["effect"].abs() > TINY_EFFECT * (explained_range(results) or 0.0)]
    if len(found) and not _has_case(results):
        found["tokens"] = found["tokens"].str.lower()
    return found


def _has_case(results: Results) -> bool:
    tokens = results.token_columns("token", "is_special")
    names: list[str] = tokens.loc[~tokens["is_special"].astype(bool), "token"].unique().tolist()
    return any(name != name.lower() for name in names)


def _of_text(results: Results, text: int) -> list[tuple[int, str, str, float]]:
    units, evidence = text_units(results, text), results.evidence_row(text)
    segments = segments_of(results.text_row(text))
    label = evidence["explained_label"] if evidence else None
    target = "" if label is None or pd.isna(label) else str(label)
    return [
        (text, joint_label(group, units.units, segments), target, group.effect)
        for group in joint_units(results.effects_of(text), units.unit_of)
    ]


def _joint(key: Hashable, effects: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> JointTokens:
    assert isinstance(key, tuple)
    tokens, target = key
    found = estimate(effects)
    assert found is not None
    return JointTokens(str(tokens), str(target) or None, found)
