"""A text's figures are those of the results tables."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.drawings import painted
from helpers.made_up.factories import changed, make_results

from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.charts import MAP_COLOURS, scale_colour, text_map
from reportgen.report.language import times
from reportgen.report.panel import WIDTH, make_colours, make_figures, make_scope
from reportgen.results import text_units

EN = load_language("en")
TEXT = "Free coffee for you"
made_results = partial(make_results, texts=(TEXT,), sink=0.6, n_heads=3)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return made_results(tmp_path_factory.mktemp("results"))


def colours(results, text=TEXT):
    return make_colours(Findings(results), 0, [text], EN, make_scope(Findings(results), EN))


def figures(results, heads="mean"):
    return make_figures(Findings(results), 0, EN, heads, make_scope(Findings(results), EN))


def percent(value):
    return f"{100 * value:.1f}\u00a0%"


def test_the_strip_has_the_colours_and_figures_of_the_first_measure(results):
    shown = colours(results)
    (paragraph,) = shown.strip
    pieces = [piece for piece in paragraph.pieces if piece.kind != "gap"]
    assert tuple(piece.step for piece in pieces) == shown.measures[0].steps
    tokens = results.tokens_of(0)
    assert [piece.share for piece in pieces] == [percent(v) for v in tokens["received_all"]]


def test_a_sink_takes_no_part_in_the_colours(results):
    (paragraph,) = colours(results).strip
    specials = [piece for piece in paragraph.pieces if piece.kind == "special"]
    assert results.tokens_of(0).iloc[0]["received_all"] > 0.6
    assert [piece.step for piece in specials] == [None, None]
    steps = [piece.step for piece in paragraph.pieces if piece.kind == "unit"]
    assert 4 <= max(steps) < 8  # random maps are nearly even: no token is twice the average
    assert min(steps) > 2


def test_the_chart_says_of_which_layer_and_heads_it_is(results):
    assert figures(results).chart_title == "Layer 4, mean over 3 heads"
    assert figures(results, heads="sum").chart_title == "Layer 4, sum over 3 heads"


def test_what_is_said_of_the_colours_of_the_map_is_so(results):
    shown = figures(results)
    units = text_units(results, 0)
    found = text_map(results, 0, units, [unit.label for unit in units.units])
    n_beyond = sum(times > 16 for row in found.times for times in row)
    assert n_beyond > 1
    assert shown.range == (
        f"1× is what an average text token of the row gets. {n_beyond} cells are beyond 16×."
    )
    svg = BeautifulSoup(shown.map, "html.parser").svg
    cells = painted(
        svg.select_one(".scale > g"), len(found.steps), len(found.steps), MAP_COLOURS[0]
    )
    assert cells.tolist() == [[MAP_COLOURS[step] for step in row] for row in found.steps]


def test_the_twin_has_the_tokens_and_colours_of_the_strip(results):
    shown = colours(results)
    pieces = [piece for paragraph in shown.strip for piece in paragraph.pieces]
    assert [(cell.text, cell.colour) for line in shown.twin for cell in line] == [
        (piece.text, scale_colour(min(12, piece.step)) if piece.step else "")
        for piece in pieces
        if piece.kind != "gap"
    ]
    assert len({cell.colour for line in shown.twin for cell in line}) > 1


def test_a_text_of_special_tokens_only_has_no_scale(results):
    made = changed(results, results.info)
    made.texts.loc[0, ["n_tokens", "n_content", "map_offset"]] = [1, 0, None]  # [CLS] alone
    shown = colours(made, text="")
    assert shown.influence.rows == ()
    assert "Colour" not in shown.legend


@pytest.mark.parametrize(
    ("reads_cls_only", "said"),
    [
        (
            True,
            "In this layer the prediction uses only the [CLS] row. The other rows (of 12) cannot "
            "affect it.",
        ),
        (False, ""),
    ],
)
def test_the_last_layer_says_how_few_rows_the_output_reads(tmp_path, reads_cls_only, said):
    made = made_results(tmp_path, evidence="basic", reads_cls_only=reads_cls_only)
    assert figures(made).live == said
    assert figures(made).reads == (0 if reads_cls_only else None)


def read_from_cls(tmp_path):
    """Results whose output reads the [CLS] row alone, with units of two text tokens."""
    made = make_results(tmp_path, (TEXT,), evidence="basic", seed=3)
    tokens = made.stored("tokens").copy()
    tokens["unit"] = [0, *((at + 1) // 2 for at in range(1, len(tokens) - 1)), len(tokens) // 2]
    return changed(made, tokens=tokens)


def test_where_one_row_is_read_the_text_says_what_the_map_shows_of_it(tmp_path):
    made = read_from_cls(tmp_path)
    unit_of = made.tokens_of(0)["unit"].tolist()
    row = np.bincount(unit_of, made.by_layer(made.token_table(0)["cls_row_layers"])[:, -1])
    units = text_units(made, 0)
    assert len(units.units) < len(unit_of)
    drawn = text_map(made, 0, units, [unit.label for unit in units.units])
    assert drawn.cells[0] == pytest.approx(row, abs=1e-3)
    found = colours(made).influence
    each_token = row[1:-1].sum() / (len(unit_of) - 2)
    ratios = [share / unit_of.count(i) / each_token for i, share in enumerate(row)]
    order = sorted(range(1, len(row) - 1), key=lambda i: -ratios[i])
    first, second = (f"“{units.units[i].label}”" for i in order[:2])
    assert found.looks == (
        "The prediction is read from [CLS] in the last layer. "
        f"Of the text, it looks most, per token, at {first} and {second}."
    )
    assert found.attention == "Where [CLS] looks"
    assert {each.index for each in found.rows} >= set(order[:5])
    for each in found.rows:
        share, ratio = percent(row[each.index]), ratios[each.index]
        assert each.attention == f"{times(ratio)}× ({share})"
        assert each.attention_width == round(WIDTH * min(ratio / 16, 1))


def test_where_several_rows_are_read_attention_received_counts(tmp_path):
    found = colours(made_results(tmp_path, evidence="basic", reads_cls_only=False)).influence
    assert found.looks == "Most attention per token goes to “ee” and “of”."
    assert found.attention == "Attention × value"
    assert "In brackets: the share of all attention." in found.sorted


def test_rows_that_are_read_but_are_not_that_of_cls_are_counted(tmp_path):
    made = made_results(tmp_path, evidence="basic")
    made.evidence.loc[0, ["live_rows", "reads_cls_only"]] = [3, False]
    assert "the prediction uses only 3 of 12 rows." in figures(made).live
    assert figures(made).reads is None


def test_a_text_without_evidence_takes_the_rows_of_those_that_have_it(tmp_path):
    made = make_results(tmp_path, (TEXT, "Another headline") * 4, evidence="basic")
    made = changed(made, evidence=made.evidence[made.evidence["text"] > 0])
    scope = make_scope(Findings(made), EN)
    shown = make_figures(Findings(made), 0, EN, "mean", scope)
    assert shown.live == scope.live != ""
    assert shown.reads == 0  # as in the texts that have it
    assert make_colours(Findings(made), 0, [TEXT], EN, scope).influence.change == ""


def test_before_evidence_nothing_is_said_of_rows(results):
    assert figures(results).live == ""
    assert figures(results).reads is None


def test_a_log_probability_reads_rows_before_its_token(tmp_path):
    made = make_results(tmp_path, (TEXT,), kind="next_token", evidence="basic")
    evidence = replace(made.info.evidence, scalar="log_probability")  # as version 0.1 had it
    made = changed(made, replace(made.info, evidence=evidence))
    made.evidence.loc[0, ["live_rows", "reads_cls_only"]] = [1, False]
    assert figures(made).live.startswith(
        "What is explained, the log-probability of the last text token, uses only 1 of the "
    )
