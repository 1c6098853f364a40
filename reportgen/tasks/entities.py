"""The entities that the tags of words mark."""

import re
from collections.abc import Sequence

OUTSIDE = "O"  # the tag of words outside all entities
_PREFIXED = re.compile(r"([BIESLU])[-_](.+)", re.DOTALL)
_BEGINS, _ENDS = "BSU", "ESL"


def spans(names: Sequence[str]) -> list[tuple[str, int, int]]:
    """The entities that tags mark: kind, first and last word.

    A prefix says whether a tag begins an entity (B, S, U), goes on (I) or ends it (E, L, S, U); as
    conlleval reads them, one that goes on without a beginning begins one. Tags without prefixes are
    one entity where they follow each other.
    """
    entities: list[tuple[str, int, int]] = []
    is_open = False
    for i, name in enumerate(names):
        parts = _PREFIXED.fullmatch(name)
        prefix, kind = parts.groups() if parts else ("", name)
        if name == OUTSIDE:
            is_open = False
            continue
        begins = bool(prefix) and prefix in _BEGINS
        if is_open and entities[-1][0] == kind and not begins:
            entities[-1] = (kind, entities[-1][1], i)
        else:
            entities.append((kind, i, i))
        is_open = not prefix or prefix not in _ENDS
    return entities
