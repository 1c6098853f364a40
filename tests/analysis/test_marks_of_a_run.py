"""Words that people marked, from the input of a run to its outputs and to a later model."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import changed, make_results
from helpers.real.models import SENTENCES, save_model

import reportgen
from reportgen.comparison import compare_runs
from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.language.comparison import CompareWords
from reportgen.report.sections.overview_compared import compare_headline
from reportgen.results import EFFECT, Results, rationale_of, table_of
from reportgen.results.checks.tables import require_texts

TEXTS = (*SENTENCES, "the cat sat on the mat, and slept", "a dog sat on the log and ate </script>")
FAST = {"evidence": "basic", "keep_maps": "none", "max_unknown": 1.0}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Results:
    texts = tuple(f"{text} {i}" for i in range(4) for text in TEXTS)
    folder = tmp_path_factory.mktemp("made")
    return make_results(folder, texts, n_layers=1, n_heads=1, keep=0, evidence="basic")


def first_word(text: str) -> list[list[int]]:
    return [[0, len(text.split()[0])]]


def first_alone(text: str, tokens: Sequence[str]) -> list[float]:
    return [float(i == 1) for i in range(len(tokens))]


def test_marks_go_from_a_run_to_its_page_and_to_a_later_model(bert: Path, tmp_path: Path) -> None:
    marks = [None, [], *(first_word(text) for text in TEXTS[2:])]
    folder = tmp_path / "kept"
    report = reportgen.analyze(list(TEXTS), bert, rationales=marks, folder=folder, **FAST)
    expected = [None, ((), ()), *((tuple(map(tuple, mark)), ()) for mark in marks[2:])]
    stored = report.results
    assert [rationale_of(stored.text_row(row)) for row in range(len(TEXTS))] == expected
    report.save(tmp_path / "page.html", tmp_path / "brief.md", tmp_path / "summary.json")
    page, brief = ((tmp_path / name).read_text("utf-8") for name in ("page.html", "brief.md"))
    assert "<u>" in page
    assert 'id="rationales"' in page
    assert "the words that people marked" in brief
    told = json.loads((tmp_path / "summary.json").read_text("utf-8"))["figures"]
    rationales = Findings(stored).rationales
    assert rationales is not None
    assert told["rationale_n_texts"] == len(rationales.different) >= 5
    assert told["rationale_f1"] == pytest.approx(rationales.first.figures.f1.mean, abs=1e-6)
    # A redacted copy says nothing of marks: where they stand tells how long words are.
    report.save(tmp_path / "redacted.html", redact=True)
    redacted = (tmp_path / "redacted.html").read_text("utf-8")
    assert "<u>" not in redacted
    assert 'id="rationales"' not in redacted
    # A later model is run on the texts and the marks of the results.
    other = save_model(tmp_path / "other", "bert", "sequence", seed=3, num_labels=1,
                       problem_type="regression")  # fmt: skip
    comparison = reportgen.compare_baseline(folder, other)
    assert comparison.figures["rationale_f1_change"] is not None
    # Marks in what was cut are told; scores of one's own are held against the others.
    marks = [[[0, 1], [len(text) - 1, len(text)]] for text in TEXTS]
    options = {**FAST, "max_length": 6, "attribute": first_alone}
    short = reportgen.analyze(list(TEXTS), bert, rationales=marks, **options)
    findings = Findings(short.results)
    assert findings.rationales is not None
    assert len(findings.rationales.cut) > 0
    assert findings.figures["rationale_scores_first_alone_auprc"] is not None
    assert {by["scores:first_alone"].f1 for by in findings.rationales.by_text.values()} == {1.0}


@pytest.mark.parametrize("marks", [[3], [4, 2], [0, 3, 2, 5], [0, 999], [-1, 2]])
def test_marks_that_are_no_places_of_the_text_are_damage(marks: list[int], made: Results) -> None:
    texts = made.texts.drop(columns=["rationale"]).assign(rationale=[marks] * len(made.texts))
    with pytest.raises(ValueError, match="rationale"):
        require_texts(table_of("texts", texts), made.info)


def test_a_change_between_two_models_is_told_where_it_is_sure(made: Results) -> None:
    effects = made.effects.copy()
    first = (effects["position"] == 1).to_numpy()
    effects.loc[first, ["deletion", "effect"]] += 100.0
    texts = made.texts.drop(columns=["rationale"]).assign(rationale=[[0, 2]] * len(made.texts))
    old, new = changed(made, texts=texts), changed(made, texts=texts, effects=effects)
    comparison = compare_runs(Findings(old), Findings(new))
    assert comparison.figures["rationale_effect_f1_change_low"] > 0
    assert comparison.figures["rationale_f1_change"] == 0
    for language, named in (("en", "Marked words among those that change"), ("ja", "印の付いた語")):
        words = CompareWords(comparison, load_language(language))
        told = [sentence for sentence in compare_headline(comparison, words) if named in sentence]
        assert len(told) == 1
    # Other marks are no change of the model.
    other = texts.assign(rationale=[[3, 4]] * len(made.texts))
    comparison = compare_runs(Findings(old), Findings(changed(made, texts=other)))
    assert comparison.figures["rationale_effect_f1_change"] is None


def test_the_word_that_a_known_model_uses_is_found_and_words_at_random_are_not() -> None:
    """The bundled model raises its score for "free", and hardly for anything else here."""
    random = np.random.default_rng(1)
    plain = ["plain", "words", "about", "trains", "and", "quiet", "rivers", "near", "old", "towns"]
    texts, others = list[str](), list[list[int]]()
    for _ in range(24):
        words = [str(word) for word in random.choice(plain, 7, replace=False)]
        words.insert(int(random.integers(0, 8)), "free")
        texts.append(" ".join(words))
        word = words[int(random.integers(0, 8))]
        others.append([texts[-1].index(word), texts[-1].index(word) + len(word)])
    marks = [["free"]] * 24
    report = reportgen.analyze(texts, "demo", rationales=marks, keep_maps="none")
    at_random = changed(report.results, texts=report.results.texts.assign(rationale=others))
    for results, verdict in ((report.results, "largely"), (at_random, "chance")):
        found = Findings(results).rationales
        assert found is not None
        for view in (found.shown_first, EFFECT):
            judged = found.views[view].judgement
            assert judged is not None
            assert judged.verdict == verdict
            assert (found.views[view].figures.f1.mean == 1.0) == (verdict == "largely")
