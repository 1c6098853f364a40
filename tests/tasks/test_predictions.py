"""The table of predictions against the texts it is made from, and the figures of reports against
plain computations on it."""

import io
import json
import re
import sqlite3
from dataclasses import replace
from itertools import pairwise
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.cases import some_of
from helpers.made_up.factories import LABELS, changed, make_results
from helpers.made_up.with_answers import ANSWERED, answered_results
from helpers.places import ROOT

from reportgen.api import Report
from reportgen.findings import Findings
from reportgen.report import redacted, table
from reportgen.report.spreadsheets import to_csv, to_parquet
from reportgen.results import PREDICTIONS_SCHEMA, OutputKind, Results
from reportgen.tasks import predictions_of, right_answers, spans
from reportgen.tasks.answers import is_exact

KINDS: tuple[OutputKind, ...] = (*ANSWERED, "next_token", "completion", "embedding")


def made(folder: Path, kind: OutputKind) -> Results:
    return answered_results(folder, kind) if kind in ANSWERED else make_results(folder, kind=kind)


@pytest.mark.parametrize("kind", KINDS)
def test_items_are_those_of_the_texts(tmp_path: Path, kind: OutputKind) -> None:
    """Each item against the row of its text, read one by one."""
    results = made(tmp_path / "r", kind)
    items = predictions_of(results)
    assert list(items) == PREDICTIONS_SCHEMA.names
    found = {text: own.to_dict("records") for text, own in items.groupby("text")}
    for text, row in enumerate(results.texts.to_dict("records")):
        own = found.get(text, [])
        assert [item["item"] for item in own] == list(range(len(own)))
        shown = [
            (
                *(item[name] for name in ("name", "position", "end", "predicted")),
                *(item[name] for name in ("value", "probability")),
                None
                if item["alternatives"] is None
                else [(other["name"], other["probability"]) for other in item["alternatives"]],
            )
            for item in own
        ]
        wanted = ITEMS[kind](row, results, text) if len(row["scores"]) else []
        assert len(shown) == len(wanted)
        for a, b in zip(shown, wanted, strict=True):
            assert [None if x is pd.NA or x != x else x for x in a[:-1]] == pytest.approx(b[:-1])
            assert (a[-1] is None) == (b[-1] is None)
            for (name, p), (other, q) in zip(a[-1] or (), b[-1] or (), strict=True):
                assert (name, p) == (other, pytest.approx(q))


def shares(scores: Any) -> list[float]:
    sizes = [exp(own) for own in scores]
    return [own / sum(sizes) for own in sizes]


def others(names: Any, probabilities: list[float], but: int) -> list[tuple[str, float]]:
    pairs = [own for i, own in enumerate(zip(names, probabilities, strict=True)) if i != but]
    return sorted(pairs, key=lambda own: -own[1])


def of_class(row: Any, results: Results, text: int) -> list[Any]:
    each, place = shares(row["scores"]), LABELS["class"].index(row["prediction_label"])
    rest = others(LABELS["class"], each, place)
    return [(None, None, None, row["prediction_label"], None, each[place], rest)]


def of_labels(row: Any, results: Results, text: int) -> list[Any]:
    chosen = row["prediction_label"].split(", ")
    chances = [1 / (1 + exp(-own)) for own in row["scores"]]
    return [
        (name, None, None, "yes", None, chance, None)
        if name in chosen
        else (name, None, None, "no", None, 1 - chance, None)
        for name, chance in zip(LABELS["labels"], chances, strict=True)
    ]


def of_tags(row: Any, results: Results, text: int) -> list[Any]:
    columns = zip(row["steps"], row["score_names"], row["scores"], strict=True)
    return [(None, at, at, tag, None, exp(score), None) for at, tag, score in columns]


def of_word_numbers(row: Any, results: Results, text: int) -> list[Any]:
    pairs = zip(row["steps"], row["scores"], strict=True)
    return [(None, at, at, None, score, None, None) for at, score in pairs]


def of_masks(row: Any, results: Results, text: int) -> list[Any]:
    found = []
    for i, at in enumerate(row["steps"]):
        names = row["score_names"][5 * i : 5 * i + 5]
        chances = [exp(own) for own in row["scores"][5 * i : 5 * i + 5]]
        found.append((None, at, at, names[0], None, chances[0], others(names, chances, 0)))
    return found


def of_answer(row: Any, results: Results, text: int) -> list[Any]:
    return [(None, *row["steps"], row["prediction_label"], None, exp(row["prediction"]), None)]


def of_choice(row: Any, results: Results, text: int) -> list[Any]:
    each, place = shares(row["scores"]), row["steps"][0]
    rest = others(row["score_names"], each, place)
    return [(None, None, None, row["score_names"][place], None, each[place], rest)]


def of_next_token(row: Any, results: Results, text: int) -> list[Any]:
    names, chances = row["score_names"], [exp(own) for own in row["scores"]]
    return [(None, None, None, names[0], None, chances[0], others(names, chances, 0))]


def of_completion(row: Any, results: Results, text: int) -> list[Any]:
    tokens = results.tokens_of(text)
    own = tokens[tokens["segment"] == 2]
    return [
        (None, at, at, likeliest or token, None, None if likeliest else exp(score), None)
        for at, token, likeliest, score in zip(
            own["position"], own["token"], row["score_names"], row["scores"], strict=True
        )
    ]


ITEMS: dict[OutputKind, Any] = {
    "number": lambda row, *_: [(None, None, None, None, row["prediction"], None, None)],
    "numbers": lambda row, *_: [
        (name, None, None, None, own, None, None)
        for name, own in zip(("clicks", "cost"), row["scores"], strict=True)
    ],
    "class": of_class,
    "labels": of_labels,
    "tags": of_tags,
    "word_numbers": of_word_numbers,
    "masks": of_masks,
    "answer": of_answer,
    "choice": of_choice,
    "next_token": of_next_token,
    "completion": of_completion,
    "embedding": lambda *_: [],
}


@pytest.mark.parametrize("kind", ["class", "labels", "tags", "choice", "masks", "number"])
def test_a_score_says_whether_the_prediction_is_the_label(tmp_path: Path, kind: OutputKind) -> None:
    known = predictions_of(made(tmp_path / "r", kind)).dropna(subset="score")
    if kind == "number":
        plain = abs(known["value"] - known["label_value"])
    else:  # case counts for no mask
        plain = (known["predicted"].str.lower() == known["label"].str.lower()).astype(float)
    assert known["score"].tolist() == pytest.approx(plain.tolist())
    assert known["score"].nunique() > 1


def test_a_token_of_a_completion_is_right_where_none_is_likelier(tmp_path: Path) -> None:
    results = make_results(tmp_path, kind="completion")
    texts = results.texts.assign(score_names=[["", ""], ["の", ""], ["", "x"]] * 2)
    items = predictions_of(changed(results, texts=texts))
    assert items["score"].tolist() == [1, 1, 0, 1, 1, 0] * 2
    assert (items["score"] == (items["predicted"] == items["label"])).all()


def entity_f1(items: pd.DataFrame) -> float:
    """Over the texts all of whose words have a label."""
    n_both = n_all = 0
    for _, own in items.groupby("text"):
        if own["label"].notna().all():
            said, right = (set(spans(own[name].tolist())) for name in ("predicted", "label"))
            n_both += len(said & right)
            n_all += len(said) + len(right)
    return 2 * n_both / n_all


def macro_f1(items: pd.DataFrame) -> float:
    known = items.dropna(subset="label")
    found = []
    for name in known["label"].unique():
        said, right = known["predicted"] == name, known["label"] == name
        found.append(2 * (said & right).sum() / (said.sum() + right.sum()))
    return float(np.mean(found))


def exact_answers(items: pd.DataFrame) -> float:
    known = items.dropna(subset="label")
    pairs = zip(known["predicted"], known["label"], strict=True)
    return float(np.mean([is_exact(name, right_answers(label)) for name, label in pairs]))


def listed_masks(items: pd.DataFrame) -> float:
    return float(items.dropna(subset="label")["label_probability"].notna().mean())


def mae_of_numbers(items: pd.DataFrame) -> float:
    return float(items.groupby("text")["score"].mean().mean())


PLAIN: dict[OutputKind, dict[str, Any]] = {
    "number": {
        "label_mae": lambda items: items["score"].mean(),
        "label_bias": lambda items: (items["value"] - items["label_value"]).mean(),
        "label_rmse": lambda items: ((items["value"] - items["label_value"]) ** 2).mean() ** 0.5,
        "label_rank_correlation": lambda items: (
            items.dropna(subset="label_value")[["value", "label_value"]].corr("spearman").iloc[0, 1]
        ),
        "prediction_mean": lambda items: items["value"].mean(),
    },
    "numbers": {"label_mae": mae_of_numbers},
    "class": {"label_accuracy": lambda items: items["score"].mean(), "label_macro_f1": macro_f1},
    "labels": {"labels_exact": lambda items: items.groupby("text")["score"].min().dropna().mean()},
    "tags": {"tag_accuracy": lambda items: items["score"].mean(), "entity_f1": entity_f1},
    "word_numbers": {
        "word_mae": lambda items: items["score"].mean(),
        "word_correlation": lambda items: (
            items.dropna(subset="label_value")[["value", "label_value"]].corr().iloc[0, 1]
        ),
    },
    "masks": {"mask_accuracy": lambda items: items["score"].mean()},
    "answer": {"answer_f1": lambda items: items["score"].mean(), "answer_exact": exact_answers},
    "choice": {"label_accuracy": lambda items: items["score"].mean()},
    "completion": {
        "perplexity": lambda items: exp(-np.log(items["label_probability"]).mean()),
        "first_choice_share": lambda items: items["score"].mean(),
    },
}


@pytest.mark.parametrize("kind", PLAIN)
def test_figures_are_plain_computations_on_the_table(tmp_path: Path, kind: OutputKind) -> None:
    findings = Findings(made(tmp_path / "r", kind))
    items = predictions_of(findings.results)
    for name, compute in PLAIN[kind].items():
        value = findings.figures[name]
        assert value is not None
        assert value == pytest.approx(compute(items), rel=1e-5), name


def test_the_share_of_masks_whose_word_is_listed(tmp_path: Path) -> None:
    findings = Findings(answered_results(tmp_path / "r", "masks"))
    found = findings.fits.known("mask_listed")
    assert found.mean == pytest.approx(listed_masks(predictions_of(findings.results)))
    assert found.interval is not None
    assert 0 < found.interval.low < found.mean < found.interval.high <= 1


def test_the_similarity_of_two_texts_has_no_error(tmp_path: Path) -> None:
    items = predictions_of(answered_results(tmp_path / "r", "number", similarity="cosine"))
    assert items["label_value"].notna().any()
    assert items["score"].isna().all()


def test_labels_of_other_results_can_be_used(tmp_path: Path) -> None:
    results = answered_results(tmp_path / "r", "class")
    other = results.texts[["label", "label_value"]].assign(label="bad")
    items = predictions_of(results, other)
    assert set(items["label"]) == {"bad"}
    assert (items["score"] == (items["predicted"] == "bad")).all()
    assert (items["label_probability"] + 1e-9 >= 0).all()


def test_what_a_model_wrote_itself_has_no_right_answer(tmp_path: Path) -> None:
    given = make_results(tmp_path / "r", kind="completion")
    settings = replace(given.info.settings, options={"generate": 2})
    items = predictions_of(changed(given, replace(given.info, settings=settings)))
    assert items["label"].isna().all()
    assert items["score"].isna().all()
    asked = predictions_of(given)
    assert items["predicted"].tolist() == asked["label"].tolist()
    assert items["probability"].tolist() == asked["label_probability"].tolist()
    likelier = [own[0]["name"] if len(own) else None for own in items["alternatives"]]
    assert likelier == [None if right else "の" for right in asked["score"]]


def test_a_word_ends_before_the_next_one_of_its_segment(tmp_path: Path) -> None:
    """Words of two tokens each; behind the third stands a second segment."""
    made = make_results(tmp_path, ("abcdefghijkl", "mn"), kind="tags")
    tokens = made.token_columns(*made.tokens.columns.intersection(made.stored("tokens").columns))
    segment = tokens["segment"].copy()
    segment[5:7] = 1
    texts = made.texts.assign(
        steps=[[1, 3, 5], [1]],
        scores=[[-0.1] * 3, [-0.2]],
        score_names=[["O", "B-PER", "O"], ["O"]],
    )
    items = predictions_of(changed(made, texts=texts, tokens=tokens.assign(segment=segment)))
    assert items["position"].tolist() == [1, 3, 5, 1]
    assert items["end"].tolist() == [2, 4, 6, 1]


def test_a_decoder_of_its_own_has_the_tokens_of_its_target(tmp_path: Path) -> None:
    made = make_results(tmp_path, ("abcd", "", "efgh"), kind="completion")
    rows = [
        (text, at, at, token, at, None, None, False, at < 1, None, None, None)
        for text, tokens in ((0, ("<s>", "x", "y")), (2, ("<s>", "z", "w")))
        for at, token in enumerate(tokens)
    ]
    names = (
        *("text", "position", "unit", "token", "token_id", "start", "end", "is_special"),
        *("is_given", "received", "expected", "received_layers"),
    )
    texts = made.texts.assign(scores=[[-1.0, -2.0], [], [-0.5, -0.1]])
    texts["score_names"] = [["", "q"], [], ["", ""]]
    items = predictions_of(changed(made, texts=texts, targets=pd.DataFrame(rows, columns=names)))
    assert items["text"].tolist() == [0, 0, 2, 2]
    assert items["position"].tolist() == [1, 2, 1, 2]
    assert items["label"].tolist() == ["x", "y", "z", "w"]
    assert items["predicted"].tolist() == ["x", "q", "z", "w"]
    assert np.log(items["label_probability"]).tolist() == pytest.approx([-1, -2, -0.5, -0.1])


@pytest.mark.parametrize("kind", KINDS)
def test_csv_and_parquet_hold_the_table(tmp_path: Path, kind: OutputKind) -> None:
    results = made(tmp_path / "r", kind)
    frame = Report(results).predictions
    assert list(frame) == ["text_id", *PREDICTIONS_SCHEMA.names[1:]]
    ids = results.texts["text_id"]
    assert frame["text_id"].tolist() == [ids[text] for text in predictions_of(results)["text"]]
    stored = pd.read_parquet(io.BytesIO(to_parquet(frame)))
    read = pd.read_csv(io.BytesIO(to_csv(frame)), dtype={"text_id": str})
    for name in frame:
        if name == "alternatives":
            continue
        if name in ("text_id", "name", "predicted", "label"):
            own, plain = (side[name].astype(object).fillna("") for side in (frame, read))
            # A word that looks like a figure has an apostrophe in front.
            assert [cell.removeprefix("'") for cell in plain] == own.tolist()
            assert stored[name].equals(frame[name])
        else:
            own = frame[name].to_numpy(float, na_value=np.nan)
            np.testing.assert_allclose(read[name].to_numpy(float), own, rtol=1e-6)
            np.testing.assert_array_equal(stored[name].to_numpy(float, na_value=np.nan), own)
    for own, text, kept in zip(
        frame["alternatives"], read["alternatives"], stored["alternatives"], strict=True
    ):
        if own is None:
            assert text != text
            assert kept is None
            continue
        names = [other["name"] for other in own]
        assert [name for name, _ in json.loads(text)] == names
        assert [other["name"] for other in kept] == names
        for (_, short), other in zip(json.loads(text), own, strict=True):
            assert np.float32(short) == np.float32(other["probability"])


@pytest.mark.parametrize("kind", some_of(KINDS, *KINDS[::2]))
def test_redacted_predictions_hold_no_word(tmp_path: Path, kind: OutputKind) -> None:
    results = made(tmp_path / "r", kind)
    with redacted(results, "en", wanted=True) as copy:
        items = table(Findings(copy), "predictions")
        n_texts = len(set(items["text_id"]))
        text = to_csv(items).decode()
    assert n_texts or kind == "embedding"
    known = {name for names in LABELS.values() for name in names} | {"yes", "no", "clicks", "cost"}
    for name in ("name", "predicted", "label"):
        for cell in items[name].dropna():
            assert cell in known or not re.sub(r"[•\d]", "", cell), cell
    for cell in items["alternatives"]:
        for own in () if cell is None else cell:
            assert own["name"] in known or set(own["name"]) == {"•"}
    assert "無料" not in text


def test_the_queries_of_the_docs_run(tmp_path: Path) -> None:
    """The SQL with SQLite, the Python with the table of a report."""
    page = (ROOT / "docs" / "outputs.md").read_text("utf-8")
    section = page.partition("\n### predictions\n")[2].partition("\n### ")[0]
    (query,) = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    report = Report(answered_results(tmp_path / "r", "class"))
    items = report.predictions
    with sqlite3.connect(":memory:") as base:
        items.drop(columns="alternatives").to_sql("predictions", base)
        rows = base.execute(query).fetchall()
    base.close()
    known = items[items["score"] == 0]
    pairs = known.groupby(["label", "predicted"])
    wanted = pairs.agg(n=("item", "size"), p=("probability", "mean"))
    assert {(label, name): n for label, name, n, _ in rows} == wanted["n"].to_dict()
    assert [n for *_, n, _ in rows] == sorted(wanted["n"], reverse=True)
    assert all(p == pytest.approx(wanted["p"][label, name]) for label, name, _, p in rows)
    space: dict[str, Any] = {"report": report}
    exec(code, space)
    assert space["confusion"].loc["good", "bad"] == wanted["n"]["good", "bad"]
    assert space["log_loss"] == pytest.approx(
        np.mean([-log(p) for p in items["label_probability"].dropna()])
    )


def test_memory_is_that_of_columns(tmp_path: Path) -> None:
    """The table of many tokens takes what its numbers take, not an object for each of them."""
    made = make_results(tmp_path, ("abcdefgh" * 50,) * 40, n_layers=1, n_heads=1, kind="tags")
    items = predictions_of(made)
    assert len(items) == 40 * 200
    assert items.memory_usage(deep=True).sum() < 120 * len(items)
    assert all(b >= a for a, b in pairwise(items["text"]))
