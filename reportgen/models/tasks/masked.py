"""Masked language models: their encoder where texts have no mask, else the whole model."""

from transformers import PreTrainedModel

from reportgen.errors import ModelError
from reportgen.models.loaded import LoadedModel, filler_remark, with_whole
from reportgen.models.readers.language_models.masks import MaskReader
from reportgen.models.trial_run import Entry, figures_by_token, try_module
from reportgen.texts.read import TextSet

_LOGITS = ("logits", "prediction_logits")  # where masked language models return them


def ready_for_masks(model: LoadedModel, texts: TextSet) -> LoadedModel:
    """`model`, prepared to fill in masks if it is a masked language model and any text has a mask.

    Raises:
        ModelError: its logits are not for the tokens of its tokenizer.
    """
    mask, module = model.tokenizer.mask_token, model.filler
    if module is None or mask is None:
        return model
    if not any(mask in part for text in texts.texts for part in (text.text, text.pair or "")):
        return model
    reader = MaskReader(model.tokenizer, _logits(model, module))
    return with_whole(model, module, reader, filler_remark(type(module).__name__))


def _logits(model: LoadedModel, module: PreTrainedModel) -> Entry:
    """The part of what `module` returns that has a figure for each token of the tokenizer."""
    trials = try_module(module, model.tokenizer, model.pad_token_id, model.device)
    for entry in _LOGITS:
        width = figures_by_token(trials, entry)
        if width is not None and width >= len(model.tokenizer):
            return entry
    raise ModelError(
        f"{type(module).__name__} does not predict tokens, so it fills in no masks; report its "
        "embedding with --pooling mean"
    )
