"""Analyses texts with a model and writes a results folder; all steps are called from here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from reportgen.analysis.attention.batches import chunks
from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.attention.checks import Probe, probe
from reportgen.analysis.attention.decoder import DecoderCapture
from reportgen.analysis.attention.find_decoder import find_decoder
from reportgen.analysis.attention.norms import Norms, find_norms
from reportgen.analysis.attention.runner import Runner
from reportgen.analysis.chosen import with_chosen
from reportgen.analysis.cost import choose, expected_cost, extra_cost
from reportgen.analysis.evidence.asked import Asked, find_asked
from reportgen.analysis.evidence.gather import WINDOW, Encode, Gatherer
from reportgen.analysis.evidence.sinks.measure import SinkTester
from reportgen.analysis.evidence.stages import CostBasis, Stages
from reportgen.analysis.evidence.target import Explainer
from reportgen.analysis.first_pass import AttentionPass, Tally, encode_all
from reportgen.analysis.generation import Choice, ready_for_completions, with_generated
from reportgen.analysis.progress import Progress
from reportgen.analysis.run_info import run_info
from reportgen.errors import ModelError, UsageError
from reportgen.models.choosing import ready_for_choices
from reportgen.models.loaded import LoadedModel
from reportgen.models.masked import ready_for_masks
from reportgen.models.readers.target import TargetReader
from reportgen.models.tokens.apart import encode_apart, ready_for_pairs
from reportgen.models.tokens.encoded import EncodedText, encode, special_roles
from reportgen.models.tokens.targets import encode_target
from reportgen.results.info import (
    Evidence,
    EvidenceLevel,
    Reason,
    Settings,
    UnitKind,
    created_date,
)
from reportgen.results.row_groups import FirstPass
from reportgen.results.schema import ANALYSIS_TABLES, EVIDENCE_TABLES
from reportgen.results.store import Results, open_first_pass, open_results
from reportgen.results.write import Recorder
from reportgen.texts.read import TextSet
from reportgen.texts.words import word_splitter

# For the trial run, if the given texts do not have two different lengths.
SAMPLES = ("one", "one two three four five six seven eight nine ten")
# Longest text of a trial run, so that it stays cheap.
PROBE_TOKENS = 128
TRIED_TEXTS = 128
# From the results of the first pass, which have no evidence yet, to the rows of `texts` that get
# evidence even if they are not in the sample.
ListedFirst: TypeAlias = Callable[[Results], Sequence[int]]


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """Options of an analysis, apart from those of the model."""

    batch_tokens: int = 1024  # tokens of a batch, padding included
    keep_maps: str = "all"  # all, none, or the number of texts that keep their maps
    evidence: EvidenceLevel = "basic"
    evidence_texts: str = "50"  # all, or the number of texts that get evidence
    # None: what is predicted for each text.
    explain_class: str | None = None
    explain_token: str | None = None  # a next token
    against: str | None = None  # the token that its lead is explained over
    # Tokens that a causal model writes after each text without a completion; None: none.
    generate: int | None = None
    temperature: float = 0.0  # 0: always the likeliest token
    seed: int = 0  # of what is drawn at other temperatures
    # What is measured and drawn as one; None: what the texts give, else words.
    units: UnitKind | None = "token"
    # See `Settings.options`.
    shown: Mapping[str, str | int | float | bool] = field(default_factory=dict)


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


def analyze(
    texts: TextSet,
    model: LoadedModel,
    folder: Path,
    options: AnalysisOptions,
    progress: Progress | None = None,
    listed_first: ListedFirst | None = None,
) -> Results:
    """Run all texts through the model, and write the results into the empty `folder`.

    Evidence is measured on an even sample of the texts, and on those that `listed_first` names.

    If the user interrupts the gathering of evidence, the results are written without the rest and
    say so.

    Raises:
        InputError: no text has any content.
        ModelError: the tokenizer does not know the texts, or every text failed.
        CaptureError: the model returns no attention maps, or they fail the checks.
        UsageError: the model has no class called `options.explain_class`; or units are asked for
            that the texts do not give, that its tokenizer cannot find, or that take evidence.
    """
    kind = _unit_kind(texts, model, options)
    if kind != "given":
        texts = replace(texts, texts=tuple(replace(text, units=None) for text in texts.texts))
    progress = progress or Progress()
    created = created_date()
    model = ready_for_masks(ready_for_completions(model, texts, options.generate), texts)
    model = ready_for_choices(ready_for_pairs(model, texts), texts)
    asked = Asked(options.explain_class, options.explain_token, options.against)
    find_asked(model, asked)  # fails before anything is run
    if options.generate is not None:
        choice = Choice(options.generate, options.temperature, options.seed)
        texts = with_generated(texts, model, choice)
    if model.reader.kind == "choice":
        texts = with_chosen(texts, model)
    has_pairs = any(text.pair is not None for text in texts.texts)
    roles = special_roles(model.tokenizer, has_pairs=has_pairs)
    keys = [role.key for role in roles]
    expected = choose(
        [i for i, text in enumerate(texts.texts) if not text.is_blank], options.evidence_texts
    )

    joins = kind != "token"
    splitter = word_splitter() if joins or model.reader.kind == "tags" else None

    def encode_rows(rows: Sequence[int]) -> list[EncodedText]:
        return encode_all(model, [texts.texts[i] for i in rows], splitter, joins=joins)[0]

    capture, probed = try_model(model, encode_rows(expected[:TRIED_TEXTS]))
    decoder, remark = find_decoder(
        model, capture, sample_text(model), with_values=options.evidence != "none"
    )
    if remark is not None:
        model = replace(model, remarks=(*model.remarks, remark))
    explainer = Explainer(model, probed.batching, options.batch_tokens, asked)
    norms = None if options.evidence == "none" else find_norms(model, capture, sample_text(model))
    cost = expected_cost(
        len(texts.texts),
        _with_content(expected, encode_rows),
        options.evidence,
        _cost_basis(explainer),
        n_roles=len(roles),
        has_phrases=kind == "phrase",
    )
    progress.begin(cost)
    runner = Runner(
        model,
        capture,
        probed,
        keys,
        options.batch_tokens,
        norms=norms if isinstance(norms, Norms) else None,
        rollout=norms is not None,
        activations=norms is not None,
        decoder=decoder,
    )
    with Recorder(folder, ANALYSIS_TABLES) as recorder:
        first_pass = AttentionPass(
            model,
            runner,
            recorder,
            keys,
            options.keep_maps,
            progress,
            splitter,
            joins,
            explainer if kind == "phrase" else None,
        )
        tally = first_pass.run(texts)
    settings = Settings(
        options.shown,
        options.keep_maps,
        tally.n_kept,
        kind,
        splitter.segmenter if splitter and joins else None,
        tally.n_joined,
    )
    info = run_info(created, texts, model, capture, probed, roles, settings, tally)
    if decoder is not None:
        info = replace(info, model=replace(info.model, decoder=decoder.info))
    with Recorder(folder, EVIDENCE_TABLES) as recorder:
        if norms is not None:
            first = FirstPass(folder)
            sample = choose(first.analysed, options.evidence_texts)
            listed = listed_first(open_first_pass(folder, info)) if listed_first else ()
            extra = sorted(set(listed).intersection(first.analysed).difference(sample))
            info = replace(info, evidence=_evidence(norms, explainer, options, tally, decoder))
            gatherer = Gatherer(
                explainer,
                Stages(explainer, capture, norms, options.evidence),
                _sink_tester(explainer, capture, probed, norms, options),
                first,
                info,
                recorder,
                progress,
            )
            if extra:
                progress.extend(
                    extra_cost(
                        _with_content(extra, encode_rows),
                        options.evidence,
                        _cost_basis(explainer),
                    )
                )
            measured = _recorded_units(encode_rows, first) if kind == "phrase" else encode_rows
            info = replace(info, evidence=gatherer.run(sample, extra, measured))
        recorder.finish(info)
    return open_results(folder)


def _unit_kind(texts: TextSet, model: LoadedModel, options: AnalysisOptions) -> UnitKind:
    """What is measured as one.

    Raises:
        UsageError: no text has units of its own, or the tokenizer tells no places of tokens; or
            phrases are asked for without evidence.
    """
    are_given = any(any(text.units or ()) for text in texts.texts)
    kind = options.units or ("given" if are_given else "word")
    if kind == "phrase" and options.evidence == "none":
        raise UsageError(
            "--units phrase: phrases are found by leaving words out, which --evidence none does "
            "not; give --evidence basic or full"
        )
    if kind == "given" and not are_given:
        raise UsageError(
            "--units given: the texts have no column units; name one with --units-column"
        )
    if kind == "given" and not model.tokenizer.is_fast:
        raise UsageError(
            "--units given: the tokenizer of this model does not tell where its tokens stand in "
            "the text; give --units word"
        )
    return kind


def _recorded_units(encode_rows: Encode, first: FirstPass) -> Encode:
    """Like `encode_rows`, with the units that the first pass recorded."""

    def encode_as_recorded(rows: Sequence[int]) -> list[EncodedText]:
        units = (first.tokens_of(row)["unit"].tolist() for row in rows)
        pairs = zip(encode_rows(rows), units, strict=True)
        return [replace(text, units=tuple(own)) for text, own in pairs]

    return encode_as_recorded


def sample_text(model: LoadedModel, text: str = SAMPLES[-1]) -> EncodedText:
    """A sample text to try a model on."""
    if model.reads_apart:
        return encode_apart(model.tokenizer, (text, SAMPLES[0]), model.info.max_tokens)
    encoded = encode(model.tokenizer, text, None, model.info.max_tokens)
    if isinstance(model.reader, TargetReader):
        return replace(encoded, target=encode_target(model.tokenizer, model.reader.writer, text))
    return model.reader.sample(encoded)


def _with_content(rows: Sequence[int], encode_rows: Encode) -> Iterator[EncodedText]:
    """Those of the texts `rows` that have content."""
    for window in chunks(rows, WINDOW):
        yield from (text for text in encode_rows(window) if text.n_content)


def _cost_basis(explainer: Explainer) -> CostBasis:
    return CostBasis(
        explainer.scalar,
        n_figures=explainer.model.reader.n_figures,
        has_mask_token=explainer.model.tokenizer.mask_token_id is not None,
    )


def _evidence(
    norms: Norms | Reason,
    explainer: Explainer,
    options: AnalysisOptions,
    tally: Tally,
    decoder: DecoderCapture | None,
) -> Evidence:
    """The summary of the evidence before it is gathered."""
    views = ["received_norm_all", "received_norm_last"]
    reason: Reason | None = norms if isinstance(norms, str) else None
    if reason is None and tally.n_proven == 0:  # though the trial succeeded
        reason = "values_unproven"
    withheld = {} if reason is None else dict.fromkeys(views, reason)
    across = None if decoder is None else decoder.why_no_norms(tally.n_cross_proven)
    if across is not None:
        withheld["cross_received_norm"] = across
    return Evidence(
        level=options.evidence,
        scalar=explainer.scalar,
        target=explainer.target,
        against=explainer.against,
        asked=options.evidence_texts,
        norms_error=None if isinstance(norms, str) else max(norms.error, tally.norms_error or 0.0),
        withheld=withheld,
    )


def _sink_tester(
    explainer: Explainer,
    capture: Capture,
    probed: Probe,
    norms: Norms | Reason,
    options: AnalysisOptions,
) -> SinkTester | None:
    """Make the sink tester; None if sink tests were not asked for."""
    if options.evidence != "full":
        return None
    return SinkTester(
        explainer,
        capture,
        norms if isinstance(norms, str) else norms.projections,
        is_causal=probed.is_causal,
        has_window=explainer.model.has_window,
    )
