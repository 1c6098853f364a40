"""A note: one statement about the measured figures, not yet in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from reportgen.findings.notes.citations import Citation
from reportgen.findings.statistics import CONFIDENCE, Estimate, Interval
from reportgen.results import RunInfo, Subject
from reportgen.tasks import target_of

Values: TypeAlias = Mapping[str, float | int | str]
# What a note is about. It decides where the note is placed and which summaries include it.
Kind: TypeAlias = Literal[
    "verdict",  # whether a token is an attention sink
    "length",  # how long the vectors are that a token passes on
    "passed",  # what a token passes on, as the sink tests show it
    "test",  # sink tests that leave that open
    "token",  # anything else about one token
    "trust",  # where a measure is not to be trusted
    "banner",  # what the page says in a banner or a list of what is missing
    "general",
]
# The one statement on attention sinks that each token has which is judged.
SinkVerdict: TypeAlias = Literal[
    "sink",
    "raised",  # it gets more than an equal share, but is no sink
    "none",
    "unclear",
    "too_few_texts",
    "no_text",  # long enough
    "no_special_tokens",
]


@dataclass(frozen=True, slots=True)
class Note:
    """One statement about the measured figures; `report.language.sentences` words it."""

    id: str
    role: str | None  # key of the special-token role or other subject it is about
    token: str | None  # that subject's token; "" for a position
    values: Values
    citations: tuple[Citation, ...]
    kind: Kind
    is_special: bool = True  # its token is a special one
    also: tuple[str, ...] = ()  # sentences that follow, by their keys
    verdict: SinkVerdict | None = None  # of the kind "verdict"
    rules_out_sink: bool = False  # a verdict that its token is no sink

    @property
    def on_sink(self) -> SinkVerdict | None:
        """The verdict on whether its token is a sink; none if that is ruled out or if it is unclear
        whether the share is raised."""
        return "none" if self.rules_out_sink and self.verdict == "unclear" else self.verdict

    @property
    def is_in_heads(self) -> bool:
        """Whether its token is a sink in single heads, but not in the mean over heads."""
        return "head_excess" in self.values

    @property
    def sink_layer(self) -> int | None:
        """The layer in which its token is a sink, or that of the single head that makes it one
        most; None for any other note."""
        if self.is_in_heads:
            return int(self.values["head_layer"])
        return int(self.values["layer"]) if self.verdict == "sink" else None

    @property
    def is_text_token(self) -> bool:
        """Whether it is about a token that texts have themselves: no special one, no position."""
        return bool(self.token) and not self.is_special

    @property
    def is_verdict(self) -> bool:
        """Whether the note is its token's verdict; each token has only one."""
        return self.kind == "verdict"


def plain(
    id: str,
    values: Values,
    *citations: Citation,
    kind: Kind = "general",
    also: tuple[str | None, ...] = (),
) -> Note:
    """Make a note that is not about a token; sentences of `also` that are None are left out."""
    return Note(id, None, None, values, citations, kind, also=_kept(also))


def about(
    subject: Subject,
    id: str,
    values: Values,
    *citations: Citation,
    kind: Kind = "token",
    also: tuple[str | None, ...] = (),
) -> Note:
    """Make a note about `subject`; sentences of `also` that are None are left out."""
    is_special = subject.kind == "role"
    return Note(
        id, subject.key, subject.token, values, citations, kind, is_special, also=_kept(also)
    )


def ends(
    name: str, interval: Interval | None, low: str = "low", high: str = "high"
) -> dict[str, float]:
    """The two ends of an interval or range of the figure `name`; empty where there is none.

    An interval comes with its confidence.
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
    """The name of the figure that was explained; empty without evidence."""
    scalar, target = info.evidence.scalar, info.evidence.target
    if scalar is None:
        return {}
    name = info.output.name
    if target_of(info.evidence).is_output:
        name = target or next(iter(info.output.labels), name)
    values: dict[str, str] = {"scalar": scalar, "output_name": name}
    against = info.evidence.against
    return (
        values | ({"target": target} if target else {}) | ({"against": against} if against else {})
    )


def _kept(keys: tuple[str | None, ...]) -> tuple[str, ...]:
    return tuple(key for key in keys if key is not None)


@dataclass(frozen=True, slots=True)
class Placed:
    """Notes by their place in the report."""

    overview: tuple[Note, ...]
    sinks: Mapping[str, tuple[Note, ...]]  # in the panel of each subject, by its key
    trust: tuple[Note, ...]


def place(notes: Sequence[Note], info: RunInfo, others: Iterable[str] = ()) -> Placed:
    """The `notes` by their place in the report.

    Verdicts stay in the overview. If there is evidence, the other notes on a token go to its panel,
    and those on measures to the panel on trust. `others` are the keys of tokens that have a
    verdict and are no special ones.
    """
    has_panels = info.evidence.level != "none"
    subjects = (*(role.key for role in info.roles), *others)
    overview: list[Note] = []
    sinks: dict[str, list[Note]] = {key: [] for key in subjects if has_panels}
    trust: list[Note] = []
    for note in notes:
        if note.role in sinks and not note.is_verdict:
            sinks[note.role].append(note)
        elif has_panels and note.kind == "trust":
            trust.append(note)
        elif note.kind != "banner":
            overview.append(note)
    return Placed(
        tuple(overview),
        {key: tuple(sink_notes) for key, sink_notes in sinks.items()},
        tuple(trust),
    )
