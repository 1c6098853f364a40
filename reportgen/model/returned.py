"""What a module's forward returned: its parts by name or place, and which are of a text."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias

from torch import Tensor

from reportgen.model.probe import Trial

# Name or place of a part; None where one tensor is all there is.
Entry: TypeAlias = int | str | None


def entries(returned: Any) -> dict[Entry, Any]:
    """The parts of what a module returned: a mapping, a dataclass, a tuple or one tensor."""
    if isinstance(returned, Mapping):
        return {str(key): value for key, value in returned.items()}
    if is_dataclass(returned):
        return {f.name: getattr(returned, f.name) for f in fields(returned)}
    if isinstance(returned, tuple | list):
        named: dict[Entry, Any] = {"logits": returned.logits} if hasattr(returned, "logits") else {}
        return named | dict(enumerate(returned))
    if hasattr(returned, "logits"):
        return {"logits": returned.logits}
    return {None: returned}


def figures_by_text(trials: Sequence[Trial], entry: Entry) -> int | None:
    """Figures a text in `entry`, of shape `[text]` or `[text, figure]`; None where it is neither.

    A row must belong to a text and be as wide however many tokens the texts have.
    """
    widths = set()
    for trial, value in _floats(trials, entry):
        if value is None:
            return None
        shape = tuple(value.shape)
        if shape == (trial.n_texts,) or (trial.n_texts == 1 and shape == ()):
            widths.add(1)
        elif len(shape) == 2 and shape[0] == trial.n_texts:
            widths.add(shape[1])
        else:
            return None
    return widths.pop() if len(widths) == 1 else None


def figures_by_token(trials: Sequence[Trial], entry: Entry) -> int | None:
    """Figures a token in `entry`, of shape `[text, token, figure]`; None where it is not that."""
    widths = set()
    for trial, value in _floats(trials, entry):
        if value is None or value.ndim != 3:
            return None
        if tuple(value.shape[:2]) != (trial.n_texts, trial.n_tokens):
            return None
        widths.add(int(value.shape[2]))
    return widths.pop() if len(widths) == 1 else None


def describe_returned(trial: Trial) -> str:
    """The shapes of what came out of `trial`, for an error."""

    def one(value: Any) -> str:
        return str(list(value.shape)) if isinstance(value, Tensor) else type(value).__name__

    parts = [
        f"{entry} {one(value)}" if isinstance(entry, str) else one(value)
        for entry, value in entries(trial.returned).items()
    ]
    return f"({', '.join(parts)}) for {trial.n_texts} texts of {trial.n_tokens} tokens"


def _floats(trials: Sequence[Trial], entry: Entry) -> list[tuple[Trial, Tensor | None]]:
    found = []
    for trial in trials:
        value = entries(trial.returned).get(entry)
        is_float = isinstance(value, Tensor) and value.is_floating_point()
        found.append((trial, value if is_float else None))
    return found
