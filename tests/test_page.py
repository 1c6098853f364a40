"""The page's context: what was run, the overview, the method, how to reproduce."""

import shlex
from dataclasses import replace
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup
from factories import HEADLINES, make_results

from reportgen.info import Settings
from reportgen.report.language import load_language, number
from reportgen.report.options import RenderOptions
from reportgen.report.page import command, make_page, make_panels

EN = load_language("en")
LABELS = (1.0, 2.0, 1.5, 1.1, 0.4, 2.2)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, sink=0.5, labels=LABELS, truncated=(1,), n_layers=3)


@pytest.fixture(scope="module")
def page(results):
    return page_of(results)


def page_of(results, **options):
    chosen = RenderOptions(**options)
    panels = list(make_panels(results, chosen, EN))
    return make_page(results, chosen, EN, panels)


def percent(share):
    return f"{100 * share:.1f} %"


def test_the_layers_table_holds_the_means_of_the_results(results, page):
    heads = results.heads.groupby("layer")[["special_share", "uniform_share"]].mean()
    roles = results.roles.groupby(["layer", "role"])["share"].mean()
    for layer, row in enumerate(page.overview.sinks.rows, start=1):
        assert row == (
            str(layer),
            percent(roles[layer, "cls"]),
            percent(roles[layer, "sep"]),
            percent(heads.loc[layer, "special_share"]),
            percent(heads.loc[layer, "uniform_share"]),
        )


def test_the_bars_are_the_shares_of_the_table(results, page):
    svg = BeautifulSoup(page.overview.sinks.chart, "html.parser").svg
    shares = [float(rect["height"]) / 220 for rect in svg.find_all("rect")]
    roles = results.roles.groupby(["layer", "role"])["share"].mean()
    expected = [roles[layer, role] for layer in (1, 2, 3) for role in ("cls", "sep")]
    assert shares == pytest.approx(expected, abs=1e-3)


def test_the_grid_holds_every_layer_and_head(results, page):
    means = results.heads.groupby(["layer", "head"])["special_share"].mean()
    assert page.overview.grid.heads == (1, 2, 3)
    for layer, cells in page.overview.grid.rows:
        assert [cell.text for cell in cells] == [
            str(round(100 * means[layer, head])) for head in (1, 2, 3)
        ]


def test_a_text_too_short_for_the_notes_counts_in_no_corpus_figure(tmp_path):
    both = make_results(tmp_path / "both", (*HEADLINES, "ab"), sink=0.5)
    counted = both.heads[both.heads["text"] < len(HEADLINES)]
    (kpi,) = [k for k in page_of(both).overview.kpis if k.name == EN.say("kpi", "sink_share")]
    assert kpi.value == percent(counted["special_share"].mean())


def test_the_row_of_a_text_holds_its_prediction_label_and_share(results, page):
    shares = results.heads.groupby("text")["special_share"].mean()
    for text, row in enumerate(page.overview.rows):
        predicted = results.texts.iloc[text]["prediction"]
        assert row.prediction.value == number(predicted)
        assert row.prediction.label == str(LABELS[text])
        assert row.sink_share == percent(shares[text])
        assert row.n_tokens == results.texts.iloc[text]["n_tokens"]
    assert [row.status for row in page.overview.rows[:2]] == ["ok", "truncated"]


def test_the_mean_error_is_over_all_labels(results, page):
    errors = (results.texts["prediction"] - results.texts["label_value"]).abs()
    kpi = page.overview.kpis[-1]
    assert (kpi.value, kpi.remark) == (number(errors.mean()), "over 6 labelled texts")


def test_a_model_without_special_tokens_has_a_grid_of_entropy(tmp_path):
    bare = make_results(tmp_path, special=False)
    overview = page_of(bare).overview
    means = bare.heads.groupby(["layer", "head"])["entropy"].mean()
    assert overview.sinks is None
    assert overview.grid.title == EN.say("grid", "entropy_title")
    assert overview.grid.rows[0][1][0].text == str(round(100 * means[1, 1]))


def test_nothing_but_empty_texts_still_makes_a_page(tmp_path):
    empty = make_results(tmp_path, ("", ""))
    overview = page_of(empty).overview
    assert overview.grid is None
    assert [row.prediction for row in overview.rows] == [None, None]


def test_the_command_is_rebuilt_from_the_results(results):
    settings = Settings({"text-column": "my text", "strict": True, "fast": False}, "20", 6)
    info = replace(results.info, settings=settings)
    line = command(info, RenderOptions(lang="ja", title="A $title", max_size=25_000_000))
    words = shlex.split(line)
    assert words[:3] == ["reportgen", "run", "made.txt"]
    given = dict(pairwise(words))
    assert given["--text-column"] == "my text"
    assert given["--model"] == "made-up"
    assert given["--keep-maps"] == "20"
    assert given["--title"] == "A $title"
    assert given["--lang"] == "ja"
    assert given["--max-size"] == "25MB"
    assert "--heads" not in words  # its default
    assert "--strict" in words
    assert "--fast" not in words
    assert words[-2:] == ["-o", "report.html"]


def test_the_demo_model_says_that_its_score_is_made_up(results):
    demo = replace(results.info, model=replace(results.info.model, source="demo"))
    page = page_of(replace(results, info=demo))
    assert page.is_demo
    assert "--model" not in page.reproduce.command


def test_versions_checks_and_checksums_are_listed(results, page):
    assert dict(page.reproduce.versions) == dict(results.info.versions)
    assert ("weights", "0" * 64) in page.reproduce.checksums
    assert ("made.txt", "1" * 64) in page.reproduce.checksums
    assert ("Largest distance of a row's sum from 1", "3.0e-07") in page.reproduce.checks


def test_every_cited_work_is_in_the_literature(page):
    cited = [c for note in page.overview.notes for c in note.citations]
    assert cited
    for citation in cited:
        assert any(citation.title in entry for entry in page.method.literature)


def test_the_thresholds_are_printed(page):
    text = " ".join(sentence.text for sentence in page.method.thresholds)
    assert "30" in text
    assert "3" in text
