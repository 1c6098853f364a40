"""Reads the labels of texts, and counts how many can be used."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from reportgen.findings.attention import analysed
from reportgen.findings.outputs.several_numbers import used_labels
from reportgen.findings.statistics import Booleans
from reportgen.results.labels import NONE, ClassNames
from reportgen.results.multiple_choice import ChoiceReading
from reportgen.results.store import Results

if TYPE_CHECKING:
    import pandas as pd

    from reportgen.findings.findings import Findings
    from reportgen.findings.outputs.multiple_choice import Choices
    from reportgen.findings.outputs.tags import Misfit, Tags

# What labels are read as: names of classes, their numbers from 0, or lists of one 0 or 1 per label;
# of choices see `ChoiceReading`.
ReadAs: TypeAlias = Literal["name", "number", "flags"] | ChoiceReading


@dataclass(frozen=True, slots=True, eq=False)
class LabelSets:
    """The labels given to each text of a model that puts out several."""

    given: Booleans  # [text, label]
    known: Booleans  # [text], whether a text has labels and all of them are the model's
    read_as: ReadAs
    unmatched: Booleans  # [text], analysed texts with a label that is not the model's
    n_folded: int  # analysed texts whose labels match only without regard to case and spaces


def label_sets(results: Results) -> LabelSets:
    """The labels of every text of a model that puts out several labels.

    A text has one label, a JSON list of them, or several between separators. They are names (see
    `ClassNames`). Where no label of the texts is a name, they are numbers of labels from 0; or, if
    each text has a list of as many zeros and ones as there are labels, and the same number stands
    in a list twice, one 0 or 1 for each label.
    """
    labels = results.info.output.labels
    names, known = ClassNames(labels), analysed(results)
    rows = [
        names.split(label) if isinstance(label, str) else None for label in results.texts["label"]
    ]
    places: list[list[int] | None] = [
        None if parts is None else [names.find(part) for part in parts] for parts in rows
    ]
    read_as: ReadAs = "name"
    if all(place == NONE for own in places for place in own or ()):
        read_as, places = _numbered(rows, len(labels))
    given = np.zeros((len(rows), len(labels)), dtype=np.bool_)
    matched, folded = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
    for text, (parts, own) in enumerate(zip(rows, places, strict=True)):
        if parts is not None and own is not None and NONE not in own:
            matched[text] = True
            given[text, own] = True
            folded[text] = read_as == "name" and not all(map(names.is_exact, parts))
    has_label = np.array([parts is not None for parts in rows], np.bool_)
    return LabelSets(
        given, matched, read_as, has_label & ~matched & known, int((folded & known).sum())
    )


def _numbered(
    rows: Sequence[Sequence[str] | None], n_labels: int
) -> tuple[ReadAs, list[list[int] | None]]:
    """How labels that are not names are read, and the indices of each text's labels."""
    places = [
        None if row is None else [label_number(part, n_labels) for part in row] for row in rows
    ]
    given = [own for own in places if own]
    if any(len(set(own)) < len(own) for own in given) and all(
        len(own) == n_labels and set(own) <= {0, 1} for own in given
    ):
        return "flags", [
            own and [place for place, flag in enumerate(own) if flag] for own in places
        ]
    if given and all(NONE not in own for own in given):
        return "number", places
    return "name", [own and [NONE] * len(own) for own in places]


def label_number(part: str, n_labels: int) -> int:
    """The label as one of the numbers from 0 to `n_labels` less one, or NONE."""
    text = part.strip()
    number = int(text) if text.isdecimal() and len(text) < 10 else NONE
    return number if number < n_labels else NONE


@dataclass(frozen=True, slots=True)
class LabelUse:
    """How many labels of analysed texts are compared with predictions."""

    n_labelled: int
    n_used: int
    read_as: ReadAs  # of numbers: "number"
    n_folded: int  # match a class only without regard to case and spaces
    n_percent: int  # end in %, which is left out
    unused: str | None  # the first label that is not used
    misfit: "Misfit | None" = None  # the first text whose label has no tag for each word


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
        read_as, n_folded = found.classes.read_as, found.classes.n_folded
        used = labelled & ~found.classes.unmatched
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
