"""The register of measures, and that a measure added to it is known everywhere."""

import json
import shutil
from pathlib import Path

import pytest
from helpers.forked import run_forked
from helpers.places import GOLD, ROOT

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
    measured_at,
    taken_at,
    token_table_columns,
)
from reportgen.results.tables import TOKENS_SCHEMA

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


ENTRY = """    Measure(
        "loudness",
        "gradients",
        "sum",
        level="basic",
        stage="loudness:LOUDNESS",
        bar="Loudness",
        shown=("colours", "table", "tokens"),
        since=2,
    ),
"""
MODULE = """
from reportgen.analysis.evidence.methods import MeasureMethod
from reportgen.analysis.progress import Passes


def run(tools, texts):
    for text in texts:
        text.add("loudness", [float(len(token)) for token in text.encoded.tokens])


LOUDNESS = MeasureMethod(run, lambda text, basis: Passes(3, 0, 3.0))
"""
WORDS = """
[measures.loudness]
name = { en = "Loudness", ja = "声の大きさ" }
legend = { en = "Colour: loudness.", ja = "色：声の大きさ。" }
method = { en = "Loudness is the length of a token.", ja = "声の大きさは、トークンの長さです。" }
"""
SCRIPT = """
import json
import sys
from pathlib import Path

import reportgen

folder, old = map(Path, sys.argv[1:])
texts = ["Shares fall again", "A quiet day on the markets"]
report = reportgen.analyze(texts, evidence="basic", progress=True)
report.save(folder / "page.html", folder / "tokens.csv", f"{folder}/kept/")
report = reportgen.open_report(folder / "kept")
earlier = reportgen.open_report(old)
earlier.save(folder / "earlier.md")
found = {
    "package": reportgen.__file__,
    "effects": report.results.effects["loudness"].notna().any(),
    "agreement": "loudness" in set(report.results.agreement["view"]),
    "figures": [name for name in report.figures if "loudness" in name],
    "earlier": earlier.results.effects["loudness"].notna().any(),
}
print(json.dumps(found, default=bool))
"""


def test_a_measure_takes_an_entry_a_module_and_its_words(tmp_path: Path) -> None:
    """The recipe at the top of `results/measure_register.py`, followed in a copy of the package."""
    package = shutil.copytree(ROOT / "reportgen", tmp_path / "reportgen")
    (tmp_path / "templates").symlink_to(ROOT / "templates")
    register = package / "results" / "measure_register.py"
    before, baselines, after = register.read_text("utf-8").partition("    # Baselines")
    register.write_text(before + ENTRY + baselines + after, "utf-8")
    (package / "analysis" / "evidence" / "measures" / "loudness.py").write_text(MODULE, "utf-8")
    words = package / "report" / "language" / "strings" / "measures.toml"
    words.write_text(words.read_text("utf-8") + WORDS, "utf-8")
    old = next(path.parent for path in GOLD.rglob("results.json"))
    done = run_forked(SCRIPT, tmp_path, [str(tmp_path), str(old)])
    assert done.code == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["package"] == str(package / "__init__.py")
    assert "Loudness: 2 texts" in done.stderr
    assert found["effects"]
    assert found["agreement"]
    assert not found["earlier"]
    page = (tmp_path / "page.html").read_text("utf-8")
    for words in ("Colour: loudness.", "Loudness is the length of a token.", ">Loudness<"):
        assert words in page, words
    assert "loudness" in (tmp_path / "tokens.csv").read_text("utf-8-sig").splitlines()[0]
