"""Choices over all texts: which label names which choice, and how often the right one is picked."""

from functools import cache
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from helpers.real.models import save_model

from reportgen import analyze, compare, load_model
from reportgen.api import account_of
from reportgen.comparison import match_texts
from reportgen.findings import Findings
from reportgen.findings.quality import chances_of
from reportgen.report import redacted

TEXTS = [
    "the cat sat on",
    "Free coffee for every",
    "a very good film with",
    "the dog sat on",
    "today only",
    "every new",
]
CHOICES = [
    ["the mat", "a dog and the log", "coffee"],
    ["new member", "a dog", "film"],
    ["a very bad ending", "bad"],
    ["the log", "today", "the mat"],
    ["free coffee", "the cat", "a very bad film"],
    ["member", "dog", "log"],
]

_NUMBERS = count()


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> list[Path]:
    top = tmp_path_factory.mktemp("choosers")
    return [save_model(top / str(seed), "bert", "choice", seed=seed) for seed in (0, 3)]


loaded = cache(load_model)


def results_of(folder, labels=None, choices=CHOICES, **options):
    kept = folder.parent / f"results-{next(_NUMBERS)}"
    given = {"choices": choices, "labels": labels, "evidence": "none", "folder": kept}
    return analyze(TEXTS[: len(choices)], loaded(folder), **given, **options).results


@pytest.mark.parametrize(
    ("labels", "read_as", "places"),
    [
        ([0, 1, 1, 2, 0, 0], "from_0", [0, 1, 1, 2, 0, 0]),
        ([1, 2, 2, 3, 1, 1], "from_1", [0, 1, 1, 2, 0, 0]),
        (["A", "b", "B", "(C)", "a.", None], "letter", [0, 1, 1, 2, 0, -1]),
        ([own[0] for own in CHOICES], "text", [0] * 6),
        (["The  Mat", "film", "x", None, None, None], "text", [0, 2, -1, -1, -1, -1]),
        ([1, 1, 1, 1, 1, 1], "from_0", [1] * 6),
    ],
)
def test_all_labels_are_read_in_the_way_that_fits_most(folders, labels, read_as, places):
    found = Findings(results_of(folders[0], labels)).choices
    assert (found.read_as, [own.label for own in found.every]) == (read_as, places)


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        (
            ["A", "B", "A", "B", "A", "coffee"],
            "not the letter of a choice, as the other labels are",
        ),
        (["?"] * 6, "none of the text's choices, nor the letter, number or column of one"),
    ],
)
def test_a_label_that_is_not_used_is_told_with_how_labels_are_read(folders, labels, why):
    lines = account_of(Findings(results_of(folders[0], labels)))
    (said,) = [line for line in lines if "labels not used" in line]
    assert f"{labels[-1]!r} is {why}" in said


def test_labels_may_name_the_columns_of_the_choices(folders, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("text,b,a,label\nthe cat,the mat,a log,a\nthe dog,a cat,a log,b\n")
    report = analyze(path, folders[0], choices="b,a", evidence="none")
    found = report.findings.choices
    assert report.results.info.output.labels == ("b", "a")
    assert (found.read_as, [own.label for own in found.every]) == ("column", [1, 0])


def test_figures_equal_plain_counts(folders):
    labels = [0, 1, 1, 2, 0, 9]
    results = results_of(folders[0], labels)
    found = Findings(results)
    scores = [np.array(own) for own in results.texts["scores"]]
    picked = [int(own.argmax()) for own in scores]
    right = [own == label for own, label in zip(picked[:5], labels[:5], strict=True)]
    assert (
        found.fits.known("accuracy").mean
        == found.figures["label_accuracy"]
        == pytest.approx(np.mean(right))
    )
    assert found.choices.by_chance == pytest.approx((4 / 3 + 1 / 2) / 5)
    assert [own.text for own in found.choices.unmatched] == [5]
    shares = [np.exp(own) / np.exp(own).sum() for own in scores]
    for own, expected in zip(found.choices.every, shares, strict=True):
        assert chances_of(own) == pytest.approx(expected)
    chances = [float(own.max()) for own in shares]
    assert found.figures["choice_chance"] == pytest.approx(np.mean(chances), abs=1e-6)
    errors = [
        0.0 if ok else float(own.max() - own[label])
        for ok, own, label in zip(right, shares, labels, strict=False)
    ]
    assert found.text_figures["error"].tolist()[:5] == pytest.approx(errors)
    assert found.label_use.n_used == 5
    assert found.label_use.unused == "9"


def test_the_choice_that_was_picked_is_the_second_segment(folders):
    results = results_of(folders[0])
    for text, (row, own) in enumerate(zip(results.texts.to_dict("records"), CHOICES, strict=True)):
        picked = int(np.argmax(row["scores"]))
        assert row["pair"] == row["prediction_label"] == own[picked]
        assert list(row["score_names"]) == own
        tokens = results.tokens_of(text, "segment", "start", "end")
        second = tokens[tokens["segment"] == 1]
        assert second["end"].max() == len(own[picked])


def test_a_text_that_fails_leaves_the_others(folders):
    choices = [["a", "b"], ["a"], [], ["", "x", "y"], ["a", ""], ["x " * 10_000, "y"]]
    results = results_of(folders[0], choices=choices)
    assert results.texts["status"].tolist() == ["ok", *["failed"] * 5]
    messages = results.texts["message"].tolist()
    assert "one choice alone" in messages[1]
    assert "no choices" in messages[2]
    assert "choice 1 of 3 is empty" in messages[3]
    assert "one choice alone" in messages[4]
    assert "no room" in messages[5]


def test_redacted_results_say_how_often_it_was_right_and_quote_nothing(folders):
    results = results_of(folders[0], ["A", "B", "B", "C", "A", "A"])
    with redacted(results, "en", wanted=True, with_short=True) as hidden:
        own, other = Findings(results), Findings(hidden)
        assert other.fits.known("accuracy") == own.fits.known("accuracy")
        assert [each.label for each in other.choices.every] == [0, 1, 1, 2, 0, 0]
        shown = hidden.texts[["text", "pair", "prediction_label", "label"]].to_numpy().ravel()
        assert {character for cell in shown for character in cell} == {"•", " "}
        assert all(set("".join(names)) == {"•"} for names in hidden.texts["score_names"])


def test_two_models_are_compared_though_they_pick_different_choices(folders, tmp_path):
    labels = [0, 1, 1, 2, 0, None]
    sides = [results_of(folder, labels) for folder in folders]
    assert match_texts(*sides) is None
    found = compare(*(side.folder for side in sides)).comparison.predictions
    own, other = (np.array([int(np.argmax(s)) for s in side.texts["scores"]]) for side in sides)
    assert found.moved.tolist() == (own != other).tolist()
    assert found.n_moved
    change = found.fit("accuracy")
    assert change.base == pytest.approx(np.mean(own[:5] == labels[:5]))
    assert change.head == pytest.approx(np.mean(other[:5] == labels[:5]))
    assert found.outcomes[5] == "unknown"
    shares = [[np.exp(s) / np.exp(s).sum() for s in side.texts["scores"]] for side in sides]
    for text, pair in enumerate(found.chances):
        assert pair == pytest.approx([side[text][own[text]] for side in shares])


def test_other_choices_make_another_text(folders):
    changed = [["the hat", *CHOICES[0][1:]], *CHOICES[1:]]
    found = match_texts(results_of(folders[0]), results_of(folders[1], choices=changed))
    assert found.altered == ("1",)
