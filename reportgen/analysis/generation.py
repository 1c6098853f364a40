"""The completions that a model writes for texts before they are measured."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby

import torch
from torch import nn

from reportgen.errors import ModelError, ReportgenError, UsageError
from reportgen.models import (
    CompletionReader,
    LoadedModel,
    Prompt,
    describe,
)
from reportgen.texts import TextInput

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
    completed = list(texts)
    first_error: str | None = None
    asked = {i: text for i, text in enumerate(texts) if not (text.completion or text.is_blank)}
    known = _in_batches(asked, model, choice) if together and not choice.is_drawn else {}
    for i, text in asked.items():
        try:
            prompt = _prompt(text, model)
            ids = known[i] if i in known else _generated(model, [prompt], choice, first + i)[0]
            completed[i] = _completed(text, model, prompt, ids)
        except Exception as error:  # user code, or a model that fails on this text alone
            reason = str(error) if isinstance(error, ReportgenError) else describe(error)
            first_error = first_error or f"text {text.id} ({text.source}): {reason}"
            completed[i] = replace(text, incomplete=f"nothing was generated: {reason}")
    return completed, first_error


def with_stand_in(text: TextInput, n_tokens: int) -> TextInput:
    """`text` with some of its own words in place of a completion that is not written yet, to
    estimate the length of both."""
    if text.completion or text.is_blank:
        return text
    return replace(text, completion=text.text[:n_tokens].strip() or text.text)


def _prompt(text: TextInput, model: LoadedModel) -> Prompt:
    """What the model is given for a text.

    Raises:
        ModelError: it leaves no room.
    """
    prompt = _reader(model).prompt(model, text.text)
    if prompt.room < 1:
        raise ModelError(f"it has as many tokens as the model takes, {model.info.max_tokens:,}")
    return prompt


def _reader(model: LoadedModel) -> CompletionReader:
    assert isinstance(model.reader, CompletionReader)  # any other was refused
    return model.reader


def _in_batches(
    texts: Mapping[int, TextInput], model: LoadedModel, choice: Choice
) -> dict[int, list[int]]:
    """What the model writes for texts, several of equal length at a time. Texts of a batch that
    fails have no entry: they are run one by one, so that each gets its own error."""
    prompts: dict[int, Prompt] = {}
    for i, text in texts.items():
        with suppress(Exception):  # told when the text is run by itself
            prompts[i] = _prompt(text, model)
    ids_by_text: dict[int, list[int]] = {}
    by_length = sorted(prompts, key=lambda i: len(prompts[i].ids))
    for _, alike in groupby(by_length, key=lambda i: len(prompts[i].ids)):
        rows = list(alike)
        for start in range(0, len(rows), _TOGETHER):
            batch = rows[start : start + _TOGETHER]
            if len(batch) > 1:
                with suppress(Exception):
                    written = _generated(model, [prompts[i] for i in batch], choice, 0)
                    ids_by_text.update(zip(batch, written, strict=True))
    return ids_by_text


def _completed(
    text: TextInput, model: LoadedModel, prompt: Prompt, ids: Sequence[int]
) -> TextInput:
    """`text` with what the model wrote after it, or for it: `ids`, which begin with the prompt or
    with the token that every target starts with."""
    written = _reader(model).written(prompt, ids, _ends(model))
    if not written.content:
        raise ModelError("the first token that the model generates ends the text")
    content = list(written.content)
    completion = model.tokenizer.decode(content, clean_up_tokenization_spaces=False)
    return replace(text, completion=str(completion), completion_ids=written.ids)


def _generated(
    model: LoadedModel, prompts: Sequence[Prompt], choice: Choice, number: int
) -> list[list[int]]:
    """What the model writes for prompts of one length: each with the tokens after it, or a target
    for it. `number` tells apart what is drawn for each text."""
    module: nn.Module = model.module
    given = torch.tensor([prompt.ids for prompt in prompts], device=model.device)
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
            **_reader(model).generation_options(),
        )
    ids: list[list[int]] = whole.tolist()
    return ids


def _ends(model: LoadedModel) -> set[int | None]:
    """The tokens that end what the model writes."""
    config = getattr(model.module, "generation_config", None)
    ends = getattr(config, "eos_token_id", None)
    ids = {ends} if isinstance(ends, int) else set(ends or ())
    return {*ids, model.tokenizer.eos_token_id}
