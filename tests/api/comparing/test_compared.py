"""Two reports side by side from Python: what the command line writes."""

from dataclasses import replace
from pathlib import Path

import pytest
from helpers.made_up.factories import HEADLINES, make_results
from helpers.real.two_models import TEXTS, pair_of
from typer.testing import CliRunner

import reportgen
from reportgen.analysis import AnalysisOptions
from reportgen.api import accept
from reportgen.api.comparing import BaselineSettings, settings_of, with_given
from reportgen.api.options import InputChoices
from reportgen.cli import app
from reportgen.errors import ComparisonError, UsageError
from reportgen.files import Staging
from reportgen.findings import Findings


def test_it_writes_the_bytes_of_the_command_line(tmp_path: Path) -> None:
    pair_of(tmp_path, evidence="basic")
    folders = (tmp_path / "base", tmp_path / "head")
    names = ("compare.html", "compare.md", "compare.json")
    outputs = [part for name in names for part in ("-o", str(tmp_path / "cli" / name))]
    command = ["compare", *map(str, folders), *outputs, "--lang", "ja", "--title", "two"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    compared = reportgen.compare(folders[0], reportgen.open_report(folders[1]))
    said = compared.save(*(tmp_path / "api" / name for name in names), lang="ja", title="two")
    for name in names:
        assert (tmp_path / "api" / name).read_bytes() == (tmp_path / "cli" / name).read_bytes()
    assert said[3:] == compared.headline("ja")
    assert compared.headline()[0] in repr(compared)
    assert compared.figures
    assert compared.table("changes")["text_id"].is_unique
    with pytest.raises(UsageError, match="'texts': no such table; use one of changes, tokens"):
        compared.table("texts")


def test_more_than_two_are_compared_as_on_the_command_line(tmp_path: Path) -> None:
    pair_of(tmp_path, evidence="basic")
    make_results(tmp_path / "third", TEXTS, seed=2, evidence="basic")
    folders = [tmp_path / name for name in ("base", "head", "third")]
    done = CliRunner().invoke(
        app, ["compare", *map(str, folders), "-o", str(tmp_path / "cli.json"), "--quiet"]
    )
    assert done.exit_code == 0, done.output
    compared = reportgen.compare(folders[0], reportgen.open_report(folders[1]), folders[2])
    compared.save(tmp_path / "api.json")
    assert (tmp_path / "api.json").read_bytes() == (tmp_path / "cli.json").read_bytes()
    fewer = make_results(tmp_path / "fewer", TEXTS[1:], seed=3, kind="class")
    said = reportgen.compare(*folders[:2], fewer.folder, folders[2]).save(tmp_path / "4.json")
    assert said[-2:] == [
        "fewer: texts of the first model that are missing or have no figures: 1; texts that the "
        "first model lacks: 0. None of them counts.",
        "fewer has another kind of output than base: its predictions and their fit are not "
        "compared.",
    ]
    assert compared.head.results.folder == folders[2]
    assert len(compared.comparison.all_models.infos) == 3
    with pytest.raises(UsageError, match="at most 60 models, not 61"):
        reportgen.compare(*[folders[0]] * 61)
    with pytest.raises(UsageError, match="base: given twice"):
        reportgen.compare(folders[0], folders[1], tmp_path / "." / "base")
    with pytest.raises(UsageError, match="names: there are 2 for 3 models"):
        reportgen.compare(*folders, names=["a", "b"])
    with pytest.raises(UsageError, match="is also read from"):
        compared.save(folders[1] / "results.json")


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    pair_of(tmp_path)
    make_results(tmp_path / "other", tuple(f"other {text}" for text in HEADLINES))
    with pytest.raises(ComparisonError):
        reportgen.compare(tmp_path / "base", tmp_path / "other")
    same = reportgen.compare(tmp_path / "base", tmp_path / "base")
    assert same.comparison.is_same
    for paths in ((), ("-",), (tmp_path / "a.csv",)):
        with pytest.raises(UsageError):
            same.save(*paths)


def test_accepting_results_of_a_part_of_the_texts_says_that_figures_are_of_others(
    tmp_path: Path,
) -> None:
    base, head = (
        Findings(make_results(tmp_path / name, TEXTS[:n])) for name, n in (("base", 8), ("head", 5))
    )
    with Staging(force=True) as staging:
        said = accept(base, head, tmp_path / "base", staging)
    assert said[1].startswith("  texts 8 → 5, 5 in common: figures are of other texts")


def test_what_a_model_wrote_for_a_baseline_is_not_written_again() -> None:
    """It stands beside the texts of the baseline; other texts have none."""
    written = AnalysisOptions(generate=5, temperature=0.5, seed=3)
    kept = BaselineSettings(InputChoices(), {}, written)
    given = (kept, InputChoices(), AnalysisOptions())
    assert with_given(*given, has_texts=False).analysis == AnalysisOptions()
    with pytest.raises(UsageError, match="generate"):
        with_given(*given, has_texts=True)


@pytest.mark.parametrize(("kept", "taken"), [("cuda:1", "auto"), ("cpu", "cpu")])
def test_a_baseline_from_a_gpu_is_compared_on_what_is_there(
    tmp_path: Path, kept: str, taken: str
) -> None:
    results = make_results(tmp_path / "r", TEXTS[:2], n_layers=1, n_heads=1)
    settings = replace(results.info.settings, options={"device": kept})
    made = replace(results, info=replace(results.info, settings=settings))
    assert settings_of(made).model == {"device": taken}
