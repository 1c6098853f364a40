"""Nothing is left out of a page in silence."""

import pytest
from helpers.made_up.factories import make_results

from reportgen.findings import Findings
from reportgen.report import RenderOptions, load_language
from reportgen.report.html import Given, Level, Sizes, carries, megabytes, reduced_sentences

EN, JA = load_language("en"), load_language("ja")
OPTIONS = RenderOptions(max_size=10_000_000)
SIZES = Sizes(5_000_000, 14_210_000, True)
HEADS, LAYERS, FIGURES = Level.HEADS, Level.LAYERS, Level.FIGURES
COLOURS, LINE = Level.COLOURS, Level.LINE


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("results"), ("one", "two", "three", "four", ""))


def given(levels, *, sizes=SIZES, pooled=()):
    known = {text: level for text, level in enumerate(levels) if level is not Level.ABSENT}
    return Given(known, dict(pooled), sizes)


def said(results, levels, options=OPTIONS, language=EN, **values):
    return reduced_sentences(Findings(results), given(levels, **values), options, language)


def test_a_whole_page_says_nothing(results):
    assert said(results, [HEADS] * 4 + [LINE]) == ()


def test_each_way_of_reducing_names_its_texts_and_its_option(results):
    colours, figures, layers, order = said(results, [COLOURS, LAYERS, LAYERS, FIGURES, LINE])
    assert colours.startswith("Text 1: colours and the strongest tokens only")
    assert layers.startswith("Texts 2–3: the mean over heads")
    assert figures.startswith("Text 4: figures only")
    assert all("--max-size 14.3MB" in sentence for sentence in (colours, figures, layers))
    assert order == "The texts to start with come first."


def test_absent_texts_are_said_and_count_by_size_even_where_they_have_no_figures(results):
    absent, *_ = said(results, [HEADS, Level.ABSENT, HEADS, HEADS, Level.ABSENT])
    assert absent.startswith("Texts 2, 5: counted in the figures over all texts, not listed.")
    assert "--max-size 14.3MB" in absent


def test_what_was_reckoned_up_is_said_to_be_about_and_rounded_up(results):
    sizes = Sizes(5_000_000, 1_234_000_000, False)
    line, _ = said(results, [LINE, HEADS, HEADS, HEADS, LINE], sizes=sizes)
    assert "about 1300MB everything" in line


def test_maps_that_were_not_kept_name_keep_maps(tmp_path):
    made = make_results(tmp_path, ("one", "two", "three", "four", ""))
    made.texts.loc[[1, 3], "map_offset"] = None
    (sentence,) = said(made, [HEADS, FIGURES, HEADS, FIGURES, LINE])
    assert sentence.startswith("Texts 2, 4: figures only")
    assert "with a larger --keep-maps, such as 5000 (now: all; all stops at 2 GB)" in sentence
    assert "--max-size" not in sentence
    told = carries(1, FIGURES, made, given([HEADS, FIGURES]), OPTIONS, EN)
    assert told == "The attention maps of this text were not kept."


@pytest.mark.parametrize("language", [EN, JA])
def test_pooled_maps_name_their_option_on_the_page_and_the_panel_says_that_they_are(
    results, language
):
    levels = [HEADS, HEADS, LAYERS, FIGURES, LINE]
    pooled = {0: 3, 2: 4, 3: 2}
    *_, sentence = said(results, levels, language=language, pooled=pooled)
    assert "1, 3" in sentence  # the fourth has no maps at all
    assert "256" in sentence
    assert "4" in sentence
    assert "--pool-above none" in sentence
    found = given(levels, pooled=pooled)
    pooled_only = carries(0, HEADS, results, found, OPTIONS, language)
    both = carries(2, LAYERS, results, found, OPTIONS, language)
    for told in (pooled_only, both):
        assert "3" in told or "4" in told  # tokens of a cell
        assert "--" not in told  # the page says the option once
    assert "10 MB" in both


def test_many_scattered_texts_are_counted_not_named(tmp_path):
    made = make_results(tmp_path, ("word",) * 24, n_layers=1, n_heads=1)
    layers, *_ = said(made, [HEADS, LAYERS] * 12)
    assert layers.startswith("12 texts: ")


def test_a_page_above_its_limit_says_so(results):
    sentences = said(results, [LINE] * 5, sizes=Sizes(12_300_000, 20_000_000, True))
    assert sentences[-1].endswith("the page is 12.3 MB, above the limit of 10 MB.")


@pytest.mark.parametrize("level", [LINE, COLOURS, FIGURES, LAYERS])
def test_a_reduced_panel_names_the_limit(results, level):
    text = carries(0, level, results, given([level]), OPTIONS, EN)
    assert "10 MB" in text
    assert "--" not in text


def test_a_whole_panel_and_an_empty_text_say_nothing(results):
    assert carries(0, HEADS, results, given([HEADS]), OPTIONS, EN) == ""
    assert carries(4, LINE, results, given([HEADS]), OPTIONS, EN) == ""


def test_megabytes_are_decimal():
    assert megabytes(25_000_000, EN) == "25 MB"
    assert megabytes(1_250_000, EN) == "1.2 MB"
