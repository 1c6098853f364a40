"""Edits of texts in the results: equal to runs of the edited texts by themselves."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.real.explaining import CLASSES, NUMBER, load
from helpers.real.runs import run, text_set, texts_run
from helpers.rounding import assert_near

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.errors import UsageError
from reportgen.models.tasks import ready_for_masks
from reportgen.texts import read_swaps

TEXTS = (
    "Free coffee (today)! The cat sat.",
    "the cat sat on the mat and the dog sat on the log",
    "最大3,000円 無料カード",
    "a",
    "★",
    "The Cat sat on 7 mats. A dog sat.",
)
RUN = ("run", "same_tokens")


@pytest.mark.parametrize("kind", ["number", "class"])
def test_each_edit_is_a_run_of_the_edited_text(tmp_path, kind) -> None:
    model = load(tmp_path, "bert", **(NUMBER if kind == "number" else CLASSES))
    (tmp_path / "s.csv").write_text("from,to,kind\ncat,dog,pets\n", "utf-8")
    swap = read_swaps(str(tmp_path / "s.csv"))
    own = run(tmp_path / "r", model, TEXTS, edits="all", swap=swap, evidence_texts="all")
    edits = own.edits
    assert len(edits) == len(TEXTS) * len(own.info.settings.edits) == 6 * 15
    texts = own.texts.iloc[edits["text"]].reset_index(drop=True)
    is_unchanged = edits["status"] == "unchanged"
    assert edits["changed"][is_unchanged].isna().all()
    assert (edits["changed"] != texts["text"])[~is_unchanged].all()
    assert set(edits["changed"][edits["status"] == "nothing_left"]) == {""}
    known = edits[edits["status"].isin(RUN)].reset_index(drop=True)
    apart = run(tmp_path / "a", model, list(known["changed"]), evidence="none").texts
    before = own.evidence.set_index("text")["explained"][known["text"]].to_numpy()
    assert_near(known["before"], before)
    if kind == "number":
        assert_near(known["after"], apart["prediction"])
    else:
        names = own.info.output.labels
        label = own.texts["prediction_label"].iloc[known["text"]]
        logits = np.stack(list(apart["scores"]))
        place = [names.index(name) for name in label]
        rest = logits.copy()
        rest[np.arange(len(place)), place] = -np.inf
        assert_near(known["after"], logits[np.arange(len(place)), place] - rest.max(axis=1))
        ran = known["status"] == "run"
        assert list(known["prediction_label"][ran]) == list(apart["prediction_label"][ran])
    same = known[known["status"] == "same_tokens"]
    assert len(same)
    assert (same["after"] == same["before"]).all()


def test_equal_texts_run_once_and_evidence_is_as_without_edits(tmp_path) -> None:
    model = load(tmp_path, "bert", **NUMBER)
    few = {"evidence": "none", "evidence_texts": "2"}
    one = run(tmp_path / "one", model, TEXTS, edits="typo", evidence="none", evidence_texts="1")
    assert len(one.edits) == 1
    with texts_run(model) as plain:
        run(tmp_path / "plain", model, ["ABC 1", "a cat"], **few)
    # Half width digits, lower case and so on: the upper case of both, and what else applies.
    with texts_run(model) as counted:
        own = run(tmp_path / "r", model, ["ABC 1", "a cat"], edits="upper_case,repetition", **few)
    n_run = int((own.edits["status"] == "run").sum())
    assert sum(counted) - sum(plain) == 2 + n_run  # both as they are, and each that differs
    assert own.info.evidence.level == "none"
    before = run(tmp_path / "b", model, TEXTS, evidence_texts="3")
    after = run(tmp_path / "c", model, TEXTS, evidence_texts="3", edits="all")
    assert sorted(after.edits["text"].unique()) == sorted(after.evidence["text"])
    for table in ("texts", "tokens", "effects", "evidence", "sinks"):
        assert getattr(before, table).equals(getattr(after, table)), table
    assert before.edits.empty
    assert not (tmp_path / "b" / "edits.parquet").exists()


def test_words_with_tags_and_masks_keep_their_counterparts(tmp_path) -> None:
    tags = load(tmp_path, "bert", "token", id2label={0: "O", 1: "B-X"})
    edits = run(tmp_path / "t", tags, TEXTS[:2], edits="all", evidence_texts="all").edits
    status = edits.set_index(["text", "edit"])["status"]
    assert status[0, "sentence_order"] == status[1, "repetition"] == "no_counterpart"
    assert status[0, "brackets"] == "no_counterpart"  # words of their own
    assert status[1, "typo"] == "run"
    model = load(tmp_path, "bert", "masked")
    texts = text_set(("The [MASK] sat on a mat.", "A [MASK] and a [MASK]"))
    filler = ready_for_masks(model, texts)
    (tmp_path / "m").mkdir()
    options = AnalysisOptions(edits="all", evidence_texts="all")
    results = analyze(texts, filler, tmp_path / "m", options)
    status = results.edits.set_index(["text", "edit"])["status"]
    assert status[0, "punctuation"] == "run"
    assert status[0, "repetition"] == "no_counterpart"
    assert "failed" not in set(status)


def test_answers_in_a_text_cannot_be_compared(tmp_path) -> None:
    model = load(tmp_path, "bert", "question")
    source = replace(text_set(["who"]).texts[0], pair="the cat sat")
    texts = replace(text_set(["who"]), texts=(source,))
    (tmp_path / "r").mkdir()
    with pytest.raises(UsageError, match="--edits, --swap: the model's output is a place"):
        analyze(texts, model, tmp_path / "r", AnalysisOptions(edits="typo"))
