"""A third results folder, of another seed of the old model, as the yardstick of changes."""

from pathlib import Path

import numpy as np
import pytest
from helpers.compared_json import record_of
from helpers.made_up.factories import changed
from helpers.real.two_models import STAR, TEXTS, pair_of, plant, twice

from reportgen.comparison.attention import HEAD_CHANGED
from reportgen.comparison.compare import compare
from reportgen.comparison.seed_noise import SHARE
from reportgen.findings.findings import Findings
from reportgen.report.compare_sections.context import CompareContext
from reportgen.report.compare_sections.overview import limits
from reportgen.report.compare_sections.predictions import make_predictions
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.language import load_language
from reportgen.report.options import CompareOptions
from reportgen.results.store import Results


def jittered(results: Results, seed: int, size: float = 0.2) -> Results:
    """Another seed: every effect and prediction somewhat different."""
    random = np.random.default_rng(seed)
    effects, texts = results.effects.copy(), results.texts.copy()
    effects["deletion"] += random.normal(0, size, len(effects))
    texts["prediction"] += random.normal(0, size, len(texts))
    texts["scores"] = [[value] for value in texts["prediction"]]
    return changed(results, effects=effects, texts=texts)


def test_the_limits_are_percentiles_of_what_changed_from_seed_to_seed(tmp_path: Path) -> None:
    base, null = pair_of(tmp_path, evidence="basic")
    null = jittered(null, 3)
    plain = compare(Findings(base), Findings(null))
    limits = compare(Findings(base), Findings(base), Findings(null)).null
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
        alone, found = compare(Findings(base), head), compare(Findings(base), head, null)
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
    found = compare(Findings(base), Findings(head), Findings(head))
    assert found.heads.limit == max(HEAD_CHANGED, found.null.head) > HEAD_CHANGED
    assert found.heads.changed.sum() <= 1
    assert found.predictions.n_moved <= 1
    assert len(found.changed_texts) <= 2
    assert all(token.turn == "noise" for token in found.tokens if token.effect.difference == 0)
    words = CompareWords(found, load_language(lang))
    (said,) = [each for each in limits(found, words) if "95" in each]
    assert found.null.name in said
    context = CompareContext(found, CompareOptions(lang=lang), load_language(lang))
    headline = make_predictions(context).headline
    assert ("from one seed" if lang == "en" else "シード") in headline
    record = record_of(found)
    assert record["null"]["effect"] == pytest.approx(found.null.effect, rel=1e-5)


def test_without_a_null_nothing_is_said_of_one(tmp_path: Path) -> None:
    found = compare(*map(Findings, pair_of(tmp_path, TEXTS, evidence="basic")))
    assert found.null is None
    words = CompareWords(found, load_language("en"))
    assert not any("seed" in each for each in limits(found, words))
    record = record_of(found)
    assert record["null"] is None
