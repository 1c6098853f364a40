"""The register of figures of quality: which one decides, and where its values stand."""

from typing import get_args

import pytest

from reportgen.errors import UsageError
from reportgen.findings.figures.figure_register import COMPARE_FIGURES, RUN_FIGURES
from reportgen.findings.outputs.quality_register import QUALITY, deciding, quality_names
from reportgen.results.info import OutputInfo, OutputKind


def test_each_figure_is_a_flat_figure_of_a_run_and_of_a_comparison() -> None:
    of_run = {name for figure in RUN_FIGURES.figures for name in figure.names}
    of_two = {name for figure in COMPARE_FIGURES.figures for name in figure.names}
    for kind in QUALITY.values():
        assert not kind.of_run or kind.of_run in of_run
        assert {f"{kind.of_two}_base", f"{kind.of_two}_head", kind.change} <= of_two


def test_every_kind_of_output_with_labels_has_figures() -> None:
    for kind in get_args(OutputKind):
        names = quality_names(OutputInfo(kind, "score"))
        assert set(names) <= set(QUALITY)
        assert bool(names) == (kind not in ("numbers", "embedding", "next_token"))


def test_the_first_measured_figure_decides_unless_another_is_asked_for() -> None:
    number = OutputInfo("number", "score")
    assert deciding(number, ("rmse", "mae")) == QUALITY["mae"]
    assert deciding(number, ("rmse", "mae"), "rmse") == QUALITY["rmse"]
    assert deciding(number, ("mae",), "r2") == QUALITY["mae"]  # labels that are all the same
    assert deciding(OutputInfo("tags", "tag"), ("tag_accuracy",)) == QUALITY["tag_accuracy"]
    assert deciding(number, ()) is None


def test_the_order_of_similarities_decides() -> None:
    assert quality_names(OutputInfo("number", "score", similarity="cosine")) == ("rank",)


def test_a_figure_of_another_kind_of_output_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"--quality perplexity: .* mae, rmse, bias, rank, r2"):
        deciding(OutputInfo("number", "score"), ("mae",), "perplexity")
    assert deciding(OutputInfo("embedding", "embedding"), (), "mae") is None
