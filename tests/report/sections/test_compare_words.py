"""What a comparison says in words, walked through the cases in which it was false or missing."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.made_up.factories import changed
from helpers.real.two_models import LABELS, chain, pair_of, plant, twice
from scipy.stats import spearmanr

from reportgen.comparison import Comparison, compare_runs
from reportgen.findings import Findings
from reportgen.report import CompareWords, Lang, RenderOptions, compare_headline, load_language
from reportgen.report.html import page as html_page
from reportgen.report.language import LANGUAGES
from reportgen.report.sections import changed as changed_cell
from reportgen.report.sections import (
    make_compared_answers,
    make_models,
    make_predictions,
    make_tokens,
    shown_for,
)
from reportgen.report.sections.context_compared import CompareContext
from reportgen.report.short_form import markdown
from reportgen.results import Results

IN_BOTH = pytest.mark.parametrize("lang", LANGUAGES)
N = 80


def in_markdown(found: Comparison, lang: Lang) -> str:
    return markdown.write(found.runs, RenderOptions(lang=lang)).text


def front_of(found: Comparison, lang: Lang) -> str:
    """What stands before the first section."""
    return re.sub(r"[*\\]", "", in_markdown(found, lang).split("\n### ")[0])


def predicted(results: Results, values: np.ndarray, labels: np.ndarray) -> Results:
    texts = results.texts.assign(
        prediction=values, scores=[[value] for value in values], label_value=labels
    )
    return changed(results, texts=texts.assign(label=[f"{label:g}" for label in labels]))


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Results, np.ndarray]:
    texts = tuple(f"review {i:04}" for i in range(N))
    folder = tmp_path_factory.mktemp("reviews")
    base, head = twice(folder, texts, n_layers=1, n_heads=1, keep=0, evidence="none")
    return base, head, np.random.default_rng(8).integers(1, 6, N).astype(float)


@IN_BOTH
def test_the_error_decides_and_a_rank_correlation_that_rose_stands_beside_it(
    reviews: tuple[Results, Results, np.ndarray], lang: Lang
) -> None:
    """As seen: "Yes: error (RMSE)", while the mean absolute error was unclear on the same page. The
    headline, the first answer, the short form and the record name the figure that decides alone;
    what is sure of others stands beside it."""
    base, head, labels = reviews
    random = np.random.default_rng(1)
    own = labels + random.normal(0, 2, N)
    other = labels + 1.5 + random.normal(0, 0.5, N)
    sides = predicted(base, own, labels), predicted(head, other, labels)
    found = compare_runs(*map(Findings, sides))
    quality = found.predictions.quality
    gains = {each.name: each.gain for each in quality.figures}
    assert (gains["rank"], gains["bias"], gains["mae"]) == ("better", "worse", "unclear")
    words = CompareWords(found, load_language(lang))
    context = CompareContext(found.runs, RenderOptions(lang=lang), words.language)
    first, *_ = make_compared_answers(context)
    errors = [f"{abs(side - labels).mean():.2f}" for side in (own, other)]
    ranks = [f"{spearmanr(side, labels).statistic:.3f}" for side in (own, other)]
    arrow = {"en": " → ", "ja": "→"}[lang]
    said = f"{words.say('quality_mae')} {arrow.join(errors)}"
    beside = f"{words.say('quality_rank')} {arrow.join(ranks)}"
    for place in (compare_headline(found, words)[0], front_of(found, lang)):
        assert place.index(said) < place.index(beside)
    unclear = {"en": f"Unclear: {N} texts cannot tell", "ja": f"{N}件では判断できません"}
    assert first.answer == unclear[lang]
    assert beside in first.remark
    (row,) = (row for row in make_predictions(context).tables[0].rows
              if row[0].text == words.say("decides", name=words.say("quality_mae")))  # fmt: skip
    assert row[-1].small.endswith(words.say("unclear", n=N))
    assert (found.figures["quality_better"], found.figures["quality_worse"]) == (0, 0)


@IN_BOTH
def test_no_model_is_worse_where_no_prediction_moved(
    reviews: tuple[Results, Results, np.ndarray], lang: Lang
) -> None:
    """As seen: "worse: RMSE 0.101 → 0.102" and "worse: bias" with 0 of 40 predictions moved."""
    base, head, labels = reviews
    own = labels + np.random.default_rng(5).normal(0.05, 0.1, N)
    other = own + 0.02 * np.sign(own - labels)
    sides = predicted(base, own, labels), predicted(head, other, labels)
    found = compare_runs(*map(Findings, sides))
    quality = found.predictions.quality
    assert found.predictions.n_moved == 0
    assert all(each.change.is_certain for each in quality.figures if each.name != "rank")
    assert {each.gain for each in quality.figures} == {"same"}
    words = CompareWords(found, load_language(lang))
    context = CompareContext(found.runs, RenderOptions(lang=lang), words.language)
    first, *_ = make_compared_answers(context)
    limit = words.size(found.predictions.threshold)
    floor = f" by more than {limit}" if lang == "en" else f"{limit}を超えて"
    assert first.answer == words.language.say("compared_answers", "verdict_unmoved", floor=floor)
    assert any(floor in said for said in compare_headline(found, words)[:1])
    told = (*compare_headline(found, words), front_of(found, lang), first.answer, first.remark)
    for word in ("better:", "worse", "良い結果", "悪", "改善"):
        assert word not in " ".join(told).replace("so neither model is better", "")
    assert not [note for note in found.notes if note.id.startswith("fit_")]
    assert (found.figures["quality_better"], found.figures["quality_worse"]) == (0, 0)


@IN_BOTH
def test_a_bias_that_changed_sides_is_not_within_noise(
    reviews: tuple[Results, Results, np.ndarray], lang: Lang
) -> None:
    """Its change is certain; whether it is nearer to 0 is not."""
    base, head, labels = reviews
    noise = np.random.default_rng(3).normal(0, 1, N)
    sides = (
        predicted(base, labels + noise - 0.5, labels),
        predicted(head, labels + noise + 0.5, labels),
    )
    found = compare_runs(*map(Findings, sides))
    context = CompareContext(found.runs, RenderOptions(lang=lang), load_language(lang))
    bias = found.predictions.quality.figure("bias")
    assert bias.gain == "unclear"
    assert bias.change.is_certain
    (row,) = (row for row in make_predictions(context).tables[0].rows
              if row[0].text == context.words.say("quality_bias"))  # fmt: skip
    assert row[-1].small.endswith(context.words.say("unclear_nearer"))


@IN_BOTH
def test_a_trend_says_of_each_figure_what_the_comparison_of_two_says(
    reviews: tuple[Results, Results, np.ndarray], lang: Lang
) -> None:
    """As seen: an RMSE of [-0.363, -0.032] was "unclear, as one of several figures" between two
    models, and "40 texts cannot tell" in the trend."""
    base, head, labels = reviews
    random = np.random.default_rng(3)
    noise = random.normal(0, 1, N)
    sides = (
        predicted(base, labels + noise - 0.5, labels),
        predicted(head, labels + 0.9 * noise + 0.5, labels),
    )
    two = CompareContext(
        compare_runs(*map(Findings, sides)).runs, RenderOptions(lang=lang), load_language(lang)
    )
    told = {row[0].text: row[-1].small for row in make_predictions(two).tables[0].rows}
    words, trend = two.words, chain(sides[0], sides[0], sides[1])
    for row in trend.all_models.rows:
        if row.quality is not None and (value := row.values[-1]) is not None:
            (small,) = (told[name] for name in told
                        if words.say(f"quality_{row.quality}") in name)  # fmt: skip
            assert changed_cell(value, row, words).small == small
    assert any(small.endswith(words.say("unclear_nearer")) for small in told.values())


def test_two_models_of_one_name_are_called_by_the_folders_of_their_results(
    reviews: tuple[Results, Results, np.ndarray],
) -> None:
    base, head, _ = reviews
    other = replace(head.info.model, weights_sha256="b" * 64)
    name, sums = other.name, (base.info.model.weights_sha256[:8], "b" * 8)
    with_sums = tuple(f"{name} ({each})" for each in sums)
    changed_head = changed(head, replace(head.info, model=other))
    for side, folders, names in (
        (changed_head, ("step-1", "step-2"), ("step-1", "step-2")),
        (changed_head, ("same", "same"), with_sums),
        (changed_head, ("kept", ""), with_sums),
        (changed_head, (), with_sums),
        (head, ("step-1", "step-2"), (name, name)),  # the same weights
    ):
        found = compare_runs(Findings(base), Findings(side), folders=folders)
        assert CompareContext(found.runs, RenderOptions(), load_language("en")).names == names


@IN_BOTH
def test_an_error_that_rose_for_sure_is_in_the_headline(
    reviews: tuple[Results, Results, np.ndarray], lang: Lang
) -> None:
    base, head, labels = reviews
    random = np.random.default_rng(2)
    own = labels + random.normal(0, 1, N)
    other = labels + np.where(own > labels, 1, -1) * (abs(own - labels) + 0.1)
    sides = predicted(base, own, labels), predicted(head, other, labels)
    found = compare_runs(*map(Findings, sides))
    words = CompareWords(found, load_language(lang))
    errors = [f"{abs(side - labels).mean():.2f}" for side in (own, other)]
    assert {each.name: each.gain for each in found.predictions.quality.figures}["mae"] == "worse"
    said = f"{words.say('quality_mae')} {({'en': ' → ', 'ja': '→'}[lang]).join(errors)}"
    worse = words.say("verdict_worse", first="", against=words.say("against_labels")).rstrip(
        ".。 ()（）"
    )
    for place in (compare_headline(found, words)[0], front_of(found, lang)):
        assert said in place
        assert worse in place


@IN_BOTH
@pytest.mark.parametrize("evidence", ["none", "basic"])
def test_a_column_of_attention_is_not_called_effects(
    tmp_path: Path, lang: Lang, evidence: str
) -> None:
    """Without evidence the tokens of a text that changed most are those of attention."""
    base, head = pair_of(tmp_path, evidence=evidence)
    has_effects = evidence == "basic"
    found = compare_runs(Findings(base), Findings(plant(head) if has_effects else head))
    words = CompareWords(found, load_language(lang))
    heading = words.say("md_effects" if has_effects else "md_attention")
    other = words.say("md_attention" if has_effects else "md_effects")
    title = shown_for(found, words)
    assert (words.say("pairs_effects") in title) == has_effects
    assert words.say("pairs_attention") in title
    section = in_markdown(found, lang).split(f"### {title}")[1].split("<details>")[0]
    columns = next(line for line in section.splitlines() if line.startswith("| "))
    assert heading in columns
    assert other not in columns
    assert section.count("→") > 1


@pytest.mark.parametrize(("lang", "kind"), [("en", "number"), ("ja", "embedding")])
def test_every_column_of_tokens_is_explained_beside_the_table(
    tmp_path: Path, lang: Lang, kind: str
) -> None:
    """Also in Markdown, where "Adding it" stood alone."""
    base, head = pair_of(tmp_path, evidence="basic", kind=kind, labels=LABELS)
    found = compare_runs(Findings(base), Findings(plant(head)))
    context = CompareContext(found.runs, RenderOptions(lang=lang), load_language(lang))
    section = make_tokens(context)
    assert section is not None
    names = [column.name for column in section.table.columns]
    words = context.words
    adding = words.say("adding", side=words.say("side_base"))
    explained = {
        adding: {"en": "Effect: how far", "ja": "「影響」"}[lang],
        words.say("looked"): {"en": "Looked at: ", "ja": "「見ている」"}[lang],
        words.say("received"): {"en": "eceived: ", "ja": "「受ける」"}[lang],
    }
    shown = [each for name, each in explained.items() if any(name in own for own in names)]
    assert explained[adding] in shown
    assert len(shown) >= 2
    page = BeautifulSoup(
        html_page.render(found.runs, RenderOptions(lang=lang)).content, "html.parser"
    )
    tokens = in_markdown(found, lang).split(f"<summary>{words.say('tokens')}")[1].split("\n| ")[0]
    for place in (page.find(id="tokens").get_text(), tokens.replace("\\", "")):
        for each in shown:
            assert each in place


def test_the_pooling_of_an_embedding_is_named_in_the_language_of_the_page(tmp_path: Path) -> None:
    found = compare_runs(*map(Findings, pair_of(tmp_path, kind="embedding", evidence="none")))
    assert "平均プーリング" in in_markdown(found, "ja")


@IN_BOTH
def test_the_probability_that_an_old_class_lost_is_in_points(tmp_path: Path, lang: Lang) -> None:
    base, head = pair_of(tmp_path, kind="class", evidence="none")
    found = compare_runs(Findings(base), Findings(head))
    assert found.predictions is not None
    middle, most = (f"{100 * lost:.1f}" for lost in found.predictions.lost_chances or ())
    told = " ".join(compare_headline(found, CompareWords(found, load_language(lang))))
    for lost in (middle, most):
        assert (f"{lost} points" if lang == "en" else f"{lost}ポイント") in told


@IN_BOTH
def test_figures_of_two_models_are_not_called_different_for_a_digit(
    tmp_path: Path, lang: Lang
) -> None:
    base, head = pair_of(tmp_path, evidence="basic")
    context = CompareContext(
        compare_runs(Findings(base), Findings(head)).runs,
        RenderOptions(lang=lang),
        load_language(lang),
    )
    rows = {row[0].text: row[-1].text for row in make_models(context).rows}
    said = context.words.say
    assert rows[said("colours")] == ""
    assert rows[said("size")] == said("equal")
