"""A model in a transformers folder or on the hub, with every weight it needs or not at all."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import HfHubHTTPError
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel

from reportgen.errors import ModelError
from reportgen.model.output import head_of
from reportgen.model.spec import ModelSpec, Pooling, local_folder
from reportgen.model.usercode import first_line

# Heads that give something for every token, or need more than one text: their encoder is reported.
_UNUSED_HEADS = (
    "ForMaskedLM",
    "ForPreTraining",
    "WithLMHeadModel",
    "ForConditionalGeneration",
    "ForTokenClassification",
    "ForQuestionAnswering",
    "ForQuestionAnsweringSimple",
    "ForMultipleChoice",
    "ForNextSentencePrediction",
    "DoubleHeadsModel",
)
# How sentence-transformers calls its ways of pooling.
_POOLING_NAMES: dict[str, Pooling] = {"mean": "mean", "cls": "cls", "lasttoken": "last"}
_OLD_POOLING_KEYS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_lasttoken": "lasttoken",
}


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A loaded folder."""

    module: PreTrainedModel
    architecture: str  # the class that the folder names
    remark: str | None  # why the report shows another output than the folder's own


def load_pretrained(spec: ModelSpec, name: str, dtype: torch.dtype) -> Pretrained:
    """Load the folder, or the hub id, `name`, as the class its configuration names.

    Of a masked language model, and of heads that give something for every token, only the encoder
    is loaded; so it is for any model where `spec.pooling` asks for the embedding.

    Raises:
        ModelError: it cannot be loaded, or some of its weights are missing.
    """
    folder = local_folder(name, "--model")
    source = folder or name
    options = {"revision": spec.revision, "trust_remote_code": spec.trust_remote_code}
    try:
        config: PreTrainedConfig = AutoConfig.from_pretrained(source, **options)
    except Exception as error:
        raise _failure(name, folder, error) from error
    architecture = next(iter(config.architectures or ()), None)
    loader, remark = _loader(name, architecture, config, spec)
    try:
        module, report = loader.from_pretrained(
            source,
            config=config,
            dtype=dtype,
            attn_implementation="eager",
            output_loading_info=True,
            **options,
        )
    except Exception as error:
        raise _failure(name, folder, error) from error
    _require_weights(name, architecture, module, report["missing_keys"], report["unexpected_keys"])
    if report["missing_keys"]:
        module.pooler = None  # what is left missing; nothing reads it
    if config.is_encoder_decoder and head_of(type(module)) is None:
        module = module.get_encoder()
    return Pretrained(module, architecture or type(module).__name__, remark)


def folder_pooling(name: str, revision: str | None) -> Pooling | None:
    """How sentence-transformers pools the model `name`; None where it says nothing we can do."""
    setting = _json(name, "1_Pooling/config.json", revision)
    modes = setting.get("pooling_mode") or [
        mode for key, mode in _OLD_POOLING_KEYS.items() if setting.get(key)
    ]
    modes = [modes] if isinstance(modes, str) else modes
    return _POOLING_NAMES.get(modes[0]) if len(modes) == 1 else None


def folder_max_tokens(name: str, revision: str | None) -> int | None:
    """Where sentence-transformers cuts a text of the model `name`; None where it does not say."""
    size = _json(name, "sentence_bert_config.json", revision).get("max_seq_length")
    return size if isinstance(size, int) else None


def _json(name: str, file: str, revision: str | None) -> dict[str, Any]:
    """A settings file beside a model, {} where it has none."""
    folder = Path(name).expanduser()
    try:
        path = folder / file if folder.is_dir() else hf_hub_download(name, file, revision=revision)
        setting = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError, HfHubHTTPError):
        return {}
    return setting if isinstance(setting, dict) else {}


def _loader(
    name: str, architecture: str | None, config: PreTrainedConfig, spec: ModelSpec
) -> tuple[Any, str | None]:
    """The class to load with, and a remark where its head is left out."""
    if architecture is None:
        return AutoModel, None
    if architecture.endswith(_UNUSED_HEADS):
        return AutoModel, (
            f"{architecture} has an output for every token or none for one text; "
            "the embedding of its encoder is reported instead"
        )
    known = getattr(transformers, architecture, None)
    if known is not None:
        if spec.pooling is not None and head_of(known) is not None:
            return AutoModel, f"--pooling: the embedding, not the output of {architecture}"
        return known, None
    for auto_class, reference in (getattr(config, "auto_map", None) or {}).items():
        if str(reference).endswith(f".{architecture}"):
            return getattr(transformers, auto_class), None
    raise ModelError(
        f"{name}: transformers {transformers.__version__} has no class {architecture}; "
        "load it by its own code with --factory file.py:Class"
    )


def _require_weights(
    name: str,
    architecture: str | None,
    module: PreTrainedModel,
    missing: Collection[str],
    unexpected: Collection[str],
) -> None:
    if architecture is None and unexpected:
        raise ModelError(
            f"{name}: its weights have a head ({_some(unexpected)}) but config.json does not name "
            'its class; add it, such as "architectures": ["BertForSequenceClassification"]'
        )
    # What a bare encoder puts out for each token does not pass its pooler.
    is_bare = module.base_model is module
    needed = [key for key in missing if not (is_bare and key.startswith("pooler."))]
    if not needed:
        return
    kind = type(module).__name__
    if not is_bare and not any(key.startswith(f"{module.base_model_prefix}.") for key in needed):
        raise ModelError(
            f"{name}: the weights of the head are missing ({_some(needed)}), so {kind} would "
            "predict at random; name a fine-tuned checkpoint, or report the embedding with "
            "--pooling mean"
        )
    raise ModelError(
        f"{name}: {len(needed)} weights of {kind} are missing ({_some(needed)}); "
        "save the model again with save_pretrained"
    )


def _failure(name: str, folder: Path | None, error: Exception) -> ModelError:
    message = first_line(error)
    if "trust_remote_code" in str(error):
        return ModelError(
            f"{name}: holds Python code that loading it would run; read it, then allow it with "
            "--trust-remote-code"
        )
    if "ignore_mismatched_sizes" in str(error):
        return ModelError(
            f"{name}: its weights have other shapes than config.json says; the two files belong "
            "to different models"
        )
    if folder is None:
        return ModelError(
            f"{name}: neither a folder here nor a model that can be fetched ({message}); check "
            "the name and the connection"
        )
    return ModelError(f"{name}: cannot be loaded ({type(error).__name__}: {message})")


def _some(keys: Collection[str]) -> str:
    return ", ".join(sorted(keys)[:5]) + (", ..." if len(keys) > 5 else "")
