"""A comparison in full sentences: what changed, and what could not be compared."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reportgen.comparison import (
    EFFECT_CHANGED,
    HEAD_LEAST,
    SHARE,
    Comparison,
    fewest_compared,
    n_with_effect,
)
from reportgen.errors import some
from reportgen.findings import Note, quality_names
from reportgen.report.components import Sentence
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.numbers import percentage
from reportgen.report.language.printable import shorten, visible
from reportgen.report.sections.all_models import between, drift
from reportgen.report.sections.context_compared import CompareContext
from reportgen.report.sections.predictions_compared import verdict
from reportgen.report.sections.sink_trends import sink_news
from reportgen.tasks import task_of

_IDS = 60  # half-width characters of the ids of texts that are left out


@dataclass(frozen=True, slots=True)
class ComparisonOverview:
    """The answers in full."""

    headline: tuple[str, ...]
    limits: tuple[str, ...]


def make_overview(context: CompareContext) -> ComparisonOverview:
    """The overview of a comparison."""
    comparison, words = context.comparison, context.words
    return ComparisonOverview(compare_headline(comparison, words), limits(comparison, words))


def make_notes(context: CompareContext) -> tuple[Sentence, ...]:
    """Every note in full."""
    return tuple(map(context.words.note, context.comparison.notes))


def compare_headline(comparison: Comparison, words: CompareWords) -> tuple[str, ...]:
    """What a reader must know, in a few sentences: which model fits the labels better comes first,
    where there are labels, unless nothing changed."""
    models = comparison.all_models
    drifts = () if models is None else (*sink_news(models, words), *drift(models, words))
    if comparison.is_same:
        return (*_same(comparison, words), *drifts)
    predictions = comparison.predictions
    quality = predictions and predictions.quality
    sentences = [_predictions(comparison, words)]
    if quality:
        sentences.insert(1 if has_no_news(comparison) else 0, verdict(quality, words))
    if comparison.pairing.same_weights and (predictions is None or predictions.same_outputs):
        sentences.append(words.say("same_weights"))
    first = headline_note(comparison)
    if first is not None:
        note, key = first
        is_size = words.is_size and not key.startswith("looks")
        sentences.append(
            words.say(f"headline_{key}{'_size' if is_size else ''}", **words.values(note))
        )
    else:
        sentences += no_token(comparison, words)
    sentences += drifts
    heads = comparison.heads
    if heads is not None and heads.changed.any():
        sentences.append(words.say("headline_heads", k=heads.changed.sum(), n=heads.changed.size))
    elif heads is not None and heads.moved.any():
        sentences.append(words.say("headline_heads_alone", k=heads.moved.sum(), n=heads.moved.size))
    return tuple(sentences)


def has_no_news(comparison: Comparison) -> bool:
    """Whether no prediction moved, so that no model is better either."""
    predictions = comparison.predictions
    return predictions is not None and predictions.quality is not None and not predictions.n_moved


def headline_note(comparison: Comparison) -> tuple[Note, str] | None:
    """The note on a token that comes first, and which sentence says the same as it; None where
    there is none."""
    first = min(comparison.notes, key=_headline_rank, default=None)
    key = "" if first is None else _headline_key(first)
    return (first, key) if first is not None and key else None


def _same(comparison: Comparison, words: CompareWords) -> Iterable[str]:
    predictions, pairing = comparison.predictions, comparison.pairing
    if comparison.effects:
        key = "same" if predictions else "same_unpredicted"
    else:
        key = "same_unmoved" if predictions else "same_looks"
    models = comparison.all_models
    texts = words.count("same_two" if models is None else "same_ends", pairing.n_analysed)
    yield words.say(key, found=texts)
    if models is not None:
        yield between(models, words)
    if pairing.same_weights:
        yield words.say("same_weights")


def _predictions(comparison: Comparison, words: CompareWords) -> str:
    """How many predictions changed."""
    predictions = comparison.predictions
    if predictions is None:
        return words.say("changed_unknown")
    n = len(predictions.texts)
    if predictions.same_outputs:
        return words.count("same_outputs", n)
    floor = words.floor(predictions)
    if not predictions.n_moved:
        return words.say("changed_none", n=n, floor=floor)
    k = predictions.n_moved
    if predictions.lost_chances is not None:
        middle, most = (
            words.language.say("number", "points", x=percentage(share))
            for share in predictions.lost_chances
        )
        has_choices = task_of(comparison.base.info.output).has_choices
        key = "changed_choice" if has_choices else "changed_class"
        return words.count(key, k, k=k, texts=n, middle=middle, most=most)
    return words.say("changed", k=k, n=n, floor=floor)


def no_token(comparison: Comparison, words: CompareWords) -> Iterable[str]:
    """What is said where no token is named: that none changed only where effects were compared."""
    effects, pairing, tokens = comparison.effects, comparison.pairing, comparison.tokens
    if effects is None and not pairing.n_aligned:
        yield from _other_units(comparison, words)
        return
    if effects is None:
        if not pairing.has_evidence:
            yield words.say("headline_unmeasured")
        elif not pairing.same_scalar:
            yield words.say("headline_other_scalar")
        elif comparison.units.n_other_target:
            yield words.say("headline_other_target")
        return
    compared = [token for token in tokens if token.effect is not None]
    changed = [token for token in compared if token.turn != "noise"]
    if changed:
        limit = words.effect_change(EFFECT_CHANGED * effects.spread, False)
        yield words.count("headline_small", len(compared), k=len(changed), limit=limit)
    elif compared:
        yield words.count("headline_no_token", len(compared), texts=len(effects.texts))


def _other_units(comparison: Comparison, words: CompareWords) -> Iterable[str]:
    """What is said of texts with the same tokens that are grouped into other units."""
    base, head = (side.info.settings.units for side in (comparison.base, comparison.head))
    n = comparison.pairing.n_other_units
    if n:
        key = "limit_units" if base != head else "limit_words"
        yield words.count(key, n, base=base, head=head)


def _headline_key(note: Note) -> str:
    """Which sentence of the headline says the same as a note on a token; "" for other notes."""
    looks = any(id in ("token_looks", "token_looks_row") for id in (note.id, *note.also))
    if note.id == "token_moves":
        return "both" if looks else "moves"
    if note.id == "token_moves_less":
        return "moves_less"
    if looks:
        return "looks"
    return "looks_less" if note.id.startswith("token_looks_less") else ""


def _headline_rank(note: Note) -> int:
    """The place of a note in the headline: what the new model does comes before what it no longer
    does."""
    ranks = {"both": 0, "moves": 0, "looks": 1, "moves_less": 2, "looks_less": 3}
    return ranks.get(_headline_key(note), len(ranks))


def unmatched_texts(comparison: Comparison, words: CompareWords) -> Iterator[str]:
    """How many texts are in one of the results alone, or are another text there; with their ids."""
    matching = comparison.matching
    for key in ("removed", "added", "altered") if matching is not None else ():
        ids = getattr(matching, key)
        if ids:
            yield words.count(f"limit_{key}", len(ids), ids=shorten(visible(some(ids)), _IDS))


def limits(comparison: Comparison, words: CompareWords) -> tuple[str, ...]:
    """What could not be compared, one sentence each; or one sentence that all was compared."""
    pairing = comparison.pairing
    sentences = list(unmatched_texts(comparison, words))
    matching = comparison.matching
    if matching is not None and matching.n_moved:
        sentences.append(words.count("limit_reordered", matching.n_moved))
    left = pairing.n_independent - pairing.n_analysed
    if left:
        neither = left - pairing.n_only_base - pairing.n_only_head
        given = {"base": pairing.n_only_base, "head": pairing.n_only_head, "none": neither}
        sentences.append(words.count("limit_status", left, **given))
    if pairing.n_other_tokens:
        has_choices = task_of(comparison.base.info.output).has_choices
        key = "limit_choices" if has_choices else "limit_tokens"
        sentences.append(words.count(key, pairing.n_other_tokens))
    sentences += _other_units(comparison, words)
    if pairing.n_other_labels:
        sentences.append(words.count("limit_labels", pairing.n_other_labels))
    if not pairing.same_output:
        sentences.append(words.say("limit_output"))
    elif comparison.predictions is None:
        sentences.append(words.say("limit_embedding"))
    elif comparison.predictions.quality is None:
        can = bool(quality_names(comparison.base.info.output))
        sentences.append(words.say("limit_unlabelled" if can else "limit_quality"))
    null = comparison.null
    if null is not None:
        named = {
            "name": shorten(visible(null.name), _IDS),
            "effect": words.effect_change(null.effect, False),
            "looks": words.fit(null.looks),
            "head": words.fit(max(null.head, HEAD_LEAST)),
        }
        sentences.append(words.say("null_used", null_share=SHARE, **named))
    if not pairing.has_evidence:
        sides = (comparison.base, comparison.head)
        lacking = [
            key
            for key, side in zip(("base", "head"), sides, strict=True)
            if side.info.evidence.level == "none"
        ]
        key = f"limit_evidence_{lacking[0]}" if len(lacking) == 1 else "limit_evidence_both"
        sentences.append(words.say(key))
    elif not pairing.same_scalar:
        sentences.append(words.say("limit_scalar"))
    elif comparison.units.n_other_target:
        sentences.append(words.count("limit_target", comparison.units.n_other_target))
    if comparison.units.n_other_rival:
        sentences.append(words.count("limit_rival", comparison.units.n_other_rival))
    heads = comparison.heads
    if heads is None or not pairing.same_shape:
        sentences += filter(None, [limit_of_heads(comparison, words)])
    elif len(heads.texts) < pairing.n_aligned:
        sentences.append(words.count("limit_some_maps", len(heads.texts)))
    is_redacted = comparison.base.results.is_redacted  # no token is named, whatever its texts
    if pairing.n_aligned and not (comparison.tokens or comparison.is_same or is_redacted):
        units = comparison.units
        key = "limit_few_effects" if n_with_effect(units) else "limit_few"
        sentences.append(words.say(key, n=fewest_compared(units)))
    return tuple(sentences) or (words.say("limit_none"),)


def limit_of_heads(comparison: Comparison, words: CompareWords) -> str:
    """Why heads are not compared; "" where no text is."""
    if not comparison.pairing.same_shape:
        return words.say("limit_shape")
    if not comparison.pairing.n_aligned:
        return ""
    return words.say("limit_maps")
