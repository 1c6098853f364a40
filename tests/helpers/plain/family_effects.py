"""What changes without each token, by a plain loop over tokens and runs of the library's class."""

from collections.abc import Sequence

import torch
from torch import nn

from helpers.plain.family_plain import given
from reportgen.analysis.evidence import Explainer
from reportgen.models import EncodedText, ExplainedText, LoadedModel, content_units
from reportgen.results import Results


def deletion_gap(
    loaded: LoadedModel, module: nn.Module, results: Results, texts: Sequence[EncodedText]
) -> float:
    """The largest difference of the effects in `results` from those of a plain loop over tokens, as
    a part of the largest effect."""
    explainer = Explainer(loaded, "one by one", 1024)
    gap, largest = 0.0, 1e-12
    for row, item in enumerate(explainer.explain(texts)):
        assert isinstance(item, ExplainedText), item
        effects = results.effects[results.effects["text"] == row].set_index("position")["deletion"]
        places = range(len(item.text.ids))
        whole = _scalar(loaded, module, item, places)
        for unit in content_units(item.text):
            rest = [position for position in places if position not in unit]
            if rest:
                own = whole - _scalar(loaded, module, item, rest)
                largest = max(largest, abs(own))
                gap = max(gap, *(abs(own - effects[position]) for position in unit))
    return gap / largest


def _scalar(
    loaded: LoadedModel, module: nn.Module, item: ExplainedText, kept: Sequence[int]
) -> float:
    """The scalar that is explained of a text, run alone with the `kept` positions."""
    if loaded.output.kind == "choice":
        return _lead(module, item.text, kept)
    if item.text.target is not None:
        return _written(module, item.text, kept)
    with torch.no_grad():
        made = module(**given(module, item.text, kept))
    kind = loaded.output.kind
    if kind in ("tags", "masks"):
        logits = made["logits" if kind == "tags" else loaded.reader.entry][0].double()
        rows = logits.log_softmax(-1)
        pairs = zip(item.text.steps, item.scores, strict=True)
        return sum(
            float(rows[list(kept).index(step.position), step.target])
            if step.position in kept
            else score
            for step, score in pairs
        )
    if kind == "answer":
        context = [i for i, own in enumerate(kept) if item.text.segments[own] == 1]
        ends = zip((made.start_logits, made.end_logits), item.text.steps, strict=True)
        return sum(
            float(logits[0, context].double().log_softmax(0)[context.index(list(kept).index(at))])
            for logits, at in ((logits, step.position) for logits, step in ends)
        )
    if kind == "number":
        return float(made.logits.flatten()[0])
    if kind == "next_token":
        return float(made.logits[0, -1].double().log_softmax(-1)[item.index])
    assert kind == "embedding", kind
    own = made[loaded.reader.entry][0].double()
    own = own.mean(0) if loaded.output.pooling else own
    assert item.anchor is not None
    return float(torch.cosine_similarity(own, item.anchor.double(), 0))


def _written(module: nn.Module, text: EncodedText, kept: Sequence[int]) -> float:
    """The log-probability of the target of a text."""
    assert text.target is not None
    read = torch.tensor([text.target.read])
    with torch.no_grad():
        made = module(**given(module, text, kept), decoder_input_ids=read)
    rows = made.logits[0, text.target.n_given - 1 :].double().log_softmax(-1)
    return sum(float(row[own]) for row, own in zip(rows, text.target.written, strict=True))


def _lead(module: nn.Module, text: EncodedText, kept: Sequence[int]) -> float:
    """The logit of the picked choice minus that of the strongest other, with what is left out of
    the text left out beside every choice."""
    own = [i for i, segment in enumerate(text.segments) if segment == 0]
    gone = {number for number, place in enumerate(own) if place not in kept}
    logits = [_logit(module, text, kept)]
    for other in text.others:
        first = [i for i, segment in enumerate(other.segments) if segment == 0]
        left_out = {place for number, place in enumerate(first) if number in gone}
        rest = [i for i in range(len(other.ids)) if i not in left_out]
        logits.append(_logit(module, other, rest))
    return logits[0] - max(logits[1:])


def _logit(module: nn.Module, text: EncodedText, kept: Sequence[int]) -> float:
    inputs = {name: own[:, None] for name, own in given(module, text, kept).items()}
    with torch.no_grad():
        return float(module(**inputs).logits)
