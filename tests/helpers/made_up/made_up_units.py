"""Display units made by hand, for what is computed from them."""

from collections.abc import Sequence

import numpy as np

from reportgen.results import TextUnits, Unit


def made_units(
    received: Sequence[float],
    expected: Sequence[float],
    unit_of: Sequence[int],
    special: Sequence[int] = (),
) -> TextUnits:
    """Units "a", "b" … with one layer; `received` and `expected` are `[unit]`."""
    found, even = np.array(received), np.array(expected)
    return TextUnits(
        units=tuple(
            Unit(label, i in special, None if i in special else 0, i, i + 1, False)
            for i, label in enumerate("abcdefgh"[: len(found)])
        ),
        unit_of=tuple(unit_of),
        received=found[None],
        expected=even[None],
        cls_row=None,
        received_all=found,
        expected_all=even,
        cls_row_all=None,
        cls_token=None,
        multiples={"received_all": found / even},
    )
