"""Digits of numbers and percentages, against what a reader expects to see."""

import math

import pytest

from reportgen.report.language import (
    about_percentage,
    correlation,
    decimals,
    difference,
    exact,
    fixed,
    in_column,
    number,
    percentage,
    rounded,
    times,
    token_percentage,
    written,
)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0.0"),
        (0.031, "3.1"),
        (0.0761, "7.6"),
        (0.0996, "10.0"),
        (0.125, "12.5"),
        (0.5, "50.0"),
        (0.61449, "61.4"),
        (0.99, "99.0"),
        (1.0, "100.0"),
        (1.25, "125.0"),
        (-0.018, "\u22121.8"),
    ],
)
def test_a_percentage_has_one_decimal_however_large_it_is(share: float, text: str) -> None:
    assert percentage(share) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0004, "0.04"),
        (0.00003, "0.003"),
        (-0.0002, "\u22120.02"),
        (0.9996, "99.96"),
        (0.99997, "99.997"),
        (1e-9, "0.0"),  # less than anyone measures
        (1 - 1e-9, "100.0"),
    ],
)
def test_some_is_not_printed_as_nothing_and_most_not_as_all(share: float, text: str) -> None:
    assert percentage(share) == text


def test_percentages_of_a_column_stand_with_their_points_under_one_another() -> None:
    column = [percentage(share).rjust(6) for share in (1.0, 0.614, 0.098, 0.031, 0.0)]
    assert {text.index(".") for text in column} == {4}


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0"), (0.6949, "69"), (0.0432, "4.3"), (0.00387, "0.39"), (1.0, "100")],
)
def test_what_is_read_from_packed_maps_has_about_percentage(share: float, text: str) -> None:
    assert about_percentage(share) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1.63049, "1.63"),
        (-0.00012345, "\u22120.000123"),
        (12345.678, "12,346"),
        (9.99996, "10.0"),
        (1e9, "1.00e+09"),
        (-2.5e-7, "\u22122.50e\u221207"),
        (math.inf, "inf"),
        (0.9997, "0.9997"),
        (0.99997, "0.99997"),
        (-0.9999, "\u22120.9999"),
        (1.0, "1.00"),
        (1.0001, "1.00"),
    ],
)
def test_numbers_have_three_significant_digits_and_none_below_one_reads_one(
    value: float, text: str
) -> None:
    assert number(value) == text


@pytest.mark.parametrize(("value", "digits"), [(0.00123, 5), (0.5, 3), (3.25, 2), (4321.0, 0)])
def test_a_column_takes_the_decimals_of_its_largest_number(value: float, digits: int) -> None:
    assert decimals(value) == digits
    assert decimals(value, 2) == max(0, digits - 1)


def test_the_share_of_a_token_has_two_decimals() -> None:
    shares = (0.00994, 0.00999, 0.0333, 1.0, math.nan)
    assert [token_percentage(share) for share in shares] == ["0.99", "1.00", "3.33", "100.00", "–"]


def test_there_is_no_negative_zero() -> None:
    assert fixed(-0.0001, 2) == "0.00"
    assert fixed(-0.5, 1) == "\u22120.5"
    assert percentage(-1e-9) == "0.0"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.9997, 3, "0.9997"),
        (0.9997, 2, "0.9997"),
        (0.995, 2, "0.99"),
        (0.4, 2, "0.40"),
        (1 - 1e-9, 3, "1.000"),  # nearer than anyone measures
        (math.nan, 2, "–"),
    ],
)
def test_with_common_decimals_none_below_one_reads_one(
    value: float, digits: int, text: str
) -> None:
    assert written(value, digits) == text


def test_a_plus_stands_only_before_what_is_printed_as_more_than_nothing() -> None:
    assert written(0.25, 1, with_sign=True) == "+0.2"
    assert written(0.04, 1, with_sign=True) == "0.0"
    assert written(-0.25, 2, with_sign=True) == "\u22120.25"


def test_counts_have_no_decimals_and_are_grouped() -> None:
    assert rounded(5) == "5"
    assert rounded(5.0) == "5.0"
    assert rounded(1234.5) == "1,234"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.0049, "0.005"),
        (0.0994, "0.099"),
        (0.0996, "0.10"),
        (0.12, "0.12"),
        (0.994, "0.99"),
        (0.996, "1.0"),
        (9.64, "9.6"),
        (9.96, "10"),
        (37.2, "37"),
    ],
)
def test_multiples_keep_about_percentage_where_they_are_small(value: float, text: str) -> None:
    assert times(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.857, "0.86"),
        (-0.053, "\u22120.05"),
        (-0.004, "0.00"),
        (1.0, "1.00"),
        (0.0, "0.00"),
        (0.998, "0.998"),
        (-0.998, "\u22120.998"),
    ],
)
def test_correlations_have_two_decimals_and_a_true_minus(value: float, text: str) -> None:
    assert correlation(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.25, "0.25"), (0.004, "0.004"), (-0.004, "\u22120.004"), (0.0004, "0.00"), (0.0, "0.00")],
)
def test_a_difference_says_on_which_side_of_nothing_it_lies(value: float, text: str) -> None:
    assert difference(value) == text


def test_what_was_chosen_is_written_as_it_was_chosen() -> None:
    assert (exact(3.0), exact(1.5), exact(0.25), exact(1000)) == ("3", "1.5", "0.25", "1,000")
    assert exact(100 * 0.07) == "7"


def test_a_column_of_numbers_without_a_limit_has_the_same_decimals() -> None:
    assert [in_column(value, 2) for value in (0.9996, 0.996, 1.47)] == ["1.00", "1.00", "1.47"]
    assert written(0.9996, 2) == "0.9996"
