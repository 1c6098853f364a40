"""The page, the Markdown and the JSON of a comparison: their figures, words, limits and bytes."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.cases import some_of
from helpers.made_up.factories import LABELS as LABEL_NAMES
from helpers.made_up.factories import changed, make_results
from helpers.on_github import rendered, sanitised, soup
from helpers.real.two_models import LABELS, STAR, TEXTS, pair_of, plant, retokenise, shaken, twice
from markdown_it import MarkdownIt

from reportgen.comparison import CHANGE_THRESHOLDS, Comparison, compare_runs
from reportgen.comparison.figures import comparison_figures
from reportgen.comparison.notes import change_notes
from reportgen.findings import Findings, evaluate, parse_gate
from reportgen.findings.figures import COMPARE_FIGURES
from reportgen.report import (
    CompareWords,
    RenderOptions,
    compare_headline,
    load_language,
    redacted_comparison,
)
from reportgen.report.html import page as html_page
from reportgen.report.json import comparison as comparison_json
from reportgen.report.redact import long_texts
from reportgen.report.sections import TEXTS as MOST_TEXTS
from reportgen.report.sections import limits, shown_texts
from reportgen.report.short_form import markdown
from reportgen.results import EvidenceLevel, Results, Role

HOSTILE = (
    "</script><script>window.bad=1</script>",
    "<img src=x onerror=window.bad=1> | `a` @everyone #12",
    "::error::no\u202eb\x00c [x](javascript:window.bad=1)",
    "最大3,000円割引、週末限定",
)


def page_of(base: Results, head: Results, **options) -> BeautifulSoup:
    made = html_page.render(
        compare_runs(Findings(base), Findings(head)).runs, RenderOptions(**options)
    ).content
    return BeautifulSoup(made.decode(), "html.parser")


@pytest.fixture(scope="module")
def made(two_compared: Comparison) -> str:
    """The page as it is written."""
    return html_page.render(two_compared.runs, RenderOptions()).text


@pytest.fixture(scope="module")
def page(made: str) -> BeautifulSoup:
    return BeautifulSoup(made, "html.parser")


@pytest.fixture(scope="module")
def text(two_compared: Comparison) -> str:
    """The Markdown."""
    return markdown.write(two_compared.runs, RenderOptions()).text


def test_the_headline_counts_and_names_the_planted_token(
    page: BeautifulSoup, two_models, two_compared
) -> None:
    said = [p.get_text() for p in page.select("#overview .headline")]
    spread = np.std(two_models[0].texts["prediction"].astype(float))
    n_moved = two_compared.predictions.n_moved
    mae = two_compared.predictions.fit("mae")
    same = (
        "Unclear: 12 texts cannot tell whether either model is better by 5\N{NO-BREAK SPACE}% or "
        "more (mean absolute "
    )
    start, end = (float(x) for x in said[0].removeprefix(f"{same}error ")[:-2].split(" → "))
    assert (start, end) == pytest.approx((mae.base, mae.head), abs=0.005)
    assert said[1].startswith(f"{n_moved} of 12 texts changed their prediction by more than 0.")
    limit = float(said[1].removesuffix(".").split()[-1])
    assert limit == pytest.approx(0.05 * spread, rel=0.006)
    assert f"The new model looks at “{STAR}”" in said[2]
    star = two_compared.tokens[0].effect
    assert said[2].replace("−", "-").endswith(f" {star.base:+.3f} → {star.head:+.3f}.")


def test_sections_stand_in_the_order_of_a_reviewers_questions(page: BeautifulSoup) -> None:
    ids = [section.get("id") for section in page.select("main > section")]
    assert ids == [
        None,
        "answers",
        "pairs",
        "overview",
        "predictions",
        "tokens",
        "layers",
        "heads",
        "notes",
        "models",
        "method",
        "reproduce",
    ]


def test_the_table_of_tokens_has_the_planted_one_first(page: BeautifulSoup) -> None:
    row = page.select_one("#tokens tbody tr")
    assert row.th.get_text() == STAR
    assert "no clear change" not in row.get_text()
    fold = page.select_one("#tokens details:not([open])")
    unclear = [tr for tr in page.select("#tokens tbody tr") if "no clear change" in tr.get_text()]
    assert unclear == fold.select("tbody tr")
    assert fold.summary.get_text().startswith(f"{len(unclear)} more without a clear change")


def test_every_change_has_an_interval_or_says_why_not(page: BeautifulSoup) -> None:
    for table in page.select("#layers table, #tokens table"):
        for row in table.select("tbody tr"):
            at = 2 if table.find_parent(id="tokens") else -1
            text = row.select("td")[at].get_text()
            assert re.search(r"\[.+, .+\]|no change", text), text


def test_the_grid_prints_the_distances(page: BeautifulSoup, two_compared) -> None:
    distances = two_compared.heads.distance
    grid = page.select("#heads table")[0]
    for row, values in zip(grid.select("tbody tr"), distances, strict=True):
        assert [cell.get_text() for cell in row.select("td")] == [f"{v:.2f}" for v in values]
        assert all(cell["bgcolor"].startswith("#") for cell in row.select("td"))
    assert grid.select("b")  # those that changed


def test_the_heads_that_changed_most_have_their_intervals(
    page: BeautifulSoup, two_compared
) -> None:
    heads = two_compared.heads
    rows = page.select("#heads table")[1].select("tbody tr")
    layer, head = np.unravel_index(heads.distance.argmax(), heads.distance.shape)
    assert rows[0].th.get_text() == f"L{layer + 1}H{head + 1}"
    low, high = heads.intervals[layer][head]
    distance = f"{heads.distance[layer, head]:.3f} [{low:.3f}, {high:.3f}]"
    assert rows[0].td.get_text() == distance
    change = heads.special[layer][head]
    assert rows[0].select("td")[1].get_text() == f"{100 * change.base:.1f}\u00a0%"


def test_three_strips_stand_above_each_other_with_their_difference(
    page: BeautifulSoup, two_models, two_compared
) -> None:
    texts = shown_texts(two_compared)
    articles = page.select("article.two")
    assert [int(article["id"].removeprefix("text=")) - 1 for article in articles] == texts
    for article, text in zip(articles, texts, strict=True):
        strips = article.select(".strip")
        content = str(two_models[0].texts["text"].iloc[text])
        assert [content in strip.get_text() for strip in strips] == [True] * 3
        own = two_compared.units.text == text
        looks, moves = (
            [(base[i], head[i], head[i] - base[i]) for i in np.flatnonzero(own)]
            for base, head in (two_compared.units.row, two_compared.units.effect)
        )
        rows = article.select("tbody tr")
        assert len(rows) == len(moves)
        shown = [[cell.get_text() for cell in row.select("td")] for row in rows]
        given = [[float(cell.replace("−", "-")) for cell in row] for row in shown]
        for i, row in enumerate(given):
            assert row == pytest.approx([*looks[i], *moves[i]], abs=0.0051), (text, i)
        top = max(abs(value) for row in moves for value in row)
        for k, strip in enumerate(strips):
            for unit, row in zip(strip.select(".u:not(.s)"), moves, strict=True):
                steps = round(14 * row[k] / top)
                expected = [f"{'b' if steps > 0 else 'n'}{abs(steps)}"] if abs(steps) > 1 else []
                assert [name for name in unit["class"] if name[0] in "bn"] == expected
        star = [i for i, name in enumerate(row.th.get_text() for row in rows) if name == STAR]
        for i in star:
            marked = [strip.select(".u:not(.s)")[i]["class"] for strip in strips]
            (step,) = [int(name[1:]) for name in marked[2] if re.fullmatch(r"h\d+", name)]
            assert step >= 8
            assert [name for name in marked[2] if re.fullmatch(r"b\d+", name)]


def test_the_page_carries_no_request_and_one_known_script(made: str) -> None:
    assert not re.search(r"(src|href)=\"(?!#|data:)", made)
    assert made.count('<script type="module">') == 1
    assert "style=" not in made.split("</style>")[1].split("<script")[0]
    assert len(made) < 380_000


def test_a_model_with_itself_says_that_nothing_was_found(tmp_path: Path) -> None:
    base, head = twice(tmp_path, evidence="basic", labels=LABELS)
    page = page_of(base, shaken(head))
    said = [p.get_text() for p in page.select("#overview .headline")]
    assert said[0].startswith("No difference was found: on all 12 texts")
    assert said[1] == "Both are the same weights, byte for byte."
    assert not page.select("article.two, #notes .notes")
    assert {cell.get_text() for cell in page.select("#heads td")} == {"0.00", "0.0"}
    changes = {row.select("td")[-1].get_text() for row in page.select("#layers tbody tr")}
    assert changes == {"no change"}
    text = markdown.write(compare_runs(Findings(base), Findings(head)).runs, RenderOptions()).text
    assert "No difference was found" in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"evidence": "none"}, "predict the same and look at the same tokens. What changes their"),
        (
            {"kind": "embedding", "evidence": "basic"},
            "texts both models look at the same tokens and",
        ),
        (
            {"kind": "embedding", "evidence": "none"},
            "Their predictions, and what changes them, were",
        ),
    ],
)
def test_what_was_not_compared_is_not_called_the_same(
    tmp_path: Path, options: dict[str, str], said: str
) -> None:
    page = page_of(*twice(tmp_path, **options))
    assert said in page.select_one("#overview .headline").get_text()


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize(
    ("options", "alike", "key"),
    [
        ({"evidence": "none"}, False, "headline_unmeasured"),
        ({"evidence": "basic", "target": True}, False, "headline_other_target"),
        ({"evidence": "basic"}, True, "headline_no_token"),
    ],
)
def test_no_token_is_denied_that_was_not_compared(
    tmp_path: Path, lang: str, options: dict[str, object], alike: bool, key: str
) -> None:
    options = dict(options)
    is_other = options.pop("target", False)
    base, head = pair_of(tmp_path, kind="class", n_layers=1, n_heads=1, **options)
    tokens = head.tokens.copy()
    tokens[["cls_row_all", "received_all"]] = base.tokens[["cls_row_all", "received_all"]]
    head = changed(head, tokens=tokens)
    if is_other:
        evidence = [
            side.evidence.assign(explained_label=n) for side, n in ((base, "a"), (head, "b"))
        ]
        base, head = (changed(s, evidence=e) for s, e in zip((base, head), evidence, strict=True))
    found = compare_runs(Findings(base), Findings(head))
    words = CompareWords(found, load_language(lang))
    said = compare_headline(found, words)
    n = len([token for token in found.tokens if token.effect is not None])
    assert words.say(key, n=n, texts=12) in said
    denied = (
        "影響がはっきり変わったトークンはありません"
        if lang == "ja"
        else "no token's influence clearly"
    )
    assert any(denied in each for each in said) is alike


@pytest.mark.parametrize("evidence", ["none", "basic"])
def test_how_many_texts_a_token_takes_is_told_where_none_is_in_so_many(
    tmp_path: Path, evidence: EvidenceLevel
) -> None:
    """Of 130 texts a token must be in six: "ab" in five of them does not stand in the way."""
    letters = (chr(0x4E00 + i) for i in range(20_000))
    apart = ["".join(next(letters) for _ in range(6)) for _ in range(130)]
    texts = tuple(f"{text}ab" if i < 5 else text for i, text in enumerate(apart))
    base, head = (
        Findings(
            make_results(
                tmp_path / str(i), texts, n_layers=1, n_heads=1, keep=10, evidence=evidence, seed=i
            )
        )
        for i in (0, 1)
    )
    found, same = compare_runs(base, head), compare_runs(base, base)
    key = "limit_few" if evidence == "none" else "limit_few_effects"
    assert found.tokens == ()
    for lang in ("en", "ja"):
        words, of_same = (CompareWords(each, load_language(lang)) for each in (found, same))
        assert words.say(key, n=6) in limits(found, words)
        # Where nothing differs, no token is missed.
        assert of_same.say(key, n=6) not in limits(same, of_same)


def test_many_small_changes_are_told_as_such(tmp_path: Path) -> None:
    base, head = twice(tmp_path, evidence="basic")
    head = plant(head, effect=0.02, row=0.0)
    said = [p.get_text() for p in page_of(base, head).select("#overview .headline")]
    assert any(each.startswith("The influence of 1 of ") for each in said)
    assert not any("No token" in each for each in said)


def test_the_same_weights_are_told_without_maps(tmp_path: Path) -> None:
    page = page_of(*twice(tmp_path, evidence="basic", keep=0))
    said = [p.get_text() for p in page.select("#overview .headline")]
    assert said[:2] == [
        "The two models give the same outputs on all 12 texts.",
        "Both are the same weights, byte for byte.",
    ]


def test_every_flip_is_listed_with_what_became_of_it(tmp_path: Path) -> None:
    base, head = pair_of(tmp_path, kind="class", evidence="basic")
    sides = []
    for side, shift in ((base, 0), (head, 1)):
        names = [LABEL_NAMES["class"][(i + shift * (i < 7)) % 2] for i in range(12)]
        own = [LABEL_NAMES["class"][i % 3 == 0] for i in range(12)]
        sides.append(changed(side, texts=side.texts.assign(prediction_label=names, label=own)))
    found = compare_runs(*map(Findings, sides))
    page = page_of(*sides)
    table = page.select("#predictions table")[1]
    rows = [[cell.get_text() for cell in row.select("td")] for row in table.select("tbody tr")]
    assert len(rows) == found.predictions.n_moved == 7
    outcomes = [row[-1] for row in rows]
    assert outcomes == sorted(outcomes, key=["now wrong", "wrong in both", "now right"].index)
    numbers = [int(row.th.get_text().split(" · ")[0]) - 1 for row in table.select("tbody tr")]
    articles = [int(a["id"].removeprefix("text=")) - 1 for a in page.select("article.two")]
    assert articles[: len(numbers)] == numbers[:MOST_TEXTS]
    fixed, broken = (outcomes.count(name) for name in ("now right", "now wrong"))
    counts = f"{fixed} are now right, {broken} are now wrong, and 0 are wrong in both"
    assert counts in page.select_one("#predictions").get_text()
    assert counts in markdown.write(found.runs, RenderOptions()).text


def test_one_text_with_another_class_is_told_once(tmp_path: Path) -> None:
    base, head = pair_of(tmp_path, kind="class", n_layers=1, n_heads=1)
    names = base.texts["prediction_label"].tolist()
    names[3] = next(name for name in LABEL_NAMES["class"] if name != names[3])
    head = changed(head, texts=head.texts.assign(prediction_label=names))
    for lang, said, again in (
        ("en", "1 of 12 texts changed its prediction: the old class", "a different prediction"),
        ("ja", "12件のうち1件で予測が変わりました。旧モデルのクラスの確率は、", "別のもの"),
    ):
        text = markdown.write(
            compare_runs(*map(Findings, (base, head))).runs, RenderOptions(lang=lang)
        ).text.replace("\u200b", "")
        assert said in text
        assert again not in text
        assert not re.search("median|中央値", text.partition("|")[0])


def test_the_text_whose_prediction_moved_most_is_listed_and_open_first(tmp_path: Path) -> None:
    base, head = twice(tmp_path)
    moved = head.texts["prediction"].copy()
    moved.iloc[5] += 3.0
    texts = head.texts.assign(prediction=moved, scores=[[value] for value in moved])
    page = page_of(base, changed(head, texts=texts))
    assert "Most: text 6, " in page.select_one(".answer-card:nth-of-type(2) .remark").get_text()
    assert page.select_one("article.two")["id"] == "text=6"
    assert page.select_one(".notable ol a")["href"] == "#text=6"


def test_the_texts_of_a_token_are_those_its_effect_rests_on(tmp_path: Path) -> None:
    base, head = twice(tmp_path, evidence="basic", kind="class")
    head = plant(head)
    evidence = head.evidence.copy()
    evidence.loc[[1], "explained_label"] = "another"
    page = page_of(base, changed(head, evidence=evidence))
    row = page.select_one("#tokens tbody tr")
    assert row.th.get_text() == STAR
    assert row.select("td")[-1].get_text() == "5"  # of 6 with the token, one is not compared


def test_a_token_that_only_lost_its_part_is_in_the_headline(tmp_path: Path) -> None:
    base, head = twice(tmp_path, evidence="basic")
    base = plant(base, effect=2.0, row=0.0)
    head = plant(head, effect=0.4, row=0.0)
    said = [p.get_text() for p in page_of(base, head).select("#overview .headline")]
    assert said[2].startswith(f"“{STAR}” changes the score less: ")


def test_what_is_known_of_a_model_is_said_with_its_side(tmp_path: Path) -> None:
    base, head = twice(tmp_path, evidence="basic")
    evidence = replace(head.info.evidence, interrupted=True)
    model = replace(head.info.model, source="demo")
    info = replace(head.info, remarks=("loaded <oddly>",), evidence=evidence, model=model)
    head = replace(head, info=info)
    page = page_of(base, head)
    assert page.select_one(".run .pill")["title"].startswith("Demonstration model: its scores")
    said = [p.get_text() for p in page.select(".run > .banner > .told")]
    assert said == [
        "New model: loaded <oddly>",
        "New model: evidence was stopped by the user, so later stages are missing.",
    ]
    text = markdown.write(compare_runs(Findings(base), Findings(head)).runs, RenderOptions()).text
    assert "- New model: loaded &lt;oddly&gt;\n" in text
    both = replace(base, info=replace(base.info, remarks=("loaded <oddly>",)))
    said = [p.get_text() for p in page_of(both, head).select(".run > .banner > .told")]
    assert said == [
        "loaded <oddly>",
        "New model: evidence was stopped by the user, so later stages are missing.",
    ]
    found = compare_runs(Findings(both), Findings(plant(head)))
    text = markdown.write(found.runs, RenderOptions()).text
    front, folded = text.split("<details><summary>What was compared</summary>\n\n")
    assert "oddly" not in front  # no news to a reviewer of the change
    assert folded.startswith("loaded &lt;oddly&gt;\n")


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_models_are_called_old_and_new_beside_heads_of_attention(
    two_compared, lang: str
) -> None:
    """A "head model" beside "16 of 16 heads" would be read as one thing."""
    options = RenderOptions(lang=lang)
    page = BeautifulSoup(html_page.render(two_compared.runs, options).text, "html.parser")
    for command in page.select("pre, .facts"):
        command.decompose()
    text = re.sub(r"```.*?```", "", markdown.write(two_compared.runs, options).text, flags=re.S)
    for said in (page.find("main").get_text(), text):
        assert ("旧モデル" if lang == "ja" else "Old model") in said
        assert ("新モデル" if lang == "ja" else "New model") in said
        assert not re.search(r"(?i)\b(base|head)( model|'s|: )|the (base|head)\b|比較[元先]", said)


def test_what_cannot_be_compared_is_said_and_never_zero(tmp_path: Path) -> None:
    base, head = pair_of(tmp_path, evidence="basic", failed=(4,))
    head = retokenise(head, 2)
    page = page_of(base, head)
    said = [item.get_text() for item in page.select("#overview .notes li")]
    assert said[0].startswith("1 text was empty or failed in one model or both: 0 has figures")
    assert said[1].startswith("1 text is split into different tokens")
    other = make_results(tmp_path / "o", TEXTS, kind="class", n_layers=3, evidence="basic")
    page = page_of(base, other)
    said = " ".join(item.get_text() for item in page.select("#overview .notes li"))
    assert "different kinds of output" in said
    assert "different numbers of layers or heads" in said
    assert "explain different figures" in said
    assert page.select("#predictions, #heads") == []
    assert [
        row.select("td")[1].get_text() for row in page.select("#layers table")[0].select("tbody tr")
    ][3] == "–"
    assert (
        page.select_one("#overview .headline").get_text().startswith("The predictions of the two")
    )


@pytest.mark.parametrize("lang", some_of(["en", "ja"], "ja"))
def test_every_note_and_threshold_is_a_sentence(tmp_path: Path, lang: str) -> None:
    base, head = pair_of(tmp_path, evidence="basic", labels=LABELS)
    head = plant(plant(head, effect=1.5), effect=-1.0, row=0.0, token="最大")
    found = compare_runs(Findings(base), Findings(head))
    words = CompareWords(found, load_language(lang))
    notes = change_notes(found)
    assert {"token_moves", "heads"} <= {note.id for note in notes}
    for note in notes:
        said = words.note(note).text
        assert said.endswith("." if lang == "en" else "。")
        assert not re.search(r"[{}]|nan|None", said)
    assert len(CHANGE_THRESHOLDS) == len(page_of(base, head, lang=lang).select("#method .notes li"))


def test_hostile_texts_are_text(tmp_path: Path) -> None:
    texts = tuple(f"{STAR}{text}{i}" for i, text in enumerate(HOSTILE * 3))
    base, head = pair_of(tmp_path, texts, evidence="basic", labels=LABELS, n_layers=2, n_heads=1)
    head = plant(head)
    found, options = (
        compare_runs(Findings(base), Findings(head)),
        RenderOptions(title="<b>x</b> | @me"),
    )
    soup = BeautifulSoup(html_page.render(found.runs, options).text, "html.parser")
    assert len(soup.select("script")) == 2
    assert not soup.select("main img, main b b, h1 b, a[href^=javascript]")
    assert "\u202e" not in soup.find("main").get_text()
    text = markdown.write(found.runs, options).text
    assert text.startswith("<!-- reportgen:report -->\n")
    text = re.sub(r"^```sh\n([^`<]*)\n```$", "", text, flags=re.MULTILINE)  # a block of code
    assert not re.search(
        r"<(?!/?bdi|!-- reportgen:report -->|/?details>|/?summary>)|@me|^::|\u202e|(?<!&)#12",
        text,
        re.MULTILINE,
    )
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text)
    rendered = BeautifulSoup(html, "html.parser")
    assert not rendered.select("script, img, a")
    assert "<script>window.bad=1</script>" in rendered.get_text().replace("\u200b", "")


def test_the_markdown_is_within_its_limits_and_leaves_out_whole_rows(text: str) -> None:
    assert len(text) <= 65_000
    assert len(text.encode()) <= 200_000
    assert not re.search(r"style=|data:|<svg|<script", text)
    assert {len(line.split(" ")[0]) for line in text.splitlines() if line.startswith("#")} <= {2, 3}
    tables = BeautifulSoup(
        MarkdownIt("gfm-like", {"linkify": False}).render(text), "html.parser"
    ).select("table")
    for table in tables:
        assert len({len(row.select("th, td")) for row in table.select("tr")}) == 1
    assert len(tables) == 3 + 1 + 2 + 1 + 2 + 1


def test_the_markdown_has_the_answers_in_front_and_folds_the_rest(two_compared, text) -> None:
    assert re.findall("^###? (.*)$", text, re.MULTILINE) == [
        "Two models compared",
        "The texts whose error grew most, or whose prediction, token effects or attention changed "
        "most",
    ]
    folds = re.findall(r"<details><summary>(.*)</summary>", text)
    assert folds == [
        "4 more texts",
        "Against the right answers",
        folds[2],
        "The texts that moved most",
        "Which tokens count more or less?",
        "Do sinks and spread change, layer by layer?",
        "Which heads attend differently?",
        "The heads that changed most",
        "What was compared",
        "How to reproduce",
    ]
    assert text.count("</details>") == len(folds)
    front = text.split("###")[0]
    names = re.findall(r"^- \*\*(.+?):", front, re.MULTILINE)
    order = ["Quality", "Predictions", "Tokens", "Layers", "Heads"]
    assert names == sorted(names, key=order.index)
    assert set(names) >= {"Quality", "Predictions", "Tokens", "Heads"}
    # The headline leaves open which model is better: how much it may be stands below it.
    mae = two_compared.predictions.fit("mae")
    said = re.search(r"Mean absolute error .*?: (\S+) \\\[(\S+), (\S+)\\\], 12", front)
    found = [float(x.replace("−", "-")) for x in said.groups()]
    assert found == pytest.approx([mae.difference, *mae.interval], abs=0.005)
    assert folds[2].startswith("The texts whose error grew most (")


def test_the_comment_begins_with_the_verdict_and_leads_to_the_page(two_models) -> None:
    base, head = (
        replace(s, info=replace(s.info, created=day))
        for s, day in zip(two_models, ("2026-01-30", "2026-01-31"), strict=True)
    )
    found = compare_runs(Findings(base), Findings(head))
    page = "https://example.com/a_b/compare.html?x=1&y=(2)"
    options = RenderOptions(page_url=page, commit="1b3c5d7..4f2a9c1")
    text = markdown.write(found.runs, options).text
    first = BeautifulSoup(sanitised(rendered(text[:400])), "html.parser").p
    verdict, *_ = compare_headline(found, CompareWords(found, load_language("en")))
    assert {link["href"] for link in first.select("a")} == {
        page.replace("(", "%28").replace(")", "%29")
    }
    assert first.a.get_text().replace("\u200b", "") == f"➖ {verdict}"
    assert first.get_text().split("\n")[1] == (
        "made-up → made-up · 12 of 12 texts compared · 2026-01-30 → 2026-01-31 "
        "· commit 1b3c5d7..4f2a9c1 · Full report"
    )
    links = [link["href"].partition("#")[2] for link in soup(text).select("td a")]
    shown = [f"id={number + 1}" for number in shown_texts(found)]
    assert links[: len(shown)] == shown
    assert set(links) == {*shown, "predictions"}
    ids = {e["id"] for e in page_of(base, head).select("[id]")}
    assert ids > set(links)
    assert "](" not in markdown.write(found.runs, RenderOptions()).text


def test_a_model_beside_itself_is_one_line_and_gates_still_stand(tmp_path: Path) -> None:
    found = compare_runs(*map(Findings, twice(tmp_path, evidence="basic")))
    text = markdown.write(found.runs, RenderOptions(commit="4f2a9c1")).text
    _, line = text.rstrip("\n").split("\n\n")
    assert line.startswith("**No difference was found: ")
    assert line.endswith("commit 4f2a9c1")
    gate = parse_gate("texts_total > 1", "fail", COMPARE_FIGURES)
    options = RenderOptions(title="Nightly", gates=evaluate([gate], found.figures))
    text = markdown.write(found.runs, options).text
    assert "## Nightly\n" in text
    assert (
        "\n**\u200b❌ 1 of 1 gates failed: texts\\_total 12 (allowed: at most 1). No diff" in text
    )
    assert "- **Failed:\u200b** texts\\_total 12 (allowed: at most 1)\n" in text


def test_each_text_of_the_markdown_names_the_tokens_that_changed_most(two_compared, text) -> None:
    part = text.split("### The texts whose")[1].split("<summary>Against")[0]
    rows = [line.split(" | ") for line in part.splitlines() if " · " in line]
    texts = shown_texts(two_compared)
    assert len(rows) == len(texts)
    n_changed = 0
    for (_, tokens, facts), number in zip(rows, texts, strict=True):
        own = two_compared.units.text == number
        base, head = (side[own] for side in two_compared.units.effect)
        shown = re.findall(r"([−+]?[\d.]+) → ([−+]?[\d.]+)", tokens)
        assert len(shown) == min(2, np.count_nonzero(np.abs(head - base) > 0.0051))
        n_changed += len(shown)
        changes = [float(b.replace("−", "-")) - float(a.replace("−", "-")) for a, b in shown]
        expected = sorted(np.abs(head - base))[::-1][: len(shown)]
        assert np.abs(changes) == pytest.approx(expected, abs=0.0101)
        assert facts.startswith("Prediction: ")
    assert n_changed


def test_heads_that_changed_are_bold_in_the_markdown(two_compared, text) -> None:
    part = text.split("<summary>Which heads attend")[1].split("</details>")[0]
    rows = [line.strip("| ").split(" | ")[1:] for line in part.splitlines() if line[:3] != "| L"]
    cells = [row for row in rows if row and re.match(r"\**[\d.]+", row[0])]
    bold = [[cell.startswith("**") for cell in row] for row in cells]
    assert bold == two_compared.heads.changed.tolist()


def test_the_json_holds_the_flat_figures_and_a_row_a_text(two_models, two_compared) -> None:
    record = json.loads(comparison_json.write(two_compared.runs, RenderOptions()).text)
    assert record["figures"] == comparison_figures(two_compared)
    assert len(record["texts"]) == len(TEXTS)
    assert record["texts"][3]["prediction_change"] == pytest.approx(
        two_models[1].texts["prediction"][3] - two_models[0].texts["prediction"][3], rel=1e-5
    )
    assert record["tokens"][0]["token"] == STAR
    assert record["tokens"][0]["deletion_effect"]["low"] > 0
    assert record["provenance"]["base"]["weights_sha256"] == "0" * 64
    assert all(
        value is None or isinstance(value, (int, float)) for value in record["figures"].values()
    )


def test_every_flat_figure_is_one_that_gates_can_name(two_compared) -> None:
    for name in comparison_figures(two_compared):
        assert COMPARE_FIGURES.find(name) is not None, name


def test_gates_stand_on_the_page_in_markdown_and_in_json(two_compared) -> None:
    figures = comparison_figures(two_compared)
    gates = (
        parse_gate("prediction_changed > 0.05", "fail", COMPARE_FIGURES),
        parse_gate("jsd_max > 1", "warn", COMPARE_FIGURES),
    )
    options = RenderOptions(gates=evaluate(gates, figures))
    page = html_page.render(two_compared.runs, options).text
    soup = BeautifulSoup(page, "html.parser").select_one("table.gates")
    assert [row.th.text for row in soup.select("tbody tr")] == ["Failed", "Passed"]
    text = markdown.write(two_compared.runs, options).text
    found = f"prediction\\_changed {figures['prediction_changed']:.3g} (allowed: at most 0.05)"
    assert text.split("\n**")[1].startswith(f"\u200b❌ 1 of 2 gates failed: {found}. ")
    assert f"- **Failed:\u200b** {found}\n" in text
    assert "- **Passed:\u200b** jsd\\_max 0." in text
    assert "(allowed: at most 1, else a warning)" in text
    record = json.loads(comparison_json.write(two_compared.runs, options).text)
    assert [gate["passed"] for gate in record["gates"]] == [False, True]
    assert record["gates"][0]["found"] == pytest.approx(figures["prediction_changed"], rel=1e-5)


def test_no_text_of_the_json_is_a_command_of_a_log(tmp_path: Path) -> None:
    base, head = pair_of(tmp_path, ids=("##[error]x", *map(str, range(11))))
    options = RenderOptions(title="##[add-mask]")
    text = comparison_json.write(compare_runs(Findings(base), Findings(head)).runs, options).text
    assert "##" not in text
    assert json.loads(text)["texts"][0]["id"] == "##[error]x"


def test_a_role_without_a_usual_name_has_a_figure_that_gates_can_name(tmp_path: Path) -> None:
    sides = []
    for results in pair_of(tmp_path):
        roles = results.roles.assign(role=results.roles["role"].replace("cls", "<x>"))
        own = (Role("<x>", "<x>"), *results.info.roles[1:])
        sides.append(changed(results, replace(results.info, roles=own), roles=roles))
    figures = comparison_figures(compare_runs(*map(Findings, sides)))
    assert figures["sink_share_change_u003cxu003e"] is not None
    assert all(COMPARE_FIGURES.find(name) for name in figures)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_other_labels_are_told(tmp_path: Path, lang: str) -> None:
    base, head = (
        make_results(tmp_path / name, TEXTS, labels=labels)
        for name, labels in (("a", LABELS), ("b", (9.5, *LABELS[1:])))
    )
    page = page_of(base, head, lang=lang)
    said = load_language(lang).count("compared", "limit_labels", 1)
    assert said in page.get_text()


def test_texts_that_were_matched_or_left_out_are_told(tmp_path: Path) -> None:
    base = make_results(tmp_path / "a", TEXTS, evidence="basic")
    texts = (TEXTS[1], TEXTS[0], *TEXTS[2:9], "another text", "one more")
    ids = ("2", "1", *map(str, range(3, 11)), "new")
    head = make_results(tmp_path / "b", texts, evidence="basic", seed=1, ids=ids)
    found = compare_runs(Findings(base), Findings(head))
    for lang in ("en", "ja"):
        words = CompareWords(found, load_language(lang))
        page = html_page.render(found.runs, RenderOptions(lang=lang)).text
        said = [
            item.get_text() for item in BeautifulSoup(page, "html.parser").select("#overview li")
        ]
        for key, n, named in (("removed", 2, "11, 12"), ("added", 1, "new"), ("altered", 1, "10")):
            assert words.count(f"limit_{key}", n, ids=named) in said
        assert words.count("limit_reordered", 2) in said
    record = json.loads(comparison_json.write(found.runs, RenderOptions()).text)
    assert record["comparable"]["texts_removed"] == ["11", "12"]
    assert [row["id"] for row in record["texts"]] == [str(i) for i in range(1, 10)]
    with redacted_comparison(found, "en", wanted=True) as masked:
        text = markdown.write(masked.runs, RenderOptions()).text
        long = {str(i) for i in range(1, 10)} & {base.texts["text_id"][i] for i in long_texts(base)}
        long &= {head.texts["text_id"][i] for i in long_texts(head)}
        assert {*masked.base.texts["text_id"]} == long
        assert masked.figures["texts_total"] == len(long) == 8
        assert masked.figures.keys() == found.figures.keys()
    assert TEXTS[2] not in text


def test_a_small_room_leaves_no_heading_without_what_it_heads(two_compared) -> None:
    whole = markdown.write(two_compared.runs, RenderOptions()).text
    for room in range(2500, len(whole.encode()), 500):
        text = markdown.step_summary(two_compared.runs, RenderOptions(), room).decode()
        *_, before, last = [line for line in text.splitlines() if line]
        assert len(text.encode()) <= room
        assert not before.startswith("#")
        assert "not shown" in last
