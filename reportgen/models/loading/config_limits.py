"""Refuses a `config.json` that asks for a model of impossible size, before anything is built."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reportgen.errors import ModelError
from reportgen.results.checks.limits import COUNT, HEADS, INFO_BYTES, LAYERS

# A part of the name of a number, and the most it may be. A row of ids is made for all positions.
_CEILINGS: Mapping[str, int] = {
    "layer": LAYERS,
    "heads": HEADS,
    "n_head": HEADS,
    "label": 1_000_000,
    "position": 20_000_000,
    "n_ctx": 20_000_000,
    **dict.fromkeys(("size", "dim", "d_model", "d_ff", "n_embd", "experts"), COUNT),
}
_NAMES = ("id2label", "label2id")  # their keys are the names of classes
# What every position, label or row of a weight takes at the least: four bits.
_PER_BYTE = 2
# Numbers that have a row of weights for each of them.
_WEIGHED = ("hidden_size", "d_model", "n_embd", "dim", "vocab_size", "intermediate_size")
_DEEPEST = 50  # objects within objects; a few are known


def require_possible_sizes(folder: Path, weights: int | None) -> None:
    """Check the `config.json` in `folder`, whose files of weights have so many bytes;
    None if they were not fetched yet.

    Raises:
        ModelError: it is too large, nested too deeply, or holds a number that no model has or that
            does not fit the weights.
    """
    path = folder / "config.json"
    try:
        if path.stat().st_size > INFO_BYTES:
            raise ModelError(f"{path}: larger than {INFO_BYTES / 1e6:.0f} MB; is it the right one?")
        config = json.loads(path.read_bytes())
        numbers = list(_numbers(config, 0))
    except (OSError, ValueError):
        return  # what cannot be read is told where it is loaded
    except RecursionError as error:
        raise ModelError(f"{path}: nested too deeply; copy or download it again") from error
    for name, value in numbers:
        most = min((most for part, most in _CEILINGS.items() if part in name), default=None)
        if most is not None and value > most:
            raise ModelError(
                f"{path}: {name} is {value:,}, and no model has more than {most:,}; copy or "
                "download it again"
            )
        if weights is not None and name in _WEIGHED and value > weights * _PER_BYTE:
            raise ModelError(
                f"{path}: {name} is {value:,}, but its weights have only {weights:,} bytes; copy "
                "or download the folder again"
            )


def _numbers(config: Any, depth: int) -> Iterator[tuple[str, float]]:
    """The numbers in a configuration and in the configurations in it, with their names."""
    if depth > _DEEPEST:
        raise RecursionError
    if not isinstance(config, Mapping):
        return
    for name, value in config.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield name, value
        elif isinstance(value, Mapping) and name not in _NAMES:
            yield from _numbers(value, depth + 1)
