"""Completions over all texts: how well the model expects what was to be written after each text."""

from dataclasses import dataclass
from math import exp

import numpy as np

from reportgen.findings.statistics import Floats
from reportgen.results.completions import completion_of
from reportgen.results.store import Results


@dataclass(frozen=True, slots=True)
class Step:
    """One token of a completion."""

    text: int  # row of `texts`
    token: str  # as the tokenizer writes it
    log_probability: float  # given all tokens before it
    likeliest: str  # the token that the model holds likeliest there; "" where that is this one


@dataclass(frozen=True, slots=True)
class Completions:
    """How well the model expects the completions of texts."""

    texts: tuple[int, ...]  # rows of `texts`
    perplexities: Floats  # [text]
    perplexity: float  # over the tokens of all texts
    n_tokens: int
    n_likeliest: int  # tokens that the model holds likeliest at their place
    least: tuple[Step, ...]  # the least expected tokens in front

    @property
    def first_choice_share(self) -> float:
        """The share of tokens that the model finds the likeliest at their place."""
        return self.n_likeliest / self.n_tokens


def perplexity(log_probabilities: Floats) -> float:
    """exp of minus the mean log-probability of `[token]`: 1 where every token was certain, and k
    where it was as uncertain as a choice among k equal ones (Jelinek et al. 1977)."""
    return exp(min(-float(log_probabilities.mean()), 700.0))


def completions(results: Results, n_least: int = 20) -> Completions | None:
    """How well the model expects the completions; None for other outputs and without any text."""
    rows = np.flatnonzero(results.analysed)
    if results.info.output.kind != "completion" or not len(rows):
        return None
    of_row = ((int(row), text_steps(results, int(row))) for row in rows)
    steps = {row: own for row, own in of_row if own}
    if not steps:
        return None
    by_text = [np.array([step.log_probability for step in own]) for own in steps.values()]
    every = [step for own in steps.values() for step in own]
    return Completions(
        texts=tuple(steps),
        perplexities=np.array([perplexity(own) for own in by_text]),
        perplexity=perplexity(np.concatenate(by_text)),
        n_tokens=len(every),
        n_likeliest=sum(not step.likeliest for step in every),
        least=tuple(sorted(every, key=lambda step: step.log_probability)[:n_least]),
    )


def text_steps(results: Results, text: int) -> tuple[Step, ...]:
    """The tokens of the completion of row `text` of `texts`, in order; empty without one."""
    if results.info.output.kind != "completion":
        return ()
    row = results.text_row(text)
    scores, names = list(row["scores"]), list(row["score_names"])
    if not scores:
        return ()
    own = completion_of(results, text)["token"]
    return tuple(
        Step(text, str(token), float(score), str(name))
        for token, score, name in zip(own, scores, names, strict=True)
    )
