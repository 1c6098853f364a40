"""Gates: what is one, when it is passed, and how it is told."""

import re
from collections.abc import Sequence
from itertools import product
from types import SimpleNamespace
from typing import cast, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.api.options import Verbosity
from reportgen.cli.outcome import gate_lines
from reportgen.errors import UsageError
from reportgen.findings import (
    Findings,
    Gate,
    GateResult,
    Operator,
    errors_first,
    evaluate,
    found_text,
    gate_records,
    has_failed,
    parse_gate,
)
from reportgen.findings.figures import RUN_FIGURES
from reportgen.report import Lang, load_language
from reportgen.report.sections.run import GateRow, gate_rows


def gate(expression: str, level: str = "fail", source: str = "") -> Gate:
    return parse_gate(expression, level, RUN_FIGURES, source)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expression", "figure", "operator", "expected"),
    [
        ("special_share_max > 0.8", "special_share_max", ">", 0.8),
        ("  n_texts>=5 ", "n_texts", ">=", 5),
        ("unknown_share > 5%", "unknown_share", ">", 0.05),
        ("unknown_share > 5 %", "unknown_share", ">", 0.05),
        ("unknown_share>.5%", "unknown_share", ">", 0.005),
        ("label_bias < -1.5", "label_bias", "<", -1.5),
        ("label_bias<=+1e-3", "label_bias", "<=", 0.001),
        ("n_failed != 0", "n_failed", "!=", 0),
        ("n_failed==0.", "n_failed", "==", 0),
        ("sink_token_u2605_mean_value_ratio > 3", "sink_token_u2605_mean_value_ratio", ">", 3),
        ("sink_token_ポイント_share_low > 3", "sink_token_ポイント_share_low", ">", 3),
    ],
)
def test_a_gate_is_a_figure_an_operator_and_a_number(
    expression: str, figure: str, operator: str, expected: float
) -> None:
    found = gate(expression)
    assert (found.figure, found.operator, found.expected) == (figure, operator, expected)
    assert found.expression == expression.strip()


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "special_share_max",
        "special_share_max > ",
        "> 0.8",
        "special_share_max 0.8",
        "special_share_max = 0.8",
        "special_share_max => 0.8",
        "special_share_max > much",
        "special_share_max > 0,8",
        "special_share_max > 0.8 %%",
        "special_share_max > nan",
        "special_share_max > inf",
        "special_share_max > 0x1",
        "special_share_max > ٣",
        "special_share_max > 0.8 and n_texts > 5",
        "0.8 < special_share_max",
        "special_share_max > 0.8\n",
        "n_texts > 1e9999",
    ],
)
def test_what_is_no_gate_is_told_with_where_the_figures_are(expression: str) -> None:
    if expression.endswith("\n"):  # space around it is no part of it
        assert gate(expression).expression == expression.strip()
        return
    with pytest.raises(UsageError, match=re.escape(f"--fail-if {expression!r}: ")) as caught:
        gate(expression)
    assert caught.value.exit_code == 2
    assert str(caught.value).endswith("; see reportgen run --list-figures") or "e9999" in expression


def test_a_number_too_large_for_a_float_is_told() -> None:
    with pytest.raises(UsageError, match="too large"):
        gate("n_texts > 1e999")


def test_a_figure_that_no_one_knows_is_told_with_the_file_it_stands_in() -> None:
    with pytest.raises(UsageError, match=r"pyproject\.toml: warn-if 'nothing > 1': no figure"):
        gate("nothing > 1", "warn", "pyproject.toml")


PLAIN = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


@pytest.mark.parametrize(("operator", "found"), [*product(PLAIN, (1.0, 2, 2.0, 3))])
def test_a_gate_is_passed_where_its_condition_does_not_hold(operator: str, found: float) -> None:
    for level in ("fail", "warn"):
        (result,) = evaluate([gate(f"n_texts {operator} 2", level)], {"n_texts": found})
        assert result.passed == (not PLAIN[operator](found, 2))
        assert result.value == found


@pytest.mark.parametrize("operator", PLAIN)
def test_what_was_not_measured_passes_no_gate(operator: str) -> None:
    for figures in ({"label_r2": None}, {}):
        (result,) = evaluate([gate(f"label_r2 {operator} 2")], figures)
        assert (result.value, result.passed) == (None, False)
        assert has_failed([result])


@given(st.text(max_size=30))
def test_any_text_is_a_gate_or_refused(text: str) -> None:
    try:
        found = gate(text)
    except UsageError:
        return
    assert RUN_FIGURES.find(found.figure)


@given(st.integers(-(10**6), 10**6), st.sampled_from(["", "%"]))
def test_percent_is_a_hundredth_without_error_of_its_own(number: int, sign: str) -> None:
    expected = float(f"{number}e-2") if sign else float(number)
    assert gate(f"label_bias > {number}{sign}").expected == expected


def test_a_gate_in_percent_says_in_percent_what_was_found() -> None:
    for expression, said in (("unknown_share > 5%", "7.12%"), ("unknown_share > 0.05", "0.0712")):
        (result,) = evaluate([gate(expression)], {"unknown_share": 0.0712})
        (row,) = rows_of([result])
        assert row.value == said


RESULTS = evaluate(
    [
        gate("n_texts > 9", "warn"),
        gate("n_texts > 1", "warn", "gates.yaml"),
        gate("n_texts < 9", source="pyproject.toml"),
        gate("n_texts < 2"),
        gate("label_r2 < 5%"),
    ],
    {"n_texts": 4, "label_r2": None},
)


def rows_of(
    results: Sequence[GateResult], against: str | None = None, lang: Lang = "en"
) -> tuple[GateRow, ...]:
    """The rows of gates on a model that is `against` a constant answer as said."""
    findings = cast("Findings", SimpleNamespace(against_constant=against))
    return gate_rows(results, findings, load_language(lang))


def lines_of(verbosity: Verbosity, *, annotate: bool) -> list[str]:
    told = [row.told(load_language("en")) for row in rows_of(RESULTS)]
    return gate_lines(RESULTS, told, verbosity, annotate=annotate)


def test_a_gate_that_is_passed_by_a_model_worse_than_a_constant_says_so() -> None:
    figures = {"label_r2": -2.478, "label_mae": 3.5, "n_texts": 4}
    results = evaluate(
        [gate("label_r2 < -3"), gate("label_mae > 4"), gate("n_texts < 2"), gate("label_r2 < 0")],
        figures,
    )
    poor = "though a constant answer would be nearer"
    told = [row.value for row in rows_of(results)]
    assert told == ["−2.48", f"−2.48, {poor}", "3.5", "4"]
    told = [row.value for row in rows_of(results, "worse")]
    assert told == ["−2.48", f"−2.48, {poor}", f"3.5, {poor}", "4"]


def test_lines_tell_errors_first_with_what_was_found_and_where_the_gate_stands() -> None:
    failed = [
        "gate failed: n_texts 4 (allowed: at least 9) (from pyproject.toml)",
        "gate failed: label_r2 not measured (allowed: at least 5%)",
    ]
    warned = ["gate warning: n_texts 4 (allowed: at most 1, else a warning) (from gates.yaml)"]
    passed = [
        "gate passed: n_texts 4 (allowed: at least 2)",
        "gate passed: n_texts 4 (allowed: at most 9, else a warning)",
    ]
    count = ["2 of 5 gates passed"]
    assert lines_of(Verbosity(), annotate=False) == failed + warned + count
    verbose = lines_of(Verbosity(verbose=True), annotate=False)
    assert verbose == failed + warned + passed + count
    assert lines_of(Verbosity(quiet=True), annotate=False) == failed
    assert gate_lines((), (), Verbosity(), annotate=True) == []


def test_annotations_are_commands_for_what_was_not_passed() -> None:
    commands = lines_of(Verbosity(quiet=True), annotate=True)[2:]
    assert commands == [
        "::error title=reportgen gate::n_texts 4 (allowed: at least 9)",
        "::error title=reportgen gate::label_r2 not measured (allowed: at least 5%25)",
        "::warning title=reportgen gate::n_texts 4 (allowed: at most 1, else a warning)",
    ]


def test_only_a_gate_of_the_level_fail_fails() -> None:
    assert has_failed(RESULTS)
    assert not has_failed([result for result in RESULTS if result.gate.level == "warn"])
    assert not has_failed(())


def test_records_keep_the_order_and_rows_tell_errors_first() -> None:
    assert [record["expression"] for record in gate_records(RESULTS)] == [
        result.gate.expression for result in RESULTS
    ]
    rows = rows_of(RESULTS)
    assert [(row.state, row.result, row.figure, row.value, row.allowed) for row in rows] == [
        ("failed", "Failed", "n_texts", "4", "at least 9"),
        ("failed", "Failed", "label_r2", "not measured", "at least 5%"),
        ("warning", "Warning", "n_texts", "4", "at most 1, else a warning"),
        ("passed", "Passed", "n_texts", "4", "at least 2"),
        ("passed", "Passed", "n_texts", "4", "at most 9, else a warning"),
    ]
    assert [result.gate.figure for result in errors_first(RESULTS)] == [row.figure for row in rows]
    assert rows[0].told(load_language("en")) == "n_texts 4 (allowed: at least 9)"
    japanese = rows_of(RESULTS, lang="ja")
    assert japanese[0].told(load_language("ja")) == "n_texts 4（許容範囲：9以上）"


@pytest.mark.parametrize("operator", get_args(Operator))
@pytest.mark.parametrize("value", [1, 2, 3])
def test_what_is_said_to_be_allowed_is_what_passes(operator: Operator, value: int) -> None:
    (result,) = evaluate([gate(f"n_texts {operator} 2")], {"n_texts": value})
    allowed = rows_of([result])[0].allowed
    passes = {
        "at most 2": value <= 2, "below 2": value < 2, "at least 2": value >= 2,
        "above 2": value > 2, "other than 2": value != 2, "exactly 2": value == 2,
    }  # fmt: skip
    assert passes[allowed] is result.passed


@pytest.mark.parametrize(
    ("gate", "value", "found"),
    [
        ("label_mae > 0.1", 0.114321, "0.114"),
        ("label_mae > 0.1", 0.100004, "0.100004"),  # with three digits it would be what is allowed
        ("label_mae > 0.1", 0.1, "0.1"),
        ("label_r2 < -0.1", -0.0856442, "−0.0856"),
        ("special_share_max > 80%", 0.699075, "69.9%"),
        ("special_share_max > 80%", 0.80004, "80.004%"),
        ("label_mae > 1", 123456.7, "123457"),
        ("n_texts > 2", 3, "3"),
    ],
)
def test_what_is_found_has_three_digits_or_as_many_as_tell_it_from_what_is_allowed(
    gate: str, value: float, found: str
) -> None:
    assert found_text(parse_gate(gate, "fail", RUN_FIGURES), value) == found
