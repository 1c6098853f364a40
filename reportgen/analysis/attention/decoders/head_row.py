"""The row of a decoder that a head reads: BART and T5 classify a text by what their decoder makes
of it.

Their decoder reads the text once more, behind the token that starts every target; the head reads
one row of its last layer, or for the answer to a question a row for each token of the context.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from reportgen.errors import CaptureError
from reportgen.models import (
    EncodedText,
    LoadedModel,
    OutputReader,
    TargetTokens,
)


@dataclass(frozen=True, slots=True, eq=False)
class HeadRow:
    """Where the head reads, in any text."""

    tokenizer: PreTrainedTokenizerBase
    start: int  # the token that the decoder reads in front of the text
    end: int | None  # it reads where the last token with this id stands; None: at the last token
    reader: OutputReader | None = None  # that knows the rows; None: it reads one

    def tokens(self, text: EncodedText) -> TargetTokens:
        """What the decoder reads of `text` up to that row, and then the token in whose place the
        head reads, as if that was the one to write; or all such tokens."""
        at = len(text.ids) - 1
        if self.end is not None:
            at = max((i for i, token in enumerate(text.ids) if token == self.end), default=at)
        ids = (self.start, *text.ids[: at + 1])
        rows = None if self.reader is None else self.reader.head_rows(text)
        return TargetTokens(
            ids=ids,
            tokens=tuple(self.tokenizer.convert_ids_to_tokens(list(ids))),
            spans=(None,) * len(ids),  # they have places in the text, none in a completion
            specials=(True, *[role is not None for role in text.roles[: at + 1]]),
            units=tuple(range(len(ids))),
            n_given=1 + (rows[0] if rows else at),
        )


def find_head_row(model: LoadedModel, text: EncodedText) -> tuple[PreTrainedModel, HeadRow] | None:
    """The encoder-decoder in a `model` whose output is read from its decoder, with the row of it
    that is read, tried on `text`; None where it is read from no decoder.

    Raises:
        CaptureError: it is read from several rows, or the decoder reads something else than the
            text.
    """
    whole = _whole(model.module)
    known = model.reader.head_rows(text)
    if whole is None or known is None:
        return None
    decoder: nn.Module = whole.get_decoder()  # type: ignore[no-untyped-call]
    (read,), (rows,) = _run(model, decoder, [text])
    if not rows:
        return None
    if read[1:] != text.ids[:-1]:
        raise CaptureError("it reads something else than the text")
    if known:
        if rows != list(known):
            raise CaptureError("the answer is read from other rows than those of the context")
        return whole, HeadRow(model.tokenizer, read[0], None, model.reader)
    if len(rows) > 1:
        raise CaptureError(f"the output is read from {len(rows)} of its rows")
    end = whole.config.eos_token_id
    places = [i for i, token in enumerate(text.ids) if token == end]
    if places[-1:] != rows:
        end = None
        if rows != [len(text.ids) - 1]:
            raise CaptureError("the output is read from a row in the middle of the text")
    return whole, HeadRow(model.tokenizer, read[0], end)


def reads_the_same_row(model: LoadedModel, long: EncodedText, short: EncodedText) -> bool:
    """Whether a head that reads a decoder reads the same rows of it for `short` in a batch with
    `long` as for `short` alone; true of other models.

    T5Gemma's head goes one row further where padding follows, whatever that changes.
    """
    whole = _whole(model.module)
    if whole is None or model.reader.head_rows(short) != ():
        return True
    decoder: nn.Module = whole.get_decoder()  # type: ignore[no-untyped-call]
    alone, together = (_run(model, decoder, texts)[1] for texts in ([short], [long, short]))
    return alone[0] == together[-1]


def _whole(module: nn.Module) -> PreTrainedModel | None:
    """The encoder-decoder in `module` that has a decoder of its own; None without one."""
    for inner in module.modules():
        if isinstance(inner, PreTrainedModel) and inner.config.is_encoder_decoder:
            decoder: Any = inner.get_decoder()  # type: ignore[no-untyped-call]
            return inner if isinstance(decoder, nn.Module) and decoder is not inner else None
    return None


def _run(
    model: LoadedModel, decoder: nn.Module, texts: Sequence[EncodedText]
) -> tuple[list[tuple[int, ...]], list[list[int]]]:
    """Of each text of one batch: the ids that the decoder reads, and the rows of its output that
    the model's depends on; none where it does not run."""
    ids: list[Tensor] = []
    leaves: list[Tensor] = []

    def see(module: nn.Module, args: Any, kwargs: Mapping[str, Any]) -> None:
        given = kwargs.get("input_ids", args[0] if args else None)
        if isinstance(given, Tensor):
            ids.append(given)

    def cut(module: nn.Module, args: Any, output: Any) -> Any:
        """Let the graph start at the output of the decoder."""
        leaves.append(output[0].detach().requires_grad_())
        torch.set_grad_enabled(True)
        if isinstance(output, tuple):
            return (leaves[-1], *output[1:])
        output["last_hidden_state"] = leaves[-1]
        return output

    inputs = model.inputs(texts)
    with torch.no_grad(), ExitStack() as hooks:
        for handle in (
            decoder.register_forward_pre_hook(see, with_kwargs=True),
            decoder.register_forward_hook(cut),
        ):
            hooks.callback(handle.remove)
        outputs = model.reader.values(model.module(**inputs), inputs, texts)
    if not ids or not outputs.requires_grad:
        return [()] * len(texts), [[]] * len(texts)
    (gradient,) = torch.autograd.grad(outputs[:, 0].sum(), leaves[-1])
    rows = [sizes.nonzero().flatten().tolist() for sizes in gradient.abs().amax(-1)]
    return [tuple(text_ids) for text_ids in ids[-1].tolist()], rows
