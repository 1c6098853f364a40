"""The table of predictions in results folders: what is stored, and what is read from folders that
do not store it."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.made_up.factories import make_results
from helpers.made_up.unlisted import without_manifest
from helpers.made_up.with_answers import ANSWERED, answered_results
from helpers.places import ROOT
from helpers.real.models import save_model

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.errors import ResultsError
from reportgen.models import ModelSpec, load_model
from reportgen.results import InputInfo, OutputKind, Results, open_results
from reportgen.results.info import SCHEMA_VERSION
from reportgen.tasks import items_from_texts, predictions_of
from reportgen.texts import TextInput, TextSet

KINDS: tuple[OutputKind, ...] = (*ANSWERED, "next_token", "completion", "embedding")
FILE = "predictions.parquet"


def made(folder: Path, kind: OutputKind) -> Results:
    """Results of a kind, in the folder."""
    return answered_results(folder, kind) if kind in ANSWERED else make_results(folder, kind=kind)


@pytest.mark.parametrize("kind", KINDS)
def test_parts_make_the_table(
    tmp_path: Path, kind: OutputKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels are read the same where the items of few texts are made at a time."""
    results = made(tmp_path / "r", kind)
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
            folders[kind] = made(tmp_path_factory.mktemp(kind) / "r", kind).folder
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


NAN = float("nan")
UNFIT: list[tuple[OutputKind, str, Any]] = [
    ("class", "text", put(-1, text=10**6)),
    ("class", "text", swapped),
    ("class", "item", put(0, item=1)),
    ("class", "item", put(0, item=-1)),
    ("class", "value", put(0, value=0.5)),
    ("class", "probability", put(0, probability=1.5)),
    ("class", "probability", put(0, probability=-0.1)),
    ("class", "probability", put(0, probability=NAN)),
    ("class", "label_probability", put(0, label_probability=2.0)),
    ("class", "score", put(0, score=1.1)),
    ("class", "score", put(0, score=-1.0)),
    ("class", "alternatives", put(0, alternatives=[{"name": None, "probability": 0.1}])),
    ("class", "alternatives", put(0, alternatives=[{"name": "x", "probability": 7.0}])),
    ("class", "alternatives", put(0, alternatives=[{"name": "x", "probability": NAN}])),
    ("class", "alternatives", put(0, alternatives=[None])),
    ("number", "value", put(0, value=float("inf"))),
    ("number", "score", put(0, score=-0.5)),
    ("tags", "position", put(0, position=-1)),
    ("tags", "end", put(0, end=None)),
    ("tags", "end", put(0, end=0)),
    ("tags", "end", put(0, end=10**6)),
    ("tags", "item", lambda rows: rows.pop(1)),
]


@pytest.mark.parametrize(("kind", "column", "change"), UNFIT)
def test_a_table_that_does_not_fit_is_refused(
    refused: Refused, kind: OutputKind, column: str, change: Any
) -> None:
    assert f"column {column!r}" in refused(kind, change)


def test_the_queries_of_the_docs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SQL with SQLite, which reads no Parquet, the Python as it stands."""
    page = (ROOT / "docs" / "outputs.md").read_text("utf-8")
    section = page.partition("\n### Predictions in it\n")[2].partition("\n### ")[0]
    (query,) = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    results = made(tmp_path / "results", "class").folder
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
