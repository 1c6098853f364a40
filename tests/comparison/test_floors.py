"""A third results folder, of another seed of the old model, as the yardstick of changes."""

from pathlib import Path

import numpy as np
import pytest
from helpers.compared_json import record_of
from helpers.made_up.factories import changed
from helpers.real.two_models import STAR, TEXTS, pair_of, plant, twice

from reportgen.comparison import HEAD_LEAST, LAYER_LEAST, SHARE, Change, compare_runs
from reportgen.findings import Findings, Interval
from reportgen.report import CompareOptions, CompareWords, Lang, compare_headline, load_language
from reportgen.report.sections import limits, make_compared_answers, make_predictions
from reportgen.report.sections.context_compared import CompareContext
from reportgen.results import Results


def jittered(results: Results, seed: int, size: float = 0.2) -> Results:
    """Another seed: every effect and prediction somewhat different."""
    random = np.random.default_rng(seed)
    effects, texts = results.effects.copy(), results.texts.copy()
    effects["effect"] += random.normal(0, size, len(effects))
    texts["prediction"] += random.normal(0, size, len(texts))
    texts["scores"] = [[value] for value in texts["prediction"]]
    return changed(results, effects=effects, texts=texts)


def test_the_limits_are_percentiles_of_what_changed_from_seed_to_seed(tmp_path: Path) -> None:
    base, null = pair_of(tmp_path, evidence="basic")
    null = jittered(null, 3)
    plain = compare_runs(Findings(base), Findings(null))
    limits = compare_runs(Findings(base), Findings(base), Findings(null)).null
    moved = np.abs(null.texts["prediction"] - base.texts["prediction"])
    assert limits.prediction == pytest.approx(np.quantile(moved, SHARE))
    effects = [abs(token.effect.head - token.effect.base) for token in plain.tokens]
    assert limits.effect == pytest.approx(np.quantile(effects, SHARE))
    assert limits.head == pytest.approx(np.quantile(plain.heads.distance, SHARE))
    assert limits.text_attention == pytest.approx(np.quantile(plain.heads.by_text, SHARE))
    assert limits.text_effect == pytest.approx(np.quantile(plain.effects.change, SHARE))


def test_what_another_seed_does_as_well_is_not_named(tmp_path: Path) -> None:
    base, _ = twice(tmp_path, evidence="basic")
    null = Findings(plant(jittered(base, 3), effect=0.7, row=0.0))
    for effect, is_named in ((0.6, False), (1.4, True)):
        head = Findings(plant(base, effect=effect, row=0.0))
        alone, found = compare_runs(Findings(base), head), compare_runs(Findings(base), head, null)
        assert (found.null.effect < effect) is is_named
        assert STAR in {note.token for note in alone.notes}
        assert (STAR in {note.token for note in found.notes}) is is_named
        star = next(token for token in found.tokens if token.token == STAR)
        assert (star.turn != "noise") is is_named


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_another_seed_raises_every_threshold_and_the_page_says_so(
    tmp_path: Path, lang: str
) -> None:
    base, head = pair_of(tmp_path, evidence="basic")
    found = compare_runs(Findings(base), Findings(head), Findings(head))
    assert found.heads.limit == max(HEAD_LEAST, found.null.head) > HEAD_LEAST
    assert found.heads.changed.sum() <= 1
    assert found.predictions.n_moved <= 1
    assert len(found.changed_texts) <= 2
    assert all(token.turn == "noise" for token in found.tokens if token.effect.difference == 0)
    words = CompareWords(found, load_language(lang))
    (said,) = [each for each in limits(found, words) if "95" in each]
    assert found.null.name in said
    context = CompareContext(found.runs, CompareOptions(lang=lang), load_language(lang))
    compare_headline = make_predictions(context).headline
    assert ("from one seed" if lang == "en" else "シード") in compare_headline
    record = record_of(found)
    assert record["null"]["effect"] == pytest.approx(found.null.effect, rel=1e-5)


def test_without_a_null_nothing_is_said_of_one(tmp_path: Path) -> None:
    found = compare_runs(*map(Findings, pair_of(tmp_path, TEXTS, evidence="basic")))
    assert found.null is None
    words = CompareWords(found, load_language("en"))
    assert not any("seed" in each for each in limits(found, words))
    record = record_of(found)
    assert record["null"] is None


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_attention_that_moved_where_no_prediction_did_is_no_change_of_heads(
    tmp_path: Path, lang: Lang
) -> None:
    """As seen: heads "changed" by noise of the weights in half of the pairs."""
    base, head = pair_of(tmp_path, kind="completion", evidence="none")  # with the same outputs
    found = compare_runs(Findings(base), Findings(head))
    heads = found.heads
    assert found.predictions.n_moved == 0
    assert heads.moved.any()
    assert not heads.changed.any()
    assert (found.figures["heads_moved"], found.figures["heads_changed"]) == (heads.moved.sum(), 0)
    assert not [note for note in found.notes if note.id == "heads"]
    language = load_language(lang)
    context = CompareContext(found.runs, CompareOptions(lang=lang), language)
    values = {"k": int(heads.moved.sum()), "n": heads.moved.size}
    assert context.words.say("headline_heads_alone", **values) in compare_headline(
        found, context.words
    )
    answer = make_compared_answers(context)[3].answer
    assert answer == language.say("compared_answers", "heads_alone", **values)


def test_heads_are_judged_by_their_distance_alone_where_outputs_are_not_compared(
    tmp_path: Path,
) -> None:
    found = compare_runs(*map(Findings, pair_of(tmp_path, kind="embedding", evidence="none")))
    assert found.predictions is None
    assert (found.heads.changed == found.heads.moved).all()


@pytest.mark.parametrize(("lost", "changed_heads"), [(0.0, False), (0.04, False), (0.2, True)])
def test_a_probability_that_moved_counts_where_no_class_changed(
    tmp_path: Path, lost: float, changed_heads: bool
) -> None:
    sides = pair_of(tmp_path, kind="class", evidence="none")
    n = len(sides[0].info.output.labels)
    name = sides[0].info.output.labels[0]
    made = []
    for side, chance in zip(sides, (0.9, 0.9 - lost), strict=True):
        scores = np.log([chance, *[(1 - chance) / (n - 1)] * (n - 1)]).tolist()
        texts = side.texts.assign(prediction_label=name, scores=[scores] * len(side.texts))
        made.append(changed(side, texts=texts))
    found = compare_runs(*map(Findings, made))
    assert found.predictions.n_moved == 0
    assert found.predictions.outputs_moved == changed_heads
    assert found.heads.changed.any() == changed_heads


def test_a_layer_that_changed_by_less_than_two_points_has_no_clear_change(tmp_path: Path) -> None:
    """A shift that all texts share has an interval without 0, as noise of the weights makes it."""
    words = CompareWords(
        compare_runs(*map(Findings, pair_of(tmp_path, evidence="none"))), load_language("en")
    )
    for size, is_told in ((0.016, False), (0.03, True)):
        change = Change(0.5, 0.5 + size, size, Interval(size - 0.001, size + 0.001), 40)
        told = words.changed(change, words.share, least=LAYER_LEAST)
        assert (words.say("within") in told.small) == (not is_told)
