"""The figures by text, and the order in which texts deserve a look, against plain computations."""

from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results

from reportgen.findings import Findings
from reportgen.findings.attention import takes_part
from reportgen.findings.ranking import DEPTH, REASONS, figures, ranking
from reportgen.results import Results

LABELS = (1.0, 2.0, 1.5, 1.1, 0.4, 2.2)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("worth")
    return make_results(folder, sink=0.4, labels=LABELS, evidence="basic")


def plain_strangeness(results: Results, column: str, even: str | None) -> list[float]:
    """The same by loops over the rows of the table of heads."""
    by_text: dict[int, dict[tuple[int, int], float]] = {}
    for row in results.heads.itertuples():
        value = getattr(row, column) - (getattr(row, even) if even else 0.0)
        by_text.setdefault(int(row.text), {})[(row.layer, row.head)] = float(value)
    counted = [t for t in by_text if results.texts["n_content"].iloc[t] >= 3]
    heads = list(by_text[0])
    mean = {head: sum(by_text[t][head] for t in counted) / len(counted) for head in heads}
    return [
        (sum((own[head] - mean[head]) ** 2 for head in heads) / len(heads)) ** 0.5
        for own in by_text.values()
    ]


def test_figures_are_those_of_the_tables(results: Results) -> None:
    found = figures(results, "received_norm_all")
    texts = results.texts
    assert found["tokens"].tolist() == texts["n_tokens"].tolist()
    shares = results.heads.groupby("text")["special_share"].mean()
    assert found["special_share"].tolist() == pytest.approx(shares.tolist(), rel=1e-5)
    errors = [abs(p - label) for p, label in zip(texts["prediction"], LABELS, strict=True)]
    assert found["error"].tolist() == pytest.approx(errors)
    assert found["prediction"].tolist() == texts["prediction"].tolist()
    rows = results.agreement
    rows = rows[(rows["view"] == "received_norm_all") & (rows["statistic"] == "spearman")]
    for text, value in zip(rows["text"], rows["value"], strict=True):
        assert found["agreement"].iloc[text] == value
    assert found["agreement"].notna().sum() == len(rows) > 0


def test_the_order_of_effects_too_small_to_matter_is_no_reason_to_look(results: Results) -> None:
    """But where tokens that say the same do much together, it is."""
    before = figures(results, "received_norm_all")["agreement"]
    known = before.index[before.notna()]
    still, joint = int(known[0]), int(known[1])
    effects = results.effects.copy()
    small = effects["text"].isin([still, joint])
    effects.loc[small, "effect"] *= 1e-6
    effects["joint_effect"] = np.where(effects["text"] == joint, 10.0, np.nan)
    after = figures(changed(results, effects=effects), "received_norm_all")["agreement"]
    assert after.index[after.notna()].tolist() == [text for text in known if text != still]
    assert after[joint] == before[joint]


def test_strangeness_is_the_distance_from_the_mean_over_texts(results: Results) -> None:
    plain = plain_strangeness(results, "special_share", "uniform_share")
    assert figures(results, "received_norm_all")["strangeness"].tolist() == pytest.approx(
        plain, rel=1e-4
    )


def test_without_special_tokens_entropy_takes_the_place_of_shares(tmp_path: Path) -> None:
    results = make_results(tmp_path, special=False)
    plain = plain_strangeness(results, "entropy", None)
    assert figures(results, "received_norm_all")["strangeness"].tolist() == pytest.approx(
        plain, rel=1e-4
    )
    assert figures(results, "received_norm_all")["special_share"].isna().all()


def test_the_order_takes_the_reasons_in_turn(results: Results) -> None:
    found = figures(results, "gradient")
    counted = (results.texts["n_content"] >= 3).to_numpy()
    by_reason = []
    for reason in REASONS:
        values = found[reason].to_numpy(float)
        rows = [
            row
            for row in range(len(values))
            if np.isfinite(values[row]) and (counted[row] or reason in ("error", "tokens"))
        ]
        sign = 1 if reason == "agreement" else -1
        by_reason.append(sorted(rows, key=lambda row: (sign * values[row], row)))
    wanted: list[int] = []
    for rank in range(len(LABELS)):
        for rows in by_reason:
            if rank < len(rows) and rows[rank] not in wanted:
                wanted.append(rows[rank])
    assert Findings(results).order == tuple(wanted)
    assert wanted != sorted(wanted)


def test_every_row_stands_once_and_what_failed_comes_last(tmp_path: Path) -> None:
    results = make_results(tmp_path, (*HEADLINES, "", "fails"), failed=(7,))
    assert sorted(Findings(results).order) == list(range(8))
    assert Findings(results).order[-2:] == (6, 7)


def test_the_rest_keeps_its_order(tmp_path: Path) -> None:
    texts = tuple(f"text {i} " + "x" * (i % 7) for i in range(DEPTH * 4))
    found = Findings(make_results(tmp_path, texts, n_layers=1, n_heads=1, keep=0)).order
    chosen = max(i for i in range(1, len(found)) if found[i] < found[i - 1])
    assert DEPTH <= chosen <= len(REASONS) * DEPTH
    assert list(found[chosen:]) == sorted(found[chosen:])
    assert sorted(found) == list(range(len(texts)))


def test_a_right_class_is_no_reason_and_the_surest_wrong_one_comes_first(tmp_path: Path) -> None:
    results = make_results(tmp_path, kind="class")
    texts = results.texts
    texts["label"] = ["bad", "good", "bad", "good", "bad", "neither"]
    found = figures(results, "received_norm_all")
    for row in range(6):
        bad, good = np.exp(texts["scores"].iloc[row])
        predicted, label = texts["prediction_label"].iloc[row], texts["label"].iloc[row]
        share = {"bad": bad / (bad + good), "good": good / (bad + good)}
        if label == "neither":
            assert np.isnan(found["error"].iloc[row])
        else:
            lead = share[predicted] - share[label]
            assert found["error"].iloc[row] == pytest.approx(lead)
    wrong = [i for i in range(5) if texts["label"].iloc[i] != texts["prediction_label"].iloc[i]]
    ranked = ranking(takes_part(results), found)["error"].tolist()
    assert ranked == sorted(wrong, key=lambda row: -found["error"].iloc[row])
    assert wrong


def test_short_texts_are_not_named_by_their_shares(tmp_path: Path) -> None:
    results = make_results(tmp_path, (*HEADLINES, "ab"))
    ranked = Findings(results).ranking
    assert 6 not in ranked["special_excess"]
    assert 6 not in ranked["strangeness"]
    assert 6 in ranked["tokens"]
