"""How the output of a model is read: the base class of the readers of all tasks, and of those that
read one prediction for each of some tokens of a text, such as the tag of each word."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase

from reportgen.errors import ModelError, UsageError
from reportgen.models.tasks.target import LEFT_OUT, ModelTarget
from reportgen.models.tokens.encoded import EncodedText, encode
from reportgen.models.tokens.join_words import Marks
from reportgen.models.tokens.separate_pairs import encode_prompted
from reportgen.models.trial_run import Entry, entries
from reportgen.results import OutputInfo, OutputKind
from reportgen.texts import TextInput, WordSplitter

if TYPE_CHECKING:
    from reportgen.models.loaded import LoadedModel


@dataclass(frozen=True, slots=True)
class TextPrediction:
    """The output of the model for one text."""

    value: float | None  # the number, or log-probability of the completion; None otherwise
    # Class, labels joined by ", ", the likeliest next token, tags joined by spaces, or the
    # answer; None otherwise.
    label: str | None
    # Number(s); logits; log-probabilities of next tokens, of the completion's tokens, or of tags;
    # no embedding.
    scores: tuple[float, ...]
    # Next tokens; the likeliest in place of each of the completion's, "" where that is the same;
    # tags; empty otherwise.
    score_names: tuple[str, ...]
    is_finite: bool = True  # False if a figure is infinite or NaN; then there is no label
    # Positions of words that have a tag, of masks, or of both ends of the answer; else empty.
    steps: tuple[int, ...] = ()
    held: tuple[int, ...] = ()  # positions that stay when others are left out, see `EncodedText`
    is_quoted: bool = False  # the label is what the tokens `held` are in the text


class OutputReader(ABC):
    """Reads predictions from what a module returned for a batch padded on the right."""

    kind: OutputKind
    place: ClassVar[str | None] = None  # what a figure of a text stands for, where it has several
    needs_words: ClassVar[bool] = False  # a figure for each word, however texts are measured
    is_cut_as_pooled: ClassVar[bool] = False  # texts are cut where sentence-transformers cuts them
    reads_apart: ClassVar[bool] = False  # the two texts of a pair, which it compares
    is_over_vocabulary: ClassVar[bool] = False  # a figure for each entry of it at each token

    @property
    @abstractmethod
    def target(self) -> ModelTarget:
        """What of the output evidence explains."""

    @property
    @abstractmethod
    def described(self) -> str:
        """What the output is, for an error message."""

    @abstractmethod
    def values(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> Tensor:
        """The output as float32 `[text, figure]`.

        Args:
            inputs: those of the call; without an attention mask no token is padding.
            texts: those of the batch; readers of a figure per text do not need them.
        """

    @abstractmethod
    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        """One prediction per text; one that is not finite keeps its scores but has no label."""

    @abstractmethod
    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report; `name` replaces the model's own name for
        it."""

    def aimed(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText]
    ) -> list[EncodedText]:
        """`texts` with their predictions, which stay the explained ones when the texts are changed.
        Unchanged if a single entry of the output is explained."""
        return list(texts)

    def encode(self, model: "LoadedModel", source: TextInput) -> EncodedText:
        """Tokenise a text as the reader of `model` needs it: behind its prompt or with its pair,
        its completion, each of its choices, or each text of a pair by itself.

        Raises:
            ModelError: it lacks what the reader needs, or cannot be tokenised.
        """
        most = model.info.max_tokens
        if model.prompts[0]:
            return encode_prompted(model.tokenizer, model.prompts[0], source.text, most)
        return encode(model.tokenizer, source.text, source.pair, most)

    def in_words(
        self, text: EncodedText, source: TextInput, splitter: WordSplitter, marks: Marks
    ) -> EncodedText:
        """`text` with what the reader reads at each of its words."""
        return text

    def marks(self, tokenizer: PreTrainedTokenizerBase) -> Marks:
        """What a token of nothing but a space is part of: see `joined_to_words`."""
        return None

    def has_second(self, source: TextInput) -> bool:
        """Whether a text is read with a second segment."""
        return source.pair is not None

    def with_added(self, model: "LoadedModel", sources: Sequence[TextInput]) -> list[TextInput]:
        """`sources` with what `model` adds to them before they are measured."""
        return list(sources)

    def sample(self, text: EncodedText) -> EncodedText:
        """`text` in the form that trial runs need."""
        return text

    def encode_sample(self, model: "LoadedModel", text: str) -> EncodedText:
        """Tokenise a `text` in the form that trial runs of `model` need."""
        return self.sample(encode(model.tokenizer, text, None, model.info.max_tokens))

    def head_rows(self, text: EncodedText) -> tuple[int, ...] | None:
        """Of an encoder-decoder, the rows of the decoder that the output for `text` is read from:
        () where it is one, but not known which; None where no decoder is read so."""
        return None

    def class_index(self, name: str) -> int:
        """The index of the class, label or number called `name`, or with that number from 0.

        Raises:
            UsageError: there is none.
        """
        output = self.info(None)
        if name in output.labels:
            return output.labels.index(name)
        if name.isdecimal() and int(name) < len(output.labels):
            return int(name)
        if not output.labels:
            raise UsageError(
                f"--explain-class {name}: the model's output is {output.kind.replace('_', ' ')}, "
                "which has no classes to choose from; leave the option out"
            )
        raise UsageError(
            f"--explain-class {name}: the model has no such class; it has "
            f"{', '.join(output.labels)}"
        )

    def token_index(self, option: str, name: str) -> int:
        """The id of the token `name` that an `option` names.

        Raises:
            UsageError: no token is explained, or the tokenizer has no such token.
        """
        raise UsageError(
            f"{option}: the model's output is {self.kind.replace('_', ' ')}, not a next token; "
            "leave the option out"
        )

    def beside(self, texts: Sequence[EncodedText]) -> dict[str, Tensor]:
        """The inputs that the reader needs beside the tokens of a batch of `texts`."""
        return {}

    def entry_name(self, index: int) -> str | None:
        """The name of a figure of the output; None where it has only one."""
        return None

    def narrowed(self, module: nn.Module) -> "OutputReader":
        """The reader of `module`, which from now on computes no more than that reads."""
        return self

    def with_class_names(self, names: Sequence[str]) -> "OutputReader":
        """The reader for a model whose outputs are classes called `names`.

        Raises:
            ModelError: the model has another number of outputs per text.
        """
        raise ModelError(
            f"--class-names {','.join(names)}: {len(names)} names, but the model's output is "
            f"{self.described}; give a name to each of its classes"
        )


def last_tokens(mask: Tensor) -> Tensor:
    """Position of each text's last real token, `[text]`, by its attention mask."""
    return mask.sum(dim=1) - 1


def distinct(positions: Tensor) -> Tensor:
    """`positions` without repetitions, in order."""
    unique: Tensor = torch.unique(positions)
    return unique


def token_id(tokenizer: PreTrainedTokenizerBase, option: str, name: str) -> int:
    """The id of the token `name` that an `option` names.

    Raises:
        UsageError: the tokenizer has no such token.
    """
    known = tokenizer.get_vocab().get(name)
    if known is not None:
        return int(known)
    ids = tokenizer(name, add_special_tokens=False, verbose=False)["input_ids"]
    if len(ids) == 1 and ids[0] != tokenizer.unk_token_id:
        return int(ids[0])
    parts = ", ".join(repr(spell(tokenizer, token)) for token in ids[:5])
    fault = f"the tokenizer splits it into {len(ids)}: {parts}" if ids else "it has no characters"
    if ids == [tokenizer.unk_token_id]:
        fault = "the tokenizer does not know it"
    raise UsageError(f"{option} {name!r} is no single token: {fault}; name one token")


def spell(tokenizer: PreTrainedTokenizerBase, token_id: int) -> str:
    """The text of one token; if it has none, the token as the tokenizer writes it."""
    text = tokenizer.decode([token_id], clean_up_tokenization_spaces=False)
    if isinstance(text, str) and text.strip() and "\ufffd" not in text:
        return text
    return str(tokenizer.convert_ids_to_tokens(token_id))


class StepReader(OutputReader):
    """Reads log-probabilities, or what else is `scored`, at the steps of a text (see
    `EncodedText.steps`)."""

    entry: Entry  # the part of what is returned that has a row of logits for each token

    def values(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> Tensor:
        """The log-probability of what is explained at each step, or its lead over another token,
        `[text, step]`: LEFT_OUT where its token was left out, 0 after the last step of a text."""
        values = [
            _targeted(row, text)
            for row, text in zip(self.rows(returned, texts), texts, strict=True)
        ]
        return torch.nn.utils.rnn.pad_sequence(values, batch_first=True)

    def aimed(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText]
    ) -> list[EncodedText]:
        """`texts` that explain at each step what is predicted there, unless that is given."""
        aimed = []
        for text, row in zip(texts, self.rows(returned, texts), strict=True):
            best = row.argmax(dim=1).tolist()
            steps = (
                step if step.target is not None else replace(step, target=likeliest)
                for step, likeliest in zip(text.steps, best, strict=True)
            )
            aimed.append(replace(text, steps=tuple(steps)))
        return aimed

    def scored(self, logits: Tensor) -> Tensor:
        """What is read of `logits` `[step, entry]`, of the same shape: log-probabilities."""
        return logits.log_softmax(dim=-1)

    def rows(self, returned: Any, texts: Sequence[EncodedText]) -> list[Tensor]:
        """What is read at the steps of each text whose tokens are there, `[step, entry]`."""
        logits = entries(returned)[self.entry]
        return [
            self.scored(text_logits[places(text)].float())
            for text_logits, text in zip(logits, texts, strict=True)
        ]


def places(text: EncodedText) -> list[int]:
    """The positions of the steps of `text` whose tokens are there, in order."""
    return [step.position for step in text.steps if step.position is not None]


def _targeted(row: Tensor, text: EncodedText) -> Tensor:
    """`[step]`: the log-probability of the target of each step, of `row` `[step that is there,
    entry]`; the largest where a step has no target. Its lead where the text has a token against
    it."""
    targets = [step.target for step in text.steps if step.position is not None]
    best = row.argmax(dim=1).tolist() if None in targets else targets
    chosen = [
        target if target is not None else top for target, top in zip(targets, best, strict=True)
    ]
    index = torch.tensor(chosen, device=row.device, dtype=torch.long)
    values = row.gather(1, index[:, None]).squeeze(1)
    return at_steps(values if text.against is None else values - row[:, text.against], text)


def at_steps(values: Tensor, text: EncodedText) -> Tensor:
    """`[step]`: `values` of the steps whose tokens are there, LEFT_OUT of the others."""
    there = [i for i, step in enumerate(text.steps) if step.position is not None]
    rows = torch.tensor(there, device=values.device, dtype=torch.long)
    return values.new_full((len(text.steps),), LEFT_OUT).index_put((rows,), values)
