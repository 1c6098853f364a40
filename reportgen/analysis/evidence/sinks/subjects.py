"""Subjects of the sink tests: the tokens and positions that are tested, on which texts.

Nothing of a model is imported here: where there is nothing to test, none is loaded.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.results import (
    MIN_CONTENT,
    MIN_TEXTS,
    MOST_OF_TEXT,
    SINK_EXCESS,
    SINK_TESTS_AT,
    EvidenceLevel,
    Role,
    SinkTest,
    Subject,
)

Floats: TypeAlias = NDArray[np.float64]
LOOKED_AT = 50  # texts in which subjects are looked for
HEAD_TEXTS = 24  # in which the effects of single heads are measured
MAX_FOUND = 3  # subjects beside the special-token roles
# The first position of texts that begin with content, in models without a start token.
FIRST = Subject("first", "", "position")


@dataclass(frozen=True, slots=True)
class Depth:
    """How thoroughly sinks are tested."""

    tests: tuple[SinkTest, ...]
    most_texts: int  # that are tested, evenly spaced
    most_controls: int  # groups of text tokens that a subject is compared with
    most_subjects: int | None  # that are tested; None: all special tokens, MAX_FOUND others

    def tested(self, subjects: Sequence[Subject]) -> Sequence[Subject]:
        """Those of `subjects`, as `find_subjects` gives them, that are tested."""
        if self.most_subjects is not None:
            return subjects[: self.most_subjects]
        special = [subject for subject in subjects if subject.kind == "role"]
        return (*special, *[s for s in subjects if s.kind != "role"][:MAX_FOUND])


# The first is what every run can afford: two passes and one for each control, on few texts.
DEPTHS: Mapping[EvidenceLevel, Depth] = {
    "basic": Depth(SINK_TESTS_AT["basic"], most_texts=24, most_controls=3, most_subjects=1),
    "full": Depth(SINK_TESTS_AT["full"], most_texts=50, most_controls=8, most_subjects=None),
}


@dataclass(frozen=True, slots=True)
class Suspects:
    """What is tested, and on which texts.

    Attributes:
        subjects: as `find_subjects` gives them.
        rows: of the table of texts, in input order.
    """

    depth: Depth
    subjects: tuple[Subject, ...]
    rows: tuple[int, ...]


def find_suspects(
    level: EvidenceLevel,
    sample: Sequence[int],
    roles: Sequence[Role],
    tokens_of: Callable[[int], pd.DataFrame],
) -> Suspects:
    """What is tested at a level of evidence.

    Args:
        sample: rows of the table of texts.
        roles: of their special tokens.
        tokens_of: from a row of the table of texts to its rows of the table of tokens.
    """
    depth = DEPTHS[level]
    rows = [sample[i] for i in evenly_spaced(len(sample), LOOKED_AT)]
    subjects = find_subjects(roles, map(tokens_of, rows))
    tested = {subject.key for subject in depth.tested(subjects)}
    rows = [row for row in rows if _has_any(tested, subjects, tokens_of(row))]
    chosen = tuple(rows[i] for i in evenly_spaced(len(rows), depth.most_texts))
    return Suspects(depth, subjects, chosen)


def _has_any(keys: set[str], subjects: Sequence[Subject], tokens: pd.DataFrame) -> bool:
    """Whether a text has one of the subjects `keys`, and enough content to test it."""
    roles = [None if pd.isna(role) else str(role) for role in tokens["role"]]
    at = places(subjects, tokens["token"].tolist(), roles)
    return roles.count(None) >= MIN_CONTENT and not keys.isdisjoint(at)


def find_subjects(roles: Sequence[Role], texts: Iterable[pd.DataFrame]) -> tuple[Subject, ...]:
    """The possible sinks, what gets most first: special-token `roles`, text tokens (as the
    tokenizer writes them), or the first position if it is content.

    They get at least SINK_EXCESS of what is beyond the equal share in some layer, as means over the
    texts that have them. A text that is mostly one token does not count for it. If the first
    position can be a sink, tokens are judged by their other positions only.

    Args:
        texts: for each text its rows of the table of tokens, in the order of positions.
    """
    special: dict[str, list[Floats]] = {}
    first: list[Floats] = []
    everywhere: dict[str, list[Floats]] = {}
    elsewhere: dict[str, list[Floats]] = {}
    for tokens in texts:
        is_content = tokens["role"].isna().to_numpy(dtype=np.bool_)
        special |= {role: special.get(role, []) for role in tokens["role"].dropna()}
        if is_content.sum() < MIN_CONTENT:
            continue
        columns = (tokens["received_layers"], tokens["expected_layers"])
        shares = np.stack([np.stack(column.to_list()) for column in columns], axis=1)
        shares = shares.astype(np.float64)  # [position, received | expected, layer]
        names = tokens["token"].to_numpy()
        _add(special, tokens["role"].to_numpy()[~is_content], shares[~is_content], most=1.0)
        _add(everywhere, names[is_content], shares[is_content])
        if is_content[0]:
            first.append(_excess_of(shares[0]))
        _add(elsewhere, names[1:][is_content[1:]], shares[1:][is_content[1:]])
    peaks = {FIRST: _peak(first)}
    by_token = everywhere if peaks[FIRST] is None else elsewhere
    peaks |= {Subject(f"token:{t}", t, "token"): _peak(shares) for t, shares in by_token.items()}
    present = [Subject(role.key, role.token, "role") for role in roles if role.key in special]
    peaks |= {subject: _peak(special[subject.key]) for subject in present}
    high = {subject: peak for subject, peak in peaks.items() if peak is not None}
    return tuple(sorted(high, key=lambda subject: (-high[subject], subject.key)))


def places(
    subjects: Sequence[Subject], tokens: Sequence[str], roles: Sequence[str | None]
) -> Mapping[str, tuple[int, ...]]:
    """The positions of `subjects` in a text, by their keys; without those that it does not have.

    No position belongs to two subjects: where the first position is one, it does not count for its
    token.

    Args:
        tokens: of the text, as the tokenizer writes them.
        roles: the key of each token's Role, None for content.
    """
    by_key: dict[str, list[int]] = {subject.key: [] for subject in subjects}
    for position, (token, role) in enumerate(zip(tokens, roles, strict=True)):
        key = f"token:{token}" if role is None else role
        if role is None and position == 0 and FIRST.key in by_key:
            key = FIRST.key
        if key in by_key:
            by_key[key].append(position)
    return {key: tuple(positions) for key, positions in by_key.items() if positions}


def control_groups(positions: Sequence[int], size: int, most: int) -> tuple[tuple[int, ...], ...]:
    """At most `most` disjoint groups of `size` `positions` each.

    All positions that are used are evenly spaced, and so are those of each group. There is no group
    if `size` is larger than the number of positions.
    """
    n_groups = min(most, len(positions) // size)
    taken = [positions[i] for i in evenly_spaced(len(positions), n_groups * size)]
    return tuple(tuple(taken[group::n_groups]) for group in range(n_groups))


def evenly_spaced(n: int, most: int) -> tuple[int, ...]:
    """At most `most` of the numbers 0 to n - 1, evenly spaced, in order."""
    if n <= most:
        return tuple(range(n))
    return tuple((2 * i + 1) * n // (2 * most) for i in range(most))


def _add(
    sums: dict[str, list[Floats]],
    names: NDArray[np.object_],
    shares: Floats,
    most: float = MOST_OF_TEXT,
) -> None:
    """Add one text: what each token gets beyond the equal share, by `shares`
    `[position, received | expected, layer]`; without tokens whose equal share is over `most`."""
    codes, tokens = pd.factorize(names)
    by_token = np.zeros((len(tokens), *shares.shape[1:]))
    np.add.at(by_token, codes, shares)
    for token, token_shares in zip(tokens, by_token, strict=True):
        if (token_shares[1] <= most).all():
            sums.setdefault(token, []).append(_excess_of(token_shares))


def _excess_of(shares: Floats) -> Floats:
    """`[layer]`: what a token gets beyond the equal share, from `[received | expected, layer]`."""
    received, expected = shares
    excess: Floats = np.zeros_like(received)
    np.divide(received - expected, 1 - expected, out=excess, where=expected < 1)
    return excess


def _peak(excess: Sequence[Floats]) -> float | None:
    """The highest mean over texts of all layers if it is that of a sink, else None.

    Args:
        excess: for each text, `[layer]`.
    """
    if len(excess) < MIN_TEXTS:
        return None
    most = float(np.mean(excess, axis=0).max())
    return most if most >= SINK_EXCESS else None
