"""What the attention of completions costs beside a plain forward pass and beside generation.

    python tests/benchmarks/completions.py

A decoder (GPT-2) and an encoder-decoder (T5), of base size with random weights: texts of 200
tokens, the last 20 of which are the completion (of T5: a text of 180 and a target of 20). A plain
pass is the same model on the same tokens with fused attention and no maps, all steps at once.
Modes run one after another in each round, in an order drawn anew, on one thread; a ratio is the
median over rounds of the ratio of processor time within a round.

Of the T5 it also prints how many bytes the cross map of a text and a target of 30 tokens each takes
in a page: with its random weights, which make nearly even maps, and with weights spread so wide
that nearly all of a row is on one token.
"""

import random
import sys
import tempfile
from base64 import b85encode
from collections.abc import Callable
from pathlib import Path

import torch
from measuring import print_ratios, rounds_of

sys.path.insert(0, str(Path(__file__).parents[1]))

from helpers.real.models import spread_weights, tiny_tokenizer
from transformers import GPT2Config, GPT2LMHeadModel, T5Config, T5ForConditionalGeneration

from reportgen.analysis import try_model
from reportgen.analysis.attention import BatchParts, Capture, DecoderCapture, Runner
from reportgen.analysis.generation import Choice, with_generated
from reportgen.models import LoadedModel, ModelSpec, load_model
from reportgen.models.tasks import ready_for_completions
from reportgen.texts import TextInput, TextSet

ROUNDS = 5
N_TEXTS = 4
PROMPT, COMPLETION = 180, 20  # tokens
SIDE = 30  # tokens of a text and of its target, for the bytes of a map


def load(name: str, folder: Path) -> LoadedModel:
    """A base-size model with random weights."""
    torch.manual_seed(0)
    kind = "bytes_plain" if name == "GPT-2" else "unigram_eos"
    tokenizer = tiny_tokenizer(kind)
    if name == "GPT-2":
        model = GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer)))
    else:
        sizes = {"d_model": 768, "d_ff": 3072, "num_layers": 12, "num_heads": 12}
        config = T5Config(vocab_size=len(tokenizer), decoder_start_token_id=0, **sizes)
        model = T5ForConditionalGeneration(config)
    # It never ends what it writes, so that all write as much.
    model.generation_config.eos_token_id = None
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return load_model(ModelSpec(model=str(folder)))


def texts_for(model: LoadedModel, completion: str | None) -> TextSet:
    """Texts of PROMPT tokens."""
    return TextSet(
        tuple(
            TextInput(str(i), "a " * (PROMPT - 1), source=f"t:{i}", completion=completion)
            for i in range(N_TEXTS)
        ),
        (),
    )


def attention_of(model: LoadedModel, texts: TextSet) -> Callable[[], None]:
    """Runs the first pass over `texts`: maps, their figures, and predictions."""
    encoded = [model.reader.encode(model, text) for text in texts.texts]
    capture, probed = try_model(model, encoded)
    runner = Runner(model, capture, probed, [], 1024)

    def run() -> None:
        model.encoder.set_attn_implementation("eager")
        outcomes = runner.run(encoded, [False] * len(encoded), lambda *_: None, lambda *_: None)
        assert all(outcome.error is None for outcome in outcomes), outcomes

    return run


def plain(model: LoadedModel, texts: TextSet) -> Callable[[], None]:
    """Runs the same tokens without maps."""
    encoded = [model.reader.encode(model, text) for text in texts.texts]
    module = model.module

    def run() -> None:
        module.set_attn_implementation("sdpa")
        with torch.inference_mode():
            module(**model.inputs(encoded))

    return run


def generating(model: LoadedModel, texts: TextSet, *, together: bool) -> Callable[[], None]:
    """Writes COMPLETION tokens after each text by the library's `generate`: text by text, or as a
    run does, those of one length `together`."""
    how = Choice(COMPLETION, 0.0, 0)
    return lambda: with_generated(texts.texts, model, how, together=together) and None


def cross_bytes(model: LoadedModel) -> int:
    """Bytes that the cross map of 30 x 30 tokens takes in a page, in base85."""
    # No two of these letters are a token.
    words = "".join(random.choices("cdefghij", k=SIDE - 2))
    source = TextInput("0", words, source="t:0", completion=words)
    text = model.reader.encode(model, source)
    assert text.target is not None
    assert (len(text.ids), len(text.target.written)) == (SIDE, SIDE), text
    decoder = DecoderCapture(model.module)
    parts = BatchParts([text], [text.target], [True])
    capture = Capture(model.module, model.encoder)
    with decoder.hooked(parts.take):
        capture.run(model.inputs([text]), lambda *_: None)
    return len(b85encode(parts.packed()[0]["cross"]))


def main() -> None:
    """Print the ratios of each model."""
    torch.set_num_threads(1)
    for name in ("GPT-2", "T5"):
        with tempfile.TemporaryDirectory() as folder:
            base = load(name, Path(folder))
            given = texts_for(base, " a" * COMPLETION)
            model = ready_for_completions(base, given, None)
            bare = texts_for(base, None)
            modes = {
                "plain": plain(model, given),
                "attention": attention_of(model, given),
                "generate": generating(model, bare, together=False),
                "together": generating(model, bare, together=True),
            }
            rounds = rounds_of(modes, ROUNDS)
            for taken in rounds:
                taken["run"] = taken["together"] + taken["attention"]
            pairs = [("attention", "plain"), ("run", "generate"), ("run", "together")]
            print_ratios(name, rounds, pairs)
            if name == "T5":
                even = cross_bytes(model)
                spread_weights(model.module)
                print(f"  bytes of a cross map: nearly even {even:,}; sharp {cross_bytes(model):,}")


if __name__ == "__main__":
    main()
