"""A text's figures are those of the results tables."""

import numpy as np
import pytest
from bs4 import BeautifulSoup
from factories import make_results

from reportgen.report.language import load_language
from reportgen.report.reading import colour_scale, highlight, make_figures
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


def made_units(received, expected, unit_of, special=(), cls_row=None):
    """Units "a", "b" … with one layer; `received` and `expected` are `[unit]`."""
    received, expected = np.array(received), np.array(expected)
    return TextUnits(
        tuple(
            Unit(label, i in special, None if i in special else 0, i, i + 1, False)
            for i, label in enumerate("abcdefgh"[: len(received)])
        ),
        unit_of,
        received[None],
        expected[None],
        cls_row,
        received,
        expected,
        None,
        None,
    )


def test_the_strongest_content_token_has_the_darkest_step_and_leads_the_list(results):
    tokens = results.tokens_of(0)
    content = tokens[~tokens["is_special"].astype(bool)].sort_values(
        "received_all", ascending=False
    )
    ratios = content["received_all"] / content["received_all"].mean()
    shown = figures(results)
    assert [unit.index for unit in shown.top] == content["position"].tolist()[:5]
    assert [unit.share for unit in shown.top] == [percent(v) for v in content["received_all"][:5]]
    steps = {piece.text: piece.step for p in shown.strip for piece in p.pieces}
    assert steps[content.iloc[0]["token"]] == round(15 * ratios.iloc[0] / max(2, ratios.iloc[0]))
    assert [unit.ratio for unit in shown.top] == [f"{ratio:.1f}×" for ratio in ratios[:5]]


def test_the_second_list_is_where_cls_looks_in_the_last_layer(results):
    tokens = results.tokens_of(0)
    content = tokens[~tokens["is_special"].astype(bool)]
    row = content["cls_row_last"].astype(float).sort_values(ascending=False)[:5]
    shown = figures(results)
    assert shown.cls_title == "[CLS] looks at most (layer 4)"
    assert [unit.index for unit in shown.cls_top] == content.loc[row.index, "position"].tolist()
    assert [unit.share for unit in shown.cls_top] == [percent(share) for share in row]


def test_without_a_cls_row_there_is_no_second_list(tmp_path):
    made = make_results(tmp_path, (TEXT,), special=False)
    assert make_figures(made, 0, [TEXT], EN, "mean").cls_top == ()


def test_a_sink_takes_no_part_in_the_colours(results):
    shown = figures(results)
    (paragraph,) = shown.strip
    specials = [piece for piece in paragraph.pieces if piece.kind == "special"]
    sink = results.tokens_of(0).iloc[0]["received_all"]
    assert sink > 0.6
    assert [piece.step for piece in specials] == [None, None]
    assert specials[0].share == percent(sink)
    lowest = [piece.step for piece in paragraph.pieces if piece.kind == "unit"]
    assert 8 <= max(lowest) < 15  # random maps are nearly even: no token is twice the average
    assert min(lowest) > 4


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


def test_the_highlight_is_per_token_over_the_average_content_token():
    # "a" is special; "b" has two tokens, "c" one: 0.2, 0.2 and 0.1 a token, 0.5 / 3 on average.
    units = made_units([0.5, 0.4, 0.1], [0.25, 0.5, 0.25], (0, 1, 1, 2), special=(0,))
    assert highlight(units, causal=False)[1:] == pytest.approx([1.2, 0.6])


def test_causal_models_are_coloured_by_received_over_expected():
    units = made_units([0.5, 0.3, 0.2], [0.6, 0.25, 0.15], (0, 1, 2))
    over = np.array([0.5 / 0.6, 1.2, 0.2 / 0.15])
    assert highlight(units, causal=True) == pytest.approx(over / over.mean())
    assert highlight(units, causal=False) == pytest.approx([1.5, 0.9, 0.6])


def test_a_causal_unit_of_several_tokens_is_not_divided_twice():
    units = made_units([0.6, 0.4], [0.4, 0.2], (0, 0, 1))
    assert highlight(units, causal=True) == pytest.approx(np.array([1.5, 2.0]) / (5 / 3))


@pytest.mark.parametrize(("received", "top"), [([0.2, 0.3], 2.0), ([0.1, 0.1, 0.8], 2.4)])
def test_the_colours_end_at_the_largest_ratio_but_never_below_two(received, top):
    units = made_units(received, received, tuple(range(len(received))))
    assert colour_scale(units, highlight(units, causal=False)) == pytest.approx(top)


def test_a_flat_text_says_that_no_token_stands_out(tmp_path):
    flat = EN.say("strip", "flat")
    one = make_results(tmp_path / "one", ("ab",))  # one content token is its own average
    shown = make_figures(one, 0, ["ab"], EN, "mean")
    assert flat in shown.legend
    assert flat in shown.top_lead
    assert "Strongest" not in shown.legend
    results_of_two = make_results(tmp_path / "two", ("abcdefgh",), n_layers=1, n_heads=1)
    received = results_of_two.tokens_of(0)["received_all"][1:-1]
    assert received.max() / received.mean() > 1.3
    two = make_figures(results_of_two, 0, ["abcdefgh"], EN, "mean")
    assert flat not in two.legend + two.top_lead
    assert "Strongest: “" in two.legend


def test_content_that_receives_nothing_has_no_colour():
    units = made_units([1.0, 0.0], [0.5, 0.5], (0, 1), special=(0,))
    assert highlight(units, causal=False).tolist() == [0.0, 0.0]


def test_a_text_of_special_tokens_only_has_no_scale(tmp_path):
    made = make_results(tmp_path, ("ab",))
    units = figures_without_content(made)
    assert units.top == ()
    assert "Colour" not in units.legend


def figures_without_content(made):
    made.texts.loc[0, ["n_tokens", "n_content"]] = [1, 0]  # [CLS] alone
    return make_figures(made, 0, [""], EN, "mean")
