"""The table of predictions in results folders: what is stored, and what is read from folders that
do not store it."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.cases import some_of
from helpers.made_up.factories import make_results
from helpers.made_up.unlisted import without_manifest
from helpers.made_up.with_answers import ANSWERED, answered_results
from helpers.places import ROOT
from helpers.real.models import save_model

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.errors import ResultsError
from reportgen.findings import Findings
from reportgen.models import ModelSpec, load_model
from reportgen.report import redacted, table
from reportgen.report.spreadsheets import to_csv, to_parquet
from reportgen.results import InputInfo, OutputKind, Results, open_results, selected, write_info
from reportgen.results.info import SCHEMA_VERSION
from reportgen.tasks import items_from_texts, predictions_of
from reportgen.texts import TextInput, TextSet

KINDS: tuple[OutputKind, ...] = (*ANSWERED, "next_token", "completion", "embedding")
FILE = "predictions.parquet"


def both(folder: Path, kind: OutputKind) -> tuple[Results, Results]:
    """The same results in a folder of version 3, and in one that stores their predictions."""
    old, new = folder / "old", folder / "new"
    made = answered_results(old, kind) if kind in ANSWERED else make_results(old, kind=kind)
    shutil.copytree(old, new)
    (old / FILE).unlink()
    write_info(old, replace(made.info, schema_version=3))
    parts = pq.read_table(new / FILE), *items_from_texts(made)
    pq.write_table(pa.concat_tables(parts), new / FILE)
    write_info(new, replace(made.info, schema_version=SCHEMA_VERSION))
    return open_results(old), open_results(new)


@pytest.mark.parametrize("kind", some_of(KINDS, *KINDS[::4]))
def test_folders_of_all_versions_give_the_same_tables(tmp_path: Path, kind: OutputKind) -> None:
    old, new = both(tmp_path, kind)
    assert old.predictions.empty
    assert len(new.predictions) == len(predictions_of(old))
    pd.testing.assert_frame_equal(predictions_of(new), predictions_of(old))
    other = new.texts[["label", "label_value"]].iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(predictions_of(new, other), predictions_of(old, other))
    rows = range(len(new.texts) - 1, 0, -2)
    some, wanted = (predictions_of(selected(own, rows)) for own in (new, old))
    pd.testing.assert_frame_equal(some, wanted)
    for write in (to_csv, to_parquet):
        first, second = (write(table(Findings(own), "predictions")) for own in (old, new))
        assert first == second
    with redacted(old, "en", wanted=True) as one, redacted(new, "en", wanted=True) as copy:
        assert len(copy.predictions) == len(one.predictions) == len(predictions_of(copy))
        pd.testing.assert_frame_equal(predictions_of(copy), predictions_of(one))


@pytest.mark.parametrize("kind", KINDS)
def test_parts_make_the_table(
    tmp_path: Path, kind: OutputKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels are read the same where the items of few texts are made at a time."""
    _, results = both(tmp_path, kind)
    whole = list(items_from_texts(results))
    monkeypatch.setattr("reportgen.tasks.from_texts._AT_ONCE", 1)
    parts = list(items_from_texts(results))
    assert len(parts) > len(whole) == 1
    assert pa.concat_tables(parts).equals(whole[0])


@pytest.mark.parametrize(
    ("architecture", "head"), [("bert", "token"), ("gpt2", "causal"), ("bert", "sequence")]
)
def test_a_run_stores_the_items_of_its_texts(tmp_path: Path, architecture: str, head: str) -> None:
    """More texts than are measured together, of which one has no tokens."""
    labels = {0: "0 1", 1: "1 0"} if head == "token" else {0: "1", 1: "0"}
    texts = tuple(
        TextInput(
            str(i),
            f"good news {i}" if i % 50 else "",
            label=labels.get(i % 3),
            completion="more of it" if head == "causal" else None,
            source=f"t.txt:{i + 1}",
        )
        for i in range(150)
    )
    model = load_model(ModelSpec(model=str(save_model(tmp_path / "model", architecture, head))))
    folder = tmp_path / "results"
    folder.mkdir()
    given = TextSet(texts, (InputInfo("t.txt", "0" * 64, len(texts)),))
    options = AnalysisOptions(units="token", evidence="none", keep_maps="none")
    analyze(given, model, folder, options)
    results = open_results(folder)
    assert results.info.schema_version == SCHEMA_VERSION
    assert set(results.predictions["text"]) == {i for i in range(150) if i % 50}
    made = pa.concat_tables(items_from_texts(results))
    assert pq.read_table(folder / FILE).equals(made)
    pd.testing.assert_frame_equal(predictions_of(results), results.predictions)


Refused = Callable[..., str]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Callable[[OutputKind], Path]:
    folders: dict[OutputKind, Path] = {}

    def of(kind: OutputKind) -> Path:
        if kind not in folders:
            folders[kind] = both(tmp_path_factory.mktemp(kind), kind)[1].folder
            without_manifest(folders[kind])
        return folders[kind]

    return of


@pytest.fixture
def refused(stored: Callable[[OutputKind], Path], tmp_path: Path) -> Refused:
    """Says what is said of a folder with another table of predictions."""

    def message(kind: OutputKind, change: Callable[[list[dict[str, Any]]], object]) -> str:
        folder = Path(shutil.copytree(stored(kind), tmp_path / "altered", dirs_exist_ok=True))
        before = pq.read_table(folder / FILE)
        rows = before.to_pylist()
        change(rows)
        pq.write_table(pa.Table.from_pylist(rows, before.schema), folder / FILE)
        with pytest.raises(ResultsError) as caught:
            predictions_of(open_results(folder))
        said = str(caught.value)
        assert said.startswith(f"{folder / FILE}: damaged: column ")
        assert said.endswith("; run `reportgen analyze` again")
        assert "\n" not in said
        return said

    return message


def put(row: int, **values: Any) -> Callable[[list[dict[str, Any]]], object]:
    return lambda rows: rows[row].update(values)


def swapped(rows: list[dict[str, Any]]) -> None:
    rows[0], rows[1] = rows[1], rows[0]


def moved(rows: list[dict[str, Any]]) -> None:
    """The last item is said to be of the text before."""
    last, before = rows[-1], rows[-2]
    last["text"], last["item"] = before["text"], before["item"] + 1


NAN = float("nan")
UNFIT: list[tuple[OutputKind, str, Any]] = [
    ("class", "text", put(-1, text=10**6)),
    ("class", "text", swapped),
    ("class", "text", lambda rows: rows.pop()),
    ("class", "text", moved),
    ("class", "item", put(0, item=1)),
    ("class", "item", put(0, item=-1)),
    ("class", "name", put(0, name="other")),
    ("class", "predicted", put(0, predicted="<b>other</b>")),
    ("class", "predicted", put(0, predicted=None)),
    ("class", "value", put(0, value=0.5)),
    ("class", "probability", put(0, probability=1.5)),
    ("class", "probability", put(0, probability=-0.1)),
    ("class", "probability", put(0, probability=0.123456)),
    ("class", "probability", put(0, probability=None)),
    ("class", "probability", put(0, probability=NAN)),
    ("class", "label_probability", put(0, label_probability=2.0)),
    ("class", "score", put(0, score=1.1)),
    ("class", "score", put(0, score=-1.0)),
    ("class", "alternatives", put(0, alternatives=None)),
    ("class", "alternatives", put(0, alternatives=[])),
    ("class", "alternatives", put(0, alternatives=[{"name": None, "probability": 0.1}])),
    ("class", "alternatives", put(0, alternatives=[{"name": "x", "probability": 7.0}])),
    ("class", "alternatives", put(0, alternatives=[{"name": "x", "probability": NAN}])),
    ("class", "alternatives", put(0, alternatives=[None])),
    ("class", "position", put(0, position=1, end=1)),
    ("number", "value", put(0, value=0.5)),
    ("number", "value", put(0, value=None)),
    ("number", "value", put(0, value=float("inf"))),
    ("number", "score", put(0, score=-0.5)),
    ("tags", "position", put(0, position=-1)),
    ("tags", "end", put(0, end=None)),
    ("tags", "end", put(0, end=0)),
    ("tags", "end", put(0, end=10**6)),
    ("tags", "item", lambda rows: rows.pop(1)),
    ("labels", "name", put(0, name=None)),
    ("masks", "predicted", put(0, predicted="other")),
]


@pytest.mark.parametrize(("kind", "column", "change"), UNFIT)
def test_a_table_that_does_not_fit_is_refused(
    refused: Refused, kind: OutputKind, column: str, change: Any
) -> None:
    assert f"column {column!r}" in refused(kind, change)


@pytest.mark.parametrize("version", [3, SCHEMA_VERSION])
@pytest.mark.parametrize(
    ("kind", "column"),
    [
        *((kind, "steps") for kind in ("tags", "word_numbers", "choice")),
        *((kind, "score_names") for kind in ("tags", "choice")),
    ],
)
def test_texts_whose_lists_are_not_those_of_the_task_are_refused(
    tmp_path: Path, kind: OutputKind, column: str, version: int
) -> None:
    folder = both(tmp_path, kind)[version == SCHEMA_VERSION].folder
    without_manifest(folder)
    texts = pq.read_table(folder / "texts.parquet")
    place = texts.schema.get_field_index(column)
    empty = pa.array([[]] * len(texts), texts.schema.field(place).type)
    pq.write_table(texts.set_column(place, column, empty), folder / "texts.parquet")
    with pytest.raises(ResultsError) as caught:
        Findings(open_results(folder)).figures  # noqa: B018
    said = str(caught.value)
    assert said.startswith(f"{folder / 'texts.parquet'}: damaged: ")
    # Scores without names are held against the labels before.
    assert f"column '{column}' does not fit" in said or "column 'scores' does not fit" in said


@pytest.mark.parametrize(
    ("column", "value"),
    [("label", None), ("label", "<i>none of the model's</i>"), ("score", 0.3), ("score", None)],
)
@pytest.mark.parametrize("kind", some_of(ANSWERED, *ANSWERED[::2]))
def test_labels_are_read_as_this_version_reads_them(
    stored: Callable[[OutputKind], Path], tmp_path: Path, kind: OutputKind, column: str, value: Any
) -> None:
    """Another version may have read them otherwise, or someone have changed them."""
    folder = Path(shutil.copytree(stored(kind), tmp_path / "altered"))
    rows = pq.read_table(folder / FILE)
    place = rows.schema.get_field_index(column)
    field = rows.schema.field(place)
    values = pa.array([value] * len(rows), field.type)
    pq.write_table(rows.set_column(place, field, values), folder / FILE)
    wanted = predictions_of(open_results(stored(kind)))
    pd.testing.assert_frame_equal(predictions_of(open_results(folder)), wanted)


def test_the_queries_of_the_docs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SQL with SQLite, which reads no Parquet, the Python as it stands."""
    page = (ROOT / "docs" / "outputs.md").read_text("utf-8")
    section = page.partition("\n### Predictions in it\n")[2].partition("\n### ")[0]
    (query,) = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    results = both(tmp_path, "class")[1].folder.rename(tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    exec(code, space)
    items = space["items"]
    with sqlite3.connect(":memory:") as base:
        items.drop(columns="alternatives").to_sql("predictions", base)
        rows = base.execute(query.replace(f"'results/{FILE}'", "predictions")).fetchall()
    base.close()
    by_label = items.dropna(subset=["label"]).groupby("label")
    assert {label: n for label, n, *_ in rows} == by_label.size().to_dict()
    for label, _, recall, probability in rows:
        assert recall == pytest.approx(by_label["score"].mean()[label])
        assert probability == pytest.approx(by_label["label_probability"].mean()[label])
    worst, wrong = space["worst"], items[items["score"] == 0]
    assert len(worst) == len(wrong)
    assert worst["label_probability"].is_monotonic_increasing
    assert set(worst["text"]) == set(open_results(results).texts["text"].iloc[wrong["text"]])
