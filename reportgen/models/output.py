"""Reads the output of a module: a number, numbers, a class, labels, an embedding or next token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig, PreTrainedTokenizerBase

from reportgen.errors import ModelError
from reportgen.models.architecture import accepted_arguments
from reportgen.models.completions import completion_values, log_probabilities, needed_rows
from reportgen.models.spec import Pooling
from reportgen.models.tokens import EncodedText
from reportgen.models.trial_run import (
    Entry,
    Trial,
    describe_returned,
    entries,
    figures_by_text,
    figures_by_token,
)
from reportgen.results.info import OutputInfo, OutputKind

N_NEXT_TOKENS = 5
# The output of a model by its class: one for the whole text, the next token, or something that is
# not for a whole text ("other").
Head: TypeAlias = Literal["sequence", "next_token", "other"]
# By the end of the class name, the first that fits; "WithLMHeadModel" is a masked model (XLM).
_HEADS: Mapping[str, Head] = {
    "ForSequenceClassification": "sequence",
    "ForMaskedLM": "other",
    "ForPreTraining": "other",
    "WithLMHeadModel": "other",
    "ForConditionalGeneration": "other",
    "ForTokenClassification": "other",
    "ForQuestionAnswering": "other",
    "ForQuestionAnsweringSimple": "other",
    "ForMultipleChoice": "other",
    "ForNextSentencePrediction": "other",
    "DoubleHeadsModel": "other",
    "ForCausalLM": "next_token",
    "LMHeadModel": "next_token",
}
_NAMES: Mapping[OutputKind, str] = {
    "number": "score",
    "numbers": "scores",
    "class": "class",
    "labels": "labels",
    "embedding": "embedding",
    "next_token": "next token",
    "completion": "log-probability of the completion",
}


@dataclass(frozen=True, slots=True)
class Prediction:
    """The output of the model for one text."""

    value: float | None  # the number, or log-probability of the completion; None otherwise
    label: str | None  # class, labels joined by ", ", or the likeliest next token; None otherwise
    # Number(s); logits; log-probabilities of next tokens, or of the completion's tokens; no
    # embedding.
    scores: tuple[float, ...]
    # Next tokens; the likeliest in place of each of the completion's, "" where that is the same;
    # empty otherwise.
    score_names: tuple[str, ...]
    is_finite: bool = True  # False if a figure is infinite or NaN; then there is no label


@dataclass(frozen=True, slots=True)
class OutputReader:
    """Reads predictions from what a module returned for a batch padded on the right."""

    kind: OutputKind
    entry: Entry  # the part of what is returned
    width: int  # figures per text; not used for next tokens
    labels: tuple[str, ...] = ()
    pooling: Pooling | None = None  # None: there is one row per text already
    is_narrowed: bool = False  # only logits of last tokens come, see `keep_last_logits`
    tokenizer: PreTrainedTokenizerBase | None = None  # decodes next tokens

    def beside(self, texts: Sequence[EncodedText]) -> dict[str, Tensor]:
        """The inputs that the reader needs beside the tokens of a batch of `texts`."""
        if self.kind == "completion" and self.is_narrowed:
            return {"logits_to_keep": needed_rows(texts)}
        return {}

    def values(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> Tensor:
        """The output as float32 `[text, figure]`.

        The number(s), logits, pooled embedding, log-probabilities of all next tokens, or of the
        tokens of completions, 0 after the last one.

        Args:
            inputs: those of the call; without an attention mask no token is padding.
            texts: those of the batch; needed for completions alone.
        """
        tensor: Tensor = entries(returned)[self.entry]
        if self.kind == "completion":
            return completion_values(tensor, inputs, texts)
        ids = inputs["input_ids"]
        mask = inputs.get("attention_mask", torch.ones_like(ids))
        if self.kind == "next_token":
            last = _last_tokens(mask)
            rows = torch.searchsorted(_distinct(last), last) if self.is_narrowed else last
            logits = tensor[torch.arange(len(rows), device=rows.device), rows]
            return logits.float().log_softmax(dim=-1)
        if self.pooling is not None:
            return _pool(tensor, mask, self.pooling)
        return tensor.reshape(ids.shape[0], self.width).float()

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[Prediction]:
        """One prediction per text; one that is not finite keeps its scores but has no label."""
        values = self.values(returned, inputs, texts).detach()
        if self.kind == "completion":
            logits = entries(returned)[self.entry].detach()
            rows = log_probabilities(logits, inputs, texts)
            return [
                self._completion([text.ids[i] for i in text.completion], own, every)
                for text, own, every in zip(texts, values, rows, strict=True)
            ]
        if self.kind == "next_token":
            best = values.topk(min(N_NEXT_TOKENS, values.shape[1]), dim=1)
            pairs = zip(best.values.tolist(), best.indices.tolist(), strict=True)
            return [self._next_tokens(scores, ids) for scores, ids in pairs]
        finite = values.isfinite().all(dim=1).tolist()
        if self.kind == "embedding":
            return [Prediction(None, None, (), (), is_finite) for is_finite in finite]
        scored = zip(values.tolist(), finite, strict=True)
        return [self._scored(scores, is_finite) for scores, is_finite in scored]

    def _scored(self, scores: list[float], is_finite: bool) -> Prediction:
        value = scores[0] if self.kind == "number" else None
        label = None
        if is_finite and self.kind == "class":
            label = self.labels[scores.index(max(scores))]
        elif is_finite and self.kind == "labels":
            label = ", ".join(n for n, logit in zip(self.labels, scores, strict=True) if logit > 0)
        return Prediction(value, label, tuple(scores), (), is_finite)

    def _completion(self, ids: Sequence[int], own: Tensor, rows: Tensor) -> Prediction:
        """Of one text: `ids` `[token]` are its completion, `own` `[token]` the log-probabilities of
        that and maybe more, `rows` `[token, vocabulary]` those of every token."""
        assert self.tokenizer is not None
        own = own[: len(ids)]
        names = tuple(
            "" if best == given else spell(self.tokenizer, best)
            for best, given in zip(rows.argmax(dim=1).tolist(), ids, strict=True)
        )
        is_finite = bool(own.isfinite().all())
        return Prediction(float(own.double().sum()), None, tuple(own.tolist()), names, is_finite)

    def _next_tokens(self, scores: list[float], ids: list[int]) -> Prediction:
        assert self.tokenizer is not None
        names = tuple(spell(self.tokenizer, token_id) for token_id in ids)
        is_finite = all(abs(score) < float("inf") for score in scores)  # False for NaN as well
        return Prediction(None, names[0] if is_finite else None, tuple(scores), names, is_finite)


def head_of(model_class: type) -> Head | None:
    """The head of a transformers class, or of a user's subclass, by its name; None if unknown."""
    for name in (base.__name__ for base in model_class.__mro__):
        for ending, head in _HEADS.items():
            if name.endswith(ending):
                return head
    return None


def sequence_reader(config: PreTrainedConfig) -> OutputReader:
    """The reader for a `...ForSequenceClassification`: a number, numbers, a class or labels."""
    id2label: dict[Any, str] = dict(config.id2label or {})
    names = tuple(str(id2label.get(i, f"LABEL_{i}")) for i in range(config.num_labels or 1))
    problem = config.problem_type
    if problem == "multi_label_classification":
        return OutputReader("labels", "logits", len(names), names)
    if len(names) == 1:
        # Without a problem type, transformers trains a single output as a regression.
        return OutputReader("number", "logits", 1, names)
    kind: OutputKind = "numbers" if problem == "regression" else "class"
    return OutputReader(kind, "logits", len(names), names)


def next_token_reader(tokenizer: PreTrainedTokenizerBase) -> OutputReader:
    """The reader for a causal language model."""
    return OutputReader("next_token", "logits", 0, tokenizer=tokenizer)


def completion_reader(reader: OutputReader) -> OutputReader:
    """The reader of completions, for the model of a `reader` of next tokens."""
    return replace(reader, kind="completion")


def keep_last_logits(module: nn.Module) -> bool:
    """Make a causal language model compute logits of the last token of each text only, because all
    logits take more memory than everything else. False if its forward has no such option."""
    if "logits_to_keep" not in accepted_arguments(module):
        return False

    def narrow(module: nn.Module, args: Any, kwargs: dict[str, Any]) -> Any:
        if "logits_to_keep" in kwargs:  # asked for by the reader of completions
            return None
        mask = kwargs.get("attention_mask", torch.ones_like(kwargs["input_ids"]))
        return args, {**kwargs, "logits_to_keep": _distinct(_last_tokens(mask))}

    module.register_forward_pre_hook(narrow, with_kwargs=True)
    return True


def find_output(
    trials: Sequence[Trial],
    hidden_size: int,
    *,
    prediction_index: int | None = None,
    pooling: Pooling | None = None,
    default_pooling: Pooling = "mean",
) -> OutputReader:
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
        return _numbers(picked[0], by_text[picked[0]])
    if pooling is None:
        if "logits" in by_text:
            return _numbers("logits", by_text["logits"])
        for key, width in by_text.items():
            if width == hidden_size and key != "pooler_output":
                return OutputReader("embedding", key, width)
            if width != hidden_size:
                return _numbers(key, width)
    for key in keys:
        size = figures_by_token(trials, key)
        if size is not None:
            return OutputReader("embedding", key, size, pooling=pooling or default_pooling)
    # The pooler of a bare encoder may be untrained, so it is only used if there is nothing else.
    if pooling is None and "pooler_output" in by_text:
        return OutputReader("embedding", "pooler_output", by_text["pooler_output"])
    wanted = "[texts, tokens, n] to pool" if pooling else "[texts] or [texts, n]"
    raise ModelError(
        f"no prediction found: forward returned {describe_returned(trials[0])}, "
        f"but no float tensor of shape {wanted}"
    )


def with_class_names(reader: OutputReader, names: Sequence[str]) -> OutputReader:
    """`reader` for a model whose outputs are classes called `names`.

    Raises:
        ModelError: the model has another number of outputs per text.
    """
    if reader.kind not in ("numbers", "class") or reader.width != len(names):
        figures = {
            "embedding": "an embedding",
            "next_token": "the next token",
            "labels": "labels, of which several may hold",
        }
        found = figures.get(reader.kind, f"{reader.width} for each text")
        raise ModelError(
            f"--class-names {','.join(names)}: {len(names)} names, but the model's output is "
            f"{found}; give a name to each of its classes"
        )
    return replace(reader, kind="class", labels=tuple(names))


def output_info(reader: OutputReader, name: str | None) -> OutputInfo:
    """The description of the output for the report; `name` replaces the model's own name for it."""
    labels = reader.labels
    if reader.kind == "number":
        # A regression that names its one output, such as id2label {0: "stars"}.
        own = next((label for label in labels if not label.startswith("LABEL_")), None)
        return OutputInfo("number", name or own or _NAMES["number"])
    return OutputInfo(reader.kind, name or _NAMES[reader.kind], labels, reader.pooling)


def _numbers(entry: Entry, width: int) -> OutputReader:
    """The reader for one or more numbers without names."""
    if width == 1:
        return OutputReader("number", entry, 1)
    return OutputReader("numbers", entry, width, tuple(str(i + 1) for i in range(width)))


def _last_tokens(mask: Tensor) -> Tensor:
    """Position of each text's last real token, `[text]`."""
    return mask.sum(dim=1) - 1


def _distinct(positions: Tensor) -> Tensor:
    distinct: Tensor = torch.unique(positions)
    return distinct


def _pool(hidden: Tensor, mask: Tensor, pooling: Pooling) -> Tensor:
    """Pool `hidden` `[text, token, width]` over all but padding tokens to `[text, width]`."""
    hidden = hidden.float()
    if pooling == "mean":
        real = mask[..., None] > 0
        # Not multiplied by the mask, because the values on padding may be NaN.
        return hidden.where(real, 0.0).sum(dim=1) / real.sum(dim=1)
    rows = torch.arange(len(hidden), device=hidden.device)
    return hidden[rows, _last_tokens(mask) if pooling == "last" else torch.zeros_like(rows)]


def spell(tokenizer: PreTrainedTokenizerBase, token_id: int) -> str:
    """The text of one token; if it has none, the token as the tokenizer writes it."""
    text = tokenizer.decode([token_id], clean_up_tokenization_spaces=False)
    if isinstance(text, str) and text.strip() and "\ufffd" not in text:
        return text
    return str(tokenizer.convert_ids_to_tokens(token_id))
