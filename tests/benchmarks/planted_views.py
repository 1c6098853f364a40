"""Every view of the planted headlines by a model, beside what is true of each of their units."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import torch
from judged import Best, best_of
from numpy.typing import NDArray
from planted_models import Architecture, shuffle_weights
from planted_rule import Floats, Planted, Truth, facets, rule_embedding, rule_score
from scipy.stats import pearsonr
from subjects import text_set

from reportgen.analysis import AnalysisOptions, analyze, try_model
from reportgen.analysis.evidence import ChangedText, Explainer
from reportgen.demo.score_rule import Component, component_of_each_character
from reportgen.models import EncodedText, ExplainedText, ModelSpec, content_units, keep, load_model
from reportgen.models.tokens import encode
from reportgen.results import CHANGES, VIEWS, Results, unit_views
from reportgen.results.agreement import yardstick

SHAPLEY = "Shapley, estimated"  # of the model's own output
YARDSTICK = "yardstick"  # the effect that is shown
BATCH_TOKENS = 1024


@dataclass(frozen=True)
class Units:
    """The text units of one text, `[unit]`: their worth under the rule, the truth under which
    they count, and every view of them."""

    worth: Floats
    truths: tuple[Truth | None, ...]
    views: dict[str, Floats]


@dataclass(frozen=True)
class Seen:
    """What one model makes of the headlines."""

    name: str
    n_parameters: int
    fit: float  # Pearson correlation with the rule: of scores, or of the similarities of pairs
    sink: float  # attention that the ◆ receives, in even shares: mean over texts that hold one
    texts: tuple[Units, ...]
    # What agrees best in a run with default evidence; None where weights were shuffled.
    best: Best | None


def see(
    architecture: Architecture,
    folder: Path,
    headlines: Sequence[Planted],
    *,
    shuffled: int | None = None,
    orders: int = 0,
    is_full: bool = True,
) -> Seen:
    """Analyse the headlines with the model in `folder`.

    `shuffled` is the seed with which its weights are put out of order; None for those it learned.
    `orders` is how many pairs of orders the Shapley values of its own output are estimated from;
    `is_full` whether all measures are taken, or those of a default run alone.
    """
    pooling = "mean" if architecture.is_embedding else None
    model = load_model(ModelSpec(model=str(folder), pooling=pooling))
    if shuffled is not None:
        shuffle_weights(model.module, shuffled)
    texts = text_set(one.text for one in headlines)
    encoded = [encode(model.tokenizer, one.text, None, model.info.max_tokens) for one in headlines]
    explainer = Explainer(model, try_model(model, encoded)[1].batching, BATCH_TOKENS)
    own = model_shapley(explainer, encoded, orders) if orders else [None] * len(headlines)
    options = AnalysisOptions(
        units="token", keep_maps="none", evidence="basic", evidence_texts="all"
    )
    best = None
    if shuffled is None and is_full:
        with TemporaryDirectory() as place:
            best = best_of(analyze(texts, model, Path(place), options))
    with TemporaryDirectory() as place:
        options = replace(options, evidence="full" if is_full else "basic")
        results = analyze(texts, model, Path(place), options)
        units, sink = tuple(_units(results, headlines, own)), _sink(results)
        best = best if is_full else best_of(results)
    return Seen(
        architecture.name,
        sum(weights.numel() for weights in model.module.parameters()),
        _fit(explainer, encoded, headlines, architecture),
        sink,
        units,
        best,
    )


def model_shapley(
    explainer: Explainer, texts: Sequence[EncodedText], orders: int, seed: int = 0
) -> list[Floats]:
    """The Shapley values of the text units of each text under the model, `[unit]`: the mean,
    over `orders` random orders and their reverses, of what a unit adds to those before it.

    Text number i draws its orders with `seed` + i.
    """
    found = []
    for number, explained in enumerate(explainer.explain(texts)):
        assert isinstance(explained, ExplainedText), explained
        units = content_units(explained.text)
        random = Random(seed + number)
        drawn = [random.sample(range(len(units)), len(units)) for _ in range(orders)]
        rows = [order[::way] for order in drawn for way in (1, -1)]
        sets = {frozenset(row[:size]) for row in rows for size in range(len(units) + 1)}
        forms = list(sets)
        values = explainer.run(
            [ChangedText(explained, _only(explained.text, form)) for form in forms]
        )
        value = {form: float(own) for form, own in zip(forms, values, strict=True)}
        gains = np.zeros(len(units))
        for row in rows:
            for size, unit in enumerate(row):
                gains[unit] += value[frozenset(row[: size + 1])] - value[frozenset(row[:size])]
        found.append(gains / len(rows))
    return found


def _only(text: EncodedText, units: frozenset[int]) -> EncodedText:
    """The special tokens of `text` and some of its text units."""
    kept = {place for unit in units for place in content_units(text)[unit]}
    roles = enumerate(text.roles)
    return keep(text, [place for place, role in roles if role is not None or place in kept])


def views_of(results: Results, text: int) -> dict[str, Floats]:
    """Every view of a text, `[unit]` over its content, and the yardstick."""
    effects = results.effects_of(text)
    assert effects is not None
    views = unit_views(results.tokens_of(text), effects, (*VIEWS, *CHANGES))
    both = yardstick(views)
    assert both is not None
    return {**views, YARDSTICK: both}


def spelled(
    results: Results, text: int, components: Sequence[Component]
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Which units of a text's content spell a character, and to which component the last one of
    these belongs."""
    tokens = results.tokens_of(text)
    content = tokens[~tokens["is_special"].to_numpy(bool)]
    spans = content.groupby("unit").agg({"start": "min", "end": "max"})
    spells = (spans["end"] > spans["start"]).to_numpy(bool)
    owner = component_of_each_character(components)
    return spells, np.array(owner)[spans["end"].to_numpy(int)[spells] - 1]


def _units(
    results: Results, headlines: Sequence[Planted], shapley: Sequence[Floats | None]
) -> Iterator[Units]:
    """Each text's units; those that spell no character are left out."""
    for text, one in enumerate(headlines):
        spells, places = spelled(results, text, one.components)
        views, own = views_of(results, text), shapley[text]
        if own is not None:
            views[SHAPLEY] = own
        yield Units(
            one.worths[places],
            tuple(one.truths[place] for place in places),
            {view: values[spells] for view, values in views.items()},
        )


def _sink(results: Results) -> float:
    """Attention that the ◆ receives over all layers, in even shares."""
    tokens = results.tokens
    own = tokens[tokens["token"] == "◆"]
    return float((own["received_all"] / own["expected"]).mean())


@torch.no_grad()
def _fit(
    explainer: Explainer,
    encoded: Sequence[EncodedText],
    headlines: Sequence[Planted],
    architecture: Architecture,
) -> float:
    added = np.array([facets(one.components) for one in headlines])
    found = torch.cat([explainer.outputs([text]) for text in encoded]).double().numpy()
    if not architecture.is_embedding:
        return float(pearsonr(found[:, 0], rule_score(added)).statistic)
    upper = np.triu_indices(len(headlines), 1)
    vectors = found / np.linalg.norm(found, axis=1, keepdims=True)
    truth = rule_embedding(added)
    return float(pearsonr((vectors @ vectors.T)[upper], (truth @ truth.T)[upper]).statistic)
