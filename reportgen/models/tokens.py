"""A text as the model sees it: token ids, their place in it, display units; and a batch of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from reportgen.errors import ModelError
from reportgen.results.info import Role

# What tokenizers write for a space in front of a word; a token of nothing else spells no character.
_SPACE_MARKS = "▁Ġ"


@dataclass(frozen=True, slots=True)
class Span:
    """Where a token stands: code points of its segment's own text."""

    segment: int  # 0 text, 1 pair
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class EncodedText:
    """One text, tokenised; every tuple has one entry a token."""

    ids: tuple[int, ...]
    type_ids: tuple[int, ...] | None  # None where the tokenizer gives none
    tokens: tuple[str, ...]
    spans: tuple[Span | None, ...]  # None for special tokens, and without offsets
    segments: tuple[int | None, ...]  # None for special tokens
    roles: tuple[str | None, ...]  # key of a special token's Role; None for content
    units: tuple[int, ...]  # display unit
    n_truncated: int  # tokens that were cut off
    cuts: tuple[int | None, int | None]  # code point of text and pair where each was cut
    n_unknown: int

    @property
    def n_content(self) -> int:
        """Tokens that are not special."""
        return sum(role is None for role in self.roles)


def encode(
    tokenizer: PreTrainedTokenizerBase, text: str, pair: str | None, max_tokens: int
) -> EncodedText:
    """Tokenise `text` (and `pair`) as the tokenizer does by default; the end beyond `max_tokens`
    is cut off.

    Special tokens are those the tokenizer put around the text, known by their position: a `[CLS]`
    that stands in the text itself is content.

    Raises:
        ModelError: `max_tokens` leave no room for any token of the text (and its pair).
    """
    whole = _Encoding(tokenizer, text, pair, None)
    kept = whole
    cuts: tuple[int | None, int | None] = (None, None)
    if len(whole.ids) > max_tokens:
        kept = _Encoding(tokenizer, text, pair, max_tokens)
        if len(kept.ids) > max_tokens or all(segment is None for segment in kept.segments):
            n_special = whole.segments.count(None)
            what = "a text" if pair is None else "a text and its pair"
            raise ModelError(
                f"{what} cut to {max_tokens} tokens would be nothing but the {n_special} special "
                f"tokens around it; give --max-length {n_special + 1} or more"
            )
        cuts = (_cut(whole, kept, 0), _cut(whole, kept, 1))
    roles = tuple(
        _role(tokenizer, token_id, token) if segment is None else None
        for token_id, token, segment in zip(kept.ids, kept.tokens, kept.segments, strict=True)
    )
    return EncodedText(
        ids=kept.ids,
        type_ids=kept.type_ids,
        tokens=kept.tokens,
        spans=kept.spans,
        segments=kept.segments,
        roles=roles,
        units=display_units(kept.spans),
        n_truncated=len(whole.ids) - len(kept.ids),
        cuts=cuts,
        n_unknown=sum(
            token_id == tokenizer.unk_token_id and segment is not None
            for token_id, segment in zip(kept.ids, kept.segments, strict=True)
        ),
    )


def pad(
    texts: Sequence[EncodedText], pad_id: int, accepted: Collection[str], device: torch.device
) -> dict[str, Tensor]:
    """A batch's inputs, each `[text, position]`, padded on the right; only those `accepted`."""
    size = max(len(text.ids) for text in texts)
    ids = torch.full((len(texts), size), pad_id)
    mask = torch.zeros(len(texts), size, dtype=torch.long)
    type_ids = torch.zeros(len(texts), size, dtype=torch.long)
    for row, text in enumerate(texts):
        ids[row, : len(text.ids)] = torch.tensor(text.ids)
        mask[row, : len(text.ids)] = 1
        if text.type_ids is not None:
            type_ids[row, : len(text.ids)] = torch.tensor(text.type_ids)
    inputs = {"input_ids": ids, "attention_mask": mask}
    if all(text.type_ids is not None for text in texts):
        inputs["token_type_ids"] = type_ids
    return {name: value.to(device) for name, value in inputs.items() if name in accepted}


def special_roles(tokenizer: PreTrainedTokenizerBase, *, has_pairs: bool) -> tuple[Role, ...]:
    """The roles of the special tokens that the tokenizer puts around a text (and its pair)."""
    sample = encode(tokenizer, "a", "b" if has_pairs else None, max_tokens=64)
    found = {
        role: token
        for role, token in zip(sample.roles, sample.tokens, strict=True)
        if role is not None
    }
    return tuple(Role(key, token) for key, token in found.items())


def display_units(spans: Sequence[Span | None]) -> tuple[int, ...]:
    """Number the units that tokens are drawn in, from 0.

    Neighbours that share characters (the bytes of one emoji, the parts of ㌔) are one unit; every
    other token, special or not, is a unit of its own.
    """
    units: list[int] = []
    unit, before = -1, None
    for span in spans:
        shares = (
            span is not None
            and before is not None
            and span.segment == before.segment
            and span.start < before.end
            and span.end > span.start
        )
        if not shares:
            unit += 1
        units.append(unit)
        if shares and span is not None and before is not None:
            before = Span(span.segment, before.start, max(before.end, span.end))
        else:
            before = span
    return tuple(units)


class _Encoding:
    """What the tokenizer gives for a text, the same for fast tokenizers and for slow ones."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        text: str,
        pair: str | None,
        max_tokens: int | None,
    ) -> None:
        fast = bool(tokenizer.is_fast)
        given = tokenizer(
            text,
            pair,
            truncation=max_tokens is not None,
            max_length=max_tokens,
            return_offsets_mapping=fast,
            verbose=False,
        )
        self.ids: tuple[int, ...] = tuple(given["input_ids"])
        type_ids = given.get("token_type_ids")
        self.type_ids: tuple[int, ...] | None = None if type_ids is None else tuple(type_ids)
        self.tokens: tuple[str, ...] = tuple(tokenizer.convert_ids_to_tokens(list(self.ids)))
        self.spans: tuple[Span | None, ...]
        self.segments: tuple[int | None, ...]
        if fast:
            self.segments = tuple(given.sequence_ids(0))
            self.spans = tuple(
                None if segment is None else _span(token, segment, offset, (text, pair or ""))
                for token, segment, offset in zip(
                    self.tokens, self.segments, given["offset_mapping"], strict=True
                )
            )
        else:
            self.segments = _segments_of_slow(tokenizer, self.ids, text, pair)
            self.spans = (None,) * len(self.ids)


def _span(token: str, segment: int, offset: tuple[int, int], texts: tuple[str, str]) -> Span:
    """The characters a token spells, without the space a tokenizer counts to the next word."""
    start, end = offset
    covered = texts[segment][start:end]
    if not token.strip(_SPACE_MARKS):
        # The mark alone: a space of the text, or nothing (some claim the next word's letter).
        return Span(segment, start, end if covered.isspace() else start)
    lead = len(covered) - len(covered.lstrip())
    return Span(segment, start + lead if lead < len(covered) else start, end)


def _segments_of_slow(
    tokenizer: PreTrainedTokenizerBase, ids: tuple[int, ...], text: str, pair: str | None
) -> tuple[int | None, ...]:
    """Which segment each token belongs to, found by laying the bare segments over the whole."""
    segments: list[int | None] = [None] * len(ids)
    at = 0
    for segment, part in enumerate([text] if pair is None else [text, pair]):
        bare = tokenizer(part, add_special_tokens=False, verbose=False)["input_ids"]
        # A cut segment is a prefix of its bare ids: take the longest that stands here.
        for size in range(len(bare), 0, -1):
            places = [
                i for i in range(at, len(ids) - size + 1) if list(ids[i : i + size]) == bare[:size]
            ]
            if places:
                segments[places[0] : places[0] + size] = [segment] * size
                at = places[0] + size
                break
    return tuple(segments)


def _role(tokenizer: PreTrainedTokenizerBase, token_id: int, token: str) -> str:
    for key in ("cls", "sep", "bos", "eos"):
        if token_id == getattr(tokenizer, f"{key}_token_id"):
            return key
    return token


def _cut(whole: _Encoding, kept: _Encoding, segment: int) -> int | None:
    """The code point where a segment was cut, None where it is whole or has no offsets."""
    if whole.segments.count(segment) == kept.segments.count(segment):
        return None
    ends = [span.end for span in kept.spans if span is not None and span.segment == segment]
    has_offsets = any(span is not None for span in whole.spans)
    return max(ends, default=0) if has_offsets else None


def keep(text: EncodedText, positions: Sequence[int]) -> EncodedText:
    """`text` with the tokens at `positions` alone, in that order; those kept close up.

    Nothing is tokenised again, and what was truncated stays so.
    """
    return replace(
        text,
        ids=tuple(text.ids[i] for i in positions),
        type_ids=None if text.type_ids is None else tuple(text.type_ids[i] for i in positions),
        tokens=tuple(text.tokens[i] for i in positions),
        spans=tuple(text.spans[i] for i in positions),
        segments=tuple(text.segments[i] for i in positions),
        roles=tuple(text.roles[i] for i in positions),
        units=tuple(text.units[i] for i in positions),
    )


def without(text: EncodedText, positions: Collection[int]) -> EncodedText:
    """`text` without the tokens at `positions`."""
    return keep(text, [i for i in range(len(text.ids)) if i not in positions])


def put(text: EncodedText, ids: Mapping[int, int]) -> EncodedText:
    """`text` with other token ids, by their position; all else stays."""
    return replace(text, ids=tuple(ids.get(i, own) for i, own in enumerate(text.ids)))


def content_units(text: EncodedText) -> tuple[tuple[int, ...], ...]:
    """The positions of each display unit of content, in order."""
    units: dict[int, list[int]] = {}
    for position, (unit, role) in enumerate(zip(text.units, text.roles, strict=True)):
        if role is None:
            units.setdefault(unit, []).append(position)
    return tuple(tuple(positions) for positions in units.values())
