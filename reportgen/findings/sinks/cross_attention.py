"""Finds where cross-attention rests: what a decoder gives to tokens that carry none of the text's
content.

The rule is that of sinks: what a token gets beyond its equal share, of what there is beyond it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from reportgen.findings.attention import LayerFigures, RoleFigures, layer_figures, takes_part
from reportgen.findings.notes.note import SinkVerdict
from reportgen.findings.sinks.non_special import FIRST
from reportgen.findings.sinks.sink_verdicts import OUTCOMES, verdict
from reportgen.findings.statistics import Booleans, Floats
from reportgen.results import CROSS, MIN_TEXTS, Results, Subject


@dataclass(frozen=True, slots=True)
class CrossToken:
    """What one token or position of the text gets from cross-attention."""

    subject: Subject
    figures: RoleFigures  # by layer of the decoder
    verdict: SinkVerdict  # whether attention rests on it
    layer: LayerFigures  # that the verdict names; the one in which it gets most, without one


def cross_tokens(results: Results) -> tuple[CrossToken, ...]:
    """The special tokens of texts and their first token, ordered by how much they get beyond their
    equal share; empty for models without a separate decoder."""
    if results.info.model.decoder is None:
        return ()
    tokens = []
    for subject, is_own in _subjects(results).items():
        figures = _figures(results, is_own)
        if figures.layers:
            tokens.append(_judged(subject, figures))
    return tuple(sorted(tokens, key=lambda token: -token.layer.excess.mean))


def _subjects(results: Results) -> Mapping[Subject, Callable[[pd.DataFrame], Booleans]]:
    """Each token or position, with a function that finds its tokens in a text."""

    def has_role(key: str) -> Callable[[pd.DataFrame], Booleans]:
        return lambda tokens: (tokens["role"] == key).fillna(False).to_numpy(np.bool_)

    def is_first(tokens: pd.DataFrame) -> Booleans:
        is_subject = np.zeros(len(tokens), np.bool_)
        is_subject[0] = not tokens["is_special"].iloc[0]
        return is_subject

    roles = {
        Subject(role.key, role.token, "role"): has_role(role.key) for role in results.info.roles
    }
    return {**roles, FIRST: is_first}  # where it is a token of the text itself


def _figures(results: Results, is_own: Callable[[pd.DataFrame], Booleans]) -> RoleFigures:
    shares, expected = [], []
    names = ("role", "is_special", f"{CROSS}_layers")
    for text in np.flatnonzero(takes_part(results)):
        tokens = results.tokens_of(int(text), *names)
        is_subject = is_own(tokens)
        if is_subject.any() and tokens[names[-1]].notna().all():
            layers: Floats = np.stack([np.asarray(one, np.float64) for one in tokens[names[-1]]])
            shares.append(layers[is_subject].sum(axis=0))
            expected.append(np.full(layers.shape[1], is_subject.mean()))
    if not shares:
        return RoleFigures(0, ())
    share, even = np.stack(shares), np.stack(expected)
    numbers = range(1, share.shape[1] + 1)
    return RoleFigures(len(share), layer_figures(numbers, share, even))


def _judged(subject: Subject, figures: RoleFigures) -> CrossToken:
    if figures.n_texts < MIN_TEXTS:
        most = max(figures.layers, key=lambda layer: layer.excess.mean)
        return CrossToken(subject, figures, "too_few_texts", most)
    id, layer = verdict(replace(figures, layers=figures.judged))
    return CrossToken(subject, figures, OUTCOMES[id], layer)
