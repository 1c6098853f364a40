"""The tokens of completions: those that were given, or that the model wrote itself."""

from dataclasses import dataclass

from reportgen.tasks import Item


@dataclass(frozen=True, slots=True)
class CompletionToken:
    """One token of a completion."""

    text: int  # row of `texts`
    token: str  # as the tokenizer writes it
    chance: float  # given all tokens before it
    likeliest: str  # the token that the model holds likeliest there; "" where that is this one


def step_of(item: Item) -> CompletionToken:
    """A token of a completion: the one that was given, or that the model wrote itself."""
    if item.label is None:
        likeliest = item.alternatives[0].name if item.alternatives else ""
        return CompletionToken(item.text, item.predicted, item.probability, likeliest)
    likeliest = "" if item.score else item.predicted
    return CompletionToken(item.text, item.label, item.label_probability, likeliest)
