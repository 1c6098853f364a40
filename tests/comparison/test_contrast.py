"""Effects of two classifiers on the same two classes, with and without stored scores."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.completed import completed_results
from helpers.made_up.factories import changed
from helpers.real.two_models import TEXTS, twice

from reportgen.comparison import compare_runs
from reportgen.comparison.unit_pairs import contrasts
from reportgen.errors import ComparisonError
from reportgen.findings import Findings
from reportgen.report import CompareOptions, CompareWords, load_language
from reportgen.report.sections import limits, make_pairs
from reportgen.report.sections.context_compared import CompareContext
from reportgen.results import Results

NAMES = ("bad", "fair", "good")


def three_classes(results: Results, logits: np.ndarray, seed: int, *, stored: bool) -> Results:
    """A model of three classes: `logits` `[text, class]`, and what each token adds to them."""
    info = replace(results.info, output=replace(results.info.output, labels=NAMES))
    best = logits.argmax(axis=1)
    texts = results.texts.assign(
        scores=[row.tolist() for row in logits], prediction_label=[NAMES[i] for i in best]
    )
    evidence = results.evidence.copy()
    evidence["explained_label"] = [NAMES[best[text]] for text in evidence["text"]]
    effects, random = results.effects.copy(), np.random.default_rng(seed)
    deltas = random.normal(0, 1, (len(effects), 3))
    content = effects["deletion"].notna().to_numpy()
    own = logits[effects["text"].to_numpy()]
    first = own.argmax(axis=1)[:, None]

    def margin(scores: np.ndarray) -> np.ndarray:
        taken = np.take_along_axis(scores, first, axis=1)[:, 0]
        others = scores.copy()
        np.put_along_axis(others, first, -np.inf, axis=1)
        return taken - others.max(axis=1)

    effects["deletion"] = np.where(content, margin(own) - margin(own - deltas), np.nan)
    effects["effect"] = effects["deletion"]
    kept = [
        row.tolist() if is_content and stored else None
        for row, is_content in zip(deltas, content, strict=True)
    ]
    effects["deletion_scores"] = kept
    return changed(results, info, texts=texts, evidence=evidence, effects=effects)


def sides_of(folder: Path, *, stored: bool = True) -> tuple[Results, Results, np.ndarray]:
    """Text 0 flips from bad to good; in text 1 the strongest other class changes."""
    logits = np.tile([0.0, 1.0, 3.0], (len(TEXTS), 1))
    other = logits.copy()
    logits[0], other[0] = [3.0, 0.0, 1.0], [1.0, 0.0, 3.0]
    other[1] = [1.0, 0.0, 3.0]
    base, head = twice(folder, evidence="basic", kind="class")
    return (
        three_classes(base, logits, 1, stored=stored),
        three_classes(head, other, 2, stored=stored),
        logits,
    )


def contrast(results: Results, text: int, first: int, second: int) -> list[float]:
    rows = results.effects[results.effects["text"] == text]
    return [row[first] - row[second] for row in rows["deletion_scores"] if row is not None]


def test_a_flip_is_explained_on_the_new_class_over_the_old(tmp_path: Path) -> None:
    base, head, _ = sides_of(tmp_path)
    units = compare_runs(Findings(base), Findings(head)).units
    for side, values in zip((base, head), units.effect, strict=True):
        assert values[units.text == 0] == pytest.approx(contrast(side, 0, 2, 0))
    assert units.flipped[units.text == 0].all()
    assert not units.flipped[units.text > 0].any()
    assert units.n_other_target == units.n_other_rival == 0


def test_the_other_class_is_the_same_in_both_models(tmp_path: Path) -> None:
    base, head, _ = sides_of(tmp_path)
    found = compare_runs(Findings(base), Findings(head))
    for text in (1, 2):
        for side, values in zip((base, head), found.units.effect, strict=True):
            assert values[found.units.text == text] == pytest.approx(contrast(side, text, 2, 1))
    context = CompareContext(found.runs, CompareOptions(), load_language("en"))
    first = make_pairs(context)[0]
    assert first.number == 1
    assert first.has_effects
    assert "lead of “good” over “bad”" in first.legend[-1]


def test_a_changed_class_is_not_in_the_means_of_tokens(tmp_path: Path) -> None:
    base, head, _ = sides_of(tmp_path)
    found = compare_runs(Findings(base), Findings(head))
    units = found.units
    for token in found.tokens:
        own = (units.label == units.names.index(token.token)) & (units.text != 0)
        assert token.effect.n_texts == len(np.unique(units.text[own]))


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_folders_without_scores_fall_back_and_say_so(tmp_path: Path, lang: str) -> None:
    base, head, _ = sides_of(tmp_path, stored=False)
    found = compare_runs(Findings(base), Findings(head))
    assert (found.units.n_other_target, found.units.n_other_rival) == (1, 1)
    assert not np.isfinite(found.units.effect[0][found.units.text == 0]).any()
    rows = base.effects[base.effects["text"] == 1]["deletion"].dropna()
    assert found.units.effect[0][found.units.text == 1] == pytest.approx(rows.tolist())
    words = CompareWords(found, load_language(lang))
    said = limits(found, words)
    assert words.count("limit_rival", 1) in said
    assert words.count("limit_target", 1) in said


def test_of_two_classes_the_contrast_follows_from_the_margin(tmp_path: Path) -> None:
    base, head = twice(tmp_path, evidence="basic", kind="class")
    names = base.info.output.labels
    evidence = [side.evidence.assign(explained_label=names[0]) for side in (base, head)]
    evidence[1].loc[[0, 3], "explained_label"] = names[1]
    base, head = (changed(s, evidence=e) for s, e in zip((base, head), evidence, strict=True))
    units = compare_runs(Findings(base), Findings(head)).units
    assert units.n_other_target == 0
    for text in (0, 1):
        own = base.effects[base.effects["text"] == text]["deletion"].dropna().to_numpy()
        sign = -1 if text == 0 else 1
        assert units.effect[0][units.text == text] == pytest.approx(sign * own)
        assert units.effect[1][units.text == text] == pytest.approx(own)


def test_completions_that_differ_are_named_where_no_text_is_the_same(tmp_path: Path) -> None:
    made = completed_results(tmp_path, ("ab cd ef gh ij", "kl mn op qr st uv"))
    other = changed(made, texts=made.texts.assign(completion=["xy", "zz"]))
    with pytest.raises(ComparisonError, match="one file of texts and their completions with both"):
        compare_runs(Findings(made), Findings(other))


def test_completions_of_several_lengths_are_compared_by_their_effects(tmp_path: Path) -> None:
    made = completed_results(tmp_path, ("ab cd ef gh ij", "kl mn op qr st uv"))
    effects = made.effects.copy()
    effects["deletion_scores"] = [
        scores if scores is None or text == 0 else [*scores, 0.5]
        for text, scores in zip(effects["text"], effects["deletion_scores"], strict=True)
    ]
    changed_effects = effects.assign(effect=2 * effects["effect"])
    head = changed(made, effects=changed_effects)
    compared = compare_runs(Findings(changed(made, effects=effects)), Findings(head))
    before, after = contrasts(
        compared.base.results, compared.head.results, compared.pairing
    ).effects
    known = np.isfinite(before)
    assert known.any()
    np.testing.assert_allclose(after[known], 2 * before[known])
