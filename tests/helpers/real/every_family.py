"""Tiny random models of every family of transformers that reads token ids.

A model is made of its family's own default configuration, whose sizes are replaced by `SIZES` and
by what stands for the family in `CHANGES`; nothing is downloaded.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.models.auto import modeling_auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from helpers.real.models import spread_weights, tiny_tokenizer

MOST_PARAMETERS = 3_000_000
_WIDTHS = ("hidden_size", "d_model", "n_embd", "dim", "emb_dim", "word_embed_proj_dim", "lru_width")
_LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
_SIDES = ("encoder", "decoder")
_HEADS = ("num_attention_heads", "n_head", "n_heads", "num_heads")
_INNER = ("intermediate_size", "d_ff", "ffn_dim", "hidden_dim", "d_inner", "ffn_hidden_size")
_WINDOWS = ("sliding_window", "attention_chunk_size", "local_attention", "attention_window_size")
SIZES: Mapping[str, int] = {
    **dict.fromkeys(_WIDTHS, 32),
    **dict.fromkeys(_LAYERS, 4),
    **dict.fromkeys(_HEADS, 4),
    **dict.fromkeys(_INNER, 64),
    **dict.fromkeys(_WINDOWS, 4),
    **{f"{side}_layers": 2 for side in _SIDES},
    **{f"num_{side}_layers": 2 for side in _SIDES},
    **{f"{side}_attention_heads": 4 for side in _SIDES},
    **{f"num_{side}_attention_heads": 4 for side in _SIDES},
    **{f"{side}_ffn_dim": 64 for side in _SIDES},
    **dict.fromkeys(("num_key_value_heads", "num_kv_heads", "multi_query_group_num"), 2),
    **dict.fromkeys(("head_dim", "d_kv", "d_head", "kv_channels", "attention_head_dim"), 8),
    **dict.fromkeys(("qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"), 8),
    **dict.fromkeys(("q_lora_rank", "kv_lora_rank", "embedding_size"), 16),
    **dict.fromkeys(("true_hidden_size", "intra_bottleneck_size"), 16),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "max_seq_len"), 130),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts"), 4),
    **dict.fromkeys(("num_experts_per_tok", "moe_topk"), 2),
    **dict.fromkeys(("n_shared_experts", "n_group", "topk_group"), 1),
    **dict.fromkeys(("moe_intermediate_size", "shared_expert_intermediate_size"), 32),
    "expert_ffn_size": 32,
    "hidden_size_per_layer_input": 8,
    "num_kv_shared_layers": 0,
    **dict.fromkeys(("mamba_d_state", "state_size"), 8),
    **dict.fromkeys(("mamba_n_heads", "mamba_num_heads", "n_mamba_heads"), 4),
    **dict.fromkeys(("mamba_d_head", "mamba_head_dim", "mamba_headdim"), 16),
    "mamba_n_groups": 1,
    "conv_kernel": 4,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
}
_VOCABULARIES = (
    "vocab_size",
    "vocab_size_per_layer_input",
    "src_vocab_size",
    "tgt_vocab_size",
    "decoder_vocab_size",
)
# [PAD], [CLS], [SEP] and [MASK] of the tokenizer.
_IDS = {
    "pad_token_id": 0,
    **dict.fromkeys(("bos_token_id", "cls_token_id"), 2),
    **dict.fromkeys(("eos_token_id", "sep_token_id"), 3),
    "decoder_start_token_id": 0,
    "mask_token_id": 4,
}
# What a family's configuration needs to hold together at this size, or to have layers of each kind.
_UNGROUPED = {"num_key_value_heads": 4}
_HEAD_DIM = {"head_dim": 8}
_ROTARY = {"rotary_dim": 4}
_TYPES = {"type_vocab_size": 2}
_MLA = {"num_key_value_heads": 4, "qk_head_dim": 16}
_HYBRID = {"layer_types": ["linear_attention", "full_attention"] * 2}
_CONV = {"layer_types": ["conv", "full_attention"] * 2}
_WINDOWED = {"layer_types": ["sliding_attention", "full_attention"] * 2}
CHANGES: Mapping[str, Mapping[str, Any]] = {
    **dict.fromkeys(("axk1", "axk2", "deepseek_v3", "deepseek_v32"), _MLA),
    "deepseek_v2": {**_MLA, "num_experts_per_tok": 2},
    "mistral4": {**_MLA, "head_dim": 8, "qk_rope_head_dim": 8},
    **dict.fromkeys(("glm4_moe_lite", "glm_moe_dsa", "minicpm3", "sarvam_mla", "youtu"), _MLA),
    **dict.fromkeys(("dots3_note", "dots3_note_text"), _UNGROUPED),
    **dict.fromkeys(("hunyuan_v1_dense", "hunyuan_v1_moe", "dots1"), _HEAD_DIM),
    **dict.fromkeys(("qwen3_next", "qwen3_5_text", "qwen3_5_moe_text", "minimax"), _HYBRID),
    **dict.fromkeys(("olmo_hybrid", "granitemoehybrid"), _HYBRID),
    **dict.fromkeys(("lfm2", "lfm2_moe", "lfm3"), _CONV),
    **dict.fromkeys(("gptj", "codegen"), _ROTARY),
    "bamba": {"attn_layer_indices": [1, 3]},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "ministral": {"head_dim": 8, **_WINDOWED},
    "cohere_compass_text": {"layer_types": ["full_attention"] * 4},
    "esmc": {"num_key_value_heads": 4},
    "funnel": {"block_sizes": [2, 2], "architectures": ["FunnelModel"]},
    "gemma2": _WINDOWED,
    "gemma3_text": _WINDOWED,
    "gemma4_text": {**_WINDOWED, "global_head_dim": 16},
    "gpt_neo": {"attention_types": [[["global", "local"], 2]], "window_size": 4},
    **dict.fromkeys(("mra", "xlm-roberta-xl", "yoso"), _TYPES),
    "led": {"attention_window": 4},
    "lilt": {"hidden_size": 48, "max_2d_position_embeddings": 64},
    "layoutlmv3": {"coordinate_size": 4, "shape_size": 8, "input_size": 32},
    "longformer": {"attention_window": 4, "pad_token_id": 1, "sep_token_id": 2},
    "longt5": {"local_radius": 3},
    "luke": {"entity_vocab_size": 20, "entity_emb_size": 16},
    "mamba2": {"num_heads": 4, "head_dim": 16},
    "falcon_h1": {"mamba_d_ssm": 64},
    "nemotron_h": {"n_groups": 1, **_HYBRID},
    "neomme": {"head_dim": 16},
    "reformer": {"axial_pos_embds_dim": [16, 16], "axial_pos_shape": [8, 16], "is_decoder": False},
    "roc_bert": {"pronunciation_vocab_size": 20, "shape_vocab_size": 20},
    "squeezebert": {"embedding_size": 32},
    "xmod": {"default_language": "en_XX"},
    "zaya": {"num_experts_per_tok": 1},
}
_DECODER = {"is_decoder": True, "add_cross_attention": True}  # of one that reads an encoder
_HEADS_BY_NAME: Mapping[str, str] = {
    "sequence": "MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES",
    "causal": "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES",
    "masked": "MODEL_FOR_MASKED_LM_MAPPING_NAMES",
    "seq2seq": "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES",
    "base": "MODEL_MAPPING_NAMES",
    "token": "MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES",
    "question": "MODEL_FOR_QUESTION_ANSWERING_MAPPING_NAMES",
    "choice": "MODEL_FOR_MULTIPLE_CHOICE_MAPPING_NAMES",
    "next sentence": "MODEL_FOR_NEXT_SENTENCE_PREDICTION_MAPPING_NAMES",
    "pretraining": "MODEL_FOR_PRETRAINING_MAPPING_NAMES",
}
_N_LABELS = {"question": 2, "token": 3}
_TEXT_HEADS = ("sequence", "causal", "masked", "seq2seq")
# Every head of these is tried; of others the first that it has, and these too.
_ALL_HEADS = ("albert", "bert", "roberta", "distilbert", "gpt2", "llama", "bart", "t5", "xlm")
_ALWAYS = ("seq2seq", "choice")
# What stands for these sizes does not hold together.
_LEFT_OUT = ("mistral4", "bailing_hybrid")
# Families that read images, sound or tables: they are named, not shown.
OTHERS = ("vit", "clip", "layoutlmv3", "tapas", "lxmert", "visual_bert", "whisper", "wav2vec2")


@dataclass(frozen=True, slots=True)
class Case:
    """A family with one head."""

    family: str
    head: str
    form: str = ""  # of its attention, where it is not the usual one

    @property
    def name(self) -> str:
        """What it is called in a folder and on the terminal."""
        return " ".join(filter(None, (self.family, self.form, self.head)))

    @property
    def listed(self) -> str:
        """What it is called in a list of families."""
        return f"{self.family} ({self.form})" if self.form else self.family


class NotTiny(Exception):
    """A family that cannot be made this small, or needs a package that is not installed."""


def cases() -> Iterator[Case]:
    """Every family that reads token ids, with its heads."""
    by_head = {head: getattr(modeling_auto, name) for head, name in _HEADS_BY_NAME.items()}
    families = dict.fromkeys(family for head in _TEXT_HEADS for family in by_head[head])
    for family in (*families, *(o for o in OTHERS if o not in families)):
        heads = [head for head in by_head if family in by_head[head]]
        if family in _LEFT_OUT:
            continue
        if family not in _ALL_HEADS:
            heads = [head for head in heads if head == heads[0] or head in _ALWAYS]
        yield from (Case(family, head) for head in heads)
    yield from FORMS


# Other forms of attention than the usual one of a family, with the settings that make them.
FORMS: Mapping[Case, Mapping[str, Any]] = {
    Case("longt5", "seq2seq", "transient-global"): {
        "encoder_attention_type": "transient-global",
        "global_block_size": 4,
    }
}


def model_class(case: Case) -> type[PreTrainedModel]:
    """The class of transformers that has the head."""
    name = getattr(modeling_auto, _HEADS_BY_NAME[case.head])[case.family]
    found: type[PreTrainedModel] = getattr(transformers, name if isinstance(name, str) else name[0])
    return found


def save(case: Case, folder: Path) -> Path:
    """A folder with a tiny random model, and a tokenizer.

    Raises:
        NotTiny: these sizes do not make a model of the family.
    """
    kind = "bytes_plain" if case.head == "causal" else "wordpiece"
    if case.family == "longformer":
        kind = "bytes"  # with choices it wants three [SEP] in each text
    tokenizer = tiny_tokenizer(kind)
    changes = {**CHANGES.get(case.family, {}), **FORMS.get(case, {})}
    changes["num_labels"] = _N_LABELS.get(case.head, 1)
    if case.head == "causal" and "bert" in case.family:
        changes["is_decoder"] = True
    # Qwen2's class of tokenizers adds a token.
    try:
        config = tiny(CONFIG_MAPPING[case.family], len(tokenizer) + 8, changes)
        kind = model_class(case)
        with torch.device("meta"):
            n_parameters = sum(parameter.numel() for parameter in kind(config).parameters())
        if n_parameters > MOST_PARAMETERS:
            raise NotTiny(f"{n_parameters:,} parameters")
        torch.manual_seed(0)
        model = kind(config).eval()
    except Exception as error:
        raise NotTiny(f"{type(error).__name__}: {error}".splitlines()[0]) from error
    spread_weights(model)
    path = folder / case.name.replace(" ", "-")
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def tiny(kind: type[PreTrainedConfig], n_tokens: int, changes: Mapping[str, Any]) -> Any:
    """The default configuration of its family, with the sizes of `SIZES`."""
    usual = kind()
    own = vars(usual)
    sizes: dict[str, Any] = {
        name: size
        for name, size in SIZES.items()
        if type(own.get(name)) is int and name not in kind.attribute_map
    }
    sizes |= {name: n_tokens for name in _VOCABULARIES if name in own}
    sizes |= _IDS
    for name in getattr(kind, "sub_configs", {}):
        inner = own.get(name)
        if isinstance(inner, PreTrainedConfig) and type(inner) is not PreTrainedConfig:
            own_role = _DECODER if name == "decoder" and getattr(inner, "is_decoder", False) else {}
            sizes[name] = tiny(type(inner), n_tokens, own_role).to_dict()
    return kind(**{**sizes, **changes})
