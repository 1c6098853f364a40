"""A text's figures are those of the results tables."""

import numpy as np
import pytest
from bs4 import BeautifulSoup
from factories import make_results

from reportgen.report.language import load_language
from reportgen.report.reading import highlight, make_figures
from reportgen.report.units import TextUnits, Unit

EN = load_language("en")
TEXT = "Free coffee for you"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("results"), (TEXT,), sink=0.6, n_heads=3)


def figures(results, heads="mean"):
    return make_figures(results, 0, [TEXT], EN, heads)


def percent(value, digits=1):
    return f"{100 * value:.{digits}f} %"


def test_the_strongest_content_token_has_the_darkest_step_and_leads_the_list(results):
    tokens = results.tokens_of(0)
    content = tokens[~tokens["is_special"].astype(bool)].sort_values(
        "received_all", ascending=False
    )
    shown = figures(results)
    assert [unit.index for unit in shown.top] == content["position"].tolist()[:5]
    assert [unit.share for unit in shown.top] == [percent(v) for v in content["received_all"][:5]]
    steps = {piece.text: piece.step for p in shown.strip for piece in p.pieces}
    assert steps[content.iloc[0]["token"]] == 15


def test_a_sink_takes_no_part_in_the_colours(results):
    shown = figures(results)
    (paragraph,) = shown.strip
    specials = [piece for piece in paragraph.pieces if piece.kind == "special"]
    sink = results.tokens_of(0).iloc[0]["received_all"]
    assert sink > 0.6
    assert [piece.step for piece in specials] == [None, None]
    assert specials[0].share == percent(sink)
    lowest = [piece.step for piece in paragraph.pieces if piece.kind == "unit"]
    assert max(lowest) == 15
    assert min(lowest) > 5  # random maps are nearly even


def test_the_table_holds_the_columns_of_the_results(results):
    tokens = results.tokens_of(0)
    shown = figures(results)
    columns = ["received_all", "received_last", "cls_row_last", "expected"]
    assert shown.columns == (
        "received, all layers (%)",
        "received, layer 4 (%)",
        "[CLS] row, layer 4 (%)",
        "even spread (%)",
    )
    for row, (_, token) in zip(shown.rows, tokens.iterrows(), strict=True):
        assert row.figures == tuple(f"{100 * token[column]:.2f}" for column in columns)


def test_sums_are_the_means_times_the_heads(results):
    token = results.tokens_of(0).iloc[0]
    shown = figures(results, heads="sum")
    assert shown.chart_title == "Layer 4, sum over 3 heads"
    assert shown.rows[0].figures[1] == f"{3 * token['received_last']:.3f}"
    assert shown.columns[1] == "received, layer 4"


def test_the_charts_sentence_names_the_highest_token(results):
    tokens = results.tokens_of(0)
    svg = BeautifulSoup(figures(results).chart, "html.parser").svg
    assert f"“[CLS]”: {percent(tokens['received_last'].max())}" in svg["aria-label"]
    to = tokens.loc[tokens["cls_row_last"].idxmax(), "token"]
    assert f"largest value is on “{to}”" in svg["aria-label"]


def test_causal_models_are_coloured_by_received_over_expected():
    received = np.array([[0.5, 0.3, 0.2]])
    expected = np.array([[0.6, 0.25, 0.15]])
    units = TextUnits(
        tuple(Unit(label, False, 0, i, i + 1, False) for i, label in enumerate("abc")),
        (0, 1, 2),
        received,
        expected,
        None,
        received[0],
        expected[0],
        None,
        None,
    )
    assert highlight(units, causal=True) == pytest.approx([0.5 / 0.6, 1.2, 0.2 / 0.15])
    assert highlight(units, causal=False) == pytest.approx([0.5, 0.3, 0.2])


def test_a_text_of_special_tokens_only_has_no_scale(tmp_path):
    made = make_results(tmp_path, ("ab",))
    units = figures_without_content(made)
    assert units.top == ()
    assert "Colour" not in units.legend


def figures_without_content(made):
    made.texts.loc[0, ["n_tokens", "n_content"]] = [1, 0]  # [CLS] alone
    return make_figures(made, 0, [""], EN, "mean")
