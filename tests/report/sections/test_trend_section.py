"""The section on the trend over several models: what it says, its charts and its tables."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup, Tag
from helpers.hostile_texts import MARKUP
from helpers.made_up.factories import changed, make_results
from helpers.real.two_models import LABELS, TEXTS, chain, four_of, pair_of, row_of

from reportgen.comparison import Comparison, compare_runs
from reportgen.errors import UsageError
from reportgen.findings import Findings
from reportgen.report import CompareOptions, CompareWords, comparison_table, load_language
from reportgen.report.html import page as html_page
from reportgen.report.sections import make_all_models, make_charts
from reportgen.report.sections.context_compared import CompareContext


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    sides = map(Findings, four_of(tmp_path_factory.mktemp("trend")))
    first, *between, last = sides
    folders = [f"results-step{step}" for step in (100, 200, 300, 1000)]
    return compare_runs(first, last, None, between, folders)


@pytest.fixture(scope="module")
def section(found: Comparison) -> Tag:
    return section_of(found)


def section_of(found: Comparison, lang: str = "en") -> Tag:
    html = html_page.render(found.runs, CompareOptions(lang=lang)).text
    return BeautifulSoup(html, "html.parser").find(id="trend")


def test_it_says_when_the_sink_appears(found: Comparison, section: Tag) -> None:
    says = [item.get_text() for item in section.find("ul", class_="sentences").find_all("li")]
    (trend,) = [own for own in found.all_models.trend.sinks if own.key == "cls"]
    assert says[0].startswith("[CLS] is an attention sink from step 300 on, at first in layers 1–")
    assert f"in {trend.n_sink_heads[-1]} of {trend.n_heads[-1]} single heads" in says[0]
    assert says[1] == "“★★” counts more in the last model than in the first."
    assert "12 of 12 texts moved by more than 0.05 standard deviations" in says[2]
    words = CompareWords(found, load_language("ja"))
    japanese = section_of(found, "ja").find("ul", class_="sentences").get_text()
    assert "[CLS]はステップ300からアテンションシンクです" in japanese
    assert words.trend("title") in section_of(found, "ja").h2.get_text()


def test_every_figure_has_a_chart_drawn_to_scale(found: Comparison, section: Tag) -> None:
    figures = section.select(".trend-cards figure")
    folded = [figure.find_parent("details") is not None for figure in figures]
    assert folded == [False] * 3 + [True] * (len(figures) - 3)
    assert len(figures) == len(found.all_models.rows)
    words = CompareWords(found, load_language("en"))
    mae, row = figures[0], row_of(found, "mae")
    assert mae.b.get_text() == "mean absolute error (decides)"
    assert mae.svg["role"] == "img"
    assert f"{words.error(row.values[0].value)} → {words.error(row.values[3].value)}" in (
        mae.figcaption.get_text()
    )
    # Heights and places of the points, from the marks of both axes alone.
    marks = [
        (float(text["y"]), float(text.get_text().replace("−", "-")))
        for text in mae.svg.find_all("text")
        if text.get("y") and text.find_parent("g")["text-anchor"] == "end"
    ]
    (y0, low), (y1, high) = marks[0], marks[-1]
    points = mae.svg.find_all("circle")
    for point, value in zip(points, row.values, strict=True):
        said = low + (float(point["cy"]) - y0) * (high - low) / (y1 - y0)
        assert said == pytest.approx(value.value, abs=(high - low) / 100)
        is_ring = value.change is not None and not value.change.is_certain
        assert ("ring" in point["class"]) == is_ring
    across = [float(point["cx"]) for point in points]
    share = [(x - across[0]) / (across[-1] - across[0]) for x in across]
    assert share == pytest.approx([0, 1 / 9, 2 / 9, 1], abs=0.01)  # steps 100, 200, 300, 1000
    bars = re.findall(r"M([\d.]+) ([\d.]+)V([\d.]+)", mae.svg.find("path", class_="quiet")["d"])
    assert [float(x) for x, _, _ in bars] == across[1:]  # the first has no change
    for (_, start, end), value in zip(bars, row.values[1:], strict=True):
        ends = [low + (float(y) - y0) * (high - low) / (y1 - y0) for y in (start, end)]
        moved = [max(0, row.values[0].value + own) for own in value.change.interval]
        assert ends == pytest.approx(moved, abs=(high - low) / 100)


def test_tables_have_the_numbers_of_sinks_tokens_and_texts(found: Comparison, section: Tag) -> None:
    trend = found.all_models.trend
    grid = section.find("table", class_="trend-grid")
    heads = [th.get_text() for th in grid.thead.find_all("th")]
    assert heads == ["Layer", "100", "200", "300", "1,000"]
    rows = grid.tbody.find_all("tr")
    for states, row in zip(trend.sinks[0].layers, rows, strict=False):
        cells = row.find_all("td")
        assert [td.get_text() for td in cells] == [f"{100 * s.excess.mean:.0f}" for s in states]
        assert ["is-sink" in td["class"] for td in cells] == [s.is_sink for s in states]
    of_all = [str(k) for k in trend.sinks[0].n_sink_heads]
    assert rows[-1].th.get_text() == "heads, of 12"
    assert [td.get_text() for td in rows[-1].find_all("td")] == of_all
    star = section.find("table", class_="tokens").tbody.tr
    assert star.th.get_text() == "★★"
    assert star.find_all("td")[4].get_text() == "step 1,000"
    moved = section.find("table", class_="moved").tbody.find_all("tr")
    assert len(moved) == len(trend.texts)
    words = CompareWords(found, load_language("en"))
    ends = [td.get_text() for td in moved[0].find_all("td")[:2]]
    first = trend.texts[0].predictions
    assert ends == [words.prediction(first[0]), words.prediction(first[-1])]


def test_the_table_of_the_trend_has_every_figure_of_every_model(found: Comparison) -> None:
    table = comparison_table(found, "trend")
    models = found.all_models
    assert set(table["step"]) == {100, 200, 300, 1000}
    mae = table[table["figure"] == "mae"].set_index("step")
    for step, value in zip((100, 200, 300, 1000), row_of(found, "mae").values, strict=True):
        own = mae.loc[step]
        assert (None if pd.isna(own["gain"]) else own["gain"]) == value.gain
        assert own["value"] == pytest.approx(value.value, rel=1e-5)
        change = value.change
        said = [own[f"change{end}"] for end in ("", "_low", "_high")]
        if change is None:
            assert np.isnan(said).all()
        else:
            assert said == pytest.approx([change.difference, *change.interval], rel=1e-4, abs=1e-6)
    excess = table[(table["figure"] == "excess") & (table["token"] == "[CLS]")]
    assert len(excess) == 4 * len(models.trend.sinks[0].layers)
    first = excess[excess["layer"] == 1]["value"].tolist()
    assert first == pytest.approx(
        [own.excess.mean for own in models.trend.sinks[0].layers[0]], rel=1e-5
    )
    for layer, states in enumerate(models.trend.sinks[0].layers, 1):
        said = excess.loc[excess["layer"] == layer, "verdict"].notna().tolist()
        assert said == [own.is_sink for own in states]
    assert {"sink"} == set(excess["verdict"].dropna())
    agreement = table[table["figure"] == "agreement"].set_index("step")
    judged = [own.judgement for own in row_of(found, "agreement").values]
    columns = ("verdict", "baseline")
    for column in columns:
        assert agreement[column].tolist() == [getattr(own, column) for own in judged]
    assert len(table) == sum(sum(map(bool, row.values)) for row in models.rows) + sum(
        len(own.layers) * 4 for own in models.trend.sinks
    )
    two = compare_runs(found.sides[0], found.sides[1])
    with pytest.raises(UsageError, match="trend is of more than two models"):
        comparison_table(two, "trend")


def test_hostile_names_and_other_outputs_are_told_without_harm(tmp_path: Path) -> None:
    texts = (*TEXTS[:6], *MARKUP)
    ids = tuple(f"{i}<script>" for i in range(len(texts)))
    options = {"ids": ids, "evidence": "basic"}
    first, third = (
        make_results(tmp_path / name, texts, seed=i, kind="class", **options)
        for i, name in enumerate("ac")
    )
    names = first.texts["prediction_label"] + "<b>\u202e"
    bad = changed(first, texts=first.texts.assign(prediction_label=names))
    other = make_results(tmp_path / "b", texts, seed=5, **options)
    sides = [Findings(side) for side in (bad, third, other)]
    made = compare_runs(sides[0], sides[2], None, sides[1:2], ["<i>a", "b\n::error::", "c"])
    html = html_page.render(made.runs, CompareOptions()).text
    found = BeautifulSoup(html, "html.parser").find(id="trend")
    assert {tag.name for tag in found.find_all(["script", "i"], class_=None)} == set()
    assert "<b>" not in str(found.find("table", class_="moved"))
    assert "\u202e" not in html
    said = "c has another kind of output than <i>a: its predictions and their fit are not "
    assert said in found.get_text()


def test_more_models_than_columns_have_a_row_each(tmp_path: Path) -> None:
    sides = pair_of(tmp_path, TEXTS[:6], evidence="none", labels=LABELS[:6])
    context = CompareContext(chain(*(sides * 7)[:13]).runs, CompareOptions(), load_language("en"))
    made, models = make_all_models(context), context.comparison.all_models
    assert [len(table.rows) for table in (made.figures, made.steps)] == [13, 12]
    assert not any(cell.track for row in made.figures.rows for cell in row)
    mae = context.words.error(row_of(context.comparison, "mae").values[1].value)
    assert made.figures.rows[1][1].text == mae
    assert str(make_charts(models, context.words)[0].drawing).count("<circle") == 13
