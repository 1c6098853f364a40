"""The drawing of what a decoder looks at in the text, for pages without scripts."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from helpers.calling import call
from helpers.made_up.cross_sizes import with_cross_sizes
from helpers.made_up.factories import make_results
from helpers.real.writers import PAIRS, save_writer

from reportgen.report import load_language, visible
from reportgen.report.charts import aligned, cross_figure, unit_map
from reportgen.results import (
    Results,
    TextUnits,
    attention_maps,
    open_results,
    target_units,
    text_units,
)

EN, JA = load_language("en"), load_language("ja")


def results_of(folder: Path, name: str, pairs: tuple[tuple[str, str], ...]) -> Results:
    save_writer(folder / "model", name)
    lines = [json.dumps({"text": text, "completion": target}) for text, target in pairs]
    (folder / "texts.jsonl").write_text("\n".join(lines), "utf-8")
    given = ("-m", folder / "model", "--evidence", "none", "-o", folder / "made")
    done = call("analyze", folder / "texts.jsonl", *given)
    assert done.exit_code == 0, done.stderr
    return with_cross_sizes(open_results(folder / "made"))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return results_of(tmp_path_factory.mktemp("decoded"), "bart", PAIRS)


def figure(results: Results, text: int, language=EN, heads: str = "mean", values: bool = False):
    units = text_units(results, text)
    given = (results, text, units, names(units), language, heads)
    return cross_figure(*given, with_values=values)


def names(units: TextUnits) -> list[str]:
    return [visible(unit.label) for unit in units.units]


def plain_cells(results: Results, text: int, values: bool = False) -> np.ndarray:
    """By unit written and unit of the text: the mean over tokens of the sum over tokens."""
    name = results.texts["text_id"].iloc[text]
    maps = attention_maps(results, name, part="cross", values=values).values
    maps = maps / maps.sum(1, keepdims=True) if values else maps
    columns = results.tokens_of(text)["unit"].to_numpy(int)
    target = results.target_of(text)
    rows = target["unit"][~target["is_given"].astype(bool)].to_numpy(int)
    return np.array(
        [
            [maps[rows == row][:, columns == column].sum(1).mean() for column in np.unique(columns)]
            for row in np.unique(rows)
        ]
    )


@pytest.mark.parametrize("text", range(len(PAIRS)))
def test_marks_stand_on_the_text_token_that_each_row_looks_at_most(
    results: Results, text: int
) -> None:
    cells, units = plain_cells(results, text), text_units(results, text)
    found = figure(results, text)
    circles = re.findall(r"<circle cx=([\d.]+) cy=([\d.]+)", str(found.chart))
    assert len(circles) == len(cells) == len(target_units(results, text))
    wide = sorted({float(x) for x, _ in circles})
    content = np.flatnonzero(units.content)
    best = [content[row[content].argmax()] for row in cells]
    step = {int(column): x for column, x in zip(sorted({*best}), wide, strict=True)}
    for row, (x, y) in zip(best, circles, strict=True):
        assert float(x) == step[int(row)]
        assert float(y) > 0
    assert [float(y) for _, y in circles] == sorted(float(y) for _, y in circles)


def test_it_says_what_it_shows_in_both_languages(results: Results) -> None:
    cells, units = plain_cells(results, 1), text_units(results, 1)
    row, column = np.unravel_index(cells.argmax(), cells.shape)
    written = [visible(unit.label) for unit in target_units(results, 1)]
    found = figure(results, 1)
    assert found.title == "Cross-attention: layer 2 of the decoder, mean over 2 heads"
    assert f"while it writes “{written[row]}” the decoder looks at “{names(units)[column]}”" in str(
        found.chart
    )
    assert found.says.startswith("A row is a token of the completion")
    assert "Dots mark the text token" in found.says
    assert "交差アテンション" in figure(results, 1, JA).title
    assert "sum" in figure(results, 1, heads="sum").title.lower()
    found, cells = (own(results, 1, values=True) for own in (figure, plain_cells))
    row, column = np.unravel_index(cells.argmax(), cells.shape)
    assert found.title == "Cross-attention × value: layer 2 of the decoder, mean over 2 heads"
    share = f"{100 * cells[row, column]:.0f}".replace("0.", "")
    said = (
        f"while it writes “{written[row]}” the decoder looks at “{names(units)[column]}”, ≈ {share}"
    )
    assert said in str(found.chart)
    assert "times the length of the value vector" in found.says


def test_cells_are_sums_over_columns_and_means_over_rows() -> None:
    weights = np.array([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4], [0.0, 1.0, 0.0]])
    found = unit_map(weights, [0, 0, 1], [0, 1, 1])
    np.testing.assert_allclose(found, [[0.2, 0.8], [0.0, 1.0]])


def test_rows_that_look_at_special_tokens_alone_have_no_mark() -> None:
    cells = np.array([[0.2, 0.3, 0.5], [0.001, 0.004, 0.995], [0.6, 0.1, 0.3]])
    assert aligned(cells, np.array([True, True, False])) == [1, None, 0]
    assert aligned(cells, np.zeros(3, np.bool_)) == [None] * 3


def test_units_of_a_long_text_share_cells_and_have_no_marks(tmp_path: Path) -> None:
    made = results_of(tmp_path, "t5", (("the cat sat on the mat " * 20, "a very good film " * 20),))
    found = figure(made, 0)
    assert "<circle" not in str(found.chart)
    assert "A cell stands for up to 2 tokens" in found.says
    assert "Dots" not in found.says


def test_models_without_a_decoder_have_none(tmp_path: Path) -> None:
    made = make_results(tmp_path, ("ab cd ef",))
    assert figure(made, 0) is None
