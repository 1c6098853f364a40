"""More than two models: every figure against a plain recomputation, and steps that hide a drift."""

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.compared_json import record_of
from helpers.made_up.factories import LABELS as NAMES
from helpers.made_up.factories import changed, make_results
from helpers.plain.plain_bootstrap import plain_interval
from helpers.real.two_models import LABELS, TEXTS, chain, pair_of, row_of
from scipy.stats import spearmanr

from reportgen.comparison import HEAD_LEAST, Comparison, compare_runs
from reportgen.comparison import all_models as module
from reportgen.errors import ComparisonError
from reportgen.findings import Findings
from reportgen.report import CompareOptions, CompareWords, compare_headline, load_language
from reportgen.report.html import page as html_page
from reportgen.report.sections import drift, model_names
from reportgen.report.short_form import markdown
from reportgen.results import Results


def plain_figures(results: Results) -> dict[str, float]:
    """What each figure is, from the tables alone."""
    texts, heads, roles = results.texts, results.heads, results.roles
    predicted = texts["prediction"].to_numpy(np.float64)
    error = predicted - texts["label_value"].to_numpy(np.float64)
    special = heads.groupby(["text", "layer"])["special_share"].mean().groupby("layer").mean()
    strongest = {
        key: own.groupby("layer")["share"].mean().max() for key, own in roles.groupby("role")
    }
    return {
        "mae": abs(error).mean(),
        "rmse": (error**2).mean() ** 0.5,
        "bias": error.mean(),
        "rank": spearmanr(predicted, texts["label_value"]).statistic,
        "special": heads.groupby("text")["special_share"].mean().mean(),
        "special_layer": special.max(),
        "entropy": heads.groupby("text")["entropy"].mean().mean(),
        **strongest,
    }


def test_every_figure_is_that_of_each_model(four_models, four_compared: Comparison) -> None:
    for i, side in enumerate(four_models):
        for key, value in plain_figures(side).items():
            assert row_of(four_compared, key).values[i].value == pytest.approx(value, abs=2e-6), (
                key,
                i,
            )
        agreement = row_of(four_compared, "agreement").values[i]
        colouring = Findings(side).colouring
        assert agreement.value == colouring.agreement.mean
        assert (agreement.view, agreement.interval) == (
            colouring.view,
            colouring.agreement.interval,
        )
        assert agreement.judgement == colouring.judgement


def test_changes_are_from_the_first_model_with_paired_intervals(
    four_models, four_compared: Comparison
) -> None:
    first, third = (side.texts for side in (four_models[0], four_models[2]))
    errors = [abs(t["prediction"] - t["label_value"]).to_numpy(np.float64) for t in (first, third)]
    shares = [
        side.heads.groupby("text")["special_share"].mean().to_numpy(np.float64)
        for side in (four_models[0], four_models[2])
    ]
    for key, (own, other) in (("mae", errors), ("special", shares)):
        change = row_of(four_compared, key).values[2].change
        differences = other - own
        assert change.difference == pytest.approx(differences.mean(), abs=1e-5)
        low, high = plain_interval(lambda rows, d=differences: d[rows].mean(), len(differences))
        width = high - low
        assert change.interval == pytest.approx((low, high), abs=0.12 * width)
    assert all(
        row.values[0] is None or row.values[0].change is None
        for row in four_compared.all_models.rows
    )


def test_each_step_is_the_comparison_of_those_two_models(
    four_models, four_compared: Comparison
) -> None:
    models = four_compared.all_models
    for steps, pairs in (
        (models.from_first, [(0, 1), (0, 2), (0, 3)]),
        (models.from_previous, [(0, 1), (1, 2), (2, 3)]),
    ):
        for step, (i, k) in zip(steps, pairs, strict=True):
            plain = compare_runs(Findings(four_models[i]), Findings(four_models[k]))
            assert step.n_moved == plain.predictions.n_moved
            assert step.verdict == plain.predictions.quality.verdict
            assert step.n_heads_changed == plain.heads.changed.sum()
            assert step.n_heads == plain.heads.distance.size
            assert step.distance == pytest.approx(plain.heads.distance.mean())
            assert step.n_tokens_changed == plain.figures["tokens_changed"]
            assert step.effects == pytest.approx(plain.effects.mean.head)
    last = models.from_previous[-1]
    assert (last.n_moved, last.n_heads_changed, last.n_tokens_changed) == (0, 0, 1)


def drifting(folder: Path) -> list[Results]:
    """Four models, each hardly another than the one before."""
    made = [
        make_results(folder / str(i), TEXTS, seed=0, evidence="basic", sink=0.2 + 0.05 * i)
        for i in range(4)
    ]
    spread = float(made[0].texts["prediction"].std(ddof=0))
    found = []
    for i, side in enumerate(made):
        texts = side.texts.copy()
        texts["prediction"] = made[0].texts["prediction"] + 0.03 * spread * i
        texts["scores"] = [[value] for value in texts["prediction"]]
        found.append(changed(side, texts=texts))
    return found


def test_small_steps_that_add_up_are_told_first(tmp_path: Path) -> None:
    found = chain(*drifting(tmp_path))
    models = found.all_models
    assert [step.n_moved for step in models.from_previous] == [0, 0, 0]
    assert [step.n_heads_changed for step in models.from_previous] == [0, 0, 0]
    assert max(step.distance for step in models.from_previous) < HEAD_LEAST
    last = models.from_first[-1]
    assert last.n_moved == len(TEXTS)
    assert last.n_heads_changed >= 8
    counts = f"12 of 12 predictions changed (0 in the single steps), {last.n_heads_changed} of"
    for lang in ("en", "ja"):
        words = CompareWords(found, load_language(lang))
        (said,) = drift(models, words)
        assert (counts in said) == (lang == "en")
        assert said in compare_headline(found, words)
        options = CompareOptions(lang=lang)
        html = BeautifulSoup(html_page.render(found.runs, options).text, "html.parser")
        assert said in html.find(id="all_models").get_text()
        assert said.split("12")[0] in markdown.write(found.runs, options).text


def test_a_drift_over_fewer_texts_says_how_many(tmp_path: Path) -> None:
    first, second, *others = drifting(tmp_path)
    status = ["failed", *second.texts["status"].iloc[1:]]
    second = changed(second, texts=second.texts.assign(status=status))
    found = chain(first, second, *others)
    for lang, *parts in (
        ("en", "on the 11 texts that", "11 of 11 predictions"),
        ("ja", "11件で、", "予測11件のうち11件"),
    ):
        (said,) = drift(found.all_models, CompareWords(found, load_language(lang)))
        assert all(part in said for part in parts)


def test_where_steps_show_what_changed_no_drift_is_told(
    four_models, four_compared: Comparison
) -> None:
    words = CompareWords(four_compared, load_language("en"))
    assert drift(four_compared.all_models, words) == ()
    there_and_back = chain(four_models[0], four_models[1], four_models[0])
    assert drift(there_and_back.all_models, words) == ()
    assert there_and_back.is_same
    assert there_and_back.all_models.from_first[0].n_heads_changed
    assert there_and_back.all_models.from_first[1].n_heads_changed == 0
    step, name = (
        there_and_back.all_models.from_first[0],
        model_names(four_compared.all_models, words)[1],
    )
    told = compare_headline(there_and_back, CompareWords(there_and_back, load_language("en")))
    assert told[0].startswith("The first and the last model do not differ: on all ")
    n = f"{step.n_moved} of {step.n_predicted} predictions changed from the first model"
    assert told[1] == f"In between, {name} does ({n})."
    ja = CompareWords(there_and_back, load_language("ja"))
    named = model_names(there_and_back.all_models, ja)[1]
    assert f"{named}で違い" in compare_headline(there_and_back, ja)[1]
    alike = chain(four_models[0], four_models[0], four_models[0])
    told = compare_headline(alike, CompareWords(alike, load_language("en")))
    assert told[1] == "No model in between differs from them."
    named = compare_headline(four_compared, words)
    assert not any("new model" in said or "both models" in said for said in named)
    assert any("the last model" in said.lower() for said in named)


def test_only_texts_that_all_models_have_count_wherever_they_stand(tmp_path: Path) -> None:
    options = {"labels": LABELS, "evidence": "basic"}
    first, second = pair_of(tmp_path, **options)
    ids = tuple(str(i) for i in range(1, 13))
    order = [*range(11, 0, -1)]  # without the first text, the others from the last to the first
    third = make_results(
        tmp_path / "third",
        tuple(TEXTS[i] for i in order),
        ids=tuple(ids[i] for i in order),
        seed=2,
        failed=(0,),
        **(options | {"labels": tuple(LABELS[i] for i in order)}),
    )
    found = chain(first, second, third)
    models = found.all_models
    assert (models.n_texts, models.n_left_out) == (10, 2)
    kept = list(range(1, 11))
    errors = abs(first.texts["prediction"] - first.texts["label_value"])
    assert row_of(found, "mae").values[0].value == pytest.approx(errors.iloc[kept].mean(), abs=1e-6)
    own = third.texts.set_index("text_id").loc[[ids[row] for row in kept]]
    errors = abs(own["prediction"] - own["label_value"])
    assert row_of(found, "mae").values[2].value == pytest.approx(errors.mean(), abs=1e-6)
    html = html_page.render(found.runs, CompareOptions()).text
    assert "2 more texts of the first model are left out." in html


def labelled(results: Results, names: list[str]) -> Results:
    return changed(results, texts=results.texts.assign(label=names))


def test_classes_are_counted_against_the_labels_that_all_results_agree_on(tmp_path: Path) -> None:
    bad, good = NAMES["class"]
    given = [(bad, good)[i % 2] for i in range(len(TEXTS))]
    made = [
        make_results(tmp_path / str(i), TEXTS, kind="class", seed=i, evidence="basic")
        for i in range(3)
    ]
    other = [good, *given[1:]]  # the middle one has another label for the first text
    found = chain(*map(labelled, made, (given, other, given)))
    for key, plain in (("accuracy", accuracy_score), ("macro_f1", plain_macro_f1)):
        for side, value in zip(made, row_of(found, key).values, strict=True):
            predicted = side.texts["prediction_label"].tolist()
            assert value.value == pytest.approx(plain(given[1:], predicted[1:])), key


def accuracy_score(given: list[str], predicted: list[str]) -> float:
    return sum(map(str.__eq__, given, predicted)) / len(given)


def plain_macro_f1(given: list[str], predicted: list[str]) -> float:
    found = []
    for name in set(given):
        hits = sum(own == name == other for own, other in zip(given, predicted, strict=True))
        found.append(2 * hits / (given.count(name) + predicted.count(name)))
    return sum(found) / len(found)


def test_what_a_model_lacks_is_a_dash_and_null(tmp_path: Path) -> None:
    first, second = pair_of(tmp_path, labels=LABELS, evidence="basic")
    bare = make_results(tmp_path / "bare", TEXTS, seed=2, n_layers=2, kind="class", special=False)
    found = chain(first, bare, second)
    step = found.all_models.from_first[0]
    assert (step.n_moved, step.verdict, step.n_heads_changed, step.effects) == (None,) * 4
    assert found.all_models.from_first[1].n_moved is not None
    assert row_of(found, "mae").values[1] is None
    assert row_of(found, "cls").values[1] is None
    assert row_of(found, "agreement").values[1] is None
    assert row_of(found, "entropy").values[1].change is not None
    record = record_of(found)
    assert record["models"][1]["figures"]["mae"] is None
    assert record["models"][1]["from_previous"]["n_moved"] is None
    html = BeautifulSoup(html_page.render(found.runs, CompareOptions()).text, "html.parser")
    rows = html.find(id="all_models").tbody.find_all("tr")
    assert rows[0].find_all("td")[1].get_text() == "–"


def test_no_common_text_is_told_in_one_line(tmp_path: Path) -> None:
    first, second = pair_of(tmp_path)
    other = make_results(tmp_path / "other", tuple(f"other {text}" for text in TEXTS))
    with pytest.raises(
        ComparisonError, match=r"model 2 \(.*\) has no text in common with the first"
    ):
        _ = chain(first, other, second).all_models
    sides = [Findings(side) for side in (first, other, second)]
    with pytest.raises(ComparisonError, match=r"model 2 \(made-up, oth\) has no text"):
        _ = compare_runs(sides[0], sides[2], None, sides[1:2], ("S1", "oth", "S2")).all_models
    failed = make_results(tmp_path / "failed", TEXTS, failed=tuple(range(len(TEXTS))))
    with pytest.raises(ComparisonError, match="no text was analysed by all 3 models"):
        _ = chain(first, failed, second).all_models


def test_limits_of_another_seed_hold_in_every_step(four_models) -> None:
    found = chain(*four_models[:3], null=four_models[1])
    plain = compare_runs(*map(Findings, (four_models[0], four_models[2], four_models[1])))
    step = found.all_models.from_first[1]
    assert step.n_moved == plain.predictions.n_moved
    assert step.n_heads_changed == plain.heads.changed.sum()


def test_tables_of_three_models_at_most_are_in_memory(four_models, monkeypatch) -> None:
    opened: list[weakref.ref[Results]] = []
    fresh, step, most = module._fresh, module._step, []

    def counted(results: Results) -> Results:
        found = fresh(results)
        opened.append(weakref.ref(found))
        return found

    def watched(*arguments):
        done = step(*arguments)
        gc.collect()
        most.append(sum("texts" in own.__dict__ for ref in opened if (own := ref())))
        return done

    monkeypatch.setattr(module, "_fresh", counted)
    monkeypatch.setattr(module, "_step", watched)
    module.all_models([Findings(side) for side in (*four_models, four_models[0])])
    assert len(most) == 7
    assert max(most) == 3
