"""Pairs of texts for sentence encoders, which read each text by itself."""

from dataclasses import replace

import torch
from transformers import PreTrainedTokenizerBase

from reportgen.errors import ModelError
from reportgen.models.device import tolerances
from reportgen.models.loaded import LoadedModel
from reportgen.models.readers.embedding import SimilarityReader
from reportgen.models.tasks.sentence_encoder import SentenceEncoder
from reportgen.models.tokens.encoded import EncodedText, TokenSpan, display_units, encode
from reportgen.texts import TextSet

# Two texts that are compared alone and as a pair; longer than the windows of most models.
_SAMPLES = ("one two three four five " * 40, "six seven")
# In a name of a class of natural language inference: that the first text implies the second.
_FOLLOWS = "entail"


def ready_for_pairs(model: LoadedModel, texts: TextSet) -> LoadedModel:
    """`model`, prepared to read the similarity of two texts if it is a sentence encoder and the
    texts are pairs; with a remark if its classes are about pairs and the texts are none.

    Raises:
        ModelError: the two texts of a pair would not be read as they are alone.
    """
    if model.sentence is None:
        return _asking_for_pairs(model, texts)
    if all(text.pair is None for text in texts.texts):
        return model
    module = model.module
    if not isinstance(module, SentenceEncoder):
        module = SentenceEncoder(model.encoder, model.sentence).eval()
    reader = SimilarityReader(model.sentence.similarity)
    output = reader.info(model.output_name)
    model = replace(model, module=module, encoder_name="transformer", reader=reader, output=output)
    _require_apart(model, module)
    return model


def _asking_for_pairs(model: LoadedModel, texts: TextSet) -> LoadedModel:
    """`model`, with a remark where its classes are about two texts and no second one is given."""
    is_about_pairs = any(_FOLLOWS in label.lower() for label in model.output.labels)
    if not is_about_pairs or any(text.pair is not None for text in texts.texts):
        return model
    named = ", ".join(model.output.labels)
    remark = (
        f"the model's classes ({named}) are about two texts, but the texts have no second one: "
        "give a column pair, or name its column with --pair-column"
    )
    return replace(model, remarks=(*model.remarks, remark))


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
            None if is_prompt else own
            for own, is_prompt in zip(whole.segments, in_front, strict=True)
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
        encode_prompted(tokenizer, prompt, own, max_tokens)
        for prompt, own in zip(prompts, texts, strict=True)
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
        segments=one.segments + tuple(own if own is None else 1 for own in other.segments),
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


def _require_apart(model: LoadedModel, module: SentenceEncoder) -> None:
    """Check that the vectors of two texts are the same in a pair as alone.

    Raises:
        ModelError: they are not.
    """
    most = model.info.max_tokens
    alone = [_vectors(model, encode(model.tokenizer, own, None, most))[0] for own in _SAMPLES]
    whole = torch.stack(alone)
    pair = encode_apart(model.tokenizer, _SAMPLES, most)
    gaps = []
    for is_causal in (False, True) if module.can_tell_parts_apart() else ():
        module.is_causal = is_causal
        gap = float((_vectors(model, pair) - whole).abs().max() / whole.abs().max())
        if gap <= tolerances(model.info.dtype).together:
            return
        gaps.append(gap)
    found = f" (their vectors differ by {min(gaps):.2g})" if gaps else ""
    raise ModelError(
        f"{model.info.encoder} cannot read the two texts of a pair apart in one run{found}; "
        "leave the pairs out (--pair-column '') for a report on embeddings"
    )


def _vectors(model: LoadedModel, text: EncodedText) -> torch.Tensor:
    """The vectors of one text, `[part, figure]`."""
    with torch.no_grad():
        found: torch.Tensor = model.module(**model.inputs([text]))[0].float()
    return found
