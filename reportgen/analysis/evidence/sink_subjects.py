"""Which tokens and positions the sink tests are done on, and what they are held against.

Nothing here imports torch.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.analysis.evidence.target import Explained
from reportgen.models.tokens import EncodedText, put
from reportgen.results.info import Role, SinkTest, Subject
from reportgen.results.measures import MIN_CONTENT, MIN_TEXTS, SINK_RATIO

Array: TypeAlias = NDArray[np.float64]
MAX_TEXTS = 50  # looked at, and tested
MAX_FOUND = 3  # subjects beside the special-token roles
MAX_CONTROLS = 8  # groups of content tokens that a subject is held against
# The first position of texts that begin with content: a decoder's, without a token for the start.
FIRST = Subject("first", "", "position")


def find_subjects(roles: Sequence[Role], texts: Iterable[pd.DataFrame]) -> tuple[Subject, ...]:
    """What to test: the special-token `roles` that stand in `texts`, then what else may be a sink.

    That is at most MAX_FOUND content tokens (by how the tokenizer writes them) or the first
    position, where it is content, with the highest shares of attention received of at least
    SINK_RATIO times the even spread, in some layer, as means over the texts they stand in. Where
    the first position is one of them, tokens are judged by where else they stand.

    Args:
        texts: the rows of one text each in the table of tokens, in the order of their positions.
    """
    present: set[str] = set()
    first: list[Array] = []
    everywhere: dict[str, list[Array]] = {}
    elsewhere: dict[str, list[Array]] = {}
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
            first.append(shares[0])
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
    """Where each of `subjects` stands in a text, by its key; those alone that stand in it.

    No position belongs to two of them: the first is no token's where it is a subject itself.

    Args:
        tokens: of the text, as the tokenizer writes them.
        roles: key of each token's Role, None for content.
    """
    found: dict[str, list[int]] = {subject.key: [] for subject in subjects}
    for position, (token, role) in enumerate(zip(tokens, roles, strict=True)):
        key = f"token:{token}" if role is None else role
        if role is None and position == 0 and FIRST.key in found:
            key = FIRST.key
        if key in found:
            found[key].append(position)
    return {key: tuple(positions) for key, positions in found.items() if positions}


def control_groups(positions: Sequence[int], size: int) -> tuple[tuple[int, ...], ...]:
    """At most MAX_CONTROLS groups of `size` of `positions`, none of them in two groups.

    All that are taken are evenly spaced, and so are those of one group. No group where `size` is
    more than there are.
    """
    n_groups = min(MAX_CONTROLS, len(positions) // size)
    taken = [positions[i] for i in evenly_spaced(len(positions), n_groups * size)]
    return tuple(tuple(taken[group::n_groups]) for group in range(n_groups))


def evenly_spaced(n: int, most: int) -> tuple[int, ...]:
    """At most `most` of the numbers 0 to n - 1, evenly spaced, in order."""
    if n <= most:
        return tuple(range(n))
    return tuple((2 * i + 1) * n // (2 * most) for i in range(most))


def _add(sums: dict[str, list[Array]], names: NDArray[np.object_], shares: Array) -> None:
    """Add one text: of each token the sum of its `shares` `[position, figure, layer]`."""
    codes, tokens = pd.factorize(names)
    by_token = np.zeros((len(tokens), *shares.shape[1:]))
    np.add.at(by_token, codes, shares)
    for token, own in zip(tokens, by_token, strict=True):
        sums.setdefault(token, []).append(own)


def _peak(shares: Sequence[Array]) -> float | None:
    """The highest share in any layer where it is high enough, None where there is none.

    Args:
        shares: of each text, `[received | expected, layer]`.
    """
    if len(shares) < MIN_TEXTS:
        return None
    received, expected = np.mean(shares, axis=0)
    high = received[received >= SINK_RATIO * expected]
    return float(high.max()) if high.size else None


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
