"""Texts behind prompts, and pairs of texts that are read each by itself, for sentence encoders."""

from dataclasses import replace

from transformers import PreTrainedTokenizerBase

from reportgen.errors import ModelError
from reportgen.models.tokens.encoded import EncodedText, TokenSpan, display_units, encode


def encode_prompted(
    tokenizer: PreTrainedTokenizerBase, prompt: str, text: str, max_tokens: int
) -> EncodedText:
    """Tokenise `text` behind a `prompt`, whose tokens are special ones of the role "prompt": they
    are no content and stay when content is left out.

    Raises:
        ModelError: as `encode`; the tokenizer tells no places of tokens; or the prompt leaves no
            room for the text.
    """
    if not prompt:
        return encode(tokenizer, text, None, max_tokens)
    if not tokenizer.is_fast:
        raise ModelError(
            "its tokenizer tells no places of tokens, so a prompt cannot be told apart"
        )
    whole, size = encode(tokenizer, prompt + text, None, max_tokens), len(prompt)
    in_front = [span is not None and span.end <= size for span in whole.spans]
    # Where a token has characters of both, the text has its own.
    spans = [
        None
        if is_prompt or span is None
        else TokenSpan(0, max(0, span.start - size), span.end - size)
        for span, is_prompt in zip(whole.spans, in_front, strict=True)
    ]
    pairs = list(zip(whole.roles, in_front, strict=True))
    if text and all(role is not None or is_prompt for role, is_prompt in pairs):
        raise ModelError(f"the prompt leaves no room for it in {max_tokens:,} tokens")
    unknown, cut = tokenizer.unk_token_id, whole.cuts[0]
    n_prompted = _prompt_length(tokenizer, prompt)
    return replace(
        whole,
        prompted=tuple(i < n_prompted for i in range(len(whole.ids))),
        spans=tuple(spans),
        segments=tuple(
            None if is_prompt else segment
            for segment, is_prompt in zip(whole.segments, in_front, strict=True)
        ),
        roles=tuple("prompt" if is_prompt else role for role, is_prompt in pairs),
        units=display_units(spans),
        cuts=(None if cut is None else max(0, cut - size), None),
        n_unknown=whole.n_unknown
        - sum(i == unknown for i, is_prompt in zip(whole.ids, in_front, strict=True) if is_prompt),
    )


def _prompt_length(tokenizer: PreTrainedTokenizerBase, prompt: str) -> int:
    """How many tokens in front sentence-transformers takes for those of a prompt: as many as the
    prompt has alone, with the special tokens in front of it."""
    ids = tokenizer(prompt, verbose=False)["input_ids"]
    return len(ids) - (ids[-1] in tokenizer.all_special_ids)


def encode_apart(
    tokenizer: PreTrainedTokenizerBase,
    texts: tuple[str, str],
    max_tokens: int,
    prompts: tuple[str, str] = ("", ""),
) -> EncodedText:
    """Tokenise a text and its pair each by itself, behind its prompt and with special tokens of its
    own, and put the second behind the first; each is cut after `max_tokens`.

    Raises:
        ModelError: as `encode_prompted`.
    """
    one, other = (
        encode_prompted(tokenizer, prompt, text, max_tokens)
        for prompt, text in zip(prompts, texts, strict=True)
    )
    first = max(one.units, default=-1) + 1
    return EncodedText(
        ids=one.ids + other.ids,
        type_ids=None
        if one.type_ids is None or other.type_ids is None
        else one.type_ids + other.type_ids,
        tokens=one.tokens + other.tokens,
        spans=one.spans
        + tuple(span and TokenSpan(1, span.start, span.end) for span in other.spans),
        segments=one.segments
        + tuple(segment if segment is None else 1 for segment in other.segments),
        roles=one.roles + other.roles,
        units=one.units + tuple(first + unit for unit in other.units),
        n_truncated=one.n_truncated + other.n_truncated,
        cuts=(one.cuts[0], other.cuts[0]),
        n_unknown=one.n_unknown + other.n_unknown,
        is_early=one.is_early or other.is_early,
        parts=(0,) * len(one.ids) + (1,) * len(other.ids),
        prompted=_prompted(one) + _prompted(other) if one.prompted or other.prompted else (),
    )


def _prompted(text: EncodedText) -> tuple[bool, ...]:
    return text.prompted or (False,) * len(text.ids)
