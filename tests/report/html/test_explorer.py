"""What exploring one text takes beside its maps."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.letters import from_letters
from helpers.made_up.factories import HEADLINES, make_results

from reportgen.report.html import head_figures, reading, text_data
from reportgen.results import HEAD_CLASSES, Results, Unit, pooling_of, text_units, word_of

LAYERS, HEADS = 3, 4


def unit(label, start, segment=0):
    return Unit(label, False, segment, start, start + len(label), False)


def special(label="[SEP]"):
    return Unit(label, True, None, None, None, False)


def floats(text):
    return np.frombuffer(from_letters(text), "<f4")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, ("ab", "", "cd ef gh"), n_layers=LAYERS, n_heads=HEADS)


@pytest.mark.parametrize("text", [0, 2])
def test_every_head_has_the_float32_figures_of_the_results(results, text):
    rows = results.heads[results.heads["text"] == text]
    assert len(rows) == LAYERS * HEADS
    found = head_figures(results, text)
    for key, column in (("special", "special_share"), ("entropy", "entropy")):
        assert floats(found[key]).tolist() == rows[column].tolist()
    assert [HEAD_CLASSES[int(i)] for i in found["classes"]] == rows["head_class"].tolist()


def test_a_figure_that_is_not_defined_is_not_a_number(tmp_path):
    made = make_results(tmp_path, ("ab cd",), special=False)
    assert np.isnan(floats(head_figures(made, 0)["special"])).all()
    assert not np.isnan(floats(head_figures(made, 0)["entropy"])).any()


def test_a_text_that_was_not_analysed_has_no_heads(results):
    assert len(results.heads_of(1)) == 0


@pytest.mark.parametrize(
    ("text", "pieces", "words"),
    [
        ("play ing outside", ["play", "ing", "outside"], [0, 1, 2]),
        ("playing outside", ["play", "ing", "out", "side"], [0, 0, 1, 1]),
        ("don't, really", ["don", "'", "t", ",", "really"], [0, 0, 0, 0, 1]),
        ("a  b", ["a", "b"], [0, 1]),
        ("a\tb\u3000c", ["a", "b", "c"], [0, 1, 2]),
        ("a bc", ["a", " b", "c"], [0, 1, 1]),  # the space is the second piece's
        ("a bc", ["a ", "b", "c"], [0, 1, 1]),  # or the first one's
    ],
)
def test_a_word_is_what_stands_between_two_spaces(text, pieces, words):
    units, at = [], 0
    for piece in pieces:
        start = text.index(piece, at)
        units.append(unit(piece, start))
        at = start + len(piece)
    assert word_of(units, [text]) == words


def test_special_tokens_and_segments_end_a_word():
    units = [special("[CLS]"), unit("ab", 0), special(), unit("cd", 0, 1), unit("ef", 2, 1)]
    assert word_of(units, ["ab", "cdef"]) == [0, 1, 2, 3, 3]
    assert word_of([unit("ab", 0), unit("cd", 0, 1)], ["ab", "cd"]) == [0, 1]


def test_without_places_the_tokenizers_marks_say_where_a_word_begins():
    begins = [True, False, True]
    units = [replace(unit("x", 0), start=None, end=None, begins_word=b) for b in begins]
    assert word_of(units, ["x"]) == [0, 0, 1]


@pytest.mark.parametrize("text", ["無料 クーポン", "コーヒーfree", "กาแฟ", "カー"])
def test_a_script_without_spaces_has_no_words(results, text):
    assert reading(text_units(results, 0), [text]) == {"unspaced": True}


def test_a_text_whose_units_are_words_offers_no_merging(results):
    assert reading(text_units(results, 0), ["ab"]) == {}
    assert reading(text_units(results, 0), ["無料 クーポン"], "word") == {}


def test_a_text_offers_words_where_units_share_one(tmp_path):
    made = make_results(tmp_path, (HEADLINES[2],))
    found = reading(text_units(made, 0), [HEADLINES[2]])
    assert set(found) == {"words"}
    assert len(found["words"]) == len(made.tokens_of(0))
    assert found["words"][-1] < len(found["words"]) - 1


@pytest.mark.parametrize(("line", "has_spaces"), [("it is by us", True), ("無料 クーポン", False)])
def test_where_units_are_words_a_pooled_text_says_between_which_a_space_stands(
    tmp_path, line, has_spaces
):
    made = make_results(tmp_path, (line,))
    info = replace(made.info, settings=replace(made.info.settings, units="word"))
    made = Results(info, made.source)
    found = text_data(made, 0)
    assert "words" not in found
    units = text_units(made, 0).units
    pooled = text_data(made, 0, pooling_of([unit.segment for unit in units], found["units"]))
    assert pooled.get("words") == (word_of(units, [line]) if has_spaces else None)


def test_a_pair_says_which_segment_a_unit_stands_in(results):
    units = text_units(results, 0)
    pair = (special("[CLS]"), unit("ab", 0), special(), unit("cd", 0, 1), special())
    found = reading(replace(units, units=pair), ["ab", "cd"])
    assert found == {"pair": True, "segment": [None, 0, None, 1, None]}
