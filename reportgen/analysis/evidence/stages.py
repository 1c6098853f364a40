"""The stages of evidence that give a figure a token: each takes texts and fills them in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.attention.norms import Norms
from reportgen.analysis.evidence.agreement import Floats
from reportgen.analysis.evidence.alti import alti
from reportgen.analysis.evidence.deletion import (
    UnitEffects,
    deletion_effects,
    mask_effects,
    mask_offset,
)
from reportgen.analysis.evidence.gradients import Missing, jacobian_norms, text_gradients
from reportgen.analysis.evidence.integrated_gradients import integrated_gradients
from reportgen.analysis.evidence.sink_tests import SinkRow, sink_columns
from reportgen.analysis.evidence.target import Explained, Explainer
from reportgen.analysis.progress import Stage
from reportgen.models.tokens import EncodedText
from reportgen.results.info import Reason
from reportgen.results.schema import EFFECTS_SCHEMA, EVIDENCE_SCHEMA


@dataclass
class TextEvidence:
    """Takes one text's evidence, stage by stage.

    `effects` are the columns of the table of effects, `[position]`, as far as they came; `row` the
    same of the table of evidence.
    """

    text: int  # row of `texts`
    encoded: EncodedText
    explained: Explained | None  # None where nothing of it can be explained
    effects: dict[str, Floats] = field(default_factory=dict)
    row: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, Reason] = field(default_factory=dict)  # by view
    messages: list[str] = field(default_factory=list)

    def put(self, view: str, values: Sequence[float]) -> None:
        """Take a figure for each position that was run; the others have none."""
        whole = np.full(len(self.encoded.ids), np.nan)
        whole[: len(values)] = values
        self.effects[view] = whole

    def put_units(self, view: str, found: UnitEffects | str) -> None:
        """Take a figure a unit, for each of its tokens."""
        if isinstance(found, str):
            self.miss(view, Missing("failed", found))
            return
        whole = np.full(len(self.encoded.ids), np.nan)
        for unit, effect in zip(found.units, found.effects, strict=True):
            whole[list(unit)] = effect
        self.effects[view] = whole
        self.say(found.message)

    def miss(self, view: str, missing: Missing) -> None:
        """Take why a view is missing."""
        self.missing[view] = missing.reason
        self.say(missing.message)

    def say(self, message: str) -> None:
        """Take what went wrong, once."""
        if message and message not in self.messages:
            self.messages.append(message)

    def all_effects(self) -> dict[str, Floats]:
        """All columns of effects, NaN where nothing came."""
        none = np.full(len(self.encoded.ids), np.nan)
        return {name: self.effects.get(name, none) for name in EFFECTS_SCHEMA.names[2:]}


class Reasons:
    """Adds up over texts why a view is missing."""

    def __init__(self) -> None:
        self._by_text: dict[str, list[Reason | None]] = {}  # by view, of each explained text
        self._measured: set[str] = set()  # views that some text has
        self._is_moved = False  # whether leaving something out ever moved the output

    def add(self, texts: Sequence[TextEvidence]) -> None:
        """Take what is known of `texts` by now."""
        for item in texts:
            if item.explained is None:
                continue
            for view in EFFECTS_SCHEMA.names[2:]:
                self._by_text.setdefault(view, []).append(item.missing.get(view))
            self._measured.update(item.effects)
            self._is_moved |= bool(np.nan_to_num(item.effects.get("deletion", 0.0)).any())

    def withheld(self, views: Iterable[str], *, is_stopped: bool) -> dict[str, Reason]:
        """Of `views` those that no text has, or that say nothing of any, and why.

        `is_stopped`: the user ended the work before all of it was done.
        """
        found: dict[str, Reason] = {}
        for view in views:
            reason = _shared(self._by_text.get(view, ()))
            if reason is not None:
                found[view] = reason
            elif view not in self._measured:
                found[view] = "interrupted" if is_stopped else "failed"
        if "deletion" in self._measured and not self._is_moved:
            found["deletion"] = "constant_output"
        return found


def evidence_columns(texts: Sequence[TextEvidence]) -> dict[str, list[Any]]:
    """The rows of `texts` in the table of evidence."""
    rows = [
        {
            **item.row,
            "text": item.text,
            "explained": item.explained and item.explained.value,
            "explained_label": item.explained and item.explained.label,
            "message": "; ".join(item.messages),
        }
        for item in texts
    ]
    return {name: [row.get(name) for row in rows] for name in EVIDENCE_SCHEMA.names}


def with_sayings(
    columns: Mapping[str, list[Any]], sayings: Mapping[int, str]
) -> dict[str, list[Any]]:
    """`columns` of the table of evidence, each text's message with what `sayings` add to it."""
    parts = zip(columns["message"], map(sayings.get, columns["text"]), strict=True)
    return {**columns, "message": ["; ".join(filter(None, both)) for both in parts]}


def effect_columns(texts: Sequence[TextEvidence]) -> dict[str, list[Any] | NDArray[Any]]:
    """The rows of `texts` in the table of effects; none for a text without any effect."""
    texts = [item for item in texts if item.effects]
    sizes = [len(item.encoded.ids) for item in texts]
    if not texts:
        return {}
    every = [item.all_effects() for item in texts]
    return {
        "text": np.repeat([item.text for item in texts], sizes),
        "position": [position for size in sizes for position in range(size)],
        **{name: np.concatenate([one[name] for one in every]) for name in every[0]},
    }


def sink_rows(
    text: int,
    rows: Sequence[SinkRow],
    places: Mapping[str, Sequence[int]],
    tokens: pd.DataFrame,
) -> dict[str, Sequence[Any]]:
    """The sink tests of one text as rows of the table of sinks.

    Args:
        places: where each subject stands in the text.
        tokens: the text's rows of the table of tokens; norms are theirs.
    """
    if not rows:
        return {}
    content = np.flatnonzero(~tokens["is_special"].to_numpy(dtype=np.bool_))
    subjects = [np.array(places[row.subject]) for row in rows]
    return {
        **sink_columns(text, rows),
        "norm_share_layers": [_over(tokens["received_norm_layers"], at, np.sum) for at in subjects],
        "value_size_layers": [_over(tokens["value_size_layers"], at, np.mean) for at in subjects],
        "content_value_size_layers": [
            _over(tokens["value_size_layers"], content, np.mean) for _ in rows
        ],
    }


def _over(
    column: pd.Series, positions: NDArray[np.intp], over: Callable[..., Any]
) -> Floats | None:
    """Sum or mean over positions of a column of lists by layer; None where it is missing."""
    lists = column.iloc[positions]
    if lists.isna().any():
        return None
    values: Floats = over(np.stack(lists.to_list()).astype(np.float64), axis=0)
    return values


def _shared(reasons: Iterable[Reason | None]) -> Reason | None:
    """The first of `reasons` where every text has one; None where some text has none."""
    found = list(reasons)
    return found[0] if found and all(found) else None


# Takes texts that have something to explain.
Measure = Callable[[Sequence[TextEvidence]], None]


class Stages:
    """What is measured on every text with evidence, in this order."""

    def __init__(
        self, explainer: Explainer, capture: Capture, norms: Norms | Reason, *, is_full: bool
    ) -> None:
        self.is_full = is_full
        self._explainer = explainer
        self._capture = capture
        self._norms = norms

    def views(self, spread: float) -> Mapping[Stage, Measure]:
        """Each stage with what does it; its view has its name.

        `spread` is the standard deviation of the scalar over texts.
        """
        stages: dict[Stage, Measure] = {"deletion": self._delete, "gradient": self._gradient}
        if self.is_full:
            stages["mask"] = self._mask
            stages["ig"] = lambda texts: self._integrate(texts, spread)
            stages["alti"] = self._alti
            if self._explainer.scalar == "cosine":
                stages["jacobian"] = self._jacobian
        return stages

    def _delete(self, texts: Sequence[TextEvidence]) -> None:
        all_found = deletion_effects(self._explainer, _explained(texts))
        for text, found in zip(texts, all_found, strict=True):
            text.put_units("deletion", found)

    def _gradient(self, texts: Sequence[TextEvidence]) -> None:
        all_found = text_gradients(self._explainer, self._capture, _explained(texts))
        for text, found in zip(texts, all_found, strict=True):
            if isinstance(found, Missing):
                text.miss("gradient", found)
                continue
            text.row["live_rows"] = found.live_rows
            text.row["n_rows"] = found.n_rows
            text.row["reads_cls_only"] = found.reads_cls_only
            if found.sizes is not None:
                text.put("gradient", found.sizes)
            if found.reason is not None:
                text.miss("gradient", Missing(found.reason))

    def _mask(self, texts: Sequence[TextEvidence]) -> None:
        all_found = mask_effects(self._explainer, _explained(texts))
        if isinstance(all_found, str):
            for text in texts:
                text.miss("mask", Missing(all_found))
            return
        for text, found in zip(texts, all_found, strict=True):
            text.put_units("mask", found)
            if not isinstance(found, str):
                text.row["mask_offset"] = mask_offset(found.effects)

    def _integrate(self, texts: Sequence[TextEvidence], spread: float) -> None:
        all_found = integrated_gradients(self._explainer, _explained(texts), spread)
        for text, found in zip(texts, all_found, strict=True):
            if isinstance(found, Missing):
                text.miss("ig", found)
                continue
            text.put("ig", found.scores)
            text.row["ig_steps"] = found.steps
            text.row["ig_error"] = found.error
            text.row["ig_complete"] = found.is_complete

    def _jacobian(self, texts: Sequence[TextEvidence]) -> None:
        _put("jacobian", texts, jacobian_norms(self._explainer, _explained(texts)))

    def _alti(self, texts: Sequence[TextEvidence]) -> None:
        found = alti(self._explainer, self._capture, self._norms, _explained(texts))
        _put("alti", texts, found)


def _explained(texts: Sequence[TextEvidence]) -> list[Explained]:
    return [text.explained for text in texts if text.explained is not None]


def _put(
    view: str, texts: Sequence[TextEvidence], all_found: Sequence[tuple[float, ...] | Missing]
) -> None:
    for text, found in zip(texts, all_found, strict=True):
        if isinstance(found, Missing):
            text.miss(view, found)
        else:
            text.put(view, found)
