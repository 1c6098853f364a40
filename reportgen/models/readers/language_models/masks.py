"""Reads the tokens that a masked language model puts in the place of each mask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor
from transformers import PreTrainedTokenizerBase

from reportgen.errors import ModelError
from reportgen.models.readers.language_models.next_token import N_NEXT_TOKENS
from reportgen.models.readers.reader import Prediction, spell
from reportgen.models.readers.steps import StepReader, places
from reportgen.models.tokens.encoded import EncodedText, Step
from reportgen.models.trial_run import Entry
from reportgen.results.info import OutputInfo


@dataclass(frozen=True, slots=True)
class MaskReader(StepReader):
    """Reads the log-probability of every token at each mask."""

    kind = "masks"
    scalar = "masks"
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
        held = tuple(i for i, (own, role) in enumerate(pairs) if own == mask and role is None)
        if not held:
            raise ModelError(
                f"it has no mask; write {self.tokenizer.mask_token} where the model is to fill in "
                "a word"
            )
        return replace(text, steps=tuple(map(Step, held)), held=held)

    def sample(self, text: EncodedText) -> EncodedText:
        """`text` as trial runs need it: its last content token is a mask."""
        last = max(i for i, role in enumerate(text.roles) if role is None)
        mask = self.tokenizer.mask_token_id
        ids = tuple(mask if i == last else own for i, own in enumerate(text.ids))
        return self.marked(replace(text, ids=ids))

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[Prediction]:
        """One prediction per text, with the likeliest tokens at each of its masks."""
        found = []
        for row, text in zip(self._rows(returned, texts), texts, strict=True):
            best = row.detach().topk(min(N_NEXT_TOKENS, row.shape[1]), dim=1)
            names = [[spell(self.tokenizer, i) for i in ids] for ids in best.indices.tolist()]
            is_finite = bool(best.values.isfinite().all())
            label = " ".join(own[0].strip() for own in names) if is_finite else None
            scores = tuple(best.values.flatten().tolist())
            held = tuple(places(text))
            every = tuple(name for own in names for name in own)
            found.append(Prediction(None, label, scores, every, is_finite, held, held))
        return found

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report."""
        return OutputInfo("masks", name or "masks")

    def entry_name(self, index: int) -> str:
        """The token with the id `index`."""
        return spell(self.tokenizer, index)
