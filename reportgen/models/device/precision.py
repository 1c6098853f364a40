"""How far figures may be from what they should equal, in each precision that a model runs in.

The checks ask whether a model's attention is read right, not whether it is exact: a wrong reading
is off by far more, in any precision. Figures that a rounded model gives are as rounded as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tolerances:
    """The largest errors that the self-checks allow."""

    row_sum: float  # of the sum of a row of attention, which should be 1
    # Of attention, and of the output relative to its size, of a text in a padded batch, run again,
    # or read in stripes, from those of the text alone.
    repeated: float
    rebuilt: float  # of the output of a block rebuilt of its values, relative to its largest entry
    together: float  # of vectors or logits of texts run together from those run apart, relative


TOLERANCES: Mapping[str, Tolerances] = {
    "float32": Tolerances(row_sum=1e-3, repeated=1e-4, rebuilt=1e-4, together=1e-4),
    "float16": Tolerances(row_sum=1e-2, repeated=1e-2, rebuilt=1e-2, together=2e-2),
    "bfloat16": Tolerances(row_sum=3e-2, repeated=5e-2, rebuilt=5e-2, together=5e-2),
}


def tolerances(dtype: str) -> Tolerances:
    """The tolerances for a precision; for others that a user's module may have, such as float64,
    those for float32."""
    return TOLERANCES.get(dtype, TOLERANCES["float32"])


def allowed(off: float, most: float, dtype: str) -> str:
    """The size of an error and the allowed size, for an error message."""
    return f"off by {off:.2g}, where {dtype} may be off by {most:g}"
