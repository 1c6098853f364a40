"""Runs of texts with edits: what each edit does to the target of its text, and what is predicted
with it. Forward passes alone, one for each edited text that the model can tell from the others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import pyarrow as pa

from reportgen.analysis.evidence.explainer import ChangedText, Explainer
from reportgen.analysis.evidence.measures.deletion import in_chunks
from reportgen.analysis.progress import Passes
from reportgen.models import EncodedText, ExplainedText, TextPrediction
from reportgen.results import EditStatus, rows_of
from reportgen.texts import Edit, TextInput, edited

# Tokenises texts; returns them, and error messages by index for those that failed.
Encode: TypeAlias = Callable[[Sequence[TextInput]], tuple[list[EncodedText], dict[int, str]]]
_Inputs: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class EditRuns:
    """Tries edits on texts.

    Attributes:
        held: strings that stay in every text, such as the mask of the model.
    """

    explainer: Explainer
    encode: Encode
    edits: tuple[Edit, ...]
    held: tuple[str, ...] = ()

    def table(
        self,
        rows: Sequence[int],
        sources: Sequence[TextInput],
        encoded: Sequence[EncodedText],
        *,
        is_extra: bool,
    ) -> pa.Table:
        """Rows of the table of edits: each edit of each of the texts `rows`.

        Args:
            sources: the texts, and tokenised as `encoded`.
            is_extra: whether they are beside the sample.
        """
        explained = self.explainer.explain(encoded)
        tried = [
            tried_edit
            for row, source, item in zip(rows, sources, explained, strict=True)
            for tried_edit in self._tries(row, source, item)
        ]
        # By text and what the model is given of it, which several edits may come to.
        runs = {
            (each.row, _inputs(each.changed.text)): each.changed
            for each in tried
            if each.changed is not None
        }
        chunks = in_chunks(iter(runs.values()))
        outcomes = dict(
            zip(
                runs,
                (one for chunk in chunks for one in self.explainer.run_predictions(chunk)),
                strict=True,
            )
        )
        columns = [self._row(each, outcomes) | {"extra": is_extra} for each in tried]
        names = columns[0] if columns else ()
        return rows_of("edits", {name: [row[name] for row in columns] for name in names})

    def passes(self, source: TextInput, text: EncodedText) -> Passes:
        """The passes that the edits of a text take at most: the model may not tell some from
        others."""
        changed = {edited(edit, source.text, self.held) for edit in self.edits}
        n = 1 + sum(bool(each.strip()) for each in changed - {source.text})
        return Passes(n, 0, n * len(text.ids))

    def _tries(
        self, row: int, source: TextInput, explained: ExplainedText | str
    ) -> Iterator["_TriedEdit"]:
        for edit in self.edits:
            changed = edited(edit, source.text, self.held)
            if isinstance(explained, str):
                yield _TriedEdit(row, edit, source, "failed", message=explained)
            elif changed == source.text:
                yield _TriedEdit(row, edit, source, "unchanged", before=explained.value)
            elif not changed.strip():
                yield _TriedEdit(row, edit, source, "nothing_left", "", before=explained.value)
            else:
                yield self._changed(row, edit, replace(source, text=changed, units=None), explained)

    def _changed(
        self, row: int, edit: Edit, source: TextInput, explained: ExplainedText
    ) -> "_TriedEdit":
        """An edit whose text, `source`, the model can be given."""
        (text,), faults = self.encode([source])
        known = _TriedEdit(row, edit, source, "run", source.text, explained.value)
        if faults:
            return replace(known, status="failed", message=faults[0])
        if not text.n_content:
            return replace(known, status="nothing_left")
        if _inputs(text) == _inputs(explained.text):
            return replace(known, status="same_tokens")
        aimed = _aimed(text, explained.text, edit)
        if aimed is None:
            return replace(known, status="no_counterpart")
        return replace(known, changed=ChangedText(explained, aimed))

    def _row(
        self,
        each: "_TriedEdit",
        outcomes: Mapping[tuple[int, _Inputs], tuple[float, TextPrediction] | str],
    ) -> dict[str, Any]:
        """The columns of an edit but for `extra`."""
        prediction, after, message = None, None, each.message
        status = each.status
        if each.changed is not None:
            outcome = outcomes[each.row, _inputs(each.changed.text)]
            if isinstance(outcome, str):
                status, message = "failed", outcome
            else:
                after, prediction = outcome
        elif status == "same_tokens":
            after = each.before
        return {
            "text": each.row,
            "edit": each.edit.id,
            "status": status,
            "changed": each.text,
            "before": each.before,
            "after": after,
            "prediction": prediction and prediction.value,
            "prediction_label": prediction and _label(prediction, each.source),
            "scores": prediction.scores if prediction else (),
            "message": message,
        }


@dataclass(frozen=True, slots=True)
class _TriedEdit:
    """An edit of a text: columns of the table of edits, and what is to be run."""

    row: int
    edit: Edit
    source: TextInput
    status: EditStatus
    text: str | None = None
    before: float | None = None
    changed: ChangedText | None = None
    message: str = ""


def _inputs(text: EncodedText) -> _Inputs:
    """What the model is given of a text: texts with the same have the same figures."""
    target = None if text.target is None else text.target.ids
    return text.ids, text.type_ids, text.parts, target, tuple(map(_inputs, text.others))


def _aimed(text: EncodedText, original: EncodedText, edit: Edit) -> EncodedText | None:
    """The edited `text`, to explain what is explained of the `original`; None where what that is of
    has no counterpart: another number of words with tags, or of masks, or in another order; or less
    of a completion."""
    if original.n_steps != text.n_steps or (original.steps and not edit.keeps_order):
        return None
    steps = tuple(
        replace(step, target=before.target)
        for step, before in zip(text.steps, original.steps, strict=True)
    )
    return replace(text, steps=steps, against=original.against)


def _label(prediction: TextPrediction, source: TextInput) -> str | None:
    """What is predicted, as the table of texts names it."""
    if source.choices and len(source.choices) == len(prediction.scores):
        return source.choices[prediction.scores.index(max(prediction.scores))]
    return prediction.label
