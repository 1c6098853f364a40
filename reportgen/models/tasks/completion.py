"""Completions of texts, which were given or were written by a causal language model: tokenised with
their texts, and the log-probability of each of their tokens."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from reportgen.errors import ModelError, UsageError
from reportgen.models.device import precise
from reportgen.models.loaded import LoadedModel
from reportgen.models.tasks.next_token import NextTokenReader, require_no_pair
from reportgen.models.tasks.reader import OutputReader, TextPrediction, spell, token_id
from reportgen.models.tasks.target import StepTarget
from reportgen.models.tokens.encoded import (
    EncodedText,
    TokenSpan,
    display_units,
    encode,
    too_long_to_tokenise,
)
from reportgen.models.tokens.perturbed_texts import keep
from reportgen.models.trial_run import entries
from reportgen.results import COMPLETION_SEGMENT, OutputInfo
from reportgen.texts import TextInput

_ALL = 10**9  # tokens; none is cut off


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is given to write on from, or to write a target for."""

    ids: tuple[int, ...]
    room: int  # tokens that the model can still take


@dataclass(frozen=True, slots=True)
class WrittenTokens:
    """What a model wrote."""

    content: tuple[int, ...]  # without special tokens
    ids: tuple[int, ...]  # the tokens that the completion has


@dataclass(frozen=True, slots=True)
class CompletionReader(OutputReader):
    """Reads the log-probability of each token of a completion, given all tokens before it."""

    kind = "completion"
    target = StepTarget("completion", is_sequential=True)
    place = "step {} of its completion"
    is_over_vocabulary = True
    described = "a completion"
    tokenizer: PreTrainedTokenizerBase
    is_narrowed: bool = False  # only logits of the positions in `logits_to_keep` come

    def beside(self, texts: Sequence[EncodedText]) -> dict[str, Tensor]:
        """The positions whose logits tell the completions of `texts`, each once, in order."""
        if not self.is_narrowed:
            return {}
        rows = sorted({i - 1 for text in texts for i in text.completion})
        return {"logits_to_keep": torch.tensor(rows)}

    def values(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> Tensor:
        """The log-probability of each token of the completions, or its lead over another token,
        `[text, token]`, 0 after the last one of a text."""
        return self._of_completions(self._rows(returned, inputs, texts), texts)

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        """One prediction per text, with a score per token of its completion."""
        rows = [row.detach() for row in self._rows(returned, inputs, texts)]
        scores = self._of_completions(rows, texts)
        return [
            self._completion(self._ids(text), values, every)
            for text, values, every in zip(texts, scores, rows, strict=True)
        ]

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report."""
        return OutputInfo("completion", name or "log-probability of the completion")

    def encode(self, model: LoadedModel, source: TextInput) -> EncodedText:
        """Tokenise a text and its completion.

        Raises:
            ModelError: it has a pair, or no completion.
        """
        require_no_pair(source)
        if source.completion:
            return self.encode_completed(model, source, source.completion)
        if source.is_blank:  # nothing is written after it either
            return encode(model.tokenizer, source.text, None, model.info.max_tokens)
        raise ModelError(
            source.incomplete
            or "it has no completion; give one in a column completion (--completion-column), or "
            "let the model write it (--generate N)"
        )

    def encode_completed(
        self, model: LoadedModel, source: TextInput, completion: str
    ) -> EncodedText:
        """Tokenise a text and its `completion`."""
        most, ids = model.info.max_tokens, source.completion_ids
        return encode_completed(model.tokenizer, source.text, completion, most, ids)

    def prompt(self, model: LoadedModel, text: str) -> Prompt:
        """What `model` is given to write on from a `text`: all but the special tokens at its end,
        after which it would not continue."""
        whole = encode(model.tokenizer, text, None, model.info.max_tokens)
        last = max((i for i, role in enumerate(whole.roles) if role is None), default=-1)
        ids = keep(whole, range(last + 1)).ids
        return Prompt(ids, model.info.max_tokens - len(ids))

    def written(
        self, prompt: Prompt, ids: Sequence[int], ends: Collection[int | None]
    ) -> WrittenTokens:
        """What a model wrote after a `prompt`, in the `ids` that begin with it; what `ends` a text
        is none of its completion."""
        content = up_to(ids, len(prompt.ids), ends)
        return WrittenTokens(content, content)

    def generation_options(self) -> Mapping[str, int]:
        """Options of `generate` that make a model write as the reader reads it."""
        return {}

    def token_index(self, option: str, name: str) -> int:
        """The id of the token `name`, which can only be one that leads are over."""
        if option == "--explain-token":
            raise UsageError(
                f"{option}: each token of the completions is explained here, with --against its "
                "lead over another; leave the option out, or both --generate and the completions "
                "(--completion-column '')"
            )
        return token_id(self.tokenizer, option, name)

    def entry_name(self, index: int) -> str:
        """The token with the id `index`."""
        return spell(self.tokenizer, index)

    def sample(self, text: EncodedText) -> EncodedText:
        """`text` as trial runs need it: its last content token is its completion."""
        return mark_last(text)

    def _rows(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText]
    ) -> list[Tensor]:
        """Log-probabilities of every token at each token of the completions, `[token, vocabulary]`,
        given what stands before it; one tensor per text."""
        kept = inputs.get("logits_to_keep")
        log_probabilities = []
        for logits, text in zip(entries(returned)["logits"], texts, strict=True):
            before = [i - 1 for i in text.completion]
            rows = torch.tensor(before, device=logits.device, dtype=torch.long)
            if kept is not None:
                rows = torch.searchsorted(kept, rows)
            log_probabilities.append(logits[rows].float().log_softmax(dim=-1))
        return log_probabilities

    def _ids(self, text: EncodedText) -> tuple[int, ...]:
        """The tokens whose log-probabilities are read."""
        return tuple(text.ids[i] for i in text.completion)

    def _of_completions(self, rows: Sequence[Tensor], texts: Sequence[EncodedText]) -> Tensor:
        """Of `rows`, those of the tokens that the completions have, or their leads,
        `[text, token]`."""
        values = [
            row.gather(1, torch.tensor(self._ids(text), device=row.device)[:, None]).squeeze(1)
            - (0.0 if text.against is None else row[:, text.against])
            for row, text in zip(rows, texts, strict=True)
        ]
        return torch.nn.utils.rnn.pad_sequence(values, batch_first=True)

    def _completion(self, ids: Sequence[int], scores: Tensor, rows: Tensor) -> TextPrediction:
        """Of one text: `ids` `[token]` are its completion, `scores` `[token]` the log-probabilities
        of that and maybe more, `rows` `[token, vocabulary]` those of every token."""
        scores = scores[: len(ids)]
        names = tuple(
            "" if best == given else spell(self.tokenizer, best)
            for best, given in zip(rows.argmax(dim=1).tolist(), ids, strict=True)
        )
        is_finite = bool(scores.isfinite().all())
        return TextPrediction(
            float(precise(scores).sum()), None, tuple(scores.tolist()), names, is_finite
        )


def with_completions(model: LoadedModel) -> LoadedModel:
    """A causal language `model` that reads the log-probabilities of completions instead of next
    tokens."""
    assert isinstance(model.reader, NextTokenReader)
    reader = CompletionReader(model.reader.tokenizer, model.reader.is_narrowed)
    return replace(model, reader=reader, output=reader.info(model.output_name))


def up_to(ids: Sequence[int], first: int, ends: Collection[int | None]) -> tuple[int, ...]:
    """Those of `ids` from `first` on, up to the first that `ends` what a model writes."""
    end = next((i for i in range(first, len(ids)) if ids[i] in ends), len(ids))
    return tuple(ids[first:end])


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
        encoded = _told_apart(encode(tokenizer, text + completion, None, _ALL), text)
    else:
        completion_ids = tokenizer(completion, add_special_tokens=False, verbose=False)["input_ids"]
        encoded = _put_after(tokenizer, text, completion_ids)
    if ids is not None and [encoded.ids[i] for i in encoded.completion] != list(ids):
        encoded = _put_after(tokenizer, text, ids, completion)
    if not encoded.n_completion:
        raise ModelError("its completion has no tokens")
    if encoded.completion[0] == 0:
        raise ModelError(
            "nothing stands before its completion: the text is empty, and the tokenizer puts no "
            "token in front of it"
        )
    if len(encoded.ids) > max_tokens:
        raise ModelError(
            f"the text and its completion have {len(encoded.ids):,} tokens, more than the "
            f"{max_tokens:,} that are taken; shorten the text, or give a larger --max-length"
        )
    return encoded


def mark_last(text: EncodedText) -> EncodedText:
    """`text` with its last content token as its completion, for trial runs."""
    last = max((i for i, role in enumerate(text.roles) if role is None), default=None)
    segments = tuple(
        COMPLETION_SEGMENT if i == last else segment for i, segment in enumerate(text.segments)
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
