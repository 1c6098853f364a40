"""Lets a model pick one of the choices of each text, before anything is measured on that choice."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from reportgen.analysis.attention.batches import plan_batches
from reportgen.analysis.work.plan import chunks
from reportgen.models.loaded import LoadedModel
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.tokens.sources import encode_source
from reportgen.texts.read import TextInput

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
