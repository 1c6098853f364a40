"""Two models that tag, fill in masks or answer questions are judged by what they have right."""

from itertools import count

import numpy as np
import pytest
from helpers.plain.plain_bootstrap import plain_interval
from helpers.real.models import save_model

from reportgen import analyze, compare
from reportgen.comparison import worse
from reportgen.findings import Findings
from reportgen.tasks import spans

TEXTS = [
    "the cat sat on the mat",
    "free coffee today",
    "a very good film",
    "the dog sat on the log",
    "every new member",
    "a bad ending",
]
_NUMBERS = count()
TAGS = {"id2label": {0: "X", 1: "Y"}}


def sides_of(folder, task, texts=TEXTS, labels=None, pairs=None, **changes):
    """The results of two random models on the same texts."""
    sides = []
    for seed in (0, 5):
        name = f"{task}-{seed}-{next(_NUMBERS)}"
        model = save_model(folder / name, "bert", task, seed, **changes)
        given = {"labels": labels, "pairs": pairs, "evidence": "none", "units": "word"}
        sides.append(analyze(texts, model, folder=folder / f"of-{next(_NUMBERS)}", **given).results)
    return sides


def comparison_of(sides):
    return compare(*(side.folder for side in sides)).comparison


def predictions_of(sides):
    return comparison_of(sides).predictions


def test_tags_are_judged_by_the_share_of_right_ones(tmp_path):
    random = np.random.default_rng(0)
    labels = [random.choice(["X", "Y"], len(text.split())).tolist() for text in TEXTS]
    labels[5] = None
    sides = sides_of(tmp_path, "token", labels=labels, **TAGS)
    comparison = comparison_of(sides)
    found = comparison.predictions
    change = found.fit("tag_accuracy")
    for side, value in zip(sides, (change.base, change.head), strict=True):
        rows = side.texts["prediction_label"].tolist()[:5]
        right = [
            a == b for row, own in zip(rows, labels, strict=False) for a, b in _pairs(row, own)
        ]
        assert value == pytest.approx(np.mean(right))
    assert change.interval.low <= change.difference <= change.interval.high
    assert change.n_texts == 5
    assert found.quality.deciding.name == "tag_accuracy"  # no tag means outside all entities
    changes = [_change(sides, text, labels[text]) for text in range(5)]
    assert found.right_change == pytest.approx([*changes, np.nan], nan_ok=True)
    fewer = [text for text in range(5) if changes[text] < 0]
    assert fewer
    assert worse(found) == sorted(fewer, key=lambda text: changes[text])


def test_entities_decide_where_tags_mark_them(tmp_path):
    random, names = np.random.default_rng(1), ["O", "B-A", "I-A"]
    labels = [random.choice(names, len(text.split())).tolist() for text in TEXTS]
    sides = sides_of(tmp_path, "token", labels=labels, id2label=dict(enumerate(names)))
    quality = predictions_of(sides).quality
    assert [figure.name for figure in quality.figures] == ["entity_f1", "tag_accuracy"]
    assert quality.deciding.name == "entity_f1"
    ends = quality.deciding.change.base, quality.deciding.change.head
    for side, end in zip(sides, ends, strict=True):
        tags = side.texts["score_names"].tolist()
        pairs = [
            (set(spans(own)), set(spans(given))) for own, given in zip(tags, labels, strict=True)
        ]
        both = sum(len(own & given) for own, given in pairs)
        assert end == pytest.approx(2 * both / sum(len(own) + len(given) for own, given in pairs))


def test_several_labels_are_judged_by_texts_with_all_of_them_right(tmp_path):
    given = ["A", "B", "A,B", "B", "A", "C"]
    names = {"id2label": {0: "A", 1: "B", 2: "C"}}
    sides = sides_of(
        tmp_path, "sequence", labels=given, problem_type="multi_label_classification", **names
    )
    change = predictions_of(sides).quality.deciding.change
    for side, end in zip(sides, (change.base, change.head), strict=True):
        predicted = [
            {"ABC"[place] for place, score in enumerate(scores) if score > 0}
            for scores in side.texts["scores"]
        ]
        right = [set(own.split(",")) == found for own, found in zip(given, predicted, strict=True)]
        assert end == pytest.approx(np.mean(right))
        assert Findings(side).figures["labels_exact"] == pytest.approx(np.mean(right), rel=1e-5)


def _change(sides, text, labels):
    """How the share of right tags of a text changed."""
    rows = [side.texts["prediction_label"][text] for side in sides]
    was, now = (np.mean([a == b for a, b in _pairs(row, labels)]) for row in rows)
    return now - was


def _pairs(tags, labels):
    return zip(tags.split(), labels, strict=True)


def test_masks_are_judged_by_right_first_choices(tmp_path):
    texts = [text.replace(text.split()[1], "[MASK]") for text in TEXTS]
    labels = [text.split()[1] for text in TEXTS]
    sides = sides_of(tmp_path, "masked", texts)
    labels[0] = sides[0].texts["prediction_label"][0]
    labels[1] = sides[1].texts["prediction_label"][1]
    labels[2] = sides[1].texts["prediction_label"][2]
    sides = sides_of(tmp_path, "masked", texts, labels)
    change = predictions_of(sides).fit("mask_accuracy")
    for side, value in zip(sides, (change.base, change.head), strict=True):
        firsts = side.texts["prediction_label"].tolist()
        right = [a.casefold() == b.casefold() for a, b in zip(firsts, labels, strict=True)]
        assert value == pytest.approx(np.mean(right))
    assert change.head > change.base


def test_answers_are_judged_by_exact_ones_and_by_their_words(tmp_path):
    questions = ["who sat ?"] * 6
    sides = sides_of(tmp_path, "question", questions, pairs=TEXTS)
    labels = sides[0].texts["prediction_label"].tolist()
    labels[4:] = ["nothing like it", None]
    sides = sides_of(tmp_path, "question", questions, labels, TEXTS)
    comparison = comparison_of(sides)
    found = comparison.predictions
    fits = [Findings(side).fits for side in sides]
    exact = found.fit("answer_exact")
    for change in ("answer_exact", "answer_f1"):  # as the report of each model has it
        figure, own = found.quality.figure(change), [side.known(change) for side in fits]
        assert [figure.change.base, figure.change.head] == pytest.approx([e.mean for e in own])
        assert np.array(figure.ends) == pytest.approx(np.array([e.interval for e in own]))
    assert exact.base == 0.8
    f1s = [[Findings(side).items_of(text)[0].score for text in range(5)] for side in sides]
    assert found.right_change == pytest.approx([*np.subtract(*f1s[::-1]), np.nan], nan_ok=True)


def test_the_interval_is_a_paired_bootstrap_over_texts(tmp_path):
    labels = [["X"] * len(text.split()) for text in TEXTS]
    sides = sides_of(tmp_path, "token", labels=labels, **TAGS)
    change = predictions_of(sides).fit("tag_accuracy")
    right = [[row.split().count("X") for row in side.texts["prediction_label"]] for side in sides]
    gains = (np.array(right[1]) - np.array(right[0])).tolist()
    sizes = [len(own) for own in labels]

    def drawn(rows):
        return sum(gains[i] for i in rows) / sum(sizes[i] for i in rows)

    low, high = plain_interval(drawn, len(sizes))
    assert tuple(change.interval) == pytest.approx((low, high), abs=0.2 * (high - low))


def test_without_labels_nothing_is_judged(tmp_path):
    assert predictions_of(sides_of(tmp_path, "token", **TAGS)).quality is None
