"""The lines that a command says when it is done; `cli` prints them."""

import errno
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from reportgen.gates import GateResult, errors_first, told
from reportgen.log_lines import annotation
from reportgen.log_lines import inert as inert
from reportgen.options import Talk
from reportgen.outputs import STANDARD_OUTPUT, Document
from reportgen.progress import Cost

if TYPE_CHECKING:
    from reportgen.attention.capture import Capture
    from reportgen.attention.checks import Probe
    from reportgen.model.load import LoadedModel
    from reportgen.results import Results

INTERRUPTED = (
    "reportgen: interrupted; finishing with the evidence gathered so far, interrupt again to stop"
)
_IDS, _ID = 5, 40  # ids that are named, and characters of one
_COUNTED = {
    "truncated": "cut to the length the model takes",
    "empty": "empty, not analysed",
    "failed": "failed; the report says why",
}
_GATE_WORDS = {"fail": "failed", "warn": "warning"}


def written(document: Document) -> str:
    """Where an output is and what it weighs, by part."""
    parts = ", ".join(f"{name} {_size(size)}" for name, size in document.parts.items())
    size = _size(document.size) + (f" ({parts})" if parts else "")
    place = "standard output" if document.output.path == STANDARD_OUTPUT else document.output.path
    return f"{place}: {size}"


def cost(expected: Cost) -> str:
    """What an analysis will take."""
    forward = sum(passes.forward for passes in expected.passes.values())
    backward = sum(passes.backward for passes in expected.passes.values())
    line = f"{_texts(expected.n_texts['texts'])} to analyse"
    if "deletion" in expected.n_texts:
        line += f", evidence on {expected.n_texts['deletion']:,}"
    about = "" if expected.is_exact else "about "
    return f"{line}: {about}{forward:,} forward and {backward:,} backward passes"


def system_said(error: OSError) -> str:
    """What the system said, about which file, and what to do where that is known."""
    said = error.strerror or str(error) or type(error).__name__
    where = f"{error.filename}: " if error.filename is not None else ""
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return f"{where}{said}" + ("; make room, or write elsewhere" if is_full else "")


def time_left(seconds: float) -> str:
    """About how long the rest of the work will take."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * size:
            return f"about {round(seconds / size)} {unit}s more"
    count = max(1, round(seconds))
    return f"about {count} second{'s' if count > 1 else ''} more"


def stage_done(name: str, n_texts: int, left: float) -> str:
    """That a stage is done, and about how many seconds the rest will take."""
    return f"{name}: {_texts(n_texts)}" + (f", {time_left(left)}" if left >= 0.5 else "")


def account(
    results: "Results", documents: Sequence[Document], lang: str, talk: Talk, started: float
) -> list[str]:
    """What was analysed since `started`, what was left out, and the verdict on sinks."""
    from reportgen.notes.rules import corpus_notes
    from reportgen.notes.words import Wording

    status = results.texts["status"].value_counts()
    n_tokens = int(results.texts["n_tokens"].sum())
    seconds = time.perf_counter() - started
    lines = [f"{_texts(len(results.texts))}, {n_tokens:,} tokens, {seconds:.1f} seconds"]
    lines += [
        f"{_texts(status[name])} {words}: {_ids(results, name)}"
        for name, words in _COUNTED.items()
        if name in status
    ]
    if talk.verbose:
        failed = results.texts[results.texts["status"] == "failed"]
        lines += [
            f"text {row.text_id} ({row.source}): {row.message}" for row in failed.itertuples()
        ]
        lines += [f"{name} {version}" for name, version in results.info.versions.items()]
        lines += [f"{name} {value}" for name, value in asdict(results.info.checks).items()]
    lines += _maps_left_out(results)
    lines += results.info.remarks
    # Two pages that lack the same say it once.
    lines += dict.fromkeys(said for document in documents for said in document.reduced)
    if results.info.model.source == "demo":
        lines.append("Bundled demonstration model: its score is made up; give yours with --model")
    lines.append(Wording(lang).headline(corpus_notes(results), results))
    return lines


def _ids(results: "Results", status: str) -> str:
    """The ids of the first texts of a status, and how many more there are."""
    ids = [str(id) for id in results.texts["text_id"][results.texts["status"] == status]]
    shown = [id if len(id) <= _ID else f"{id[: _ID - 1]}…" for id in ids[:_IDS]]
    more = f" and {len(ids) - _IDS:,} more" if len(ids) > _IDS else ""
    return f"id {', '.join(shown)}{more}"


def gates(results: Sequence[GateResult], talk: Talk, *, annotate: bool) -> list[str]:
    """A line for every gate that was not passed, errors first, and how many were; to print as they
    are, for with `annotate` commands for GitHub follow.

    `--quiet` leaves the errors, `--verbose` names the gates that were passed.
    """
    lines, commands = [], []
    for result in errors_first(results):
        gate, said = result.gate, told(result)
        is_error = not result.passed and gate.level == "fail"
        if is_error or (not talk.quiet and (talk.verbose or not result.passed)):
            word = "passed" if result.passed else _GATE_WORDS[gate.level]
            source = f" (from {gate.source})" if gate.source else ""
            lines.append(inert(f"gate {word}: {said}{source}"))
        if annotate and not result.passed:
            level = "error" if is_error else "warning"
            commands.append(annotation(level, "reportgen gate", said))
    if results and not talk.quiet:
        n_passed = sum(result.passed for result in results)
        lines.append(f"{n_passed} of {len(results)} gates passed")
    return lines + commands


def _maps_left_out(results: "Results") -> list[str]:
    """A line where "all" kept not all, which no one asked for."""
    kept = results.info.settings.maps_kept
    n_analysed = int((results.texts["n_tokens"] > 0).sum())
    if results.info.settings.keep_maps != "all" or kept == n_analysed:
        return []
    return [
        f"Attention maps kept of the first {_texts(kept)}, as many as fit in 2 GB; "
        f"--keep-maps {n_analysed} keeps all"
    ]


def is_flawed(results: "Results") -> bool:
    """Whether some text was empty or failed."""
    return bool(results.texts["status"].isin(["empty", "failed"]).any())


def checked(model: "LoadedModel", capture: "Capture", probed: "Probe") -> list[str]:
    """What a trial showed of a model, a line each."""
    info, output = model.info, model.output
    way = "layer by layer" if capture.way == "hooks" else "all layers of a batch together"
    apart = (
        "texts of different length cannot run together"
        if probed.padded_difference is None
        else f"differs by {probed.padded_difference:.1e} from the same text alone"
    )
    shown = [output.kind, f'"{output.name}"', output.pooling and f"{output.pooling} pooling"]
    facts = {
        "Model": f"{info.name} ({info.architecture})",
        "Output": ", ".join(filter(None, shown)),
        "Attention": f"{info.encoder}: {probed.n_layers} layers, {probed.n_heads} heads, {way}",
        "Direction": "causal" if probed.is_causal else "bidirectional",
        "Rows": f"sum to 1 within {probed.row_sum_error:.1e}",
        "Padding": f"{apart}; batches: {probed.batching}",
        "Tokenizer": f"{info.tokenizer}: {info.vocabulary_size:,} tokens, fits the model",
        "Longest text": f"{info.max_tokens:,} tokens",
        "Weights": f"{info.n_parameters:,} parameters, {info.dtype}, "
        f"sha256 {info.weights_sha256[:16]}",
    }
    return [f"{name:13} {value}" for name, value in facts.items()]


def _texts(count: int) -> str:
    return f"{count:,} text" if count == 1 else f"{count:,} texts"


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 100_000 else f"{n_bytes / 1e3:.1f} KB"
