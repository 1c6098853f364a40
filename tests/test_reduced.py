"""Nothing is left out of a page in silence."""

import pytest
from factories import make_results

from reportgen.report.language import load_language
from reportgen.report.options import RenderOptions
from reportgen.report.page import make_panels
from reportgen.report.plan import Level
from reportgen.report.reduced import carries, megabytes, reduced_sentences
from reportgen.report.scope import make_scope

EN = load_language("en")
OPTIONS = RenderOptions(max_size=10_000_000)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    results = make_results(tmp_path_factory.mktemp("results"), ("one", "two", "three", "four", ""))
    return results, list(make_panels(results, OPTIONS, EN, make_scope(results, EN)))


def said(made, levels, kept=(True,) * 5, sizes=(5_000_000, 14_210_000)):
    results, panels = made
    return reduced_sentences(panels, levels, kept, sizes, OPTIONS, results.info, EN)


def test_a_whole_page_says_nothing(made):
    assert said(made, [Level.HEADS] * 4 + [Level.LINE]) == ()


def test_each_way_of_reducing_names_its_texts_and_its_option(made):
    levels = [Level.HEADS, Level.LAYERS, Level.LAYERS, Level.FIGURES, Level.LINE]
    figures, layers = said(made, levels)
    assert layers.startswith("Texts 2–3: the mean over heads")
    assert figures.startswith("Text 4: figures only")
    assert all("--max-size 14.3MB" in sentence for sentence in (figures, layers))


def test_maps_that_were_not_kept_name_keep_maps(made):
    levels = [Level.HEADS, Level.FIGURES, Level.HEADS, Level.FIGURES, Level.LINE]
    (sentence,) = said(made, levels, kept=(True, False, True, False, False))
    assert sentence.startswith("Texts 2, 4: figures only")
    assert "with a larger --keep-maps, such as 5000 (now: all; all stops at 2 GB)" in sentence
    assert "--max-size" not in sentence


def test_a_page_above_its_limit_says_so(made):
    sentences = said(made, [Level.LINE] * 5, sizes=(12_300_000, 20_000_000))
    assert sentences[-1].endswith("the page is 12.3 MB, above the limit of 10 MB.")


@pytest.mark.parametrize("level", [Level.LINE, Level.FIGURES, Level.LAYERS])
def test_a_reduced_panel_names_the_limit(made, level):
    results, panels = made
    text = carries(panels[0], level, True, OPTIONS, results.info, EN)
    assert "10 MB" in text
    assert "--max-size" in text


def test_a_whole_panel_and_an_empty_text_say_nothing(made):
    results, panels = made
    assert carries(panels[0], Level.HEADS, True, OPTIONS, results.info, EN) == ""
    assert carries(panels[4], Level.LINE, False, OPTIONS, results.info, EN) == ""


def test_megabytes_are_decimal():
    assert megabytes(25_000_000, EN) == "25 MB"
    assert megabytes(1_250_000, EN) == "1.2 MB"
