"""Tables against the results they come from, and what a spreadsheet makes of them."""

import csv
import io
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_up.factories import HEADLINES, LABELS, changed, make_results
from hypothesis import given
from hypothesis import strategies as st

from reportgen.findings import Findings
from reportgen.findings.evidence import agreement_figures
from reportgen.findings.quality.predictions import predictions
from reportgen.findings.sinks import subject_figures
from reportgen.report import table
from reportgen.report.options import TABLE_NAMES, TableName
from reportgen.report.spreadsheets import to_csv, to_parquet
from reportgen.results import SINK_TESTS

COLUMNS = {
    "tokens": "text_id, position, unit, segment, token, start, end, is_special, cls_row_last, "
    "received_last, cls_row_all, received_all, expected, received_norm_all, received_norm_last, "
    "deletion, gradient, attention_gradient, alone, effect, joint, joint_effect",
    "heads": "text_id, layer, head, special_share, cls_share, sep_share, cls_excess, sep_excess, "
    "learned_share, uniform_share, entropy, "
    "distance, head_class, head_effect",
    "texts": "text_id, text, label, prediction, label_error, n_tokens, n_truncated, status, "
    "message, evidence",
    "predictions": "text_id, item, name, position, end, predicted, value, probability, label, "
    "label_value, label_probability, score, alternatives",
    "sinks": "token, kind, role, test, ratio, low, high, effect, control, n_texts, layer, share, "
    "expected, alike, lead, key_size",
    "agreement": "view, statistic, mean, low, high, n_texts",
    "edits": "text_id, edit, status, changed, before, after, prediction, prediction_label, "
    "message, evidence",
}
FULL_EFFECTS = ("mask", "ig", "alti", "shapley", "cp_lrp")
OVER_HEADS = ("cls_row_last", "received_last", "cls_row_all", "received_all", "expected")


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_columns_are_the_documented_ones(tmp_path: Path, name: TableName) -> None:
    columns = COLUMNS[name].split(", ")
    for level in ("none", "basic"):
        results = make_results(tmp_path / level, evidence=level)
        assert list(table(Findings(results), name)) == columns
    full = [*columns, *FULL_EFFECTS] if name == "tokens" else columns
    assert list(table(Findings(make_results(tmp_path / "full", evidence="full")), name)) == full


def test_effects_stand_with_their_tokens(tmp_path: Path) -> None:
    """Of three texts the second has no evidence, as if it had not been chosen."""
    results = make_results(tmp_path, HEADLINES[:3], evidence="full")
    results = changed(results, effects=results.effects[results.effects["text"] != 1])
    frame = table(Findings(results), "tokens")
    for text, rows in frame.groupby("text_id"):
        effects = results.effects_of(int(text) - 1)
        for column in ("deletion", "gradient", *FULL_EFFECTS):
            assert rows[column].dtype == np.float32
            if effects is None:
                assert rows[column].isna().all()
            else:
                expected = effects[column].to_numpy(np.float32)
                np.testing.assert_array_equal(rows[column].to_numpy(), expected)
    assert (frame["deletion"].isna() == frame["is_special"] | (frame["text_id"] == "2")).all()


def test_norm_weighted_attention_is_that_of_the_results(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="basic")
    frame = table(Findings(results), "tokens")
    for column in ("received_norm_all", "received_norm_last"):
        assert frame[column].tolist() == results.tokens[column].tolist()
    withheld = make_results(
        tmp_path / "withheld", evidence="basic", withheld={"received_norm_all": "values_unproven"}
    )
    assert table(Findings(withheld), "tokens")["received_norm_all"].isna().all()


def test_every_sink_test_on_every_subject_has_a_row(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full", sink=0.4)
    undone = results.sinks["test"] == "mean_value"
    results.sinks.loc[undone, ["effect", "control"]] = np.nan
    rows = table(Findings(results), "sinks").to_dict("records")
    subjects = subject_figures(results)
    assert [(row["token"], row["role"], row["test"]) for row in rows] == [
        (token, role, test)
        for token, role in (("[CLS]", "cls"), ("[SEP]", "sep"))
        for test in SINK_TESTS
    ]
    for row in rows:
        figures = next(f for f in subjects if f.subject.key == row["role"])
        assert row["share"] == pytest.approx(figures.layers[row["layer"] - 1].share.mean)
        assert row["share"] / row["expected"] == pytest.approx(
            max(layer.ratio.mean for layer in figures.layers), rel=1e-5
        )
        outcome = figures.tests.get(row["test"])
        if outcome is None:
            assert row["test"] == "mean_value"
            assert row["n_texts"] == 0
            assert all(math.isnan(row[name]) for name in ("ratio", "low", "effect", "control"))
            continue
        assert row["n_texts"] == 6
        assert row["effect"] == pytest.approx(outcome.effect.mean)
        assert row["control"] == pytest.approx(outcome.control.mean)
        assert outcome.ratio is not None
        assert (row["low"], row["high"]) == pytest.approx(outcome.ratio.interval)


def test_heads_have_what_they_give_a_special_token_beyond_an_even_spread(tmp_path: Path) -> None:
    results = make_results(tmp_path, (*HEADLINES, ""), sink=0.6)
    findings = Findings(results)
    rows = table(findings, "heads")
    ids = list(results.texts["text_id"])
    assert len(rows) == 6 * 12
    sums = np.zeros((2, 12))
    for row in rows.to_dict("records"):
        even = 1 / int(results.texts["n_tokens"].iloc[ids.index(row["text_id"])])
        for i, role in enumerate(("cls", "sep")):
            beyond = (row[f"{role}_share"] - even) / (1 - even)
            assert row[f"{role}_excess"] == pytest.approx(beyond, abs=1e-6)
            sums[i, (row["layer"] - 1) * results.info.model.n_heads + row["head"] - 1] += beyond / 6
    for role, means in zip(("cls", "sep"), sums, strict=True):
        found = findings.sink_heads[role]
        assert found.excess.ravel() == pytest.approx(means, abs=1e-6)
        assert sum(found.n_by_layer) == (means >= 0.3).sum()
    bare = table(Findings(make_results(tmp_path / "bare", special=False)), "heads")
    assert bare["cls_excess"].isna().all()


def test_agreement_has_a_row_a_view_and_statistic(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    rows = table(Findings(results), "agreement").to_dict("records")
    for row, figures in zip(rows, agreement_figures(results), strict=True):
        assert (row["view"], row["statistic"]) == (figures.view, figures.statistic)
        assert row["mean"] == pytest.approx(figures.estimate.mean)
        assert (row["low"], row["high"]) == pytest.approx(figures.estimate.interval)
        assert row["n_texts"] == figures.estimate.n_texts


def test_few_texts_leave_the_ends_of_intervals_empty(tmp_path: Path) -> None:
    results = make_results(tmp_path, HEADLINES[:2], evidence="full")
    for name in ("sinks", "agreement"):
        for row in read_csv(to_csv(table(Findings(results), name))):
            assert (row["low"], row["high"]) == ("", "")
            assert row.get("mean", "") == ""  # of agreement
            assert row["n_texts"] == "2"


@pytest.mark.parametrize("name", ["sinks", "agreement"])
def test_without_evidence_there_are_columns_and_no_rows(tmp_path: Path, name: TableName) -> None:
    frame = table(Findings(make_results(tmp_path)), name)
    head = ",".join(COLUMNS[name].split(", "))
    assert to_csv(frame).decode("utf-8-sig") == f"{head}\r\n"
    again = pd.read_parquet(io.BytesIO(to_parquet(frame)))
    assert list(again) == list(frame)
    assert again.dtypes.astype(str).tolist() == frame.dtypes.astype(str).tolist()


def test_every_token_has_a_row_under_its_texts_id(tmp_path: Path) -> None:
    ids = ("x", "y", "empty", "z")
    results = make_results(tmp_path, (*HEADLINES[:2], "", HEADLINES[2]), ids=ids)
    frame = table(Findings(results), "tokens")
    expected = [
        (ids[text], position, token)
        for text in (0, 1, 3)
        for position, token in enumerate(results.tokens_of(text)["token"])
    ]
    assert list(zip(frame["text_id"], frame["position"], frame["token"], strict=True)) == expected


def test_every_head_of_every_text_has_a_row(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("", *HEADLINES[:2]), n_layers=2, n_heads=3)
    rows = table(Findings(results), "heads")[["text_id", "layer", "head"]].itertuples(index=False)
    assert [tuple(row) for row in rows] == [
        (text, layer, head) for text in "23" for layer in (1, 2) for head in (1, 2, 3)
    ]


def test_sums_over_heads_are_the_means_times_the_heads(tmp_path: Path) -> None:
    results = make_results(tmp_path, n_heads=3, evidence="full")
    means, sums = table(Findings(results), "tokens"), table(Findings(results), "tokens", "sum")
    for column in OVER_HEADS:
        assert sums[column].dtype == np.float32
        assert sums[column].tolist() == pytest.approx([3 * x for x in means[column]], rel=1e-6)
    others = [column for column in means if column not in OVER_HEADS]
    assert sums[others].equals(means[others])


def test_without_a_cls_token_its_columns_are_empty(tmp_path: Path) -> None:
    results = make_results(tmp_path, special=False)
    row = read_csv(to_csv(table(Findings(results), "tokens")))[0]
    assert row["cls_row_last"] == row["cls_row_all"] == ""
    head = read_csv(to_csv(table(Findings(results), "heads")))[0]
    assert head["special_share"] == head["cls_share"] == head["sep_share"] == ""


def test_a_special_token_has_no_place_in_the_text(tmp_path: Path) -> None:
    row = read_csv(to_csv(table(Findings(make_results(tmp_path)), "tokens")))[0]
    assert (row["token"], row["segment"], row["start"], row["end"]) == ("[CLS]", "", "", "")
    assert row["is_special"] == "True"


def test_the_prediction_is_a_number_where_it_is_one(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("abcdef", "", "abcd"), labels=(1.0, 2.0, 0.5))
    frame = table(Findings(results), "texts")
    predicted = results.texts["prediction"]
    assert frame["prediction"].tolist()[::2] == pytest.approx(predicted.tolist()[::2])
    assert math.isnan(frame["prediction"][1])
    errors = [predicted[0] - 1.0, predicted[2] - 0.5]
    assert frame["label_error"].tolist()[::2] == pytest.approx(errors, rel=1e-6)
    assert math.isnan(frame["label_error"][1])


@pytest.mark.parametrize("kind", ["class", "labels", "next_token"])
def test_other_predictions_are_words(tmp_path: Path, kind: str) -> None:
    results = make_results(tmp_path, kind=kind, labels=(1.0,) * 6)  # type: ignore[arg-type]
    frame = table(Findings(results), "texts")
    assert frame["prediction"].tolist() == results.texts["prediction_label"].tolist()
    assert frame["label_error"].isna().all()


def test_several_numbers_stand_with_their_names(tmp_path: Path) -> None:
    results = make_results(tmp_path, kind="numbers")
    (clicks, first), (cost, second) = (
        part.split("=")
        for part in str(predictions(results, Findings(results).items)[0]).split(", ")
    )
    assert (clicks, cost) == ("clicks", "cost")
    assert [float(first), float(second)] == pytest.approx(list(results.texts["scores"][0]))


def test_an_embedding_is_no_prediction(tmp_path: Path) -> None:
    assert (
        table(Findings(make_results(tmp_path, kind="embedding")), "texts")["prediction"]
        .isna()
        .all()
    )


def test_csv_opens_in_excel_and_holds_what_parquet_holds(tmp_path: Path) -> None:
    results = make_results(tmp_path, labels=(1.0,) * 6, truncated=(2,), evidence="full")
    for name in TABLE_NAMES:
        frame = table(Findings(results), name)
        content = to_csv(frame)
        assert content.startswith(b"\xef\xbb\xbf")
        rows = read_csv(content)
        assert [list(row) for row in rows] == [list(frame)] * len(frame)
        again = pd.read_parquet(io.BytesIO(to_parquet(frame)))
        for column in frame:
            for cell, stored, original in zip(
                (row[column] for row in rows), again[column], frame[column], strict=True
            ):
                if pd.isna(original):
                    assert cell == ""
                    assert pd.isna(stored)
                elif isinstance(original, float):
                    assert np.float32(cell) == stored == original
                else:
                    # A word that looks like a figure, see below.
                    assert cell.removeprefix("'") == str(original)
                    assert stored == original


def test_numbers_are_printed_with_the_fewest_digits_that_hold_them() -> None:
    frame = pd.DataFrame({"x": np.array([0.1, 1 / 3, 1e-9, 2], dtype=np.float32)})
    assert to_csv(frame).decode("utf-8-sig").split() == ["x", "0.1", "0.33333334", "1e-09", "2.0"]


FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋a", "－a", "＠a"]


@pytest.mark.parametrize("text", [*FORMULAS, "=cmd|' /C calc'!A0", "-", "=", "-2+3+cmd|'"])
def test_a_formula_gets_an_apostrophe_in_csv_and_none_in_parquet(tmp_path: Path, text: str) -> None:
    results = make_results(tmp_path, (text,), ids=(text,))
    for name in ("texts", "tokens"):
        frame = table(Findings(results), name)
        assert read_csv(to_csv(frame))[0]["text_id"] == f"'{text}"
        assert pd.read_parquet(io.BytesIO(to_parquet(frame)))["text_id"][0] == text


@pytest.mark.parametrize("text", ["-3", "+3.5", "-.5", "-1e-5", "3", "a=b", "'=1", " =1", "無料"])
def test_a_number_and_plain_text_stay_as_they_are(tmp_path: Path, text: str) -> None:
    results = make_results(tmp_path, (text,), ids=(text,))
    assert read_csv(to_csv(table(Findings(results), "texts")))[0]["text_id"] == text


def test_negative_numbers_stay_numbers(tmp_path: Path) -> None:
    results = make_results(tmp_path, labels=(99.0,) * 6)
    for row in read_csv(to_csv(table(Findings(results), "texts"))):
        assert float(row["label_error"]) < 0


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_any_text_comes_back_from_csv(texts: list[str]) -> None:
    frame = pd.DataFrame({"text": pd.Series(texts, dtype="str"), "n": 1})
    rows = read_csv(to_csv(frame))
    assert [row["text"].removeprefix("'") for row in rows] == [
        text.removeprefix("'") for text in texts
    ]
    assert [row["n"] for row in rows] == ["1"] * len(texts)


def test_making_a_table_leaves_the_results_alone(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    tokens, effects = results.tokens.copy(), results.effects.copy()
    to_csv(table(Findings(results), "tokens", "sum"))
    assert results.tokens.equals(tokens)
    assert results.effects.equals(effects)


def test_the_fit_to_labels_is_mae_and_r2(tmp_path: Path) -> None:
    labels = (1.0, 2.0, 0.0, 1.5, 1.0, 3.0)
    results = make_results(tmp_path, labels=labels, failed=(3,))
    predicted = results.texts["prediction"].tolist()
    pairs = [(p, y) for p, y in zip(predicted, labels, strict=True) if not math.isnan(p)]
    assert len(pairs) == 5
    middle = sum(y for _, y in pairs) / 5
    fit = Findings(results).label_fit
    assert fit is not None
    assert fit.n_texts == 5
    fits = Findings(results).fits
    assert fits.known("mae").mean == pytest.approx(sum(abs(p - y) for p, y in pairs) / 5)
    residual, total = sum((p - y) ** 2 for p, y in pairs), sum((y - middle) ** 2 for _, y in pairs)
    assert fits.known("r2").mean == pytest.approx(1 - residual / total)


def test_labels_that_are_all_the_same_have_no_r2(tmp_path: Path) -> None:
    fits = Findings(make_results(tmp_path, labels=(2.0,) * 6)).fits
    assert fits["mae"] is not None
    assert fits["r2"] is None


@pytest.mark.parametrize("kind", sorted(LABELS))
def test_a_class_has_no_error(tmp_path: Path, kind: str) -> None:
    assert Findings(make_results(tmp_path, kind=kind, labels=(1.0,) * 6)).label_fit is None  # type: ignore[arg-type]
    assert Findings(make_results(tmp_path / "none")).label_fit is None


WORDS = (
    *("007", "50,000", "1e5", "=1+1", "-5", "+3", "3.14", "12:30", "3/4", "1-2", "50%", "$5"),
    *("５", "5月3日", "May 5", "TRUE", "false", "NA", "None", "null", "nan", "N/A"),
)


@pytest.mark.parametrize("words", [WORDS, WORDS[:1], (*WORDS, "a word")])
def test_a_word_that_looks_like_a_figure_stays_text(words: tuple[str, ...]) -> None:
    frame = pd.DataFrame({"token": pd.Series(words, dtype="string"), "share": 0.5})
    read = pd.read_csv(io.BytesIO(to_csv(frame)))
    assert read["token"].str.removeprefix("'").tolist() == list(words)
    assert read["share"].tolist() == [0.5] * len(words)
    kept = [cell for cell in read["token"] if not cell.startswith("'")]
    assert kept == [word for word in words if word == "a word"]


@pytest.mark.parametrize("word", ["", "free", "3rd", "5G", "a1", "maybe", "may", "nano", "％"])
def test_other_words_have_no_apostrophe(word: str) -> None:
    frame = pd.DataFrame({"token": pd.Series([word], dtype="string")})
    assert read_csv(to_csv(frame)) == [{"token": word}]


def test_labels_that_are_all_numbers_stay_numbers() -> None:
    columns = {"predicted": ["5", "007"], "label": ["1.5", None], "text_id": ["007", "b"]}
    frame = pd.DataFrame(columns, dtype="string")
    first, second = read_csv(to_csv(frame))
    assert first == {"predicted": "5", "label": "1.5", "text_id": "007"}
    mixed = frame.assign(predicted=pd.Series(["word", "007"], dtype="string"))
    assert [row["predicted"] for row in read_csv(to_csv(mixed))] == ["word", "'007"]
    assert (second["predicted"], second["label"]) == ("007", "")
