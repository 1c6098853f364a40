"""The errors that are shown to the user, with the exit code that each leads to.

A message is one line: what is wrong, where (file:line, text id), and what to do next.
"""

import errno
import re
from collections.abc import Collection
from typing import Self


def without_surrogates(text: str) -> str:
    r"""Replace each lone surrogate in `text` by its escape, such as `\ud83d`.

    JSON can hold half of a surrogate pair, UTF-8 cannot. As an escape it stays readable, and no
    tokenizer, table or page fails on it.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


_SHOWN = 5
_LONGEST = 1_000  # characters of a message
_LINE_ENDS = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")  # as `str.splitlines` has them


# What stands around a part of a message that a text or a file gave; `repr` escapes both.
_OPEN, _CLOSE = "\ue000", "\ue001"
_QUOTE = re.compile(f"{_OPEN}[^{_CLOSE}]*{_CLOSE}")


def quoted(part: str) -> str:
    """Mark a part of a message that quotes a text, a cell, or what other code said of one: it is
    left out where no text may be shown."""
    return f"{_OPEN}{with_quotes(part)}{_CLOSE}"


def with_quotes(message: str) -> str:
    """A message with all that it quotes."""
    return message.replace(_OPEN, "").replace(_CLOSE, "")


def without_quotes(message: str) -> str:
    """A message with dots in place of what it quotes."""
    shown, count = _QUOTE.subn("…", message)
    return f"{shown} (… stands for what --redact leaves out)" if count else shown


def shortened(message: str) -> str:
    """A message in one line, without the middle of it where a value that it names makes it very
    long."""
    if len(message.splitlines()) > 1:
        message = _LINE_ENDS.sub(lambda end: f"⟨U+{ord(end[0]):04X}⟩", message)
    if len(message) <= _LONGEST:
        return message
    half = (_LONGEST - len(" … ")) // 2
    return f"{message[:half]} … {message[-half:]}"


class ReportgenError(Exception):
    """Base of every error that is shown to the user in one line, without a traceback."""

    exit_code = 1

    def __str__(self) -> str:
        return shortened(with_quotes(self._message))

    @property
    def unquoted(self) -> str:
        """The message with dots in place of what it quotes."""
        return shortened(without_quotes(self._message))

    def and_also(self, more: str) -> Self:
        """The same error with more said at its end."""
        return type(self)(f"{self._message}; {more}")

    @property
    def _message(self) -> str:
        return str(self.args[0]) if self.args else ""


class UsageError(ReportgenError):
    """An option, a column or an output path cannot be used; found before any model is loaded."""

    exit_code = 2


class InputError(ReportgenError):
    """A file of texts cannot be read or holds no texts."""


class ModelError(ReportgenError):
    """A model, its weights or its tokenizer cannot be loaded or do not fit together."""


class CaptureError(ModelError):
    """The model runs, but its attention maps are missing or fail the checks."""


class EngineError(ModelError):
    """Processes that do the work died; a later run can go on from what they did."""


class ResultsError(ReportgenError):
    """A results folder is missing or damaged, its schema is newer than this version, or it holds
    too little for what is asked."""


class ComparisonError(ReportgenError):
    """Two results cannot be compared because their texts differ."""


class OutputError(ReportgenError):
    """An output cannot be written."""


class PublishError(ReportgenError):
    """A host does not take what is published there, or cannot be reached; `status` is its HTTP
    status, 0 where there was no answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


def unwritten(name: object, error: OSError) -> OutputError:
    """The error for an output that the system did not write, with what to do if that is known."""
    reason = error.strerror or str(error) or type(error).__name__
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    advice = "; make room, or write elsewhere" if is_full else ""
    return OutputError(f"{name}: cannot be written ({reason}){advice}")


class InterruptedLateError(ReportgenError):
    """An interrupt, with what is there all the same: outputs, or what a run did so far."""

    exit_code = 130


def is_interrupt(error: BaseException | None) -> bool:
    """Whether `error` is an interrupt, or what a library made of one.

    Transformers turns an interrupt that comes while it imports a part of itself into an
    ImportError.
    """
    while error is not None and not isinstance(error, InterruptedLateError):
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__
    return False


def first_line(error: BaseException) -> str:
    """The first line of the message of another library's `error`."""
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return message.strip().partition("\n")[0]


def counted(n: int, what: str) -> str:
    """Such as "1 text" or "2,000 texts"."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def some(names: Collection[str]) -> str:
    """List the first five of `names` for a message."""
    return ", ".join(list(names)[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
