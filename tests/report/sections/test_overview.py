"""The overview's figures are those of the results tables."""

import pytest
from bs4 import BeautifulSoup
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.page_of import page_of

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report import RenderOptions, load_language, render
from reportgen.report.sections import make_overview

EN, JA = load_language("en"), load_language("ja")
LABELS = (1.0, 2.0, 1.5, 1.1, 0.4, 2.2)
NO_SINK = {
    "en": "No attention sink here: special tokens receive {share}\u00a0% of attention; their "
    "equal share would be {even}\u00a0%.",
    "ja": "アテンションシンクは見られません。特殊トークンに向くアテンションは{share}%で、"
    "均等なら{even}%です。",
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, sink=0.5, labels=LABELS, truncated=(1,), n_layers=3)


@pytest.fixture(scope="module")
def overview(results):
    return overview_of(results)


def overview_of(results, language=EN):
    return make_overview(Findings(results), language)


def percent(share):
    return f"{100 * share:.1f}\u00a0%"


def test_the_layers_table_holds_the_means_of_the_results(results, overview):
    heads = results.heads.groupby("layer")[["special_share", "uniform_share"]].mean()
    roles = results.roles.groupby(["layer", "role"])["share"].mean()
    for layer, row in enumerate(overview.layers.rows, start=1):
        assert row == (
            str(layer),
            percent(roles[layer, "cls"]),
            percent(roles[layer, "sep"]),
            percent(heads.loc[layer, "special_share"]),
            percent(heads.loc[layer, "uniform_share"]),
        )


def test_the_bars_are_the_shares_of_the_table(results, overview):
    svg = BeautifulSoup(overview.layers.chart, "html.parser").svg
    end = float(overview.layers.end.rstrip(".").split()[-2]) / 100
    total = results.heads.groupby("layer")["special_share"].mean().max()
    assert total <= end < 2 * total
    assert svg.find("text", string=f"{100 * end:.0f}") is not None
    shares = [float(rect["height"]) / 220 * end for rect in svg.find_all("rect")]
    roles = results.roles.groupby(["layer", "role"])["share"].mean()
    expected = [roles[layer, role] for layer in (1, 2, 3) for role in ("cls", "sep")]
    assert shares == pytest.approx(expected, abs=1e-3)


def test_the_grid_holds_every_layer_and_head(results, overview):
    means = results.heads.groupby(["layer", "head"])["special_share"].mean()
    assert {len(cells) for _, cells in overview.grid.rows} == {3}
    for layer, cells in overview.grid.rows:
        assert [cell.text for cell in cells] == [
            str(round(100 * means[int(layer), head])) for head in (1, 2, 3)
        ]


def test_a_text_too_short_for_the_notes_counts_in_no_corpus_figure(tmp_path):
    both = make_results(tmp_path / "both", (*HEADLINES, "ab"), sink=0.5)
    counted = both.heads[both.heads["text"] < len(HEADLINES)]
    (kpi,) = [k for k in overview_of(both).kpis if k.name == "of attention goes to special tokens"]
    assert kpi.value == percent(counted["special_share"].mean())


def test_the_mean_error_stands_with_the_predictions_alone(results, overview):
    html = page_of(results)
    assert "absolute error" not in html.find(id="sinks").get_text()
    assert html.find(id="predictions").get_text().count("Mean absolute error") >= 1


def test_where_no_token_is_a_sink_that_is_said_before_the_verdicts(tmp_path):
    findings = Findings(make_results(tmp_path, sink=0.1, evidence="full"))
    share, even = 100 * findings.results.heads[["special_share", "uniform_share"]].mean()
    for lang, sentence in NO_SINK.items():
        document = render(Runs(findings), RenderOptions(lang=lang)).content
        sinks = BeautifulSoup(document.decode(), "html.parser").find(id="sinks")
        said = sentence.format(share=f"{share:.1f}", even=f"{even:.1f}")
        assert [p.get_text() for p in sinks.select(".headline")] == [said]
        told = [p.get_text() for p in sinks.select(":scope > .verdict")]
        assert told == list(make_overview(findings, load_language(lang)).verdicts)
        assert sinks.select(".behind .sink")


def test_where_a_token_is_a_sink_nothing_says_that_there_is_none(tmp_path):
    made = make_results(tmp_path, sink=0.6, evidence="full")
    verdicts = {note.token: note.id for note in Findings(made).notes if note.is_verdict}
    assert "N1" in verdicts.values()
    overview = overview_of(made)
    assert overview.no_sink == ""
    html = page_of(made)
    piled = ", ".join(token for token, id in verdicts.items() if id == "N1")
    assert html.find(id="sinks").select_one(".headline").get_text() == overview.is_sink
    assert overview.is_sink.startswith(f"Yes, on {piled}.")
    assert "special tokens" in overview.is_sink
    assert "What [CLS] passes on hardly affects the score." in overview.is_sink
    assert "not tested" not in overview.is_sink
    assert html.find(id="sinks").select(".behind .sink")


@pytest.mark.parametrize("sink", [0.0, 0.6])
def test_where_a_learned_sink_is_one_the_advice_is_about_it(tmp_path, sink):
    """And about special tokens only where one of these is a sink too."""
    made = make_results(tmp_path, sink=sink)
    layers = made.layers.assign(learned_share=0.7, learned_expected=0.1)
    findings = Findings(changed(made, layers=layers))
    said = make_overview(findings, EN).is_sink
    assert "the learned sink. This" in said
    assert "The learned sink is no token" in said
    assert ("special tokens" in said) == (sink > 0)
    assert "keeps" not in said
    assert "学習されたシンクは" in make_overview(findings, JA).is_sink


def test_too_few_texts_are_not_said_to_have_no_sink(tmp_path):
    assert overview_of(make_results(tmp_path, HEADLINES[:2], sink=0.1)).no_sink == ""


def test_a_model_without_special_tokens_has_a_grid_of_entropy(tmp_path):
    bare = make_results(tmp_path, special=False)
    overview = overview_of(bare)
    means = bare.heads.groupby(["layer", "head"])["entropy"].mean()
    assert overview.layers is None
    assert overview.special == overview.is_sink == ""
    assert overview.grid.title == "Spread of attention, head by head"
    assert overview.grid.rows[0][1][0].text == str(round(100 * means[1, 1]))


def test_nothing_but_empty_texts_still_makes_a_page(tmp_path):
    empty = make_results(tmp_path, ("", ""))
    assert overview_of(empty).grid is None
    assert len(page_of(empty).find_all("article")) == 2


def test_one_text_and_one_token_are_counted_in_the_singular(tmp_path):
    texts, tokens = overview_of(make_results(tmp_path, ("ab",))).kpis[:2]
    assert (texts.value, texts.name) == ("1", "text")
    assert (tokens.name, tokens.remark) == ("tokens", "1 text token")
