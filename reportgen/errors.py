"""The errors that are shown to the user, with the exit code that each leads to.

A message is one line: what is wrong, where (file:line, text id), and what to do next.
"""

import errno
from collections.abc import Collection, Iterator
from contextlib import contextmanager


def without_surrogates(text: str) -> str:
    r"""Replace each lone surrogate in `text` by its escape, such as `\ud83d`.

    JSON can hold half of a surrogate pair, UTF-8 cannot. As an escape it stays readable, and no
    tokenizer, table or page fails on it.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


_SHOWN = 5


class ReportgenError(Exception):
    """Base of every error that is shown to the user in one line, without a traceback."""

    exit_code = 1


class UsageError(ReportgenError):
    """An option, a column or an output path cannot be used; found before any model is loaded."""

    exit_code = 2


class InputError(ReportgenError):
    """A file of texts cannot be read or holds no texts."""


class ModelError(ReportgenError):
    """A model, its weights or its tokenizer cannot be loaded or do not fit together."""


class EveryTextFailedError(ModelError):
    """No text could be analysed; the message says why the first one failed, and may quote it."""


class CaptureError(ModelError):
    """The model runs, but its attention maps are missing or fail the checks."""


class ResultsError(ReportgenError):
    """A results folder is missing or damaged, or its schema is newer than this version."""


class ComparisonError(ReportgenError):
    """Two results cannot be compared because their texts differ."""


class OutputError(ReportgenError):
    """An output cannot be written."""


def unwritten(name: object, error: OSError) -> OutputError:
    """The error for an output that the system did not write, with what to do if that is known."""
    said = error.strerror or str(error) or type(error).__name__
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    advice = "; make room, or write elsewhere" if is_full else ""
    return OutputError(f"{name}: cannot be written ({said}){advice}")


class InterruptedLateError(ReportgenError):
    """An interrupt came when all outputs were written already."""

    exit_code = 130


def first_line(error: BaseException) -> str:
    """The first line of the message of another library's `error`."""
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return message.strip().partition("\n")[0]


def some(names: Collection[str]) -> str:
    """List the first five of `names` for a message."""
    return ", ".join(list(names)[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


@contextmanager
def unquoted(wanted: bool) -> Iterator[None]:
    """Replace errors whose message may quote a text, if that is `wanted`.

    Raises:
        ModelError: in place of such an error.
    """
    try:
        yield
    except EveryTextFailedError:
        if not wanted:
            raise
        raise ModelError(
            "every text failed; the error message may quote a text, so it is not shown: run "
            "without --redact to read it"
        ) from None
