"""The register of measures; `test_added_entries` holds that one added to it is known everywhere."""

import pytest

from reportgen.analysis import STAGES
from reportgen.analysis.evidence import load_method
from reportgen.results import (
    BY_ID,
    CHANGES,
    EFFECTS,
    EFFECTS_SCHEMA,
    MEASURES,
    VIEWS,
    YARDSTICK,
    token_table_columns,
)
from reportgen.results.tables import TOKENS_SCHEMA
from reportgen.tasks import measured_at, taken_at

# Measures that come from the passes of another.
TAKEN_WITH = ("attention_gradient", "alone")


def test_columns_of_the_first_schema_stay_in_their_order() -> None:
    first = ["deletion", "mask", "gradient", "jacobian", "ig", "alti"]
    assert EFFECTS_SCHEMA.names[2 : 2 + len(first)] == first


def test_each_measure_is_listed_once_and_has_its_column() -> None:
    assert len(BY_ID) == len(MEASURES)
    assert {*CHANGES, *VIEWS} == set(BY_ID)
    assert set(YARDSTICK) < set(CHANGES)
    for measure in MEASURES:
        column = measure.column or measure.id
        schemas = {"tokens": TOKENS_SCHEMA, "effects": EFFECTS_SCHEMA}
        assert measure.table is None or column in schemas[measure.table].names


@pytest.mark.parametrize("measure", EFFECTS, ids=lambda measure: measure.id)
def test_each_measure_of_evidence_has_a_stage_and_a_bar_or_comes_with_another(measure) -> None:
    assert measure.level != "none"
    if measure.id in TAKEN_WITH:
        assert (measure.stage, measure.bar) == ("", "")
        assert measure.id not in STAGES
        return
    assert load_method(measure).run
    assert STAGES[measure.id] == measure.bar != ""


def test_basic_measures_are_taken_first_and_those_of_few_models_last() -> None:
    def taken(level, scalar) -> list[str]:
        return [measure.id for measure in measured_at(level, scalar)]

    assert taken("none", "number") == []
    basic = ["deletion", "effect", "gradient"]
    assert taken("basic", "cosine") == [*basic, "alone"]
    assert taken("basic", "number") == [*basic, "attention_gradient", "alone"]
    more = ["mask", "ig", "alti", "shapley", "cp_lrp"]
    assert taken("full", "number") == [*taken("basic", "number"), *more]
    assert taken("full", "cosine") == [*taken("basic", "cosine"), "mask", "ig", "alti", "jacobian"]
    # What says the same comes after the measures that say where to look for it.
    last = [taken_at(level, "number")[-1].id for level in ("basic", "full")]
    assert last == ["effect", "effect"]
    assert (
        token_table_columns("none")
        == token_table_columns("basic")
        == ("deletion", "gradient", "attention_gradient", "alone", "effect")
    )
