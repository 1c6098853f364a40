"""Reads labels as a file gives them: numbers, lists, and new names for them."""

import json
from collections.abc import Mapping, Sequence

from reportgen.errors import UsageError, quoted
from reportgen.results import LARGEST, label_list, number_of

_EXAMPLE = 'write 1=negative,2=positive, or JSON such as {"1": "negative"}'


def label_number(label: str | None) -> float | None:
    """The number that a label stands for, as `number_of` reads it; None for no label."""
    return None if label is None else number_of(label)


def comparable_number(label: str | None) -> float | None:
    """The number that a prediction can be compared with, from -`LARGEST` to `LARGEST`."""
    value = label_number(label)
    return value if value is not None and abs(value) <= LARGEST else None


def read_label_map(text: str) -> str:
    """Check a value of --label-map.

    Raises:
        UsageError: it is no list of OLD=NEW, and no JSON object of strings.
    """
    label_map(text)
    return text


def label_map(text: str) -> Mapping[str, str]:
    """The new label for each old one, from OLD=NEW,OLD=NEW or a JSON object.

    Raises:
        UsageError: as `read_label_map`.
    """
    pairs = _from_json(text) if text.lstrip().startswith("{") else _from_pairs(text)
    names: dict[str, str] = {}
    for old, new in pairs:
        old, new = old.strip(), new.strip()
        if not old or not new:
            raise UsageError(f"--label-map: a label is empty; {_EXAMPLE}")
        if names.setdefault(old, new) != new:
            raise UsageError(f"--label-map: two new names for {quoted(repr(old))}; keep one")
    return names


def renamed(labels: Sequence[str | None], names: Mapping[str, str]) -> list[str | None]:
    """`labels` with new names for those in `names`; spaces around a label are ignored. In a label
    that is a JSON list, each item is renamed.

    Raises:
        UsageError: `names` has none of the labels.
    """
    new_labels = [_renamed(label, names) for label in labels]
    if all(new is None or new == old for new, old in zip(new_labels, labels, strict=True)):
        given = list(dict.fromkeys(label for label in labels if label is not None))
        if not given:
            raise UsageError("--label-map: the texts have no labels; name their --label-column")
        first = ", ".join(repr(label)[:40] for label in given[:5])
        raise UsageError(f"--label-map: no text has one of its labels; there are {quoted(first)}")
    return new_labels


def _renamed(label: str | None, names: Mapping[str, str]) -> str | None:
    if label is None:
        return None
    if (items := label_list(label)) is not None:
        return json.dumps([names.get(item.strip(), item) for item in items], ensure_ascii=False)
    return names.get(label.strip(), label)


def _from_pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    for part in text.split(","):
        old, mark, new = part.rpartition("=")
        if not mark:
            raise UsageError(f"--label-map {text!r:.80}: not a list of OLD=NEW; {_EXAMPLE}")
        pairs.append((old, new))
    return pairs


def _from_json(text: str) -> list[tuple[str, str]]:
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--label-map: broken JSON ({error}); {_EXAMPLE}") from error
    for _, new in pairs:
        if isinstance(new, (list, dict)) or new is None:
            raise UsageError(f"--label-map: a new label is not text; {_EXAMPLE}")
    return [(old, new if isinstance(new, str) else json.dumps(new)) for old, new in pairs]
