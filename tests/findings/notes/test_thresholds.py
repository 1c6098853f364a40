"""A decision holds if it holds at every end of the intervals; every threshold is listed."""

from reportgen.findings import THRESHOLDS, Interval
from reportgen.findings.notes import certain, thresholds


def test_what_holds_at_both_ends_is_certain() -> None:
    assert certain(lambda x: x > 1, Interval(2, 3)) is True
    assert certain(lambda x: x > 1, Interval(0, 1)) is False
    assert certain(lambda x: x > 1, Interval(0, 3)) is None


def test_all_intervals_are_combined() -> None:
    assert certain(lambda x, y: x > y, Interval(2, 3), Interval(0, 1)) is True
    assert certain(lambda x, y: x > y, Interval(2, 3), Interval(0, 2.5)) is None


def test_every_threshold_is_listed_once() -> None:
    ids = [threshold.id for threshold in THRESHOLDS]
    assert len(ids) == len(set(ids))
    values = {threshold.id: threshold.value for threshold in THRESHOLDS}
    assert (values["sink_excess"], values["raised_excess"]) == (0.3, 0.05)
    assert (values["test_small"], values["test_large"], values["light_value"]) == (0.25, 0.5, 0.5)


def test_no_number_that_decides_is_left_out_of_the_list() -> None:
    numbers = [
        value
        for name, value in vars(thresholds).items()
        if name.isupper() and isinstance(value, (int, float))
    ]
    # As often as it decides: several are one half.
    assert sorted(numbers) == sorted(threshold.value for threshold in THRESHOLDS)
