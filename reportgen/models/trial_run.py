"""Runs a module on a few words, to find out what it returns before any text is analysed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase

from reportgen.errors import ModelError
from reportgen.models.architecture import accepted_arguments
from reportgen.models.configuration import other_inputs
from reportgen.models.loading.factory import describe
from reportgen.models.tokens.encoded import encode
from reportgen.models.tokens.padding import pad

# Two runs with different numbers of texts and tokens show which axes of the output are texts or
# tokens. The first text of one begins with the first text of the other, see `reads_ahead`.
_BATCHES = (("one two three four five six", "one two three", "one"), ("one two", "one"))
# For modules that accept one text at a time.
_SINGLES = (("one two three four five six",), ("one two",))
_MAX_TOKENS = 64  # more than these texts have with any tokenizer
# Name or index of a part of what a module returns; None if it returns a single tensor.
Entry: TypeAlias = int | str | None


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a module: its inputs, each `[text, token]`, and what it returned."""

    inputs: Mapping[str, Tensor]
    returned: Any

    @property
    def n_texts(self) -> int:
        """The number of texts in the batch."""
        return int(self.inputs["input_ids"].shape[0])

    @property
    def n_tokens(self) -> int:
        """The number of tokens of the first text, which is the longest."""
        return int(self.inputs["input_ids"].shape[1])


def try_module(
    module: nn.Module, tokenizer: PreTrainedTokenizerBase, pad_id: int, device: torch.device
) -> tuple[Trial, Trial]:
    """Run `module` twice, on batches with different numbers of texts and tokens.

    Raises:
        ModelError: it does not accept token ids, or its code fails.
    """
    accepted = accepted_arguments(module)
    name = type(module).__name__
    if "input_ids" not in accepted:
        read = other_inputs(module)
        raise ModelError(
            f"forward of {name} takes ({', '.join(sorted(accepted))}), no input_ids; "
            + (f"it reads {read}, and " if read else "")
            + "only models that read token ids can be analysed"
        )

    def run(texts: Sequence[str]) -> Trial:
        encoded = [encode(tokenizer, text, None, _MAX_TOKENS) for text in texts]
        inputs = pad(encoded, pad_id, accepted, device)
        # Not inference mode: tensors that the module keeps must allow gradients later.
        with torch.no_grad():
            return Trial(inputs, module(**inputs))

    failure: Exception | None = None
    for first, second in (_BATCHES, _SINGLES):
        try:
            return run(first), run(second)
        except Exception as error:
            failure = failure or error
    assert failure is not None
    if read := other_inputs(module):
        raise ModelError(
            f"{name} cannot be run on texts alone; it also reads {read} ({describe(failure)})"
        ) from failure
    raise ModelError(f"{name} cannot be run: {describe(failure)}") from failure


def entries(returned: Any) -> dict[Entry, Any]:
    """The parts of what a module returned, which may be a mapping, dataclass, tuple or tensor."""
    if isinstance(returned, Mapping):
        return {str(key): value for key, value in returned.items()}
    if is_dataclass(returned):
        return {f.name: getattr(returned, f.name) for f in fields(returned)}
    if isinstance(returned, tuple | list):
        named: dict[Entry, Any] = {"logits": returned.logits} if hasattr(returned, "logits") else {}
        return named | dict(enumerate(returned))
    if hasattr(returned, "logits"):
        return {"logits": returned.logits}
    return {None: returned}


def figures_by_text(trials: Sequence[Trial], entry: Entry) -> int | None:
    """The width of `entry` if it is `[text]` or `[text, figure]` in all trials, else None.

    Rows must have the same width however many tokens the texts have.
    """
    widths = set()
    for trial, value in _floats(trials, entry):
        if value is None:
            return None
        shape = tuple(value.shape)
        if shape == (trial.n_texts,) or (trial.n_texts == 1 and shape == ()):
            widths.add(1)
        elif len(shape) == 2 and shape[0] == trial.n_texts:
            widths.add(shape[1])
        else:
            return None
    return widths.pop() if len(widths) == 1 else None


def figures_by_token(trials: Sequence[Trial], entry: Entry) -> int | None:
    """The width of `entry` if it is `[text, token, figure]` in all trials, else None."""
    widths = set()
    for trial, value in _floats(trials, entry):
        if value is None or value.ndim != 3:
            return None
        if tuple(value.shape[:2]) != (trial.n_texts, trial.n_tokens):
            return None
        widths.add(int(value.shape[2]))
    return widths.pop() if len(widths) == 1 else None


def reads_ahead(trials: tuple[Trial, Trial]) -> bool:
    """Whether the `logits` of a token, `[text, token, figure]`, depend on later tokens.

    They do not if two texts with the same beginning have the same logits there.
    """
    one, other = (trial.inputs["input_ids"][0].tolist() for trial in trials)
    alike = 0
    while alike < min(len(one), len(other)) and one[alike] == other[alike]:
        alike += 1
    first, second = (entries(trial.returned)["logits"][0, :alike] for trial in trials)
    # Half of the digits, because batches of different sizes are summed in different orders.
    tolerance = torch.finfo(first.dtype).eps ** 0.5
    gap, scale = (first - second).abs(), first.abs()
    return alike > 0 and float(gap.max()) > tolerance * float(scale.max())


def describe_returned(trial: Trial) -> str:
    """The shapes of what the module returned, for an error message."""

    def one(value: Any) -> str:
        return str(list(value.shape)) if isinstance(value, Tensor) else type(value).__name__

    parts = [
        f"{entry} {one(value)}" if isinstance(entry, str) else one(value)
        for entry, value in entries(trial.returned).items()
    ]
    return f"({', '.join(parts)}) for {trial.n_texts} texts of {trial.n_tokens} tokens"


def _floats(trials: Sequence[Trial], entry: Entry) -> list[tuple[Trial, Tensor | None]]:
    """Each trial with the tensor `entry`; None if that is not a float tensor with values."""
    pairs = []
    for trial in trials:
        value = entries(trial.returned).get(entry)
        has_figures = isinstance(value, Tensor) and value.is_floating_point() and value.numel()
        pairs.append((trial, value if has_figures else None))
    return pairs
