"""Which texts carry evidence, and how many passes through the model that takes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from reportgen.analysis.evidence.agreement import n_passes
from reportgen.analysis.evidence.integrated_gradients import FIRST_STEPS
from reportgen.analysis.evidence.sink_subjects import MAX_CONTROLS, MAX_TEXTS
from reportgen.analysis.progress import Cost, Passes, Stage
from reportgen.models.tokens import EncodedText, content_units
from reportgen.results.info import SINK_TESTS, EvidenceLevel, Scalar

# How long a pass takes beside a plain forward one, as measured on base-size models: one whose
# attention is analysed, the way back alone, and one of many ways back at once.
ANALYSIS = 2.0
_BACKWARD = 1.5
_ONE_OF_MANY = 1.0
# Of the 13 views whose ranking is tried, so many find units of their own; the others share passes.
_RANKINGS = 9


def choose(candidates: Sequence[int], asked: str) -> tuple[int, ...]:
    """Which of the `candidates`, in input order, carry evidence: all, or as many as `asked`, spaced
    evenly."""
    n = len(candidates) if asked == "all" else min(int(asked), len(candidates))
    return tuple(candidates[(i * len(candidates)) // n] for i in range(n))


def expected_cost(
    n_texts: int,
    chosen: Iterable[EncodedText],
    level: EvidenceLevel,
    scalar: Scalar,
    *,
    n_roles: int,
    n_figures: int,
    has_mask_token: bool,
) -> Cost:
    """What an analysis of `n_texts` with evidence on the `chosen` ones takes.

    `n_figures` is the width of an embedding.
    """
    passes: dict[Stage, Passes] = {}
    counts: Counter[Stage] = Counter()
    n_chosen = n_tokens = 0
    for text in chosen:
        n_chosen += 1
        n_tokens += len(text.ids)
        if level == "none":
            continue
        stages = _basic(text)
        if level == "full":
            stages |= _full(text, scalar, n_figures, has_mask_token=has_mask_token)
            if n_chosen <= MAX_TEXTS:
                stages["sinks"] = _sinks(text, n_roles)
        counts.update(stages.keys())
        for stage, more in stages.items():
            passes[stage] = _sum(passes.get(stage), more)
    # The other texts are taken to be as long as those chosen.
    all_tokens = n_texts * n_tokens / n_chosen if n_chosen else 0.0
    return Cost(
        {"texts": Passes(n_texts, 0, ANALYSIS * all_tokens), **passes},
        {"texts": n_texts, **counts},
        is_exact=level != "full",
    )


def _basic(text: EncodedText) -> dict[Stage, Passes]:
    length = len(text.ids)
    n_deleted = sum(len(unit) < length for unit in content_units(text))  # something must be left
    return {
        "deletion": Passes(n_deleted, 0, n_deleted * (length - 1)),
        # One more pass, to know what is explained.
        "gradient": Passes(2, 1, (2 + _BACKWARD) * length),
    }


def _full(
    text: EncodedText, scalar: Scalar, n_figures: int, *, has_mask_token: bool
) -> Mapping[Stage, Passes]:
    length, n_units = len(text.ids), len(content_units(text))
    n_ranked = n_passes(n_units, _RANKINGS)
    stages: dict[Stage, Passes] = {
        "ig": Passes(FIRST_STEPS, FIRST_STEPS, FIRST_STEPS * (1 + _BACKWARD) * length),
        "alti": Passes(1, 0, ANALYSIS * length),
        "faithfulness": Passes(n_ranked, 0, n_ranked * length / 2),
    }
    if has_mask_token:
        stages["mask"] = Passes(n_units, 0, n_units * length)
    if scalar == "cosine":
        stages["jacobian"] = Passes(1, n_figures, (1 + n_figures * _ONE_OF_MANY) * length)
    return stages


def _sinks(text: EncodedText, n_roles: int) -> Passes:
    """As if the roles were all there is to test, or, where the model has none, one other token."""
    n_groups = max(1, n_roles) + min(MAX_CONTROLS, len(content_units(text)))
    n_runs = len(SINK_TESTS) * n_groups + 2
    return Passes(n_runs, 0, n_runs * len(text.ids))


def _sum(one: Passes | None, other: Passes) -> Passes:
    if one is None:
        return other
    return Passes(one.forward + other.forward, one.backward + other.backward, one.work + other.work)
