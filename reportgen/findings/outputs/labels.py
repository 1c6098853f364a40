"""Counts how many labels of texts can be used."""

from dataclasses import dataclass

import numpy as np

from reportgen.results.store import Results
from reportgen.tasks.labels import Misfit, ReadAs
from reportgen.tasks.task import task_of


@dataclass(frozen=True, slots=True)
class LabelUse:
    """How many labels of analysed texts are compared with predictions."""

    n_labelled: int
    n_used: int
    read_as: ReadAs  # of numbers: "number"
    n_folded: int  # match a class only without regard to case and spaces
    n_percent: int  # end in %, which is left out
    unused: str | None  # the first label that is not used
    misfit: Misfit | None  # the first text whose label has no tag for each word


def label_use(results: Results) -> LabelUse | None:
    """How labels are used; None where no analysed text has one, and for tasks whose labels can all
    be used, or none."""
    labels, read = results.texts["label"], task_of(results.info.output).read_labels
    labelled = results.analysed & labels.notna().to_numpy(np.bool_)
    if read is None or not labelled.any():
        return None
    found = read(results)
    used = labelled & found.used
    unused = labels[labelled & ~used].tolist() if found.misfits is None else []
    return LabelUse(
        n_labelled=int(labelled.sum()),
        n_used=int(used.sum()),
        read_as=found.read_as,
        n_folded=found.n_folded,
        n_percent=found.n_percent,
        unused=str(unused[0]) if unused else None,
        misfit=found.misfits[0] if found.misfits else None,
    )
