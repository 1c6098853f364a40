"""Loads an adapter of peft (LoRA and its kin) onto its base model and merges it into its weights.

What would be random is refused: weights of the adapter that are missing, or that have no place.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from threading import RLock
from typing import Any

import torch
import transformers
from transformers import PreTrainedConfig, PreTrainedModel

from reportgen.errors import ModelError, first_line, some
from reportgen.models.folders import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    Adapter,
    learned_vectors,
    local_adapter,
    local_folder,
    read_adapter,
)
from reportgen.models.loading.checkpoint import StateDict, read_state_dict
from reportgen.models.loading.held_files import held_file
from reportgen.models.spec import ModelSpec

# The class of transformers for each task of peft.
_CLASSES = {
    "SEQ_CLS": "AutoModelForSequenceClassification",
    "TOKEN_CLS": "AutoModelForTokenClassification",
    "QUESTION_ANS": "AutoModelForQuestionAnswering",
    "CAUSAL_LM": "AutoModelForCausalLM",
    "SEQ_2_SEQ_LM": "AutoModelForSeq2SeqLM",
    "FEATURE_EXTRACTION": "AutoModel",
}
# What peft puts before the names of the base model's weights.
_PREFIX = "base_model.model."
# What stands in the names of weights that were trained as a whole, such as those of a head.
_SAVED = ".modules_to_save"


def find_adapter(spec: ModelSpec, name: str) -> Adapter | None:
    """The adapter that the folder or hub id `name` holds; None for a whole model.

    Raises:
        ModelError: it cannot be read, or its base model is neither here nor an id on the hub.
    """
    folder = local_folder(name, "--model")
    if folder is not None:
        return local_adapter(folder, spec.base_model)
    path = held_file(name, ADAPTER_CONFIG, spec.revision)
    if path is not None:
        try:
            settings = json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise ModelError(f"{name}: {ADAPTER_CONFIG} is damaged; download it again") from error
        return read_adapter(name, settings, spec.base_model)
    if spec.base_model is not None:
        raise ModelError(f"--base-model: {name} is a whole model, not an adapter")
    return None


def read_weights(name: str, revision: str | None) -> StateDict:
    """The weights of the adapter `name`.

    Raises:
        ModelError: peft is not installed, or they are missing or damaged.
    """
    if find_spec("peft") is None:
        raise ModelError(
            f"{name}: an adapter, and peft is not installed; "
            "pip install 'attention-reportgen[peft]'"
        )
    for file in ADAPTER_WEIGHTS:
        path = held_file(name, file, revision)
        if path is not None:
            return read_state_dict(path)
    raise ModelError(f"{name}: no weights of the adapter ({' or '.join(ADAPTER_WEIGHTS)})")


def adapted_class(adapter: Adapter, config: PreTrainedConfig) -> Any:
    """The class to load the base model with, by what the adapter was trained for; None if the
    adapter does not say, which leaves it to the base model."""
    if adapter.task in _CLASSES:
        return getattr(transformers, _CLASSES[adapter.task])
    return getattr(transformers, adapter.architecture or "", None)


def fit_head(
    config: PreTrainedConfig, model_class: Any, weights: StateDict, *, trust_remote_code: bool
) -> None:
    """Give `config` as many labels as the head has that was saved with the adapter."""
    with torch.device("meta"):
        made = (
            model_class.from_config(config, trust_remote_code=trust_remote_code)
            if model_class.__name__.startswith("AutoModel")
            else model_class(config)
        )
    for key, tensor in made.state_dict().items():
        saved = weights.get(f"{_PREFIX}{key}")
        is_head = saved is not None and tensor.ndim and tensor.shape[0] == config.num_labels
        if is_head and saved is not None and saved.shape[0] != tensor.shape[0]:
            config.num_labels = saved.shape[0]
            return


def merged(
    module: PreTrainedModel, name: str, adapter: Adapter, weights: StateDict, revision: str | None
) -> Any:
    """`module` with the adapter `name` merged into its weights.

    Raises:
        ModelError: it cannot be merged, or does not fit the module.
    """
    import peft

    _resize_vocabulary(module, weights)
    try:
        config = peft.PeftConfig.from_pretrained(
            str(local_folder(name, "--model") or name), revision=revision
        )
        if config.is_prompt_learning:
            raise ModelError(learned_vectors(name, adapter.kind))
        if getattr(config, "megatron_config", None):  # names a package to import
            raise ModelError(f"{name}: an adapter for Megatron, not for transformers")
        adapted: Any = peft.get_peft_model(module, config)
        peft.set_peft_model_state_dict(adapted, dict(weights))  # older ones take keys out
        saved = peft.get_peft_model_state_dict(adapted, save_embedding_layers=False)
        _require_whole(name, adapter, weights, saved, adapted.state_dict())
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"{name}: the adapter ({adapter.kind}) does not fit {adapter.base} "
            f"({type(error).__name__}: {first_line(error)}); name the model that it was trained on "
            "with --base-model"
        ) from error
    try:
        with _bars_without_processes():
            return adapted.merge_and_unload().eval()
    except Exception as error:
        raise ModelError(
            f"{name}: peft cannot merge the adapter ({adapter.kind}) into {adapter.base} "
            f"({type(error).__name__}: {first_line(error)}); hand the model over in Python: "
            "reportgen.analyze(texts, peft.PeftModel.from_pretrained(base, adapter), tokenizer)"
        ) from error


@contextmanager
def _bars_without_processes() -> Iterator[None]:
    """Within it, progress bars lock out threads alone. What locks out processes, too, would be left
    behind by a worker that ends at once, and Python would complain of it."""
    from tqdm import tqdm  # that peft and transformers come with

    before = vars(tqdm).get("_lock")
    tqdm.set_lock(RLock())
    try:
        yield
    finally:
        if before is None:
            del tqdm._lock
        else:
            tqdm.set_lock(before)


def _resize_vocabulary(module: PreTrainedModel, weights: StateDict) -> None:
    """Give `module` as many rows of embeddings as were saved with an adapter to which tokens were
    added."""
    embeddings: Any = module.get_input_embeddings()
    path = next(name for name, inner in module.named_modules() if inner is embeddings)
    names = (f"{_PREFIX}{path}.weight", f"{_PREFIX}{path}.base_layer.weight")
    saved = next((weights[name] for name in names if name in weights), None)
    if saved is not None and saved.shape[0] != embeddings.weight.shape[0]:
        module.resize_token_embeddings(saved.shape[0], mean_resizing=False)


def _require_whole(
    name: str,
    adapter: Adapter,
    weights: StateDict,
    saved: Collection[str],
    held: Collection[str],
) -> None:
    """Check the names of the `weights` of an adapter: all that it would be `saved` with are there,
    and no others but what its base model `held`, which peft passes over in silence."""
    lacking = sorted(key.removeprefix(_PREFIX) for key in saved if key not in weights)
    if lacking:
        raise ModelError(
            f"{name}: weights of the adapter are missing: {len(lacking)} ({some(lacking)}); save "
            "it again with model.save_pretrained(folder)"
        )
    # peft saves embeddings twice where tokens were added: once under a name that it does not read.
    extra = [key for key in weights if key.replace(_SAVED, "") not in {*saved, *held}]
    if extra:
        homeless = sorted(key.removeprefix(_PREFIX) for key in extra)
        raise ModelError(
            f"{name}: {len(homeless)} weights of the adapter have no place in {adapter.base} "
            f"({some(homeless)}); name the model that it was trained on with --base-model"
        )


def without_adapters(
    report: Mapping[str, Collection[Any]], weights: StateDict
) -> dict[str, Collection[Any]]:
    """The `report` on loading a base model, without what the adapter brings."""
    brought = {key.removeprefix(_PREFIX) for key in weights}
    missing = {key for key in report["missing_keys"] if key not in brought}
    # What has another shape in the base model is a head that the adapter must bring.
    other_shape = {key for key, *_ in report["mismatched_keys"] if key not in brought}
    return {**report, "missing_keys": missing | other_shape}
