"""What is less than one does not read as one, wherever it is printed."""

import pytest

from reportgen.report.language.sentences import Wording, correlation
from reportgen.report.language.strings import load_language, number, written

EN = load_language("en")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.9997, "0.9997"),
        (0.99997, "0.99997"),
        (-0.9999, "−0.9999"),
        (1.0, "1.000"),
        (1.0001, "1.000"),
    ],
)
def test_a_number_below_one_never_says_one(value, text):
    assert number(value) == text


def test_with_common_decimals_neither():
    assert written(0.9997, 3) == "0.9997"
    assert written(0.9997, 2) == "0.9997"
    assert written(0.995, 2) == "0.99"
    assert written(0.4, 2) == "0.40"
    assert written(1 - 1e-9, 3) == "1.000"  # nearer than anyone measures


@pytest.mark.parametrize(
    ("share", "page", "note"),
    [
        (0.9996, "99.96 %", "99.96 %"),
        (0.996, "99.6 %", "99.6 %"),
        (0.99, "99.0 %", "99 %"),
        (1.0, "100.0 %", "100 %"),
        (0.5, "50.0 %", "50 %"),
        (0.031, "3.1 %", "3.1 %"),
    ],
)
def test_a_share_below_all_never_says_all(share, page, note):
    assert EN.percent(share) == page
    assert Wording("en").percent(share) == note


def test_a_correlation_below_one_never_says_one():
    assert correlation(0.998) == "0.998"
    assert correlation(-0.998) == "−0.998"
    assert correlation(1.0) == "1.00"
