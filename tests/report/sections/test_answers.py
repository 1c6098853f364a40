"""The four answers at the top of a page: each figure against a plain computation."""

import re
from dataclasses import replace

import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.cases import some_of
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.role_tables import same_in_every_text, with_roles
from helpers.made_up.tagged import tagged_results
from helpers.page_of import page_of
from helpers.plain.plain_bootstrap import plain_interval
from markupsafe import escape

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report import RenderOptions, load_language, redacted
from reportgen.report.charts import columns_of_dots
from reportgen.report.language import half_widths
from reportgen.report.sections import make_across, make_answers, make_overview, make_quality
from reportgen.report.short_form.markdown import write as markdown
from reportgen.results import CHANGES, COLOURS, MIN_TEXTS

EN, JA = load_language("en"), load_language("ja")
LABELS = (1.0, 2.0, 1.5, 1.1, 0.4, 2.2)
KINDS = (
    *("number", "class", "labels", "numbers", "embedding", "next_token"),
    *("completion", "tags", "masks", "answer"),
)
# "aa" stands in every text, so that it can be judged; all others are different.
TEXTS_APART = tuple(zip("bcdefghi", "jklmnopq", strict=True))
TEXTS = tuple(f"aa{a}{a}{b}{b}" for a, b in TEXTS_APART)


def drawn(chart):
    return BeautifulSoup(chart, "html.parser")


def answers(results, language=EN):
    return make_answers(Findings(results), language)


def test_numbers_without_labels(tmp_path):
    results = make_results(tmp_path)
    values = results.texts["prediction"]
    low, middle, high = (f"{x:.2f}".replace("-", "−") for x in np.quantile(values, [0, 0.5, 1]))
    first = answers(results)[0]
    assert first.answer == f"{low} to {high}, half below {middle}"
    opened = Findings(results).opened["en"] + 1
    said = f"One dot per text; large: text {opened}. Without right answers, accuracy is unknown."
    assert first.remark == said
    assert first.section == "predictions"


def test_of_few_numbers_none_is_said_to_be_in_the_middle(tmp_path):
    results = make_results(tmp_path, TEXTS[: MIN_TEXTS - 1])
    low, high = (
        f"{x:.2f}".replace("-", "−") for x in np.quantile(results.texts["prediction"], [0, 1])
    )
    assert answers(results)[0].answer == f"{low} to {high}"


def test_embeddings_have_a_dot_per_text_at_the_largest_change_without_one_token(tmp_path):
    results = make_results(tmp_path, kind="embedding", evidence="basic")
    findings = Findings(results)
    largest = {}
    for row in results.effects.itertuples():
        if not np.isnan(row.deletion):
            largest[row.text] = max(largest.get(row.text, 0.0), abs(row.deletion))
    first = make_answers(findings, EN)[0]
    opened = largest.get(findings.opened["en"])
    assert opened is not None
    assert first.drawing == columns_of_dots(np.array(list(largest.values())), opened)
    assert len(largest) == len(results.texts)
    assert first.remark == EN.say("answers", "embedding_dots")


def test_embeddings_without_evidence_have_no_chart(tmp_path):
    first = answers(make_results(tmp_path, kind="embedding"))[0]
    assert (first.chart, first.remark) == (None, "An embedding is neither right nor wrong.")


def test_numbers_with_labels(tmp_path):
    results = make_results(tmp_path, labels=LABELS)
    errors = np.abs(results.texts["prediction"] - np.array(LABELS))
    base = np.abs(np.array(LABELS) - np.median(LABELS)).mean()
    first = answers(results)[0]
    assert errors.mean() > base
    assert first.answer == f"Off by {errors.mean():.2f}: worse than a constant"
    middle = f"{np.median(LABELS):.2f}"
    assert first.remark == f"Bars: mean distance from the right answers, whose median is {middle}."
    opened = Findings(results).opened["en"]
    shown = ["the model", f"always {middle}", f"text {opened + 1} alone"]
    shown += [f"{off:.2f}" for off in (errors.mean(), base, errors.iloc[opened])]
    assert [text.get_text() for text in drawn(first.chart).find_all("text")] == shown


def test_classes_with_labels(tmp_path):
    made = make_results(tmp_path, kind="class")
    texts = made.texts.assign(label=["good"] * 6)
    right = int((texts["prediction_label"] == "good").sum())
    first = answers(changed(made, texts=texts))[0]
    assert first.answer == f"{100 * right / 6:.1f}\u00a0% right: no better than a constant"
    assert first.remark == "Always answering “good”: 100.0\u00a0% right."
    all_right = changed(made, texts=texts.assign(label=texts["prediction_label"]))
    assert answers(all_right)[0].answer == "100.0\u00a0% right: 6 of 6 texts"
    one_wrong = changed(made, texts=texts.assign(label=["bad", *texts["prediction_label"][1:]]))
    for results, is_exact in ((all_right, True), (one_wrong, False)):
        note = make_quality(Findings(results), EN).interval_note
        assert note.startswith("In brackets: 95\u00a0% interval (bootstrap")
        assert ("the exact one" in note) == is_exact


def test_the_class_that_is_right_least_often_is_among_the_bars(tmp_path):
    """The last of five classes by its number of texts, and the only one that is never right."""
    labels = [*"aaaaaaa", *"bbbbbb", *"cccccc", *"dddddd", *"eeeee"]
    made = make_results(tmp_path, HEADLINES * 5, kind="class")
    given = ["a" if label == "e" else label for label in labels]
    scores = [[float(name == own) for name in "abcde"] for own in given]
    texts = made.texts.assign(label=labels, prediction_label=given, scores=scores)
    info = replace(made.info, output=replace(made.info.output, labels=("a", "b", "c", "d", "e")))
    findings = Findings(changed(made, info, texts=texts))
    first = make_answers(findings, EN)[0]
    names = [text.get_text() for text in drawn(first.chart).find_all("text")]
    assert {"the model", "always a", "a", "e", "0 of 5"} <= {*names}
    assert not {"b", "c", "d"} & {*names}
    assert "2 of 5 classes, the worst among them. Always answering “a”" in first.remark
    said = "Never predicted, though the right answer of 5 texts: “e”."
    assert said in make_quality(findings, EN).remarks
    texts.loc[0, ["label", "prediction_label"]] = None, "e"  # predicted, but not to be judged
    unjudged = make_quality(Findings(changed(made, info, texts=texts)), EN)
    assert not any(remark.startswith("Never") for remark in unjudged.remarks)


@pytest.mark.parametrize("kind", ["class", "tags"])
def test_the_share_right_has_its_interval_and_the_most_frequent_answer_beside_it(tmp_path, kind):
    """Some of 24 texts, or words, are wrong."""
    labels = ["bad"] * 10 + ["good"] * 14
    right = np.array([0.0] * 5 + [1.0] * 19)
    if kind == "class":
        made = make_results(tmp_path, HEADLINES * 4, kind="class")
        given = ["good" if i < 5 else label for i, label in enumerate(labels)]
        results = changed(made, texts=made.texts.assign(label=labels, prediction_label=given))
    else:
        texts = tuple(f"{a}{a}" for a in "abcdefghijklmnopqrstuvwx")
        made = tagged_results(tmp_path, texts)
        tag = made.texts["prediction_label"].tolist()
        labels = ["B-PER" if i < 5 and own != "B-PER" else own for i, own in enumerate(tag)]
        right = np.equal(labels, tag).astype(float)
        results = tagged_results(tmp_path / "labelled", texts, [[label] for label in labels])
    base = max(labels.count(name) for name in {*labels}) / 24
    chart = drawn(answers(results)[0].chart)
    names = [text.get_text() for text in chart.find_all("g")[0].find_all("text")]
    values = [text.get_text() for text in chart.find_all("g")[1].find_all("text")]
    assert (names[0], names[1]) == ("the model", f"always {max(labels, key=labels.count)}")
    assert values[:2] == [f"{100 * right.mean():.1f}\u00a0%", f"{100 * base:.1f}\u00a0%"]
    model, constant = chart.find_all("rect")[:2]
    zero, scale = float(model["x"]), float(model["width"]) / right.mean()
    assert float(constant["width"]) / scale == pytest.approx(base, abs=0.01)
    (line,) = chart.find_all("path", class_="ink")
    ends = [float(end) for end in re.match(r"M(\S+) \S+H(\S+)", line["d"]).groups()]
    plain = plain_interval(lambda rows: right[rows].mean(), 24)
    assert [(end - zero) / scale for end in ends] == pytest.approx(plain, abs=0.03)


def test_predictions_that_may_be_no_better_than_a_constant_are_not_called_better(tmp_path):
    made = make_results(tmp_path, labels=LABELS)
    near = np.mean(LABELS) + np.array([-0.02, -0.02, 0.02, 0.02, -0.02, 0.02])
    texts = made.texts.assign(prediction=near)
    errors, base = abs(near - LABELS), abs(np.mean(LABELS) - np.array(LABELS))
    low, _ = plain_interval(lambda rows: (base - errors)[rows].mean(), len(LABELS))
    assert errors.mean() < base.mean()
    assert low < 0
    said = f"Off by {errors.mean():.2f}: a constant may do as well"
    assert answers(changed(made, texts=texts))[0].answer == said


@pytest.mark.parametrize(
    ("counts", "en", "ja"),
    [
        ((9, 6), "Most often “bad”: 9 of 15 texts", "「bad」が最多で、15件中9件"),
        (
            (9, 9, 6),
            "Most often “bad” and “fair”: 9 of 24 texts each",
            "「bad」と「fair」が最多で、24件中それぞれ9件",
        ),
        (
            (2, 2, 2),
            "Most often “bad” and 2 others: 2 of 6 texts each",
            "「bad」ほか2種類が最多で、6件中それぞれ2件",
        ),
    ],
)
def test_classes_without_labels_are_named_where_no_other_is_as_frequent(tmp_path, counts, en, ja):
    """Page, Markdown and section on predictions; “mostly” would be more than half."""
    names = [
        name for name, n in zip(("bad", "fair", "good"), counts, strict=False) for _ in range(n)
    ]
    made = make_results(tmp_path, tuple("ab" * (1 + i) for i in range(len(names))), kind="class")
    made = with_classes(made, names)
    findings = Findings(made)
    for lang, language, said in (("en", EN, en), ("ja", JA, ja)):
        assert answers(made, language)[0].answer == said
        headline = make_quality(findings, language).headline
        assert re.findall(r"\d+", said) == re.findall(r"\d+", headline)
        assert re.findall("[“「](.*?)[”」]", said) == re.findall("[“「](.*?)[”」]", headline)
        written = markdown(Runs(findings), RenderOptions(lang=lang)).text
        assert re.sub(r"[\\\u200b]", "", headline) in re.sub(r"[\\\u200b]", "", written)


def with_classes(made, names):
    labels = ("bad", "fair", "good")
    output = replace(made.info.output, labels=labels)
    scores = [[float(name == own) for own in labels] for name in names]
    texts = made.texts.assign(prediction_label=names, scores=scores)
    return changed(made, texts=texts, info=replace(made.info, output=output))


def test_of_several_labels_none_is_the_most_frequent_where_none_was_given(tmp_path):
    made = make_results(tmp_path, kind="labels")
    n = len(made.texts)
    texts = made.texts.assign(scores=[[-5.0] * len(made.info.output.labels)] * n)
    made = changed(made, texts=texts)
    assert answers(made)[0].answer == f"No tag in any of {n} texts"
    assert answers(made, JA)[0].answer == f"{n}件のどれにもタグなし"
    assert make_quality(Findings(made), EN).headline == f"No tag was given to any of {n} texts."


def test_the_next_token_is_named_with_its_texts(tmp_path):
    made = make_results(tmp_path, kind="next_token")
    counts = made.texts["prediction_label"].value_counts()
    first = answers(made)[0]
    assert first.answer.startswith("Next token most often “")
    assert f": {counts.iloc[0]} of 6 texts" in first.answer
    made.texts["prediction_label"] = "\n"
    assert answers(made)[0].answer == "Next token most often “line break ↵”: 6 of 6 texts"


def with_effects(folder, effect, texts=TEXTS):
    """Results in which "aa" has the deletion effects `effect` (one per text), all others none."""
    made = make_results(folder, texts, evidence="basic")
    effects = made.effects.copy()
    effects["effect"] = 0.0
    first = effects["position"] == 1
    effects.loc[first, "effect"] = list(effect)
    return changed(made, effects=effects)


def test_a_token_is_named_only_where_its_effect_is_clear(tmp_path):
    clear = answers(with_effects(tmp_path / "a", np.linspace(0.9, 1.1, 8)))[1]
    assert clear.answer == "“aa” clearly raises it"
    assert clear.remark == "Mean effect in those of 8 texts with the token."
    lowers = answers(with_effects(tmp_path / "b", np.linspace(-0.9, -1.1, 8)))[1]
    assert lowers.answer == "“aa” clearly lowers it"
    noise = answers(with_effects(tmp_path / "c", [1, -1, 1, -1, 1, -1, 1, -0.9]))[1]
    assert noise.answer == "No token stands out over all texts"
    assert "could be chance" not in str(clear.chart)


def test_a_clear_effect_that_is_tiny_in_the_range_of_all_predictions_is_not_praised(tmp_path):
    """The rule of the sentence on one text: a twentieth of the range that predictions span."""
    made = with_effects(tmp_path, np.linspace(0.9, 1.1, 8))
    for part, said in ((0.04, "No token changes it much"), (0.06, "“aa” clearly")):
        spread = made.texts["prediction"]
        wide = (spread - spread.min()) / np.ptp(spread) / part
        texts = made.texts.assign(prediction=wide, scores=[[value] for value in wide])
        findings = Findings(changed(made, texts=texts))
        assert make_answers(findings, EN)[1].answer.startswith(said)
        headline = make_across(findings, EN).headline
        is_tiny = f"Over all texts the score spans {1 / part:#.3g}." in headline
        assert is_tiny == ("raises the prediction by much" in headline) == (part < 0.05)


def test_a_token_whose_effect_may_be_chance_is_hollow_and_says_so_beside_its_value(tmp_path):
    texts = tuple(f"aabb{c}{c}" for c in "cdefghij")  # "bb" too stands in all of them
    made = with_effects(tmp_path, np.linspace(0.9, 1.1, 8), texts)
    effects = made.effects.copy()
    effects.loc[effects["position"] == 2, "effect"] = [1.6, 0.2] * 4
    findings = Findings(changed(made, effects=effects))
    found = make_answers(findings, EN)[1]
    assert found.answer == "“aa” clearly raises it"
    assert (
        found.remark == "Mean effect in those of 8 texts with the token. Hollow bars are not sure."
    )
    clear, hollow = drawn(found.chart).find_all("rect")
    assert "hollow" in hollow["class"]
    assert "hollow" not in clear["class"]
    of_bb = [1.6, 0.2] * 4
    values = drawn(found.chart).find_all("g")[1].find_all("text")
    assert values[1].get_text() == f"+{np.mean(of_bb):.1f} could be chance"
    listing = findings.told_lists.lists["raises"]
    assert [token.is_named for token in (*listing.sure, *listing.doubtful)][:2] == [True, False]


def test_in_one_text_the_strongest_change_is_told(tmp_path):
    made = make_results(tmp_path, HEADLINES[:1], evidence="basic")
    effects = made.effects_of(0).dropna(subset=["effect"])
    strongest = effects.loc[effects["effect"].abs().idxmax(), "position"]
    label = made.tokens_of(0).set_index("position").loc[strongest, "token"]
    assert answers(made)[1].answer == f"In this text, “{label}” changes it most"


def test_of_the_only_token_of_the_only_text_nothing_is_said_to_be_the_most(tmp_path):
    made = make_results(tmp_path, ("ab",), evidence="basic")
    assert answers(made)[1].answer == "Its only token, “ab”, changes it"


def test_where_texts_share_no_token_the_changes_of_the_open_text_are_drawn(tmp_path):
    made = make_results(
        tmp_path, tuple(f"{a}{a}{b}{b}{a}{a}" for a, b in TEXTS_APART), evidence="basic"
    )
    found, opened = answers(made)[1], Findings(made).opened["en"]
    assert found.answer == "Too few texts share a token to say"
    assert found.remark == f"Bars: how far tokens raise or lower it in text {opened + 1} only."
    effects = made.effects_of(opened).dropna(subset=["effect"])["effect"].sort_values()
    figures = drawn(found.chart).find_all("g")[1].find_all("text")
    shown = [float(text.get_text().replace("−", "-")) for text in figures]
    assert shown == pytest.approx(effects.to_numpy()[::-1], abs=0.01)
    a, b = TEXTS_APART[opened]
    names = [text.get_text() for text in drawn(found.chart).find_all("g")[0].find_all("text")]
    assert sorted(names) == sorted([f"{a}{a} (1st)", f"{a}{a} (2nd)", b * 2])


def test_a_hidden_text_has_no_named_token(tmp_path):
    made = make_results(tmp_path, evidence="basic")
    with redacted(made, "en", wanted=True, with_short=True) as hidden:
        found = answers(hidden)[1]
    assert found.answer == "Texts are hidden: no token is named"
    assert found.remark == "Bars at the tokens of each text show its changes."
    assert found.drawing is None


def test_the_class_of_one_text_comes_with_the_probability_of_each(tmp_path):
    made = make_results(tmp_path, HEADLINES[:1], kind="class")
    name = made.texts["prediction_label"][0]
    first = answers(made)[0]
    assert first.answer == name
    shares = np.exp(scores := np.array(made.texts["scores"][0], float)) / np.exp(scores).sum()
    figures = drawn(first.chart).find_all("g")[1].find_all("text")
    expected = [f"{100 * share:.1f}\u00a0%" for share in sorted(shares, reverse=True)]
    assert [text.get_text() for text in figures] == expected
    labelled = changed(made, texts=made.texts.assign(label=[name]))
    assert answers(labelled)[0].answer == f"{name}, which is right"
    other = next(own for own in made.info.output.labels if own != name)
    labelled = changed(made, texts=made.texts.assign(label=[other]))
    assert answers(labelled)[0].answer == f"{name}; the right answer is {other}"


def test_tags_no_better_than_one_fixed_tag_say_so(tmp_path):
    texts = ("ab cd ef gh ij", "kl mn op qr st uv") * 3
    tags = tagged_results(tmp_path / "a", texts).texts["prediction_label"]
    right = tagged_results(tmp_path / "b", texts, list(tags))
    n = sum(len(own.split()) for own in tags)
    assert answers(right)[0].answer == f"{n} of {n} words have the right tag"
    wrong = tagged_results(
        tmp_path / "c", texts, [" ".join(["O"] * len(own.split())) for own in tags]
    )
    k = sum(own.split().count("O") for own in tags)
    said = f"{100 * k / n:.1f}\u00a0% of words right: no better than one fixed tag"
    assert answers(wrong)[0].answer == said


@pytest.mark.parametrize(
    ("share", "said", "remark"),
    [
        (0.6, "Mostly on [CLS]; effect not tested", "[CLS] is added to each text."),
        (0.2, "No, but raised: [CLS] gets 20.0\u00a0% in layer 2", "More than its equal share"),
        (0.02, "No: [", "A sink would take far more than its equal share."),
    ],
)
def test_the_strongest_special_token_is_judged(tmp_path, share, said, remark):
    made = with_roles(make_results(tmp_path, n_layers=2), same_in_every_text(share))
    third = answers(made)[2]
    assert third.answer.startswith(said)
    assert third.remark.startswith(remark)
    assert third.section == "sinks"


@pytest.mark.parametrize(
    ("ratio", "said", "remark"),
    [
        (
            2.0,
            "Yes: on [CLS], and it is needed",
            "Zeroed, it moves the prediction 2.0 times as far",
        ),
        (0.6, "Yes: on [CLS], and it counts", "moves the prediction 0.60 times as far"),
        (0.1, "No: on [CLS], and it is hardly used", "moves the prediction 0.10 times as far"),
        (
            None,
            "Mostly on [CLS]; effect not tested",
            "Whether a sink there matters was not tested.",
        ),
    ],
)
def test_what_the_test_of_the_strongest_sink_says_is_in_the_answer(tmp_path, ratio, said, remark):
    made = make_results(tmp_path, sink=0.6, evidence="basic", sink_ratio=ratio)
    third = answers(made)[2]
    assert third.answer.startswith(said)
    assert remark in third.remark
    assert "no fault" not in third.answer + third.remark
    drawing = drawn(third.chart)
    roles = made.roles[made.roles["role"] == "cls"]
    most = roles.groupby("layer")["share"].mean().max()
    assert f"{100 * most:.1f}\u00a0% of all attention" in [
        text.get_text() for text in drawing.find_all("text")
    ]
    shown = [text.get_text() for text in drawing.find_all("tspan", attrs={"font-weight": "600"})]
    assert shown == ([] if ratio is None else [EN.say("answers", "times", ratio=ratio)])
    assert ("not tested" in drawing.get_text()) == (ratio is None)
    japanese = answers(made, JA)[2]
    assert ("予測に必要" in japanese.answer) == (ratio == 2.0)
    for answer in (third, japanese):
        assert len(answer.answer.split()) <= 15
        assert len(answer.remark.split()) <= 15


def test_with_all_tests_the_answer_has_what_they_say_together(tmp_path):
    """A large effect that an average over other texts has too is that of a constant."""
    made = make_results(tmp_path, sink=0.6, evidence="full")
    assert "hardly used" in answers(made)[2].answer  # .12 times a text token's
    sinks, is_zero = made.sinks, (made.sinks["test"] == "zero_value").to_numpy()
    large = sinks.assign(effect=np.where(is_zero, 3 * sinks["control"], sinks["effect"]))
    constant = answers(changed(made, sinks=large))[2]
    assert constant.answer == "On [CLS], but only as a constant"
    assert constant.remark.startswith("Zeroed, it counts 3.0 times a text token; its average")
    both = sinks.assign(effect=3 * sinks["control"])
    assert answers(changed(made, sinks=both))[2].answer.endswith(", and it is needed")
    is_mean = (sinks["test"] == "mean_value").to_numpy()
    odd = sinks.assign(effect=np.where(is_mean, 3 * sinks["control"], sinks["effect"]))
    unclear = answers(changed(made, sinks=odd))[2]
    assert unclear.answer == "On [CLS]; effect unclear"
    assert unclear.remark == "Two tests disagree: 0.12 and 3.0 times a text token's effect."


def test_of_two_sinks_the_one_that_was_tested_is_told(tmp_path):
    made = make_results(tmp_path, n_layers=2, sink=0.5, evidence="basic", sink_ratio=1.5)
    roles = made.roles.assign(share=np.where(made.roles["role"] == "sep", 0.9, 0.6), expected=0.05)
    assert answers(changed(made, roles=roles))[2].answer.startswith("Yes: on [CLS], and")
    untested = make_results(tmp_path / "u", n_layers=2, sink=0.5, evidence="basic")
    assert answers(changed(untested, roles=roles))[2].answer.startswith("Mostly on [SEP];")


def test_a_sink_that_could_not_be_tested_is_told_with_the_reason(tmp_path):
    made = make_results(
        tmp_path, sink=0.6, evidence="basic", withheld={"zero_value": "values_unproven"}
    )
    for language in (EN, JA):
        said = make_overview(Findings(made), language).is_sink
        reason = language.say("reasons", "values_unproven")
        assert language.say("sinks", "untestable", reason=reason) in said
        assert said.count(language.say("sinks", "untested")) <= 1


def test_without_special_tokens_the_first_position_is_judged(tmp_path):
    third = answers(make_results(tmp_path, special=False))[2]
    assert third.answer.startswith("No: the first position gets at most ")


@pytest.mark.parametrize("language", [EN, JA])
def test_without_special_tokens_a_text_too_short_is_not_said_to_have_no_sink(tmp_path, language):
    """A token of the text itself could be one."""
    third = answers(make_results(tmp_path, ("ab", "cdef"), special=False), language)[2]
    assert third.answer == language.say("answers", "no_tokens")


def test_agreement_is_that_of_the_colours_with_the_baseline_of_the_verdict_beside_it(tmp_path):
    made = make_results(tmp_path, HEADLINES * 2, evidence="basic")
    findings = Findings(made)
    fourth = answers(made)[3]
    judged = findings.colouring.judgement
    assert f"{judged.over.mean:.2f}".replace("-", "−") in fourth.remark
    names = [text.get_text() for text in drawn(fourth.chart).find_all("text")]
    assert names[0] == "where it looks"
    assert f"{judged.agreement.mean:.2f}".replace("-", "−") in names
    assert EN.measure(judged.baseline, "short") in names
    assert names[-2:] == ["0 chance", "1 same order"]


def test_agreement_on_changes_that_are_tiny_is_told_with_that(tmp_path):
    """In most texts no change is above 5 % of what predictions span."""
    texts = tuple(f"{line}{i}" for i, line in enumerate(HEADLINES * 2))
    made = make_results(tmp_path, texts, evidence="basic")
    rows = made.agreement
    rows["value"] = rows["view"].map({"cls_row_last": 0.8}).fillna(0.3) + rows["text"] / 1000
    spread = np.ptp([scores[0] for scores in made.texts["scores"]])
    first = made.effects["position"] == made.effects["position"].min()
    for share, is_said in ((0.049, True), (0.051, False)):
        effects = made.effects.assign(effect=np.where(first, -share * spread, 0.001 * spread))
        fourth = make_answers(Findings(changed(made, effects=effects)), EN)[3]
        assert fourth.answer == "Yes: largely what counts"
        assert (
            fourth.remark.endswith("in most texts no token changes the prediction much.") == is_said
        )
        assert fourth.is_caveat == is_said


def test_of_what_the_model_wrote_itself_no_share_of_first_choices_is_praised(tmp_path):
    made = make_results(tmp_path, kind="completion")
    assert "The model's first choice: " in answers(made)[0].remark
    settings = replace(made.info.settings, options={"generate": 5})
    written = changed(made, info=replace(made.info, settings=settings))
    first = answers(written)[0]
    assert first.remark == "One dot per text. Where none was given, the model wrote it itself."
    assert make_quality(Findings(written), EN).remarks[0].startswith("Where none was given, the")


def test_without_evidence_what_was_not_measured_is_told(tmp_path):
    _, changes, _, trust = answers(make_results(tmp_path))
    assert changes.answer == trust.answer == "Not measured"
    assert changes.remark == "This run did not include it."


@pytest.mark.parametrize("kind", some_of(KINDS, "class", "completion", "tags"))
def test_an_answer_is_short_in_both_languages(tmp_path, kind):
    # Six texts with all evidence are in `test_first_words`, but for two kinds; of fewer, all
    # evidence says no more than the basic one.
    cases = [("none", 1), ("none", 6), ("basic", 1), ("basic", 2)]
    if kind in ("completion", "tags"):
        cases.append(("full", 6))
    for evidence, n in cases:
        folder = tmp_path / f"{evidence}-{n}"
        made = make_results(
            folder, HEADLINES[:n], n_layers=2, n_heads=1, kind=kind, evidence=evidence
        )
        findings = Findings(made)
        for answer in make_answers(findings, EN):
            assert 1 <= len(answer.answer.split()) <= 15
            assert len(answer.remark.split()) <= 15
        for answer in make_answers(findings, JA):
            assert half_widths(answer.answer) <= 80
            assert half_widths(answer.remark) <= 80


# Cross-attention is that of encoder-decoders (`tests/analysis/test_targets.py`).
OWN_COLOURS = [view for view in COLOURS if "cross_" not in view]


@pytest.mark.parametrize("colour", some_of(OWN_COLOURS, *OWN_COLOURS[::2]))
def test_whatever_colours_the_texts_is_named_in_the_answer(tmp_path, colour):
    kind = "embedding" if colour == "jacobian" else "number"
    made = make_results(tmp_path, HEADLINES, kind=kind, evidence="full", later=True)
    findings = Findings(made, colour)
    assert findings.shown_first == colour
    for language in (EN, JA):
        fourth = make_answers(findings, language)[3]
        if colour in CHANGES:  # there are enough texts, but nothing to compare it with
            assert fourth.answer == language.say("answers", "is_change")
        else:
            name = language.measure(colour, "short", row="[CLS]")
            assert str(escape(name[:8])) in str(fourth.chart)


def test_texts_without_figures_have_answers_too(tmp_path):
    empty = answers(make_results(tmp_path, ("", "")))
    assert empty[0].answer == "No text was analysed"
    assert all(answer.answer for answer in empty)


def test_an_answer_leads_to_its_section_where_the_page_has_one(tmp_path):
    page = page_of(make_results(tmp_path))
    cards = page.select("#answers > *")
    assert [card.get("href") for card in cards] == ["#predictions", "#across", "#sinks", None]
    assert page.find(id="trust") is None
