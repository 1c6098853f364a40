"""Everything that can go wrong for a user, each with the exit code of the command line.

A message is one line: what is wrong, where (file:line, text id), and what to do next.
"""

from collections.abc import Collection

_SHOWN = 5


class ReportgenError(Exception):
    """Base of every error that is told to the user in one line, without a traceback."""

    exit_code = 1


class UsageError(ReportgenError):
    """An option, a column or an output path cannot be used; found before any model is loaded."""

    exit_code = 2


class InputError(ReportgenError):
    """A file of texts cannot be read or holds no text."""


class ModelError(ReportgenError):
    """A model, its weights or its tokenizer cannot be loaded or do not fit together."""


class CaptureError(ModelError):
    """The model runs but gives no attention maps that pass the checks."""


class ResultsError(ReportgenError):
    """A results folder is missing, damaged or of a newer schema."""


class ComparisonError(ReportgenError):
    """Two results that are not of the same texts cannot be held against one another."""


class OutputError(ReportgenError):
    """An output cannot be written."""


def first_line(error: BaseException) -> str:
    """The first line of what another library's `error` says."""
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return message.strip().partition("\n")[0]


def some(names: Collection[str]) -> str:
    """The first five of `names`, for a message."""
    return ", ".join(list(names)[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
