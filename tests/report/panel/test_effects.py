"""Evidence by display unit: what a unit's tokens add up to."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.made_up.factories import HEADLINES, make_results

from reportgen.findings.evidence import explained_range, explained_values
from reportgen.report.panel import text_effects
from reportgen.results import EFFECTS
from reportgen.tasks import has_sign

UNIT_OF = (0, 1, 1, 2)


@pytest.fixture
def results(tmp_path):
    """One text of two special tokens around one unit of two."""
    made = make_results(tmp_path, ("abcd",), evidence="full", kind="embedding")
    for name, values in {
        "effect": [np.nan, 0.5, 0.5, np.nan],
        "mask": [np.nan, 0.25, 0.25, np.nan],
        "gradient": [np.nan] * 4,
        "jacobian": [1.0, 3.0, 4.0, 2.0],
        "ig": [0.0, 0.2, -0.3, 0.0],
        "alti": [0.1, 0.2, 0.3, 0.4],
    }.items():
        made.effects[name] = values
    return made


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("effect", [np.nan, 0.5, np.nan]),  # measured by unit: not added twice
        ("mask", [np.nan, 0.25, np.nan]),
        ("jacobian", [1.0, 5.0, 2.0]),
        ("ig", [0.0, -0.1, 0.0]),
        ("alti", [0.1, 0.5, 0.4]),
    ],
)
def test_a_units_figure_is_made_of_its_tokens(results, name, values):
    found = text_effects(results, 0, UNIT_OF)
    assert found.columns[name] == pytest.approx(values, nan_ok=True)


def test_what_was_not_measured_has_no_column(results):
    assert "gradient" not in text_effects(results, 0, UNIT_OF).columns


def test_how_it_went_stands_beside(results):
    found = text_effects(results, 0, UNIT_OF)
    assert (found.live_rows, found.n_rows, found.reads_cls_only, found.ig_complete) == (
        1,
        4,
        True,
        True,
    )


def test_a_text_that_was_not_chosen_has_none(tmp_path):
    made = make_results(tmp_path, HEADLINES[:1])
    assert text_effects(made, 0, range(20)) is None


def test_what_was_not_found_out_is_none(tmp_path):
    made = make_results(tmp_path, HEADLINES[:1], evidence="basic")
    made.evidence["live_rows"] = None
    made.evidence["ig_complete"] = None
    n = len(made.tokens_of(0))
    found = text_effects(made, 0, range(n))
    assert (found.live_rows, found.n_rows, found.reads_cls_only) == (None, 0, False)
    assert not found.ig_complete


def test_distances_and_sizes_have_no_sign():
    signed = {
        "number": {
            *("effect", "deletion", "alone", "mask", "ig"),
            *("attention_gradient", "shapley", "cp_lrp"),
        },
        "cosine": {"ig", "alone"},  # nearer to the embedding of the whole text, or farther
    }
    for scalar, expected in signed.items():
        assert {measure.id for measure in EFFECTS if has_sign(measure, scalar)} == expected


def test_the_range_of_what_is_explained_is_that_of_all_texts(tmp_path):
    number = make_results(tmp_path / "number", HEADLINES, evidence="basic")
    assert explained_range(number) == pytest.approx(np.ptp(number.texts["prediction"]))
    assert explained_range(make_results(tmp_path / "few", HEADLINES[:2], evidence="basic")) is None
    assert explained_range(make_results(tmp_path / "none", HEADLINES)) is None
    cosine = make_results(tmp_path / "cosine", HEADLINES, evidence="basic", kind="embedding")
    assert explained_range(cosine) is None


def test_the_range_of_a_margin_is_between_leads(tmp_path):
    made = make_results(tmp_path, HEADLINES, evidence="basic", kind="class")
    assert made.info.evidence.scalar == "margin"
    scores = np.stack(made.texts["scores"])
    two = np.sort(scores, axis=1)[:, -2:]
    assert explained_range(made) == pytest.approx(np.ptp(two[:, 1] - two[:, 0]))
    assert explained_values(made) == pytest.approx(two[:, 1] - two[:, 0])
    target = made.info.output.labels[0]
    evidence = replace(made.info.evidence, target=target)
    of_first = replace(made, info=replace(made.info, evidence=evidence))
    leads = scores[:, 0] - scores[:, 1:].max(axis=1)
    assert explained_range(of_first) == pytest.approx(np.ptp(leads))


def test_of_several_numbers_the_first_is_explained(tmp_path):
    made = make_results(tmp_path, HEADLINES, evidence="basic", kind="numbers")
    scores = np.stack(made.texts["scores"])
    of_first = replace(
        made, info=replace(made.info, evidence=replace(made.info.evidence, target=None))
    )
    assert explained_values(of_first) == pytest.approx(scores[:, 0])
    named = replace(made.info.evidence, target=made.info.output.labels[1])
    of_second = replace(made, info=replace(made.info, evidence=named))
    assert explained_values(of_second) == pytest.approx(scores[:, 1])
