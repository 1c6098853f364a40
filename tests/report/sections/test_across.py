"""Tokens over all texts: every mean against loops over the tables, and what is said of few."""

import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from bs4 import BeautifulSoup
from factories import HEADLINES, changed, make_results
from markupsafe import Markup

from reportgen.findings.findings import Findings
from reportgen.findings.statistics import mean_intervals
from reportgen.findings.tokens import corpus_tokens, fewest_texts, token_means
from reportgen.report.language.numbers import written
from reportgen.report.language.strings import load_language
from reportgen.report.sections.tokens import Across, TokenList, make_across
from reportgen.results.store import Results
from reportgen.results.units import text_units

EN = load_language("en")
# Two code points a token: "ab" in all but one, "cd" in four, twice in one of them.
TEXTS = ("abcdef", "abcdghcd", "abxycd", "abxyzz", "cdefab", "ghxyzz", "abghef", "abxyef")


class Row(NamedTuple):
    """A row of a list."""

    token: str
    track: Markup
    value: str
    interval: str
    n_texts: str
    count: str
    beside: str = ""


def rows_of(tokens: TokenList) -> list[Row]:
    rows = []
    for token, chart, value, *others in tokens.rows:
        assert chart.track is not None
        figures = [cell.text for cell in others]
        rows.append(Row(token.text, chart.track, value.text, value.small, *figures))
    return rows


def made(results: Results) -> Across:
    across = make_across(Findings(results), EN)
    assert across is not None
    return across


def plain(results: Results, view: str) -> dict[str, dict[int, tuple[float, float]]]:
    """By token and text: mean attention as a multiple, and mean deletion effect; by loops."""
    found: dict[str, dict[int, tuple[float, float]]] = defaultdict(dict)
    for text in range(len(results.texts)):
        units = text_units(results, text)
        tokens = results.tokens_of(text)
        effects = results.effects_of(text)
        content = [i for i, unit in enumerate(units.units) if not unit.is_special]
        values = [float(tokens[view].iloc[i]) for i in content]
        mean = sum(values) / len(values)
        by_label = defaultdict(list)
        for i, value in zip(content, values, strict=True):
            effect = float("nan") if effects is None else float(effects["deletion"].iloc[i])
            by_label[units.units[i].label].append((value / mean, effect))
        for label, pairs in by_label.items():
            found[label][text] = tuple(np.mean(pairs, axis=0))
    return found


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return make_results(tmp_path_factory.mktemp("across"), TEXTS, sink=0.4, evidence="basic")


def test_means_are_those_of_the_tables(results: Results) -> None:
    tokens = corpus_tokens(results)
    means = token_means(tokens)
    wanted = plain(results, "received_norm_all")
    assert set(tokens.labels) == set(wanted)
    for place, label in enumerate(tokens.labels):
        attention, effect = np.mean(list(wanted[label].values()), axis=0)
        assert means.attention[place] == pytest.approx(attention, rel=1e-5)
        assert means.effect[place] == pytest.approx(effect, rel=1e-6)
        assert means.n_attention[place] == means.n_effect[place] == len(wanted[label])
        assert means.count[place] == sum(text[::2].count(label[0]) for text in TEXTS)


def test_the_lists_hold_what_is_most(results: Results) -> None:
    across = made(results)
    wanted = plain(results, "received_norm_all")
    enough = {label: list(rows.values()) for label, rows in wanted.items() if len(rows) >= 3}
    effects = {label: float(np.mean([e for _, e in rows])) for label, rows in enough.items()}
    ratios = {label: float(np.mean([a for a, _ in rows])) for label, rows in enough.items()}
    lists = {item.kind: item for item in across.lists}
    raises = sorted((t for t in effects if effects[t] > 0), key=lambda t: -effects[t])
    lowers = sorted((t for t in effects if effects[t] < 0), key=lambda t: effects[t])
    draws = sorted((t for t in ratios if ratios[t] > 1), key=lambda t: -ratios[t])
    for kind, tokens in (("raises", raises), ("lowers", lowers), ("draws", draws)):
        assert [row.token for row in rows_of(lists[kind])] == tokens
    assert all((raises, lowers, draws))
    for row in (*rows_of(lists["raises"]), *rows_of(lists["lowers"])):
        assert float(row.value.replace("−", "-")) == pytest.approx(effects[row.token], abs=6e-4)
        assert row.value[0] == ("+" if effects[row.token] > 0 else "−")
        assert row.beside == f"{ratios[row.token]:.1f}×"
        assert row.n_texts == str(len(enough[row.token]))
    for row in rows_of(lists["draws"]):
        assert row.value == f"{ratios[row.token]:.1f}×"
    top = rows_of(lists["raises"])[0]
    assert f"“{top.token}” raises the output most: by {top.value}" in across.headline


def test_an_interval_stands_where_there_are_enough_texts(results: Results) -> None:
    wanted = plain(results, "received_norm_all")
    rows = [row for item in made(results).lists if item.kind != "draws" for row in rows_of(item)]
    assert {bool(row.interval) for row in rows} == {True, False}
    for row in rows:
        effects = np.array([[e] for _, e in wanted[row.token].values()])
        (interval,) = mean_intervals(effects)
        assert bool(row.interval) == (len(effects) >= 5) == (interval is not None)
        if interval:
            ends = [float(end.replace("−", "-")) for end in row.interval.strip("[]").split(", ")]
            assert ends == pytest.approx(interval, abs=6e-4)
            # The drawn ends are on the same straight scale as the drawn mean: none is cut off.
            path = BeautifulSoup(str(row.track), "html.parser").find_all("path")[-1]["d"]
            low, high = (float(end) for end in re.match(r"M([\d.]+) 11H([\d.]+)", path).groups())
            rect = BeautifulSoup(str(row.track), "html.parser").find("rect")
            per_unit = float(rect["width"]) / abs(float(effects.mean()))
            assert high - low == pytest.approx((interval.high - interval.low) * per_unit, abs=0.6)


def test_without_evidence_attention_received_is_shown_and_said(tmp_path: Path) -> None:
    results = make_results(tmp_path, TEXTS)
    across = made(results)
    assert [item.kind for item in across.lists] == ["draws"]
    assert across.remarks == ("What moves the output was not measured (--evidence none).",)
    wanted = plain(results, "received_all")
    for row in rows_of(across.lists[0]):
        ratio = np.mean([a for a, _ in wanted[row.token].values()])
        assert row.value == f"{ratio:.1f}×"
        assert row.beside == ""


def test_in_causal_models_attention_is_taken_over_its_even_spread(tmp_path: Path) -> None:
    results = make_results(tmp_path, TEXTS, special=False)
    object.__setattr__(results.info.model, "is_causal", True)
    columns = ["received_all", "expected"]
    tokens = results.token_columns("text", *columns)
    found = corpus_tokens(results)
    for text in range(len(TEXTS)):
        own = tokens[tokens["text"] == text]
        measure = (own["received_all"] / own["expected"]).to_numpy(float)
        ratios = measure / measure.mean()
        rows = found.text == text
        total = (found.attention[rows] * found.count[rows]).sum()
        assert total == pytest.approx(ratios.sum(), rel=1e-5)
        first = found.labels.index(TEXTS[text][:2])
        if TEXTS[text].count(TEXTS[text][:2]) == 1:
            place = np.flatnonzero(rows & (found.label == first))[0]
            assert found.attention[place] == pytest.approx(ratios[0], rel=1e-5)


def test_embeddings_have_one_list_without_a_sign(tmp_path: Path) -> None:
    across = made(make_results(tmp_path, TEXTS, kind="embedding", evidence="basic"))
    assert [item.kind for item in across.lists] == ["moves", "draws"]
    assert not any(row.value.startswith(("+", "−")) for row in rows_of(across.lists[0]))


def test_few_texts_are_said_in_words(tmp_path: Path) -> None:
    single = made(make_results(tmp_path / "a", TEXTS[:1], evidence="basic"))
    assert single.lists == ()
    assert single.headline == ""
    assert "only one text" in single.remarks[0]
    assert "on one text only" in single.remarks[1]
    apart = made(make_results(tmp_path / "b", ("abcd", "efgh", "ijkl")))
    assert apart.remarks[0].startswith("No token stands in at least 3 of the 3 texts")
    assert make_across(Findings(make_results(tmp_path / "c", ("",))), EN) is None


@pytest.mark.parametrize(("n", "fewest"), [(1, 3), (40, 3), (100, 5), (1000, 16), (100_000, 158)])
def test_more_texts_ask_for_more(n: int, fewest: int) -> None:
    assert fewest_texts(n) == fewest


def test_lower_case_tokenizers_have_one_row_for_both_cases(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("Ab12", "ab34", "AB56"))
    lower = changed(
        results, tokens=results.tokens.assign(token=results.tokens["token"].str.lower())
    )
    assert {"Ab", "ab", "AB"} <= set(corpus_tokens(results).labels)
    assert set(corpus_tokens(lower).labels) == {"ab", "12", "34", "56"}


def test_parts_are_the_texts_by_label_and_group(tmp_path: Path) -> None:
    labels = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
    results = make_results(tmp_path, TEXTS, labels=labels, evidence="basic")
    results.texts["group"] = ["x", "y"] * 4
    parts = Findings(results).parts
    low, high = parts["label"]
    assert (low.name, high.name, low.median, high.median) == ("up_to", "above", 4.5, 4.5)
    assert low.texts.tolist() == [True] * 4 + [False] * 4
    assert high.texts.tolist() == [False] * 4 + [True] * 4
    assert [part.name for part in parts["group"]] == ["x", "y"]
    wanted = plain(results, "received_norm_all")
    table = made(results).parts[0]
    assert [row[0].text for row in table.rows] == ["up to 4.500", "above 4.500"]
    for row, texts in zip(table.rows, ({0, 1, 2, 3}, {4, 5, 6, 7}), strict=True):
        means = {
            label: float(np.mean([e for text, (_, e) in rows.items() if text in texts]))
            for label, rows in wanted.items()
            if len(texts & set(rows)) >= 3
        }
        raised = sorted((t for t in means if means[t] > 0), key=lambda t: -means[t])[:3]
        tokens, values = row[2].parts[::2], row[2].parts[1::2]
        assert [token.text for token in tokens] == raised
        for token, value in zip(tokens, values, strict=True):
            assert float(value.text) == pytest.approx(means[token.text], abs=6e-4)


def test_few_different_labels_are_parts_by_the_name_they_were_given(tmp_path: Path) -> None:
    results = make_results(tmp_path, HEADLINES, labels=(1.0, 2.0, 1.0, 2.0, 1.0, 2.0))
    results.texts["label"] = ["1", "2"] * 3
    ((division, parts),) = Findings(results).parts.items()
    assert division == "label"
    assert [part.name for part in parts] == ["1", "2"]
    assert written(1.0, 0) == "1"


def test_classes_are_parts_too(tmp_path: Path) -> None:
    results = make_results(tmp_path, kind="class")
    ((division, parts),) = Findings(results).parts.items()
    assert division == "class"
    for part in parts:
        own = results.texts["prediction_label"] == part.name
        assert part.texts.tolist() == own.tolist()
