"""The results folder: written as rows come, read back the same, refused when damaged."""

import copy
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_up.factories import changed, make_results
from helpers.made_up.packed_maps import unpack
from helpers.made_up.unlisted import without_manifest

from reportgen.errors import ResultsError
from reportgen.results import MAX_ERROR, TABLES, Evidence, Results, open_results, write_info
from reportgen.results.info import SCHEMA_VERSION
from reportgen.results.tables import frames


def columns_of(name: str) -> list[str]:
    """The columns of a table; tokens stand beside the id of their text and their evidence."""
    if name != "tokens":
        return list(TABLES[name].names)
    effects = [column for column in TABLES["effects"].names if column not in ("text", "position")]
    return ["text_id", *TABLES[name].names, *effects]


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    made = make_results(tmp_path / "r", ("あい", "", "xyz"), labels=(1.0, 2.0, 3.0))
    again = open_results(tmp_path / "r")
    assert again.info == made.info
    assert list(again.texts["text"]) == ["あい", "", "xyz"]
    assert list(again.texts["status"]) == ["ok", "empty", "ok"]
    assert again.texts["label_value"].tolist() == [1.0, 2.0, 3.0]
    for name in TABLES:
        assert list(getattr(again, name).columns) == columns_of(name)


def test_missing_figures_are_missing_and_integers_stay_whole(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("abc", ""), special=False)
    assert results.texts["n_tokens"].tolist() == [2, 0]
    assert results.texts["map_offset"].isna().tolist() == [False, True]
    assert results.tokens["cls_row_last"].isna().all()
    assert results.tokens["segment"].tolist() == [0, 0]
    assert math.isnan(results.texts["prediction"].iloc[1])


def test_tokens_and_maps_of_one_text(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("abc", "", "defgh", "x"), n_layers=2, n_heads=3, keep=2)
    whole = results.tokens
    for text in range(4):
        mine = results.tokens_of(text)
        assert mine["token"].tolist() == whole[whole["text"] == text]["token"].tolist()
    packed = results.packed_maps(2)
    assert packed is not None
    maps = unpack(packed, 2, 3)  # [layer, head, query, key]
    received = np.stack(results.tokens_of(2)["received_layers"]).T
    assert np.abs(maps.mean((1, 2)) - received).max() <= MAX_ERROR
    assert results.packed_maps(1) is None
    assert results.packed_maps(3) is None


def test_results_made_in_memory_read_as_those_of_a_folder(tmp_path: Path) -> None:
    stored = make_results(tmp_path, ("abc", "", "defgh"), evidence="full", n_layers=2, n_heads=3)
    made = changed(stored)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(made, name), getattr(stored, name))
    pd.testing.assert_frame_equal(made.tokens_of(2, "token"), stored.tokens_of(2, "token"))
    assert made.heads_of(2, "layer", "entropy").equals(stored.heads_of(2, "layer", "entropy"))
    np.testing.assert_array_equal(made.head_values("entropy"), stored.head_values("entropy"))
    assert made.packed_maps(2) == stored.packed_maps(2) is not None
    assert made.packed_maps(1) is None
    with pytest.raises(ResultsError, match="not in a folder"):
        made.folder  # noqa: B018


def test_values_of_heads_are_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "_AT_ONCE", 4)  # numbers, of six that a text has
    results = make_results(tmp_path, ("abc", "", "defgh", "ij"), n_layers=2, n_heads=3)
    expected = np.full((4, 2, 3), np.nan, np.float32)
    expected[[0, 2, 3]] = results.heads["entropy"].to_numpy(np.float32).reshape(3, 2, 3)
    for texts in (slice(None), slice(1, 2), slice(1, 4), slice(2, 10)):
        found = results.head_values("entropy", texts)
        np.testing.assert_array_equal(found, expected[texts])


def test_tables_and_columns_that_are_left_out_are_empty(tmp_path: Path) -> None:
    info = make_results(tmp_path, ("abc",)).info
    texts = pd.DataFrame({"text": ["abc", "de"], "n_tokens": [2, 1]})
    made = Results.from_tables(info, {"texts": texts})
    assert made.texts["n_tokens"].tolist() == [2, 1]
    assert made.texts["label_value"].isna().all()
    assert made.texts["scores"].isna().all()
    for name in set(TABLES) - {"texts"}:
        assert list(getattr(made, name).columns) == columns_of(name)
        assert getattr(made, name).empty


def test_a_folder_that_is_no_results_folder(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="not a results folder"):
        open_results(tmp_path)
    (tmp_path / "results.json").write_text("{")
    with pytest.raises(ResultsError, match="cannot be read"):
        open_results(tmp_path)
    (tmp_path / "results.json").write_text("[]")
    with pytest.raises(ResultsError, match="no schema_version"):
        open_results(tmp_path)


def test_a_newer_schema_is_refused_and_what_a_later_version_adds_passed_over(
    tmp_path: Path,
) -> None:
    results = make_results(tmp_path)
    without_manifest(tmp_path)
    record = json.loads((tmp_path / "results.json").read_text("utf-8"))
    record["model"]["added_later"] = 1
    record["added_later"] = 2
    (tmp_path / "results.json").write_text(json.dumps(record), "utf-8")
    assert open_results(tmp_path).info == results.info
    record["schema_version"] = SCHEMA_VERSION + 1
    (tmp_path / "results.json").write_text(json.dumps(record), "utf-8")
    with pytest.raises(ResultsError, match="newer than this reportgen reads"):
        open_results(tmp_path)


def test_results_of_an_older_version_are_refused_in_one_line(tmp_path: Path) -> None:
    make_results(tmp_path)
    record = json.loads((tmp_path / "results.json").read_text("utf-8"))
    for version in (0, 1, SCHEMA_VERSION - 1):
        record["schema_version"] = version
        (tmp_path / "results.json").write_text(json.dumps(record), "utf-8")
        with pytest.raises(
            ResultsError, match="made by an older version: run `reportgen analyze` again"
        ):
            open_results(tmp_path)


def test_damage_names_the_file(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    without_manifest(tmp_path)
    record = json.loads((tmp_path / "results.json").read_text("utf-8"))
    del record["model"]["n_layers"]
    (tmp_path / "results.json").write_text(json.dumps(record), "utf-8")
    with pytest.raises(ResultsError, match="n_layers"):
        open_results(tmp_path)
    write_info(tmp_path, results.info)
    without_manifest(tmp_path)
    whole = (tmp_path / "maps.bin").read_bytes()
    for broken in (b"", whole[:100], bytes(len(whole))):
        (tmp_path / "maps.bin").write_bytes(broken)
        with pytest.raises(ResultsError, match=r"maps\.bin: damaged attention maps"):
            open_results(tmp_path).packed_maps(0)
    (tmp_path / "maps.bin").unlink()
    with pytest.raises(ResultsError, match=r"maps\.bin: .*No such file"):
        open_results(tmp_path).packed_maps(0)


def test_everything_about_a_run_comes_back(tmp_path: Path) -> None:
    info = make_results(tmp_path, evidence="full").info
    evidence = Evidence(
        "full",
        "margin",
        "good",
        norms_error=0,
        withheld={"ig": "failed"},
        subjects=info.evidence.subjects,
        interrupted=True,
    )
    settings = replace(info.settings, options={"a": "t", "b": 2, "c": True})
    whole = replace(info, evidence=evidence, settings=settings, remarks=("<oddly>",))
    write_info(tmp_path, whole)
    again = open_results(tmp_path).info
    assert again == whole
    assert type(again.settings.options["c"]) is bool
    assert type(again.evidence.norms_error) is float


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("model", "source"), "c", "Invalid enum value 'c' - at `$.model.source`"),
        (("model", "n_layers"), 1.5, "Expected `int`, got `float` - at `$.model.n_layers`"),
        (("model", "is_causal"), 1, "Expected `bool`, got `int` - at `$.model.is_causal`"),
        (("model",), {}, "missing required field `name` - at `$.model`"),
        (("checks", "row_sum_error"), 10**400, "out of range - at `$.checks.row_sum_error`"),
        (("roles", 0), [], "Expected `object`, got `array` - at `$.roles[0]`"),
        (("model", "n_heads"), 0, "model.n_heads cannot be 0"),
        (("created",), "\ud83d", "JSON is malformed"),
    ],
)
def test_a_misfit_is_told_with_its_place(
    tmp_path: Path, place: tuple[str | int, ...], value: object, words: str
) -> None:
    make_results(tmp_path, ("abc",))
    without_manifest(tmp_path)
    path = tmp_path / "results.json"
    record = json.loads(path.read_text("utf-8"))
    *above, key = place
    holder = record
    for step in above:
        holder = holder[step]
    holder[key] = value
    path.write_text(json.dumps(record), "utf-8")
    with pytest.raises(ResultsError) as caught:
        open_results(tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert words in message
    assert message.endswith("; run `reportgen analyze` again")


def places(found: object, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where each value of JSON stands."""
    items = found.items() if isinstance(found, dict) else enumerate(found)
    for key, value in items:
        yield (*above, key)
        if isinstance(value, dict | list):
            yield from places(value, (*above, key))


def test_an_altered_results_json_is_refused_in_one_line_or_taken(tmp_path: Path) -> None:
    make_results(tmp_path, ("abc",), evidence="full", n_layers=1, n_heads=1)
    without_manifest(tmp_path)
    path = tmp_path / "results.json"
    record = json.loads(path.read_text("utf-8"))
    said = []
    for *above, key in list(places(record)):
        for value in (None, 0, -1, 10**400, 1.5, True, "", "x\ny", [], [[]], {}, {"a": 1}):
            altered = copy.deepcopy(record)
            holder = altered
            for step in above:
                holder = holder[step]
            holder[key] = value
            path.write_text(json.dumps(altered), "utf-8")
            try:
                open_results(tmp_path)
            except ResultsError as error:
                said.append(str(error))
    assert len(said) > 500
    assert all(line.startswith(f"{path}: ") and "\n" not in line for line in said)
