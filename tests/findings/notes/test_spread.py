"""How widely attention is spread, which rows of it are read, and how long texts are."""

from pathlib import Path

import pytest
from helpers.made_up.factories import HEADLINES, make_results

from reportgen.findings import Findings, Note, live_rows_note
from reportgen.findings.notes import BRUNNER, KOBAYASHI_2021, mixing_notes

LONG = "x" * 64  # 32 tokens of two code points; with [CLS] and [SEP] more than the head size, 32


def by_id(notes: tuple[Note, ...]) -> dict[str, Note]:
    return {note.id: note for note in notes}


def test_the_spread_is_the_mean_over_texts(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    texts = results.texts
    values = by_id(Findings(results).notes)["N15"].values
    for name in ("effective_tokens", "effective_content", "n_tokens", "n_content"):
        assert values[name] == pytest.approx(sum(texts[name].tolist()) / len(texts))


def test_the_spread_has_no_half_on_content_where_all_is_content(tmp_path: Path) -> None:
    notes = by_id(Findings(make_results(tmp_path, special=False)).notes)
    assert "N15" not in notes
    assert "effective_content" not in notes["N15-tokens"].values


def test_texts_whose_content_gets_no_attention_have_no_spread_over_content(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    results.texts["effective_content"] = float("nan")
    assert "N15-tokens" in by_id(Findings(results).notes)
    assert "N15-tokens" in by_id(Findings(results).text_notes(0))


def test_texts_longer_than_the_head_size_are_counted_once(tmp_path: Path) -> None:
    results = make_results(tmp_path, (*HEADLINES, LONG, LONG[:-4]))
    note = by_id(Findings(results).notes)["N17"]
    assert (note.values["n_long"], note.values["n_analysed"]) == (1, 8)
    assert note.citations == (BRUNNER,)
    assert "N17" not in by_id(Findings(make_results(tmp_path / "short")).notes)


def test_the_mixing_ratio_is_the_mean_over_layers_and_texts(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="basic")
    (note,) = mixing_notes(Findings(results))
    assert (note.id, note.citations) == ("N19", (KOBAYASHI_2021,))
    assert note.values["mixing"] == pytest.approx(float(results.layers["mixing"].mean()))
    assert "mixing_low" in note.values


def test_the_mixing_ratio_of_few_texts_has_no_interval(tmp_path: Path) -> None:
    (note,) = mixing_notes(Findings(make_results(tmp_path, HEADLINES[:3], evidence="basic")))
    assert note.id == "N19-few"
    assert "mixing_low" not in note.values


def test_where_mixing_was_not_measured_nothing_is_said_of_it(tmp_path: Path) -> None:
    assert mixing_notes(Findings(make_results(tmp_path))) == []


def test_a_model_that_reads_cls_alone_says_so(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="basic")
    note = live_rows_note(Findings(results))
    assert note is not None
    assert (note.id, note.token, note.also) == ("N9-cls", "[CLS]", ("N9-earlier",))
    assert note.values["n_live"] == 1
    assert note.values["n_rows"] == pytest.approx(float(results.texts["n_tokens"].mean()))


def test_a_model_of_one_layer_has_none_before_it(tmp_path: Path) -> None:
    note = live_rows_note(Findings(make_results(tmp_path, n_layers=1, evidence="basic")))
    assert note is not None
    assert note.also == ()


def test_a_model_that_reads_every_row_is_told_apart(tmp_path: Path) -> None:
    note = live_rows_note(Findings(make_results(tmp_path, reads_cls_only=False, evidence="basic")))
    assert note is not None
    assert note.id == "N9-all"


def test_a_model_that_reads_some_rows_names_none(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="basic")
    results.evidence["live_rows"] = 3
    results.evidence["reads_cls_only"] = False
    note = live_rows_note(Findings(results))
    assert note is not None
    assert (note.id, note.token, note.values["n_live"]) == ("N9", None, 3)


def test_what_was_not_measured_is_not_said(tmp_path: Path) -> None:
    assert live_rows_note(Findings(make_results(tmp_path / "none"))) is None
    results = make_results(tmp_path / "basic", evidence="basic")
    results.evidence["live_rows"] = None
    assert live_rows_note(Findings(results)) is None


@pytest.mark.parametrize(("n", "is_long"), [(32, False), (33, True)])
def test_a_text_is_long_from_one_token_beyond_the_head_size(
    tmp_path: Path, n: int, is_long: bool
) -> None:
    results = make_results(tmp_path)
    results.texts.loc[0, "n_tokens"] = n
    assert ("N17-text" in by_id(Findings(results).text_notes(0))) == is_long


@pytest.mark.parametrize(
    ("n_content", "id"), [(0, "N16-empty"), (1, "N16-text"), (2, "N16-text"), (3, "N15")]
)
def test_a_text_has_statistics_from_three_content_tokens_on(
    tmp_path: Path, n_content: int, id: str
) -> None:
    results = make_results(tmp_path)
    results.texts.loc[0, "n_content"] = n_content
    assert list(by_id(Findings(results).text_notes(0))) == [id]


def test_one_row_that_is_not_read_is_enough(tmp_path: Path) -> None:
    results = make_results(tmp_path, reads_cls_only=False, evidence="basic")
    results.evidence.loc[0, "live_rows"] -= 1
    note = live_rows_note(Findings(results))
    assert note is not None
    assert note.id == "N9"
