"""Tries a model on a few words before an analysis."""

from collections.abc import Sequence
from dataclasses import replace

from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.attention.checks import Probe, probe
from reportgen.errors import ModelError
from reportgen.models.loaded import LoadedModel
from reportgen.models.readers.language_models.target import TargetReader
from reportgen.models.tokens.encoded import EncodedText, encode
from reportgen.models.tokens.separate_pairs import encode_apart
from reportgen.models.tokens.targets import encode_target

# For the trial run, if the given texts do not have two different lengths.
SAMPLES = ("one", "one two three four five six seven eight nine ten")
# Longest text of a trial run, so that it stays cheap.
PROBE_TOKENS = 128


def try_model(model: LoadedModel, texts: Sequence[EncodedText] = ()) -> tuple[Capture, Probe]:
    """Check that the model returns attention maps, on the given texts or on built-in samples."""
    samples = [sample_text(model, sample) for sample in SAMPLES]
    fitting = [text for text in texts if text.n_content and len(text.ids) <= PROBE_TOKENS]
    capture = Capture(model.module, model.encoder)
    if len({len(text.ids) for text in fitting}) > 1:
        try:
            return capture, probe(model, capture, fitting)
        except ModelError:  # one of the texts may be the cause; try the samples
            pass
    return capture, probe(model, capture, samples)


def sample_text(model: LoadedModel, text: str = SAMPLES[-1]) -> EncodedText:
    """A sample text to try a model on."""
    if model.reads_apart:
        return encode_apart(model.tokenizer, (text, SAMPLES[0]), model.info.max_tokens)
    encoded = encode(model.tokenizer, text, None, model.info.max_tokens)
    if isinstance(model.reader, TargetReader):
        return replace(encoded, target=encode_target(model.tokenizer, model.reader.writer, text))
    return model.reader.sample(encoded)
