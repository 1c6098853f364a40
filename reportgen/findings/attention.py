"""Attention over all texts: what each special token gets in each layer.

A figure of all texts is the mean of the texts' figures, so that long texts do not dominate. The
ratio to an equal share is the ratio of two such means, not the mean of the texts' ratios: a reader
gets it by dividing the two printed numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan

import numpy as np

from reportgen.findings.statistics import (
    Booleans,
    Estimate,
    Floats,
    Interval,
    estimates,
    lows_among,
    measured,
    ratio_estimates,
)
from reportgen.results.info import ANALYSED, STATUSES
from reportgen.results.measure_register import MIN_CONTENT
from reportgen.results.store import Results

# Columns of the table of roles.
_NORMS = ("norm_share", "value_size", "content_value_size", "value_ratio")


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
    # Whether each head counts as much as it looks at the token; else all count alike, as in results
    # of earlier versions.
    is_weighted: bool = False
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
            replace(own, excess=excess) for own, excess in zip(self.layers, moved, strict=True)
        )


def takes_part(results: Results) -> Booleans:
    """`[text]`: whether a text counts in the notes: it was analysed and has at least MIN_CONTENT
    text tokens."""
    return results.recent(_takes_part)


def _takes_part(results: Results) -> Booleans:
    texts = results.texts
    long_enough = (texts["n_content"] >= MIN_CONTENT).to_numpy(dtype=np.bool_)
    found: Booleans = long_enough & analysed(results)
    found.flags.writeable = False  # it is handed to many
    return found


def analysed(results: Results) -> Booleans:
    """`[text]`: whether a text has figures, so is neither empty nor failed."""
    return results.texts["status"].isin(ANALYSED).to_numpy(dtype=np.bool_)


def n_by_status(results: Results) -> Mapping[str, int]:
    """How many texts have each of STATUSES."""
    status = results.texts["status"].value_counts()
    return {name: int(status.get(name, 0)) for name in STATUSES}


def roles(results: Results) -> Mapping[str, RoleFigures]:
    """What each special-token role gets, layer by layer, by the role's key."""
    return {role.key: role_figures(results, role.key) for role in results.info.roles}


def role_figures(results: Results, role: str) -> RoleFigures:
    """The figures of the special-token role with key `role`."""
    counted = takes_part(results)
    text, layer = (own.astype(np.intp) for own in results.of_role(role, "text", "layer"))
    takes = counted[text]
    text, layer = text[takes], layer[takes]
    if not len(text):
        return RoleFigures(0, ())
    has_role = np.zeros(len(counted), np.bool_)
    has_role[text] = True
    n_texts, layers = int(has_role.sum()), np.unique(layer)
    place = (np.cumsum(has_role) - 1)[text], np.searchsorted(layers, layer)

    def column(name: str) -> Floats:
        """`[text, layer]`."""
        values = np.full((n_texts, len(layers)), np.nan)
        (own,) = results.of_role(role, name)
        values[place] = own[takes]
        return values

    share, expected, own = (column(name) for name in ("share", "expected", "self_share"))
    figures = layer_figures(
        layers,
        share,
        expected,
        *(column(name) for name in _NORMS),
        output_rank=column("output_rank"),
        activations=(column("activation"), column("content_activation")),
    )
    return RoleFigures(
        n_texts,
        tuple(
            replace(found, self_share=float(own[:, i].mean())) for i, found in enumerate(figures)
        ),
    )


def layer_figures(
    layers: Iterable[int],
    share: Floats,
    expected: Floats,
    *norms: Floats,
    output_rank: Floats | None = None,
    activations: tuple[Floats, Floats] | None = None,
) -> tuple[LayerFigures, ...]:
    """The figures of one token or position in `layers`.

    `share`, `expected` and `norms` are `[text, layer]`. The four `norms` are the share of
    norm-weighted attention, the lengths of what the token and what a text token pass on, and the
    ratio of these with heads weighted, NaN where that was not stored. `activations` are the largest
    hidden values of the token and of content. They may be of other texts than the shares.
    """
    nothing: Sequence[Estimate | None] = (None,) * share.shape[1]
    own_activations, output_ranks = nothing, nothing
    if output_rank is not None and len(ranks := measured(output_rank)[0]):
        output_ranks = estimates(ranks)
    usual = np.full(share.shape[1], nan)
    if activations is not None and len((known := measured(*activations))[0]):
        own_activations, usual = estimates(known[0]), known[1].mean(axis=0)
    is_weighted = bool(np.isfinite(norms[3]).any())
    norm_share, value_size, content_size, *weighted = measured(*norms[: 3 + is_weighted])
    shares, ratios = estimates(share), ratio_estimates(share, expected)
    excesses = estimates(excess(share, expected))
    norm_shares, value_ratios = nothing, nothing
    if len(norm_share):
        norm_shares = estimates(norm_share)
        value_ratios = (
            estimates(weighted[0]) if is_weighted else ratio_estimates(value_size, content_size)
        )
    return tuple(
        LayerFigures(
            layer=int(layer),
            share=shares[i],
            expected=float(expected[:, i].mean()),
            ratio=ratio,
            excess=excesses[i],
            norm_share=norm_shares[i],
            value_ratio=value_ratios[i],
            is_weighted=is_weighted,
            output_rank=output_ranks[i],
            activation=own_activations[i],
            content_activation=float(usual[i]) if own_activations[i] else nan,
            share_range=_range(share[:, i]),
            expected_range=_range(expected[:, i]),
        )
        for i, (layer, ratio) in enumerate(zip(layers, ratios, strict=True))
        if ratio is not None  # it never is: an equal share is never 0
    )


def excess(share: Floats, expected: Floats) -> Floats:
    """How far a share lies above the equal share, on a scale from 0 (equal) to 1 (all attention).

    0 also where there is nothing else to look at, so that an equal share is all attention.
    """
    found = np.zeros_like(share)
    np.divide(share - expected, 1 - expected, out=found, where=~(expected >= 1))
    return found


def _range(values: Floats) -> Interval:
    return Interval(float(values.min()), float(values.max()))
