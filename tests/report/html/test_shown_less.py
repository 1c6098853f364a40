"""What a page says once or folds: predictions by range, citations of texts, how the model came."""

from dataclasses import replace

import pytest
from helpers.cases import some_of
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.page_of import page_of

from reportgen.report import load_language


@pytest.mark.parametrize("lang", some_of(["en", "ja"], "ja"))
def test_predictions_by_range_are_folded_and_whole(tmp_path, lang):
    made = make_results(tmp_path, HEADLINES)
    title = load_language(lang).say("quality", "histogram_table")
    page = page_of(made, lang=lang)
    (fold,) = page.select("#predictions details:not([open])")
    assert fold.summary.contents[0].strip() == title
    assert "predictions.csv" in fold.summary.select_one(".on-paper[hidden]").get_text()
    counts = [int(cell.get_text()) for cell in fold.select("tbody td")]
    assert sum(counts) == len(HEADLINES)
    assert not [head for head in page.select("#predictions h3") if head.get_text() == title]


def test_a_text_cites_nothing_and_the_method_lists_what_its_notes_rest_on(tmp_path):
    page = page_of(make_results(tmp_path, HEADLINES, evidence="full"))
    assert page.select(".panel .notes li")
    assert not page.select(".panel cite")
    assert page.select("#sinks cite a[href='#sources']")
    sources = page.select_one(".sources").get_text()
    assert "Clark" in sources  # what a note on every text rests on


@pytest.mark.parametrize("lang", some_of(["en", "ja"], "en"))
def test_that_a_model_was_handed_over_stands_in_the_run_details_and_is_no_warning(tmp_path, lang):
    made = make_results(tmp_path, HEADLINES)
    told = load_language("en").say("remarks", "handed_over")
    model = replace(made.info.model, name="my-model", architecture="BertModel")
    info = replace(made.info, remarks=(told, "something else"), model=model)
    page = page_of(changed(made, info), lang=lang)
    own = load_language(lang).say("remarks_on_page", "handed_over")[1:]  # it begins with a capital
    banners = [banner.get_text() for banner in page.select(".run .banner > .told")]
    assert banners == ["Something else"]
    assert own in page.select_one("#reproduce .lead").get_text()
    assert page.select_one(".run .line span").get_text() == "my-model"
    loaded = page_of(changed(made, replace(info, remarks=())), lang=lang)
    assert own not in loaded.get_text()
    assert loaded.select_one(".run .line span").get_text() == info.model.encoder


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_of_a_long_remark_at_the_top_the_first_sentence_is_shown_at_once(tmp_path, lang):
    page = page_of(make_results(tmp_path, HEADLINES[:1] * 6), lang=lang)  # too few different texts
    (banner,) = page.select(".run > .banner")
    fold = banner.details.extract()
    lead = banner.get_text().strip()
    rest = fold.get_text().removeprefix(fold.summary.get_text())
    stop = {"en": ".", "ja": "。"}[lang]
    assert lead.endswith(stop)
    assert lead.count(stop) == 1
    assert rest.count(stop) >= 2
    assert fold.summary.get_text() == load_language(lang).say("page", "rest")
