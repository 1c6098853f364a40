"""Tokenises texts with completions, which were given or were written by a causal model."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from transformers import PreTrainedTokenizerBase

from reportgen.errors import ModelError
from reportgen.models.tokens.encoded import (
    EncodedText,
    TokenSpan,
    display_units,
    encode,
    too_long_to_tokenise,
)
from reportgen.models.tokens.perturbed_texts import keep
from reportgen.results.tables.schema import COMPLETION_SEGMENT

_ALL = 10**9  # tokens; none is cut off


def encode_completed(
    tokenizer: PreTrainedTokenizerBase,
    text: str,
    completion: str,
    max_tokens: int,
    ids: Sequence[int] | None = None,
) -> EncodedText:
    """Tokenise `text` with its `completion` as one string, whose tokens are told apart.

    A space between the two belongs to the completion, as its first token has it.

    Args:
        ids: the tokens that a model wrote the completion with; None: the tokenizer's.

    Raises:
        ModelError: a token has characters of both; nothing stands before the completion, or it has
            no tokens; or the two have more than `max_tokens`, of which none may be cut off.
    """
    if too_long_to_tokenise(text + completion, max_tokens):
        raise ModelError(f"the text and its completion have far more than {max_tokens} tokens")
    if tokenizer.is_fast:
        found = _told_apart(encode(tokenizer, text + completion, None, _ALL), text)
    else:
        own = tokenizer(completion, add_special_tokens=False, verbose=False)["input_ids"]
        found = _put_after(tokenizer, text, own)
    if ids is not None and [found.ids[i] for i in found.completion] != list(ids):
        found = _put_after(tokenizer, text, ids, completion)
    if not found.n_completion:
        raise ModelError("its completion has no tokens")
    if found.completion[0] == 0:
        raise ModelError(
            "nothing stands before its completion: the text is empty, and the tokenizer puts no "
            "token in front of it"
        )
    if len(found.ids) > max_tokens:
        raise ModelError(
            f"the text and its completion have {len(found.ids):,} tokens, more than the "
            f"{max_tokens:,} that are taken; shorten the text, or give a larger --max-length"
        )
    return found


def mark_last(text: EncodedText) -> EncodedText:
    """`text` with its last content token as its completion, for trial runs."""
    last = max((i for i, role in enumerate(text.roles) if role is None), default=None)
    segments = tuple(
        COMPLETION_SEGMENT if i == last else own for i, own in enumerate(text.segments)
    )
    return replace(text, segments=segments)


def _told_apart(whole: EncodedText, text: str) -> EncodedText:
    """`whole`, of a `text` and its completion, with the two as segments."""
    size = len(text)
    segments: list[int | None] = []
    spans: list[TokenSpan | None] = []
    for token, segment, span in zip(whole.tokens, whole.segments, whole.spans, strict=True):
        if span is not None and span.start < size < span.end:
            raise ModelError(
                f"the end of the text and the start of its completion are one token, {token!r}; "
                f"move {text[span.start :]!r} from the text to the completion"
            )
        if segment is None or span is None or span.end <= size:
            segments.append(segment)
            spans.append(span)
            continue
        segments.append(COMPLETION_SEGMENT)
        spans.append(TokenSpan(COMPLETION_SEGMENT, span.start - size, span.end - size))
    return replace(whole, segments=tuple(segments), spans=tuple(spans), units=display_units(spans))


def _put_after(
    tokenizer: PreTrainedTokenizerBase, text: str, ids: Sequence[int], completion: str = ""
) -> EncodedText:
    """`text` with the tokens `ids` after its last content token. With a `completion` they have
    their places in it, as far as single tokens can be decoded."""
    # Of an empty text only the special tokens in front count: those that any other text has there.
    before = encode(tokenizer, text or "a", None, _ALL)
    content = [i for i, role in enumerate(before.roles) if role is None]
    end = max(content, default=-1) + 1 if text else content[0]
    before = keep(before, range(end))
    spans: list[TokenSpan | None] = [None] * len(ids)
    if completion:
        ends = [len(tokenizer.decode(list(ids[:i]))) for i in range(len(ids) + 1)]
        ends = [min(end, len(completion)) for end in ends]
        spans = [TokenSpan(COMPLETION_SEGMENT, *pair) for pair in pairwise(ends)]
    first = max(before.units, default=-1) + 1
    return replace(
        before,
        ids=(*before.ids, *ids),
        type_ids=None if before.type_ids is None else (*before.type_ids, *[0] * len(ids)),
        tokens=(*before.tokens, *tokenizer.convert_ids_to_tokens(list(ids))),
        spans=(*before.spans, *spans),
        segments=(*before.segments, *[COMPLETION_SEGMENT] * len(ids)),
        roles=(*before.roles, *[None] * len(ids)),
        units=(*before.units, *range(first, first + len(ids))),
    )
