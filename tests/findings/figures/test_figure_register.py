"""The list of figures: every name in one place, families by their keys."""

import pytest
from typer.testing import CliRunner

from reportgen.api.options import GateChoices, gates
from reportgen.cli import app
from reportgen.errors import UsageError
from reportgen.findings import figure_key, rounded
from reportgen.findings.figures import COMPARE_FIGURES, RUN_FIGURES, Figure, FigureList, Key
from reportgen.results import SINK_TESTS, STATISTICS, VIEWS


@pytest.mark.parametrize("figures", [RUN_FIGURES, COMPARE_FIGURES], ids=["run", "compare"])
def test_no_name_stands_twice(figures: FigureList) -> None:
    names = [name for figure in figures.figures for name in figure.names]
    assert len(set(names)) == len(names)
    assert all(figure.meaning for figure in figures.figures)
    for figure in figures.figures:
        assert "<" in figure.name or figures.find(figure.name) is figure


@pytest.mark.parametrize(
    "name",
    ["prediction_changed", "r2_drop", "sink_share_change_cls", "special_share_max", "cls_ratio"],
)
def test_compare_has_figures_of_its_own_and_those_of_the_head_model(name: str) -> None:
    figure = COMPARE_FIGURES.find(name)
    assert figure is not None
    assert figure.meaning.startswith("new model: ") == (RUN_FIGURES.find(name) is not None)
    assert "reportgen compare --list-figures" in COMPARE_FIGURES.unknown("nothing")


@pytest.mark.parametrize(
    "name",
    [
        "n_texts",
        "special_share_max",
        "cls_share_max",
        "eos_ratio_low",
        "u003csu003e_share",  # <s> as a role of its own
        "mixing_high",
        "sink_first_share",
        "sink_token_u3002_mean_value_ratio_low",
        "sink_token_ポイント_n_texts",
        *(f"agreement_{view}_spearman" for view in VIEWS),
        *(f"agreement_ig_{statistic}_over_baseline_low" for statistic in STATISTICS),
        *(f"sink_sep_{test}_effect" for test in SINK_TESTS),
    ],
)
def test_a_figure_is_found(name: str) -> None:
    assert RUN_FIGURES.find(name) is not None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "n_text",
        "clss_share",
        "<role>_share",
        "n_texts_low",
        "n_labelled_low",
        "agreement_attention_spearman",
        "agreement_ig_pearson",
        "sink_zero_value_ratio",
        "sink_cls_delete_ratio",
        "sink_other_zero_value_ratio",
        "special_share_max ",
    ],
)
def test_what_is_no_figure_is_not_found(name: str) -> None:
    assert RUN_FIGURES.find(name) is None


def test_a_figure_of_its_own_goes_before_a_family() -> None:
    own, family = Figure("x_share", "share", "own"), Figure("<role>_share", "share", "family")
    figures = FigureList("compare", (family, own), {"role": Key("x|y", "x or y")})
    assert figures.find("x_share") is own
    assert figures.find("y_share") is family
    assert figures.find("z_share") is None


def test_a_name_close_to_a_figure_is_told_and_where_all_of_them_are() -> None:
    said = RUN_FIGURES.unknown("specal_share_max")
    assert "no figure is called 'specal_share_max' (is it special_share_max?)" in said
    assert said.endswith("; see reportgen run --list-figures")
    with pytest.raises(UsageError, match="mae_rise is a figure of a comparison; it goes with") as e:
        gates(GateChoices(fail_if=["mae_rise > 0"]), "run")
    assert "--fail-if 'mae_rise > 0': " in str(e.value)
    assert "is it" not in RUN_FIGURES.unknown("qqqq")
    for name in ("mae", "mae_change"):  # there are several of its kind
        assert "(is it mae_base or mae_head or mae_rise?)" in COMPARE_FIGURES.unknown(name)
        assert "(is it label_mae or word_mae?)" in RUN_FIGURES.unknown(name)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("cls", "cls"),
        ("<s>", "u003csu003e"),
        ("token:。", "token_u3002"),
        ("token:カード", "token_カード"),
        ("token:token:", "token_tokenu003a"),
        ("first", "first"),
        ("[MASK]", "u005bMASKu005d"),
    ],
)
def test_keys_have_no_character_that_a_name_may_not_have(key: str, name: str) -> None:
    assert figure_key(key) == name


def test_figures_have_six_digits_and_are_finite() -> None:
    assert rounded(1 / 3) == 0.333333
    assert rounded(1234567) == 1234567
    assert str(rounded(-0.0)) == "0.0"
    for value in (float("nan"), float("inf"), -float("inf"), None):
        assert rounded(value) is None


@pytest.mark.parametrize("command", ["run", "render"])
def test_the_list_is_printed_before_anything_else_is_asked(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--list-figures"])
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    listed = {line.split()[0]: line for line in lines}
    for figure in RUN_FIGURES.figures:
        assert figure.meaning in listed[figure.name]
        assert (f"{figure.name}_low" in listed) is False
        assert ("also _low and _high" in listed[figure.name]) == figure.has_interval
    explained = [line for line in lines if line.startswith("<") and ">: " in line]
    assert [line.split(">")[0] for line in explained] == [
        "<role", "<subject", "<test", "<view", "<statistic", "<edit",
    ]  # fmt: skip
    assert done.stderr == ""
