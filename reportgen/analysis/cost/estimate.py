"""Chooses the texts that get evidence, and estimates the passes through the model in advance."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reportgen.analysis.cost.budget import Budget
from reportgen.analysis.evidence.measures.shapley import shapley_passes
from reportgen.analysis.evidence.methods import CostBasis, load_method
from reportgen.analysis.evidence.sinks import query_key_scores
from reportgen.analysis.evidence.sinks.subjects import DEPTHS, HEAD_TEXTS, Depth, evenly_spaced
from reportgen.analysis.progress import ANALYSIS, Cost, Passes, Stage
from reportgen.models import EncodedText, content_units
from reportgen.results import BY_ID, MIN_TEXTS, MIN_UNITS, EvidenceLevel
from reportgen.tasks import applies_to, taken_at

# Steps that not all texts with evidence go through, those of fewer texts first.
_FEW: tuple[Stage, ...] = ("sink_scores", "heads", "sinks")
# Texts that get evidence where neither their number nor a budget is given: LEAST, and twice as many
# as long as that costs no more than the attention of all texts, up to MOST. Averages over MOST are
# certain enough. Of two samples of such sizes the larger has all texts of the smaller, so that
# results of models of different cost can be compared.
LEAST, MOST = 50, 800
# Of the work of basic evidence: the most for runs with shuffled weights, and for Shapley values.
SHUFFLED_SHARE = SHAPLEY_SHARE = 0.1


def expected_cost(
    n_texts: int,
    chosen: Iterable[EncodedText],
    basis: CostBasis,
    yardstick: Sequence[EncodedText] = (),
) -> Cost:
    """Estimate the passes of an analysis of `n_texts` texts with evidence for the `chosen` ones.

    Args:
        yardstick: those of the chosen texts that have Shapley values in basic evidence.
    """
    level = basis.level
    passes: dict[Stage, Passes] = {}
    counts: Counter[Stage] = Counter()
    n_chosen = n_tokens = 0
    texts: list[EncodedText] = []
    for text in chosen:
        n_chosen += 1
        n_tokens += len(text.ids)
        if level == "none":
            continue
        texts.append(text)
        stages = _passes(text, basis)
        if n_chosen <= query_key_scores.MAX_TEXTS:
            stages["sink_scores"] = Passes(1, 0, ANALYSIS * len(text.ids))
        if n_chosen <= DEPTHS[level].most_texts:
            is_run = not basis.target.is_stored
            stages["sinks"] = _sink_passes(text, basis.n_roles, DEPTHS[level], is_run=is_run)
        if level == "full" and basis.n_heads and n_chosen <= HEAD_TEXTS:
            stages["heads"] = _head_passes(text, basis)
        counts.update(stages.keys())
        _add(passes, stages)
    for i in shuffled_texts(texts, basis):
        counts["shuffled"] += 1
        _add(passes, {"shuffled": _shuffled_passes(texts[i], basis)})
    for shapley in _shapley_costs(yardstick, basis).values():
        counts["shapley"] += 1
        _add(passes, {"shapley": shapley})
    # The other texts are assumed to be as long as those chosen.
    scale = n_texts / n_chosen if n_chosen else 0.0
    first = Passes(n_texts, 0, ANALYSIS * scale * n_tokens)
    return Cost({"texts": first, **passes}, {"texts": n_texts, **counts}, is_exact=level == "none")


@dataclass(frozen=True, slots=True)
class Yardstick:
    """The Shapley values that a SHAPLEY_SHARE of basic evidence pays for, by text of the sample."""

    n_texts: float = 0.0  # that have them
    forward: float = 0.0  # passes, and their work
    work: float = 0.0


def sample_size(
    cost: Cost,
    n_tried: int,
    n_texts: int,
    level: EvidenceLevel,
    budget: Budget | None,
    pace: float = 0.0,
    yardstick: Yardstick = Yardstick(),
) -> int:
    """How many of `n_texts` texts get evidence.

    It follows from the input, the model and the options alone, unless the budget is a time.

    Args:
        cost: of attention on all texts, and of evidence on `n_tried` of them.
        budget: None: as LEAST says.
        pace: seconds that a unit of work takes, where the budget is a time.
        yardstick: what Shapley values cost beside that, once a sample is large enough for them.
    """

    def price(passes: Passes) -> float:
        if budget is None or budget.is_time:
            return passes.work
        return passes.forward + passes.backward

    def affordable(amount: float) -> int:
        n = _affordable(amount, each, few)
        if yardstick.n_texts * n < MIN_TEXTS:
            return n
        is_work = budget is None or budget.is_time
        more = yardstick.work if is_work else yardstick.forward
        return _affordable(amount, each + more, few)

    if not n_tried:
        return LEAST
    beside = {"texts", *_FEW}
    each = (
        sum(price(passes) for stage, passes in cost.passes.items() if stage not in beside) / n_tried
    )
    n_of = {
        "sink_scores": query_key_scores.MAX_TEXTS,
        "heads": HEAD_TEXTS,
        "sinks": DEPTHS[level].most_texts,
    }
    few = [
        (n_of[stage], price(cost.passes[stage]) / cost.n_texts[stage])
        for stage in _FEW
        if stage in cost.passes
    ]
    if budget is not None:
        amount = budget.amount / pace if budget.is_time else budget.amount
        return min(n_texts, max(1, affordable(amount)))
    most = affordable(cost.passes["texts"].work)
    n = LEAST
    while 2 * n <= min(MOST, most) and n < n_texts:
        n *= 2
    return n


def _affordable(amount: float, each: float, few: Iterable[tuple[int, float]]) -> int:
    """How many texts can have evidence for `amount`: one costs `each`.

    Args:
        few: steps that not all texts go through, each with how many texts do at most, and what it
            costs of one. Those of fewer texts come first.
    """
    paid = 0.0  # for all texts of the steps that no more texts go through
    every = [*few]
    for most, price in every:
        tested = (amount - paid) / (each + sum(cost for limit, cost in every if limit >= most))
        if tested < most:
            return int(tested)
        paid += most * price
    return int((amount - paid) / each)


def shuffled_texts(texts: Sequence[EncodedText], basis: CostBasis) -> tuple[int, ...]:
    """Which of `texts`, evenly spaced, are run with shuffled weights: all of them with all
    evidence, else as many as a SHUFFLED_SHARE of the work of evidence pays for."""
    if basis.level == "full" or not texts:
        return tuple(range(len(texts)))
    each = sum(_shuffled_passes(text, basis).work for text in texts) / len(texts)
    return evenly_spaced(len(texts), int(SHUFFLED_SHARE * work_of(texts, basis) / each))


def shapley_texts(texts: Sequence[EncodedText], basis: CostBasis) -> tuple[int, ...]:
    """Of which of `texts`, evenly spaced over those with enough units for a rank correlation, a
    SHAPLEY_SHARE of the work of basic evidence pays the Shapley values."""
    costs = _shapley_costs(texts, basis)
    if not costs:
        return ()
    amount, able = SHAPLEY_SHARE * work_of(texts, basis), list(costs)
    n = min(len(able), int(amount * len(able) / sum(passes.work for passes in costs.values())))
    chosen = [able[i] for i in evenly_spaced(len(able), n)]
    while sum(costs[i].work for i in chosen) > amount:
        n -= 1
        chosen = [able[i] for i in evenly_spaced(len(able), n)]
    return tuple(chosen)


def shapley_yardstick(texts: Sequence[EncodedText], basis: CostBasis) -> Yardstick:
    """What `shapley_texts` come to in a large sample of which `texts` are a part."""
    costs = _shapley_costs(texts, basis).values()
    work = sum(passes.work for passes in costs)
    if not work:
        return Yardstick()
    share = min(1.0, SHAPLEY_SHARE * work_of(texts, basis) / work)
    n, forward = len(costs), sum(passes.forward for passes in costs)
    return Yardstick(*(share * total / len(texts) for total in (n, forward, work)))


def _shapley_costs(texts: Sequence[EncodedText], basis: CostBasis) -> dict[int, Passes]:
    """By index of `texts`, the passes of the Shapley values of each that can have them in basic
    evidence."""
    if basis.level != "basic" or not applies_to(BY_ID["shapley"], basis.target.scalar):
        return {}
    ranked = (i for i, text in enumerate(texts) if len(content_units(text)) >= MIN_UNITS)
    costs = ((i, shapley_passes(texts[i], is_basic=True)) for i in ranked)
    return {i: passes for i, passes in costs if passes is not None}


def _shuffled_passes(text: EncodedText, basis: CostBasis) -> Passes:
    """The passes of one text with shuffled weights: of its attention, and of its gradients as far
    as it has them, which take one pass to know its target."""
    gradient = _passes(text, replace(basis, level="basic"))["gradient"]
    return Passes(1, 0, ANALYSIS * len(text.ids)).plus(gradient)


def work_of(texts: Iterable[EncodedText], basis: CostBasis) -> float:
    """The work of all measures of the level that have a stage, on `texts`."""
    return sum(passes.work for text in texts for passes in _passes(text, basis).values())


def extra_cost(extra: Iterable[EncodedText], basis: CostBasis) -> Cost:
    """Estimate the passes of evidence on `extra` texts, beside the sample."""
    passes: dict[Stage, Passes] = {}
    counts: Counter[Stage] = Counter()
    for text in extra:
        stages = _passes(text, basis)
        counts.update(stages.keys())
        _add(passes, stages)
    # Searching what says the same takes fewer passes where it finds nothing more to try.
    return Cost(passes, counts, is_exact=basis.level == "none")


def _passes(text: EncodedText, basis: CostBasis) -> dict[Stage, Passes]:
    """The passes of each measure of the level, for one text."""
    stages: dict[Stage, Passes] = {}
    for measure in taken_at(basis.level, basis.target.scalar):
        passes = load_method(measure).cost(text, basis)
        if passes is not None:
            stages[measure.id] = passes
    return stages


def _sink_passes(text: EncodedText, n_roles: int, depth: Depth, *, is_run: bool) -> Passes:
    """The most passes of the sink tests on one text, if only roles are sinks (at least one token):
    of each changed version, unchanged where it `is_run` to know its target; for means, twice more.
    """
    n_subjects = depth.most_subjects or max(1, n_roles)
    n_groups = n_subjects + min(depth.most_controls, len(content_units(text)))
    n_runs = len(depth.tests) * n_groups + is_run + 2 * ("mean_value" in depth.tests)
    return Passes(n_runs, 0, n_runs * len(text.ids))


def _head_passes(text: EncodedText, basis: CostBasis) -> Passes:
    """The passes of the effects of heads in one text: with each head replaced, unchanged for the
    means, and unchanged where its target is not stored."""
    n_runs = basis.n_heads + 1 + (not basis.target.is_stored)
    return Passes(n_runs, 0, n_runs * len(text.ids))


def _add(passes: dict[Stage, Passes], more: Mapping[Stage, Passes]) -> None:
    """Add `more` to `passes`, stage by stage."""
    for stage, added in more.items():
        passes[stage] = passes[stage].plus(added) if stage in passes else added
