"""Where the notes on all texts stand on the page: each once, beside the figures it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportgen.info import RunInfo
from reportgen.notes.note import Note

_OTHER_SINKS = ("N1c", "N1c-unclear", "N1c-few")
_AGREEMENT = ("N13",)
_TRUST = (
    "N12",
    "N12-unrelated",
    "N12-unclear",
    "N13c",
    "N13c-unclear",
    "N14",
    "constant",
    "evidence-some",
    "evidence-flawed",
)
# What banners and the list of what is missing say already.
_SAID_ELSEWHERE = ("withheld", "interrupted", "N13-few")


@dataclass(frozen=True, slots=True)
class Placed:
    """Notes by where they stand."""

    overview: tuple[Note, ...]
    sinks: Mapping[str, tuple[Note, ...]]  # in the panel of each subject, by its key
    agreement: tuple[Note, ...]  # beside the table of agreement, one a view
    trust: tuple[Note, ...]


def place(notes: Sequence[Note], info: RunInfo) -> Placed:
    """Places `notes`.

    On which tokens attention piles up stays in the overview. Where there is evidence, what else is
    said of a token goes to its panel, and what is said of agreement to the panel on that.
    """
    has_panels = info.evidence.level != "none"
    subjects = (*(role.key for role in info.roles), *(s.key for s in info.evidence.subjects))
    overview: list[Note] = []
    sinks: dict[str, list[Note]] = {key: [] for key in subjects if has_panels}
    agreement: list[Note] = []
    trust: list[Note] = []
    for note in notes:
        if note.role in sinks and not (note.is_verdict or note.id in _OTHER_SINKS):
            sinks[note.role].append(note)
        elif has_panels and note.id in _AGREEMENT:
            agreement.append(note)
        elif has_panels and note.id in _TRUST:
            trust.append(note)
        elif note.id not in _SAID_ELSEWHERE:
            overview.append(note)
    return Placed(
        tuple(overview),
        {key: tuple(own) for key, own in sinks.items()},
        tuple(agreement),
        tuple(trust),
    )
