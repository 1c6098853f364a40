from dataclasses import replace

import pytest
from helpers.real.encoded_texts import encoded

from reportgen.analysis import Cost, read_budget
from reportgen.analysis.cost import (
    Budget,
    Yardstick,
    expected_cost,
    extra_cost,
    sample_size,
    shapley_texts,
    shapley_yardstick,
    work_of,
)
from reportgen.analysis.evidence import MOST_PASSES, CostBasis, evenly_spaced, shapley_passes
from reportgen.analysis.progress import ANALYSIS, Passes
from reportgen.analysis.work import choose
from reportgen.errors import UsageError
from reportgen.models.tasks import CosineTarget, NumberTarget, StepTarget

TARGETS = {
    "number": NumberTarget(),
    "cosine": CosineTarget(n_figures=16),
    "tags": StepTarget("tags"),
}


def cost(texts, level, scalar="number", n_texts=None, has_mask_token=True):
    return expected_cost(
        n_texts or len(texts),
        texts,
        CostBasis(TARGETS[scalar], has_mask_token=has_mask_token, level=level, n_roles=2),
    )


def test_texts_are_chosen_evenly_and_in_input_order():
    assert choose(range(10), "5") == (0, 2, 4, 6, 8)
    assert choose([3, 4, 9], "2") == (3, 4)
    assert choose(range(7), "3") == (0, 2, 4)


def test_all_texts_are_chosen_where_as_many_are_asked_for_or_all():
    assert choose([1, 5, 6], "50") == (1, 5, 6)
    assert choose([1, 5, 6], "all") == (1, 5, 6)
    assert choose([], "50") == ()


def test_without_evidence_each_text_is_one_forward_pass():
    expected = cost([encoded(5), encoded(7)], "none", n_texts=9)
    assert expected.n_texts == {"texts": 9}
    assert {name: (p.forward, p.backward) for name, p in expected.passes.items()} == {
        "texts": (9, 0)
    }


def test_basic_evidence_runs_without_and_with_each_unit_alone_and_goes_back_once_a_text():
    expected = cost([encoded(5), encoded(7)], "basic")
    # Without each, alone and nothing.
    assert expected.passes["deletion"].forward == 12 + (6 + 8)
    assert expected.passes["deletion"].work == 5 * 6 + 7 * 8 + (5 * 3 + 2) + (7 * 3 + 2)
    # At most so many of several units together.
    assert expected.passes["effect"].forward == 2 * MOST_PASSES
    assert expected.passes["effect"].work == MOST_PASSES * (7 + 9)
    assert expected.passes["gradient"].backward == 2
    assert set(expected.passes) == {
        *("texts", "gradient", "deletion", "effect", "sink_scores", "sinks")
    }
    assert not expected.is_exact  # there may be no sink to test


def test_a_tagger_has_no_effect_alone():
    assert cost([encoded(5)], "basic", "tags").passes["deletion"].forward == 5
    for scalar in ("tags", "cosine", "number"):
        assert cost([encoded(5)], "basic", scalar).passes["effect"].forward == MOST_PASSES


def test_full_evidence_masks_only_where_there_is_a_mask_token():
    assert cost([encoded(5)], "full").passes["mask"].forward == 5
    assert "mask" not in cost([encoded(5)], "full", has_mask_token=False).passes


def test_only_an_embedding_has_a_jacobian_with_a_backward_pass_a_figure():
    assert cost([encoded(5)], "full", "cosine").passes["jacobian"].backward == 16
    assert "jacobian" not in cost([encoded(5)], "full").passes


def test_sink_tests_are_counted_for_at_most_fifty_texts():
    one = cost([encoded(5)], "full").passes["sinks"].forward
    many = cost([encoded(5)] * 60, "full")
    assert many.passes["sinks"].forward == 50 * one
    assert (many.n_texts["sinks"], many.n_texts["ig"]) == (50, 60)
    assert not many.is_exact


def test_scores_of_sinks_take_one_pass_of_at_most_24_texts():
    for level in ("basic", "full"):
        expected = cost([encoded(8)] * 60, level)
        assert expected.n_texts["sink_scores"] == 24
        assert expected.passes["sink_scores"] == Passes(24, 0, 24 * 10 * ANALYSIS)


def test_in_basic_evidence_one_sink_is_tested_with_three_controls_on_at_most_24_texts():
    expected = cost([encoded(8)] * 60, "basic")
    assert expected.n_texts["sinks"] == 24
    assert expected.passes["sinks"].forward == 24 * (1 + 3)
    # What evidence explained of an embedding takes a run to know again.
    assert cost([encoded(8)] * 60, "basic", "cosine").passes["sinks"].forward == 24 * (1 + 1 + 3)
    # A tenth of the tokens of a text, on average over the texts of a sample of usual size.
    assert 24 * (1 + 3) / 50 <= 0.1 * 20


def test_texts_without_evidence_are_taken_to_be_as_long_as_those_with_it():
    assert cost([encoded(4), encoded(6)], "basic", n_texts=10).passes["texts"].work == 70 * ANALYSIS


def test_texts_beside_the_sample_cost_their_measures_alone():
    basis = CostBasis(TARGETS["number"], has_mask_token=True, level="basic", n_roles=2)
    texts = [encoded(5), encoded(7)]
    whole, extra = cost(texts, "full"), extra_cost(texts, replace(basis, level="full"))
    assert set(whole.passes) - set(extra.passes) == {*("texts", "sink_scores", "sinks", "shuffled")}
    assert all(whole.passes[stage] == own for stage, own in extra.passes.items())
    assert extra.n_texts == dict.fromkeys(extra.passes, 2)
    assert not extra.is_exact
    assert not extra_cost(texts, basis).is_exact
    assert not extra_cost(texts, replace(basis, target=TARGETS["cosine"])).is_exact


def test_the_sum_of_two_costs_has_the_stages_of_both():
    one = Cost({"a": Passes(1, 2, 3.0)}, {"a": 4}, is_exact=True)
    other = Cost({"a": Passes(10, 20, 30.0), "b": Passes(5, 0, 1.0)}, {"a": 1, "b": 2}, False)
    assert one.plus(other) == Cost(
        {"a": Passes(11, 22, 33.0), "b": Passes(5, 0, 1.0)}, {"a": 5, "b": 2}, False
    )


def test_a_budget_is_a_time_or_a_number_of_passes():
    assert read_budget("90s") == Budget(90, is_time=True)
    assert read_budget("1.5m") == Budget(90, is_time=True)
    assert read_budget("2h") == Budget(7200, is_time=True)
    assert read_budget("2000passes") == read_budget("2000 passes") == Budget(2000, is_time=False)
    for text in ("", "5", "m", "-5m", "0s", "0passes", "5d", "1e3s", "5 m m", "²s"):
        with pytest.raises(UsageError, match=r"--evidence-budget .*: write a time such as 90s"):
            read_budget(text)


def test_a_budget_is_as_many_texts_as_it_pays_for():
    tried = [encoded(5), encoded(7)]
    expected = cost(tried, "basic", n_texts=10_000)
    each = 26 / 2 + MOST_PASSES + 2 + 1  # forward passes of deletion and gradient, and one back
    sinks = 24 * (4 + 1)  # tests and scores of 24 texts
    amounts = ((each * 30 + sinks, 30), (each * 30 + sinks - 1, 29), (1, 1), (1e9, 10_000))
    for amount, n in (*amounts, ((each + 5) * 7, 7)):
        assert sample_size(expected, 2, 10_000, "basic", Budget(amount, is_time=False)) == n
    work = sum(p.work for name, p in expected.passes.items() if name != "texts") / 2
    seconds = Budget(7 * work / 8, is_time=True)
    assert sample_size(expected, 2, 10_000, "basic", seconds, 1 / 8) == 7


def test_a_budget_pays_sink_tests_of_the_first_fifty_texts_alone():
    tried = [encoded(5)]
    expected = cost(tried, "full", n_texts=10_000)
    sinks = expected.passes["sinks"].forward
    each = sum(p.forward + p.backward for p in expected.passes.values()) - 10_000 - sinks - 1
    for n in (10, 30, 50, 60):
        budget = Budget(n * each + min(n, 50) * sinks + min(n, 24), is_time=False)
        assert sample_size(expected, 1, 10_000, "full", budget) == n


@pytest.mark.parametrize(
    ("n_texts", "n"),
    # Attention costs 20 a text, evidence 213, and 60 more on each of 24.
    [(3, 50), (1_136, 50), (1_137, 100), (2_201, 100), (2_202, 200), (10**7, 800)],
)
def test_evidence_costs_no_more_than_attention_unless_nothing_is_said(n_texts: int, n: int):
    expected = cost([encoded(8)], "basic", n_texts=n_texts)
    few = ("sink_scores", "sinks")
    work = sum(p.work for name, p in expected.passes.items() if name not in ("texts", *few))
    both = 50 * 2 * work + 24 * sum(expected.passes[name].work for name in few)
    assert (both <= expected.passes["texts"].work) == (n > 50)
    assert sample_size(expected, 1, n_texts, "basic", None) == n


BASIS = CostBasis(TARGETS["number"], has_mask_token=True, level="basic", n_roles=2)


def test_a_tenth_of_basic_evidence_pays_shapley_values_of_evenly_spaced_texts():
    texts = [encoded(4 + i * i % 11) for i in range(180)]
    chosen = shapley_texts(texts, BASIS)
    costs = [shapley_passes(texts[i], is_basic=True).work for i in chosen]
    amount = 0.1 * work_of(texts, BASIS)
    assert sum(costs) <= amount < sum(costs) + 2 * max(costs)
    assert chosen == evenly_spaced(180, len(chosen))
    expected = expected_cost(180, texts, BASIS, yardstick=[texts[i] for i in chosen])
    assert expected.passes["shapley"].work == sum(costs)
    assert expected.n_texts["shapley"] == len(chosen) >= 5


def test_shapley_values_are_of_texts_that_can_be_ranked():
    texts = [encoded(3), encoded(4)] * 100
    chosen = shapley_texts(texts, BASIS)
    assert chosen
    assert all(i % 2 for i in chosen)
    assert shapley_texts(texts[:1] * 50, BASIS) == ()
    assert shapley_texts([], BASIS) == ()


def test_a_tenth_of_a_usual_sample_pays_too_few_shapley_values_for_a_figure():
    """How many texts of a length a sample takes until five have them; `docs/evidence.md`."""
    for n_units, least in ((4, 30), (6, 103), (10, 92), (25, 135)):
        for n, is_enough in ((least - 1, False), (least, True)):
            chosen = shapley_texts([encoded(n_units)] * n, BASIS)
            assert (len(chosen) >= 5) == is_enough, (n_units, n, len(chosen))


@pytest.mark.parametrize(("level", "scalar"), [("full", "number"), ("basic", "cosine")])
def test_other_levels_and_figures_have_no_share_for_them(level, scalar):
    basis = replace(BASIS, target=TARGETS[scalar], level=level)
    assert shapley_texts([encoded(5)] * 200, basis) == ()
    assert shapley_yardstick([encoded(5)] * 200, basis) == Yardstick()


def test_a_budget_pays_shapley_values_once_it_pays_enough_of_them():
    tried = [encoded(8), encoded(10)]
    expected = cost(tried, "basic", n_texts=10_000)
    yardstick = shapley_yardstick(tried, BASIS)
    assert yardstick.work == pytest.approx(0.1 * work_of(tried, BASIS) / 2)

    def most(passes: float) -> int:
        budget = Budget(passes, is_time=False)
        return sample_size(expected, 2, 10_000, "basic", budget, yardstick=yardstick)

    for passes in (500, 5_000, 50_000):
        n = most(passes)
        texts = [tried[i % 2] for i in range(n)]
        chosen = shapley_texts(texts, BASIS)
        paid = [texts[i] for i in chosen] if len(chosen) >= 5 else []
        whole = expected_cost(n, texts, BASIS, yardstick=paid)
        beside = ("texts", "shuffled")
        own = [p for stage, p in whole.passes.items() if stage not in beside]
        spent = sum(p.forward + p.backward for p in own)
        assert 0.9 * passes < spent <= passes, (passes, n)


def test_the_larger_of_two_samples_has_the_texts_of_the_smaller():
    rows = [row for row in range(1_234) if row % 7]
    assert set(choose(rows, "50")) < set(choose(rows, "100")) < set(choose(rows, "800"))
