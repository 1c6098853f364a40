"""Stored results folders: every schema that was ever released loads and renders, for ever."""

import json
import re
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from helpers.places import GOLD

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.findings.figures import RUN_FIGURES
from reportgen.report import RenderOptions
from reportgen.report import render as render_html
from reportgen.report.json import render as render_summary
from reportgen.report.short_form.markdown import write as render_markdown
from reportgen.results import SUMMARY_VERSION, open_results
from reportgen.results.info import SCHEMA_VERSION

# Those that are stored: of a version that is not released yet, columns may still be added.
VERSIONS = range(1, SCHEMA_VERSION)


def stored(version: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GOLD / f"summary_{version}.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stored_folder_gives_the_figures_it_gave(version: int) -> None:
    results = open_results(GOLD / f"results_{version}")
    assert results.info.schema_version == version
    wanted, found = stored(version)["figures"], Findings(results).figures
    known = [name for name in found if name in wanted]
    assert known == list(wanted)  # none is lost or renamed, the order is kept
    for name, value in wanted.items():
        assert found[name] == (None if value is None else pytest.approx(value, rel=2e-5)), name


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stored_folder_renders(version: int) -> None:
    results = open_results(GOLD / f"results_{version}")
    for lang in ("en", "ja"):
        page = render_html(Runs(Findings(results)), RenderOptions(lang=lang)).text  # type: ignore[arg-type]
        said = re.sub(r"<[^>]+>", "", page)  # a text is split where tokens are marked
        assert "これ一つで大丈夫" in said
        assert "Free coffee" in said
        assert render_markdown(Runs(Findings(results)), RenderOptions(lang=lang))  # type: ignore[arg-type]
    told = json.loads(render_summary(Findings(results), RenderOptions()))
    assert told["verdicts"]["cls"]["verdict"] == "too_few_texts"
    assert [results.packed_maps(text) is not None for text in range(3)] == [True] * 3


@pytest.mark.parametrize("version", range(1, SUMMARY_VERSION + 1))
def test_a_stored_summary_is_as_the_schema_of_today_says(version: int) -> None:
    schema = json.loads(
        files("reportgen.report").joinpath("summary.schema.json").read_text("utf-8")
    )
    told = stored(version)
    jsonschema.Draft202012Validator(schema).validate(told)
    assert told["schema_version"] == version
    assert [name for name in told["figures"] if RUN_FIGURES.find(name) is None] == []
    assert {gate["passed"] for gate in told["gates"]} == {True, False}


def test_what_is_stored_is_small() -> None:
    sizes = [path.stat().st_size for path in (GOLD / "results_1").iterdir()]
    assert len(sizes) == 11
    assert sum(sizes) < 200_000
