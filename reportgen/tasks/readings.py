"""How many labels of texts can be used, and how they are read, for each task with right answers."""

from dataclasses import dataclass

import numpy as np

from reportgen.results.labels import NONE
from reportgen.results.store import Results
from reportgen.results.tables.schema import STEPS
from reportgen.tasks.choices import chosen_texts
from reportgen.tasks.labels import (
    Booleans,
    Misfit,
    ReadAs,
    class_labels,
    label_numbers,
    label_sets,
    n_numbers,
    tag_labels,
)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """How the labels of texts are read."""

    read_as: ReadAs  # of numbers: "number"
    used: Booleans  # [text], whether it has a label that is compared
    n_folded: int = 0  # match a class only without regard to case and spaces
    n_percent: int = 0  # end in %, which is left out
    # Texts whose label has no tag for each word. Of tags no label is quoted: it is a whole list.
    misfits: tuple[Misfit, ...] | None = None


def numbers(results: Results) -> Reading:
    """A label is a number."""
    texts = results.texts
    used = results.analysed & texts["label_value"].notna().to_numpy(np.bool_)
    ends_in_percent = texts["label"][used].str.strip().str.endswith(("%", "％"))
    return Reading("number", used, n_percent=int(ends_in_percent.sum()))


def several_numbers(results: Results) -> Reading:
    """A label is a list of as many numbers as the model returns."""
    values = label_numbers(results.texts["label"], n_numbers(results))
    return Reading("number", results.analysed & np.isfinite(values).all(axis=1))


def classes(results: Results) -> Reading:
    """A label is a class; see `class_labels`."""
    found = class_labels(results.texts, results.info.output.labels, results.analysed)
    return Reading(found.read_as, results.analysed & ~found.unmatched, found.n_folded)


def sets(results: Results) -> Reading:
    """A label is several of the model's; see `label_sets`."""
    found = label_sets(results.texts["label"], results.info.output.labels, results.analysed)
    return Reading(found.read_as, results.analysed & found.known, found.n_folded)


def tags(results: Results) -> Reading:
    """A label is a tag for each word; see `tag_labels`."""
    texts = results.texts
    n_words = np.where(results.analysed, texts[STEPS].list.len().fillna(0).to_numpy(np.intp), 0)
    is_cut = texts["status"].eq("truncated").to_numpy(np.bool_)
    found = tag_labels(texts["label"], results.info.output.labels, n_words, is_cut)
    used = results.analysed & bool((found.places != NONE).any())
    used[[misfit.text for misfit in found.misfits]] = False
    return Reading(found.read_as, used, misfits=found.misfits)


def choices(results: Results) -> Reading:
    """A label names a choice; see `chosen_texts`."""
    found = chosen_texts(results)
    used = results.analysed.copy()
    used[[own.text for own in found.every if own.has_label and own.label == NONE]] = False
    return Reading(found.read_as, used)
