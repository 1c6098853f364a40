"""Progress of an analysis: its cost before it starts, then what is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from reportgen.tasks import taken_at

# A step of an analysis: "texts" (attention of every text), the id of a measure of evidence,
# "sink_scores" (of possible sinks), "sinks" (tests), "heads" (their effects), "shuffled" (weights)
# or "edits".
Stage: TypeAlias = str
# The steps in the order in which they run, with the names of their progress bars.
STAGES: Mapping[Stage, str] = {
    "texts": "Attention",
    "sink_scores": "Sink scores",
    **{measure.id: measure.bar for measure in taken_at("full", None)},
    "sinks": "Sink tests",
    "heads": "Heads",
    "shuffled": "Shuffled weights",
    "edits": "Edits",
}
# How long a pass takes, in plain forward passes of the same text, as measured on models of base
# size: one whose attention is analysed, a backward pass, and one of many backward passes at once.
ANALYSIS = 2.0
BACKWARD = 1.5
ONE_OF_MANY = 1.0


@dataclass(frozen=True, slots=True)
class Passes:
    """Passes through the model, of whole texts or changed ones."""

    forward: int
    backward: int
    work: float  # tokens in plain forward passes that take as long

    def plus(self, other: "Passes") -> "Passes":
        """These and the `other` ones together."""
        return Passes(
            self.forward + other.forward, self.backward + other.backward, self.work + other.work
        )


@dataclass(frozen=True, slots=True)
class AttentionMemory:
    """The memory that the attention of one long text takes, beside the model and its forward
    pass."""

    n_tokens: int
    n_bytes: int
    in_stripes: (
        bool  # False: whole maps of a layer, since the model's attention allows no other way
    )


@dataclass(frozen=True, slots=True)
class Cost:
    """The expected cost of an analysis, known before it starts."""

    passes: Mapping[Stage, Passes]  # of the steps that will run
    n_texts: Mapping[Stage, int]  # texts that go through each of them
    is_exact: bool  # False: sink tests and integrated gradients may take more or fewer passes
    room: AttentionMemory | None = (
        None  # of the longest text that was looked at; None where none is long
    )
    asked: str | None = None  # texts with evidence, where a budget decides how many

    def plus(self, more: "Cost") -> "Cost":
        """This and `more` together."""
        none = Passes(0, 0, 0.0)
        return Cost(
            {
                stage: self.passes.get(stage, none).plus(more.passes.get(stage, none))
                for stage in {**self.passes, **more.passes}
            },
            {
                stage: self.n_texts.get(stage, 0) + more.n_texts.get(stage, 0)
                for stage in {**self.n_texts, **more.n_texts}
            },
            is_exact=self.is_exact and more.is_exact,
            room=self.room,
            asked=self.asked,
        )


class Progress:
    """Receives the progress of an analysis; this one ignores it, a subclass may show it."""

    def resumed(self, n_done: int, n_texts: int, n_left: int) -> None:
        """Called first if an earlier run is continued: it measured the attention of `n_done` of
        `n_texts` texts, and `n_left` texts still need evidence."""

    def begin(self, cost: Cost) -> None:
        """Called once, before the first pass."""

    def extend(self, more: Cost) -> None:
        """Called after the first pass if texts beside the sample get evidence: `more` is the extra
        cost."""

    def advance(self, stage: Stage, done: int, work: float = 0.0) -> None:
        """Called when `done` more texts finished a step; `work` as in `Passes`, 0 if not known."""

    def halved(self, n_texts: int, device: str) -> None:
        """Called once, when a batch of `n_texts` texts did not fit into the memory of `device`; it
        and those after it are run in halves."""

    def interrupted(self) -> None:
        """Called when the user interrupts the evidence; what was measured is still written."""
