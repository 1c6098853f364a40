"""Every figure in each of several models, and how it changed from the first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.comparison.attention import ALL_SPECIAL, ENTROPY
from reportgen.comparison.change import Change, changes, equal_if_close
from reportgen.comparison.quality import Quality, QualityVerdict
from reportgen.findings import QUALITY, Booleans, Floats, Interval, Judgement
from reportgen.results import View

AGREEMENT = "agreement"
EDIT_FLIPS = "edit_flips"  # the share of edits of texts that change what is predicted
EDIT_SIZE = "edit_size"  # how far edits of texts change the predictions
MOVED_SHARE = "moved"  # the share of predictions that changed from the model before
SPECIAL_LAYER = "special_layer"  # of all special tokens together, in their strongest layer


@dataclass(frozen=True, slots=True)
class ModelValue:
    """One figure in one model."""

    value: float
    # From the first model; None of the first, and of what has an interval of its own.
    change: Change | None = None
    interval: Interval | None = None  # of an agreement, and of a share of predictions that changed
    layer: int | None = None  # in which a share is largest, from 1
    view: View | None = None  # that an agreement is of: what colours the texts first
    judgement: Judgement | None = None  # of an agreement: what it says beyond the baselines
    # Of a figure of the fit: whether it is better than in the first model, and on how many texts.
    gain: QualityVerdict | None = None
    is_unmoved: bool = False  # no prediction moved from the first model
    is_sure_alone: bool = False  # its interval leaves out 0, but another figure decides


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure in every model."""

    # A figure of the fit with labels, "special", "special_layer", the key of a special-token role
    # (its share in the layer where that is largest), "entropy", "agreement" or "moved".
    key: str
    values: tuple[ModelValue | None, ...]  # [model]; None where a model has no such figure
    token: str = ""  # of a role, as the first model that has it writes it
    quality: str | None = None  # of a figure of the fit: which one
    decides: bool = False  # it is the figure of the fit that decides, and there are others


@dataclass(frozen=True, slots=True, eq=False)
class ModelAttention:
    """The attention of one model, from which its figures are computed."""

    takes_part: Booleans  # [text]
    by_layer: Mapping[str, Floats]  # [text, layer]
    tokens: Mapping[str, str]  # of the special-token roles, by key


def first_tokens(sides: Sequence[ModelAttention]) -> dict[str, str]:
    """The special tokens by key, as the first model that has each writes it."""
    tokens: dict[str, str] = {}
    for side in sides:
        tokens |= {key: token for key, token in side.tokens.items() if key not in tokens}
    return tokens


def quality_rows(qualities: Sequence[Quality | None]) -> Iterator[FigureRow]:
    """The figures of the fit with labels; `qualities` are of the models after the first."""
    deciding = {
        quality.deciding.name for quality in qualities if quality is not None and quality.others
    }
    for name in QUALITY:
        values = [_of_quality(quality, name) for quality in qualities]
        base = next((value.change.base for value in values if value and value.change), None)
        if base is not None:
            row = (ModelValue(base), *values)
            yield FigureRow(name, row, quality=name, decides=name in deciding)


def _of_quality(quality: Quality | None, name: str) -> ModelValue | None:
    figure = quality.figure(name) if quality else None
    if quality is None or figure is None:
        return None
    return ModelValue(
        figure.change.head,
        figure.change,
        gain=figure.gain,
        is_unmoved=quality.is_unmoved,
        is_sure_alone=quality.is_sure_alone(figure),
    )


def attention_rows(sides: Sequence[ModelAttention]) -> Iterator[FigureRow]:
    """What special tokens get, and the entropy, over the texts that are long enough in all."""
    counted = np.logical_and.reduce([side.takes_part for side in sides])
    tokens = first_tokens(sides)
    for key in (ALL_SPECIAL, *tokens, ENTROPY):
        whole = [_finite(side.by_layer.get(key)) for side in sides]  # [model][text, layer]
        known = counted.copy()
        for each in whole:
            known &= True if each is None else np.isfinite(each).all(axis=1)
        if not known.any() or all(each is None for each in whole):
            continue
        by_text = [None if each is None else each[known] for each in whole]
        if key in (ALL_SPECIAL, ENTROPY):
            means = [None if each is None else each.mean(axis=1) for each in by_text]
            yield FigureRow(key, _values(means, [None] * len(by_text)))
        if key != ENTROPY:
            layers = [None if each is None else int(each.mean(axis=0).argmax()) for each in by_text]
            strongest = [
                None if each is None or layer is None else each[:, layer]
                for each, layer in zip(by_text, layers, strict=True)
            ]
            name = SPECIAL_LAYER if key == ALL_SPECIAL else key
            yield FigureRow(name, _values(strongest, layers), tokens.get(key, ""))


def _finite(by_layer: Floats | None) -> Floats | None:
    """`by_layer`; None where no text has a value."""
    return by_layer if by_layer is not None and np.isfinite(by_layer).any() else None


def _values(
    by_text: Sequence[Floats | None], layers: Sequence[int | None]
) -> tuple[ModelValue | None, ...]:
    """The means of a figure `[text]` in every model, with their changes from the first."""
    first, values = by_text[0], list[ModelValue | None]()
    for of_model, layer in zip(by_text, layers, strict=True):
        if of_model is None:
            values.append(None)
            continue
        change = None
        if first is not None and of_model is not first:
            (change,) = changes(first[:, None], equal_if_close(first, of_model)[:, None])
        place = None if layer is None else layer + 1
        values.append(ModelValue(float(of_model.mean()), change, layer=place))
    return tuple(values)


def own_rows(key: str, values: Sequence[ModelValue | None]) -> Iterator[FigureRow]:
    """The row of a figure whose values have intervals of their own; no row if no model has it."""
    if any(values):
        yield FigureRow(key, tuple(values))
