"""Deletion effects: how a text's target changes if one display unit is left out, or replaced by
[MASK], or stands alone with the special tokens; and each token of a completion without those before
it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from math import isfinite, nan
from statistics import fmean, pstdev

from reportgen.analysis.device.runs import BatchRuns
from reportgen.analysis.evidence.explainer import ChangedText, Explainer
from reportgen.analysis.evidence.methods import CostBasis, MeasureMethod, Tools
from reportgen.analysis.evidence.text_evidence import (
    TextEvidence,
    UnitEffects,
    add_effects,
    explained_of,
)
from reportgen.analysis.progress import Passes
from reportgen.models import (
    EncodedText,
    ExplainedText,
    Scores,
    TargetTokens,
    content_units,
    fixed_positions,
    keep,
    precise,
    put,
    runs_without_content,
    without,
)
from reportgen.results import BY_ID, EFFECT, Reason
from reportgen.tasks import applies_to

# Tokens of the changed texts that are held in memory at a time: enough for full batches.
CHUNK_TOKENS = 100_000
NOTHING_LEFT = "without it nothing is left of the text"


def deletion_effects(
    explainer: Explainer,
    explained: Sequence[ExplainedText],
) -> list[UnitEffects | str]:
    """The effect of leaving out each unit of content, f(whole) - f(without), for each text; an
    error message for a text of which no unit could be left out.

    The unit's token ids are removed and the remaining ones move together; the text is not tokenised
    again and special tokens stay (Li, Monroe and Jurafsky 2016, applied to token ids). Positive
    where the unit raises the target. For embeddings the effect is a cosine distance.
    """
    return _effects(explainer, explained, without, _can_delete)


def alone_effects(
    explainer: Explainer,
    explained: Sequence[ExplainedText],
) -> list[UnitEffects | str] | Reason:
    """The effect of adding each unit of content to nothing, f(unit alone) - f(nothing), for each
    text, or an error message; a `Reason` where nothing would be left to run without content.

    Special tokens stay in both, the rest moves together, and nothing is tokenised again. Positive
    where the unit alone raises the target; for embeddings, where it brings the embedding nearer to
    that of the whole text.
    """
    if any(not runs_without_content(item.text) for item in explained):
        return "no_special_tokens"
    variants = (
        ChangedText(item, keep(item.text, sorted((*fixed_positions(item.text), *unit))))
        for item in explained
        for unit in ((), *content_units(item.text))
    )
    values = iter([v for chunk in in_chunks(variants) for v in explainer.run(chunk)])
    effects: list[UnitEffects | str] = []
    for item in explained:
        units, nothing = content_units(item.text), next(values)
        alone = [next(values) for _ in units]
        if isinstance(nothing, str):
            effects.append(nothing)
            continue
        changes = [value if isinstance(value, str) else value - nothing for value in alone]
        effects.append(_unit_effects(units, changes))
    return effects


def mask_effects(
    explainer: Explainer,
    explained: Sequence[ExplainedText],
) -> list[UnitEffects | str] | Reason:
    """Like `deletion_effects`, but with the tokenizer's mask token in place of each token of the
    unit; a `Reason` if it has no mask token."""
    mask = explainer.model.tokenizer.mask_token_id
    if not isinstance(mask, int):
        return "no_mask_token"
    return _effects(
        explainer,
        explained,
        lambda text, unit: put(text, dict.fromkeys(unit, mask)),
        lambda text, unit: True,
    )


def mask_offset(effects: Sequence[float]) -> float | None:
    """|mean| / standard deviation of a text's effects; None for fewer than 2 effects or if all are
    equal. Above 1, most changes move the target in the same direction, whatever is changed."""
    known = [effect for effect in effects if isfinite(effect)]
    spread = pstdev(known) if known else 0.0
    return abs(fmean(known)) / spread if spread else None


def _effects(
    explainer: Explainer,
    explained: Sequence[ExplainedText],
    change: Callable[[EncodedText, Sequence[int]], EncodedText],
    can_change: Callable[[EncodedText, Sequence[int]], bool],
) -> list[UnitEffects | str]:
    """The effects of `change` on each unit of each text, except units that `can_change` rules out
    because no token would be left."""
    variants = (
        ChangedText(item, change(item.text, unit))
        for item in explained
        for unit in content_units(item.text)
        if can_change(item.text, unit)
    )
    values = iter([v for chunk in in_chunks(variants) for v in explainer.run_scores(chunk)])
    effects = []
    for item in explained:
        units = content_units(item.text)
        outcomes: list[tuple[float, Scores] | str] = [
            next(values) if can_change(item.text, unit) else NOTHING_LEFT for unit in units
        ]
        effects.append(_text_effects(item, units, outcomes))
    return effects


def _can_delete(text: EncodedText, unit: Sequence[int]) -> bool:
    """Whether a token would be left without `unit`, in front of the completion if there is one."""
    first = text.completion[0] if text.completion else len(text.ids)
    return len(unit) < first


def _text_effects(
    item: ExplainedText,
    units: tuple[tuple[int, ...], ...],
    values: Sequence[tuple[float, Scores] | str],
) -> UnitEffects | str:
    """The effects on one text, from its target (or an error message) after each change."""
    changes = [value if isinstance(value, str) else item.value - value[0] for value in values]
    scores = tuple(
        ()
        if isinstance(value, str)
        else tuple(whole - left for whole, left in zip(item.scores, value[1], strict=True))
        for value in values
    )
    return _unit_effects(units, changes, scores)


def _unit_effects(
    units: tuple[tuple[int, ...], ...],
    changes: Sequence[float | str],
    scores: tuple[Scores, ...] = (),
) -> UnitEffects | str:
    """The effects on one text, from the change (or an error message) by each of its units."""
    faults = [change for change in changes if isinstance(change, str)]
    if not units:
        return "it has no content to change"
    if len(faults) == len(units):
        return faults[0]
    effects = tuple(nan if isinstance(change, str) else change for change in changes)
    message = f"{len(faults)} of {len(units)} units: {faults[0]}" if faults else ""
    return UnitEffects(units, effects, message, scores)


def in_chunks(variants: Iterable[ChangedText]) -> Iterator[list[ChangedText]]:
    """Split `variants` into parts of about CHUNK_TOKENS tokens."""
    chunk: list[ChangedText] = []
    size = 0
    for variant in variants:
        chunk.append(variant)
        size += len(variant.text.ids)
        if size >= CHUNK_TOKENS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _run_deletion(tools: Tools, texts: Sequence[TextEvidence]) -> None:
    results = deletion_effects(tools.explainer, explained_of(texts))
    for text, unit_effects in zip(texts, results, strict=True):
        text.add_units("deletion", unit_effects)
        text.add_units(EFFECT, unit_effects)
        text.add_scores(unit_effects)
    if tools.explainer.target.is_sequential:
        earlier = earlier_effects(tools.explainer, explained_of(texts))
        for text, falls in zip(texts, earlier, strict=True):
            text.add_earlier(falls)
    if not applies_to(BY_ID["alone"], tools.explainer.target.scalar):
        return
    add_effects("alone", texts, alone_effects(tools.explainer, explained_of(texts)))


def _run_mask(tools: Tools, texts: Sequence[TextEvidence]) -> None:
    results = mask_effects(tools.explainer, explained_of(texts))
    add_effects("mask", texts, results)
    if isinstance(results, str):
        return
    for text, unit_effects in zip(texts, results, strict=True):
        if not isinstance(unit_effects, str):
            text.row["mask_offset"] = mask_offset(unit_effects.effects)


def _deletion_cost(text: EncodedText, basis: CostBasis) -> Passes:
    units = content_units(text)
    n_deleted = sum(_can_delete(text, unit) for unit in units)
    n_earlier = len(earlier_units(text)) if basis.target.is_sequential else 0
    n_runs = n_deleted + n_earlier
    deleted = Passes(n_runs, 0, n_runs * (len(text.ids) - 1))
    n_fixed = len(fixed_positions(text))
    if not runs_without_content(text) or not applies_to(BY_ID["alone"], basis.target.scalar):
        return deleted
    n_alone = len(units) + 1
    work = deleted.work + n_alone * n_fixed + sum(map(len, units))
    return Passes(n_runs + n_alone, 0, work)


def _mask_cost(text: EncodedText, basis: CostBasis) -> Passes | None:
    n_units = len(content_units(text))
    return Passes(n_units, 0, n_units * len(text.ids)) if basis.has_mask_token else None


DELETION = MeasureMethod(_run_deletion, _deletion_cost)
MASK = MeasureMethod(_run_mask, _mask_cost)


# [step], how far the log-probability of each token of the completion falls; None where it cannot.
Falls = tuple[float | None, ...]


def earlier_effects(
    explainer: Explainer, explained: Sequence[ExplainedText]
) -> list[dict[int, Falls] | str]:
    """How far the log-probability of each later token of the completion falls without each of its
    units, f(whole) - f(without), by position of the unit's tokens; an error message for a text of
    which no unit could be left out.

    Positions are those in the text, or in the target of a decoder of its own. The unit's token ids
    are removed, the remaining ones move together, nothing is tokenised again. The unit itself and
    what stands before it have none.
    """
    return [_of_text(explainer, item) for item in explained]


def earlier_units(text: EncodedText) -> tuple[tuple[int, ...], ...]:
    """The positions of the units of the completion of `text` that another token follows."""
    target = text.target
    positions = text.completion if target is None else range(target.n_given, len(target.ids))
    units: dict[int, list[int]] = {}
    for position in positions:
        units.setdefault((text if target is None else target).units[position], []).append(position)
    return tuple(tuple(unit) for unit in units.values() if unit[-1] < positions[-1])


def _of_text(explainer: Explainer, item: ExplainedText) -> dict[int, Falls] | str:
    units = earlier_units(item.text)
    changed = [_without(item.text, unit) for unit in units]

    runs: BatchRuns[Scores] = explainer.runs(changed)
    for run in runs:
        with run:
            run.results = _scores(explainer, [changed[i] for i in run.rows])
    falls_by_position: dict[int, Falls] = {}
    faults = []
    for unit, left in zip(units, runs.results, strict=True):
        if isinstance(left, str) or not all(map(isfinite, left)):
            faults.append(left if isinstance(left, str) else explainer.target.undefined)
            continue
        falls = _falls(item, unit, left)
        falls_by_position.update(dict.fromkeys(unit, falls))
    return faults[0] if faults and not falls_by_position else falls_by_position


def _scores(explainer: Explainer, texts: Sequence[EncodedText]) -> list[Scores]:
    """Run one batch: what each step has."""
    rows = precise(explainer.outputs(texts)).tolist()
    return [tuple(row[: text.n_steps]) for row, text in zip(rows, texts, strict=True)]


def _falls(item: ExplainedText, unit: Sequence[int], left: Scores) -> Falls:
    first = item.text.completion[0] if item.text.target is None else item.text.target.n_given
    n_gone, after = len(unit), unit[-1] + 1 - first  # the first step that stands after it
    later = zip(item.scores[after:], left[after - n_gone :], strict=True)
    return (*[None] * after, *(whole - remaining for whole, remaining in later))


def _without(text: EncodedText, unit: Sequence[int]) -> EncodedText:
    """`text` without the tokens of its completion at the positions `unit`."""
    if text.target is None:
        return without(text, unit)
    before = text.target
    kept = [i for i in range(len(before.ids)) if i not in unit]
    target = TargetTokens(
        ids=tuple(before.ids[i] for i in kept),
        tokens=tuple(before.tokens[i] for i in kept),
        spans=tuple(before.spans[i] for i in kept),
        specials=tuple(before.specials[i] for i in kept),
        units=tuple(before.units[i] for i in kept),
        n_given=before.n_given,
    )
    return replace(text, target=target)
