"""Attention over all texts: what each special token gets in each layer.

A figure of all texts is the mean of the texts' figures, so that long texts do not dominate. The
ratio to an equal share is the ratio of two such means, not the mean of the texts' ratios: a reader
gets it by dividing the two printed numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan

import numpy as np
import pandas as pd

from reportgen.findings.repeated_texts import READ
from reportgen.findings.statistics import (
    Booleans,
    Estimate,
    Floats,
    Interval,
    Places,
    estimates,
    lows_among,
    measured,
    ratio_estimates,
)
from reportgen.results import MIN_CONTENT, MIN_TEXTS, STATUSES, Results

# Columns of the table of roles.
_NORMS = ("norm_share", "value_size", "content_value_size", "value_ratio")
_VECTORS = ("output_rank", "activation", "content_activation")


@dataclass(frozen=True, slots=True)
class LayerFigures:
    """What one token or position gets and passes on in one layer; means over the texts."""

    layer: int  # from 1
    share: Estimate  # of all attention received in the layer, 0..1
    expected: float  # the share with equal shares
    ratio: Estimate  # share / expected
    # What it gets beyond the equal share: (share - expected) / (1 - expected) per text, so 0 for
    # an equal share and 1 for all attention, however short the text is.
    excess: Estimate
    # Over the texts in which norms were measured; None where there is no such text.
    norm_share: Estimate | None = None  # of norm-weighted attention received
    value_ratio: Estimate | None = None  # length of what it passes on / a text token's
    # Effective rank of what it passes on to the other tokens: 1 if all get the same direction.
    output_rank: Estimate | None = None
    # Over the texts in which hidden states were read: the largest hidden value, over the median of
    # the text's, and that of text tokens.
    activation: Estimate | None = None
    content_activation: float = nan
    self_share: float = nan  # of the weight that a role's own rows spread, the part on itself
    share_range: Interval | None = None  # smallest and largest share of a text
    expected_range: Interval | None = None


@dataclass(frozen=True, slots=True)
class RoleFigures:
    """What one special-token role, other token or position gets, over the texts that count."""

    n_texts: int
    layers: tuple[LayerFigures, ...]  # none where no text takes part
    n_tried: int = 1  # of how many tokens it was found to be the strongest

    @property
    def judged(self) -> tuple[LayerFigures, ...]:
        """The layers, each with an excess whose lower end holds for the strongest of all layers and
        of all tokens tried: that is the one a verdict names.

        The upper end stays: there is no sink only if no layer has one, so that many layers make it
        no easier to be said.
        """
        excesses = [layer.excess for layer in self.layers]
        moved = lows_among(excesses, [layer.share for layer in self.layers], self.n_tried)
        return tuple(
            replace(layer, excess=excess) for layer, excess in zip(self.layers, moved, strict=True)
        )


def takes_part(results: Results) -> Booleans:
    """`[text]`: whether a text counts in the notes: it was analysed, has at least MIN_CONTENT text
    tokens and is no variant of another. Where fewer than MIN_TEXTS of these differ, only the first
    of equal texts counts, so that copies make no verdict. Texts that are redacted were different in
    at least as many.
    """
    return results.recent(_takes_part)


def _takes_part(results: Results) -> Booleans:
    texts = results.texts
    long_enough = (texts["n_content"] >= MIN_CONTENT).to_numpy(dtype=np.bool_)
    counted: Booleans = long_enough & results.analysed & results.independent
    different = None if results.is_redacted else _few_different(texts[list(READ)][counted])
    if different is not None:
        counted = np.isin(np.arange(len(counted)), different)
    counted.flags.writeable = False  # it is handed to many
    return counted


def _few_different(texts: pd.DataFrame) -> list[int] | None:
    """The rows of the first of equal `texts`; None where at least MIN_TEXTS are different."""
    first_rows: dict[tuple[str, ...], int] = {}
    columns = (texts[name].fillna("") for name in READ)
    for row, *read in zip(texts.index, *columns, strict=True):
        first_rows.setdefault(tuple(read), int(row))
        if len(first_rows) == MIN_TEXTS:
            return None
    return list(first_rows.values())


def n_by_status(results: Results) -> Mapping[str, int]:
    """How many texts have each of STATUSES."""
    status = results.texts["status"].value_counts()
    return {name: int(status.get(name, 0)) for name in STATUSES}


def roles(results: Results) -> Mapping[str, RoleFigures]:
    """What each special-token role gets, layer by layer, by the role's key."""
    return {role.key: role_figures(results, role.key) for role in results.info.roles}


def role_figures(results: Results, role: str) -> RoleFigures:
    """The figures of the special-token role with key `role`."""
    takes, layers, place = _places(results, role)
    if not len(layers):
        return RoleFigures(0, ())
    n_texts = int(place.max()) // len(layers) + 1

    def column(name: str) -> Floats:
        """`[text, layer]`."""
        (stored,) = results.of_role(role, name)
        if np.isnan(stored).all():  # not measured: one number in memory
            return np.broadcast_to(np.float64(np.nan), (n_texts, len(layers)))
        values = np.full(n_texts * len(layers), np.nan)
        values[place] = stored[takes]
        return values.reshape(n_texts, -1)

    # One after the other, so that not all columns are in memory at once.
    figures = layer_figures(layers, column("share"), column("expected"))
    figures = with_norms(figures, *map(column, _NORMS))
    figures = with_vectors(figures, *map(column, _VECTORS))
    self_share = column("self_share")
    return RoleFigures(
        n_texts,
        tuple(
            replace(layer, self_share=float(self_share[:, i].mean()))
            for i, layer in enumerate(figures)
        ),
    )


def _places(results: Results, role: str) -> tuple[Booleans, Places, Places]:
    """Returns which rows of a role are of texts that take part, the layers of these rows, and the
    place of each of them in `[text, layer]`, where only texts that have the role are counted."""
    counted = takes_part(results)
    text, layer = (column.astype(np.int32) for column in results.of_role(role, "text", "layer"))
    takes = counted[text]
    text, layer = text[takes], layer[takes]
    has_role = np.zeros(len(counted), np.bool_)
    has_role[text] = True
    layers: Places = np.unique(layer).astype(np.intp)
    place: Places = (np.cumsum(has_role) - 1)[text] * len(layers)
    place += np.searchsorted(layers, layer)
    return takes, layers, place


def layer_figures(
    layers: Iterable[int], share: Floats, expected: Floats
) -> tuple[LayerFigures, ...]:
    """The figures of one token or position in `layers`, from `[text, layer]`."""
    shares, ratios = estimates(share), ratio_estimates(share, expected)
    excesses = estimates(excess(share, expected))
    return tuple(
        LayerFigures(
            layer=int(layer),
            share=shares[i],
            expected=float(expected[:, i].mean()),
            ratio=ratio,
            excess=excesses[i],
            share_range=_range(share[:, i]),
            expected_range=_range(expected[:, i]),
        )
        for i, (layer, ratio) in enumerate(zip(layers, ratios, strict=True))
        if ratio is not None  # it never is: an equal share is never 0
    )


def with_norms(figures: Iterable[LayerFigures], *norms: Floats) -> tuple[LayerFigures, ...]:
    """`figures` with those of `norms`, `[text, layer]` each, which may be of other texts.

    They are the share of norm-weighted attention, the lengths of what the token and what a text
    token pass on, and the ratio of these, with heads weighted by how much they look at the token.
    """
    share, *_, ratio = measured(*norms)
    if not len(share):
        return tuple(figures)
    return tuple(
        replace(layer, norm_share=of_norms, value_ratio=of_sizes)
        for layer, of_norms, of_sizes in zip(
            figures, estimates(share), estimates(ratio), strict=True
        )
    )


def with_vectors(
    figures: Sequence[LayerFigures], output_rank: Floats, *activations: Floats
) -> tuple[LayerFigures, ...]:
    """`figures` with those of what is passed on and of hidden states, `[text, layer]` each, which
    may be of other texts: `activations` are the largest hidden values of the token and of content.
    """
    (ranks,), (largest, content) = measured(output_rank), measured(*activations)
    if len(ranks):
        pairs = zip(figures, estimates(ranks), strict=True)
        figures = [replace(layer, output_rank=rank) for layer, rank in pairs]
    if len(largest):
        trios = zip(figures, estimates(largest), content.mean(axis=0).tolist(), strict=True)
        figures = [replace(f, activation=most, content_activation=mean) for f, most, mean in trios]
    return tuple(figures)


def excess(share: Floats, expected: Floats) -> Floats:
    """How far a share lies above the equal share, on a scale from 0 (equal) to 1 (all attention).

    0 also where there is nothing else to look at, so that an equal share is all attention.
    """
    beyond: Floats = share - expected
    is_all = expected >= 1
    np.divide(beyond, 1 - expected, out=beyond, where=~is_all)
    beyond[is_all] = 0
    return beyond


def _range(values: Floats) -> Interval:
    return Interval(float(values.min()), float(values.max()))
