"""Chooses the reader of a module: by the name of its class, or by what it returns."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from reportgen.errors import ModelError
from reportgen.models.spec import Pooling
from reportgen.models.tasks.answer import AnswerReader
from reportgen.models.tasks.embedding import EmbeddingReader
from reportgen.models.tasks.next_token import NextTokenReader
from reportgen.models.tasks.reader import OutputReader
from reportgen.models.tasks.scores import ScoreReader, numbers_reader, sequence_reader
from reportgen.models.tasks.tags import tag_reader
from reportgen.models.trial_run import (
    Trial,
    describe_returned,
    entries,
    figures_by_text,
    figures_by_token,
    reads_ahead,
)

# The output of a model by its class: one for the whole text, the next token, a tag for each word, a
# token for each mask, an answer out of a context, one of several choices, or something that is not
# read ("other").
Head: TypeAlias = Literal["sequence", "next_token", "tags", "masks", "answer", "choice", "other"]
# By the end of the class name, the first that fits; "WithLMHeadModel" is a masked model (XLM).
_HEADS: Mapping[str, Head] = {
    "ForSequenceClassification": "sequence",
    "ForMaskedLM": "masks",
    "ForPreTraining": "masks",
    "WithLMHeadModel": "masks",
    "ForConditionalGeneration": "other",
    "ForTokenClassification": "tags",
    # These search for an answer themselves and return no logits of its ends.
    "XLNetForQuestionAnswering": "other",
    "XLMForQuestionAnswering": "other",
    "FlaubertForQuestionAnswering": "other",
    "ForQuestionAnswering": "answer",
    "ForQuestionAnsweringSimple": "answer",
    "ForMultipleChoice": "choice",
    "ForNextSentencePrediction": "other",
    "DoubleHeadsModel": "other",
    "ForCausalLM": "next_token",
    "LMHeadModel": "next_token",
}


def head_of(model_class: type) -> Head | None:
    """The head of a transformers class, or of a user's subclass, by its name; None if unknown."""
    for name in (base.__name__ for base in model_class.__mro__):
        for ending, head in _HEADS.items():
            if name.endswith(ending):
                return head
    return None


def reader_of_class(
    module: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, trials: tuple[Trial, Trial]
) -> OutputReader | None:
    """The reader for a module whose class shows what it returns; None for others.

    Raises:
        ModelError: it is a language model that reads texts in both directions.
    """
    head, name = head_of(type(module)), type(module).__name__
    parts = entries(trials[0].returned)
    if head == "answer" and {"start_logits", "end_logits"} <= set(parts):
        return AnswerReader(tokenizer)
    if "logits" not in parts:
        return None
    if head == "sequence":
        return sequence_reader(module.config)
    if head == "next_token" and reads_ahead(trials):
        raise ModelError(
            f"{name} reads texts in both directions, so it does not predict a next token; report "
            "its embedding with --pooling mean"
        )
    if head == "next_token":
        return NextTokenReader(tokenizer)
    width = figures_by_token(trials, "logits")
    return tag_reader(module.config, width) if head == "tags" and width is not None else None


def find_output(
    trials: Sequence[Trial],
    hidden_size: int,
    *,
    prediction_index: int | None = None,
    pooling: Pooling | None = None,
    default_pooling: Pooling = "mean",
) -> ScoreReader | EmbeddingReader:
    """Choose the reader for a module of an unknown class, from what it returned in `trials`.

    The prediction is `.logits`, or the first float tensor of shape `[texts]` or `[texts, n]`. It is
    an embedding if it is as wide as the transformer. A tensor with one row per token is pooled to
    an embedding if there is nothing else, or if `pooling` asks for it.

    Args:
        hidden_size: width of the transformer.
        prediction_index: index of the prediction in what was returned; None to find it.
        default_pooling: for a tensor with one row per token, if `pooling` is None.

    Raises:
        ModelError: nothing that was returned can be a prediction, or not the entry asked for.
    """
    keys = list(entries(trials[0].returned))
    widths = {key: figures_by_text(trials, key) for key in keys}
    by_text = {key: width for key, width in widths.items() if width is not None}
    if prediction_index is not None:
        picked = [key for key in keys[prediction_index : prediction_index + 1] if key in by_text]
        if not picked:
            raise ModelError(
                f"--prediction-index {prediction_index}: no float tensor of shape [texts] or "
                f"[texts, n] there; forward returned {describe_returned(trials[0])}"
            )
        return numbers_reader(picked[0], by_text[picked[0]])
    if pooling is None:
        if "logits" in by_text:
            return numbers_reader("logits", by_text["logits"])
        for key, width in by_text.items():
            if width == hidden_size and key != "pooler_output":
                return EmbeddingReader(key, width)
            if width != hidden_size:
                return numbers_reader(key, width)
    # Attention is that of an encoder-decoder's encoder, and so is the embedding (FSMT).
    for key in sorted(keys, key=lambda key: key != "encoder_last_hidden_state"):
        size = figures_by_token(trials, key)
        if size is not None:
            return EmbeddingReader(key, size, pooling=pooling or default_pooling)
    # The pooler of a bare encoder may be untrained, so it is only used if there is nothing else.
    if pooling is None and "pooler_output" in by_text:
        return EmbeddingReader("pooler_output", by_text["pooler_output"])
    wanted = "[texts, tokens, n] to pool" if pooling else "[texts] or [texts, n]"
    raise ModelError(
        f"no prediction found: forward returned {describe_returned(trials[0])}, "
        f"but no float tensor of shape {wanted}"
    )
