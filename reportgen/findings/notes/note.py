"""A note: one statement about the measured figures, not yet in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from reportgen.findings.citations import Citation
from reportgen.findings.evidence import Estimate
from reportgen.findings.statistics import CONFIDENCE, Interval
from reportgen.results.info import RunInfo, Subject

Values: TypeAlias = Mapping[str, float | int | str]


@dataclass(frozen=True, slots=True)
class Note:
    """One statement about the measured figures; `notes.words` puts it into a sentence."""

    id: str
    role: str | None  # key of the special-token role or other subject it is about
    token: str | None  # that subject's token; "" for a position
    values: Values
    citations: tuple[Citation, ...]
    is_verdict: bool  # the one statement on attention sinks that its role has
    is_special: bool = True  # its token is a special one
    also: tuple[str, ...] = ()  # sentences that follow, by their keys


def plain(id: str, values: Values, *citations: Citation, also: tuple[str | None, ...] = ()) -> Note:
    """A note that is about no token; a sentence of `also` that is None is left out."""
    return Note(id, None, None, values, citations, is_verdict=False, also=_kept(also))


def about(
    subject: Subject,
    id: str,
    values: Values,
    *citations: Citation,
    is_verdict: bool = False,
    also: tuple[str | None, ...] = (),
) -> Note:
    """A note about `subject`; a sentence of `also` that is None is left out."""
    return Note(
        id,
        subject.key,
        subject.token,
        values,
        citations,
        is_verdict,
        is_special=subject.kind == "role",
        also=_kept(also),
    )


def ends(
    name: str, interval: Interval | None, low: str = "low", high: str = "high"
) -> dict[str, float]:
    """The two ends of an interval or range of the figure `name`; none where there is no interval.

    With them stands how sure an interval is.
    """
    if interval is None:
        return {}
    sure = {"confidence": CONFIDENCE} if low == "low" else {}
    return {f"{name}_{low}": interval.low, f"{name}_{high}": interval.high, **sure}


def figure(name: str, estimate: Estimate | None) -> dict[str, float]:
    """The figure `name` with its interval; nothing where it was not measured."""
    if estimate is None:
        return {}
    return {name: estimate.mean, **ends(name, estimate.interval)}


def explained(info: RunInfo) -> dict[str, str]:
    """What says which figure of the output was explained; nothing where there is no evidence."""
    scalar, target = info.evidence.scalar, info.evidence.target
    if scalar is None:
        return {}
    name = info.output.name
    if scalar == "number":
        name = target or next(iter(info.output.labels), name)
    said: dict[str, str] = {"scalar": scalar, "output_name": name}
    return said | ({"target": target} if target else {})


def _kept(keys: tuple[str | None, ...]) -> tuple[str, ...]:
    return tuple(key for key in keys if key is not None)


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
