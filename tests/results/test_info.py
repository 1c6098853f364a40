"""The day that a report carries."""

from datetime import UTC, datetime

import pytest

from reportgen.errors import UsageError
from reportgen.results import created_date


@pytest.mark.parametrize(
    ("epoch", "day"),
    [
        ("0", "1970-01-01"),
        ("86399", "1970-01-01"),
        ("86400", "1970-01-02"),
        ("1767225599", "2025-12-31"),
        ("1767225600", "2026-01-01"),
        ("253402300799", "9999-12-31"),
    ],
)
def test_the_environment_may_ask_for_a_day(monkeypatch, epoch: str, day: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert created_date() == day


def test_without_it_the_day_is_today(monkeypatch) -> None:
    for epoch in (None, ""):
        if epoch is None:
            monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
        else:
            monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        before = datetime.now(UTC).strftime("%Y-%m-%d")
        assert before <= created_date() <= datetime.now(UTC).strftime("%Y-%m-%d")


@pytest.mark.parametrize(
    "epoch", ["today", "-1", "1.5", "1e9", " 1", "１", "²", "253402300800", "9" * 30, "9" * 5000]
)
def test_what_is_no_day_is_a_usage_error(monkeypatch, epoch: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(UsageError, match=r"SOURCE_DATE_EPOCH=.* set it right, or unset it"):
        created_date()
