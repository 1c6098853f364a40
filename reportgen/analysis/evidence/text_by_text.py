"""Measures that take the gradient of one text at a time, and reasons why a text has no values."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from reportgen.analysis.evidence.explainer import Explained
from reportgen.analysis.evidence.text_evidence import Missing
from reportgen.models.loading.factory import describe
from reportgen.results.info import Reason

NOT_FINITE = "the gradient is not a finite number"
Found = TypeVar("Found")


class GradientError(Exception):
    """The output of a text has no gradient at its input embeddings."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def each_text(
    explained: Sequence[Explained], measure: Callable[[Explained], Found | Missing]
) -> list[Found | Missing]:
    """The result of `measure` for each text, or why there is none; a text that fails does not stop
    the others."""
    found: list[Found | Missing] = []
    for item in explained:
        try:
            found.append(measure(item))
        except GradientError as error:
            found.append(Missing(error.reason))
        except (Exception, SystemExit) as error:  # user code may call exit()
            found.append(Missing("failed", describe(error)))
    return found
