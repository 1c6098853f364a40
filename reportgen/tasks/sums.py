"""What figures of predictions are made of: sums over the items of each text, and what a figure is
of the means of these sums over texts. The metrics (`metrics.py`) name these functions.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.results import mean_ranks
from reportgen.tasks.answers import is_exact
from reportgen.tasks.entities import spans
from reportgen.tasks.labels import Floats, Places, right_answers

SAME = 1e-9  # of the largest squared distance from the mean: a variance of less is none
_LARGEST_LOSS = 700.0  # whose exponential is still a number


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What a figure is made of: sums over the items of each text that has any."""

    texts: Places  # rows of `texts`, ascending
    parts: tuple[Floats, ...]  # each [text, column]


def mean(of: Floats) -> Floats:
    """The mean as it is."""
    return of


def root(of: Floats) -> Floats:
    """The root of the mean."""
    return np.asarray(np.sqrt(of))


def ratio(above: Floats, below: Floats) -> Floats:
    """The ratio of two means; infinite where the lower one is 0."""
    ratios = np.full_like(below, np.inf)
    np.divide(above, below, out=ratios, where=below > 0)
    return ratios


def share(above: Floats, below: Floats) -> Floats:
    """The ratio of two means; NaN where the lower one is 0."""
    shares = np.full_like(below, np.nan)
    np.divide(above, below, out=shares, where=below > 0)
    return shares


def rated(items: pd.DataFrame) -> pd.DataFrame:
    """The items that have a right answer."""
    return items[items["score"].notna().to_numpy()]


def by_text(items: pd.DataFrame, *values: Floats) -> Sums:
    """The sums over each text of `values` `[item]`."""
    texts, starts = np.unique(items["text"].to_numpy(np.intp), return_index=True)
    sums = (np.add.reduceat(column.astype(np.float64), starts)[:, None] for column in values)
    return Sums(texts, tuple(sums))


def scores(items: pd.DataFrame) -> Sums:
    """The score of each text's one item."""
    known = rated(items)
    return by_text(known, known["score"].to_numpy(np.float64))


def right(items: pd.DataFrame) -> Sums:
    """How many items are right, and how many there are."""
    known = rated(items)
    return by_text(known, known["score"].to_numpy(np.float64), np.ones(len(known)))


def all_right(items: pd.DataFrame) -> Sums:
    """Whether all items of each text are right."""
    counts = right(items)
    n_right, n = counts.parts
    return Sums(counts.texts, ((n_right == n).astype(np.float64),))


def whole(items: pd.DataFrame) -> pd.DataFrame:
    """The items of texts all of whose items have a right answer."""
    is_known = items["score"].notna().groupby(items["text"].to_numpy(np.intp)).transform("all")
    return items[is_known.to_numpy(np.bool_)]


def entity_counts(items: pd.DataFrame) -> Sums:
    """The entities that are right, those that are predicted and those that are expected, of texts
    all of whose words have a label and which have any (Tjong Kim Sang and De Meulder 2003)."""
    texts, counts = [], []
    for text, words in whole(items).groupby("text"):
        predicted, expected = (set(spans(words[name].tolist())) for name in ("predicted", "label"))
        if predicted or expected:
            texts.append(text)
            counts.append((len(predicted & expected), len(predicted), len(expected)))
    columns = np.array(counts, np.float64).reshape(-1, 3).T
    return Sums(np.array(texts, np.intp), tuple(column[:, None] for column in columns))


def entities(items: pd.DataFrame) -> Sums:
    """Twice the entities that are right, and those predicted and expected together."""
    counts = entity_counts(items)
    n_right, n_predicted, n_expected = counts.parts
    return Sums(counts.texts, (2 * n_right, n_predicted + n_expected))


def entities_predicted(items: pd.DataFrame) -> Sums:
    """The entities that are right, and those predicted; none where no entity is expected."""
    return _entities_in(items, 1)


def entities_expected(items: pd.DataFrame) -> Sums:
    """The entities that are right, and those expected."""
    return _entities_in(items, 2)


def _entities_in(items: pd.DataFrame, part: int) -> Sums:
    counts = entity_counts(items)
    n_right, n_expected, n = counts.parts[0], counts.parts[2], counts.parts[part]
    if not (n_expected.any() and n.any()):
        return Sums(counts.texts[:0], (n_right[:0], n[:0]))
    return Sums(counts.texts, (n_right, n))


def listed(items: pd.DataFrame) -> Sums:
    """How many items have their right answer among those that are listed, and how many have one."""
    known = rated(items)
    is_listed = np.asarray(known["label_probability"].notna(), np.float64)
    return by_text(known, is_listed, np.ones(len(known)))


def first_choices(items: pd.DataFrame) -> Sums:
    """How many tokens of completions are the likeliest in their place, and how many there are."""
    is_likeliest = items["alternatives"].list.len().fillna(0).eq(0)
    is_first = items["score"].eq(1) | (items["label"].isna() & is_likeliest)
    return by_text(items, is_first.fillna(False).to_numpy(np.float64), np.ones(len(items)))


def exact(items: pd.DataFrame) -> Sums:
    """Whether the answer to each text is exactly a right one."""
    known = rated(items)
    pairs = zip(known["predicted"], known["label"], strict=True)
    return by_text(known, np.array([is_exact(name, right_answers(label)) for name, label in pairs]))


def classes(items: pd.DataFrame) -> Sums:
    """`[text, class]` of the classes that are a right answer: it is, it is predicted, both."""
    known = rated(items)
    labels, predicted = (known[name].to_numpy(object)[:, None] for name in ("label", "predicted"))
    classes = np.array(sorted(set(known["label"])), object)
    given, claimed = labels == classes, predicted == classes
    parts = tuple(part.astype(np.float64) for part in (given, claimed, given & claimed))
    return Sums(known["text"].to_numpy(np.intp), parts)


def macro_f1(given: Floats, claimed: Floats, hit: Floats) -> Floats:
    """The mean of F1 over the classes that are a right answer; in a resample over those that it
    holds."""
    f1 = np.zeros_like(given)
    np.divide(2 * hit, given + claimed, out=f1, where=given > 0)
    mean: Floats = f1.sum(axis=-1, keepdims=True) / (given > 0).sum(axis=-1, keepdims=True)
    return mean


def errors(items: pd.DataFrame) -> Sums:
    """The mean absolute error of each text over its numbers, of texts that have all of them."""
    both = items[["value", "label_value"]].to_numpy(np.float64)
    sums = by_text(items, abs(both[:, 0] - both[:, 1]), np.ones(len(items)))
    errors, n = sums.parts
    known = np.isfinite(errors)[:, 0]
    return Sums(sums.texts[known], ((errors / n)[known],))


def _numbers(items: pd.DataFrame) -> tuple[Places, Floats, Floats]:
    """The rows of texts with a number and a label, and both."""
    both = items[["value", "label_value"]].to_numpy(np.float64)
    known = np.isfinite(both).all(axis=1)
    return items["text"].to_numpy(np.intp)[known], both[known, 0], both[known, 1]


def differences(items: pd.DataFrame) -> Sums:
    """The number of each text less its label."""
    texts, values, labels = _numbers(items)
    return Sums(texts, ((values - labels)[:, None],))


def squares(items: pd.DataFrame) -> Sums:
    """The squares of these differences."""
    texts, values, labels = _numbers(items)
    return Sums(texts, (((values - labels) ** 2)[:, None],))


def word_errors(items: pd.DataFrame) -> Sums:
    """The absolute errors of the words of each text that have a label, and how many these are."""
    return right(items)


def mean_errors(items: pd.DataFrame) -> Sums:
    """The mean absolute error of each text over its words that have a label."""
    text_errors = word_errors(items)
    off, n = text_errors.parts
    return Sums(text_errors.texts, (off / n,))


def products(items: pd.DataFrame) -> Sums:
    """Of the numbers and the labels of the words of each text: how many, the sums of both, of their
    squares and of their products, each less its mean and in units of the largest distance from it;
    none where either does not vary."""
    texts, *both = _numbers(items)
    if not all(len(side) and np.ptp(side) > 0 for side in both):
        return Sums(texts[:0], (np.empty((0, 1)),) * 6)
    a, b = (side - side.mean() for side in both)
    a, b = (side / abs(side).max() for side in (a, b))
    return by_text(rated(items), np.ones(len(a)), a, b, a**2, b**2, a * b)


def pearson(n: Floats, a: Floats, b: Floats, aa: Floats, bb: Floats, ab: Floats) -> Floats:
    """Pearson's correlation over all words from the means of `products`; NaN where one side does
    not vary."""
    spread = (aa / n - (a / n) ** 2) * (bb / n - (b / n) ** 2)
    correlations = np.full_like(spread, np.nan)
    np.divide(
        ab / n - a * b / n**2, np.sqrt(np.maximum(spread, 0)), correlations, where=spread > SAME**2
    )
    return np.asarray(np.clip(correlations, -1, 1))


def deviations(items: pd.DataFrame) -> Sums:
    """Squared errors, distances of labels from their mean, and their squares, in units of the
    largest distance; none where labels do not vary."""
    texts, values, labels = _numbers(items)
    # The mean of equal numbers may be off by rounding, and their variance then is not 0.
    if not len(labels) or np.ptp(labels) == 0 or not 0 < labels.var() < np.inf:
        return Sums(texts[:0], (np.empty((0, 1)),) * 3)
    centred = labels - labels.mean()
    size = abs(centred).max()
    columns = (((values - labels) / size) ** 2, centred / size, (centred / size) ** 2)
    return Sums(texts, tuple(column[:, None] for column in columns))


def explained(square: Floats, mean: Floats, spread: Floats) -> Floats:
    """R² from the means of `deviations`; NaN where labels do not vary."""
    variance = spread - mean**2
    left = np.full_like(variance, np.nan)
    np.divide(square, variance, out=left, where=variance > SAME)
    return 1 - left


def pairs(items: pd.DataFrame) -> Sums:
    """The number and the label of each text; none where either does not vary."""
    texts, values, labels = _numbers(items)
    if not (len(labels) > 1 and np.ptp(values) > 0 and np.ptp(labels) > 0):
        return Sums(texts[:0], (np.empty((0, 1)),) * 2)
    return Sums(texts, (values[:, None], labels[:, None]))


def token_chances(items: pd.DataFrame) -> Floats:
    """`[item]`: the probability of each token of completions, given or written by the model."""
    given, written = (
        items[name].to_numpy(np.float64) for name in ("label_probability", "probability")
    )
    return np.where(np.isnan(given), written, given)


def token_losses(items: pd.DataFrame) -> Floats:
    """`[item]`: minus the logarithm of these probabilities."""
    return -np.log(np.maximum(token_chances(items), np.nextafter(0, 1)))


def losses(items: pd.DataFrame) -> Sums:
    """The losses of the tokens of each completion, and how many there are."""
    losses = token_losses(items)
    return by_text(items, losses, np.ones(len(losses)))


def perplexity(loss: Floats, n: Floats) -> Floats:
    """exp of the mean loss of a token (Jelinek et al. 1977)."""
    return np.asarray(np.exp(np.minimum(loss / n, _LARGEST_LOSS)))


def distances(items: pd.DataFrame) -> Sums:
    """How far each number is from its label."""
    gaps = differences(items)
    return Sums(gaps.texts, (abs(gaps.parts[0]),))


def rank_distances(items: pd.DataFrame) -> Sums:
    """How far the rank of each number is from that of its label."""
    texts, values, labels = _numbers(items)
    return Sums(texts, (abs(mean_ranks(values) - mean_ranks(labels))[:, None],))


def leads(items: pd.DataFrame) -> Sums:
    """By how much of the probability each text's class leads over the right one: 0 is right, 1
    surely wrong."""
    known = rated(items)
    lead = (known["probability"] - known["label_probability"]).to_numpy(np.float64)
    return by_text(known, np.where(known["score"] == 1, 0.0, lead))


def surest_mistakes(items: pd.DataFrame) -> Sums:
    """The largest probability of what is wrong in each text; 0 where all is right."""
    known = rated(items)
    texts, starts = np.unique(known["text"].to_numpy(np.intp), return_index=True)
    wrong = np.where(known["score"] == 1, 0.0, known["probability"].to_numpy(np.float64))
    most = np.maximum.reduceat(wrong, starts) if len(starts) else wrong
    return Sums(texts, (most[:, None],))


def mistakes(items: pd.DataFrame) -> Sums:
    """How many items of each text are wrong."""
    known = rated(items)
    return by_text(known, 1.0 * (known["score"].to_numpy(np.float64) != 1))


# `[number]` of one model and of another, and the largest size of any: the other's, with the first
# one's in the place of those that are the same but for what another batch size changes.
Near = Callable[[Floats, Floats, float], Floats]


def near_values(base: pd.DataFrame, head: pd.DataFrame, near: Near) -> pd.DataFrame:
    """The numbers of `head`, those as in `base` where they are the same."""
    old, new = (side["value"].to_numpy(np.float64) for side in (base, head))
    size = float(np.abs(np.concatenate([old, new])).max(initial=0.0))
    return head.assign(value=near(old, new, size))


def near_tokens(base: pd.DataFrame, head: pd.DataFrame, near: Near) -> pd.DataFrame:
    """The tokens of the completions of `head`; those that are as likely have the probability that
    they have in `base`. Two tokenizers may cut a completion into more or fewer tokens."""
    base_texts, head_texts = (side["text"].to_numpy(np.intp) for side in (base, head))
    size = max(base_texts.max(), head_texts.max()) + 1
    counts = [np.bincount(side, minlength=size) for side in (base_texts, head_texts)]
    same = counts[0] == counts[1]
    before, after = token_losses(base), token_losses(head)
    a, b = before[same[base_texts]], after[same[head_texts]]
    is_near = near(a, b, float(max(before.max(), after.max()))) == a
    old, new = (token_chances(side) for side in (base, head))
    new[same[head_texts]] = np.where(is_near, old[same[base_texts]], new[same[head_texts]])
    return head.assign(label_probability=new)
