"""Targets of encoder-decoders, which were given or which the model wrote itself: tokenised for the
decoder, and the log-probability of each of their tokens."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, takewhile
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from reportgen.errors import ModelError, UsageError
from reportgen.models.architecture import max_positions
from reportgen.models.loaded import LoadedModel, Writer, with_whole
from reportgen.models.tasks.completion import (
    CompletionReader,
    Prompt,
    WrittenTokens,
    up_to,
    with_completions,
)
from reportgen.models.tasks.next_token import NextTokenReader
from reportgen.models.tokens.encoded import (
    EncodedText,
    TargetTokens,
    TokenSpan,
    display_units,
    encode,
    token_span,
    too_long_to_tokenise,
)
from reportgen.models.trial_run import entries
from reportgen.results import COMPLETION_SEGMENT
from reportgen.texts import TextInput, TextSet

_UNLIMITED_TOKENS = 512  # as for texts, if neither the decoder nor the tokenizer has a limit


@dataclass(frozen=True, slots=True)
class _Labels:
    """What the tokenizer makes of a completion, without what stands after its end."""

    ids: tuple[int, ...]
    spans: tuple[tuple[int, int] | None, ...]
    n_lead: int  # special tokens in front
    whole: tuple[int, ...]  # with what stands after its end


@dataclass(frozen=True, slots=True)
class TargetReader(CompletionReader):
    """Reads the log-probability of each token of a target, given the text and all tokens before
    it."""

    writer: Writer = field(kw_only=True)

    def encode_completed(
        self, model: LoadedModel, source: TextInput, completion: str
    ) -> EncodedText:
        """Tokenise a text for the encoder, and its `completion` for the decoder."""
        most, ids = model.info.max_tokens, source.completion_ids
        return encode_with_target(model.tokenizer, self.writer, source.text, completion, most, ids)

    def encode_sample(self, model: LoadedModel, text: str) -> EncodedText:
        """Tokenise a `text`, with itself as its target."""
        encoded = encode(model.tokenizer, text, None, model.info.max_tokens)
        return replace(encoded, target=encode_target(model.tokenizer, self.writer, text))

    def prompt(self, model: LoadedModel, text: str) -> Prompt:
        """What `model` is given to write a target for a `text`: all of it."""
        whole = encode(model.tokenizer, text, None, model.info.max_tokens)
        return Prompt(whole.ids, self.writer.max_tokens)

    def written(
        self, prompt: Prompt, ids: Sequence[int], ends: Collection[int | None]
    ) -> WrittenTokens:
        """The target that a model wrote, in the `ids` that begin with the token that every target
        starts with; what `ends` a target is one of its tokens."""
        first = 1 + lead_of(self.tokenizer, ids[1:])
        content = up_to(ids, first, ends)
        return WrittenTokens(content, tuple(ids[: first + len(content) + 1]))

    def generation_options(self) -> Mapping[str, int]:
        """The language that targets are in."""
        return language_options(self.tokenizer, self.writer.module)

    def beside(self, texts: Sequence[EncodedText]) -> dict[str, Tensor]:
        """What the decoder reads of the targets of `texts`, padded on the right."""
        rows = [torch.tensor(_target(text).read) for text in texts]
        # Every token is read after what stands before it alone, so that any token may fill a row.
        ids = pad_sequence(rows, batch_first=True)
        mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
        return {"decoder_input_ids": ids, "decoder_attention_mask": mask}

    def _ids(self, text: EncodedText) -> tuple[int, ...]:
        return _target(text).written

    def _rows(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText]
    ) -> list[Tensor]:
        log_probabilities = []
        for logits, text in zip(entries(returned)["logits"], texts, strict=True):
            target = _target(text)
            written = logits[target.n_given - 1 : len(target.read)]
            log_probabilities.append(written.float().log_softmax(dim=-1))
        return log_probabilities


def _target(text: EncodedText) -> TargetTokens:
    assert text.target is not None
    return text.target


def encoder_remark(kind: str) -> str:
    """The remark on an encoder-decoder of the class `kind` that writes nothing."""
    return (
        f"{kind} has no output for a whole text; the embedding of its encoder is reported. To have "
        "what it writes explained, give completions (a column completion) or --generate N"
    )


def with_targets(model: LoadedModel) -> LoadedModel:
    """The encoder of an encoder-decoder as that whole `model`, to read the log-probabilities of
    the targets that it writes."""
    assert model.writer is not None
    module = model.writer.module
    reader = TargetReader(model.tokenizer, writer=model.writer)
    return with_whole(model, module, reader, encoder_remark(type(module).__name__))


def ready_for_completions(
    model: LoadedModel, texts: TextSet, n_generated: int | None
) -> LoadedModel:
    """`model`, prepared to read completions if the texts have some or get some. A model that cannot
    write reads only the texts, with a remark.

    Raises:
        UsageError: it is to generate, and writes nothing.
        ModelError: it is an encoder-decoder that does not say what a target starts with.
    """
    if n_generated is None and not any(text.completion for text in texts.texts):
        return model
    if isinstance(model.reader, NextTokenReader):
        return with_completions(model)
    if model.writer is not None:
        # Fails before anything is run. Some read the first token off the labels, without padding.
        start_token(model.writer.module, (int(model.pad_token_id == 0),))
        return with_targets(model)
    kind = model.output.kind.replace("_", " ")
    if n_generated is not None:
        raise UsageError(
            "--generate: only causal language models and encoder-decoders write; this model's "
            f"output is {kind}"
        )
    remark = f"completions of the texts are not used: the model's output is {kind}"
    return replace(model, remarks=(*model.remarks, remark))


def find_writer(module: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> Writer:
    """The encoder-decoder `module`, with the number of tokens that its decoder reads."""
    decoder: Any = module.get_decoder()  # type: ignore[no-untyped-call]
    # Not every decoder is a model of its own (FSMT).
    config = getattr(decoder, "config", module.config)
    limits = (max_positions(decoder, config), tokenizer.model_max_length)
    # Tokenizers without a limit have a huge number here.
    most = min((n for n in limits if n is not None and n < 10**9), default=_UNLIMITED_TOKENS)
    return Writer(module, most)


def encode_with_target(
    tokenizer: PreTrainedTokenizerBase,
    writer: Writer,
    text: str,
    completion: str,
    max_tokens: int,
    ids: Sequence[int] | None = None,
) -> EncodedText:
    """Tokenise `text`, at most `max_tokens` of it, for the encoder, and `completion` for the
    decoder.

    Args:
        ids: the tokens that the model wrote, with the one that starts every target; None: those
            that the tokenizer makes of the completion as a target.

    Raises:
        ModelError: the text or the completion has no tokens, the completion more than the decoder
            reads, or the model does not say what a target starts with.
    """
    source = encode(tokenizer, text, None, max_tokens)
    if not source.n_content:
        raise ModelError("the text is empty, so there is nothing to write a target for")
    return replace(source, target=encode_target(tokenizer, writer, completion, ids))


def encode_target(
    tokenizer: PreTrainedTokenizerBase,
    writer: Writer,
    completion: str,
    ids: Sequence[int] | None = None,
) -> TargetTokens:
    """The tokens of the decoder for a `completion`, as `encode_with_target`."""
    if too_long_to_tokenise(completion, writer.max_tokens):
        raise ModelError(
            f"its completion has far more than the {writer.max_tokens:,} tokens that the model's "
            "decoder takes"
        )
    labels = _labels(tokenizer, completion)
    if ids is not None:
        start, labels = ids[0], _written(tokenizer, labels, tuple(ids[1:]), completion)
    else:
        start = start_token(writer.module, labels.whole or (0,))
    if not completion or len(labels.ids) == labels.n_lead:
        raise ModelError("its completion has no tokens")
    all_ids = (start, *labels.ids)
    n_read = len(all_ids) - 1
    if n_read > writer.max_tokens:
        raise ModelError(
            f"its completion has {n_read:,} tokens, more than the {writer.max_tokens:,} that the "
            "model's decoder takes; shorten it"
        )
    spans = (None, *labels.spans)
    n_given = 1 + labels.n_lead
    ends = spans[-1] is None and labels.ids[-1] in tokenizer.all_special_ids
    n_content = len(labels.ids) - labels.n_lead - ends
    return TargetTokens(
        ids=all_ids,
        tokens=tuple(tokenizer.convert_ids_to_tokens(list(all_ids))),
        spans=spans,
        specials=(*[True] * n_given, *[False] * n_content, *[True] * ends),
        units=display_units([s and TokenSpan(COMPLETION_SEGMENT, *s) for s in spans]),
        n_given=n_given,
    )


def lead_of(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> int:
    """How many of the tokens in front of `ids`, which a model wrote after the one that starts every
    target, the tokenizer puts in front of every target."""
    return _alike(ids, _labels(tokenizer, "a"))


def language_options(
    tokenizer: PreTrainedTokenizerBase, module: PreTrainedModel
) -> Mapping[str, int]:
    """The options of `generate` that make it write in the language of the tokenizer's targets;
    empty if the tokenizer names none, or if the model's own settings name it."""
    if getattr(tokenizer, "tgt_lang", None) is None:
        return {}
    labels = _labels(tokenizer, "a")
    if not labels.n_lead:
        return {"decoder_start_token_id": start_token(module, labels.whole)}
    forced_token = getattr(module.generation_config, "forced_bos_token_id", None)
    return {} if forced_token is not None else {"forced_bos_token_id": labels.ids[0]}


def start_token(module: PreTrainedModel, labels: Sequence[int]) -> int:
    """The token that the decoder reads in front of a target with these `labels`.

    Raises:
        ModelError: the model does not say.
    """
    shift: Any = getattr(module, "prepare_decoder_input_ids_from_labels", None)
    if shift is not None:
        try:
            return int(shift(labels=torch.tensor([list(labels)]))[0, 0])
        except Exception:  # such as a configuration without a token to start with
            shift = None
    for config in (module.config, getattr(module, "generation_config", None)):
        start = getattr(config, "decoder_start_token_id", None)
        if isinstance(start, int):
            return start
    raise ModelError(
        f"{type(module).__name__} has no token that a target starts with; set "
        "decoder_start_token_id in its config.json"
    )


def _labels(tokenizer: PreTrainedTokenizerBase, completion: str) -> _Labels:
    """What the tokenizer makes of a completion as a target: its special tokens in front, its
    content, and the one that ends it."""
    given = tokenizer(
        text_target=completion, return_offsets_mapping=bool(tokenizer.is_fast), verbose=False
    )
    ids = given["input_ids"]
    bare = tokenizer(text_target=completion, add_special_tokens=False, verbose=False)["input_ids"]
    places = range(len(ids) - len(bare) + 1)
    n_lead = next((i for i in places if ids[i : i + len(bare)] == bare), 0)
    end = n_lead + len(bare)
    spans: list[tuple[int, int] | None] = [None] * len(ids)
    if tokenizer.is_fast:
        tokens = tokenizer.convert_ids_to_tokens(ids)
        for i in range(n_lead, end):
            span = token_span(tokens[i], 0, given["offset_mapping"][i], (completion, ""))
            spans[i] = (span.start, span.end)
    # Some put the language behind the end, though the decoder starts with it (the first mBART).
    kept = end + (len(ids) > end)
    return _Labels(tuple(ids[:kept]), tuple(spans[:kept]), n_lead, tuple(ids))


def _written(
    tokenizer: PreTrainedTokenizerBase, labels: _Labels, ids: tuple[int, ...], completion: str
) -> _Labels:
    """The labels of a `completion` that the model wrote as `ids`, where the tokenizer makes
    `labels` of it."""
    if ids == labels.ids[: len(ids)]:
        return replace(labels, ids=ids, spans=labels.spans[: len(ids)])
    n_lead = _alike(ids, labels)
    spans: list[tuple[int, int] | None] = [None] * n_lead
    texts = (
        tokenizer.decode(list(ids[n_lead:i]), clean_up_tokenization_spaces=False)
        for i in range(n_lead, len(ids) + 1)
    )
    spans += pairwise(min(len(text), len(completion)) for text in texts)
    if ids[-1] in tokenizer.all_special_ids:
        spans[-1] = None
    return _Labels(ids, tuple(spans), n_lead, ids)


def _alike(ids: Sequence[int], labels: _Labels) -> int:
    """How many tokens in front of `ids` are those special ones that `labels` have in front."""
    pairs = zip(ids, labels.ids[: labels.n_lead], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
