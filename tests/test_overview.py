"""The overview's figures are those of the results tables."""

import pytest
from bs4 import BeautifulSoup
from factories import HEADLINES, make_results

from reportgen.notes.rules import corpus_notes
from reportgen.report.language import decimals, load_language, number
from reportgen.report.overview import make_overview, sink_shares
from reportgen.report.placed import place

EN = load_language("en")
LABELS = (1.0, 2.0, 1.5, 1.1, 0.4, 2.2)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, sink=0.5, labels=LABELS, truncated=(1,), n_layers=3)


@pytest.fixture(scope="module")
def overview(results):
    return overview_of(results)


def overview_of(results):
    notes = place(corpus_notes(results), results.info).overview
    return make_overview(results, EN, sink_shares(results), notes)


def percent(share):
    return f"{100 * share:.1f} %"


def test_the_layers_table_holds_the_means_of_the_results(results, overview):
    heads = results.heads.groupby("layer")[["special_share", "uniform_share"]].mean()
    roles = results.roles.groupby(["layer", "role"])["share"].mean()
    for layer, row in enumerate(overview.sinks.rows, start=1):
        assert row == (
            str(layer),
            percent(roles[layer, "cls"]),
            percent(roles[layer, "sep"]),
            percent(heads.loc[layer, "special_share"]),
            percent(heads.loc[layer, "uniform_share"]),
        )


def test_the_bars_are_the_shares_of_the_table(results, overview):
    svg = BeautifulSoup(overview.sinks.chart, "html.parser").svg
    shares = [float(rect["height"]) / 220 for rect in svg.find_all("rect")]
    roles = results.roles.groupby(["layer", "role"])["share"].mean()
    expected = [roles[layer, role] for layer in (1, 2, 3) for role in ("cls", "sep")]
    assert shares == pytest.approx(expected, abs=1e-3)


def test_the_grid_holds_every_layer_and_head(results, overview):
    means = results.heads.groupby(["layer", "head"])["special_share"].mean()
    assert overview.grid.heads == (1, 2, 3)
    for layer, cells in overview.grid.rows:
        assert [cell.text for cell in cells] == [
            str(round(100 * means[layer, head])) for head in (1, 2, 3)
        ]


def test_a_text_too_short_for_the_notes_counts_in_no_corpus_figure(tmp_path):
    both = make_results(tmp_path / "both", (*HEADLINES, "ab"), sink=0.5)
    counted = both.heads[both.heads["text"] < len(HEADLINES)]
    (kpi,) = [k for k in overview_of(both).kpis if k.name == EN.say("kpi", "sink_share")]
    assert kpi.value == percent(counted["special_share"].mean())


def test_the_row_of_a_text_holds_its_prediction_label_and_share(results, overview):
    shares = results.heads.groupby("text")["special_share"].mean()
    digits = decimals(results.texts["prediction"].max())
    for text, row in enumerate(overview.rows):
        predicted = results.texts.iloc[text]["prediction"]
        assert row.prediction.value == f"{predicted:.{digits}f}"
        assert row.prediction.error == f"{predicted - LABELS[text]:+.{digits}f}".replace("-", "−")
        assert row.prediction.label == str(LABELS[text])
        assert row.sink_share == percent(shares[text])
        assert row.n_tokens == results.texts.iloc[text]["n_tokens"]
    assert [row.status for row in overview.rows[:2]] == ["ok", "truncated"]


def test_the_mean_error_is_over_all_labels(results, overview):
    errors = (results.texts["prediction"] - results.texts["label_value"]).abs()
    kpi = overview.kpis[-1]
    assert (kpi.value, kpi.remark) == (number(errors.mean()), "over 6 labelled texts")


def test_a_model_without_special_tokens_has_a_grid_of_entropy(tmp_path):
    bare = make_results(tmp_path, special=False)
    overview = overview_of(bare)
    means = bare.heads.groupby(["layer", "head"])["entropy"].mean()
    assert overview.sinks is None
    assert overview.grid.title == EN.say("grid", "entropy_title")
    assert overview.grid.rows[0][1][0].text == str(round(100 * means[1, 1]))


def test_nothing_but_empty_texts_still_makes_a_page(tmp_path):
    empty = make_results(tmp_path, ("", ""))
    overview = overview_of(empty)
    assert overview.grid is None
    assert [row.prediction for row in overview.rows] == [None, None]


def test_long_texts_and_labels_are_cut_in_the_table_only(tmp_path):
    long = make_results(tmp_path, ("word " * 100,), group="g" * 100)
    (row,) = overview_of(long).rows
    assert len(row.text) <= 110
    assert row.text.startswith("word word")
    assert len(row.group) <= 28
    assert "…" in row.text


def test_an_embedding_has_no_column_of_predictions(tmp_path):
    assert not overview_of(make_results(tmp_path, kind="embedding")).has_predictions


def test_predictions_have_as_many_decimals_as_the_largest_calls_for(tmp_path):
    made = make_results(tmp_path, ("one", "two", "three", ""))
    made.texts["prediction"] = [-12.3456, 0.012345, 1.0, None]
    shown = [row.prediction and row.prediction.value for row in overview_of(made).rows]
    assert shown == ["−12.35", "0.01", "1.00", None]


def test_ids_have_a_column_where_they_are_not_the_numbers(tmp_path, overview):
    assert not overview.has_ids
    named = overview_of(make_results(tmp_path, ("one", "two"), ids=("1", "ad-7")))
    assert named.has_ids
    assert [row.text_id for row in named.rows] == ["1", "ad-7"]


def test_one_text_and_one_token_are_counted_in_the_singular(tmp_path):
    texts, tokens = overview_of(make_results(tmp_path, ("ab",))).kpis[:2]
    assert (texts.value, texts.name) == ("1", "text")
    assert (tokens.name, tokens.remark) == ("tokens", "1 content token")
