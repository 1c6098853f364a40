"""What the script reads is what was measured."""

import gzip

import numpy as np
import pytest
from helpers.letters import from_letters
from helpers.made_up.factories import HEADLINES, make_results
from plotly.offline import get_plotlyjs

from reportgen.report import RenderOptions, load_language
from reportgen.report.html import (
    compressed,
    measure_data,
    page_data,
    plotly_source,
    shared_lines,
    text_data,
)
from reportgen.report.panel import about, measures, text_effects
from reportgen.results import text_units

EN = load_language("en")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("results"), ("<s> a\u202eb",), n_layers=3)


def lines(text, count):
    return np.frombuffer(from_letters(text), "<f4").reshape(-1, count)


def test_lines_are_the_float32_figures_of_the_tables(results):
    tokens = results.tokens_of(0)
    data = text_data(results, 0)
    for name, column in (("received", "received"), ("expected", "expected"), ("row", "cls_row")):
        values = lines(data[name], len(tokens))
        if name == "expected":  # the same in every layer, so that one line stands for all
            assert len(values) == 1
            values = values.repeat(4, axis=0)
        for layer in range(3):
            measured = [item[layer] for item in tokens[f"{column}_layers"]]
            assert values[layer].tolist() == np.float32(measured).tolist()
        all_layers = tokens["expected" if column == "expected" else f"{column}_all"]
        assert values[3] == pytest.approx(all_layers.to_numpy(float), abs=1e-7)


def test_labels_are_visible_and_specials_known_by_their_place(results):
    data = text_data(results, 0)
    assert data["labels"] == ["[CLS]", "<s", "> ", "a⟨U+202E⟩", "b", "[SEP]"]
    assert data["special"] == [0, 5]
    assert data["cls"] == 0


def test_a_model_without_a_cls_row_has_no_line_for_it(tmp_path):
    data = text_data(make_results(tmp_path, special=False), 0)
    assert (data["row"], data["cls"], data["special"]) == (None, None, [])


def test_the_page_knows_the_models_shape_and_how_heads_are_added(results):
    data = page_data(results.info, RenderOptions(heads="sum"), EN)
    assert (data["layers"], data["heads"], data["sums"], data["cls"]) == (3, 3, True, "[CLS]")


def test_compression_keeps_every_byte_and_is_the_same_every_time():
    source = "Plotly é ポ"
    for text in (source, source + "1", source + "12", source + "123"):  # of every length by four
        packed = compressed(text)
        assert not set(packed) & set("<>&\"'")
        read = from_letters(packed)
        assert gzip.decompress(read).decode() == text
    assert compressed(source) == compressed(source)


def test_a_file_of_ones_own_takes_the_place_of_plotly(tmp_path):
    path = tmp_path / "plotly-small.min.js"
    path.write_text("/* plotly.js v9 */\r\nPlotly = {newPlot: 1}", "utf-8", newline="")
    assert plotly_source(path) == "/* plotly.js v9 */\nPlotly = {newPlot: 1}"
    own, shipped = plotly_source(None), get_plotlyjs().replace("\r\n", "\n")
    assert ": this, (() => {\n" in own[:600]  # read once, not twice
    assert own.endswith("})));\n")
    assert own.replace(": this, (() => {", ": this, () => {", 1)[:-6] == shipped.rstrip()[:-4]


def test_the_measures_but_the_first_bring_their_colours_figures_and_words(tmp_path):
    made = make_results(tmp_path, HEADLINES, evidence="full")
    units = text_units(made, 0)
    labels = [unit.label for unit in units.units]
    found = measures(made.info, units, labels, text_effects(made, 0, units.unit_of), EN)
    first, *others = measure_data(found)
    assert first == {"id": "received_norm_all"}
    assert [item["id"] for item in others] == [measure.id for measure in found[1:]]
    for item, measure in zip(others, found[1:], strict=True):
        assert unpacked(item) == (measure.steps, measure.shown)
        assert item["legend"] == measure.legend
    named = page_data(made.info, RenderOptions(), EN)
    assert {measure.id: measure.name for measure in found}.items() <= named["names"].items()
    assert named["about"]["gradient"] == about("gradient", made.info, EN)


def unpacked(item):
    """Steps and values of a measure as the page's script reads them."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    places = [None if step == "." else digits.index(step) for step in item["steps"]]
    steps = (at if at is None or at < 16 else 15 - at for at in places)
    return tuple(steps), tuple(value + item["unit"] for value in item["shown"].split("|"))


def test_lines_that_differ_from_layer_to_layer_are_all_there(results):
    units = text_units(results, 0)
    rising = np.linspace(0.1, 0.2, units.expected.size).reshape(units.expected.shape)
    found = lines(shared_lines(rising, rising.mean(axis=0)), rising.shape[1])
    assert found[:3].tolist() == np.float32(rising).tolist()
    assert found[3].tolist() == np.float32(rising.mean(axis=0)).tolist()
