"""What a model adds to texts before they are measured: the completions that it writes, and which of
their choices it picks."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Self

import torch
from torch import nn

from reportgen.analysis.attention.batches import plan_batches
from reportgen.analysis.work.plan import chunks
from reportgen.errors import ModelError, ReportgenError, UsageError
from reportgen.models import (
    EncodedText,
    LoadedModel,
    TargetReader,
    describe,
    encode,
    encode_source,
    keep,
    language_options,
    lead_of,
    start_token,
    with_completions,
    with_targets,
)
from reportgen.texts import TextInput, TextSet

# At less, the likeliest token has all probability, and logits divided by it overflow.
_LEAST_DRAWN = 1e-6
# Texts that are written together: each step reads all weights once for all of them.
_TOGETHER = 16


@dataclass(frozen=True, slots=True)
class Choice:
    """How a model writes."""

    n_tokens: int  # the most
    temperature: float  # 0: always the likeliest token
    seed: int  # of what is drawn at other temperatures

    @property
    def is_drawn(self) -> bool:
        """Whether tokens are drawn."""
        return self.temperature >= _LEAST_DRAWN


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
    if model.reader.kind == "next_token":
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


def require_generate(model: LoadedModel) -> None:
    """Check that the model has a method to write with.

    Raises:
        UsageError: it has none.
    """
    if not hasattr(model.module, "generate"):
        raise UsageError(
            f"--generate: {type(model.module).__name__} has no method generate; give completions "
            "in a column of the texts"
        )


def with_generated(
    texts: Sequence[TextInput],
    model: LoadedModel,
    choice: Choice,
    first: int = 0,
    *,
    together: bool = False,
) -> tuple[list[TextInput], str | None]:
    """`texts`, which begin at row `first`, with completions written by the model for those that
    have none.

    What is drawn for a text does not depend on the others. A text that nothing can be written for
    keeps none; the first error message comes second.

    Args:
        together: whether texts of as many tokens may run in one batch. Where tokens are drawn, each
            text is run by itself, with a seed of its own.
    """
    found = list(texts)
    first_error: str | None = None
    asked = {i: text for i, text in enumerate(texts) if not (text.completion or text.is_blank)}
    known = _in_batches(asked, model, choice) if together and not choice.is_drawn else {}
    for i, text in asked.items():
        try:
            prompt = _Prompt.of(text, model)
            ids = known[i] if i in known else _generated(model, [prompt], choice, first + i)[0]
            found[i] = _completed(text, model, prompt, ids)
        except Exception as error:  # user code, or a model that fails on this text alone
            said = str(error) if isinstance(error, ReportgenError) else describe(error)
            first_error = first_error or f"text {text.id} ({text.source}): {said}"
            found[i] = replace(text, incomplete=f"nothing was generated: {said}")
    return found, first_error


def with_stand_in(text: TextInput, n_tokens: int) -> TextInput:
    """`text` with some of its own words in place of a completion that is not written yet, to
    estimate the length of both."""
    if text.completion or text.is_blank:
        return text
    return replace(text, completion=text.text[:n_tokens].strip() or text.text)


@dataclass(frozen=True, slots=True)
class _Prompt:
    """What a model is given to write on from, or to write a target for."""

    ids: tuple[int, ...]
    room: int  # tokens that the model can still take

    @classmethod
    def of(cls, text: TextInput, model: LoadedModel) -> Self:
        """The prompt that `text` is.

        Raises:
            ModelError: it leaves no room.
        """
        prompt = encode(model.tokenizer, text.text, None, model.info.max_tokens)
        if isinstance(model.reader, TargetReader):
            room = model.reader.writer.max_tokens
        else:
            prompt = _without_end(prompt)
            room = model.info.max_tokens - len(prompt.ids)
        if room < 1:
            raise ModelError(f"it has as many tokens as the model takes, {model.info.max_tokens:,}")
        return cls(tuple(prompt.ids), room)


def _in_batches(
    texts: Mapping[int, TextInput], model: LoadedModel, choice: Choice
) -> dict[int, list[int]]:
    """What the model writes for texts, several of equal length at a time. Texts of a batch that
    fails have no entry: they are run one by one, so that each gets its own error."""
    prompts: dict[int, _Prompt] = {}
    for i, text in texts.items():
        with suppress(Exception):  # told when the text is run by itself
            prompts[i] = _Prompt.of(text, model)
    found: dict[int, list[int]] = {}
    by_length = sorted(prompts, key=lambda i: len(prompts[i].ids))
    for _, alike in groupby(by_length, key=lambda i: len(prompts[i].ids)):
        rows = list(alike)
        for start in range(0, len(rows), _TOGETHER):
            batch = rows[start : start + _TOGETHER]
            if len(batch) > 1:
                with suppress(Exception):
                    written = _generated(model, [prompts[i] for i in batch], choice, 0)
                    found.update(zip(batch, written, strict=True))
    return found


def _completed(
    text: TextInput, model: LoadedModel, prompt: _Prompt, ids: Sequence[int]
) -> TextInput:
    """`text` with what the model wrote after it, or for it: `ids`, which begin with the prompt or
    with the token that every target starts with."""
    is_target = isinstance(model.reader, TargetReader)
    first = 1 + lead_of(model.tokenizer, ids[1:]) if is_target else len(prompt.ids)
    ends = _ends(model)
    end = next((i for i in range(first, len(ids)) if ids[i] in ends), len(ids))
    content = ids[first:end]
    if not content:
        raise ModelError("the first token that the model generates ends the text")
    # What ends a target is one of its tokens; what ends a text is none of its completion.
    own = ids[: end + 1] if is_target else content
    written = model.tokenizer.decode(list(content), clean_up_tokenization_spaces=False)
    return replace(text, completion=str(written), completion_ids=tuple(own))


def _without_end(text: EncodedText) -> EncodedText:
    """`text` without the special tokens at its end, after which a model would not continue."""
    last = max((i for i, role in enumerate(text.roles) if role is None), default=-1)
    return keep(text, range(last + 1))


def _generated(
    model: LoadedModel, prompts: Sequence[_Prompt], choice: Choice, number: int
) -> list[list[int]]:
    """What the model writes for prompts of one length: each with the tokens after it, or a target
    for it. `number` tells apart what is drawn for each text."""
    module: nn.Module = model.module
    given = torch.tensor([prompt.ids for prompt in prompts], device=model.device)
    language: Mapping[str, int] = {}
    if isinstance(model.reader, TargetReader):
        language = language_options(model.tokenizer, model.reader.writer.module)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(choice.seed + number)
        whole = module.generate(  # type: ignore[operator]
            input_ids=given,
            attention_mask=torch.ones_like(given),
            max_new_tokens=min(choice.n_tokens, prompts[0].room),
            do_sample=choice.is_drawn,
            temperature=choice.temperature if choice.is_drawn else None,
            top_k=0 if choice.is_drawn else None,
            top_p=1.0 if choice.is_drawn else None,
            num_beams=1,
            use_cache=True,
            pad_token_id=model.pad_token_id,
            **language,
        )
    found: list[list[int]] = whole.tolist()
    return found


def _ends(model: LoadedModel) -> set[int | None]:
    """The tokens that end what the model writes."""
    config = getattr(model.module, "generation_config", None)
    ends = getattr(config, "eos_token_id", None)
    found = {ends} if isinstance(ends, int) else set(ends or ())
    return {*found, model.tokenizer.eos_token_id}


_TOKENS = 1024  # of a batch, with all choices
_WINDOW = 128  # texts that are tokenised together


def with_chosen(texts: Sequence[TextInput], model: LoadedModel) -> list[TextInput]:
    """`texts`, each with the choice that `model` picks as its second segment, behind the pair that
    it had. A text that fails keeps none; it fails again where errors are recorded."""
    found: list[TextInput] = []
    for window in chunks(texts, _WINDOW):
        led = [replace(own, lead=f"{own.pair} " if own.pair else "") for own in window]
        chosen = _chosen(model, [_encoded(model, own) for own in led])
        found += map(_with_second, led, chosen)
    return found


def _with_second(source: TextInput, chosen: int | None) -> TextInput:
    if chosen is None:
        return source
    return replace(source, pair=source.lead + source.choices[chosen], chosen=chosen)


def _encoded(model: LoadedModel, source: TextInput) -> EncodedText | None:
    try:
        text = encode_source(model, source)
    except Exception:  # a tokenizer may be user code
        return None
    return text if text.others else None


def _chosen(model: LoadedModel, texts: Sequence[EncodedText | None]) -> list[int | None]:
    """The index of the choice with the largest logit, for each of `texts`."""
    rows = [i for i, text in enumerate(texts) if text is not None]
    known = [text for text in texts if text is not None]
    found: list[int | None] = [None] * len(texts)
    n_sequences = max((text.n_sequences for text in known), default=1)
    lengths = [len(text.ids) for text in known]
    for batch in plan_batches(lengths, max(1, _TOKENS // n_sequences)):
        try:
            chosen = _run(model, [known[i] for i in batch])
        except (Exception, SystemExit):  # one of them may be the cause; user code may call exit()
            chosen = [_run_alone(model, known[i]) for i in batch]
        for i, place in zip(batch, chosen, strict=True):
            found[rows[i]] = place
    return found


def _run(model: LoadedModel, texts: Sequence[EncodedText]) -> list[int | None]:
    inputs = model.inputs(texts)
    with torch.no_grad():
        values = model.reader.values(model.module(**inputs), inputs, texts)
    return list(values.argmax(dim=1).tolist())


def _run_alone(model: LoadedModel, text: EncodedText) -> int | None:
    try:
        return _run(model, [text])[0]
    except (Exception, SystemExit):
        return None
