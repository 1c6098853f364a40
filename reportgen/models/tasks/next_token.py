"""Reads the next token of a causal language model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase

from reportgen.errors import ModelError
from reportgen.models.architecture import accepted_arguments
from reportgen.models.tasks.model_task import ModelTask, TriedModule
from reportgen.models.tasks.reader import (
    OutputReader,
    TextPrediction,
    distinct,
    last_tokens,
    spell,
    token_id,
)
from reportgen.models.tasks.target import EntryTarget
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.trial_run import entries, reads_ahead
from reportgen.results import OutputInfo
from reportgen.texts import TextInput

if TYPE_CHECKING:
    from reportgen.models.loaded import LoadedModel


N_NEXT_TOKENS = 5


@dataclass(frozen=True, slots=True)
class NextTokenReader(OutputReader):
    """Reads the log-probabilities of the token after the last."""

    kind = "next_token"
    target = EntryTarget("next_token")
    is_over_vocabulary = True
    described = "the next token"
    tokenizer: PreTrainedTokenizerBase
    is_narrowed: bool = False  # only logits of last tokens come, see `keep_last_logits`

    def narrowed(self, module: nn.Module) -> "NextTokenReader":
        """The reader of `module`, which computes the logits of last tokens alone from now on, if it
        can."""
        return replace(self, is_narrowed=keep_last_logits(module))

    def values(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> Tensor:
        """The log-probabilities of all tokens, `[text, vocabulary]`."""
        logits: Tensor = entries(returned)["logits"]
        last = last_tokens(inputs.get("attention_mask", torch.ones_like(inputs["input_ids"])))
        rows = torch.searchsorted(distinct(last), last) if self.is_narrowed else last
        last_logits = logits[torch.arange(len(rows), device=rows.device), rows]
        return last_logits.float().log_softmax(dim=-1)

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        """One prediction per text, with the likeliest tokens."""
        values = self.values(returned, inputs).detach()
        best = values.topk(min(N_NEXT_TOKENS, values.shape[1]), dim=1)
        pairs = zip(best.values.tolist(), best.indices.tolist(), strict=True)
        return [self._next_tokens(scores, ids) for scores, ids in pairs]

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report."""
        return OutputInfo("next_token", name or "next token")

    def encode(self, model: "LoadedModel", source: TextInput) -> EncodedText:
        """Tokenise a text.

        Raises:
            ModelError: it has a pair.
        """
        require_no_pair(source)
        return super(NextTokenReader, self).encode(model, source)

    def token_index(self, option: str, name: str) -> int:
        """The id of the token `name`."""
        return token_id(self.tokenizer, option, name)

    def entry_name(self, index: int) -> str:
        """The token with the id `index`."""
        return spell(self.tokenizer, index)

    def _next_tokens(self, scores: list[float], ids: list[int]) -> TextPrediction:
        names = tuple(spell(self.tokenizer, token_id) for token_id in ids)
        is_finite = all(abs(score) < float("inf") for score in scores)  # False for NaN as well
        return TextPrediction(
            None, names[0] if is_finite else None, tuple(scores), names, is_finite
        )


def require_no_pair(source: TextInput) -> None:
    """Check that a text has no pair.

    Raises:
        ModelError: it has one.
    """
    if source.pair is not None:
        raise ModelError(
            "it has a pair, and a model that writes takes none; put both into the text, or leave "
            "the pairs out (--pair-column '')"
        )


def keep_last_logits(module: nn.Module) -> bool:
    """Make a causal language model compute logits of the last token of each text only, because all
    logits take more memory than everything else. False if its forward has no such option."""
    if "logits_to_keep" not in accepted_arguments(module):
        return False

    def narrow(module: nn.Module, args: Any, kwargs: dict[str, Any]) -> Any:
        if "logits_to_keep" in kwargs:  # asked for by the reader of completions
            return None
        mask = kwargs.get("attention_mask", torch.ones_like(kwargs["input_ids"]))
        return args, {**kwargs, "logits_to_keep": distinct(last_tokens(mask))}

    module.register_forward_pre_hook(narrow, with_kwargs=True)
    return True


def _reader(tried: TriedModule) -> NextTokenReader | None:
    if not tried.returns("logits"):
        return None
    if reads_ahead(tried.trials):
        raise ModelError(
            f"{type(tried.module).__name__} reads texts in both directions, so it does not predict "
            "a next token; report its embedding with --pooling mean"
        )
    return NextTokenReader(tried.tokenizer)


TASK = ModelTask(endings=("ForCausalLM", "LMHeadModel"), reader=_reader)
