"""Texts that get sink tests: what is changed in each, and what that is compared with."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reportgen.analysis.evidence.sinks.subjects import Depth, control_groups, places
from reportgen.models import EncodedText, ExplainedText
from reportgen.results import MIN_CONTENT, SinkTest, Subject


@dataclass(frozen=True, slots=True)
class Group:
    """Positions of a text that are changed together."""

    subject: str | None  # its key; None for a group of text tokens
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A text that is tested."""

    index: int  # index among the explained texts
    explained: ExplainedText
    subjects: tuple[Group, ...]  # what is tested of it
    controls: tuple[Group, ...]  # groups of text tokens, of the same sizes as the subjects
    content: tuple[int, ...]  # positions of content that is not a subject

    @property
    def text(self) -> EncodedText:
        """The text that is run."""
        return self.explained.text


def find_case(
    index: int, explained: ExplainedText, subjects: Sequence[Subject], depth: Depth
) -> Case | None:
    """Make the case of one text; None if it has nothing to test, or fewer than MIN_CONTENT content
    tokens.

    Controls are content that is none of `subjects`, so that no sink is compared with another sink.
    """
    text = explained.text
    by_subject = places(subjects, text.tokens, text.roles)
    tested = [subject.key for subject in depth.tested(subjects) if subject.key in by_subject]
    if text.n_content < MIN_CONTENT or not tested:
        return None
    taken = {position for positions in by_subject.values() for position in positions}
    content = [i for i, role in enumerate(text.roles) if role is None and i not in taken]
    groups = tuple(Group(key, by_subject[key]) for key in tested)
    sizes = sorted({len(group.positions) for group in groups})
    most = depth.most_controls
    return Case(
        index=index,
        explained=explained,
        subjects=groups,
        controls=tuple(Group(None, g) for n in sizes for g in control_groups(content, n, most)),
        content=tuple(content),
    )


def groups_of(case: Case, test: SinkTest, averaged: Collection[str | None]) -> tuple[Group, ...]:
    """The groups of `case` on which `test` is done.

    Args:
        averaged: the subjects that have mean value vectors; None stands for content.
    """
    groups = case.subjects + case.controls
    if test == "zero_value":
        return groups
    sizes = {len(group.positions) for group in case.subjects if group.subject in averaged}
    return tuple(
        group for group in groups if group.subject in averaged and len(group.positions) in sizes
    )
