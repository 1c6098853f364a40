"""What is measured of one tiny model, held against the library's own maps and plain loops."""

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.evidence.target import Explained, Explainer
from reportgen.analysis.first_pass import encode_all
from reportgen.analysis.pipeline import AnalysisOptions, analyze
from reportgen.models.loaded import LoadedModel
from reportgen.models.loading.load import load_model
from reportgen.models.masked import ready_for_masks
from reportgen.models.spec import ModelSpec
from reportgen.models.tokens.changed_texts import content_units
from reportgen.models.tokens.encoded import EncodedText
from reportgen.results.info import EvidenceLevel
from reportgen.results.store import Results
from reportgen.texts.read import TextInput, TextSet
from reportgen.texts.words import word_splitter

TEXTS = (
    "the cat sat on the mat and the dog sat on the log",
    "a very good film",
)
QUESTION = "who sat ?"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a report of one model has, and how far it is from plain computations."""

    n_layers: int
    n_heads: int
    kind: str  # of the output
    maps: float  # largest difference from the library's own `output_attentions`
    even: float  # largest difference of equal shares from a plain count over the masks
    deletion: float  # largest difference from a plain loop, as a part of the largest effect
    missing: Mapping[str, str]  # what is withheld, and why
    has_sink_tests: bool
    failed: Sequence[str]  # messages of texts that could not be analysed
    remarks: Sequence[str]
    masks: str  # how the plain count knows the masks


def measure(folder: Path, scratch: Path, level: EvidenceLevel = "full") -> Measured:
    """Analyse two texts with the model in `folder`, with this level of evidence, and check the
    figures.

    Raises:
        ReportgenError: the model is refused.
    """
    loaded = load_model(ModelSpec(model=str(folder)))
    inputs = _inputs(loaded)
    options = AnalysisOptions(evidence=level, evidence_texts="all")
    scratch.mkdir()
    results = analyze(inputs, loaded, scratch, options)
    loaded = ready_for_masks(loaded, inputs)
    texts = encode_all(loaded, inputs.texts, word_splitter(), joins=False)[0]
    maps, even, known = 0.0, 0.0, set()
    plain = _fresh(folder, loaded)
    for row, text in enumerate(texts):
        theirs = plain.maps(given(plain.module, text))
        ours = _captured(loaded, text)
        assert len(ours) == len(theirs), (len(ours), len(theirs))
        maps = max(maps, *(_gap(a, b) for a, b in zip(ours, theirs, strict=True)))
        tokens = results.tokens[results.tokens["text"] == row]
        received = np.stack(tokens["received_layers"].tolist(), axis=1)  # [layer, key]
        means = np.stack([layer[0].mean((0, 1)).numpy() for layer in theirs])
        maps = max(maps, float(np.abs(received - means).max()))
        seen, how = plain.visible(theirs, is_causal=results.info.model.is_causal)
        known.add(how)
        counted = np.stack([_even(layer, learned=_has_sinks(theirs)) for layer in seen])
        expected = np.stack(tokens["expected_layers"].tolist(), axis=1)
        even = max(even, float(np.abs(expected - counted).max()))
    evidence = results.info.evidence
    return Measured(
        n_layers=results.info.model.n_layers,
        n_heads=results.info.model.n_heads,
        kind=results.info.output.kind,
        maps=maps,
        even=even,
        deletion=_deletion(loaded, plain.module, results, texts),
        missing=dict(evidence.withheld) if evidence else {},
        has_sink_tests=not results.sinks.empty,
        failed=[str(m) for m in results.texts["message"] if m]
        + [str(m) for m in results.evidence["message"] if m],
        remarks=results.info.remarks,
        masks=", ".join(sorted(known)),
    )


def _inputs(loaded: LoadedModel) -> TextSet:
    """Two texts: with a mask for a masked language model, with a question for one that answers."""
    found = []
    for number, text in enumerate(TEXTS):
        if loaded.filler is not None:
            text = text.replace(text.split()[1], str(loaded.tokenizer.mask_token), 1)
        source = TextInput(str(number), text)
        if loaded.output.kind == "answer":
            source = TextInput(str(number), QUESTION, pair=text)
        found.append(source)
    return TextSet(tuple(found), ())


@dataclass(frozen=True, slots=True)
class Plain:
    """The same model loaded once more, without anything of the product's."""

    module: nn.Module
    encoder: PreTrainedModel
    masks: list[tuple[Tensor, Tensor | None]]  # of the last run: maps and their mask

    def maps(self, inputs: Mapping[str, Tensor]) -> list[Tensor]:
        """The library's own attention maps of one text, `[1, head, query, key]` each."""
        size = inputs["input_ids"].shape[1]
        with torch.no_grad():
            self.encoder(**inputs)  # BigBird replaces its modules at its first short text
            self.masks.clear()
            found = self.encoder(**inputs, output_attentions=True)
        return [layer for layer in found.attentions if _is_map(layer, size)]

    def visible(
        self, layers: Sequence[Tensor], *, is_causal: bool
    ) -> tuple[list[NDArray[np.bool_]], str]:
        """`[query, key]` for each layer: the keys that its own mask lets a query see; and whether
        every layer has a mask, or some only a direction."""
        seen, how = [], "mask"
        for layer in layers:
            rule = np.ones(layer.shape[-2:], bool)
            rule = np.tril(rule) if is_causal else rule
            mask = next((m for own, m in self.masks if torch.equal(own, layer)), None)
            if mask is None:
                how = "direction"
            else:
                rule &= _allowed(mask, layer)
            seen.append(rule)
        return seen, how


def _fresh(folder: Path, loaded: LoadedModel) -> Plain:
    """The model of `folder` as the library loads it."""
    kind = getattr(
        transformers, json.loads((folder / "config.json").read_text())["architectures"][0]
    )
    whole: Any = kind.from_pretrained(folder, attn_implementation="eager").float().eval()
    # Of a head that is not reported, the part that is.
    names = {type(inner): name for name, inner in reversed([*whole.named_modules()])}
    module = whole.get_submodule(names[type(loaded.module)])
    encoder = module.get_submodule(loaded.encoder_name)
    encoder.config.use_cache = False
    module.config.get_text_config().pad_token_id = loaded.pad_token_id
    plain = Plain(module, encoder, [])
    for inner in encoder.modules():
        inner.register_forward_hook(_records(plain.masks), with_kwargs=True)
    return plain


def given(
    module: nn.Module, text: EncodedText, positions: Sequence[int] | None = None
) -> dict[str, Tensor]:
    """The inputs for all or some `positions` of `text`."""
    accepted = inspect.signature(module.forward).parameters
    kept = range(len(text.ids)) if positions is None else positions
    inputs = {
        "input_ids": torch.tensor([[text.ids[i] for i in kept]]),
        "attention_mask": torch.ones(1, len(kept)).long(),
    }
    if text.type_ids is not None:
        inputs["token_type_ids"] = torch.tensor([[text.type_ids[i] for i in kept]])
    return {name: value for name, value in inputs.items() if name in accepted}


def _records(masks: list[tuple[Tensor, Tensor | None]]) -> Any:
    """A hook that keeps the maps a module makes, and the mask it was given or has (GPT-Neo)."""

    def hook(module: nn.Module, args: Any, kwargs: dict[str, Any], output: Any) -> None:
        made = [t for t in output if _is_map(t)] if isinstance(output, tuple) else []
        if not made or any(own is made[-1] for own, _ in masks):
            return
        size = made[-1].shape[-1]
        own = getattr(module, "bias", None)
        if _is_map(own):
            own = own[..., :size, :size]
        given = [own, *args, *kwargs.values()]
        masks.append((made[-1], next((t for t in given if _is_map(t, size)), None)))

    return hook


def _is_map(value: Any, size: int | None = None) -> bool:
    """Whether a value is `[text, head, query, key]`, of `size` tokens."""
    if not isinstance(value, Tensor) or value.ndim != 4:
        return False
    return value.shape[2] == value.shape[3] and size in (None, value.shape[3])


def _allowed(mask: Tensor, layer: Tensor) -> NDArray[np.bool_]:
    """`[query, key]`, where a mask lets a query see: one of numbers that are added, or of booleans,
    which say so or the opposite (MPT)."""
    seen = mask[0] if mask.dtype == torch.bool else mask[0] > -1e4
    if bool((layer[0] > 0)[~seen.expand_as(layer[0])].any()):
        seen = ~seen
    found: NDArray[np.bool_] = seen.any(0).numpy()
    return found


def _has_sinks(layers: Sequence[Tensor]) -> bool:
    return any(float((layer.sum(-1) - 1).min()) < -1e-3 for layer in layers)


def _even(seen: NDArray[np.bool_], *, learned: bool) -> NDArray[np.float64]:
    """What each key would get if every query gave all it sees the same."""
    size = len(seen)
    total = np.zeros(size)
    for query in range(size):
        n = int(seen[query].sum()) + learned
        for key in range(size):
            if seen[query, key]:
                total[key] += 1 / n / size
    return total


def _captured(loaded: LoadedModel, text: EncodedText) -> list[Tensor]:
    layers: list[Tensor] = []
    capture = Capture(loaded.module, loaded.encoder)
    capture.run(given(loaded.module, text), lambda layer, maps: layers.append(maps.clone()))
    return layers


def _gap(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max())


def _deletion(
    loaded: LoadedModel, module: nn.Module, results: Results, texts: Sequence[EncodedText]
) -> float:
    """The largest difference of the effects in `results` from those of a plain loop over tokens, as
    a part of the largest effect."""
    explainer = Explainer(loaded, "one by one", 1024)
    gap, largest = 0.0, 1e-12
    for row, item in enumerate(explainer.explain(texts)):
        assert isinstance(item, Explained), item
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


def _scalar(loaded: LoadedModel, module: nn.Module, item: Explained, kept: Sequence[int]) -> float:
    """The scalar that is explained of a text, run alone with the `kept` positions."""
    with torch.no_grad():
        made = module(**given(module, item.text, kept))
    kind = loaded.output.kind
    if kind in ("tags", "masks"):
        logits = made["logits" if kind == "tags" else loaded.reader.logits][0].double()
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
