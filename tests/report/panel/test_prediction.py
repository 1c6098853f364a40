"""What the model put out is shown in its own kind."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.made_up.factories import changed, make_results

from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.panel import Prediction
from reportgen.report.panel.prediction import prediction

EN = load_language("en")


@pytest.fixture
def shown(tmp_path: Path) -> Callable[..., Prediction]:
    """Makes the prediction of a text whose row has these values."""

    def make(kind, labels=(), **row):
        made = make_results(tmp_path / kind, ("a text",), kind=kind)
        output = replace(made.info.output, labels=labels or made.info.output.labels)
        info = replace(made.info, output=output)
        texts = made.texts.assign(**{name: [value] for name, value in row.items()})
        return prediction(Findings(changed(made, info, texts=texts)), 0, EN)

    return make


def test_a_number_stands_with_its_label_and_error(shown):
    output = shown("number", prediction=2.675, scores=[2.675], label="2.66", label_value=2.66)
    assert (output.value, output.label, output.error) == ("2.675", "2.660", "+0.015")
    assert output.error_words == "error +0.015, too high"
    assert output.scores == ()


def test_an_error_below_zero_has_a_true_minus(shown):
    output = shown("number", prediction=0.5, label="1", label_value=1.0)
    assert (output.error, output.error_words) == ("−0.50", "error −0.50, too low")


def test_a_difference_that_prints_as_zero_has_no_sign(shown):
    for label in (0.99999, 1.00001):
        assert shown("number", prediction=1.0, label="1", label_value=label).error == "0.00"


@pytest.mark.parametrize(
    ("prediction", "label", "said"),
    [
        (0.012345, 2.0, ("0.01", "2.00", "−1.99")),
        (0.9997, -0.3333333, ("1.00", "−0.33", "+1.33")),
        (1234.56, 1200.0, ("1,235", "1,200", "+35")),
        (100.31, 100.0, ("100.31", "100.00", "+0.31")),  # an error has at least two digits
    ],
)
def test_a_number_its_label_and_its_error_have_the_same_decimals(shown, prediction, label, said):
    output = shown(
        "number", prediction=prediction, scores=[prediction], label=repr(label), label_value=label
    )
    assert (output.value, output.label, output.error) == said


def test_a_label_that_is_no_number_gives_no_error(shown):
    output = shown("number", prediction=0.5, label="good")
    assert (output.label, output.error) == ("good", None)


def test_a_class_lists_its_logits_as_they_are_largest_first(shown):
    output = shown("class", ("bad", "good"), prediction_label="good", scores=[-1.5, 3.25])
    assert output.value == "good"
    assert output.scores == (("good", "3.25"), ("bad", "−1.50"))


def test_labels_of_which_none_applies_say_so(shown):
    assert shown("labels", ("price",), prediction_label="", scores=[-1.0]).value == "none"


def test_several_numbers_keep_their_order_and_say_how_many_are_not_listed(shown):
    output = shown("numbers", tuple("abcdefg"), scores=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
    assert [name for name, _ in output.scores] == list("abcde")
    assert output.n_left_out == 2


def test_next_tokens_have_their_own_names(shown):
    output = shown(
        "next_token", prediction_label="の", scores=[-0.5, -1.25], score_names=["の", "、"]
    )
    assert output.value == "の"
    assert output.scores == (("の", "−0.500"), ("、", "−1.25"))


def test_a_next_token_stands_with_its_probability_and_by_name(shown):
    output = shown("next_token", prediction_label="\n", scores=[-0.5], score_names=["\n"])
    assert (output.value, output.chance) == ("line break ↵", "60.7\u00a0%")  # exp(-0.5)
    assert str(output.cell) == "line break ↵ 60.7\u00a0%"
    assert output.scores == (("line break ↵", "−0.500"),)
    assert shown("class", ("x", "y"), prediction_label="x").chance == ""


def test_an_embedding_has_no_short_form(shown):
    output = shown("embedding")
    assert (output.value, output.scores) == ("", ())


@pytest.mark.parametrize("kind", ["class", "next_token"])
def test_a_label_alone_is_enough(shown, kind):
    assert shown(kind, ("x", "y"), prediction_label="x").value == "x"


@pytest.mark.parametrize(
    ("kind", "label", "said"),
    [
        ("answer", '["the cat", "cat"]', "the cat or cat"),
        ("answer", "the cat", "the cat"),
        ("masks", '["good", "bad"]', "good bad"),
        ("class", '["good", "bad"]', '["good", "bad"]'),
        ("tags", "O O", None),  # they stand beside the words
    ],
)
def test_labels_that_are_lists_read_as_words(shown, kind, label, said):
    assert shown(kind, label=label).label == said


def test_only_what_an_output_can_be_compared_with_is_called_its_right_answer(shown):
    kinds = ("embedding", "completion", "class", "number")
    names = [shown(kind, prediction=1.0, label="5").label_name for kind in kinds]
    assert names == ["Given with it", "Given with it", "Right answer", "Right answer"]
