"""Texts and a model in, a results folder out; the one place that orders the steps."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version

from reportgen import __version__
from reportgen.attention.capture import Capture
from reportgen.attention.checks import Probe, probe
from reportgen.attention.runner import Outcome, Runner
from reportgen.errors import InputError, ModelError, UsageError
from reportgen.info import Checks, Role, RunInfo, Settings
from reportgen.inputs import TextInput, TextSet
from reportgen.model.load import LoadedModel
from reportgen.model.tokens import EncodedText, encode, special_roles
from reportgen.model.usercode import describe
from reportgen.recording import Recorder
from reportgen.results import Results, open_results
from reportgen.rows import AnalysedText, head_rows, role_rows, text_rows, token_rows

# Texts whose batches are planned together: enough to find partners of one length, few enough that
# memory does not grow with the texts.
WINDOW = 128
# "all" keeps the maps of the first texts up to this many bytes, before they are compressed.
MAPS_LIMIT = 2_000_000_000
# Above this share of unknown tokens the tokenizer is not the one the model was trained with.
UNKNOWN_LIMIT = 0.20
# Stand in for the trial run where the texts themselves have no two lengths.
SAMPLES = ("one", "one two three four five six seven eight nine ten")
# A trial run on longer texts would cost more than it shows.
PROBE_TOKENS = 128

# Stands in for a text that the tokenizer cannot take.
NO_TOKENS = EncodedText((), None, (), (), (), (), (), 0, (None, None), 0)

# Called with the number of texts done and their total.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """The choices of an analysis, beside the model's own."""

    batch_tokens: int = 1024  # tokens of a batch, padding included
    keep_maps: str = "all"  # all, none, or how many texts keep their maps
    shown: Mapping[str, str | int | bool] = field(default_factory=dict)  # see `Settings.options`


def created_date() -> str:
    """Today in UTC, or the day that SOURCE_DATE_EPOCH names, as 2026-01-31.

    Raises:
        UsageError: SOURCE_DATE_EPOCH is no number of seconds since 1970.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        when = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(f"SOURCE_DATE_EPOCH={epoch}: not seconds since 1970") from error
    return when.strftime("%Y-%m-%d")


def try_model(model: LoadedModel, texts: Sequence[EncodedText] = ()) -> tuple[Capture, Probe]:
    """Make sure the model gives attention maps, on the given texts and on samples."""
    samples = [encode(model.tokenizer, sample, None, model.info.max_tokens) for sample in SAMPLES]
    fitting = [text for text in texts if text.n_content and len(text.ids) <= PROBE_TOKENS]
    capture = Capture(model.module, model.encoder)
    if len({len(text.ids) for text in fitting}) > 1:
        try:
            return capture, probe(model, capture, fitting)
        except ModelError:  # it may be that one text's fault: the samples tell
            pass
    return capture, probe(model, capture, samples)


@dataclass
class _Tally:
    """What adds up over the windows of an analysis."""

    n_done: int = 0
    n_tokens: int = 0
    n_content: int = 0
    n_unknown: int = 0
    n_kept: int = 0
    n_to_keep: int = 0  # texts that are, or were to be, kept: one that fails has no maps
    bytes_to_keep: int = 0
    row_sum_error: float = 0.0
    padding_mass: float = 0.0
    first_error: str | None = None

    def add(self, text: AnalysedText) -> None:
        self.n_tokens += text.n_rows
        self.n_kept += text.maps is not None
        if text.summary is not None:
            self.n_content += text.encoded.n_content
            self.n_unknown += text.encoded.n_unknown
            self.row_sum_error = max(self.row_sum_error, text.summary.row_sum_error)
            self.padding_mass = max(self.padding_mass, text.summary.padding_mass)
        elif text.outcome is not None and self.first_error is None:
            self.first_error = f"text {text.source.id} ({text.source.source}): {text.outcome.error}"


def analyze(
    texts: TextSet,
    model: LoadedModel,
    folder: Path,
    options: AnalysisOptions,
    progress: Progress = lambda done, total: None,
) -> Results:
    """Run every text through the model and record what was measured in the empty `folder`.

    Raises:
        InputError: no text has any content.
        ModelError: the tokenizer does not know the texts, or every text failed.
        CaptureError: the model gives no attention maps that pass the checks.
    """
    created = created_date()
    has_pairs = any(text.pair is not None for text in texts.texts)
    roles = special_roles(model.tokenizer, has_pairs=has_pairs)
    keys = [role.key for role in roles]
    tally = _Tally()
    runner: Runner | None = None
    with Recorder(folder) as recorder:
        for start in range(0, len(texts.texts), WINDOW):
            sources = texts.texts[start : start + WINDOW]
            encoded, faults = _encode(model, sources)
            _require_known_tokens(model, encoded, tally)
            if runner is None:
                capture, probed = try_model(model, encoded)
                runner = Runner(model, capture, probed, keys, options.batch_tokens)

            def done(count: int) -> None:
                tally.n_done += count
                progress(tally.n_done, len(texts.texts))

            window = _run_window(
                runner, recorder, start, sources, encoded, faults, options, tally, done
            )
            recorder.append("texts", text_rows(window))
            recorder.append("tokens", token_rows(window))
            recorder.append("heads", head_rows(window, keys))
            recorder.append("roles", role_rows(window, keys))
        if tally.n_tokens == 0:
            raise _nothing_analysed(texts, tally)
        recorder.finish(_run_info(created, texts, model, capture, probed, roles, options, tally))
    return open_results(folder)


def _encode(
    model: LoadedModel, sources: Sequence[TextInput]
) -> tuple[list[EncodedText], dict[int, str]]:
    """The texts tokenised, and by their index what went wrong with those that could not be."""
    encoded: list[EncodedText] = []
    faults: dict[int, str] = {}
    for i, source in enumerate(sources):
        try:
            text = encode(model.tokenizer, source.text, source.pair, model.info.max_tokens)
        except Exception as error:  # a tokenizer may be anybody's code
            faults[i] = describe(error)
            text = NO_TOKENS
        encoded.append(text)
    return encoded, faults


def _run_window(
    runner: Runner,
    recorder: Recorder,
    start: int,
    sources: Sequence[TextInput],
    encoded: Sequence[EncodedText],
    faults: Mapping[int, str],
    options: AnalysisOptions,
    tally: _Tally,
    done: Callable[[int], None],
) -> list[AnalysedText]:
    """Analyse one window of texts, the first of which is number `start`; in input order."""
    # Some tokenizers make tokens of spaces; a blank text is empty all the same.
    analysed = [i for i, text in enumerate(encoded) if text.n_content and not sources[i].is_blank]
    done(len(encoded) - len(analysed))
    keeps = [_keeps_maps(runner.map_bytes(encoded[i]), options, tally) for i in analysed]
    places: dict[int, tuple[int, int]] = {}

    def store(number: int, packed: bytes) -> None:
        places[analysed[number]] = recorder.append_maps(packed)

    outcomes = runner.run([encoded[i] for i in analysed], keeps, store, done)
    by_text = {i: Outcome(error=fault) for i, fault in faults.items()}
    by_text |= dict(zip(analysed, outcomes, strict=True))
    window = []
    for i, (source, text) in enumerate(zip(sources, encoded, strict=True)):
        row = AnalysedText(start + i, source, text, by_text.get(i), tally.n_tokens, places.get(i))
        tally.add(row)
        window.append(row)
    return window


def _keeps_maps(size: int, options: AnalysisOptions, tally: _Tally) -> bool:
    """Whether the next text in input order keeps its maps, of `size` bytes; counts it if so."""
    tally.bytes_to_keep += size
    limit = options.keep_maps
    keeps = tally.bytes_to_keep <= MAPS_LIMIT if limit == "all" else limit != "none"
    if keeps and limit.isdigit():
        keeps = tally.n_to_keep < int(limit)
    tally.n_to_keep += keeps
    return keeps


def _require_known_tokens(model: LoadedModel, texts: Sequence[EncodedText], tally: _Tally) -> None:
    """Stop where the texts so far, `texts` the latest, are mostly unknown to the tokenizer."""
    n_content = tally.n_content + sum(text.n_content for text in texts)
    n_unknown = tally.n_unknown + sum(text.n_unknown for text in texts)
    if n_content and n_unknown / n_content > UNKNOWN_LIMIT:
        raise ModelError(
            f"the tokenizer does not know {n_unknown / n_content:.0%} of the tokens so far "
            f"({n_unknown:,} of {n_content:,}): the model would see {model.tokenizer.unk_token} "
            "in their place; give the tokenizer the model was trained with (--tokenizer), or texts "
            "in its language"
        )


def _nothing_analysed(texts: TextSet, tally: _Tally) -> InputError | ModelError:
    if tally.first_error is not None:
        return ModelError(f"every text failed; the first was {tally.first_error}")
    names = ", ".join(file.name for file in texts.files)
    return InputError(f"{names}: every text is empty, there is nothing to analyse")


def _run_info(
    created: str,
    texts: TextSet,
    model: LoadedModel,
    capture: Capture,
    probed: Probe,
    roles: tuple[Role, ...],
    options: AnalysisOptions,
    tally: _Tally,
) -> RunInfo:
    return RunInfo(
        created=created,
        versions={
            "reportgen": __version__,
            "python": python_version(),
            **{name: version(name) for name in ("torch", "transformers", "tokenizers")},
        },
        model=replace(
            model.info,
            n_layers=probed.n_layers,
            n_heads=probed.n_heads,
            is_causal=probed.is_causal,
        ),
        output=model.output,
        roles=roles,
        inputs=texts.files,
        checks=Checks(
            capture=capture.way,
            row_sum_error=tally.row_sum_error,
            padding_mass=tally.padding_mass,
            padded_difference=probed.padded_difference,
            batching=probed.batching,
            unknown_share=tally.n_unknown / tally.n_content,
        ),
        settings=Settings(options.shown, options.keep_maps, tally.n_kept),
        remarks=model.remarks,
    )
