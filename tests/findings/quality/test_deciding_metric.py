"""The register of figures of quality: which one decides, and where its values stand."""

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import changed, make_results
from helpers.real.two_models import LABELS, TEXTS

from reportgen.findings import QUALITY, Findings, deciding, misfit, quality_names
from reportgen.findings.figures import COMPARE_FIGURES, RUN_FIGURES
from reportgen.report import RenderOptions, load_language
from reportgen.report.json import render
from reportgen.report.sections import make_answers
from reportgen.results import OutputInfo
from reportgen.tasks import TASKS


def test_each_figure_is_a_flat_figure_of_a_run_and_of_a_comparison() -> None:
    of_run = {name for figure in RUN_FIGURES.figures for name in figure.names}
    of_two = {name for figure in COMPARE_FIGURES.figures for name in figure.names}
    for kind in QUALITY.values():
        assert kind.of_run in of_run
        assert {f"{kind.of_two}_base", f"{kind.of_two}_head", kind.change} <= of_two


def test_every_kind_of_output_with_labels_has_figures() -> None:
    for kind in TASKS:
        names = quality_names(OutputInfo(kind, "score"))
        assert set(names) <= set(QUALITY)
        assert bool(names) == (kind not in ("embedding", "next_token"))


def test_the_first_measured_figure_decides_unless_another_is_asked_for() -> None:
    number = OutputInfo("number", "score")
    assert deciding(number, ("rmse", "mae")) == QUALITY["mae"]
    assert deciding(number, ("rmse", "mae"), "rmse") == QUALITY["rmse"]
    assert deciding(number, ("mae",), "r2") == QUALITY["mae"]  # labels that are all the same
    assert deciding(OutputInfo("tags", "tag"), ("tag_accuracy",)) == QUALITY["tag_accuracy"]
    assert deciding(number, ()) is None


def test_the_order_of_similarities_decides() -> None:
    assert quality_names(OutputInfo("number", "score", similarity="cosine")) == ("rank",)


def test_a_figure_of_another_kind_of_output_has_no_effect_and_a_line_says_so() -> None:
    number, embedding = OutputInfo("number", "score"), OutputInfo("embedding", "embedding")
    assert deciding(number, ("mae",), "perplexity") == QUALITY["mae"]
    assert misfit(number, "perplexity") == (
        "--quality perplexity has no effect: this model has mae, rmse, bias, rank, r2"
    )
    assert misfit(number, "rmse") == misfit(embedding, None) == ""
    assert deciding(embedding, (), "mae") is None
    assert "no right answer" in misfit(embedding, "mae")


def test_the_report_of_one_model_says_the_figure_that_decides(tmp_path: Path) -> None:
    results = make_results(tmp_path, TEXTS, labels=LABELS)
    kinds = {quality: Findings(results, quality=quality).deciding for quality in (None, "rmse")}
    fits = Findings(results).fits
    assert [found and found[0].name for found in kinds.values()] == ["mae", "rmse"]
    assert kinds[None][1] == pytest.approx(fits.known("mae").mean, rel=1e-5)
    first = make_answers(Findings(results, quality="rmse"), load_language("en"))[0]
    assert first.answer == f"RMSE: {load_language('en').write(fits.known('rmse').mean, 'number')}"
    record = json.loads(render(Findings(results, quality="rmse"), RenderOptions()))
    assert record["quality"]["decided_by"] == "rmse"
    assert record["quality"]["value"] == record["figures"]["label_rmse"]


def test_macro_f1_is_the_plain_one(tmp_path: Path) -> None:
    results = make_results(tmp_path, TEXTS, kind="class")
    names = results.info.output.labels
    random = np.random.default_rng(3)
    given, predicted = (random.choice(names[:3], len(TEXTS)) for _ in range(2))
    texts = results.texts.assign(label=given, prediction_label=predicted)
    scores = [
        2 * ((given == name) & (predicted == name)).sum()
        / ((given == name).sum() + (predicted == name).sum())
        for name in set(given.tolist())
    ]  # fmt: skip
    found = Findings(changed(results, texts=texts), quality="macro_f1")
    assert found.deciding == (QUALITY["macro_f1"], pytest.approx(np.mean(scores), rel=1e-5))
