"""Everything that can go wrong for a user, each with the exit code of the command line.

A message is one line: what is wrong, where (file:line, text id), and what to do next.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager


def without_surrogates(text: str) -> str:
    r"""`text` with each lone surrogate spelt out, as `\ud83d`.

    Half of a character can be written in JSON but not in UTF-8; spelt out it stays readable and
    no tokenizer, table or page fails on it.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


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


class EveryTextFailedError(ModelError):
    """No text could be analysed; the message says why the first could not, in words of a library
    or of the user's own class, which may quote it."""


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


@contextmanager
def unquoted(wanted: bool) -> Iterator[None]:
    """Within it, where that is `wanted`, an error that may quote a text is told without that.

    Raises:
        ModelError: in the place of such an error.
    """
    try:
        yield
    except EveryTextFailedError:
        if not wanted:
            raise
        raise ModelError(
            "every text failed; what was said of the first may quote it, so it is not shown: run "
            "without --redact to read it"
        ) from None
