"""Guesses all words of a text at once, from what redacted outputs say of it: each word is replaced
in turn by the one with which the text fits best.

    model = next_token(250)                       or completion, number
    hits(model, model.redacted, n_texts=16)       words that are right, of 16 texts

`plain` figures are as they are measured, `redacted` ones as `reportgen.report.redact` leaves them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from helpers.real.models import tiny_model
from reportgen.demo import model_folder
from reportgen.report import to_digits
from reportgen.report.redact import to_levels, to_step

Floats = NDArray[np.float64]
Tokens = NDArray[np.int64]
Figures = Mapping[str, Floats]  # by name, [text, ...]
Shown = Mapping[str, Callable[[Floats], Floats]]  # what outputs hold of each figure


@dataclass(frozen=True)
class Guessed:
    """A model whose outputs are attacked, and what they hold."""

    name: str
    ids: Tokens  # the dictionary
    n_words: int
    figures: Callable[[Tokens, Sequence[str]], Figures]  # of texts, those that are asked for
    plain: Shown
    redacted: Shown


def levels(values: Floats) -> Floats:
    """Which are more than half of the largest of each text, with their signs; the size, which is of
    all texts, tells nothing of one."""
    own = np.repeat(np.arange(len(values)), values.shape[1])
    return np.sign(to_levels(values.ravel(), own).reshape(values.shape))


def digits(n: int) -> Callable[[Floats], Floats]:
    """Rounds to `n` significant digits."""
    return lambda values: to_digits(values, n)


def share(values: Floats) -> Floats:
    """Rounds shares to 5 points."""
    return to_step(values, 0.05)


def as_they_are(values: Floats) -> Floats:
    """Rounds nothing."""
    return values


def of_different(run: Callable[[Tokens], Floats], texts: Tokens) -> Floats:
    """What `run` says of each text, run once on those that are equal: guesses at a word that is
    left out are one text."""
    different, place = np.unique(texts, axis=0, return_inverse=True)
    return run(different)[place]


def number(size: int, n_words: int = 6) -> Guessed:
    """The bundled model, which gives a number, and a dictionary of so many of its tokens."""
    tokenizer = AutoTokenizer.from_pretrained(model_folder())
    special = tokenizer.all_special_tokens
    every = tokenizer.get_vocab().items()
    known = sorted(id for name, id in every if name not in special and not name.startswith("<0x"))
    net = AutoModelForSequenceClassification.from_pretrained(
        model_folder(), dtype=torch.float32, attn_implementation="eager"
    ).eval()
    ends = tokenizer.cls_token_id, tokenizer.sep_token_id

    def run(texts: Tokens, is_whole: bool) -> tuple[Floats, Sequence[torch.Tensor]]:
        first, last = (np.full((len(texts), 1), own) for own in ends)
        with torch.no_grad():
            out = net(torch.tensor(np.hstack([first, texts, last])), output_attentions=is_whole)
        return out.logits.numpy().astype(np.float64), out.attentions or ()

    def without(texts: Tokens) -> Floats:
        return of_different(lambda own: run(own, is_whole=False)[0], texts)

    def figures(texts: Tokens, names: Sequence[str]) -> Figures:
        prediction, attentions = run(texts, is_whole=set(names) != {"prediction", "effect"})
        found = {"prediction": prediction}
        if attentions:
            maps = torch.stack(list(attentions), 1).numpy().astype(np.float64)
            received = maps.mean(axis=3)  # [text, layer, head, key]
            found["received"] = received.mean(axis=(1, 2))[:, 1:-1]
            found["specials"] = received.mean(axis=(1, 2))[:, [0, -1]]
            found["layers"] = received.mean(axis=2)[..., 1:-1].reshape(len(texts), -1)
            found["heads"] = received[..., [0, -1]].sum(axis=-1).reshape(len(texts), -1)
        if "effect" in names:
            less = [without(np.delete(texts, at, axis=1)) for at in range(n_words)]
            found["effect"] = prediction - np.hstack(less)
        return found

    redacted: Shown = {"prediction": digits(3), "received": levels, "specials": share}
    redacted |= {"effect": levels}
    plain: Shown = dict.fromkeys(("layers", "heads"), as_they_are)
    ids = np.random.default_rng(3).permutation(known)[:size]
    return Guessed("the bundled model", ids, n_words, figures, plain, redacted)


def next_token(size: int, n_words: int = 5) -> Guessed:
    """A small causal model with random weights that predicts the next token."""
    run = _causal(size)

    def figures(texts: Tokens, names: Sequence[str]) -> Figures:
        logs, received = run(texts)
        last = logs[:, -1]
        best = last.argmax(axis=1)
        found = {
            "scores": -np.sort(-last, axis=1)[:, :5],
            "received": received[:, 1:],
            "first": received[:, :1],
        }
        if "effect" in names:
            each = [
                of_different(lambda own: run(own)[0][:, -1], np.delete(texts, at, axis=1))
                for at in range(n_words)
            ]
            less = [logs[np.arange(len(texts)), best] for logs in each]
            found["effect"] = last.max(axis=1)[:, None] - np.stack(less, axis=1)
        return found

    redacted: Shown = {"scores": digits(2), "received": levels, "first": share, "effect": levels}
    plain: Shown = dict.fromkeys(("scores", "received"), as_they_are)
    return Guessed("a next token", np.arange(size), n_words, figures, plain, redacted)


def completion(size: int, n_words: int = 5, n_written: int = 3) -> Guessed:
    """The same model with texts of which the last words are a completion that was given."""
    run = _causal(size)
    n = n_words + n_written

    def figures(texts: Tokens, names: Sequence[str]) -> Figures:
        logs, received = run(texts)
        places = np.arange(n_words, n)  # the token before is at the same place, behind the first
        own = np.take_along_axis(logs[:, places], texts[:, n_words:, None], axis=2)[..., 0]
        return {
            "scores": own,
            "prediction": own.sum(axis=1, keepdims=True),
            "received": received[:, 1:],
            "first": received[:, :1],
        }

    redacted: Shown = {
        "scores": digits(1),
        "prediction": digits(3),
        "received": levels,
        "first": share,
    }
    plain: Shown = dict.fromkeys(("scores", "received"), as_they_are)
    return Guessed("a completion", np.arange(size), n, figures, plain, redacted)


def _causal(size: int) -> Callable[[Tokens], tuple[Floats, Floats]]:
    """A function that gives log-probabilities `[text, position, token]` and the attention received
    `[text, position]` of texts behind a first token."""
    net = tiny_model("llama", "causal", vocab_size=size + 1, attn_implementation="eager")

    def run(texts: Tokens) -> tuple[Floats, Floats]:
        whole = np.hstack([np.full((len(texts), 1), size), texts])
        with torch.no_grad():
            out = net(torch.tensor(whole), output_attentions=True, use_cache=False)
        logs = torch.log_softmax(out.logits[..., :size], -1).numpy().astype(np.float64)
        maps = torch.stack(out.attentions, 1).numpy().astype(np.float64)
        return logs, maps.mean(axis=(1, 2, 3))

    return run


def hits(
    model: Guessed, shown: Shown, n_texts: int, *, sweeps: int = 3, starts: int = 1, seed: int = 11
) -> int:
    """How many words of random texts are guessed right."""
    draw = np.random.default_rng(seed)
    return sum(_guessed(model, shown, draw, sweeps, starts) for _ in range(n_texts))


def _guessed(
    model: Guessed, shown: Shown, draw: np.random.Generator, sweeps: int, starts: int
) -> int:
    names, n_words = tuple(shown), model.n_words
    truth = draw.choice(model.ids, size=n_words)
    given = model.figures(truth[None], names)
    target = {name: show(given[name]) for name, show in shown.items()}
    scale = {name: np.abs(own).mean() + 1e-9 for name, own in target.items()}
    best, found = np.inf, truth * 0
    for _ in range(starts):
        guess, least = draw.choice(model.ids, size=n_words), np.inf
        for place in np.concatenate([draw.permutation(n_words) for _ in range(sweeps)]):
            texts = np.repeat(guess[None], len(model.ids), axis=0)
            texts[:, place] = model.ids
            own = model.figures(texts, names)
            misfits = [
                np.abs(show(own[name]) - target[name]).mean(axis=1) / scale[name]
                for name, show in shown.items()
            ]
            misfit = np.sum(misfits, axis=0)
            least = float(misfit.min())
            guess[place] = model.ids[draw.choice(np.flatnonzero(misfit <= least + 1e-12))]
        if least < best:
            best, found = least, guess.copy()
    return int((found == truth).sum())
