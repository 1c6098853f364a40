"""No two sentences of one comparison deny each other: over made-up predictions of several kinds."""

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.compared_json import record_of
from helpers.made_up.factories import changed
from helpers.real.two_models import twice

from reportgen.comparison import Comparison, compare_runs
from reportgen.findings import Findings
from reportgen.report import CompareOptions, Lang, compare_headline, load_language
from reportgen.report.language import LANGUAGES
from reportgen.report.sections import make_compared_answers, make_predictions
from reportgen.report.sections.context_compared import CompareContext
from reportgen.report.short_form import markdown

N = 40
DRAWS = 10  # of this seed: every verdict is among them
# What the headline and the first answer say of each verdict, and of no other.
WORDS: dict[Lang, dict[str, tuple[str, str]]] = {
    "en": {
        "better": ("Better: the new model", "Yes: "),
        "worse": ("Worse: the new model", "No, it is worse"),
        "same": ("The same within", "No change beyond"),
        "unmoved": ("No prediction moved", "The same: no prediction moved"),
        "unclear": ("cannot tell whether either model", "texts cannot tell"),
    },
    "ja": {
        "better": ("新モデルのほうが良い結果", "はい："),
        "worse": ("新モデルのほうが悪い結果", "いいえ、悪化"),
        "same": ("以内で同じ：", "を超える変化なし"),
        "unmoved": ("予測が変わったテキストがない", "変わった予測はありません"),
        "unclear": ("以上良いかどうか、判断できません", "件では判断できません"),
    },
}


def number_pair(base, head, random):
    """Errors from none to large, and changes from those of rounding to large ones."""
    labels = random.normal(0, 1, N)
    own = labels + random.normal(0, 1, N) * random.choice([0.0, 0.1, 1.0, 1.0])
    size = random.choice([0.0, 1e-4, 0.03, 0.03, 0.3])
    nearer = random.choice([0.6, 1.0, 1.0])
    other = labels + nearer * (own - labels) + random.choice([0, size])
    other = other + size * random.normal(0, 1, N)
    pairs = ((base, own), (head, other))
    return [
        changed(
            side,
            texts=side.texts.assign(
                prediction=values,
                scores=[[value] for value in values],
                label_value=labels,
                label=[f"{label:g}" for label in labels],
            ),
        )
        for side, values in pairs
    ]


def class_pair(base, head, random):
    """All right in both, or nearly all, or about half."""
    names = base.info.output.labels
    labels = random.choice(names, N)
    sides = []
    for side in (base, head):
        is_right = random.random(N) < random.choice([0.5, 0.95, 1.0])
        predicted = np.where(is_right, labels, names[0])
        texts = side.texts.assign(prediction_label=predicted, label=labels)
        sides.append(changed(side, texts=texts))
    return sides


PAIRS = {"number": number_pair, "class": class_pair}


@pytest.fixture(scope="module", params=PAIRS)
def drawn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    kind = request.param
    texts = tuple(f"text {i:04}" for i in range(N))
    folder: Path = tmp_path_factory.mktemp(kind)
    sides = twice(folder, texts, n_layers=1, n_heads=2, evidence="none", kind=kind)
    random = np.random.default_rng(7)
    return [compare_runs(*map(Findings, PAIRS[kind](*sides, random))) for _ in range(DRAWS)]


def key_of(found: Comparison) -> str:
    quality = found.predictions.quality
    return "unmoved" if quality.verdict == "same" and quality.is_unmoved else quality.verdict


def test_every_verdict_is_drawn(drawn: list[Comparison]) -> None:
    keys = {key_of(found) for found in drawn if not found.is_same}
    kinds = {found.predictions.kind for found in drawn}
    assert keys >= ({*WORDS["en"]} if kinds == {"number"} else {"better", "worse", "unclear"})


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_verdict_is_said_everywhere(drawn: list[Comparison], lang: Lang) -> None:
    for found in drawn:
        quality, key = found.predictions.quality, key_of(found)
        context = CompareContext(found.runs, CompareOptions(lang=lang), load_language(lang))
        first, *_ = make_compared_answers(context)
        said = " ".join(compare_headline(found, context.words))
        text = markdown.write(found.runs, CompareOptions(lang=lang)).text
        for other, (in_headline, in_answer) in WORDS[lang].items():
            if not is_apart(quality):
                assert (in_answer in first.answer) == (other == key), first.answer
            if not found.is_same:
                assert (in_headline in said) == (other == key), said
                assert (in_headline in text.split("\n### ")[0]) == (other == key)
        table = make_predictions(context).tables[0]
        rows = {row[0].text: row[-1].small for row in table.rows}
        (decides,) = (name for name in rows if name == row_name(quality.deciding, quality, context))
        gain = context.words.gain(
            quality.deciding.name, quality.verdict, quality.n_texts, is_unmoved=quality.is_unmoved
        )
        assert rows[decides].endswith(gain)


def is_apart(quality):
    """Whether the average error and large errors say something else, so that both are told."""
    return len({each.gain for each in quality.figures if each.name in ("mae", "rmse")}) > 1


def row_name(figure, quality, context):
    name = context.words.say(f"quality_{figure.name}")
    return context.words.say("decides", name=name) if quality.others else name


def test_record_and_gates_have_the_same_verdict(drawn: list[Comparison]) -> None:
    for found in drawn:
        quality = found.predictions.quality
        record = record_of(found)["quality"]
        assert record["verdict"] == record[record["decided_by"]]["gain"] == quality.verdict
        figures = found.figures
        for name in ("better", "worse"):
            assert figures[f"quality_{name}"] == (quality.verdict == name)


def test_nothing_is_news_where_no_prediction_moved(drawn: list[Comparison]) -> None:
    """No figure is better or worse, no head has changed, and no note says so."""
    unmoved = [found for found in drawn if not found.predictions.n_moved]
    assert unmoved
    for found in unmoved:
        assert {figure.gain for figure in found.predictions.quality.figures} == {"same"}
        assert not [note for note in found.notes if note.id.startswith("fit_")]
        if not found.predictions.outputs_moved:
            assert found.figures["heads_changed"] == 0
            assert "headline_heads" not in json.dumps([note.id for note in found.notes])
