"""The day that a report carries: today, or the one the environment asks for."""

import os
from datetime import UTC, datetime

from reportgen.errors import UsageError


def created_date() -> str:
    """Today in UTC, or the day that SOURCE_DATE_EPOCH names, as 2026-01-31.

    Raises:
        UsageError: SOURCE_DATE_EPOCH is no number of seconds since 1970, or of a year past 9999.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return _day(datetime.now(UTC))
    try:
        if not (epoch.isascii() and epoch.isdigit()):
            raise ValueError(epoch)
        return _day(datetime.fromtimestamp(int(epoch), UTC))
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"SOURCE_DATE_EPOCH={epoch}: not whole seconds since 1970, such as 1767225600; "
            "set it right, or unset it"
        ) from error


def _day(when: datetime) -> str:
    return when.strftime("%Y-%m-%d")
