"""Tokenised texts: token ids, their place in the text, display units."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.errors import ModelError, first_line
from reportgen.results import COMPLETION_SEGMENT, Role

if TYPE_CHECKING:
    from transformers import BatchEncoding, PreTrainedTokenizerBase


# How tokenizers write a space before a word; a token of only that has no characters of the text.
_SPACE_MARKS = "▁Ġ"
# A text of more code points than this, and than `_PER_TOKEN` for each token that is kept, is cut
# before it is tokenised: its end would take minutes and could not be kept.
_LONG = 100_000
_PER_TOKEN = 50


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """The place of a token: code points of its segment's text."""

    segment: int  # 0 text, 1 pair, 2 completion
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TokenStep:
    """One of several predictions for a text, each of one of its tokens: the tag of a word."""

    position: int | None  # of the token; None where it was left out
    target: int | None = None  # the entry of the output that is explained; None: the predicted one


@dataclass(frozen=True, slots=True)
class TargetTokens:
    """What a decoder is given and then should write; all tuples have an entry per token.

    The decoder reads all of them but the last: at each token it writes the next one.
    """

    ids: tuple[int, ...]
    tokens: tuple[str, ...]
    # Code points of the completion; None for special tokens and for tokenizers without offsets.
    spans: tuple[tuple[int, int] | None, ...]
    specials: tuple[bool, ...]
    units: tuple[int, ...]  # display unit
    # Tokens in front that are given, not written: the one that starts every target, and those that
    # the tokenizer puts in front of a target, such as that of its language.
    n_given: int

    @property
    def read(self) -> tuple[int, ...]:
        """The ids that the decoder reads."""
        return self.ids[:-1]

    @property
    def written(self) -> tuple[int, ...]:
        """The ids that the decoder should write."""
        return self.ids[self.n_given :]


@dataclass(frozen=True, slots=True)
class EncodedText:
    """One tokenised text; tuples have one entry per token, but for `cuts`, `steps`, `held` and
    `others`."""

    ids: tuple[int, ...]
    type_ids: tuple[int, ...] | None  # None if the tokenizer gives none
    tokens: tuple[str, ...]
    spans: tuple[
        TokenSpan | None, ...
    ]  # None for special tokens and for tokenizers without offsets
    segments: tuple[int | None, ...]  # None for special tokens
    roles: tuple[str | None, ...]  # key of the Role of a special token; None for content
    units: tuple[int, ...]  # display unit
    n_truncated: int  # tokens that were cut off
    cuts: tuple[int | None, int | None]  # code point at which text and pair were cut
    n_unknown: int
    is_early: bool = False  # cut before it was tokenised: `n_truncated` counts not all of it
    # What a decoder of its own reads and writes; None where one sequence holds all.
    target: TargetTokens | None = None
    # 0 or 1: the text or the pair, where each is read by itself (`apart`); empty where not.
    parts: tuple[int, ...] = ()
    # What stands up to the end of a prompt, special tokens in front with it; empty without prompts.
    prompted: tuple[bool, ...] = ()
    steps: tuple[
        TokenStep, ...
    ] = ()  # predictions for single tokens of it, in order; () for others
    held: tuple[int, ...] = ()  # content that stays when other content is left out, such as a mask
    against: int | None = None  # the token that the lead of each step is over; None: no lead
    # Of several choices, of which this is the text with one: which one, and the text with each
    # other, in order. In those, `copies` are the positions in this one of tokens that both have.
    choice: int = 0
    others: "tuple[EncodedText, ...]" = ()
    copies: tuple[int | None, ...] = ()

    @property
    def n_content(self) -> int:
        """The number of tokens that are not special."""
        return sum(role is None for role in self.roles)

    @property
    def completion(self) -> tuple[int, ...]:
        """The positions of the tokens of the completion; empty without one."""
        return tuple(i for i, segment in enumerate(self.segments) if segment == COMPLETION_SEGMENT)

    @property
    def n_completion(self) -> int:
        """The number of tokens of the completion, which is the target if there is one."""
        if self.target is not None:
            return len(self.target.written)
        return self.segments.count(COMPLETION_SEGMENT)

    @property
    def n_sequences(self) -> int:
        """The number of sequences that are run for it: one for each of its choices."""
        return 1 + len(self.others)

    @property
    def n_run(self) -> int:
        """The number of tokens of the longest sequence that is run."""
        return max(len(self.ids), 0 if self.target is None else len(self.target.read))

    @property
    def n_steps(self) -> int:
        """The number of figures that its output has, each of one token; 0 for other outputs."""
        return len(self.steps) or self.n_completion


def encode(
    tokenizer: "PreTrainedTokenizerBase", text: str, pair: str | None, max_tokens: int
) -> EncodedText:
    """Tokenise `text` (and `pair`) with the default settings, and cut the end after `max_tokens`.

    Only the tokens that the tokenizer adds to the text are special: a `[CLS]` in the text itself is
    content.

    Raises:
        ModelError: `max_tokens` leaves no room for any token of the text (and its pair).
    """
    early = _beginnings(tokenizer, text, pair, max_tokens)
    text, pair = early or (text, pair)
    kept = _Encoding(tokenizer, text, pair, max_tokens)
    segments = kept.all_segments
    cuts: tuple[int | None, int | None] = (None, None)
    if len(segments) > max_tokens:
        if len(kept.ids) > max_tokens or all(segment is None for segment in kept.segments):
            n_special = segments.count(None)
            what = "a text" if pair is None else "a text and its pair"
            raise ModelError(
                f"{what} cut to {max_tokens} tokens would be nothing but the {n_special} special "
                f"tokens around it; give --max-length {n_special + 1} or more"
            )
        cuts = (_cut(segments, kept, 0), _cut(segments, kept, 1))
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
        n_truncated=len(segments) - len(kept.ids),
        cuts=cuts,
        n_unknown=sum(
            token_id == tokenizer.unk_token_id and segment is not None
            for token_id, segment in zip(kept.ids, kept.segments, strict=True)
        ),
        is_early=early is not None,
    )


def _beginnings(
    tokenizer: "PreTrainedTokenizerBase", text: str, pair: str | None, max_tokens: int
) -> tuple[str, str | None] | None:
    """A text and its pair with the beginning alone of what is very long, if that holds every token
    that is kept; else None.

    What is kept of a pair depends on which of the two has more tokens, so the beginning must have
    more than the other. Where both are very long, each keeps half; of an odd number of tokens the
    last goes to the one whose beginning has more.
    """
    most = most_characters(max_tokens)
    first, second = len(text) > most, pair is not None and len(pair) > most
    if not (first or second):
        return None
    begun = (text[:most] if first else text, pair if pair is None else pair[:most])
    segments = _segments(tokenizer, *begun)
    of_text, of_pair = segments.count(0), segments.count(1)
    if first and second:
        return begun if min(of_text, of_pair) > max_tokens else None
    size, other = (of_text, of_pair) if first else (of_pair, of_text)
    return begun if size > max(max_tokens, other) else None


def too_long_to_tokenise(text: str, max_tokens: int) -> bool:
    """Whether tokenising a text would take minutes only to cut most of its tokens."""
    return len(text) > most_characters(max_tokens)


def most_characters(max_tokens: int) -> int:
    """The number of characters of a text that are tokenised at most."""
    return max(_LONG, _PER_TOKEN * max_tokens)


def _segments(
    tokenizer: "PreTrainedTokenizerBase", text: str, pair: str | None
) -> tuple[int | None, ...]:
    """The segment of every token of a text (and its pair), none of them cut."""
    return _segments_in(tokenizer, tokenizer(text, pair, verbose=False), text, pair)


def _segments_in(
    tokenizer: "PreTrainedTokenizerBase", given: "BatchEncoding", text: str, pair: str | None
) -> tuple[int | None, ...]:
    """The segment of every token that the tokenizer gave for a text (and its pair)."""
    if tokenizer.is_fast:
        return tuple(given.sequence_ids(0))
    return _segments_of_slow(tokenizer, tuple(given["input_ids"]), text, pair)


def special_roles(tokenizer: "PreTrainedTokenizerBase", *, has_pairs: bool) -> tuple[Role, ...]:
    """The roles of the special tokens that the tokenizer adds to a text (and its pair)."""
    sample = encode(tokenizer, "a", "b" if has_pairs else None, max_tokens=64)
    tokens_by_role = {
        role: token
        for role, token in zip(sample.roles, sample.tokens, strict=True)
        if role is not None
    }
    return tuple(Role(key, token) for key, token in tokens_by_role.items())


def display_units(spans: Sequence[TokenSpan | None]) -> tuple[int, ...]:
    """The number of the display unit of each token, from 0.

    Neighbouring tokens that share characters (the bytes of one emoji, the parts of ㌔) form one
    unit; every other token, special or not, is a unit by itself.
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
            before = TokenSpan(span.segment, before.start, max(before.end, span.end))
        else:
            before = span
    return tuple(units)


@contextmanager
def _naming_panic() -> Iterator[None]:
    """Name what is wrong where Rust code panics, of which Python makes no `Exception`.

    Raises:
        ModelError: it did, as with a vocabulary that lacks a token which tokenizer.json names.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ModelError(
            f"the files of the tokenizer contradict each other ({first_line(error)}); copy or "
            "download them again, or name another with --tokenizer"
        ) from error


class _Encoding:
    """A text (and its pair) as token ids, cut after `max_tokens`, the same for fast and slow
    tokenizers."""

    def __init__(
        self, tokenizer: "PreTrainedTokenizerBase", text: str, pair: str | None, max_tokens: int
    ) -> None:
        self.has_offsets = fast = bool(tokenizer.is_fast)
        with _naming_panic():
            given = tokenizer(text, pair, return_offsets_mapping=fast, verbose=False)
        # Of every token, those that are cut off too.
        self.all_segments = _segments_in(tokenizer, given, text, pair)
        self.segments: tuple[int | None, ...] = self.all_segments
        places: Sequence[int] = range(len(self.segments))
        if fast:
            # Fast tokenizers would keep all that they cut off in parts as long as the rest, of a
            # pair each part of one with each of the other, which fills any memory.
            places = _kept_places(self.segments, max_tokens)
            self.segments = tuple(self.segments[i] for i in places)
        elif len(self.segments) > max_tokens:
            given = tokenizer(text, pair, truncation=True, max_length=max_tokens, verbose=False)
            self.segments = _segments_in(tokenizer, given, text, pair)
            places = range(len(self.segments))
        ids, type_ids = given["input_ids"], given.get("token_type_ids")
        self.ids: tuple[int, ...] = tuple(ids[i] for i in places)
        self.type_ids: tuple[int, ...] | None = (
            None if type_ids is None else tuple(type_ids[i] for i in places)
        )
        self.tokens: tuple[str, ...] = tuple(tokenizer.convert_ids_to_tokens(list(self.ids)))
        self.spans: tuple[TokenSpan | None, ...] = (None,) * len(self.ids)
        if fast:
            offsets = given["offset_mapping"]
            self.spans = tuple(
                None
                if segment is None
                else token_span(token, segment, offsets[i], (text, pair or ""))
                for token, segment, i in zip(self.tokens, self.segments, places, strict=True)
            )


def _kept_places(segments: Sequence[int | None], max_tokens: int) -> list[int]:
    """The places of the tokens that are kept of a text (and its pair): all special tokens, and the
    first ones of the longer of the two until both are as long, then of both alike."""
    sizes = [segments.count(0), segments.count(1)]
    room = max(0, max_tokens - segments.count(None))
    if sum(sizes) > room:
        longer = 0 if sizes[0] > sizes[1] else 1
        shorter = 1 - longer
        sizes[shorter] = min(sizes[shorter], room // 2)
        sizes[longer] = room - sizes[shorter]
    places, left = [], {0: sizes[0], 1: sizes[1]}
    for place, segment in enumerate(segments):
        if segment is not None:
            left[segment] -= 1
            if left[segment] < 0:
                continue
        places.append(place)
    return places


def token_span(
    token: str, segment: int, offset: tuple[int, int], texts: tuple[str, str]
) -> TokenSpan:
    """The characters of a token, without the space before a word that some tokenizers include."""
    start, end = offset
    covered = texts[segment][start:end]
    if not token.strip(_SPACE_MARKS):
        # Only the mark: a space of the text, or nothing (some include a letter of the next word).
        return TokenSpan(segment, start, end if covered.isspace() else start)
    lead = len(covered) - len(covered.lstrip())
    return TokenSpan(segment, start + lead if lead < len(covered) else start, end)


def _segments_of_slow(
    tokenizer: "PreTrainedTokenizerBase", ids: tuple[int, ...], text: str, pair: str | None
) -> tuple[int | None, ...]:
    """The segment of each token, found by searching for the token ids of each segment alone."""
    segments: list[int | None] = [None] * len(ids)
    at = 0
    for segment, part in enumerate([text] if pair is None else [text, pair]):
        bare = tokenizer(part, add_special_tokens=False, verbose=False)["input_ids"]
        # A segment that was cut is a prefix of its ids: take the longest prefix that is found.
        for size in range(len(bare), 0, -1):
            places = [
                i for i in range(at, len(ids) - size + 1) if list(ids[i : i + size]) == bare[:size]
            ]
            if places:
                segments[places[0] : places[0] + size] = [segment] * size
                at = places[0] + size
                break
    return tuple(segments)


def _role(tokenizer: "PreTrainedTokenizerBase", token_id: int, token: str) -> str:
    """The key of a special token's Role: cls, sep, bos or eos, else the token itself."""
    for key in ("cls", "sep", "bos", "eos"):
        if token_id == getattr(tokenizer, f"{key}_token_id"):
            return key
    return token


def _cut(segments: Sequence[int | None], kept: _Encoding, segment: int) -> int | None:
    """The code point at which a segment was cut, of a text whose tokens belong to `segments`; None
    if it was not, or there are no offsets."""
    if segments.count(segment) == kept.segments.count(segment) or not kept.has_offsets:
        return None
    ends = [span.end for span in kept.spans if span is not None and span.segment == segment]
    return max(ends, default=0)
