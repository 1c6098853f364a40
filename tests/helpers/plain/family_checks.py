"""What is measured of one tiny model, held against the library's own maps and plain loops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from torch import Tensor

from helpers.plain.family_effects import deletion_gap
from helpers.plain.family_plain import Plain, counted_even, fresh, given, has_sinks
from reportgen.analysis import AnalysisOptions, analyze, find_decoder, sample_text
from reportgen.analysis.attention import Capture, DecoderCapture
from reportgen.analysis.first_pass import encode_all
from reportgen.models import EncodedText, LoadedModel, ModelSpec, load_model
from reportgen.models.tasks import (
    ready_for_choices,
    ready_for_completions,
    ready_for_masks,
    with_chosen,
)
from reportgen.results import DecoderPart, EvidenceLevel, Results
from reportgen.texts import TextInput, TextSet, word_splitter

TEXTS = (
    "the cat sat on the mat and the dog sat on the log",
    "a very good film",
)
QUESTION = "who sat ?"
TARGETS = ("on the log", "a very bad ending and a coffee")
CHOICES = (("the dog", "the film"), ("the ending", "coffee for every member", "the cat"))


@dataclass(frozen=True, slots=True)
class Measured:
    """What a report of one model has, and how far it is from plain computations."""

    n_layers: int
    n_heads: int
    kind: str  # of the output
    maps: float  # largest difference from the library's own `output_attentions`
    parts: float | None  # the same of the maps of a decoder; None without such maps
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
    options = AnalysisOptions(units="token", evidence=level, evidence_texts="all")
    scratch.mkdir()
    results = analyze(inputs, loaded, scratch, options)
    loaded = ready_for_masks(ready_for_completions(loaded, inputs, None), inputs)
    loaded = ready_for_choices(loaded, inputs)
    if loaded.reader.kind == "choice":
        inputs = replace(inputs, texts=tuple(with_chosen(inputs.texts, loaded)))
    texts = encode_all(loaded, inputs.texts, word_splitter(), joins=False)[0]
    maps, even, known = 0.0, 0.0, set()
    plain = fresh(folder, loaded)
    for row, text in enumerate(texts):
        theirs = plain.maps(given(plain.module, text))
        ours = _captured(loaded, text)
        maps = max(maps, _largest_gap(ours, theirs))
        tokens = results.tokens[results.tokens["text"] == row]
        received = np.stack(tokens["received_layers"].tolist(), axis=1)  # [layer, key]
        means = np.stack([layer[0].mean((0, 1)).numpy() for layer in theirs])
        maps = max(maps, float(np.abs(received - means).max()))
        seen, how = plain.visible(theirs, is_causal=results.info.model.is_causal)
        known.add(how)
        learned = has_sinks(theirs)
        counted = np.stack([counted_even(layer, learned=learned) for layer in seen])
        expected = np.stack(tokens["expected_layers"].tolist(), axis=1)
        even = max(even, float(np.abs(expected - counted).max()))
    evidence = results.info.evidence
    return Measured(
        n_layers=results.info.model.n_layers,
        n_heads=results.info.model.n_heads,
        kind=results.info.output.kind,
        maps=maps,
        parts=_parts_gap(loaded, plain, results, texts),
        even=even,
        deletion=deletion_gap(loaded, plain.module, results, texts),
        missing=dict(evidence.withheld) if evidence else {},
        has_sink_tests=not results.sinks.empty,
        failed=[str(m) for m in results.texts["message"] if m]
        + [str(m) for m in results.evidence["message"] if m],
        remarks=results.info.remarks,
        masks=", ".join(sorted(known)),
    )


def _inputs(loaded: LoadedModel) -> TextSet:
    """Two texts: with what the model fills in, answers, writes or picks."""
    found = []
    for number, text in enumerate(TEXTS):
        if loaded.whole_kind == "masks":
            text = text.replace(text.split()[1], str(loaded.tokenizer.mask_token), 1)
        source = TextInput(str(number), text)
        if loaded.output.kind == "answer":
            source = TextInput(str(number), QUESTION, pair=text)
        if loaded.writer is not None:
            source = replace(source, completion=TARGETS[number])
        if loaded.whole_kind == "choice":
            source = replace(source, choices=CHOICES[number])
        found.append(source)
    return TextSet(tuple(found), ())


def _captured(loaded: LoadedModel, text: EncodedText) -> list[Tensor]:
    layers: list[Tensor] = []
    capture = Capture(loaded.module, loaded.encoder)
    capture.run(loaded.inputs([text]), lambda layer, maps: layers.append(maps.clone()))
    return layers


def _parts_gap(
    loaded: LoadedModel, plain: Plain, results: Results, texts: Sequence[EncodedText]
) -> float | None:
    """The largest difference of the decoder's maps from the library's own; None without them."""
    capture = Capture(loaded.module, loaded.encoder)
    decoder = find_decoder(loaded, capture, sample_text(loaded))[0]
    if decoder is None:
        assert results.info.model.decoder is None
        return None
    largest = 0.0
    for row, text in enumerate(texts):
        target = decoder.tokens(text)
        theirs = plain.parts(text, target)
        ours = _captured_parts(loaded, capture, decoder, text)
        largest = max(largest, *(_largest_gap(ours[part], own) for part, own in theirs.items()))
        # What the results say is the mean over layers, heads and the rows that count.
        written = slice(target.n_given - 1, len(target.read))
        cross = np.mean([layer[0, :, written].mean((0, 1)).numpy() for layer in theirs["cross"]], 0)
        received = results.tokens_of(row)["cross_received"].to_numpy(float)
        largest = max(largest, float(np.abs(received - cross).max()))
    return largest


def _captured_parts(
    loaded: LoadedModel, capture: Capture, decoder: DecoderCapture, text: EncodedText
) -> dict[DecoderPart, list[Tensor]]:
    taken: dict[DecoderPart, list[Tensor]] = {"decoder": [], "cross": []}
    with decoder.hooked(lambda part, maps: taken[part].append(maps.clone())):
        capture.run(loaded.inputs([text]), lambda *_: None)
    return taken


def _largest_gap(ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> float:
    assert len(ours) == len(theirs), (len(ours), len(theirs))
    return max(_gap(*pair) for pair in zip(ours, theirs, strict=True))


def _gap(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max())
