"""Texts with choices: a text is tokenised with each of its choices."""

from collections.abc import Sequence
from dataclasses import replace

from transformers import PreTrainedTokenizerBase

from reportgen.errors import ModelError
from reportgen.models.tokens.encoded import (
    EncodedText,
    encode,
    most_characters,
    too_long_to_tokenise,
)
from reportgen.models.tokens.perturbed_texts import keep

_ALL = 10**9  # tokens; none is cut off by `encode`
_TEXT, _CHOICE = 0, 1  # segments


def encode_choices(
    tokenizer: PreTrainedTokenizerBase,
    text: str,
    seconds: Sequence[str],
    chosen: int,
    max_tokens: int,
) -> EncodedText:
    """Tokenise `text` with each of `seconds`, the second segments of its choices. Returns the
    `chosen` one, with the others attached.

    Of what is too long for `max_tokens` with the longest choice, the end of the text is cut, in all
    of them at the same place. Nothing is cut of a choice.

    Raises:
        ModelError: there are fewer than two, one is empty, or they leave no room for the text.
    """
    _require_choices(seconds)
    begun = text[: most_characters(max_tokens)]
    every = []
    for number, second in enumerate(seconds, 1):
        if too_long_to_tokenise(second, max_tokens):
            raise ModelError(f"its choice {number} has far more than {max_tokens:,} tokens")
        every.append(encode(tokenizer, begun, second, _ALL))
    room = max_tokens - max(len(own.ids) - own.segments.count(_TEXT) for own in every)
    if room < min(1, every[0].segments.count(_TEXT)):
        raise ModelError(
            f"its choices leave no room for the text in {max_tokens:,} tokens; shorten them, or "
            "give a larger --max-length"
        )
    every = [replace(_cut(own, room), is_early=len(begun) < len(text)) for own in every]
    return put_together(every, chosen)


def put_together(every: Sequence[EncodedText], chosen: int) -> EncodedText:
    """The `chosen` one of `every` (a text with each of its choices), with the others attached."""
    own = every[chosen]
    others = (replace(other, copies=_copies(other, own)) for other in every if other is not own)
    return replace(own, choice=chosen, others=tuple(others))


def _require_choices(seconds: Sequence[str]) -> None:
    if len(seconds) < 2:
        found = "no choices" if not seconds else "one choice alone"
        raise ModelError(
            f"it has {found}; give two or more in columns choice1, choice2 and so on "
            "(--choice-columns), or a list in a column choices"
        )
    empty = next((i for i, second in enumerate(seconds, 1) if not second.strip()), None)
    if empty is not None:
        raise ModelError(f"its choice {empty} of {len(seconds)} is empty")


def _cut(text: EncodedText, room: int) -> EncodedText:
    """`text` with the first `room` tokens of its first segment."""
    own = [i for i, segment in enumerate(text.segments) if segment == _TEXT]
    if len(own) <= room:
        return text
    left_out = set(own[room:])
    last = text.spans[own[room - 1]] if room else None
    end = 0 if not room else None if last is None else last.end
    kept = keep(text, [i for i in range(len(text.ids)) if i not in left_out])
    return replace(kept, n_truncated=len(left_out), cuts=(end, None))


def _copies(other: EncodedText, own: EncodedText) -> tuple[int | None, ...]:
    """For each token of `other` the position in `own` of the same token of the text, or of the same
    special token; None for those of its choice."""
    pairs: dict[int, int] = {}
    for segment in (_TEXT, None):
        there, here = (
            [i for i, each in enumerate(side.segments) if each == segment] for side in (other, own)
        )
        pairs |= zip(there, here, strict=False)
    return tuple(
        at if at is not None and own.ids[at] == token else None
        for at, token in ((pairs.get(i), token) for i, token in enumerate(other.ids))
    )
