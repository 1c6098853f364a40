"""What is tested for being a sink, from tables of tokens made by hand."""

from itertools import pairwise

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from reportgen.analysis.evidence.sink_subjects import (
    control_groups,
    evenly_spaced,
    find_subjects,
    places,
)
from reportgen.results.info import Role, Subject

CLS, SEP = Role("cls", "[CLS]"), Role("sep", "[SEP]")
SPECIAL = {"[CLS]": "cls", "[SEP]": "sep"}
FIRST = Subject("first", "", "position")


def tokens(text: str, first_layer: list[float], last_layer: list[float] | None = None):
    """The rows of one text of tokens between spaces, with what each receives in two layers; the
    even spread is the same for all of them."""
    names = text.split()
    last_layer = last_layer or [1 / len(names)] * len(names)
    return pd.DataFrame(
        {
            "token": names,
            "role": pd.Series([SPECIAL.get(name) for name in names], dtype=object),
            "received_layers": [list(pair) for pair in zip(first_layer, last_layer, strict=True)],
            "expected_layers": [[1 / len(names)] * 2] * len(names),
        }
    )


def token(name: str) -> Subject:
    return Subject(f"token:{name}", name, "token")


def keys(subjects) -> list[str]:
    return [subject.key for subject in subjects]


def test_special_tokens_are_tested_always_and_only_those_that_stand_in_a_text():
    even = tokens("[CLS] a b c d", [0.2] * 5)
    assert find_subjects((CLS, SEP), [even]) == (Subject("cls", "[CLS]", "role"),)
    short = tokens("[CLS] a [SEP]", [1 / 3] * 3)
    assert keys(find_subjects((CLS, SEP), [short])) == ["cls", "sep"]


def test_a_content_token_with_thrice_its_even_share_in_one_layer_is_tested():
    even, pile = [1 / 6] * 6, [0.1, 0.1, 0.1, 0.1, 0.5, 0.1]
    for layers in ((pile, even), (even, pile)):
        texts = [tokens("[CLS] a b c 。 [SEP]", *layers)] * 5
        assert find_subjects((CLS, SEP), texts)[2:] == (token("。"),)
    below = [tokens("[CLS] a b c 。 [SEP]", [0.11, 0.1, 0.1, 0.1, 0.49, 0.1])] * 5
    assert len(find_subjects((CLS, SEP), below)) == 2


def test_the_mean_over_the_texts_decides_of_the_sum_in_each():
    # Two commas with .25 each are as much as one with .5; the even spread is 2/7, not 1/7.
    pair = [0.1, 0.1, 0.1, 0.25, 0.1, 0.25, 0.1]
    twice = tokens("[CLS] a b , c , [SEP]", pair)
    assert keys(find_subjects((CLS, SEP), [twice] * 5)) == ["cls", "sep"]
    once = tokens("[CLS] a b , c d [SEP]", [0.05, 0.05, 0.05, 0.7, 0.05, 0.05, 0.05])
    # Share (3 * .7 + 2 * .5) / 5 = .62, even spread (3/7 + 4/7) / 5 = 1/5.
    assert keys(find_subjects((CLS, SEP), [once] * 3 + [twice] * 2)) == ["cls", "sep", "token:,"]
    # (2 * .7 + 3 * .5) / 5 = .58 against (2/7 + 6/7) / 5 = .229: 2.5 times.
    assert keys(find_subjects((CLS, SEP), [once] * 2 + [twice] * 3)) == ["cls", "sep"]


def test_fewer_than_five_texts_and_texts_of_fewer_than_three_content_tokens_say_nothing():
    pile = tokens("[CLS] a b , [SEP]", [0.05, 0.05, 0.05, 0.8, 0.05])
    assert keys(find_subjects((CLS,), [pile] * 4)) == ["cls"]
    short = tokens("[CLS] a , [SEP]", [0.05, 0.05, 0.85, 0.05])
    assert keys(find_subjects((CLS,), [pile] * 4 + [short] * 9)) == ["cls"]
    assert keys(find_subjects((CLS,), [pile] * 5)) == ["cls", "token:,"]


def test_the_three_with_the_highest_shares_are_tested():
    names = list("abcdefghijklmnopqrst")
    shares = [0.01] * 20
    for name, share in (("d", 0.16), ("b", 0.18), ("p", 0.2), ("q", 0.22)):
        shares[names.index(name)] = share
    found = find_subjects((), [tokens("[CLS] " + " ".join(names), [0.0, *shares])] * 5)
    assert keys(found) == ["token:q", "token:p", "token:b"]


def test_the_first_position_is_a_position_and_no_special_token():
    texts = [tokens(f"{name} a b c d", [0.8, 0.05, 0.05, 0.05, 0.05]) for name in "vwxyz"]
    assert find_subjects((), texts) == (FIRST,)
    with_cls = [tokens("[CLS] a b c d", [0.8, 0.05, 0.05, 0.05, 0.05])] * 5
    assert keys(find_subjects((CLS,), with_cls)) == ["cls"]


def test_a_token_that_only_stands_first_is_not_listed_again():
    texts = [tokens("▁ a b c d", [0.8, 0.05, 0.05, 0.05, 0.05])] * 6
    assert find_subjects((), texts) == (FIRST,)


def test_a_token_is_judged_by_where_else_it_stands_if_the_first_position_is_a_sink():
    # Of "the", one stands first with .7, one elsewhere with no more than an even share.
    plain = [tokens("the a b the d", [0.7, 0.05, 0.05, 0.15, 0.05])] * 5
    assert find_subjects((), plain) == (FIRST,)
    both = [tokens("the a b the d e f g h i", [0.4, *[0.025] * 2, 0.35, *[0.03] * 6])] * 5
    assert find_subjects((), both) == (FIRST, token("the"))


def test_a_token_that_is_a_sink_only_where_it_stands_is_no_first_position():
    sink = tokens("。 a b c d", [0.8, 0.05, 0.05, 0.05, 0.05])
    plain = [tokens(f"{name} a b c d", [0.2] * 5) for name in "pqrstuvwxyz"]
    assert find_subjects((), [sink] * 5 + plain) == (token("。"),)


def test_each_position_belongs_to_one_subject_at_most():
    subjects = (Subject("cls", "[CLS]", "role"), FIRST, token("the"), token("[CLS]"))
    assert places(subjects, ["the", "a", "the"], [None] * 3) == {"first": (0,), "token:the": (2,)}
    assert places(subjects[2:], ["the", "a", "the"], [None] * 3) == {"token:the": (0, 2)}
    # A [CLS] typed by the user is content.
    assert places(subjects, ["[CLS]", "the", "[CLS]"], ["cls", None, None]) == {
        "cls": (0,),
        "token:the": (1,),
        "token:[CLS]": (2,),
    }
    assert places(subjects, ["x", "y"], ["sep", None]) == {}


def test_all_positions_of_a_role_are_one_subject():
    assert places(
        [Subject("sep", "[SEP]", "role")],
        ["[CLS]", "a", "[SEP]", "b", "[SEP]"],
        ["cls", None, "sep", None, "sep"],
    ) == {"sep": (2, 4)}


def test_controls_are_spread_over_the_text():
    assert control_groups(range(1, 9), 1) == tuple((i,) for i in range(1, 9))
    assert control_groups(range(16), 1) == tuple((i,) for i in range(1, 16, 2))
    assert control_groups([3, 4, 5, 6], 2) == ((3, 5), (4, 6))
    assert control_groups([3, 4, 5], 2) == ((3, 5),)
    assert control_groups([3, 4], 3) == ()
    assert control_groups([], 1) == ()


@given(st.integers(0, 200), st.integers(1, 12))
def test_controls_never_share_a_position(n: int, size: int):
    groups = control_groups(range(n), size)
    assert len(groups) == min(8, n // size)
    assert all(len(group) == size for group in groups)
    taken = [position for group in groups for position in group]
    assert len(set(taken)) == len(taken)
    assert set(taken) <= set(range(n))


@given(st.integers(0, 300), st.integers(1, 60))
def test_what_is_taken_is_evenly_spaced(n: int, most: int):
    taken = evenly_spaced(n, most)
    assert len(taken) == min(n, most)
    if n > most:
        gaps = [b - a for a, b in pairwise(taken)]
        assert all(n // most <= gap <= -(-n // most) for gap in gaps)
        assert taken[0] >= 0
        assert abs(taken[0] - (n - 1 - taken[-1])) <= 1
