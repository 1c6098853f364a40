"""Reads the tokens that a masked language model puts in the place of each mask; where texts have no
mask, its encoder is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from reportgen.errors import ModelError
from reportgen.models.loaded import LoadedModel, with_whole
from reportgen.models.tasks.model_task import ModelTask, WholeTask
from reportgen.models.tasks.next_token import N_NEXT_TOKENS
from reportgen.models.tasks.reader import StepReader, TextPrediction, places, spell, token_id
from reportgen.models.tasks.target import StepTarget
from reportgen.models.tokens.encoded import EncodedText, TokenStep
from reportgen.models.trial_run import Entry, figures_by_token, try_module
from reportgen.results import OutputInfo
from reportgen.texts import TextInput, TextSet


@dataclass(frozen=True, slots=True)
class MaskReader(StepReader):
    """Reads the log-probability of every token at each mask."""

    kind = "masks"
    target = StepTarget("masks")
    place = "its mask {}"
    is_over_vocabulary = True
    described = "a token for each mask"
    tokenizer: PreTrainedTokenizerBase
    entry: Entry  # the part of what is returned that has a row of logits for each token

    def marked(self, text: EncodedText) -> EncodedText:
        """`text` with a step at each mask that is written in it; masks stay when other tokens are
        left out.

        Raises:
            ModelError: there is none.
        """
        mask = self.tokenizer.mask_token_id
        pairs = zip(text.ids, text.roles, strict=True)
        held = tuple(i for i, (token, role) in enumerate(pairs) if token == mask and role is None)
        if not held:
            raise ModelError(
                f"it has no mask; write {self.tokenizer.mask_token} where the model is to fill in "
                "a word"
            )
        return replace(text, steps=tuple(map(TokenStep, held)), held=held)

    def encode(self, model: LoadedModel, source: TextInput) -> EncodedText:
        """Tokenise a text, with a step at each of its masks.

        Raises:
            ModelError: it has none.
        """
        text = super(MaskReader, self).encode(model, source)
        return text if source.is_blank else self.marked(text)

    def token_index(self, option: str, name: str) -> int:
        """The id of the token `name`."""
        return token_id(self.tokenizer, option, name)

    def sample(self, text: EncodedText) -> EncodedText:
        """`text` as trial runs need it: its last content token is a mask."""
        last = max(i for i, role in enumerate(text.roles) if role is None)
        mask = self.tokenizer.mask_token_id
        ids = tuple(mask if i == last else token for i, token in enumerate(text.ids))
        return self.marked(replace(text, ids=ids))

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        """One prediction per text, with the likeliest tokens at each of its masks."""
        predictions = []
        for row, text in zip(self.rows(returned, texts), texts, strict=True):
            best = row.detach().topk(min(N_NEXT_TOKENS, row.shape[1]), dim=1)
            names = [[spell(self.tokenizer, i) for i in ids] for ids in best.indices.tolist()]
            is_finite = bool(best.values.isfinite().all())
            label = (
                " ".join(alternatives[0].strip() for alternatives in names) if is_finite else None
            )
            scores = tuple(best.values.flatten().tolist())
            held = tuple(places(text))
            every = tuple(name for alternatives in names for name in alternatives)
            predictions.append(TextPrediction(None, label, scores, every, is_finite, held, held))
        return predictions

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report."""
        return OutputInfo("masks", name or "masks")

    def entry_name(self, index: int) -> str:
        """The token with the id `index`."""
        return spell(self.tokenizer, index)


_LOGITS = ("logits", "prediction_logits")  # where masked language models return them


def ready_for_masks(model: LoadedModel, texts: TextSet) -> LoadedModel:
    """`model`, prepared to fill in masks if it is a masked language model and any text has a mask.

    Raises:
        ModelError: its logits are not for the tokens of its tokenizer.
    """
    mask, module = model.tokenizer.mask_token, model.whole
    if module is None or mask is None or model.whole_kind != MaskReader.kind:
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


def filler_remark(kind: str) -> str:
    """The remark on a masked language model of the class `kind` when no text has a mask."""
    return (
        f"{kind} has no output for a whole text; the embedding of its encoder is reported. To have "
        "it fill in words, write its mask ([MASK], <mask>) in the texts"
    )


def _can_fill(module: PreTrainedModel) -> bool:
    table: object = module.get_output_embeddings()  # type: ignore[no-untyped-call]
    return table is not None


TASK = ModelTask(
    endings=("ForMaskedLM", "ForPreTraining", "WithLMHeadModel"),  # the last is a class of XLM
    has_text_output=False,
    whole=WholeTask(kind="masks", can=_can_fill, remark=filler_remark),
    ready=ready_for_masks,
)
