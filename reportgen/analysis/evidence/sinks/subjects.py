"""Subjects of the sink tests: the tokens and positions that are tested, and their controls."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.analysis.evidence.scalar import Explained
from reportgen.analysis.evidence.text_evidence import Floats
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.tokens.perturbed_texts import put
from reportgen.results.info import LEARNED_SINK, Role, SinkTest, Subject
from reportgen.results.measure_register import (
    MIN_CONTENT,
    MIN_TEXTS,
    MOST_OF_TEXT,
    SINK_EXCESS,
)

MAX_TEXTS = 50  # in which subjects are looked for, and which are tested
MAX_FOUND = 3  # subjects beside the special-token roles
MAX_CONTROLS = 8  # groups of text tokens that a subject is compared with
# The first position of texts that begin with content, in models without a start token.
FIRST = Subject("first", "", "position")


def find_subjects(roles: Sequence[Role], texts: Iterable[pd.DataFrame]) -> tuple[Subject, ...]:
    """Choose what is tested: the special-token `roles` in `texts`, then other possible sinks.

    The latter are at most MAX_FOUND text tokens (as the tokenizer writes them), or the first
    position if it is content: those that get most beyond the equal share, at least SINK_EXCESS in
    some layer, as means over the texts that have them. A text that is mostly one token does not
    count for it. If the first position can be a sink, tokens are judged by their other positions
    only.

    Args:
        texts: for each text its rows of the table of tokens, in the order of positions.
    """
    present: set[str] = set()
    first: list[Floats] = []
    everywhere: dict[str, list[Floats]] = {}
    elsewhere: dict[str, list[Floats]] = {}
    for tokens in texts:
        is_content = tokens["role"].isna().to_numpy(dtype=np.bool_)
        present.update(tokens["role"].dropna())
        if is_content.sum() < MIN_CONTENT:
            continue
        columns = (tokens["received_layers"], tokens["expected_layers"])
        shares = np.stack([np.stack(column.to_list()) for column in columns], axis=1)
        shares = shares.astype(np.float64)  # [position, received | expected, layer]
        names = tokens["token"].to_numpy()
        _add(everywhere, names[is_content], shares[is_content])
        if is_content[0]:
            first.append(_excess(shares[0]))
        _add(elsewhere, names[1:][is_content[1:]], shares[1:][is_content[1:]])
    found = {FIRST: _peak(first)}
    by_token = everywhere if found[FIRST] is None else elsewhere
    found |= {Subject(f"token:{t}", t, "token"): _peak(shares) for t, shares in by_token.items()}
    peaks = {subject: peak for subject, peak in found.items() if peak is not None}
    ranked = sorted(peaks, key=lambda subject: (-peaks[subject], subject.key))
    special = [Subject(role.key, role.token, "role") for role in roles if role.key in present]
    return (*special, *ranked[:MAX_FOUND])


def places(
    subjects: Sequence[Subject], tokens: Sequence[str], roles: Sequence[str | None]
) -> Mapping[str, tuple[int, ...]]:
    """The positions of `subjects` in a text, by their keys; without those that it does not have.

    A learned sink has none, and every text has it. No position belongs to two subjects: where the
    first position is one, it does not count for its token.

    Args:
        tokens: of the text, as the tokenizer writes them.
        roles: the key of each token's Role, None for content.
    """
    found: dict[str, list[int]] = {subject.key: [] for subject in subjects}
    for position, (token, role) in enumerate(zip(tokens, roles, strict=True)):
        key = f"token:{token}" if role is None else role
        if role is None and position == 0 and FIRST.key in found:
            key = FIRST.key
        if key in found:
            found[key].append(position)
    return {
        key: tuple(positions)
        for key, positions in found.items()
        if positions or key == LEARNED_SINK.key
    }


def control_groups(positions: Sequence[int], size: int) -> tuple[tuple[int, ...], ...]:
    """At most MAX_CONTROLS disjoint groups of `size` `positions` each.

    All positions that are used are evenly spaced, and so are those of each group. There is no group
    if `size` is larger than the number of positions.
    """
    n_groups = min(MAX_CONTROLS, len(positions) // size)
    taken = [positions[i] for i in evenly_spaced(len(positions), n_groups * size)]
    return tuple(tuple(taken[group::n_groups]) for group in range(n_groups))


def evenly_spaced(n: int, most: int) -> tuple[int, ...]:
    """At most `most` of the numbers 0 to n - 1, evenly spaced, in order."""
    if n <= most:
        return tuple(range(n))
    return tuple((2 * i + 1) * n // (2 * most) for i in range(most))


def _add(sums: dict[str, list[Floats]], names: NDArray[np.object_], shares: Floats) -> None:
    """Add one text: what each token gets beyond the equal share, by `shares`
    `[position, received | expected, layer]`."""
    codes, tokens = pd.factorize(names)
    by_token = np.zeros((len(tokens), *shares.shape[1:]))
    np.add.at(by_token, codes, shares)
    for token, own in zip(tokens, by_token, strict=True):
        if (own[1] <= MOST_OF_TEXT).all():
            sums.setdefault(token, []).append(_excess(own))


def _excess(shares: Floats) -> Floats:
    """`[layer]`, what a token gets beyond the equal share, from `[received | expected, layer]`."""
    received, expected = shares
    found: Floats = np.zeros_like(received)
    np.divide(received - expected, 1 - expected, out=found, where=expected < 1)
    return found


def _peak(excess: Sequence[Floats]) -> float | None:
    """The highest mean over texts of all layers if it is that of a sink, else None.

    Args:
        excess: for each text, `[layer]`.
    """
    if len(excess) < MIN_TEXTS:
        return None
    most = float(np.mean(excess, axis=0).max())
    return most if most >= SINK_EXCESS else None


@dataclass(frozen=True, slots=True)
class Group:
    """Positions of a text that are changed together."""

    subject: str | None  # its key; None for a group of text tokens
    positions: tuple[int, ...]  # none of a learned sink

    @property
    def size(self) -> int:
        """The number of text tokens that it is compared with."""
        return max(1, len(self.positions))


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A text that is tested."""

    index: int  # index among the explained texts
    explained: Explained
    subjects: tuple[Group, ...]  # those that the text has
    controls: tuple[Group, ...]  # groups of text tokens, of the same sizes as the subjects
    content: tuple[int, ...]  # positions of content that is not a subject

    @property
    def text(self) -> EncodedText:
        """The text that is run."""
        return self.explained.text


def find_case(index: int, explained: Explained, subjects: Sequence[Subject]) -> Case | None:
    """Make the case of one text; None if it has no subject, or fewer than MIN_CONTENT content
    tokens.

    Controls are content that is not a subject, so that no sink is compared with another sink.
    """
    text = explained.text
    found = places(subjects, text.tokens, text.roles)
    if text.n_content < MIN_CONTENT or not found:
        return None
    taken = {position for positions in found.values() for position in positions}
    content = [i for i, role in enumerate(text.roles) if role is None and i not in taken]
    groups = tuple(Group(key, positions) for key, positions in found.items())
    sizes = sorted({group.size for group in groups})
    return Case(
        index=index,
        explained=explained,
        subjects=groups,
        controls=tuple(Group(None, g) for size in sizes for g in control_groups(content, size)),
        content=tuple(content),
    )


def groups_of(case: Case, test: SinkTest, averaged: Collection[str | None]) -> tuple[Group, ...]:
    """The groups of `case` on which `test` is done.

    Args:
        averaged: the subjects that have mean value vectors; None stands for content.
    """
    groups = case.subjects + case.controls
    if test == "hide_key":
        return groups
    groups = tuple(group for group in groups if group.positions)  # a learned sink passes nothing on
    if test == "mean_value":
        sizes = {len(group.positions) for group in case.subjects if group.subject in averaged}
        return tuple(
            group for group in groups if group.subject in averaged and len(group.positions) in sizes
        )
    if test == "swap":
        return tuple(group for group in groups if swapped(case, group) is not None)
    return groups


def swapped(case: Case, group: Group) -> EncodedText | None:
    """The text with other tokens at the positions of `group`; None if it has no other token.

    Each is replaced by the next text token with another id, starting half the text's content
    further on.
    """
    ids = {}
    for position in group.positions:
        start = sum(i < position for i in case.content) + len(case.content) // 2
        following = (case.text.ids[i] for i in (case.content * 3)[start:])  # then from the start
        other = next((own for own in following if own != case.text.ids[position]), None)
        if other is None:
            return None
        ids[position] = other
    return put(case.text, ids)
