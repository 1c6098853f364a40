"""What is tested for being a sink, from tables of tokens made by hand."""

from itertools import pairwise

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from reportgen.analysis.evidence import DEPTHS, control_groups, evenly_spaced, find_subjects, places
from reportgen.results import Role, Subject

CLS, SEP = Role("cls", "[CLS]"), Role("sep", "[SEP]")
SPECIAL = {"[CLS]": "cls", "[SEP]": "sep"}
FIRST = Subject("first", "", "position")


def tokens(text: str, first_layer: list[float], last_layer: list[float] | None = None):
    """The rows of one text of tokens between spaces, with what each receives in two layers; the
    equal share is the same for all of them."""
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


def test_a_content_token_far_beyond_its_even_share_in_one_layer_is_tested():
    # (.42 - 1/6) / (5/6) = .304
    even, pile = [1 / 6] * 6, [0.116, 0.116, 0.116, 0.116, 0.42, 0.116]
    for layers in ((pile, even), (even, pile)):
        texts = [tokens("[CLS] a b c 。 [SEP]", *layers)] * 5
        assert find_subjects((CLS, SEP), texts) == (token("。"),)
    below = [tokens("[CLS] a b c 。 [SEP]", [0.12, 0.116, 0.116, 0.116, 0.416, 0.116])] * 5
    assert find_subjects((CLS, SEP), below) == ()


def test_the_mean_over_the_texts_decides_of_the_sum_in_each():
    def twice(share: float):
        rest = (1 - 2 * share) / 5
        return tokens("[CLS] a b , c , [SEP]", [rest, rest, rest, share, rest, share, rest])

    # Two commas are as much as one; the equal share is 2/7, not 1/7: (.5 - 2/7) / (5/7) = .3.
    assert keys(find_subjects((CLS, SEP), [twice(0.249)] * 5)) == []
    assert keys(find_subjects((CLS, SEP), [twice(0.251)] * 5)) == ["token:,"]
    once = tokens("[CLS] a b , c d [SEP]", [0.05, 0.05, 0.05, 0.7, 0.05, 0.05, 0.05])
    # (.7 - 1/7) / (6/7) = .65 and (.4 - 2/7) / (5/7) = .16: .356 and .258 on average.
    assert keys(find_subjects((CLS,), [once] * 2 + [twice(0.2)] * 3)) == ["token:,"]
    assert keys(find_subjects((CLS,), [once] + [twice(0.2)] * 4)) == []


def test_a_text_that_is_mostly_one_token_does_not_count_for_it():
    mostly = tokens("[CLS] a a a a b", [0.05, 0.23, 0.23, 0.23, 0.23, 0.03])
    assert keys(find_subjects((CLS,), [mostly] * 9)) == []


def test_fewer_than_five_texts_and_texts_of_fewer_than_three_content_tokens_say_nothing():
    pile = tokens("[CLS] a b , [SEP]", [0.05, 0.05, 0.05, 0.8, 0.05])
    assert keys(find_subjects((CLS,), [pile] * 4)) == []
    short = tokens("[CLS] a , [SEP]", [0.05, 0.05, 0.85, 0.05])
    assert keys(find_subjects((CLS,), [pile] * 4 + [short] * 9)) == []
    assert keys(find_subjects((CLS,), [pile] * 5)) == ["token:,"]


def test_the_three_that_get_most_beyond_an_even_spread_are_tested():
    names = list("abcdefghijklmnopqrst")
    layers = [[0.0, *[0.01] * 20] for _ in range(2)]
    for layer, name, share in ((0, "d", 0.42), (0, "b", 0.4), (1, "p", 0.45), (1, "q", 0.38)):
        layers[layer][1 + names.index(name)] = share
    found = find_subjects((), [tokens("[CLS] " + " ".join(names), *layers)] * 5)
    assert keys(found) == ["token:p", "token:d", "token:b", "token:q"]
    assert DEPTHS["full"].tested(found) == found[:3]
    special = Subject("cls", "[CLS]", "role")
    assert DEPTHS["full"].tested((*found, special)) == (special, *found[:3])


def test_the_first_position_is_a_position_and_no_special_token():
    texts = [tokens(f"{name} a b c d", [0.8, 0.05, 0.05, 0.05, 0.05]) for name in "vwxyz"]
    assert find_subjects((), texts) == (FIRST,)
    with_cls = [tokens("[CLS] a b c d", [0.8, 0.05, 0.05, 0.05, 0.05])] * 5
    assert keys(find_subjects((CLS,), with_cls)) == ["cls"]


def test_a_token_that_only_stands_first_is_not_listed_again():
    texts = [tokens("▁ a b c d", [0.8, 0.05, 0.05, 0.05, 0.05])] * 6
    assert find_subjects((), texts) == (FIRST,)


def test_a_token_is_judged_by_where_else_it_stands_if_the_first_position_is_a_sink():
    # Of "the", one stands first with .7, one elsewhere with no more than an equal share.
    plain = [tokens("the a b the d", [0.7, 0.05, 0.05, 0.15, 0.05])] * 5
    assert find_subjects((), plain) == (FIRST,)
    both = [tokens("the a b the d e f g h i", [0.4, *[0.02] * 2, 0.38, *[0.03] * 6])] * 5
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
    assert control_groups(range(1, 9), 1, 8) == tuple((i,) for i in range(1, 9))
    assert control_groups(range(16), 1, 8) == tuple((i,) for i in range(1, 16, 2))
    assert control_groups([3, 4, 5, 6], 2, 8) == ((3, 5), (4, 6))
    assert control_groups([3, 4, 5], 2, 8) == ((3, 5),)
    assert control_groups([3, 4], 3, 8) == ()
    assert control_groups([], 1, 8) == ()


@given(st.integers(0, 200), st.integers(1, 12))
def test_controls_never_share_a_position(n: int, size: int):
    groups = control_groups(range(n), size, 8)
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
