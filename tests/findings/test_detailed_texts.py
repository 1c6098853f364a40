"""--detail: which texts it takes, in which order, and what is wrong with it."""

import numpy as np
import pytest
from helpers.made_up.factories import HEADLINES, make_results

from reportgen.errors import UsageError
from reportgen.findings import Findings, check_detail, detailed, listed_first

IDS = ("a", "b", "c,d", "first:2x", "e", "f")
LABELS = (1.0, 2.0, 1.5, 1.1, 0.4, 9.0)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, HEADLINES, labels=LABELS, ids=IDS, n_layers=2)


def test_without_a_choice_those_that_deserve_a_look_come_first(results):
    assert detailed(Findings(results), None) == (Findings(results).order, 6)


@pytest.mark.parametrize(
    ("choice", "first"),
    [
        ("e", [4]),
        ("e, a", [4, 0]),
        ("a,e,a", [0, 4]),
        ("c,d", [2]),  # an id with a comma of its own
        ("first:2x", [3]),  # and one that looks like a choice
        ("first:2", [0, 1]),
        ("first:99", [0, 1, 2, 3, 4, 5]),
        ("first:0", []),
        ("all", [0, 1, 2, 3, 4, 5]),
        ("none", []),
    ],
)
def test_a_choice_names_texts_in_its_order_and_the_others_follow_by_worth(results, choice, first):
    order, count = detailed(Findings(results), choice)
    assert list(order[:count]) == first
    assert list(order[count:]) == [row for row in Findings(results).order if row not in first]


def test_the_worst_are_those_farthest_from_their_label(results):
    errors = np.abs(results.texts["prediction"].to_numpy(float) - np.array(LABELS))
    order, count = detailed(Findings(results), "worst:3")
    assert list(order[:count]) == np.argsort(-errors)[:3].tolist()


def test_without_labels_the_worst_are_those_that_deserve_a_look(tmp_path):
    made = make_results(tmp_path, HEADLINES)
    order, count = detailed(Findings(made), "worst:2")
    assert order[:count] == Findings(made).order[:2]


@pytest.mark.parametrize(
    ("choice", "named"),
    [
        (None, []),
        ("all", []),
        ("none", []),
        ("first:2x, a", [3, 0]),
        ("first:3", [0, 1, 2]),
        ("worst:1", [5]),
    ],
)
def test_a_page_lists_first_what_it_names_opens_or_picks_and_the_worst(results, choice, named):
    found = Findings(results)
    errors = np.abs(results.texts["prediction"].to_numpy(float) - np.array(LABELS))
    worst = np.argsort(-errors)[:3].tolist()
    assert found.picked.first == worst[0]
    rows = listed_first(found, choice)
    assert rows[: len(named)] == tuple(named)
    assert set(rows) == {*named, *found.picked.texts, *worst}
    assert len(rows) == len(set(rows))


def test_of_counted_texts_only_so_many_are_listed_first_and_none_that_is_empty(tmp_path):
    texts = ("", *HEADLINES * 12)
    found = Findings(make_results(tmp_path, texts, n_layers=1, n_heads=1, keep=0))
    rows = listed_first(found, "first:60")
    assert set(rows) - set(found.picked.texts) <= set(range(1, 50))
    assert {*range(1, 50)} <= set(rows)
    assert 0 not in rows
    assert len(listed_first(found, "1,2,3")) <= 3 + 8


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("a,zz", "no text has the id 'zz'"),
        ("A", "no text has the id 'A'"),
        ("first:", "a number after the colon"),
        ("worst:many", "a number after the colon"),
        (" , ", "names no text"),
        ("", "names no text"),
    ],
)
def test_a_wrong_choice_is_a_usage_error_that_names_it(results, choice, words):
    with pytest.raises(UsageError, match=words) as caught:
        check_detail(choice, IDS)
    assert caught.value.exit_code == 2
    with pytest.raises(UsageError):
        detailed(Findings(results), choice)
