"""The panel on agreement: figures of the results, what they are held against, and why not."""

from collections import namedtuple
from itertools import product

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from helpers.cases import some_of
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.made_up_figures import judged
from helpers.page_of import page_of

from reportgen.findings import Colouring, Findings
from reportgen.report import load_language
from reportgen.report.charts import correlation_scale
from reportgen.report.panel import make_scope
from reportgen.report.sections import chosen, make_across, make_answers, make_trust
from reportgen.results import BY_ID, COLOURS

EN = load_language("en")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("full"), HEADLINES, evidence="full", later=True)


def trust_of(results):
    return make_trust(Findings(results), make_scope(Findings(results), EN), EN)


SIGNED = {"ig", "mask", "attention_gradient", "cp_lrp"}


def means(results, with_sign=False):
    """The mean agreement of each view: by size, or of those with a sign also with it."""
    rows = results.agreement
    has_sign = rows["view"].isin(SIGNED)
    kept = has_sign == (rows["statistic"] == ("spearman" if with_sign else "spearman_size"))
    rows = rows[kept & rows["statistic"].isin(["spearman", "spearman_size"])]
    return rows.groupby("view")["value"].mean().astype(float)


def number(text):
    return float(text.replace("−", "-").replace("+", ""))


Row = namedtuple("Row", "name chart spearman with_sign over n_texts")
FIRST = "the default colours"


def rows_of(trust):
    rows = [Row(*row) for group in (*trust.groups, *trust.rest) for row in group.rows]
    return {row.name.text: row for row in rows}


NAMES = {
    "attention × value, all layers": "received_norm_all",
    "attention received, all layers": "received_all",
    "[CLS] row, last layer": "cls_row_last",
    "gradient size": "gradient",
    "integrated gradients": "ig",
    "attention × gradient": "attention_gradient",
    "CP-LRP": "cp_lrp",
    "ALTI": "alti",
    "[MASK] effect": "mask",
    "token rarity": "rarity",
    "random order": "random",
}


def test_every_row_is_the_mean_over_texts(results):
    spearman, signed, rows = means(results), means(results, True), rows_of(trust_of(results))
    for name, view in NAMES.items():
        assert number(rows[name].spearman.text) == pytest.approx(spearman[view], abs=0.005)
        if view in SIGNED:
            assert number(rows[name].with_sign.text) == pytest.approx(signed[view], abs=0.005)
        else:
            assert rows[name].with_sign.text == "–"
        low, high = map(number, rows[name].spearman.small.strip("[]").split(", "))
        assert low <= spearman[view] <= high
        assert rows[name].n_texts.text == "5"  # one has too few text tokens


def test_the_gain_over_a_baseline_is_the_difference_of_the_means(results):
    findings, rows = Findings(results), rows_of(trust_of(results))
    judged = findings.judgements["gradient"]
    known = {view: own.estimate.mean for view, own in findings.agreement_by_size.items()}
    gain = known["gradient"] - known[judged.baseline]
    over = rows["gradient size"].over
    assert number(over.text) == pytest.approx(gain, abs=0.005)
    assert over.text[0] in "+−"
    assert over.small.endswith(f"] {EN.measure(judged.baseline, 'name')}")
    assert rows["token rarity"].over.text == "–"


def test_the_best_stand_first_and_baselines_in_their_own_order(results):
    trust = trust_of(results)
    assert [group.title for group in trust.groups] == [
        "Views of attention",
        "Other measures",
        "For comparison",
    ]
    for group in trust.groups[:2]:
        found = [number(Row(*row).spearman.text) for row in group.rows]
        assert found == sorted(found, reverse=True)
    assert [name.text for name, *_ in trust.groups[2].rows] == [
        "[MASK] effect",
        "token rarity",
        "rarity in the texts",
        "random order",
    ]
    assert [name.small.split(":")[0] for name, *_ in trust.groups[2].rows] == [
        "ceiling",
        "baseline",
        "baseline",
        "baseline",
    ]


def test_the_bars_end_at_the_means_and_the_ceiling_is_dashed(results):
    spearman, rows = means(results), rows_of(trust_of(results))
    svg = BeautifulSoup(rows["integrated gradients"].chart.track, "html.parser").svg
    left, width = float(svg.rect["x"]), float(svg.rect["width"])
    ends = [text["x"] for text in BeautifulSoup(trust_of(results).axis, "html.parser")("text")]
    scale = correlation_scale(1 - (len(ends) - 1) / 2)
    assert left + width == pytest.approx(scale.at(spearman["ig"]), abs=0.2)
    dashed = svg.find("path", attrs={"stroke-dasharray": True})["d"]
    assert float(dashed[1:].split()[0]) == pytest.approx(scale.at(spearman["mask"]), abs=0.1)
    assert trust_of(results).has_ceiling


def test_the_headline_is_about_what_the_colours_show_first(results, tmp_path):
    trust = trust_of(results)
    mean = f"{means(results)['cls_row_last']:.2f}".replace("-", "−")
    assert f"the default colours and what changes the prediction: {mean};" in trust.headline
    assert trust.beside.startswith(
        "The colours show [CLS] row, last layer: the prediction is read from that row alone. "
        "Its agreement is "
    )
    assert "The figure is a rank correlation of sizes, mean over 5 texts, 95\u00a0% interval [" in (
        trust.beside
    )
    ceiling = means(results)["mask"]
    assert f"with [MASK] in a token's place, correlates with it at {ceiling:.2f}." in trust.beside
    judged = Findings(results).colouring.judgement
    assert f"{EN.measure(judged.baseline, 'name')}" in trust.beside
    (first,) = [name for name, *_ in rows_of(trust).values() if name.small == FIRST]
    assert first.text == "[CLS] row, last layer"
    without = make_results(tmp_path, HEADLINES, evidence="basic", special=False)
    assert trust_of(without).beside.startswith("The colours show attention received, all layers: ")
    assert "Another measurement" not in trust_of(without).beside
    assert not trust_of(without).has_ceiling


def test_the_chosen_colours_are_named_with_their_figure_and_that_of_a_baseline():
    def said(way="row", verdict="partly", over=(0.128, 0.05, 0.2), missing=None, lang="en"):
        own = judged(over, (0.612, 0.5, 0.7), verdict)
        found = Colouring("cls_row_last", way, 6, 24, own, None, missing)
        return chosen(found, load_language(lang), "[CLS]")

    row = (
        "The colours show [CLS] row, last layer: the prediction is read from that row alone. "
        "Its agreement is 0.61."
    )
    gain = "length in characters gives 0.48, a difference of 0.13 (0.05 to 0.20)."
    above = f"The default colours surely agree better than any ranking that needs no model: {gain}"
    assert said() == f"{row} {above}"
    assert said(verdict="no_more", over=(0.1, -0.1, 0.3)) == (
        f"{row} A ranking that needs no model, length in characters, gives 0.51: the difference, "
        "0.10 (−0.10 to 0.30), may be none."
    )
    worse = said("asked", "worse", (-0.1, -0.2, -0.05))
    assert worse == (
        "The colours show [CLS] row, last layer, as was asked. Its agreement is 0.61. A "
        "ranking that needs no model, length in characters, surely does better: 0.71, a difference "
        "of −0.10 (−0.20 to −0.05)."
    )
    assert said(missing="ig").startswith(
        "The colours that were asked for, integrated gradients, were not measured here. The colours"
    )
    assert said(lang="ja") == (
        "色は「[CLS]の行（最終層）」を示しています。予測はこの行だけから求められます。一致度は0.61です。"
        "初期表示の色は、モデルを使わないどの順位よりも確実によく一致します。「文字数」は0.48で、差は0.13（0.05～0.20）です。"
    )


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize(
    ("own", "of_rarity", "headline", "verdict", "against"),
    [
        (-0.29, -0.2, "headline_opposite", "opposite", "against"),
        (-0.29, 0.2, "headline_opposite", "opposite", "against"),
        (0.0, -0.2, "headline_zero", "chance", "against"),
        (0.5, 0.3, "headline", "partly", "against_above"),
        (0.5, 0.7, "headline", "worse", "against_worse"),
    ],
)
def test_the_verdict_on_looking_is_that_of_its_agreement_and_of_the_best_baseline(
    tmp_path, lang, own, of_rarity, headline, verdict, against
):
    """Where the model looks agrees at `own`; that another measure does better changes nothing."""
    texts = tuple(f"{line}{i}" for i, line in enumerate(HEADLINES * 2))
    made = make_results(tmp_path, texts, evidence="basic")
    rows = made.agreement[made.agreement["view"] != "random"].copy()
    order = rows["text"].to_numpy() - rows["text"].mean()
    heights = {"cls_row_last": own, "rarity": of_rarity, "gradient": 0.6}
    noise = np.where(rows["view"] == "rarity", -1, 1) * (rows["text"] % 2 - 0.5) / 50
    rows["value"] = rows["view"].map(heights).fillna(-0.6)
    rows["value"] += order / 4 * (0.03 if own < 0 else 0.35) + noise
    others = rows[rows["view"] == "rarity"].assign(view="text_rarity", value=-0.5)
    made = changed(made, agreement=pd.concat([rows, others]))
    language, findings = load_language(lang), Findings(made)
    trust = make_trust(findings, make_scope(findings, language), language)
    fourth = make_answers(findings, language)[3]
    judged = findings.colouring.judgement
    assert findings.shown_first == "cls_row_last"
    assert judged.verdict == verdict
    mean = language.write(judged.agreement.mean, "correlation")
    assert trust.headline == language.say("trust", headline, mean=mean)
    name = language.measure("rarity", "name")
    assert fourth.question == language.say("answers", "looking")
    assert fourth.answer == language.say("verdict", f"is_{verdict}", baseline=name)
    assert language.measure("cls_row_last", "name", row="[CLS]") in trust.chosen
    said = language.say(
        "trust",
        against,
        baseline=name,
        base=language.write(judged.agreement.mean - judged.over.mean, "correlation"),
        over=judged.over.mean,
        ends=judged.over.interval,
    )
    assert trust.chosen.endswith(said)


def test_measures_that_can_colour_no_text_are_folded_in_one_line(results):
    trust = trust_of(results)
    known = {EN.measure(view, "name", row="[CLS]"): view for view in BY_ID}
    folded = {known[row[0].text] for group in trust.rest for row in group.rows}
    shown = {known[row[0].text] for group in trust.groups for row in group.rows}
    cannot = {
        view
        for view in shown | folded
        if view not in COLOURS and BY_ID[view].group != "baselines" and view != "mask"
    }
    assert folded == cannot
    assert folded
    assert trust.rest_name == f"{len(folded)} more, which cannot colour a text"
    fold = page_of(results).select_one("#trust > details.folded:not(.behind)")
    assert fold.summary.get_text().startswith(trust.rest_name)
    assert len(fold.select("tbody tr:not(.group)")) == len(folded)


def test_what_does_not_add_up_has_no_bar(results):
    evidence = results.evidence.copy()
    evidence.loc[1, "ig_complete"] = False
    row = rows_of(trust_of(changed(results, evidence=evidence)))["integrated gradients"]
    assert row.chart.track == ""
    assert row.name.small == "no bar: they do not add up in every text"
    assert rows_of(trust_of(results))["integrated gradients"].chart.track != ""


def test_agreement_is_never_called_accuracy(results):
    trust = trust_of(results)
    for said in (trust.headline, trust.beside, *(n.text for n in trust.notes)):
        assert not {"accura", "correct"} & {said[i : i + 6] for i in range(len(said))}


def test_too_few_texts_have_no_statistic_and_the_words_for_that(tmp_path):
    trust = trust_of(make_results(tmp_path, HEADLINES[:4], evidence="basic"))
    assert (trust.groups, trust.headline, trust.first) == ((), "", None)
    assert trust.not_computed == (
        "Not computed: rank agreement takes at least 5 different texts with at least 4 text "
        "tokens each, whose effects differ (here: 3 of 4 with evidence)."
    )


@pytest.mark.parametrize(
    ("n_different", "lang"),
    some_of(product([1, 4, 5], ["en", "ja"]), *zip([1, 4, 5], ["en", "ja", "en"], strict=True)),
)
def test_equal_texts_count_once_in_agreement(tmp_path, lang, n_different):
    """Ten texts, of which so many differ; each figure is that of the different texts alone."""
    different = [f"{HEADLINES[0]}{letter}" for letter in "ghijk"[:n_different]]
    n_copies = 10 - n_different
    made = make_results(tmp_path, (*different, *different[:1] * n_copies), evidence="basic")
    language, findings = load_language(lang), Findings(made)
    trust = make_trust(findings, make_scope(findings, language), language)
    if n_different < 5:
        counts = {"min_texts": 5, "min_units": 4, "n": n_different, "total": 10}
        said = language.say("trust", "not_computed", **counts)
        assert trust.not_computed == said
        assert (trust.groups, trust.first, findings.agreement_by_size) == ((), None, {})
        assert findings.colouring.n_texts == n_different
        return
    rows = made.agreement[made.agreement["text"] < n_different]
    of_rarity = rows[(rows["view"] == "rarity") & (rows["statistic"] == "spearman")]["value"]
    assert trust.not_computed == ""
    found = findings.agreement_by_size["rarity"].estimate
    assert (found.mean, found.n_texts) == (pytest.approx(of_rarity.mean()), 5)
    assert all(row[-1].text == "5" for group in trust.groups for row in group.rows)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_where_nothing_changes_the_output_that_is_the_reason(tmp_path, lang):
    """Not that there are too few texts with evidence: there are six."""
    made = make_results(tmp_path, HEADLINES, evidence="full")
    made.effects["effect"] = made.effects["effect"].where(made.effects["effect"].isna(), 0.0)
    still = changed(made, agreement=made.agreement[made.agreement["statistic"] == "none"])
    language, findings = load_language(lang), Findings(still)
    trust = make_trust(findings, make_scope(findings, language), language)
    assert trust.not_computed == language.say("trust", "not_computed_constant")
    row = language.measure("cls_row_last", "name", row="[CLS]")
    assert trust.chosen == language.say("trust", "chosen_row", view=row)
    assert trust.groups == ()
    said = {answer.section: answer for answer in make_answers(findings, language)}
    assert said["across"].answer == language.say("answers", "nothing_changes")
    assert said["trust"].answer == language.say("answers", "no_order")
    headline = make_across(findings, language).headline
    assert headline.startswith(language.say("across", "nothing_moves"))


def test_a_view_of_too_few_texts_is_named_not_listed(tmp_path):
    made = make_results(tmp_path, HEADLINES, evidence="basic")
    gone = (made.agreement["view"] == "gradient") & (made.agreement["text"] > 2)
    made.agreement.loc[gone, "value"] = np.nan
    trust = trust_of(made)
    assert trust.few == "In fewer than 5 different texts, so not listed: gradient size."
    assert "gradient size" not in rows_of(trust)


def test_what_is_withheld_is_listed_with_its_reason(tmp_path):
    withheld = {"gradient": "no_gradient"}
    trust = trust_of(make_results(tmp_path, HEADLINES, evidence="basic", withheld=withheld))
    assert [names for names, _ in trust.withheld] == ["gradient size"]
    assert trust.is_basic


def test_there_is_no_panel_without_evidence(tmp_path):
    assert trust_of(make_results(tmp_path)) is None


def test_a_headline_whose_interval_holds_0_claims_no_agreement(tmp_path):
    made = make_results(tmp_path, HEADLINES, evidence="basic")

    def headline(low, high):
        rows = made.agreement[made.agreement["view"].isin(["cls_row_last", "rarity"])].copy()
        own = (rows["view"] == "cls_row_last") & (rows["statistic"] == "spearman")
        rows.loc[own, "value"] = np.linspace(low, high, own.sum())
        return trust_of(changed(made, agreement=rows)).headline

    assert headline(-0.6, 0.8).startswith("No clear agreement between the default colours")
    said = headline(-0.6, -0.2)
    reversed_order = "The default colours rank tokens the other way round"
    assert said.startswith(f"{reversed_order}, compared with what changes ")
    assert "−0.40 (1 = same ranking, 0 = unrelated, −1 = reversed)" in said
    assert headline(0.4, 0.6) == (
        "Agreement between the default colours and what changes the prediction: 0.50 "
        "(1 = same ranking, 0 = unrelated)."
    )


def test_with_completions_it_says_why_the_last_row_is_not_compared(results, tmp_path):
    made = make_results(tmp_path, HEADLINES, kind="completion", evidence="basic")
    assert trust_of(made).row_unread
    assert not trust_of(results).row_unread
