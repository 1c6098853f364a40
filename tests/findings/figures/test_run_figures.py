"""The flat figures against plain computations."""

from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.completed import completed_results
from helpers.made_up.factories import HEADLINES, make_results

from reportgen.findings import Findings
from reportgen.results import Results

TEXTS = (*HEADLINES, "", "fails", "ab")  # the last is too short to be counted


def rows_of(results: Results, name: str, counted: list[int]) -> list[float]:
    table = results.heads
    return [
        float(value)
        for text, value in zip(table["text"], table[name], strict=True)
        if text in counted
    ]


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return make_results(tmp_path, TEXTS, sink=0.5, failed=(7,), evidence="full")


def test_where_attention_goes_is_the_mean_over_the_texts_that_are_long_enough(
    results: Results,
) -> None:
    counted = list(range(len(HEADLINES)))
    found = Findings(results).figures
    for figure, column in (
        ("special_share_mean", "special_share"),
        ("special_share_expected", "uniform_share"),
        ("entropy_mean", "entropy"),
        ("distance_mean", "distance"),
    ):
        values = rows_of(results, column, counted)
        assert found[figure] == pytest.approx(sum(values) / len(values), rel=1e-5), figure
    by_layer = {}
    for layer in range(1, 5):
        shares = [
            float(row.special_share)
            for row in results.heads.itertuples()
            if row.layer == layer and row.text in counted
        ]
        by_layer[layer] = sum(shares) / len(shares)
    best = max(by_layer, key=lambda layer: by_layer[layer])
    assert found["special_share_max"] == pytest.approx(by_layer[best], rel=1e-5)
    assert found["special_share_max_layer"] == best
    effective = [float(results.texts["effective_tokens"][text]) for text in counted]
    assert found["effective_tokens_mean"] == pytest.approx(np.mean(effective), rel=1e-5)


def test_how_well_completions_are_expected_is_over_all_their_tokens(tmp_path: Path) -> None:
    results = completed_results(tmp_path, ("ab cd ef gh ij", "kl mn op qr st uv"))
    found = Findings(results).figures
    scores = [score for own in results.texts["scores"] for score in own]
    firsts = [name == "" for own in results.texts["score_names"] for name in own]
    assert found["completion_n_tokens"] == len(scores) == 4
    assert found["perplexity"] == pytest.approx(np.exp(-np.mean(scores)), rel=1e-5)
    assert found["first_choice_share"] == sum(firsts) / len(firsts)


def test_models_without_completions_have_no_perplexity(results: Results) -> None:
    found = Findings(results).figures
    for name in ("completion_n_tokens", "perplexity", "first_choice_share"):
        assert found[name] is None


def test_texts_too_short_are_counted_where_there_is_no_other(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("ab", "cd"), sink=0.5)
    shares = rows_of(results, "special_share", [0, 1])
    assert Findings(results).figures["special_share_mean"] == pytest.approx(
        np.mean(shares), rel=1e-5
    )


@pytest.mark.parametrize("role", ["cls", "sep"])
def test_the_most_that_a_role_gets_is_of_all_layers(results: Results, role: str) -> None:
    found = Findings(results).figures
    table = results.roles
    shares, ratios = {}, {}
    for layer in range(1, 5):
        own = table[(table["role"] == role) & (table["layer"] == layer)]
        own = own[own["text"] < len(HEADLINES)]
        shares[layer] = float(np.mean(own["share"].tolist()))
        ratios[layer] = shares[layer] / float(np.mean(own["expected"].tolist()))
    for name, by_layer in (("share", shares), ("ratio", ratios)):
        best = max(by_layer, key=lambda layer: by_layer[layer])
        assert found[f"{role}_{name}_max"] == pytest.approx(by_layer[best], rel=1e-5)
        assert found[f"{role}_{name}_max_layer"] == best


def test_predictions_and_live_rows(results: Results) -> None:
    found = Findings(results).figures
    analysed = [0, 1, 2, 3, 4, 5, 8]
    values = [float(results.texts["prediction"][text]) for text in analysed]
    assert found["prediction_mean"] == pytest.approx(sum(values) / 7, rel=1e-5)
    assert found["prediction_min"] == pytest.approx(min(values), rel=1e-5)
    assert found["prediction_max"] == pytest.approx(max(values), rel=1e-5)
    n_rows = sum(int(results.texts["n_tokens"][text]) for text in analysed)
    assert found["live_rows_mean"] == 1
    assert found["live_rows_share"] == pytest.approx(7 / n_rows, rel=1e-5)


def test_without_texts_figures_are_missing_and_none_is_made_up(tmp_path: Path) -> None:
    found = Findings(make_results(tmp_path, ("", ""))).figures
    assert (found["n_texts"], found["n_empty"], found["n_tokens"]) == (2, 2, 0)
    for name in ("special_share_mean", "special_share_max", "entropy_mean", "prediction_mean"):
        assert found[name] is None


def test_what_is_no_number_has_no_prediction(tmp_path: Path) -> None:
    assert Findings(make_results(tmp_path, kind="embedding")).figures["prediction_mean"] is None
