"""The texts that changed most: in the old model, in the new one, and the difference; and what both
models predicted for a text, in words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from reportgen.comparison import Comparison, PredictionChanges
from reportgen.findings import Floats, Word
from reportgen.report.charts.attention_scale import times_steps
from reportgen.report.charts.colours import signed_step
from reportgen.report.components import Cell, Table, make_table
from reportgen.report.language.comparison import NAME, CompareWords, Write
from reportgen.report.language.numbers import NOTHING, decimals, fixed, written
from reportgen.report.language.printable import shorten, text_address, visible
from reportgen.report.panel.highlighted_text import LONG, Kind, Paragraph, paragraphs, twin
from reportgen.report.panel.influence import bar
from reportgen.report.panel.unit_measures import cls_name
from reportgen.report.sections.context_compared import CompareContext
from reportgen.results import NONE, REDACT, Results, TextUnits, segments_of, text_units
from reportgen.tasks import task_of

TEXTS = 8  # shown
_REGRESSIONS = 2  # texts shown whose error grew most
_TOP = 3  # tokens named of each
_REASONS = 2  # lines of each in the list
_TEXT = 60  # half-width characters of a text in a table
_SLACK = 6  # so many more are not worth a cut
_ROW = 80  # half-width characters of a text in the list
_LEAST_CHANGE = 2.0  # in multiples of the equal share, where the colours of changes end at least
_TAGGED = 3  # with another tag, of a text


@dataclass(frozen=True, slots=True)
class Strip:
    """A text with one set of colours and bars."""

    name: str
    paragraphs: tuple[Paragraph, ...]
    kind: Kind

    @property
    def twin(self) -> tuple[tuple[Cell, ...], ...]:
        """The same where style sheets are refused."""
        return twin(self.paragraphs, self.kind)


@dataclass(frozen=True, slots=True)
class TextPair:
    """One text in both models."""

    number: int
    text_id: str
    name: Cell  # its id and beginning
    row: str  # the same for the list
    is_long: bool
    has_effects: bool  # whether deletion effects are compared, not attention alone
    most: tuple[str, ...]  # the tokens that changed most, each with its figure in both
    most_says: str  # which figure that is
    facts: tuple[str, ...]  # its prediction, and what became of it
    measured: tuple[str, ...]  # how far effects and attention changed over all its tokens
    reasons: tuple[str, ...]  # why it is listed
    legend: tuple[str, ...]
    strips: tuple[Strip, ...]
    table: Table


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One measure of the units of a text in both models and their difference, `[unit]`; NaN for
    special tokens."""

    values: tuple[Floats, Floats, Floats]
    shown: tuple[list[str], ...]
    top: float  # where colours or bars end


def text_name(results: Results, text: int) -> Cell:
    """A text by its id, which is its number unless it has one of its own, and how it begins."""
    row = results.text_row(text)
    id = str(row["text_id"])
    if REDACT in results.info.settings.options:  # its beginning would be dots
        return Cell(shorten(id, NAME), link=text_address(id))
    name = f"{shorten(id, NAME)} · {shorten(str(row['text']), _TEXT, _SLACK)}"
    return Cell(name, link=text_address(id))


def make_pairs(context: CompareContext) -> tuple[TextPair, ...]:
    """The texts that changed most, with their strips."""
    comparison = context.comparison
    return tuple(_pair(comparison, text, context.words) for text in shown_texts(comparison))


def shown_texts(comparison: Comparison) -> list[int]:
    """Rows of `texts`, in the order they are listed: of numbers first those whose error grew most
    and the one that moved most, then what changed most."""
    first = (*_worse(comparison), *_moved(comparison))
    return list(dict.fromkeys((*first, *comparison.changed_texts)))[:TEXTS]


def shown_for(comparison: Comparison, words: CompareWords) -> str:
    """The heading of these texts: what changed most in them, each only where it chose one."""
    shown, worse = shown_texts(comparison), _worse(comparison)
    by = comparison.changed_by
    chosen = {*_moved(comparison), *by["prediction"]}
    rest = {*shown} - chosen - {*worse}
    what = ["prediction"] if chosen & {*shown} else []
    what += [key for key in ("effects", "attention") if rest & {*by[key]}]
    if not what:
        return words.say("pairs_worse" if worse else "pairs")
    names = [words.say(f"pairs_{key}") for key in what]
    comma, either = words.say("pairs_comma"), words.say("pairs_or")
    named = either.join(filter(None, (comma.join(names[:-1]), names[-1])))
    return words.say("pairs_worse_or" if worse else "pairs_by", what=named)


def _worse(comparison: Comparison) -> list[int]:
    """Rows of `texts` whose error grew most."""
    predictions = comparison.predictions
    worse = (
        []
        if predictions is None
        else predictions.texts[predictions.regressions[:_REGRESSIONS]].tolist()
    )
    return [text for text in worse if comparison.pairing.aligned[text]]


def _moved(comparison: Comparison) -> list[int]:
    """The row of `texts` whose predicted number moved most; none of other outputs."""
    predictions = comparison.predictions
    if (
        predictions is None
        or not predictions.is_number
        or (place := most_moved(predictions)) is None
    ):
        return []
    text = int(predictions.texts[place])
    return [text] if comparison.pairing.aligned[text] else []


def _criterion(comparison: Comparison, text: int) -> str:
    """What row `text` of `texts` is listed for: worse, or what changed in it."""
    if text in _worse(comparison):
        return "worse"
    by = comparison.changed_by
    if text in (*_moved(comparison), *by["prediction"]):
        return "prediction"
    ranks = {key: list(by[key]).index(text) for key in ("effects", "attention") if text in by[key]}
    return "attention" if ranks.get("attention", inf) < ranks.get("effects", inf) else "effects"


def most_moved(predictions: PredictionChanges) -> int | None:
    """The place in `predictions` of the number that changed most; None where none did."""
    places = range(len(predictions.texts))
    place = max(places, key=lambda i: abs(float(predictions.change[i])), default=None)
    return None if place is None or not predictions.change[place] else place


def _pair(comparison: Comparison, text: int, words: CompareWords) -> TextPair:
    base = comparison.base.results
    units = text_units(base, text)
    of_text = comparison.units.text == text
    effects = [side[of_text] for side in comparison.units.effect]
    has_effects = bool(len(effects[0])) and bool(np.isfinite(effects[0]).all())
    at = comparison.units.unit[of_text]
    # Where the output is read from one row, what that row looks at, as the notes on tokens.
    of_row = [side[of_text] for side in comparison.units.row]
    is_row = bool(np.isfinite(of_row).all())
    attention = of_row if is_row else [side[of_text] for side in comparison.units.attention]
    looks = _side(attention, at, units, _LEAST_CHANGE, words, is_effect=False)
    row_name = cls_name(base.info, words.language) or "" if is_row else ""
    moves = _side(effects, at, units, 0.0, words, is_effect=True) if has_effects else None
    row = base.text_row(text)
    segments = segments_of(row)
    told = moves or looks
    most = _most(units, told, words.effect if moves else _write_looks, words)
    facts, ends = _predicted(comparison, text, words)
    measured = _changes(comparison, text, words)
    why = _criterion(comparison, text)
    if why in ("worse", "prediction") and ends is not None:
        reasons = (words.say(f"why_{why}", base=ends[0], head=ends[1]), *facts[1:], *most)
    elif why in ("effects", "attention"):
        changed = _most(units, looks, _write_looks, words) if why == "attention" else most
        first, *others = changed or measured or ("",)
        reasons = (words.say(f"why_{why}", said=first), *others, *facts)
    else:  # one whose prediction is printed the same begins with its tokens
        reasons = (*(most or measured), *facts)
    return TextPair(
        number=text + 1,
        text_id=str(row["text_id"]),
        name=text_name(base, text),
        row=shorten(segments[0], _ROW),
        is_long=len(units.units) > LONG,
        has_effects=has_effects,
        most=most,
        most_says=words.say("most_effects" if has_effects else "most_attention"),
        facts=facts,
        measured=measured,
        reasons=reasons[:_REASONS],
        legend=_legend(comparison, text, looks, moves, row_name, words),
        strips=_strips(units, segments, looks, moves, words),
        table=_table(units, looks, moves, row_name, words),
    )


def _side(
    ends: Sequence[Floats],
    at: NDArray[np.intp],
    units: TextUnits,
    least: float,
    words: CompareWords,
    *,
    is_effect: bool,
) -> _Side:
    base, head, change = (_placed(side, at, units) for side in (*ends, ends[1] - ends[0]))
    sizes = [float(np.nanmax(np.abs(side), initial=0.0)) for side in (base, head, change)]
    # An effect that turned round changed by more than either; attention has colours of its own.
    top = max(least, *(sizes if is_effect else sizes[2:]))
    digits = decimals(top) if is_effect else 2
    # Multiples of an even share and distances have no sign, their difference has.
    signs = [is_effect and not words.is_size] * 2 + [True]
    shown = tuple(
        [written(float(value), digits, sign) for value in side]
        for side, sign in zip((base, head, change), signs, strict=True)
    )
    return _Side((base, head, change), shown, top)


def _strips(
    units: TextUnits,
    segments: Sequence[str],
    looks: _Side,
    moves: _Side | None,
    words: CompareWords,
) -> tuple[Strip, ...]:
    """The text in the old model, in the new one, and their difference: colours for attention, bars
    for what changes without a token."""
    strips = []
    for i, key in enumerate(("base", "head", "difference")):
        steps = _change_steps(looks) if key == "difference" else _looks_steps(looks.values[i])
        titles, bars = looks.shown[i], tuple[int, ...]()
        if moves is not None:
            titles = [
                words.say("pair_title", attention=one, effect=two)
                for one, two in zip(titles, moves.shown[i], strict=True)
            ]
            bars = tuple(bar(float(value), moves.top) for value in moves.values[i])
        made = paragraphs(units.units, segments, steps, titles, bars)
        kind: Kind = "changes" if key == "difference" else "attention"
        strips.append(Strip(words.say(key), made, kind))
    return tuple(strips)


def _legend(
    comparison: Comparison,
    text: int,
    looks: _Side,
    moves: _Side | None,
    row: str,
    words: CompareWords,
) -> tuple[str, ...]:
    """What colours and bars stand for; `row` is the row whose attention is shown, "" for all."""
    key = "pair_row" if row else "pair_attention"
    sentences = [words.say(key, top=written(looks.top, 2), row=row)]
    if moves is None:
        return tuple(sentences)
    key = "pair_effects_size" if words.is_size else "pair_effects"
    sentences.append(words.say(key, top=written(moves.top, decimals(moves.top))))
    predictions, of_text = comparison.predictions, comparison.units.text == text
    if comparison.units.flipped[of_text].any() and predictions is not None:
        place = _place(predictions.texts, text)
        if place is not None and predictions.names:
            both = both_names(comparison, predictions, place, words)
            base, head = (shorten(name, NAME) for name in both)
            sentences.append(words.say("pair_flip", base=base, head=head))
    return tuple(sentences)


def _most(units: TextUnits, told: _Side, write: Write, words: CompareWords) -> tuple[str, ...]:
    """The tokens whose figure changed most, with the digits of all texts; none that is printed the
    same for both models."""
    changes = told.values[2]
    shown = [[write(float(value), True) for value in side] for side in told.values[:2]]
    sizes = np.where(np.isfinite(changes), np.abs(changes), 0.0)
    order = [int(i) for i in np.argsort(-sizes, kind="stable")[:_TOP]]
    return tuple(
        words.say(
            "md_token",
            token=shorten(visible(units.units[i].label), NAME),
            base=shown[0][i],
            head=shown[1][i],
        )
        for i in order
        if sizes[i] > 0 and shown[0][i] != shown[1][i]
    )


def _write_looks(value: float, with_sign: bool) -> str:
    """How many times the equal share, which has no sign."""
    return written(value, 2)


def _looks_steps(values: Floats) -> list[int | None]:
    """The colour steps of multiples of the equal share, `[unit]`; None for special tokens."""
    steps: list[int] = times_steps(np.nan_to_num(values)).tolist()
    return [step if np.isfinite(value) else None for step, value in zip(steps, values, strict=True)]


def _change_steps(looks: _Side) -> list[int | None]:
    """The colour steps of changes, `[unit]`, 0 for the faintest; None for special tokens."""
    steps = [
        signed_step(float(value), looks.top) if np.isfinite(value) else None
        for value in looks.values[2]
    ]
    return [0 if step in (-1, 1) else step for step in steps]


def _placed(values: Floats, at: NDArray[np.intp], units: TextUnits) -> Floats:
    """`[unit]`: the `values` of the text units `at`, and NaN for special tokens."""
    every = np.full(len(units.units), np.nan)
    every[at] = values
    return every


def _table(
    units: TextUnits, looks: _Side, moves: _Side | None, row: str, words: CompareWords
) -> Table:
    """Attention and change of every token in both models, and the difference."""
    name = words.say("pair_looks_row", row=row) if row else words.say("pair_looks")
    sides = [(name, looks), *([(words.say("pair_moves"), moves)] if moves else [])]
    rows = [
        (visible(unit.label), [Cell(column[i]) for _, side in sides for column in side.shown])
        for i, unit in enumerate(units.units)
        if not unit.is_special
    ]
    colon = words.language.say("page", "colon")
    columns = [
        name + colon + words.say(end) for name, _ in sides for end in ("base", "head", "difference")
    ]
    return make_table(words.say("pair_table"), [words.say("token"), *columns], rows)


def _predicted(
    comparison: Comparison, text: int, words: CompareWords
) -> tuple[tuple[str, ...], tuple[str, str] | None]:
    """Both predictions for a text, and whether the new one is wrong or farther from the label; then
    the two as printed, None where they are printed the same."""
    predictions = comparison.predictions
    place = None if predictions is None else _place(predictions.texts, text)
    if predictions is None or place is None:
        return (), None
    if predictions.is_number:
        base, head = (
            words.prediction(float(side[place])) for side in (predictions.base, predictions.head)
        )
    elif predictions.names:
        both = both_names(comparison, predictions, place, words)
        base, head = (shorten(name, NAME) for name in both)
    else:
        return (), None
    sentences = [words.say("pair_prediction", base=base, head=head)]
    if predictions.outcomes:
        sentences.append(words.say(f"outcome_{predictions.outcomes[place]}"))
    if (
        len(predictions.error_growth)
        and np.isfinite(predictions.error_growth[place])
        and base != head
    ):
        right = float(comparison.pairing.labels["label_value"].iloc[text])
        errors = (abs(float(side[place]) - right) for side in (predictions.base, predictions.head))
        base_error, head_error = map(words.prediction, errors)
        sentences.append(words.say("pair_error", base=base_error, head=head_error))
    return tuple(sentences), (base, head) if base != head else None


def _changes(comparison: Comparison, text: int, words: CompareWords) -> tuple[str, ...]:
    """How far the deletion effects and the attention of a text changed."""
    sentences = []
    effects, heads = comparison.effects, comparison.heads
    if effects is not None and (place := _place(effects.texts, text)) is not None:
        rank = float(effects.rank[place])
        sentences.append(
            words.say(
                "pair_effect_change",
                change=written(float(effects.change[place]), 2),
                rank=fixed(rank, 2) if np.isfinite(rank) else NOTHING,
            )
        )
    if heads is not None and (place := _place(heads.texts, text)) is not None:
        distance = words.fit(float(heads.by_text[place]))
        sentences.append(words.say("pair_distance", distance=distance))
    return tuple(sentences)


def _place(texts: NDArray[np.intp], text: int) -> int | None:
    at = int(np.searchsorted(texts, text))
    return at if at < len(texts) and texts[at] == text else None


def both_names(
    comparison: Comparison, predictions: PredictionChanges, place: int, words: CompareWords
) -> tuple[str, str]:
    """The class, labels, token or tags of place `place` of `predictions` in both models: of tags
    only those that differ, with their words."""
    base, head = predictions.names[place]
    pairs = _other_tags(comparison, predictions, place)
    if not pairs:
        return base, head
    names = comparison.base.info.output.labels

    def tags_of(side: int) -> str:
        tagged = [_with_tag(pair[side], pair[side].tag, names, words) for pair in pairs[:_TAGGED]]
        return words.language.listed(tagged) + (" …" if len(pairs) > _TAGGED else "")

    return tags_of(0), tags_of(1)


def label_of(
    comparison: Comparison,
    predictions: PredictionChanges,
    place: int,
    label: str,
    words: CompareWords,
) -> str:
    """The `label` of place `place` of `predictions`: of tags only those of words whose tag differs,
    of choices the right one."""
    if comparison.base.choices is not None:
        chosen = comparison.base.choices.by_text.get(int(predictions.texts[place]))
        return label if chosen is None else chosen.right or label
    pairs = _other_tags(comparison, predictions, place)
    if not pairs:
        return label
    names = comparison.base.info.output.labels
    known = [(old.label, old) if old.label != NONE else (new.label, new) for old, new in pairs]
    tagged = [_with_tag(word, tag, names, words) for tag, word in known[:_TAGGED] if tag != NONE]
    return words.language.listed(tagged)


def turns(comparison: Comparison, predictions: PredictionChanges) -> Counter[tuple[str, str]]:
    """How many predictions changed from what to what: of tags how many words, else texts."""
    if not task_of(comparison.base.info.output).is_of_words:
        pairs = zip(predictions.names, predictions.moved, strict=True)
        return Counter(names for names, moved in pairs if moved)
    names = comparison.base.info.output.labels
    return Counter(
        (names[old.tag], names[new.tag])
        for place in range(len(predictions.texts))
        for old, new in _other_tags(comparison, predictions, place)
    )


def _other_tags(
    comparison: Comparison, predictions: PredictionChanges, place: int
) -> list[tuple[Word, Word]]:
    if not task_of(comparison.base.info.output).is_of_words:
        return []
    return comparison.other_tags(int(predictions.texts[place]))


def _with_tag(word: Word, tag: int, names: tuple[str, ...], words: CompareWords) -> str:
    return words.language.say("panel", "entity", kind=word.name, name=names[tag])
