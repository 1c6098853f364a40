"""Multiple choice: a model that picks one of the choices of a text."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from reportgen.errors import ModelError, quoted
from reportgen.models.architecture import accepted_arguments, embedding_table
from reportgen.models.device import tolerances
from reportgen.models.encoder import find_encoder
from reportgen.models.loaded import LoadedModel, with_whole
from reportgen.models.loading.factory import describe
from reportgen.models.tasks.model_task import ModelTask, WholeTask
from reportgen.models.tasks.reader import OutputReader, TextPrediction
from reportgen.models.tasks.target import ChoiceTarget
from reportgen.models.tokens.encoded import (
    EncodedText,
    encode,
    most_characters,
    too_long_to_tokenise,
)
from reportgen.models.tokens.padding import pad, plan_batches
from reportgen.models.tokens.perturbed_texts import keep, without
from reportgen.models.trial_run import entries
from reportgen.results import OutputInfo
from reportgen.texts import TextInput, TextSet

# Inputs of the texts with the other choices are called like those of a text, behind this.
OTHERS = "other_"
_TEXT, _CHOICE = 0, 1  # segments
_NO_CHOICE = -torch.inf  # in place of the logit of one that a text does not have
_INPUTS = frozenset(("input_ids", "attention_mask", "token_type_ids"))
# Two choices of different length, which are run alone and together.
_SAMPLE = ("one", ("two", "three four five"))
_ALL = 10**9  # tokens; nothing is cut
_TOKENS = 1024  # of a batch, with all choices
_WINDOW = 128  # texts that are tokenised together


@dataclass(frozen=True, slots=True)
class ChoiceReader(OutputReader):
    """Reads the logit of each choice: of the text with one choice, and of it with each other."""

    kind = "choice"
    target = ChoiceTarget()
    place = "its choice {}"
    described = "one of the choices that each text has"
    pad_token_id: int
    names: tuple[str, ...] = ()  # of the columns that the choices are from

    def encode(self, model: LoadedModel, source: TextInput) -> EncodedText:
        """Tokenise a text with each of its choices.

        Raises:
            ModelError: there are fewer than two, one is empty, or they leave no room for the text.
        """
        most = model.info.max_tokens
        if source.is_blank:  # it is not analysed
            return encode(model.tokenizer, source.text, None, most)
        seconds = [source.lead + choice if choice.strip() else "" for choice in source.choices]
        return encode_choices(model.tokenizer, source.text, seconds, source.chosen or 0, most)

    def has_second(self, source: TextInput) -> bool:
        """A choice is a second segment."""
        return source.pair is not None or bool(source.choices)

    def with_added(self, model: LoadedModel, sources: Sequence[TextInput]) -> list[TextInput]:
        """`sources`, each with the choice that `model` picks."""
        return with_chosen(sources, model)

    def beside(self, texts: Sequence[EncodedText]) -> dict[str, Tensor]:
        """The texts with their other choices, one below another and padded on the right; for each
        row its text, and for each token the position that it is a copy of, -1 for none."""
        others = [other for text in texts for other in text.others]
        padded = pad(others, self.pad_token_id, _INPUTS, torch.device("cpu"))
        size = padded["input_ids"].shape[1]
        copies = [
            [-1 if copy is None else copy for copy in other.copies] + [-1] * (size - len(other.ids))
            for other in others
        ]
        rows = [row for row, text in enumerate(texts) for _ in text.others]
        inputs = {f"{OTHERS}{name}": value for name, value in padded.items()}
        return inputs | {"other_texts": torch.tensor(rows), "other_copies": torch.tensor(copies)}

    def values(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> Tensor:
        """The logit of each choice, `[text, choice]`, -inf where a text has fewer."""
        first, other = returned["own"].float(), returned["others"].float()
        rows, start = [], 0
        for logit, text in zip(first, texts, strict=True):
            rest = other[start : start + len(text.others)]
            start += len(text.others)
            rows.append(torch.cat([rest[: text.choice], logit[None], rest[text.choice :]]))
        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=_NO_CHOICE)

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        """One prediction per text, with the logits of its choices."""
        values = self.values(returned, inputs, texts).detach()
        predictions = []
        for row, text in zip(values, texts, strict=True):
            scores = row[: text.n_sequences]
            predictions.append(
                TextPrediction(
                    None, None, tuple(scores.tolist()), (), bool(scores.isfinite().all())
                )
            )
        return predictions

    def sample(self, text: EncodedText) -> EncodedText:
        """`text` as trial runs need it: its first content token is the text, the rest a choice; the
        other choice lacks the last of these."""
        content = [i for i, role in enumerate(text.roles) if role is None]
        segments = tuple(
            _CHOICE if i in content[1:] else segment for i, segment in enumerate(text.segments)
        )
        first = replace(text, segments=segments)
        return put_together([first, without(first, content[2:][-1:])], 0)

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report."""
        return OutputInfo("choice", name or "choice", self.names)


class ChoiceModel(nn.Module):
    """Reads a text with one choice and, in a run apart, with the others of its choices.

    What measures the inside of the model sees the first alone: the others run through a twin, which
    shares its weights. In a graph, tokens that both have share their embeddings too, so that the
    gradient at a token of the text is the one through all choices.
    """

    def __init__(self, inner: PreTrainedModel) -> None:
        super().__init__()
        self.inner = inner
        self._twin = (twin_of(inner),)  # in a tuple, so that its weights are not counted again
        self._table = (embedding_table(find_encoder(inner)[1]),)
        self._twin_table = (embedding_table(find_encoder(self._twin[0])[1]),)
        self._takes = accepted_arguments(inner)
        self.pads = True  # whether texts of different length can run together

    @property
    def twin(self) -> PreTrainedModel:
        """What the other choices run through."""
        return self._twin[0]

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        other_input_ids: Tensor | None = None,
        other_attention_mask: Tensor | None = None,
        other_token_type_ids: Tensor | None = None,
        other_texts: Tensor | None = None,
        other_copies: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """The logits of the texts with their first choice, `own` `[text]`, and of those with the
        others, `others` `[row]`; see `ChoiceReader.beside`."""
        given = {
            "input_ids": input_ids,
            "attention_mask": attention_mask,
            "token_type_ids": token_type_ids,
        }
        with _seen(self._table[0]) as seen:
            first = self._logits(self.inner, given)
        if other_input_ids is None:
            return {"own": first, "others": first[:0]}
        assert other_texts is not None
        assert other_copies is not None
        rest = {
            "input_ids": other_input_ids,
            "attention_mask": other_attention_mask,
            "token_type_ids": other_token_type_ids,
        }
        shared = seen[0] if seen and torch.is_grad_enabled() else None
        logits = [
            self._others(
                {name: None if v is None else v[rows, columns] for name, v in rest.items()},
                shared,
                other_texts[rows],
                other_copies[rows, columns],
            )
            for rows, columns in self._parts(other_attention_mask)
        ]
        return {"own": first, "others": torch.cat(logits)}

    def _parts(self, mask: Tensor | None) -> list[tuple[slice, slice]]:
        """Which rows of the others run together, with which columns: none of padding, unless texts
        of different length can run together."""
        if self.pads or mask is None:
            return [(slice(None), slice(None))]
        return [(slice(i, i + 1), slice(int(row.sum()))) for i, row in enumerate(mask)]

    def _others(
        self,
        given: Mapping[str, Tensor | None],
        shared: Tensor | None,
        texts: Tensor,
        copies: Tensor,
    ) -> Tensor:
        table = self._twin_table[0]
        if shared is None or table is None:
            return self._logits(self._twin[0], given)
        with _replaced(table, shared, texts, copies):
            return self._logits(self._twin[0], given)

    def _logits(self, module: nn.Module, given: Mapping[str, Tensor | None]) -> Tensor:
        """`[row]`: each row is the only choice of a text."""
        single = {
            name: value[:, None]
            for name, value in given.items()
            if value is not None and name in self._takes
        }
        logits: Tensor = entries(module(**single))["logits"]
        return logits.reshape(-1)


def twin_of(module: PreTrainedModel) -> PreTrainedModel:
    """A second module with the weights and configurations of `module` itself; hooks on one are not
    called by the other."""
    shared: dict[int, Any] = {}
    for tensor in chain(module.parameters(), module.buffers()):
        shared[id(tensor)] = tensor
    for part in module.modules():
        config = getattr(part, "config", None)
        if config is not None:
            shared[id(config)] = config
    return deepcopy(module, shared)


@contextmanager
def _seen(table: nn.Module | None) -> Iterator[list[Tensor]]:
    """A context in which the first output of `table` is kept, as other hooks left it; nothing
    without a table."""
    seen: list[Tensor] = []
    if table is None:
        yield seen
        return

    def keep(module: nn.Module, args: Any, output: Tensor) -> None:
        if not seen:
            seen.append(output)

    with table.register_forward_hook(keep):
        yield seen


@contextmanager
def _replaced(table: nn.Module, shared: Tensor, texts: Tensor, copies: Tensor) -> Iterator[None]:
    """A context in which the output of `table` has, for each token that is a copy, the embedding
    that it has in `shared`, `[text, position, width]`.

    Args:
        texts: `[row]`, the text of each row.
        copies: `[row, position]`, the position in it that a token is a copy of; -1 for none.
    """

    def swap(module: nn.Module, args: Any, output: Tensor) -> Tensor:
        # Longformer adds padding of its own; XLNet has [position, row].
        more = output.shape[1] - copies.shape[1] if len(output) == len(copies) else 0
        places = nn.functional.pad(copies, (0, max(0, more)), value=-1)
        is_turned = output.shape[:2] != places.shape
        vectors = output.transpose(0, 1) if is_turned else output
        whole = shared.transpose(0, 1) if is_turned else shared
        copied = whole[texts[:, None], places.clamp(min=0)]
        swapped = torch.where((places >= 0)[..., None], copied, vectors)
        return swapped.transpose(0, 1) if is_turned else swapped

    with table.register_forward_hook(swap):
        yield


def ready_for_choices(model: LoadedModel, texts: TextSet) -> LoadedModel:
    """`model`, prepared to pick one of the choices of each text if it can and any text has choices.
    A model that cannot reads the texts without choices, with a remark."""
    if not any(text.choices for text in texts.texts):
        return model
    inner = model.whole if model.whole_kind == ChoiceReader.kind else None
    if inner is None:
        remark = f"choices of the texts are not used: the model's output is {model.output.kind}"
        return replace(model, remarks=(*model.remarks, remark.replace("_", " ")))
    reader = ChoiceReader(model.pad_token_id, texts.choice_names)
    whole = with_whole(model, inner, reader, chooser_remark(type(inner).__name__))
    module = ChoiceModel(inner).eval()
    path = f"inner.{whole.encoder_name}".rstrip(".")
    whole = replace(whole, module=module, encoder_name=path)
    module.pads = _can_pad(whole)
    return whole


def _can_pad(model: LoadedModel) -> bool:
    """Whether the logit of a text is the same in a padded batch as alone.

    Raises:
        ModelError: the model fails on a text with choices.
    """
    module = model.module
    assert isinstance(module, ChoiceModel)
    long = encode_choices(model.tokenizer, *_SAMPLE, 1, _ALL)
    others = (*long.others, replace(long, others=(), copies=(None,) * len(long.ids)))
    inputs = model.inputs([replace(long, others=others)])
    logits = []
    try:
        for pads in (True, False):
            module.pads = pads
            with torch.no_grad():
                logits.append(module(**inputs)["others"].float())
    except (Exception, SystemExit) as error:  # user code may call exit()
        reason = quoted(describe(error))
        raise ModelError(f"{model.info.name} fails on a text with two choices: {reason}") from error
    gap = float((logits[0] - logits[1]).abs().max() / logits[1].abs().max().clamp(min=1e-9))
    return gap <= tolerances(model.info.dtype).together


def with_chosen(texts: Sequence[TextInput], model: LoadedModel) -> list[TextInput]:
    """`texts`, each with the choice that `model` picks as its second segment, behind the pair that
    it had. A text that fails keeps none; it fails again where errors are recorded."""
    extended: list[TextInput] = []
    for start in range(0, len(texts), _WINDOW):
        window = texts[start : start + _WINDOW]
        led = [replace(text, lead=f"{text.pair} " if text.pair else "") for text in window]
        chosen = _chosen(model, [_encoded(model, text) for text in led])
        extended += map(_with_second, led, chosen)
    return extended


def _with_second(source: TextInput, chosen: int | None) -> TextInput:
    if chosen is None:
        return source
    return replace(source, pair=source.lead + source.choices[chosen], chosen=chosen)


def _encoded(model: LoadedModel, source: TextInput) -> EncodedText | None:
    try:
        text = model.reader.encode(model, source)
    except Exception:  # a tokenizer may be user code
        return None
    return text if text.others else None


def _chosen(model: LoadedModel, texts: Sequence[EncodedText | None]) -> list[int | None]:
    """The index of the choice with the largest logit, for each of `texts`."""
    rows = [i for i, text in enumerate(texts) if text is not None]
    known = [text for text in texts if text is not None]
    choices: list[int | None] = [None] * len(texts)
    n_sequences = max((text.n_sequences for text in known), default=1)
    lengths = [len(text.ids) for text in known]
    for batch in plan_batches(lengths, max(1, _TOKENS // n_sequences)):
        try:
            chosen = _run(model, [known[i] for i in batch])
        except (Exception, SystemExit):  # one of them may be the cause; user code may call exit()
            chosen = [_run_alone(model, known[i]) for i in batch]
        for i, place in zip(batch, chosen, strict=True):
            choices[rows[i]] = place
    return choices


def _run(model: LoadedModel, texts: Sequence[EncodedText]) -> list[int | None]:
    inputs = model.inputs(texts)
    with torch.no_grad():
        values = model.reader.values(model.module(**inputs), inputs, texts)
    return list(values.argmax(dim=1).tolist())


def _run_alone(model: LoadedModel, text: EncodedText) -> int | None:
    try:
        return _run(model, [text])[0]
    except (Exception, SystemExit):
        return None


def encode_choices(
    tokenizer: PreTrainedTokenizerBase,
    text: str,
    seconds: Sequence[str],
    chosen: int,
    max_tokens: int,
) -> EncodedText:
    """Tokenise `text` with each of `seconds`, the second segments of its choices. Returns the
    `chosen` one, with the others attached.

    Of what is too long for `max_tokens` with the longest choice, the end of the text is cut, in all
    of them at the same place. Nothing is cut of a choice.

    Raises:
        ModelError: there are fewer than two, one is empty, or they leave no room for the text.
    """
    _require_choices(seconds)
    begun = text[: most_characters(max_tokens)]
    every = []
    for number, second in enumerate(seconds, 1):
        if too_long_to_tokenise(second, max_tokens):
            raise ModelError(f"its choice {number} has far more than {max_tokens:,} tokens")
        every.append(encode(tokenizer, begun, second, _ALL))
    room = max_tokens - max(len(encoded.ids) - encoded.segments.count(_TEXT) for encoded in every)
    if room < min(1, every[0].segments.count(_TEXT)):
        raise ModelError(
            f"its choices leave no room for the text in {max_tokens:,} tokens; shorten them, or "
            "give a larger --max-length"
        )
    every = [replace(_cut(encoded, room), is_early=len(begun) < len(text)) for encoded in every]
    return put_together(every, chosen)


def put_together(every: Sequence[EncodedText], chosen: int) -> EncodedText:
    """The `chosen` one of `every` (a text with each of its choices), with the others attached."""
    text = every[chosen]
    others = (replace(other, copies=_copies(other, text)) for other in every if other is not text)
    return replace(text, choice=chosen, others=tuple(others))


def _require_choices(seconds: Sequence[str]) -> None:
    if len(seconds) < 2:
        amount = "no choices" if not seconds else "one choice alone"
        raise ModelError(
            f"it has {amount}; give two or more in columns choice1, choice2 and so on "
            "(--choice-columns), or a list in a column choices"
        )
    empty = next((i for i, second in enumerate(seconds, 1) if not second.strip()), None)
    if empty is not None:
        raise ModelError(f"its choice {empty} of {len(seconds)} is empty")


def _cut(text: EncodedText, room: int) -> EncodedText:
    """`text` with the first `room` tokens of its first segment."""
    positions = [i for i, segment in enumerate(text.segments) if segment == _TEXT]
    if len(positions) <= room:
        return text
    left_out = set(positions[room:])
    last = text.spans[positions[room - 1]] if room else None
    end = 0 if not room else None if last is None else last.end
    kept = keep(text, [i for i in range(len(text.ids)) if i not in left_out])
    return replace(kept, n_truncated=len(left_out), cuts=(end, None))


def _copies(other: EncodedText, text: EncodedText) -> tuple[int | None, ...]:
    """For each token of `other` the position in `text` of the same token of the text, or of the
    same special token; None for those of its choice."""
    pairs: dict[int, int] = {}
    for segment in (_TEXT, None):
        there, here = (
            [i for i, each in enumerate(side.segments) if each == segment] for side in (other, text)
        )
        pairs |= zip(there, here, strict=False)
    return tuple(
        at if at is not None and text.ids[at] == token else None
        for at, token in ((pairs.get(i), token) for i, token in enumerate(other.ids))
    )


def chooser_remark(kind: str) -> str:
    """The remark on a model for multiple choice of the class `kind` when no text has choices."""
    return (
        f"{kind} compares choices, and the texts have none; the embedding of its encoder is "
        "reported. To have its choice explained, give columns choice1, choice2 and so on "
        "(--choice-columns)"
    )


def headless_remark(kind: str) -> str:
    """The remark on a model for multiple choice of the class `kind` without weights of its head."""
    return (
        f"{kind} lacks weights of its head, so it cannot choose; the embedding of its encoder is "
        "reported"
    )


TASK = ModelTask(
    endings=("ForMultipleChoice",),
    has_text_output=False,
    whole=WholeTask(
        kind="choice",
        can=lambda module: True,
        remark=chooser_remark,
        headless_remark=headless_remark,
    ),
    ready=ready_for_choices,
)
