"""Loads a model and its tokenizer, refuses a tokenizer that cannot belong to it, and finds out what
the model returns."""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import torch
from torch import nn
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from reportgen.demo import model_folder
from reportgen.errors import ModelError, first_line, without_surrogates
from reportgen.models.architecture import embedding_rows, read_facts
from reportgen.models.configuration import other_inputs
from reportgen.models.device import LoadedState, find_device, is_placed, main_device
from reportgen.models.encoder import find_encoder
from reportgen.models.folders import Adapter, check_tokenizer_folder, expanded, local_folder
from reportgen.models.loaded import LoadedModel
from reportgen.models.loading.checkpoint import load_checkpoint, weights_sha256
from reportgen.models.loading.factory import (
    build_module,
    fill_required_arguments,
    importable,
    loaded_files,
)
from reportgen.models.loading.held_files import held_file, holds_tokenizer
from reportgen.models.loading.pretrained import (
    folder_max_tokens,
    folder_pooling,
    load_pretrained,
    reported_part,
    whole_model,
)
from reportgen.models.loading.sentence_modules import (
    chosen_prompts,
    find_sentence_modules,
    prompts_remark,
)
from reportgen.models.spec import (
    ModelSpec,
    bundled_name,
    check_spec,
    code_sha256,
)
from reportgen.models.tasks.embedding import EmbeddingReader
from reportgen.models.tasks.reader import OutputReader
from reportgen.models.tasks.sentence_encoder import SentenceEncoder, SentenceModules
from reportgen.models.tasks.task_register import find_output, reader_of_class, task_of, whole_task
from reportgen.models.tasks.writing import TargetReader, find_writer
from reportgen.models.tokens.encoded import encode
from reportgen.models.trial_run import (
    Trial,
    try_module,
)
from reportgen.results import ModelInfo

Kind: TypeAlias = Literal["demo", "folder", "hub", "factory"]
# Length limit of texts if neither the model nor its tokenizer has one (T5).
_UNLIMITED_TOKENS = 512
HANDED_OVER = (
    "the model was handed over in Python; to repeat this with the command, save it "
    "(save_pretrained) and name its folder with --model"
)


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A module and where it comes from, before its encoder and tokenizer are known."""

    module: nn.Module
    kind: Kind
    name: str
    architecture: str
    folder: str | None  # folder or hub id that says how texts are pooled, prompted and cut
    dtype: str
    remarks: tuple[str, ...] = ()
    tokenizer: PreTrainedTokenizerBase | None = None  # passed in with it
    whole: PreTrainedModel | None = None  # what `module` is the encoder of, see `whole_model`
    factory: str | None = None  # whose code is run
    revision: str | None = None  # of `folder`
    tokenizer_place: tuple[str, str | None] | None = None  # folder or hub id, and revision


def load_model(spec: ModelSpec, *, verbose: bool = False) -> LoadedModel:
    """Load a model, put it in evaluation mode on its device, and try it on a few words.

    With `verbose`, messages of the libraries are shown; they always go to standard error.

    Raises:
        UsageError, ModelError: as `check_spec`; or the model, its weights or its tokenizer cannot
            be loaded or do not fit together, or the longest text has no room for any token.
        CaptureError: the transformer inside the model has no attention.
    """
    check_spec(spec)
    device = find_device(spec.device)
    # Output of user code must not get into a report on standard output.
    with redirect_stdout(sys.stderr), quiet(verbose), importable(spec):
        source = from_factory(spec) if spec.factory is not None else from_folder(spec)
        return _prepare(spec, source, device)


def load_module(
    module: nn.Module,
    tokenizer: PreTrainedTokenizerBase | None,
    spec: ModelSpec,
    *,
    verbose: bool = False,
) -> LoadedModel:
    """Prepare an existing module for an analysis, as `load_model` does.

    `spec` gives the options; its names of folders are ignored. The module is changed: it stays in
    evaluation mode on the device of `spec`. `borrowed` restores it afterwards.

    Raises:
        ModelError, CaptureError: as `load_model`.
    """
    device = find_device(spec.device)
    with redirect_stdout(sys.stderr), quiet(verbose):
        return _prepare(spec, from_objects(module, tokenizer, spec), device)


def from_folder(spec: ModelSpec) -> ModelSource:
    """Load the folder or hub id that `spec` names."""
    bundled = bundled_name(spec.model)
    name = str(spec.model) if bundled is None else str(model_folder(bundled))
    loaded = load_pretrained(spec, name, _dtype(spec))
    folder = expanded(name)
    kind: Kind = "folder" if folder.is_dir() else "hub"
    shown = _last_name(name)
    if bundled is not None:
        kind, shown = "demo", f"reportgen {bundled}"
    remarks = [loaded.remark, _adapter_remark(shown, loaded.adapter)]
    settings = tokenizer = (name, spec.revision)
    if loaded.adapter is not None:
        # Sentence encoders and training save settings and tokenizer beside an adapter, or not.
        base = (loaded.adapter.base, loaded.adapter.base_revision)
        settings = settings if held_file(name, "modules.json", spec.revision) else base
        tokenizer = tokenizer if holds_tokenizer(name, spec.revision) else base
    return ModelSource(
        loaded.module,
        kind,
        shown,
        loaded.architecture,
        settings[0],
        spec.dtype,
        tuple(remark for remark in remarks if remark is not None),
        whole=loaded.whole,
        revision=settings[1],
        tokenizer_place=tokenizer,
    )


def _adapter_remark(name: str, adapter: Adapter | None) -> str | None:
    """A remark that an adapter was merged into its base; None for a whole model."""
    if adapter is None:
        return None
    return (
        f"{name} is an adapter ({adapter.kind}) of the base model {_last_name(adapter.base)}; it "
        "was merged into its weights"
    )


def _last_name(name: str) -> str:
    """A hub id, or the last part of the path of a folder."""
    folder = expanded(name)
    return folder.resolve().name if folder.is_dir() else name


def from_factory(spec: ModelSpec) -> ModelSource:
    """Build the module with the factory of `spec`, and load its checkpoint."""
    assert spec.factory is not None
    module = build_module(spec).to(_dtype(spec))
    remarks: tuple[str, ...] = ()
    if spec.checkpoint is not None:
        load_checkpoint(module, spec.checkpoint)
    else:
        remarks = ("no --checkpoint: the weights are those the factory loaded, or made up, itself",)
    kind = type(module).__name__
    return ModelSource(
        module, "factory", kind, kind, None, spec.dtype, remarks, factory=spec.factory
    )


def from_objects(
    module: nn.Module, tokenizer: PreTrainedTokenizerBase | None, spec: ModelSpec
) -> ModelSource:
    """Take an existing module; `tokenizer` is None if the module has its own."""
    part, remark, came_from, whole = module, None, "", None
    if isinstance(module, PreTrainedModel):
        _, part, remark = reported_part(module, spec)
        came_from = str(module.name_or_path or "")
        whole = whole_model(module, spec)
    path = expanded(came_from)
    folder = came_from if came_from and path.is_dir() else None
    is_path = folder is not None or path.is_absolute() or came_from.startswith(".")
    name = (path.resolve().name if is_path else came_from) or type(module).__name__
    if hasattr(module, "peft_config"):
        name = f"{name} + adapter"
    floats = (weight.dtype for weight in module.parameters() if weight.is_floating_point())
    dtype = str(next(floats, torch.float32)).removeprefix("torch.")
    remarks = tuple(
        each for each in (HANDED_OVER, remark, _idle_adapter_remark(module)) if each is not None
    )
    kind = type(part).__name__
    return ModelSource(part, "factory", name, kind, folder, dtype, remarks, tokenizer, whole)


def _idle_adapter_remark(module: nn.Module) -> str | None:
    """A remark that a LoRA in `module` changes nothing, as one that was never trained or whose
    weights were not found; None for others."""
    weights = [weight for name, weight in module.named_parameters() if ".lora_B." in name]
    if not weights or any(bool(weight.any()) for weight in weights):
        return None
    return "the adapter changes nothing, as its weights are zero: was it trained, and loaded?"


def _dtype(spec: ModelSpec) -> torch.dtype:
    dtype: torch.dtype = getattr(torch, spec.dtype)
    return dtype


def _prepare(spec: ModelSpec, source: ModelSource, device: torch.device) -> LoadedModel:
    """Prepare the module of `source` for an analysis, on `device`."""
    module = source.module.eval()
    encoder_name, encoder = find_encoder(module, spec.encoder)
    facts = read_facts(encoder)
    tokenizer = _tokenizer(spec, source)
    require_fit(tokenizer, encoder)
    read = other_inputs(module)
    beside = f"{source.architecture} also reads {read}; here it reads texts alone" if read else None
    sentence = find_sentence_modules(spec, source.folder, source.revision, source.module is encoder)
    prompts = chosen_prompts(spec, sentence)
    if sentence is not None and sentence.needs_module(has_prompts=any(prompts)):
        module, encoder_name = SentenceEncoder(encoder, sentence).eval(), "transformer"
    remarks = (*source.remarks, beside, cut_at_the_end(tokenizer), prompts_remark(spec, sentence))
    sha256 = weights_sha256(LoadedState(module))
    pad_id = padding_id(tokenizer, encoder)
    whole = source.whole
    (whole or module).eval()
    if is_placed(whole or module):
        device = main_device(whole or module)
    else:
        (whole or module).to(device)
    encoder.config.use_cache = False  # its keys and values would never be used
    _make_callable(module, tokenizer, pad_id)
    trials = try_module(module, tokenizer, pad_id, device)
    reader = _choose_reader(spec, source, module, sentence, tokenizer, trials, facts.hidden_size)
    if spec.classes:
        reader = reader.with_class_names(spec.classes)
    max_tokens = _max_tokens(spec, source, tokenizer, facts.max_positions, reader)
    reader = reader.narrowed(module)
    output_name = spec.output_name and without_surrogates(spec.output_name)
    info = ModelInfo(
        name=source.name,
        source=source.kind,
        architecture=source.architecture,
        encoder=type(encoder).__name__,
        n_layers=facts.n_layers,
        n_heads=facts.n_heads,
        head_size=facts.head_size,
        max_tokens=max_tokens,
        is_causal=False,
        shares_layers=facts.shares_layers,
        n_parameters=sum(parameter.numel() for parameter in module.parameters()),
        dtype=source.dtype,
        weights_sha256=sha256,
        tokenizer=type(tokenizer).__name__,
        vocabulary_size=len(tokenizer),
        code_sha256=None if source.factory is None else code_sha256(source.factory),
        code_files=() if source.factory is None else loaded_files(source.factory),
    )
    return LoadedModel(
        module=module,
        encoder=encoder,
        encoder_name=encoder_name,
        tokenizer=tokenizer,
        pad_token_id=pad_id,
        device=device,
        info=info,
        output=reader.info(output_name),
        reader=reader,
        output_name=output_name,
        sentence=sentence,
        prompts=prompts,
        remarks=tuple(remark for remark in remarks if remark is not None),
        **_whole(whole, tokenizer),
    )


def _whole(whole: PreTrainedModel | None, tokenizer: PreTrainedTokenizerBase) -> dict[str, Any]:
    """The model whose encoder is loaded, under the name of what it does."""
    if whole is None:
        return {}
    if whole.config.is_encoder_decoder:
        return {"writer": find_writer(whole, tokenizer), "whole_kind": TargetReader.kind}
    task = whole_task(type(whole))
    return {"whole": whole, "whole_kind": None if task is None else task.kind}


def _tokenizer(spec: ModelSpec, source: ModelSource) -> PreTrainedTokenizerBase:
    trusted = spec.trust_remote_code
    if source.tokenizer is not None:
        require_vocabulary(source.tokenizer, source.name)
        return source.tokenizer
    if spec.tokenizer is not None:
        return load_tokenizer(spec.tokenizer, trust_remote_code=trusted)
    if source.kind == "demo":  # the bundled models share the tokenizer of the first
        return load_tokenizer(str(model_folder()))
    place = source.tokenizer_place or (source.folder, None)
    if place[0] is not None:
        return load_tokenizer(place[0], place[1], trust_remote_code=trusted)
    tokenizer = getattr(source.module, "tokenizer", None)
    if not isinstance(tokenizer, PreTrainedTokenizerBase):
        raise ModelError(
            f"{source.name} has no tokenizer of its own; name the folder of one with --tokenizer"
        )
    require_vocabulary(tokenizer, source.name)
    return tokenizer


def _make_callable(module: nn.Module, tokenizer: PreTrainedTokenizerBase, pad_id: int) -> None:
    """Make `module` accept batches padded with `pad_id`, without arguments a tokenizer lacks."""
    task = task_of(type(module)) if isinstance(module, PreTrainedModel) else None
    if isinstance(module, PreTrainedModel) and task is not None and task.finds_padding:
        # Decoders find the last token of each text by it, or accept only one text without it.
        module.config.get_text_config().pad_token_id = pad_id
    fill_required_arguments(module, "token_type_ids" in tokenizer.model_input_names)


def _choose_reader(
    spec: ModelSpec,
    source: ModelSource,
    module: nn.Module,
    sentence: SentenceModules | None,
    tokenizer: PreTrainedTokenizerBase,
    trials: tuple[Trial, Trial],
    hidden_size: int,
) -> OutputReader:
    """Choose how to read the module's output: by its class if that is known, else by the trials."""
    is_asked = spec.pooling is not None or spec.prediction_index is not None
    if isinstance(module, SentenceEncoder) and sentence is not None:
        pooled = " and ".join(sentence.poolings)
        return EmbeddingReader(None, trials[0].returned.shape[-1], made_by=pooled)
    if isinstance(module, PreTrainedModel) and not is_asked:
        known = reader_of_class(module, tokenizer, trials)
        if known is not None:
            return known
    return find_output(
        trials,
        hidden_size,
        prediction_index=spec.prediction_index,
        pooling=spec.pooling,
        default_pooling=(source.folder and folder_pooling(source.folder, source.revision))
        or "mean",
    )


def _max_tokens(
    spec: ModelSpec,
    source: ModelSource,
    tokenizer: PreTrainedTokenizerBase,
    positions: int | None,
    reader: OutputReader,
) -> int:
    """Most tokens of a text: as asked for, else the smaller limit of model and tokenizer."""
    if spec.max_length is not None:
        if positions is not None and spec.max_length > positions:
            raise ModelError(
                f"--max-length {spec.max_length}: the model takes at most {positions} tokens"
            )
        most = spec.max_length
    else:
        limits = [tokenizer.model_max_length, positions]
        if reader.is_cut_as_pooled and source.folder is not None:
            limits.append(folder_max_tokens(source.folder, source.revision))
        # Tokenizers without a limit have a huge number here.
        most = min((n for n in limits if n is not None and n < 10**9), default=_UNLIMITED_TOKENS)
    encode(tokenizer, "one", None, most)  # raises an error if there is only room for special tokens
    return most


@contextmanager
def quiet(verbose: bool) -> Iterator[None]:
    """Hide tables, progress bars and warnings of libraries while the context is open, unless
    `verbose`."""
    if verbose:
        yield
        return
    others = [logging.getLogger(name) for name in ("huggingface_hub", "accelerate")]
    verbosity, levels = transformers_logging.get_verbosity(), [logger.level for logger in others]
    has_bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    for logger in others:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        for logger, level in zip(others, levels, strict=True):
            logger.setLevel(level)
        if has_bars:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def load_tokenizer(
    name: str, revision: str | None = None, *, trust_remote_code: bool = False
) -> PreTrainedTokenizerBase:
    """Load the tokenizer from the folder or hub id `name`.

    Raises:
        ModelError: there is none, it needs a package that is not installed, or has no vocabulary.
    """
    folder = local_folder(name, "--tokenizer")
    if folder is not None:
        check_tokenizer_folder(folder)
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder or name, revision=revision, trust_remote_code=trust_remote_code
        )
    except ImportError as error:
        raise ModelError(f"{name}: its tokenizer needs a package: {first_line(error)}") from error
    except Exception as error:
        raise ModelError(
            f"{name}: its tokenizer cannot be loaded ({type(error).__name__}: "
            f"{first_line(error)}); copy or download it again, or name another with --tokenizer"
        ) from error
    require_vocabulary(tokenizer, name)
    return tokenizer


def require_vocabulary(tokenizer: PreTrainedTokenizerBase, name: str) -> None:
    """Check that a tokenizer has more than special tokens: without its files, transformers makes up
    an empty one.

    Raises:
        ModelError: it has special tokens only.
    """
    if len(tokenizer) <= len(set(tokenizer.all_special_ids)):
        raise ModelError(
            f"{name}: the tokenizer knows only {len(tokenizer)} special tokens, its vocabulary is "
            "missing; name the folder that has it with --tokenizer"
        )


def require_fit(tokenizer: PreTrainedTokenizerBase, encoder: PreTrainedModel) -> None:
    """Check that `encoder` has an embedding for every token id of the tokenizer.

    Raises:
        ModelError: it does not.
    """
    rows = embedding_rows(encoder)
    if rows is None:
        return
    highest = max(tokenizer.get_vocab().values(), default=-1)
    if highest >= rows:
        raise ModelError(
            f"the tokenizer has token ids up to {highest} ({len(tokenizer)} tokens), the model "
            f"knows {rows}: they do not belong together; name the model's own with --tokenizer"
        )


def cut_at_the_end(tokenizer: PreTrainedTokenizerBase) -> str | None:
    """Set `tokenizer` to cut long texts at their end, which is what reports show.

    Returns:
        A remark for the user if it was set to cut their start, else None.
    """
    if tokenizer.truncation_side == "right":
        return None
    tokenizer.truncation_side = "right"
    return (
        "the tokenizer is set to cut long texts at their start (truncation_side); "
        "here they are cut at their end"
    )


def padding_id(tokenizer: PreTrainedTokenizerBase, encoder: PreTrainedModel) -> int:
    """The padding id for batches: that of the model, else of the tokenizer, else any valid id."""
    rows = embedding_rows(encoder)
    for token_id in (
        getattr(encoder.config.get_text_config(), "pad_token_id", None),
        tokenizer.pad_token_id,
        tokenizer.eos_token_id,
    ):
        if isinstance(token_id, int) and token_id >= 0 and (rows is None or token_id < rows):
            return token_id
    return 0
