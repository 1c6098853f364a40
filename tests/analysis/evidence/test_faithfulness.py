"""Comprehensiveness and sufficiency against a hand-made output, and against a model run plainly."""

from collections.abc import Callable, Sequence
from math import ceil, nan
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.real.models import SENTENCES, save_model
from transformers import AutoModelForSequenceClassification

from reportgen.analysis.evidence import (
    PERCENTS,
    ChangedText,
    Explainer,
    Rankings,
    n_passes,
    rankings,
)
from reportgen.analysis.evidence.faithfulness import faithfulness
from reportgen.models import EncodedText, ExplainedText, ModelSpec, content_units, load_model
from reportgen.models.tokens import encode
from reportgen.results import Floats, Score, View


def made_text(ids: Sequence[int], units: Sequence[int] | None = None) -> EncodedText:
    """A text whose special tokens are those of id 0; every token a unit unless told otherwise."""
    n = len(ids)
    return EncodedText(
        ids=tuple(ids),
        type_ids=None,
        tokens=("x",) * n,
        spans=(None,) * n,
        segments=tuple(0 if i else None for i in ids),
        roles=tuple(None if i else "cls" for i in ids),
        units=tuple(units or range(n)),
        n_truncated=0,
        cuts=(None, None),
        n_unknown=0,
    )


class SumOfIds:
    """Stands in for an explainer: the scalar of a text is the sum of its ids."""

    def __init__(self, fails: Callable[[EncodedText], bool] = lambda text: False) -> None:
        self.fails = fails
        self.ran: list[EncodedText] = []

    def explained(self, text: EncodedText) -> ExplainedText:
        return ExplainedText(text, None, None, float(sum(text.ids)), None)

    def run(self, variants: Sequence[ChangedText]) -> list[float | str]:
        self.ran += [variant.text for variant in variants]
        return [
            "failed" if self.fails(variant.text) else float(sum(variant.text.ids))
            for variant in variants
        ]


def scores_of(
    explainer: SumOfIds, texts: Sequence[tuple[EncodedText, dict[View, Floats]]]
) -> list[Score]:
    ranked = [
        rankings(number, explainer.explained(text), views, "number", None)
        for number, (text, views) in enumerate(texts)
    ]
    return faithfulness(explainer, [item for item in ranked if item])  # type: ignore[arg-type]


def found(scores: Sequence[Score]) -> dict[tuple[str, str], float]:
    return {(score.view, score.statistic): score.value for score in scores}


def test_the_first_units_are_left_out_or_kept_with_the_special_tokens() -> None:
    explainer = SumOfIds()
    text = made_text([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 0])  # ten units of content
    views: dict[View, Floats] = {
        "received_all": np.arange(10.0),  # the largest ids first
        "ig": -np.arange(10.0)[::-1],  # by size: the smallest ids first
    }
    whole = 1023
    last = [512, 512 + 256, 512 + 256 + 128 + 64 + 32]  # of 1, 2 and 5 units
    first = [1, 1 + 2, 1 + 2 + 4 + 8 + 16]
    assert found(scores_of(explainer, [(text, views)])) == pytest.approx(
        {
            ("received_all", "comprehensiveness"): sum(last) / 3,
            ("received_all", "sufficiency"): sum(whole - kept for kept in last) / 3,
            ("ig", "comprehensiveness"): sum(first) / 3,
            ("ig", "sufficiency"): sum(whole - kept for kept in first) / 3,
        }
    )
    assert all(form.roles.count("cls") == 2 for form in explainer.ran)


def test_sizes_are_rounded_up_and_ties_go_by_position() -> None:
    explainer = SumOfIds()
    text = made_text([0, 1, 10, 100, 1000, 10000])  # five units: 10 % and 20 % are one, 50 % three
    views: dict[View, Floats] = {"received_all": np.ones(5)}
    assert found(scores_of(explainer, [(text, views)]))[
        "received_all", "comprehensiveness"
    ] == pytest.approx((1 + 1 + 111) / 3)


def test_a_unit_goes_whole() -> None:
    text = made_text([0, 1, 10, 100, 1000, 10000, 0], units=[0, 1, 1, 2, 3, 4, 5])
    views: dict[View, Floats] = {"received_all": np.array([9.0, 1.0, 2.0, 3.0])}
    result = found(scores_of(SumOfIds(), [(text, views)]))
    assert result["received_all", "comprehensiveness"] == pytest.approx((11 + 11 + 10011) / 3)
    assert result["received_all", "sufficiency"] == pytest.approx((11100 + 11100 + 1100) / 3)


def test_the_changes_have_no_sign() -> None:
    text = made_text([0, -5, 7, 1, 2])
    views: dict[View, Floats] = {"gradient": np.array([4.0, 3.0, 2.0, 1.0])}
    result = found(scores_of(SumOfIds(), [(text, views)]))
    assert result["gradient", "comprehensiveness"] == pytest.approx((5 + 5 + 2) / 3)


def test_a_form_that_several_views_want_runs_once() -> None:
    explainer = SumOfIds()
    text = made_text([0, 1, 2, 3, 4])
    ranking = np.array([4.0, 3.0, 2.0, 1.0])
    scores_of(explainer, [(text, {"gradient": ranking, "rarity": ranking * 2, "random": -ranking})])
    # One unit and two of them, left out or kept; two of four are kept once, for both.
    assert len(explainer.ran) == len({form.ids for form in explainer.ran}) == 4
    assert len(explainer.ran) <= n_passes(4, 3) == 18


@pytest.mark.parametrize("n", range(1, 6))
def test_texts_of_few_units_are_left_out(n: int) -> None:
    explainer = SumOfIds()
    text = made_text([0, *range(1, n + 1)])
    scores = scores_of(explainer, [(text, {"rarity": np.arange(float(n))})])
    assert bool(scores) == bool(explainer.ran) == bool(n_passes(n, 1)) == (n >= 4)


def test_a_view_that_is_missing_on_a_unit_and_the_effect_itself_rank_nothing() -> None:
    text = made_text([0, 1, 2, 3, 4])
    views: dict[View, Floats] = {
        "mask": np.array([1.0, nan, 2.0, 3.0]),
        "effect": np.arange(4.0),
        "rarity": np.arange(4.0),
    }
    assert {view for view, _ in found(scores_of(SumOfIds(), [(text, views)]))} == {"rarity"}


def test_a_form_that_fails_takes_its_own_figure_alone() -> None:
    explainer = SumOfIds(fails=lambda text: text.ids == (0, 4))
    text = made_text([0, 1, 2, 3, 4])
    views: dict[View, Floats] = {
        "rarity": np.arange(4.0),
        "random": np.array([4.0, 3.0, 2.0, 1.0]),
    }
    assert set(found(scores_of(explainer, [(text, views)]))) == {
        ("rarity", "comprehensiveness"),
        ("random", "comprehensiveness"),
        ("random", "sufficiency"),
    }


def test_the_number_of_texts_run_together_changes_nothing() -> None:
    texts = [
        (
            made_text([0, *(7 * i + j for j in range(1, 9))]),
            {"rarity": np.arange(8.0) % (i % 5 + 2)},
        )
        for i in range(70)
    ]
    together = scores_of(SumOfIds(), texts)  # type: ignore[arg-type]
    alone = [
        score._replace(text=number)
        for number, text in enumerate(texts)
        for score in scores_of(SumOfIds(), [text])  # type: ignore[list-item]
    ]
    assert together == alone
    assert len(together) == 140


@pytest.mark.parametrize(
    ("scalar", "offset", "first"),
    [("number", 1.5, 4), ("number", 0.9, 1), ("number", None, 1), ("cosine", 1.5, 1)],
)
def test_a_shift_of_all_mask_effects_of_a_scalar_is_taken_out(
    scalar: str, offset: float | None, first: int
) -> None:
    """Effects of 3, 2.5, 2.4, 2.6 and 1 have the median 2.5, from which the last lies farthest."""
    explainer = SumOfIds()
    text = made_text([0, 1, 2, 3, 4, 5])
    views: dict[View, Floats] = {"mask": np.array([2.4, 3.0, 2.5, 2.6, 1.0])}
    ranked = rankings(0, explainer.explained(text), views, scalar, offset)  # type: ignore[arg-type]
    assert ranked is not None
    assert int(np.argmax(abs(ranked.views["mask"]))) == first


def test_a_real_model_is_changed_as_by_hand(tmp_path: Path, monkeypatch) -> None:
    """Every form put together from token ids and run alone by the library."""
    folder = save_model(tmp_path, "bert", "sequence", num_labels=1, problem_type="regression")
    loaded = load_model(ModelSpec(model=str(folder)))
    explainer = Explainer(loaded, "padded", 512)
    texts = [
        encode(loaded.tokenizer, sentence, None, loaded.info.max_tokens) for sentence in SENTENCES
    ]
    random = np.random.default_rng(0)
    ranked: list[Rankings] = []
    for number, explained in enumerate(explainer.explain(texts)):
        assert isinstance(explained, ExplainedText)
        views: dict[View, Floats] = {
            view: random.normal(size=len(content_units(texts[number])))
            for view in ("received_all", "ig", "random")
        }
        one = rankings(number, explained, views, "number", None)
        if one is not None:
            ranked.append(one)
    assert len(ranked) >= 2
    n_run = 0
    run = explainer.run

    def counted(variants: Sequence[ChangedText]) -> list[float | str]:
        nonlocal n_run
        n_run += len(variants)
        return run(variants)

    monkeypatch.setattr(explainer, "run", counted)
    scores = faithfulness(explainer, ranked)
    module = AutoModelForSequenceClassification.from_pretrained(folder).eval()

    def output(ids: Sequence[int]) -> float:
        with torch.inference_mode():
            return float(module(input_ids=torch.tensor([list(ids)])).logits)

    expected: dict[tuple[int, str, str], float] = {}
    for item in ranked:
        text = texts[item.text]
        units = [list(unit) for unit in content_units(text)]
        for view, values in item.views.items():
            order = sorted(range(len(units)), key=lambda i: -abs(values[i]))
            comprehensiveness, sufficiency = [], []
            for percent in PERCENTS:
                top = order[: ceil(len(units) * percent / 100)]
                gone = [position for unit in top for position in units[unit]]
                rest = [i for i in range(len(text.ids)) if i not in gone]
                kept = sorted(gone + [i for i, role in enumerate(text.roles) if role is not None])
                whole = output(text.ids)
                comprehensiveness.append(abs(whole - output([text.ids[i] for i in rest])))
                sufficiency.append(abs(whole - output([text.ids[i] for i in kept])))
            expected[item.text, view, "comprehensiveness"] = float(np.mean(comprehensiveness))
            expected[item.text, view, "sufficiency"] = float(np.mean(sufficiency))
    got = {(score.text, score.view, score.statistic): score.value for score in scores}
    assert got == pytest.approx(expected, abs=1e-5)
    most = sum(n_passes(len(content_units(item.explained.text)), 3) for item in ranked)
    assert 0 < n_run <= most
