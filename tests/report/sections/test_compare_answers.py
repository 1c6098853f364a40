"""The four answers of a comparison, and the maps beside its texts: every figure against plain
loops."""

import re
from dataclasses import replace

import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.cases import some_of
from helpers.made_up.factories import changed, make_results
from helpers.real.two_models import LABELS, STAR, TEXTS, pair_of, plant, twice

from reportgen.comparison import EFFECT_CHANGED, LAYER_LEAST, Change, compare_runs
from reportgen.findings import Findings
from reportgen.report import CompareOptions, compare_headline, load_language
from reportgen.report.language import LANGUAGES
from reportgen.report.sections import make_compared_answers, make_explorer, shown_texts, verdict
from reportgen.report.sections.context_compared import CompareContext
from reportgen.results import text_units
from reportgen.results.maps import unpack_layers

NUMBERS = r"[−+]?\d+(?:\.\d+)?"
N_ERRORS = 120


def context_of(base, head, lang="en"):
    found = compare_runs(Findings(base), Findings(head))
    return CompareContext(found.runs, CompareOptions(), load_language(lang))


def answers_of(*sides, lang="en"):
    return make_compared_answers(context_of(*sides, lang))


def figures(said):
    return [float(each.replace("−", "-")) for each in re.findall(NUMBERS, said)]


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    base, head = pair_of(folder, TEXTS, evidence="basic", labels=LABELS, sink=0.3)
    return base, plant(head)


@pytest.mark.parametrize(("shift", "said"), [(-0.9, "Yes: "), (0.9, "No, it is worse: ")])
def test_the_first_answer_is_the_verdict_on_quality_with_its_interval(sides, shift, said):
    """The old model is off by one and more; the new one by `shift` less or more."""
    labels = np.array(LABELS)
    spread = np.linspace(0, 0.2, len(labels))
    base, head = (
        changed(side, texts=side.texts.assign(prediction=labels + off))
        for side, off in zip(sides, (1 + spread, 1 + shift + spread[::-1]), strict=True)
    )
    scored = [
        changed(side, texts=side.texts.assign(scores=[[v] for v in side.texts["prediction"]]))
        for side in (base, head)
    ]
    first, *_ = answers_of(*scored)
    assert first.answer.startswith(f"{said}mean absolute error ")
    errors = [np.abs(side.texts["prediction"].to_numpy() - labels).mean() for side in scored]
    assert figures(first.answer) == pytest.approx(errors, abs=0.0051)
    n, *ends, change, low, high, old_large, new_large, confidence = figures(first.remark)
    assert (n, confidence) == (len(labels), 95)
    assert ends == pytest.approx(errors, abs=0.0051)
    assert change == pytest.approx(errors[1] - errors[0], abs=0.0051)
    assert low <= change <= high
    large = [((side.texts["prediction"] - labels) ** 2).mean() ** 0.5 for side in scored]
    assert [old_large, new_large] == pytest.approx(large, abs=0.0051)
    require_changes_to_scale(first.chart, compare_runs(*map(Findings, scored)))


def require_changes_to_scale(chart, found):
    """The changes of both errors with their intervals, about 0, and the band that does not count,
    on one scale."""
    svg = BeautifulSoup(str(chart), "html.parser")
    quality = found.predictions.quality
    drawn = [quality.figure(name) for name in ("mae", "rmse")]
    zero = float(re.match(r"M([\d.]+) ", svg.find("path", class_="rule")["d"])[1])
    points = [float(circle["cx"]) - zero for circle in svg.find_all("circle")]
    lines = [
        [float(x) - zero for x in re.match(r"M([\d.]+) [\d.]+H([\d.]+)", path["d"]).groups()]
        for path in svg.find_all("path", class_="now")
    ]
    bands = [float(band["width"]) / 2 for band in svg.find_all("rect", class_="wash")]
    scale = points[0] / drawn[0].change.difference
    assert scale > 0
    for i, figure in enumerate(drawn):
        assert points[i] == pytest.approx(scale * figure.change.difference, abs=0.1)
        assert lines[i] == pytest.approx([scale * x for x in figure.change.interval], abs=0.1)
        assert bands[i] == pytest.approx(scale * 0.05 * figure.change.base, abs=0.1)
    assert max(map(abs, np.ravel(lines))) <= min(zero, 260 - zero)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_average_error_and_large_errors_are_judged_apart(tmp_path, lang):
    """Every fourth error is large and shrinks; the others grow a little."""
    texts, random = tuple(f"text {i} of many" for i in range(N_ERRORS)), np.random.default_rng(2)
    labels, sign = random.normal(0, 3, N_ERRORS), random.choice([-1, 1], N_ERRORS)
    is_large = np.arange(N_ERRORS) % 4 == 0
    before = np.where(
        is_large, random.uniform(1.8, 3, N_ERRORS), random.uniform(0.4, 0.6, N_ERRORS)
    )
    after = np.where(is_large, 0.6 * before, before + random.uniform(0.2, 0.5, N_ERRORS))
    sides = [
        with_predictions(side, labels + sign * errors, labels)
        for side, errors in zip(twice(tmp_path, texts), (before, after), strict=True)
    ]
    first, *_ = answers_of(*sides, lang=lang)
    gains = {
        figure.name: figure.gain
        for figure in compare_runs(*map(Findings, sides)).predictions.quality.figures
    }
    assert (gains["mae"], gains["rmse"]) == ("unclear", "better")
    said = {
        "en": "Large errors shrank; average unclear",
        "ja": "大きな誤差は減少、平均は不明",
    }
    assert first.answer == said[lang]
    rows = [text.get_text() for text in BeautifulSoup(str(first.chart), "html.parser")("text")]
    unclear, better = {"en": ("unclear", "better"), "ja": ("不明", "改善")}[lang]
    assert (rows[1].endswith(unclear), rows[3].endswith(better)) == (True, True)
    arrow = {"en": " → ", "ja": "→"}[lang]
    assert arrow.join(f"{x.mean():.2f}" for x in (before, after)) in first.remark
    assert arrow.join(f"{(x**2).mean() ** 0.5:.2f}" for x in (before, after)) in first.remark


SEVERAL = "An interval without 0 is not enough where several figures are judged."


@pytest.mark.parametrize("is_corrected", [False, True])
def test_only_a_figure_that_its_correction_makes_unclear_is_said_to_be_one_of_several(
    tmp_path, monkeypatch, is_corrected
):
    texts, random = tuple(f"text {i} of many" for i in range(N_ERRORS)), np.random.default_rng(2)
    labels = random.normal(0, 3, N_ERRORS)
    before = random.uniform(0.9, 1.1, N_ERRORS)
    falls = 0.3 if is_corrected else 0.055  # by far more, or a little less, than counts
    after = before * (1 - random.normal(falls, 0.08, N_ERRORS))
    sides = [
        with_predictions(side, labels + errors, labels)
        for side, errors in zip(twice(tmp_path, texts), (before, after), strict=True)
    ]
    if is_corrected:
        monkeypatch.setattr("reportgen.comparison.quality.holm", lambda p: [1.0] * len(p))
    quality = compare_runs(*map(Findings, sides)).predictions.quality
    mae, rmse = quality.figure("mae"), quality.figure("rmse")
    assert mae.change.is_certain
    assert rmse.change.is_certain
    assert (mae.gain, rmse.gain) == ("better" if is_corrected else "unclear", "unclear")
    first, *_ = answers_of(*sides)
    assert (SEVERAL in first.remark) == is_corrected


def with_predictions(side, predictions, labels):
    given = {"prediction": predictions, "label": labels.astype(str), "label_value": labels}
    scores = [[value] for value in predictions]
    return changed(side, texts=side.texts.assign(**given, scores=scores))


def test_the_second_answer_counts_what_changed_and_names_the_largest(sides):
    before, after = (side.texts["prediction"].to_numpy() for side in sides)
    moved = np.abs(after - before) > 0.05 * before.std()
    _, second, *_ = answers_of(*sides)
    assert second.answer.startswith(f"{moved.sum()} of {len(before)} moved by more than 0.0")
    most = int(np.abs(after - before).argmax())
    text, *ends = figures(second.remark)
    assert text == most + 1
    assert ends == pytest.approx([before[most], after[most]], abs=0.0051)


def test_the_third_answer_names_the_planted_token(sides):
    third = answers_of(*sides)[2]
    assert third.answer == f"“{STAR}”: looked at more, and counts more"
    assert STAR in str(third.chart)
    assert "+0.6" in str(third.chart)


def test_the_chart_of_an_answer_on_looks_is_about_looks_too(sides):
    base, head = sides
    third = answers_of(base, changed(head, effects=base.stored("effects")))[2]
    assert third.answer == f"The new model looks at “{STAR}” more"
    assert third.remark == load_language("en").say("compared_answers", "by_looks")
    assert STAR in str(third.chart)


def test_the_fourth_answer_counts_heads_and_names_the_special_token_that_changed_most(sides):
    found = compare_runs(*map(Findings, sides))
    fourth = answers_of(*sides)[3]
    heads = found.heads
    n_changed = sum(
        interval.low > heads.limit for row in heads.intervals for interval in row if interval
    )
    assert fourth.answer == f"Yes, in {n_changed} of {heads.distance.size} heads"
    differences = {}
    for each in found.layers:
        if each.tokens[0]:
            for layer, (base, head) in enumerate(zip(each.base, each.head, strict=True), 1):
                differences[each.tokens[0], layer] = (base, head)
    (token, layer), ends = max(differences.items(), key=lambda item: abs(np.diff(item[1])[0]))
    # Less than two points: noise of the weights makes as much.
    assert abs(np.diff(ends)[0]) < LAYER_LEAST
    assert fourth.remark.startswith(f"{token} gets about as much as before: at most ")
    assert fourth.remark.endswith(f", in layer {layer}.")
    assert figures(fourth.remark)[:2] == pytest.approx([100 * end for end in ends], abs=0.051)


def test_tokens_without_a_clear_change_are_drawn_hollow_and_called_so(tmp_path):
    base, head = pair_of(tmp_path, TEXTS, evidence="basic", labels=LABELS)
    effects = head.effects.copy()
    effects["effect"] += np.random.default_rng(3).normal(0, 0.01, len(effects))
    third = answers_of(base, changed(head, effects=effects))[2]
    assert third.answer == "No token clearly counts more or less"
    assert third.remark.endswith(" Hollow bars: no clear change.")
    bars = BeautifulSoup(str(third.chart), "html.parser").find_all("rect")
    assert bars
    assert all("hollow" in bar["class"] and "no clear change" in bar.title.string for bar in bars)


KINDS = ("number", "numbers", "class", "labels", "next_token", "embedding")


@pytest.mark.parametrize("kind", some_of(KINDS, "class", "number", "next_token"))
def test_every_kind_has_four_short_answers(kind, tmp_path):
    found = compare_runs(*map(Findings, pair_of(tmp_path, TEXTS, kind=kind, evidence="basic")))
    for lang in LANGUAGES:
        context = CompareContext(found.runs, CompareOptions(), load_language(lang))
        for answer in make_compared_answers(context):
            assert answer.answer
            if lang == "en":
                assert len(answer.answer.split()) <= 15
            else:
                assert len(answer.answer) <= 40


def test_classes_are_told_by_what_became_of_them(tmp_path):
    base, head = pair_of(tmp_path, TEXTS, kind="class", evidence="none")
    labels = ["good"] * len(TEXTS)
    was = ["bad" if i < 5 else "good" for i in range(len(TEXTS))]
    now = ["good" if i < 3 else "bad" if i in (3, 4, 5) else "good" for i in range(len(TEXTS))]
    given = [
        changed(side, texts=side.texts.assign(prediction_label=names, label=labels))
        for side, names in ((base, was), (head, now))
    ]
    first, second, *_ = answers_of(*given)
    assert first.answer == "Unclear: 12 texts cannot tell"
    shown = figures(first.remark)[:4]
    assert shown == pytest.approx([12, 700 / 12, 900 / 12, 200 / 12], abs=0.051)
    assert second.answer == "4 of 12 have another prediction"
    assert re.findall(r">(now \w+|3|1)<", str(second.chart)) == ["now right", "now wrong", "3", "1"]


def test_nothing_is_said_of_what_was_not_compared(tmp_path):
    base, head = twice(tmp_path, TEXTS, evidence="none")
    first, second, third, fourth = answers_of(base, head)
    assert first.answer == "Unknown: there is nothing to judge by"
    assert (second.answer, second.remark) == (
        "No change in 12 predictions",
        "Both models give the same outputs.",
    )
    assert third.answer == "No token is looked at clearly more or less"
    assert fourth.answer == "No, in none of 12 heads"
    other = make_results(tmp_path / "other", TEXTS, kind="class", n_layers=3)
    first, second, _, fourth = answers_of(base, other)
    assert first.remark == second.remark == "The models have different kinds of output."
    assert fourth.answer == "Heads differ in number, so not compared"


def maps_of(results, text):
    model, units = results.info.model, text_units(results, text)
    layers = unpack_layers(results.packed_maps(text), model.n_layers, model.n_heads)
    by_unit = []
    for layer in layers:
        heads = []
        for weights in layer:
            n = len(units.units)
            cells = np.zeros((n, n))
            for i, row in enumerate(units.unit_of):
                for j, column in enumerate(units.unit_of):
                    cells[row, column] += weights[i, j] / units.unit_of.count(row)
            heads.append(cells)
        by_unit.append(heads)
    return units, by_unit


def test_texts_begin_with_the_regressions_and_their_maps_name_the_largest_change(sides):
    context = context_of(*sides)
    listed = make_explorer(context).texts
    texts = [open_text.pair.number - 1 for open_text in listed]
    assert texts == shown_texts(context.comparison)
    errors = [np.abs(side.texts["prediction"].to_numpy() - LABELS) for side in sides]
    grown = np.argsort(-(errors[1] - errors[0]), kind="stable")[:2]
    assert texts[:2] == grown.tolist()
    told = {}
    for open_text in listed:
        first, *said = open_text.pair.facts
        if figures(first)[0] != figures(first)[1]:  # else printed the same
            told[open_text.pair.number - 1] = figures(*said)
    assert len(told) > 2
    for text, said in told.items():
        assert said == pytest.approx([side[text] for side in errors], abs=0.0051)
    for open_text in listed[:3]:
        (units, base), (_, head) = (maps_of(side, open_text.pair.number - 1) for side in sides)
        before, after = (np.mean(maps[-1], axis=0) for maps in (base, head))
        row, column = np.unravel_index(np.abs(after - before).argmax(), before.shape)
        labels = [unit.label for unit in units.units]
        assert f"from “{labels[row]}” to “{labels[column]}”" in open_text.maps.says
        sizes = sorted(np.abs(after - before).ravel())
        top = 100 * max(0.01, sizes[int(0.995 * len(sizes))])
        assert figures(open_text.maps.says)[0] == pytest.approx(top, abs=0.051)
        ends = [100 * before[row, column], 100 * after[row, column]]
        assert figures(open_text.maps.says)[-2:] == pytest.approx(ends, abs=0.051)
        heads = context.comparison.heads
        names = [f"L{layer + 1}H{head + 1}" for layer, head in heads.ranking[:6]]
        assert [each.name for each in open_text.maps.heads] == names


def test_figures_of_fit_that_differ_are_not_printed_as_the_same(sides):
    words = context_of(*sides).words
    change = Change(0.29784, 0.29761, -0.00023, None, 40)
    assert words.both_quality("r2", change) == ("0.2978", "0.2976")
    assert words.both_quality("r2", replace(change, head=0.2941)) == ("0.298", "0.294")
    assert words.both_quality("r2", replace(change, head=change.base)) == ("0.298", "0.298")


def test_a_text_with_the_same_prediction_is_listed_for_its_tokens(sides):
    base, head = sides
    outputs = {name: base.texts[name] for name in ("prediction", "scores")}
    same = changed(head, texts=head.texts.assign(**outputs))
    context = context_of(base, same)
    # Which model is nearer to the right answers is no news then, though texts may be too few.
    assert compare_headline(context.comparison, context.words)[:2] == (
        context.words.say("same_outputs", n=len(TEXTS)),
        verdict(context.comparison.predictions.quality, context.words),
    )
    for text in make_explorer(context).texts:
        assert not any("error" in fact for fact in text.pair.facts)
        assert text.pair.reasons[0].startswith(("effects changed: ", "attention changed: "))


def test_the_steps_between_texts_follow_the_list(sides):
    listed = make_explorer(context_of(*sides)).texts
    numbers = [each.pair.number for each in listed]
    assert [each.before for each in listed] == [None, *numbers[:-1]]
    assert [each.after for each in listed] == [*numbers[1:], None]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_token_that_counts_more_by_an_unclear_amount_is_told_so(sides, lang):
    """Its change is larger than noise, but may be too small to matter."""
    base, _ = sides
    effects = base.stored("effects")
    spread = effects["effect"][base.tokens["is_special"].to_numpy() == 0].std()
    here = (base.tokens["token"] == STAR).to_numpy()
    change = np.zeros(len(effects))
    change[here] = EFFECT_CHANGED * spread * np.linspace(0.7, 1.1, here.sum())
    sign = np.sign(effects["effect"][here].mean())
    more = effects.assign(effect=effects["effect"] + sign * change)
    context = context_of(base, changed(base, effects=more), lang)
    (star,) = (token for token in context.comparison.tokens if token.token == STAR)
    assert (star.turn, compare_notes(context)) == ("more", [])
    third = make_compared_answers(context)[2]
    said = {
        "en": "“★★” counts more; by how much is unclear",
        "ja": "「★★」の影響は増えたが、程度は不明",
    }
    assert third.answer == said[lang]


def compare_notes(context):
    return [note.id for note in context.comparison.notes if note.id.startswith("token_")]
