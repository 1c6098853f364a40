"""The tokens of a text that matter: attention and change, in words, as a table and as bars."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.made_up.factories import HEADLINES, make_results

from reportgen.findings import TINY_EFFECT, Findings
from reportgen.report import load_language
from reportgen.report.language import times
from reportgen.report.panel import (
    BAR,
    WIDTH,
    Explained,
    JointName,
    TextMeasure,
    bars,
    looks_of,
    make_colours,
    make_scope,
    measures,
    text_effects,
)
from reportgen.report.panel.influence import influence
from reportgen.results import JointUnits, text_units

EN = load_language("en")
LABELS = "abcdefghij"
SCORE = Explained("the score")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("results"), HEADLINES, evidence="basic")


def shown(results, text=0, row=""):
    units = text_units(results, text)
    labels = [unit.label for unit in units.units]
    effects = text_effects(results, text, units.unit_of)
    found = measures(results.info, units, labels, effects, EN)
    return influence(looks_of(found, row), found, labels, labels, [""] * len(labels), SCORE, EN)


def told(found, places=("",) * 10, explained=SCORE, row=""):
    return influence(looks_of(found, row), found, LABELS, LABELS, places, explained, EN)


def made(order=(), values=None, points=tuple(range(10)), kind="signed"):
    """The measures of ten text units: attention and, with `values`, deletion effects."""
    attention = TextMeasure(
        id="received_all",
        kind="attention",
        name="attention received",
        values=np.full(10, 0.1),
        ratios=np.ones(10),
        steps=(0,) * 10,
        shown=("10.0\u00a0%",) * 10,
        order=tuple(points),
        legend="",
        flat="",
    )
    if values is None:
        return (attention,)
    deletion = replace(
        attention,
        id="effect",
        kind=kind,
        values=np.array(values, np.float64),
        ratios=None,
        shown=tuple(f"{value:+.2f}" for value in values),
        order=tuple(order),
    )
    return attention, deletion


def said(order, values, explained=SCORE, **given):
    return told(made(order, values, **given), explained=explained).sentences


def test_the_rows_are_the_five_largest_of_either_column_the_largest_change_first(results):
    tokens, effects = results.tokens_of(0), results.effects_of(0)
    content = tokens[~tokens["is_special"].astype(bool)].set_index("position")
    attention = content["received_norm_all"].astype(float)
    change = effects.set_index("position")["effect"].dropna().astype(float)
    most = attention.sort_values(ascending=False, kind="stable").index[:5]
    by_size = change.abs().sort_values(ascending=False, kind="stable").index
    expected = set(most) | set(by_size[:5])
    rows = shown(results).rows
    assert [row.index for row in rows] == [i for i in by_size if i in expected]
    ratios = [times(attention[row.index] / attention.mean()) for row in rows]
    shares = [f"{100 * attention[row.index]:.1f}\u00a0%" for row in rows]
    assert [row.attention for row in rows] == [
        f"{ratio}× ({share})" for ratio, share in zip(ratios, shares, strict=True)
    ]
    assert [row.change for row in rows] == [
        f"{change[row.index]:+.3f}".replace("-", "−") for row in rows
    ]
    most = results.effects["effect"].abs().max()  # in all texts
    assert [row.change_width for row in rows] == [
        round(WIDTH * change[row.index] / most) for row in rows
    ]
    assert [row.attention_width for row in rows] == [
        round(WIDTH * min(attention[row.index] / attention.mean() / 16, 1)) for row in rows
    ]


def test_without_changes_there_is_attention_alone(tmp_path):
    found = shown(make_results(tmp_path, HEADLINES[:1]))
    assert found.change == ""
    assert len(found.rows) == 5
    assert {(row.change, row.change_width) for row in found.rows} == {("", 0)}
    assert len(found.sentences) == 1


def test_the_sentence_names_what_changes_the_prediction_most_and_to_what():
    values = [0.1, -0.5, 0.2, *[0.0] * 7]
    given = Explained("the score", value=2.0)
    assert "Without “b” the score would rise most: 2.00 to 2.50." in said((1, 2, 0), values, given)
    values[1] = 0.5
    assert "Without “b” the score would fall most: 2.00 to 1.50." in said((1, 2, 0), values, given)
    assert "Without “b” the score would fall most, by 0.500." in said((1, 2, 0), values)
    assert any("cosine distance of 0.5" in s for s in said((1, 2, 0), values, kind="size"))


def test_a_token_that_gets_next_to_nothing_is_not_named_as_the_second():
    """Less than a twentieth of what the first gets."""
    (attention,) = made(points=(3, 1))
    for share, is_named in ((0.0495, False), (0.0505, True)):
        values = np.where(np.arange(10) == 1, share, 1.0)
        (sentence,) = told((replace(attention, values=values, ratios=values),)).sentences
        assert "“d”" in sentence
        assert ("“b”" in sentence) == is_named


def test_the_lead_of_a_class_is_told_before_and_after(tmp_path):
    results = make_results(tmp_path, HEADLINES, evidence="basic", kind="class")
    effects = results.effects_of(0)["effect"].dropna().astype(float)
    change = effects.loc[effects.abs().idxmax()]
    low, high = np.sort(results.texts["scores"].iloc[0])[-2:]
    ends = (f"{x:#.3g}".replace("-", "−") for x in (high - low, high - low - change))
    findings = Findings(results)
    colours = make_colours(findings, 0, ("text", "pair"), EN, make_scope(findings, EN))
    assert "{} to {}.".format(*ends) in colours.influence.sentences[0]


def test_how_many_are_among_the_first_of_both_is_said_with_what_chance_gives():
    values = [0.0, 0.1, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.8, 0.85]
    sentences = said((4, 9, 8, 0, 1), values)
    assert sentences[-1] == (
        "The 5 tokens with most attention and the 5 strongest changes share 3. "
        "Chance alone would give about 2.5."
    )
    assert not any("Chance" in s for s in said((4, 9, 8, 0, 1), values, points=range(5)))
    assert not any("Chance" in s for s in said((4, 9, 8, 0), values))


def test_where_nothing_changes_the_prediction_that_is_said():
    assert "Nothing that was left out changed the prediction." in said((), [0.0] * 10)


def test_a_text_that_hardly_anything_changes_is_said_to_be_one():
    values = [0.01, -0.049, *[0.0] * 8]
    spread = Explained("the score", spread=1.0)
    expected = (
        "No token matters much here, whatever its colour, nor do tokens that say the same "
        "together. The largest change is 0.0490; all texts span 1.00."
    )
    assert expected in said((1, 0), values, spread)
    values[1] = -0.051
    assert not any("matters much" in s for s in said((1, 0), values, spread))
    assert not any("matters much" in s for s in said((1, 0), values))


def test_bars_of_the_table_are_short_where_hardly_anything_changes_the_prediction():
    """As those of the text: the longest stands for a twentieth of the range over all texts."""

    def widths(values, spread):
        made_up = made((1, 0), [*values, *[0.0] * 8])
        explained = Explained("the score", spread=spread)
        rows = told(made_up, explained=explained).rows
        return {row.label: row.change_width for row in rows}

    assert TINY_EFFECT == 0.05
    assert widths((0.01, -0.04), None)["b"] == -WIDTH
    assert widths((0.01, -0.04), 1.0)["b"] == round(-WIDTH * 0.04 / 0.05)
    assert widths((0.0001, -0.0004), 1.0)["b"] == 0
    assert widths((0.01, -0.2), 1.0)["b"] == -WIDTH


def test_a_flat_text_says_so():
    flat = replace(made()[0], flat="Attention is nearly even: no text token stands out.")
    assert told((flat,)).sentences == ("Attention is nearly even: no text token stands out.",)


def test_of_the_only_token_of_a_text_nothing_is_said_to_be_the_most():
    flat, change = made((3,), [0.0] * 3 + [0.5] + [0.0] * 6, points=(3,))
    found = replace(flat, flat="Attention is nearly even: no text token stands out."), change
    only = "Without “d”, the only token of this text, the score would"
    assert told(found).sentences == (f"{only} change by 0.500.",)
    given = Explained("the score", value=2.0)
    assert told(found, explained=given).sentences == (f"{only} go from 2.00 to 1.50.",)


def test_a_row_that_is_even_says_whose_it_is():
    flat = replace(
        made()[0], id="cls_row_last", flat="Attention is nearly even: no text token stands out."
    )
    found = told((*made(), flat), row="the last token")
    assert found.looks == (
        "The prediction is read from the last token in the last layer. "
        "It looks at the text nearly evenly."
    )
    assert found.attention == "Where the last token looks"
    assert told(made(), row="[CLS]").looks_id == "received_all"  # the row was not measured


def test_a_place_stands_with_its_token():
    found = told(made((1, 0), [0.1, 0.2] + [0.0] * 8), ["", "2nd", *[""] * 8])
    assert [(row.label, row.place) for row in found.rows if row.place] == [("b", "2nd")]


def test_bars_are_as_long_as_changes_and_end_at_the_largest_of_the_text():
    values = [0.5, -0.25, 0.01, *[0.0] * 6, np.nan]
    assert bars(made((0, 1, 2), values), None) == (BAR, -BAR // 2, 0, *[0] * 7)


def test_a_text_that_nothing_changes_has_no_bars():
    values = [0.001, -0.0005, *[0.0] * 8]
    assert set(bars(made((0, 1), values), 1.0)) == {0}
    assert bars(made((0, 1), values), None)[0] == BAR
    assert bars(made(), None) == ()
    assert set(bars(made((), [0.0] * 10), None)) == {0}


def test_tokens_that_look_the_same_are_numbered_in_sentences():
    names = [f"{label} (1st)" for label in LABELS]
    found = made(order=(0,), values=[1.0] + [0.0] * 9)
    looks = looks_of(found, "")
    own = influence(looks, found, LABELS, names, [""] * 10, SCORE, EN)
    assert own.changes[0].startswith("Without “a (1st)” ")
    assert own.looks == "Most attention per token goes to “a (1st)” and “b (1st)”."
    assert own.rows[0].label == "a"


def joint(units, effect, each=True, mark="①"):
    return JointName(JointUnits(units, effect, each), "free … charge", mark)


def with_joint(values, *groups, **given):
    order = sorted(range(10), key=lambda i: -abs(values[i]))
    explained = Explained("the score", value=2.0, joint=groups, **given)
    return told(made(order, values), explained=explained)


def test_tokens_that_say_the_same_are_told_as_a_whole_with_what_changes_without_it():
    values = [0.3, 0.0, 0.2, 0.1, *[0.0] * 6]
    found = with_joint(values, joint((0, 2), 0.5))
    assert found.changes == (
        "① “free … charge” counts as a whole: without it the score goes from 2.00 to 1.50. "
        "Its bars divide that change among its tokens; "
        "leaving out one of them alone changes little.",
    )
    assert [row.place for row in found.rows if row.index in (0, 2)] == ["①", "①"]
    (more,) = with_joint(values, joint((0, 2), -0.5, each=False)).changes
    assert "from 2.00 to 2.50. Its bars divide that change among its tokens, which change" in more
    values[3] = -0.7  # a token that does more by itself stands first
    first, second = with_joint(values, joint((0, 2), 0.5)).changes
    assert first == "Without “d” the score would rise most: 2.00 to 2.70."
    assert second.startswith("① “free … charge” counts as a whole")


def test_a_group_of_an_embedding_has_a_distance_and_no_sign():
    values = [0.02, 0.0, 0.01, *[0.0] * 7]
    found = told(
        made((1, 2, 0), values, kind="size"),
        explained=Explained("the embedding", joint=(joint((0, 2), 0.25),)),
    )
    assert "without it the embedding changes by a cosine distance of 0.25" in found.changes[0]


def test_no_token_matters_is_said_only_where_no_group_does_either():
    small = [0.01] * 10
    still = "No token matters much here, whatever its colour, nor do tokens that say the same"
    assert with_joint(small, spread=2.0).changes[0].startswith(still)
    assert with_joint(small, joint((0, 1), 0.09), spread=2.0).changes[0].startswith(still)
    (tiny,) = with_joint(small, joint((0, 1), 0.09), spread=2.0).changes
    assert "The largest change is 0.09" in tiny
    (told_of,) = with_joint(small, joint((0, 1), 0.6), spread=2.0).changes
    assert "counts as a whole" in told_of
    (single,) = with_joint(small, spread=2.0, has_joint=False).changes
    assert single.startswith("No single token matters much here")
    assert "whether several together do was not measured" in single


def lines(order, values, explained=SCORE, **given):
    found = told(made(order, values, **given), explained=explained).lines
    return [(line.mark, line.text) for line in found if line.mark != "look"]


def test_a_line_names_the_longest_bar_of_either_side_and_the_prediction_without_it():
    values, order = [0.1, -0.5, 0.4, 0.9, *[0.0] * 6], (3, 1, 2, 0)
    given = Explained("the score", value=2.0)
    assert lines(order, values, given) == [
        ("up", "Raises the score (bar above): “d” by 0.900; 1.10 without it."),
        ("dn", "Lowers the score (bar below): “b” by 0.500; 2.50 without it."),
    ]
    assert lines(order, values) == [
        ("up", "Raises the score (bar above): “d” by 0.900."),
        ("dn", "Lowers the score (bar below): “b” by 0.500."),
    ]
    sizes = [abs(value) for value in values]
    ((mark, text),) = lines(order, sizes, kind="size")
    assert mark == "way"
    assert "“d”, a cosine distance of 0.9" in text


def test_a_side_without_a_bar_has_no_line():
    assert [mark for mark, _ in lines((3, 1), [0, 0.02, 0, 0.9, *[0.0] * 6])] == ["up"]
    assert [mark for mark, _ in lines((3, 1), [0, -0.02, 0, 0.9, *[0.0] * 6])] == ["up"]
    assert lines((), [0.0] * 10) == [("", "Nothing that was left out changed the prediction.")]


def test_a_unit_of_a_group_is_not_named_as_if_it_counted_alone():
    group = JointName(JointUnits((3, 4), 0.95, each=True), "de", "①")
    given = replace(SCORE, value=2.0, joint=(group,))
    (_, above), (_, whole) = lines((3, 4), [0, 0, 0, 0.5, 0.4, *[0.0] * 5], given)
    assert above == "Raises the score (bar above)."
    assert whole.startswith("① “de” counts as a whole: without it the score goes from 2.00 to 1.05")


def test_a_text_in_which_hardly_anything_counts_says_so_in_place_of_bars():
    given = Explained("the score", value=2.0, spread=100.0)
    ((mark, text),) = lines((3,), [0, 0, 0, 0.5, *[0.0] * 6], given)
    assert (mark, text.startswith("No token matters much here")) == ("", True)


def test_the_line_on_looking_names_two_units_above_the_average():
    (attention,) = made(points=(3, 1, 0))
    for second, names in ((2.0, 2), (1.0, 2), (0.9, 1)):
        ratios = np.array([0.1, second, 0.1, 4.0, *[0.1] * 6])
        (line,) = told((replace(attention, values=ratios, ratios=ratios),)).lines
        assert line.mark == "look"
        assert line.text.startswith("Looked at most: “d” 4.0×")
        assert line.text.count("×") == names
