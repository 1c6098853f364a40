"""What the sink tests change in one text: the subjects' positions, and content to hold them
against."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reportgen.evidence.subjects import control_groups, places
from reportgen.evidence.target import Explained
from reportgen.evidence.variants import put
from reportgen.info import SinkTest, Subject
from reportgen.limits import MIN_CONTENT
from reportgen.model.tokens import EncodedText


@dataclass(frozen=True, slots=True)
class Group:
    """Positions of one text that are changed together."""

    subject: str | None  # its key; None for a group of content tokens
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One text to test."""

    index: int  # which of the explained texts
    explained: Explained
    subjects: tuple[Group, ...]  # those that stand in it
    controls: tuple[Group, ...]  # for every number of positions that a subject has
    content: tuple[int, ...]  # positions of content that is no subject

    @property
    def text(self) -> EncodedText:
        """What is run."""
        return self.explained.text


def find_case(index: int, explained: Explained, subjects: Sequence[Subject]) -> Case | None:
    """The case of one text; None where no subject stands in it, or too little content.

    Controls are content that is no subject itself, so that no sink is held against another.
    """
    text = explained.text
    found = places(subjects, text.tokens, text.roles)
    if text.n_content < MIN_CONTENT or not found:
        return None
    taken = {position for positions in found.values() for position in positions}
    content = [i for i, role in enumerate(text.roles) if role is None and i not in taken]
    sizes = sorted({len(positions) for positions in found.values()})
    return Case(
        index=index,
        explained=explained,
        subjects=tuple(Group(key, positions) for key, positions in found.items()),
        controls=tuple(Group(None, g) for size in sizes for g in control_groups(content, size)),
        content=tuple(content),
    )


def groups_of(case: Case, test: SinkTest, averaged: Collection[str | None]) -> tuple[Group, ...]:
    """The groups that `test` is done on in `case`.

    Args:
        averaged: subjects of which there are means, and None where there is one of content.
    """
    groups = case.subjects + case.controls
    if test == "mean_value":
        sizes = {len(group.positions) for group in case.subjects if group.subject in averaged}
        return tuple(
            group for group in groups if group.subject in averaged and len(group.positions) in sizes
        )
    if test == "swap":
        return tuple(group for group in groups if swapped(case, group) is not None)
    return groups


def swapped(case: Case, group: Group) -> EncodedText | None:
    """The text with other tokens at the positions of `group`; None where it has no other.

    Each is the first content token of another id, from half the text's content further on.
    """
    ids = {}
    for position in group.positions:
        start = sum(i < position for i in case.content) + len(case.content) // 2
        following = (case.text.ids[i] for i in (case.content * 3)[start:])  # round and round
        other = next((own for own in following if own != case.text.ids[position]), None)
        if other is None:
            return None
        ids[position] = other
    return put(case.text, ids)
