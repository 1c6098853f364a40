"""`reportgen check`: describes how a model is read, before any text is analysed."""

import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout

import torch

from reportgen.analysis import find_decoder, sample_text, scores_error, try_model
from reportgen.errors import counted
from reportgen.models import LoadedModel, ModelSpec, allowed, tolerances
from reportgen.models import load_model as load_named
from reportgen.results import OutputKind
from reportgen.tasks import TASKS

# The task of an encoder-decoder.
WRITING = "sequence to sequence: a target for each text"


def check_model(spec: ModelSpec, *, verbose: bool = False) -> list[str]:
    """Load a model, run it on a few words, and describe it: one line for each fact.

    Raises:
        ModelError, CaptureError: the model cannot be loaded, or has no attention to report.
    """
    with redirect_stdout(sys.stderr):
        loaded = load_named(spec, verbose=verbose)
        capture, probe = try_model(loaded)
        text = sample_text(loaded)
        decoder, remark = find_decoder(loaded, capture, text)
        error = scores_error(capture, loaded.inputs([text]), len(text.ids))
    info = loaded.info
    way = "layer by layer" if capture.way == "hooks" else "all layers of a batch together"
    padded = (
        "texts of different length cannot run together"
        if probe.padded_difference is None
        else f"differs by {probe.padded_difference:.1e} from the same text alone"
    )
    facts = {
        "Model": f"{info.name} ({info.architecture})",
        "Task": _task(loaded),
        "Output": _output(loaded),
        "Explained": "; ".join(filter(None, (TASKS[_kind(loaded)].explains, _of_pairs(loaded)))),
        "Parts read": _parts(loaded, is_causal=probe.is_causal, has_decoder=decoder is not None),
        "Attention": f"{info.encoder}: {counted(probe.n_layers, 'layer')}, "
        f"{counted(probe.n_heads, 'head')}, {way}",
        "Direction": "causal" if probe.is_causal else "bidirectional",
        "Rows": f"sum to 1 within {probe.row_sum_error:.1e}",
        "Scores": _scores(error, info.dtype),
        "Padding": f"{padded}; batches: {probe.batching}",
        "Tokenizer": f"{info.tokenizer}: {info.vocabulary_size:,} tokens, fits the model",
        "Longest text": f"{info.max_tokens:,} tokens",
        "Weights": f"{info.n_parameters:,} parameters, {info.dtype}, "
        f"sha256 {info.weights_sha256[:16]}",
        "Threads": described_threads(torch.get_num_threads(), os.environ),
    }
    notes = [*loaded.remarks, *probe.remarks, *([] if remark is None else [remark])]
    return [
        *(f"{name:13} {value}" for name, value in facts.items()),
        *(f"{'Note':13} {note}" for note in notes),
    ]


def described_threads(number: int, environment: Mapping[str, str]) -> str:
    """How many threads torch has, and which variables of the environment say so."""
    names = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY")
    chosen = [f"{name}={environment[name]}" for name in names if name in environment]
    return ", ".join([str(number), *chosen])


def _scores(error: float | str, dtype: str) -> str:
    """Whether it can be told why a token is a sink."""
    if isinstance(error, str):
        return "nothing of the shape of a map goes into a softmax, so that they cannot be read"
    most = tolerances(dtype).repeated
    if not error <= most:
        return f"not read: their softmax does not give the maps ({allowed(error, most, dtype)})"
    return f"read as they go into the softmax, which gives the maps within {error:.1e}"


def _kind(loaded: LoadedModel) -> OutputKind:
    """The kind of output for texts that have all that the model's task needs."""
    return loaded.whole_kind or loaded.output.kind


def _task(loaded: LoadedModel) -> str:
    """The task that the model was recognised for. If that needs more than texts, also what the
    model does with texts alone."""
    task, kind = TASKS[loaded.output.kind].does, _kind(loaded)
    if kind == loaded.output.kind:
        return task
    does = TASKS[kind].does if loaded.writer is None else WRITING
    return f"{does}; where no text has {TASKS[kind].needs}, {task.removeprefix('none: ')}"


def _output(loaded: LoadedModel) -> str:
    """The kind of the output and its name. If the task needs more than texts, the kind with what it
    needs and without."""
    output, kind = loaded.output, _kind(loaded)
    pooling = output.pooling and f"{output.pooling} pooling"
    parts = [output.kind.replace("_", " "), f'"{output.name}"', pooling]
    if kind == output.kind:
        return ", ".join(filter(None, parts))
    parts[1] = None  # the name is that of the kind
    return f"{kind}; or {', '.join(filter(None, parts))}"


def _parts(loaded: LoadedModel, *, is_causal: bool, has_decoder: bool) -> str:
    """The parts of the model whose attention is read, and what to give for the others."""
    if has_decoder:
        return "the encoder, the decoder, which the output is read from, and its cross-attention"
    if loaded.writer is not None:
        return (
            "the encoder; with completions or --generate also the decoder and its cross-attention"
        )
    return "the decoder" if is_causal else "the encoder"


def _of_pairs(loaded: LoadedModel) -> str | None:
    """What is explained of pairs of texts, where that differs."""
    if loaded.sentence is None:
        return None
    return f"of pairs of texts, how alike they are ({loaded.sentence.similarity})"
