"""Tokenises the texts of a run as their model reads them."""

from reportgen.errors import ModelError
from reportgen.models.loaded import LoadedModel
from reportgen.models.readers.language_models.target import TargetReader
from reportgen.models.tokens.completions import encode_completed
from reportgen.models.tokens.encoded import EncodedText, encode
from reportgen.models.tokens.multiple_choice import encode_choices
from reportgen.models.tokens.separate_pairs import encode_apart, encode_prompted
from reportgen.models.tokens.targets import encode_with_target
from reportgen.texts import TextInput


def encode_source(model: LoadedModel, source: TextInput) -> EncodedText:
    """Tokenise one text as the reader of `model` needs it: with its pair, its completion, each of
    its choices, or each text of a pair by itself.

    Raises:
        ModelError: it lacks what the reader needs, or cannot be tokenised.
    """
    kind = model.reader.kind
    if source.is_blank and (model.reads_apart or kind == "choice"):  # it is not analysed
        return encode(model.tokenizer, source.text, None, model.info.max_tokens)
    if model.reads_apart:
        if source.pair is None:
            raise ModelError("it has no pair; a sentence encoder compares it with one")
        texts = (source.text, source.pair)
        return encode_apart(model.tokenizer, texts, model.info.max_tokens, model.prompts)
    if model.prompts[0]:
        return encode_prompted(
            model.tokenizer, model.prompts[0], source.text, model.info.max_tokens
        )
    if kind == "choice":
        seconds = [source.lead + choice if choice.strip() else "" for choice in source.choices]
        return encode_choices(
            model.tokenizer, source.text, seconds, source.chosen or 0, model.info.max_tokens
        )
    if kind in ("next_token", "completion") and source.pair is not None:
        raise ModelError(
            "it has a pair, and a model that writes takes none; put both into the text, or leave "
            "the pairs out (--pair-column '')"
        )
    if kind != "completion":
        return encode(model.tokenizer, source.text, source.pair, model.info.max_tokens)
    if not source.completion:
        if source.is_blank:  # nothing is written after it either
            return encode(model.tokenizer, source.text, None, model.info.max_tokens)
        raise ModelError(
            source.incomplete
            or "it has no completion; give one in a column completion (--completion-column), or "
            "let the model write it (--generate N)"
        )
    if isinstance(model.reader, TargetReader):
        return encode_with_target(
            model.tokenizer,
            model.reader.writer,
            source.text,
            source.completion,
            model.info.max_tokens,
            source.completion_ids,
        )
    return encode_completed(
        model.tokenizer,
        source.text,
        source.completion,
        model.info.max_tokens,
        source.completion_ids,
    )
