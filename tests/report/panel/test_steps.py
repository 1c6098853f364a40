"""The tokens of a completion in a panel: probability, first choice, and what moves each."""

from math import exp
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_up.completed import completed_results
from helpers.made_up.factories import changed, make_results

from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.charts import signed_step
from reportgen.report.html import step_data
from reportgen.report.panel import StepRow, make_steps
from reportgen.results import COMPLETION_SEGMENT, DELETION_SCORES, Results, text_units
from reportgen.tasks import PERPLEXITY

EN = load_language("en")
TEXTS = ("ab cd ef gh ij", "kl mn op qr st uv", "ab")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return completed_results(tmp_path_factory.mktemp("made"), TEXTS)


def rows_of(results: Results, text: int) -> tuple[StepRow, ...]:
    found = make_steps(Findings(results), text, text_units(results, text), EN)
    return () if found is None else found.rows


@pytest.mark.parametrize("text", [0, 1])
def test_each_token_has_its_probability_and_what_moves_it(results: Results, text: int) -> None:
    rows, units = rows_of(results, text), text_units(results, text)
    completion = [i for i, unit in enumerate(units.units) if unit.segment == COMPLETION_SEGMENT]
    assert [row.unit for row in rows] == completion
    scores, names = (results.texts[name][text] for name in ("scores", "score_names"))
    by_token = results.effects_of(text)[DELETION_SCORES].tolist()
    for number, row in enumerate(rows):
        moves = row.moves
        chance = EN.percent(exp(scores[number]))
        assert row.cells == (chance, names[number])
        known = {i: own[number] for i, own in enumerate(by_token) if own is not None}
        effects = {i: own for i, own in known.items() if not np.isnan(own)}
        assert (completion[0] in effects) is (number == 1)  # an earlier token of the completion
        best = max(effects, key=effects.__getitem__)
        worst = min(effects, key=effects.__getitem__)
        label = units.units[best].label
        assert moves.raises == (f"“{label}” (+{effects[best]:.2f})" if effects[best] > 0 else "")
        assert bool(moves.lowers) is bool(effects[worst] < 0)
        assert not moves.lowers or units.units[worst].label in moves.lowers
        top = max(map(abs, effects.values()))
        for i, (colour, change) in enumerate(zip(moves.colours, moves.changes, strict=True)):
            assert colour == (signed_step(effects[i], top) if i in effects else None)
            assert (change == "") is (i not in effects)
        for unit, verb in ((best, "falls"), (worst, "rises")):
            is_named = bool(effects[unit] > 0 if verb == "falls" else effects[unit] < 0)
            assert (f"{verb} by {abs(effects[unit]):.2f}." in row.sentence) is is_named
        assert row.sentence.startswith(f"“{row.token}” had probability {chance}")
    assert set(step_data(rows)) == set(completion)


def test_a_column_of_first_choices_is_there_where_one_is_another_token(results: Results) -> None:
    texts = results.stored("texts").copy()
    texts["score_names"] = [["" for _ in own] for own in texts["score_names"]]
    for own, n, said in (
        (results, 3, "First choice: "),
        (changed(results, texts=texts), 2, "Each"),
    ):
        found = make_steps(Findings(own), 0, text_units(own, 0), EN)
        assert found is not None
        assert {len(found.columns), *(1 + len(row.cells) for row in found.rows)} == {n}
        assert found.note.startswith(said)


def test_units_of_one_name_are_told_apart_and_what_does_not_show_is_no_move(tmp_path: Path) -> None:
    made = completed_results(tmp_path, ("ababefghij",))
    effects = made.stored("effects").copy()
    scores = [own if own is None else [0.004, 0.004] for own in effects[DELETION_SCORES]]
    scores[1], scores[2] = [0.0, -0.004], [0.5, 0.004]
    first, second = rows_of(changed(made, effects=effects.assign(**{DELETION_SCORES: scores})), 0)
    assert text_units(made, 0).units[2].label == "ab"
    assert (first.moves.raises, first.moves.lowers) == ("“ab (2nd)” (+0.50)", "")
    assert (second.moves.raises, second.moves.lowers) == ("", "")


def test_a_text_that_is_no_more_than_one_piece_has_no_steps(results: Results) -> None:
    assert rows_of(results, 2) == ()


def test_other_outputs_have_no_steps(tmp_path: Path) -> None:
    assert rows_of(make_results(tmp_path, TEXTS[:1], evidence="basic"), 0) == ()


def test_without_evidence_the_probabilities_remain(tmp_path: Path) -> None:
    made = make_results(tmp_path, TEXTS[:1], kind="completion")
    rows = rows_of(made, 0)
    assert [row.moves.raises + row.moves.lowers for row in rows] == ["", ""]
    assert all(row.cells[0] for row in rows)
    assert step_data(rows) == {}


def test_completions_over_all_texts_equal_plain_sums(results: Results) -> None:
    found = Findings(results)
    scores = [np.array(own) for own in results.texts["scores"][:2]]
    every = np.concatenate(scores)
    assert found.fits.known("perplexity").mean == pytest.approx(np.exp(-every.mean()))
    assert list(found.summaries.values())[:2] == pytest.approx(
        [np.exp(-own.mean()) for own in scores]
    )
    assert found.figures["completion_n_tokens"] == 4
    assert found.fits.known("first_choice").mean == 2 / 4
    unlikely = pd.DataFrame({"text": [0], "probability": np.nan, "label_probability": 0.0})
    assert PERPLEXITY.of_all(PERPLEXITY.sums(unlikely)) == exp(700.0)
