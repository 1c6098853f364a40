"""A module run on a few words, to learn before any text is analysed what it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from reportgen.errors import ModelError
from reportgen.model.encoder import accepted_arguments
from reportgen.model.usercode import describe

# Two runs with different numbers of texts and of tokens: what keeps its shape is of the text.
_BATCHES = (("one two three four five six", "one two three", "one"), ("one two", "one"))
# For modules that take one text at a time.
_SINGLES = (("one two three four five six",), ("one two",))


@dataclass(frozen=True, slots=True)
class Trial:
    """One run: what went in, each tensor `[text, token]`, and what came out."""

    inputs: Mapping[str, Tensor]
    returned: Any

    @property
    def n_texts(self) -> int:
        """Texts of the batch."""
        return int(self.inputs["input_ids"].shape[0])

    @property
    def n_tokens(self) -> int:
        """Tokens of its longest text."""
        return int(self.inputs["input_ids"].shape[1])


def try_module(
    module: nn.Module, tokenizer: PreTrainedTokenizerBase, pad_id: int, device: torch.device
) -> tuple[Trial, ...]:
    """Run `module` twice, on batches that differ in texts and tokens.

    Raises:
        ModelError: it takes no token ids, or its code fails.
    """
    accepted = accepted_arguments(module)
    name = type(module).__name__
    if "input_ids" not in accepted:
        raise ModelError(
            f"forward of {name} takes ({', '.join(sorted(accepted))}), no input_ids; "
            "only models that read token ids can be analysed"
        )
    failure: Exception | None = None
    for batches in (_BATCHES, _SINGLES):
        try:
            trials = []
            for texts in batches:
                inputs = _inputs(tokenizer, texts, pad_id, device)
                given = {key: value for key, value in inputs.items() if key in accepted}
                # Not inference mode: a tensor the module keeps must allow gradients later.
                with torch.no_grad():
                    trials.append(Trial(inputs, module(**given)))
            return tuple(trials)
        except Exception as error:
            failure = failure or error
    assert failure is not None
    raise ModelError(f"{name} cannot be run: {describe(failure)}") from failure


def is_causal(encoder: PreTrainedModel, trial: Trial) -> bool:
    """Whether no token of `encoder` sees a later one: a new last token changes nothing before it.

    Takes the first text of `trial`, which has no padding.
    """
    ids = trial.inputs["input_ids"][:1]
    changed = ids.clone()
    others = ids[0][ids[0] != ids[0, -1]]
    if not len(others):
        return False
    changed[0, -1] = others[0]
    mask = torch.ones_like(ids)
    try:
        with torch.no_grad():
            before, after = (
                encoder(input_ids=given, attention_mask=mask)[0][:, :-1] for given in (ids, changed)
            )
    except Exception:  # it runs inside its module, so it needs something that module gives it
        return bool(getattr(encoder.config, "is_decoder", False))
    return torch.equal(before, after)


def _inputs(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], pad_id: int, device: torch.device
) -> dict[str, Tensor]:
    """The batch of `texts`, padded on the right."""
    rows = [tokenizer(text, verbose=False) for text in texts]
    size = max(len(row["input_ids"]) for row in rows)

    def padded(values: list[list[int]], fill: int) -> Tensor:
        return torch.tensor([v + [fill] * (size - len(v)) for v in values], device=device)

    ids = [list(row["input_ids"]) for row in rows]
    inputs = {
        "input_ids": padded(ids, pad_id),
        "attention_mask": padded([[1] * len(row) for row in ids], 0),
    }
    if all("token_type_ids" in row for row in rows):
        inputs["token_type_ids"] = padded([list(row["token_type_ids"]) for row in rows], 0)
    return inputs
