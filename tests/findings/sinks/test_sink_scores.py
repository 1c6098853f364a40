"""How much of a sink's lead is alike, against plain sums; and what is said of it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_up.factories import make_results

from reportgen.findings import Note, SinkScores
from reportgen.findings.notes import ALIKE_LITTLE, ALIKE_MOST, about, score_case, score_note
from reportgen.findings.sinks.query_key_scores import sink_scores
from reportgen.results import Results, Subject

CLS = Subject("cls", "[CLS]", "role")
N_HEADS = 3


def with_scores(folder: Path, n_texts: int, rows: pd.DataFrame) -> Results:
    """Results with `rows` as the table of sink scores."""
    made = make_results(folder, ("abcdefgh",) * n_texts, n_layers=2, n_heads=N_HEADS)
    made.__dict__["sink_scores"] = rows
    return made


def drawn(n_texts: int, lead: float, spread: float, seed: int = 0) -> pd.DataFrame:
    """Scores of [CLS] in layer 2: the last head is no sink head, and has another lead."""
    random = np.random.default_rng(seed)
    rows = []
    for text in range(n_texts):
        for head in range(1, N_HEADS + 1):
            own = random.normal(lead if head < N_HEADS else -5.0, spread, 40)
            rows.append(
                {
                    "text": text,
                    "subject": "cls",
                    "layer": 2,
                    "head": head,
                    "n_pairs": 40,
                    "lead": own.mean(),
                    "lead_square": (own**2).mean(),
                    "share": (0.6, 0.9, 0.1)[head - 1] + 0.01 * random.random(),
                    "expected": 0.1,
                    "error": 0.0,
                    "key_size": 0.5,
                    "value_size": np.nan,
                    "key_cosine": 0.8,
                    "text_cosine": 0.1,
                }
            )
    return pd.DataFrame(rows)


def scores_of(tmp_path: Path, rows: pd.DataFrame) -> SinkScores:
    found = sink_scores(with_scores(tmp_path, rows["text"].nunique(), rows))
    assert list(found) == ["cls"]
    assert list(found["cls"]) == [2]
    return found["cls"][2]


def test_alike_is_the_squared_mean_over_the_mean_square_in_the_heads_of_the_sink(
    tmp_path: Path,
) -> None:
    rows = drawn(8, 4.0, 2.0)
    found = scores_of(tmp_path, rows)
    total = weight = lead = 0.0
    for head in (1, 2):
        own = rows[rows["head"] == head]
        alike = own["lead"].mean() ** 2 / own["lead_square"].mean()
        share = own["share"].mean()
        assert found.heads[head - 1].alike == pytest.approx(alike)
        total, weight = total + alike * share, weight + share
        lead += own["lead"].mean() * share
    assert [head.head for head in found.heads] == [1, 2]
    assert found.alike.mean == pytest.approx(total / weight)
    assert found.alike.mean == pytest.approx(4.0**2 / (4.0**2 + 2.0**2), abs=0.05)
    assert found.lead.mean == pytest.approx(lead / weight)
    assert found.alike.interval is not None
    assert found.alike.interval.low < found.alike.mean < found.alike.interval.high <= 1
    assert found.key_size is not None
    assert found.key_size.mean == pytest.approx(0.5)
    assert found.value_size is None


@pytest.mark.parametrize(
    ("lead", "spread", "low", "high"),
    [
        (5.0, 0.0, 1.0, 1.0),  # the same for all
        (0.0, 5.0, 0.0, 0.05),  # those that prefer it and those that avoid it balance
        (-3.0, 1.0, 0.0, 0.0),  # none prefers it, though all agree
        (0.0, 0.0, 0.0, 0.0),  # there is no lead at all
    ],
)
def test_extremes(tmp_path: Path, lead: float, spread: float, low: float, high: float) -> None:
    found = scores_of(tmp_path, drawn(6, lead, spread))
    assert low <= found.alike.mean <= high


def test_no_layer_without_a_head_that_makes_a_sink(tmp_path: Path) -> None:
    rows = drawn(6, 4.0, 1.0).assign(share=0.2)
    assert sink_scores(with_scores(tmp_path, 6, rows)) == {}
    assert sink_scores(with_scores(tmp_path / "none", 6, rows.iloc[:0])) == {}


def test_each_case_is_said_by_its_interval(tmp_path: Path) -> None:
    assert score_case(ALIKE_MOST) == "score-alike"
    assert score_case(ALIKE_LITTLE) == "score-asks"
    assert score_case((ALIKE_MOST + ALIKE_LITTLE) / 2) == "score-between"

    def id_of(rows: pd.DataFrame) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        note = score_note(CLS, scores_of(folder, rows), None, N_HEADS, ())
        assert note is not None
        return note.id

    assert id_of(drawn(24, 4.0, 1.0)) == "score-alike"
    assert id_of(drawn(24, 1.0, 4.0)) == "score-asks"
    assert id_of(drawn(24, 4.0, 3.0)) == "score-between"  # 16 / 25
    assert id_of(drawn(5, 4.0, 2.0)) == "score-unclear"  # 16 / 20, the threshold
    assert id_of(drawn(4, 4.0, 1.0)) == "few-score"


def test_a_place_for_what_is_not_needed_needs_short_vectors_that_no_test_says_to_matter(
    tmp_path: Path,
) -> None:
    alike = scores_of(tmp_path / "alike", drawn(24, 4.0, 1.0))
    asks = scores_of(tmp_path / "asks", drawn(24, 1.0, 4.0))

    def parks(scores: SinkScores, *ids: str) -> bool:
        others: list[Note] = [about(CLS, id, {}) for id in ids]
        note = score_note(CLS, scores, None, N_HEADS, others)
        assert note is not None
        return "score-parking" in note.also

    assert parks(alike, "N2")
    assert parks(alike, "N2", "N4")
    assert not parks(asks, "N2", "N4")
    for other in ("N2-heavy", "N2-unclear", "N3"):
        assert not parks(alike, other)
    for matters in ("N5", "N5-basic", "N5-first", "N6", "N6-partly", "tests-disagree"):
        assert not parks(alike, "N2", matters)


def test_what_could_not_be_read_is_said_with_the_reason() -> None:
    assert score_note(CLS, None, None, N_HEADS, ()) is None
    note = score_note(CLS, None, "scores_unproven", N_HEADS, ())
    assert note is not None
    assert (note.id, note.values) == ("score-unread", {"reason": "scores_unproven"})
