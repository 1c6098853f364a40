"""The register of redaction is complete, and the command that repeats a run hides what it says."""

import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.calling import call
from helpers.made_up.factories import make_results
from helpers.made_up.unlisted import without_manifest

from reportgen.analysis import AnalysisOptions
from reportgen.api.options import InputChoices
from reportgen.models import ModelSpec
from reportgen.options import options_in
from reportgen.report import (
    COLUMNS,
    CompareOptions,
    RenderOptions,
    load_language,
    redacted,
    redacted_info,
    to_digits,
)
from reportgen.report.redact import (
    HIDDEN_OPTIONS,
    SHOWN_OPTIONS,
    NumberedNames,
    Rule,
    coarse,
    round_column,
    to_levels,
)
from reportgen.results import TABLES, Results, RunInfo, open_results, write_info

TEXTS = tuple(f"the cat sat on mat {i}" for i in range(6))
OF_COMMANDS = {"redact"}  # options that a printed command has, and no group declares


def test_every_column_of_every_table_has_a_rule() -> None:
    for name, schema in TABLES.items():
        assert set(COLUMNS[name]) == set(schema.names), name
    assert set(COLUMNS) == set(TABLES)


def test_every_option_is_shown_or_hidden() -> None:
    groups = (InputChoices, ModelSpec, AnalysisOptions, RenderOptions, CompareOptions)
    every = {name.replace("_", "-") for group in groups for name in options_in(group)}
    assert every | OF_COMMANDS == SHOWN_OPTIONS | HIDDEN_OPTIONS
    assert not SHOWN_OPTIONS & HIDDEN_OPTIONS


def test_every_fact_about_a_run_is_thought_of() -> None:
    """A new field of RunInfo goes into every output: look whether it can hold a text first."""
    assert [field.name for field in fields(RunInfo)] == [
        *("created", "versions", "model", "output", "roles", "inputs", "checks", "settings"),
        *("remarks", "evidence", "commit", "scores", "schema_version"),
    ]


def with_options(folder: Path, **options: str) -> Results:
    """Results of a run with these options."""
    made = make_results(folder, TEXTS, evidence="basic")
    named = {name.replace("_", "-"): value for name, value in options.items()}
    info = made.info
    object.__setattr__(info.settings, "options", named)
    write_info(folder, info)
    return open_results(folder)


GIVEN = {
    "label_map": "secretlabel=other",
    "class_names": "secretclass,other",
    "tokenizer": "/secretfolder/tokenizer",
    "explain_token": "secrettoken",
    "prompts": '{"secretprompt": "x"}',
    "text_column": "review",
}


def test_the_command_hides_labels_classes_paths_and_texts(tmp_path: Path) -> None:
    with_options(tmp_path / "r", **GIVEN)
    for command, names in (
        (("render", tmp_path / "r"), ("html", "md", "xml", "json")),
        (("compare", tmp_path / "r", tmp_path / "r"), ("html", "md")),
    ):
        paths = [tmp_path / f"{command[0]}.{name}" for name in names]
        outputs = [part for path in paths for part in ("-o", path)]
        done = call(*command, "--redact", "--verbose", *outputs)
        assert done.exit_code == 0, done.output
        for said in (done.output, *(path.read_text("utf-8") for path in paths)):
            assert "secret" not in said
    page = (tmp_path / "render.html").read_text("utf-8")
    command = re.search(r"reportgen run [^\n<]*", page)
    assert command is not None
    for option in ("--label-map", "--class-names", "--tokenizer", "--explain-token"):
        assert re.search(rf"{option} (&#39;|')?…", command[0]), option
    assert "--text-column review" in command[0]


def test_the_terminal_says_what_was_left_out(tmp_path: Path) -> None:
    """`render` says it in `test_redact`."""
    make_results(tmp_path / "r", TEXTS, evidence="basic")
    said = load_language("ja").say("redacted", "page")
    told = ("--redact", "--lang", "ja", "-o", tmp_path / "c.html")
    assert said in call("compare", tmp_path / "r", tmp_path / "r", *told).output
    assert (
        said not in call("render", tmp_path / "r", "--lang", "ja", "-o", tmp_path / "p.html").output
    )


@pytest.mark.parametrize("kind", ["number", "numbers"])
def test_a_list_of_numbers_is_hidden_where_a_label_is_one(kind: str, tmp_path: Path) -> None:
    made = make_results(tmp_path, TEXTS, kind=kind)
    texts = made.texts.assign(label="444,5.5", label_value=None)
    pq.write_table(pa.Table.from_pandas(texts, TABLES["texts"]), tmp_path / "texts.parquet")
    without_manifest(tmp_path)
    with redacted(open_results(tmp_path), "en", wanted=True) as masked:
        assert (masked.texts["label"] == "444,5.5").all() == (kind == "numbers")


def test_each_unit_has_as_many_tokens_as_the_others_or_one_more(tmp_path: Path) -> None:
    plain = make_results(tmp_path, TEXTS, evidence="basic")
    with redacted(plain, "en", wanted=True) as masked:
        for text in range(len(TEXTS)):
            own, other = (side.tokens_of(text) for side in (plain, masked))
            assert own["unit"].nunique() == other["unit"].nunique()
            assert len(own) == len(other)
            content = ~other["is_special"].to_numpy(bool)
            sizes = other["unit"][content].value_counts()
            assert sizes.max() - sizes.min() <= 1
            values = other["received_all"].to_numpy(np.float64)[content]
            text, labels = masked.texts["text"][text], other["start"][content].tolist()
            assert {text[int(start) : int(start) + 3] for start in labels} == {"•••"}
            assert len(set(labels)) == own["unit"].nunique() - 2
            assert set(values / values.max()) <= {0.0, 1.0}


def test_redacted_info_and_the_copy_say_the_same_of_options(tmp_path: Path) -> None:
    results = with_options(tmp_path, **GIVEN)
    info = redacted_info(results, "en")
    with redacted(results, "en", wanted=True, numbers=NumberedNames()) as masked:
        assert masked.info.settings.options == info.settings.options
        assert masked.info.evidence.target is None


def test_rounding() -> None:
    given = np.array([0.0, 1.2345, -0.00098765, 12345.0, np.nan, np.inf])
    found = to_digits(given, 2)
    np.testing.assert_array_equal(found, [0.0, 1.2, -0.00099, 12000.0, np.nan, np.inf])
    lists = pa.chunked_array([pa.array([[0.123, None], None, [], [0.987]])])
    assert round_column(lists, Rule("step", 0.05)).to_pylist() == [[0.1, None], None, [], [1.0]]
    levels = to_levels(np.array([1.0, -0.29, 0.05, np.nan, 0.0]), np.array([0, 0, 0, 0, 1]))
    np.testing.assert_array_equal(levels, [1.0, 0.0, 0.0, np.nan, 0.0])
    levels = to_levels(np.array([0.37, -0.19, 0.18, -0.11]), np.array([0, 0, 0, 1]))
    np.testing.assert_array_equal(levels, [0.2, -0.2, 0.0, -0.2])
    assert coarse({"a": (1.2345, 3, "x", None), "b": [True]}) == {
        "a": (1.2, 3, "x", None),
        "b": [True],
    }
