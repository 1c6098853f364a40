"""Counts how many labels of texts can be used."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.findings.outputs.several_numbers import used_labels
from reportgen.findings.statistics import Booleans
from reportgen.tasks.labels import Misfit, ReadAs

if TYPE_CHECKING:
    import pandas as pd

    from reportgen.findings.findings import Findings
    from reportgen.findings.outputs.multiple_choice import Choices
    from reportgen.findings.outputs.tags import Tags


@dataclass(frozen=True, slots=True)
class LabelUse:
    """How many labels of analysed texts are compared with predictions."""

    n_labelled: int
    n_used: int
    read_as: ReadAs  # of numbers: "number"
    n_folded: int  # match a class only without regard to case and spaces
    n_percent: int  # end in %, which is left out
    unused: str | None  # the first label that is not used
    misfit: Misfit | None = None  # the first text whose label has no tag for each word


def label_use(found: "Findings") -> LabelUse | None:
    """How labels are used; None where no analysed text has one, and for an output that labels are
    not compared with."""
    kind, labels = found.info.output.kind, found.texts["label"]
    labelled = found.analysed & labels.notna().to_numpy(np.bool_)
    if kind == "tags" and labelled.any() and found.tags is not None:
        return _tag_use(found.tags, labelled)
    if not labelled.any() or kind in ("embedding", "next_token", "completion", "masks", "answer"):
        return None
    if kind == "choice" and found.choices is not None:
        return _choice_use(found.choices, labels, labelled)
    read_as: ReadAs = "number"
    used, n_folded, n_percent = np.zeros(len(labels), np.bool_), 0, 0
    if kind == "class":
        read_as, n_folded = found.classes.labelled.read_as, found.classes.labelled.n_folded
        used = labelled & ~found.classes.labelled.unmatched
    elif kind == "labels":
        read_as, n_folded = found.label_sets.read_as, found.label_sets.n_folded
        used = labelled & found.label_sets.known
    elif kind == "number":
        used = labelled & found.texts["label_value"].notna().to_numpy(np.bool_)
        n_percent = int(labels[used].str.strip().str.endswith(("%", "％")).sum())
    elif kind == "numbers":
        used = labelled & used_labels(found.results)
    unused = labels[labelled & ~used]
    return LabelUse(
        int(labelled.sum()),
        int(used.sum()),
        read_as,
        n_folded,
        n_percent,
        str(unused.iloc[0]) if len(unused) else None,
    )


def _choice_use(choices: "Choices", labels: "pd.Series[str]", labelled: Booleans) -> LabelUse:
    unused = choices.unmatched
    first = str(labels.iloc[unused[0].text]) if unused else None
    n_labelled = int(labelled.sum())
    return LabelUse(n_labelled, n_labelled - len(unused), choices.read_as, 0, 0, first)


def _tag_use(tags: "Tags", labelled: Booleans) -> LabelUse:
    n_labelled, misfits = int(labelled.sum()), tags.misfits
    first = misfits[0] if misfits else None
    n_used = 0 if tags.fit is None else n_labelled - len(misfits)
    return LabelUse(n_labelled, n_used, tags.read_as, 0, 0, None, first)
