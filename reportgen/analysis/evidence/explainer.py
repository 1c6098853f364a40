"""The scalar of a model's output that evidence explains, and runs of changed texts.

The effect of any change of a text is `f(whole) - f(changed)`. The scalar `f` is the number; the
margin of a class over the strongest other class; the logit of a label; for embeddings the cosine
to the embedding of the whole text, so that the effect is a cosine distance; for a causal model the
log-probability of the next token, or its lead over another token; where the texts have completions,
the log-probability of the completion; for a tagger the log-probability of the tags of all words, a
word that is left out counting as unchanged; for a masked language model that of the tokens at all
masks; of a completion and of masks also their lead over another token, the same at each step; for
the answer to a question that of its first and its last token among those of the context; for a
choice the lead of its logit over that of the strongest other, a change being made in the text with
each choice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import isfinite, nan
from typing import Any, TypeAlias

import torch
from torch import Tensor

from reportgen.analysis.attention.batches import Layout, lay_out, plan_batches, runs_alone
from reportgen.analysis.attention.capture import require_short, without_maps
from reportgen.analysis.device.limits import limits_of
from reportgen.analysis.device.runs import BatchRuns, Halving, joined
from reportgen.errors import UsageError
from reportgen.models import LEFT_OUT, EncodedText, LoadedModel, precise, spell
from reportgen.results.info import Batching, OutputInfo, Scalar
from reportgen.results.measure_register import STEP_SCALARS
from reportgen.results.tables.schema import MOST_CLASSES


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """What the user wants explained; None: what the model predicts for each text."""

    explain_class: str | None = None  # name or number of a class, label or number
    explain_token: str | None = None  # a next token, or one in the place of masks
    # The token that its lead is over; of completions and masks at each step.
    against: str | None = None


NOTHING = ExplainOptions()


def find_explained(model: LoadedModel, asked: ExplainOptions) -> tuple[int | None, int | None]:
    """The index of the output that is explained, and of the one that its lead is measured over;
    None if the options do not name one.

    Raises:
        UsageError: the output has no such class, or no such token.
    """
    index = None
    if asked.explain_class is not None:
        index = find_class(model.output, asked.explain_class)
    if asked.explain_token is not None:
        index = _find_token(model, "--explain-token", asked.explain_token)
    if asked.against is None:
        return index, None
    against = _find_token(model, "--against", asked.against)
    if against == index:
        raise UsageError("--against: the same token as --explain-token; name another one")
    return index, against


def _find_token(model: LoadedModel, option: str, wanted: str) -> int:
    """The id of the token `wanted`.

    Raises:
        UsageError: no next token is explained, or the tokenizer has no such token.
    """
    if model.reader.kind == "completion" and option == "--explain-token":
        raise UsageError(
            f"{option}: each token of the completions is explained here, with --against its lead "
            "over another; leave the option out, or both --generate and the completions "
            "(--completion-column '')"
        )
    if model.reader.kind not in ("next_token", "masks", "completion"):
        kind = model.output.kind.replace("_", " ")
        raise UsageError(
            f"{option}: the model's output is {kind}, not a next token; leave the option out"
        )
    tokenizer = model.tokenizer
    known = tokenizer.get_vocab().get(wanted)
    if known is not None:
        return int(known)
    ids = tokenizer(wanted, add_special_tokens=False, verbose=False)["input_ids"]
    if len(ids) == 1 and ids[0] != tokenizer.unk_token_id:
        return int(ids[0])
    parts = ", ".join(repr(spell(tokenizer, own)) for own in ids[:5])
    found = f"the tokenizer splits it into {len(ids)}: {parts}" if ids else "it has no characters"
    if ids == [tokenizer.unk_token_id]:
        found = "the tokenizer does not know it"
    raise UsageError(f"{option} {wanted!r} is no single token: {found}; name one token")


def find_class(output: OutputInfo, wanted: str) -> int:
    """The index of the class, label or number with the name `wanted`, or with that number from 0.

    Raises:
        UsageError: there is none.
    """
    if output.kind == "tags":
        raise UsageError(
            f"--explain-class {wanted}: each word's own tag is explained, for the model's output "
            "is tags; leave the option out and choose a word in the report"
        )
    if wanted in output.labels:
        return output.labels.index(wanted)
    if wanted.isdecimal() and int(wanted) < len(output.labels):
        return int(wanted)
    if not output.labels:
        raise UsageError(
            f"--explain-class {wanted}: the model's output is {output.kind.replace('_', ' ')}, "
            "which has no classes to choose from; leave the option out"
        )
    names = ", ".join(output.labels)
    raise UsageError(f"--explain-class {wanted}: the model has no such class; it has {names}")


# In a graph each layer keeps its maps, and for each token about this many vectors of the model's
# width (9 in BERT, 21 in ALBERT).
GRAPH_VECTORS = 20
# The figures of which a value and a label say all, so that a text need not be run to explain it
# again.
STORED: tuple[Scalar, ...] = ("number", "margin", "logit")
Scores: TypeAlias = tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedText:
    """A text and the scalar that is explained of it."""

    text: EncodedText
    index: int | None  # entry of the output: number, class, label or token id
    anchor: Tensor | None  # embedding of the whole text, [figure]; None for other outputs
    value: float  # the scalar of the whole text
    label: str | None  # name of that entry; None where the output has only one
    # Of the whole text: logits [class], or log-probabilities of what single tokens have [step]; ()
    # where not kept.
    scores: Scores = ()


@dataclass(frozen=True, slots=True, eq=False)
class ChangedText:
    """A changed version of an explained text."""

    of: ExplainedText
    text: EncodedText


class Explainer:
    """Runs texts and changed versions of them through a model, and returns their scalars.

    Raises:
        UsageError: the model's output has no such class, or no such token.
    """

    def __init__(
        self,
        model: LoadedModel,
        batching: Batching,
        batch_tokens: int | None,
        asked: ExplainOptions = NOTHING,
        halved: Callable[[int], None] = lambda n_texts: None,
    ) -> None:
        """Make ready to run texts.

        Args:
            batch_tokens: tokens of a batch; None: as the memory of the device allows.
            halved: called with the number of texts of each batch that does not fit into memory.
        """
        self.model = model
        self.scalar: Scalar = model.reader.scalar
        self._limits = limits_of(model, batch_tokens)
        self.batch_tokens = self._limits.tokens
        self._halving = {False: Halving(halved), True: Halving(halved)}  # in a graph?
        self._least = 0  # tokens that the texts of a part are padded to, see `Part`
        self._batching = batching
        self._index, self._against = find_explained(model, asked)
        if self._against is not None and not self._has_steps:
            self.scalar = "token_lead"
        # The class, label, number or token that was asked for; None: the one that is predicted for
        # each text.
        self.target = None if self._index is None else model.reader.entry_name(self._index)
        self.against = None if self._against is None else model.reader.entry_name(self._against)
        # Whether the logits of all classes are kept, so that any two can be compared later. Those
        # of two classes follow from the margin.
        self.keeps_scores = self._has_steps or (
            self.scalar == "margin" and 2 < len(model.output.labels) <= MOST_CLASSES
        )
        # The error message where the scalar is not a finite number.
        self.undefined = (
            "its embedding is zero or not a finite number, so there is no angle to it"
            if self.scalar == "cosine"
            else "the output is not a finite number"
        )

    @property
    def _has_steps(self) -> bool:
        """Whether a text has a figure for each of some tokens, and their sum is explained."""
        return self.scalar in STEP_SCALARS

    def plan(
        self, texts: Sequence[EncodedText], *, in_graph: bool = False
    ) -> tuple[tuple[int, ...], ...]:
        """Plan batches of `texts`: indices into them for each batch.

        Batches are smaller `in_graph`, where the output of every layer is kept for the backward
        pass.
        """
        info = self.model.info
        max_tokens = self._limits.tokens
        max_weights = self._limits.layer_bytes // (4 * info.n_heads)
        if in_graph:
            cells = self._limits.graph_bytes // (4 * info.n_heads * info.n_layers)
            max_tokens = min(max_tokens, cells // (GRAPH_VECTORS * info.head_size))
            max_weights = min(max_weights, cells)
        n_sequences = max((text.n_sequences for text in texts), default=1)
        return plan_batches(
            self.model.run_lengths(texts, can_pad=self._batching == "padded"),
            max_tokens // n_sequences,
            equal_lengths=self._batching != "padded",
            max_texts=1 if runs_alone(texts, self._batching) else None,
            max_weights=max_weights // n_sequences,
        )

    def inputs(self, texts: Sequence[EncodedText]) -> dict[str, Tensor]:
        """The inputs of the model for one batch of texts, padded on the right."""
        return self.model.inputs(texts, self._least)

    def lay_out(self, texts: Sequence[EncodedText]) -> Layout:
        """The layout of these inputs, without roles."""
        model, least = self.model, self._least
        causal = model.info.is_causal
        return lay_out(texts, (), is_causal=causal, device=model.device, least=least)

    def outputs(self, texts: Sequence[EncodedText]) -> Tensor:
        """Run one batch: the output of the model, `[text, figure]`, with its graph unless gradients
        are switched off."""
        inputs = self.inputs(texts)
        return self.model.reader.values(self._returned(inputs), inputs, texts)

    def _returned(self, inputs: Mapping[str, Tensor]) -> Any:
        """What the model returns; no maps are taken from it."""
        if torch.is_grad_enabled():
            require_short(inputs)
        with without_maps(self.model.encoder, inputs):
            return self.model.module(**inputs)

    def scalars(self, outputs: Tensor, explained: Sequence[ExplainedText]) -> Tensor:
        """The scalars `[text]`, float64, of `outputs` `[text, figure]`, one per explained text."""
        values = precise(outputs)
        if self._has_steps:
            return values.where(values != LEFT_OUT, self._whole(values, explained)).sum(1)
        if self.scalar == "cosine":
            anchors = torch.stack([item.anchor for item in explained if item.anchor is not None])
            # From the distance of unit vectors: exactly 1 for equal ones; NaN if one is zero.
            return 1 - (unit_rows(values) - unit_rows(anchors.to(values))).square().sum(1) / 2
        index = torch.tensor([[item.index] for item in explained], device=values.device)
        own = values.gather(1, index).squeeze(1)
        if self._against is not None:
            return own - values[:, self._against]
        if self.scalar not in ("margin", "choice"):
            return own
        return own - values.scatter(1, index, -torch.inf).amax(1)

    def explain(self, texts: Sequence[EncodedText]) -> list[ExplainedText | str]:
        """Run `texts` and find the scalar of each; an error message where it has none."""
        runs: BatchRuns[tuple[EncodedText, Tensor]] = self.runs(texts)
        for run in runs:
            with run:
                run.results = self._aimed([texts[i] for i in run.rows])
        return [own if isinstance(own, str) else self._explained(*own) for own in runs.results]

    def _aimed(self, texts: Sequence[EncodedText]) -> list[tuple[EncodedText, Tensor]]:
        """Run one batch: the texts with what is explained at each step, and their outputs."""
        own = [self._asked_of(text) for text in texts]
        inputs, reader = self.inputs(own), self.model.reader
        returned = self._returned(inputs)
        own = reader.aimed(returned, inputs, own)
        return list(zip(own, reader.values(returned, inputs, own), strict=True))

    def stored(self, text: EncodedText, value: float, label: str | None) -> ExplainedText | None:
        """The scalar of `text` from what was stored of it, without the logits of its classes; None
        where that takes a run: for figures that are not STORED, or if two classes have the name."""
        if self.scalar not in STORED:
            return None
        named = [i for i, own in enumerate(self.model.output.labels) if own == label]
        index = self._index
        if index is None:
            index = 0 if self.scalar == "number" else named[0] if len(named) == 1 else None
        if index is None:
            return None
        return ExplainedText(self._asked_of(text), index, None, value, label)

    def _asked_of(self, text: EncodedText) -> EncodedText:
        """`text` with what was asked for as what is explained at each of its steps."""
        text = replace(text, against=self._against)
        if self._index is None:
            return text
        steps = tuple(replace(step, target=self._index) for step in text.steps)
        return replace(text, steps=steps)

    def run(self, variants: Sequence[ChangedText]) -> list[float | str]:
        """The scalar of each variant, or an error message; a failure does not affect the others."""
        return [
            found if isinstance(found, str) else found[0] for found in self.run_scores(variants)
        ]

    def run_scores(self, variants: Sequence[ChangedText]) -> list[tuple[float, Scores] | str]:
        """Like `run`, with the logits of all classes where they are kept, else ()."""
        runs: BatchRuns[tuple[float, Scores]] = self.runs([variant.text for variant in variants])
        for run in runs:
            with run:
                run.results = self._scores([variants[i] for i in run.rows])
        return [
            self.undefined if not isinstance(each, str) and not isfinite(each[0]) else each
            for each in runs.results
        ]

    def _scores(self, variants: Sequence[ChangedText]) -> list[tuple[float, Scores]]:
        """Run one batch: the scalars, with the logits of all classes where they are kept."""
        texts = [variant.text for variant in variants]
        outputs = self.outputs(texts)
        values: list[float] = self.scalars(outputs, [variant.of for variant in variants]).tolist()
        return list(zip(values, self._kept(outputs, texts), strict=True))

    @staticmethod
    def _whole(values: Tensor, explained: Sequence[ExplainedText]) -> Tensor:
        """What each step has in the whole text, in the shape of `values` `[text, step]`."""
        whole = torch.zeros_like(values)
        for row, item in zip(whole, explained, strict=True):
            row[: len(item.scores)] = torch.tensor(item.scores, device=row.device)
        return whole

    def _kept(self, outputs: Tensor, texts: Sequence[EncodedText]) -> list[Scores]:
        if not self.keeps_scores:
            return [()] * len(outputs)
        rows = precise(outputs).tolist()
        if self._has_steps:  # the rest of a row fills it up
            rows = [row[: text.n_steps] for row, text in zip(rows, texts, strict=True)]
        return [tuple(nan if value == LEFT_OUT else value for value in row) for row in rows]

    def runs(self, texts: Sequence[EncodedText], *, in_graph: bool = False) -> BatchRuns[Any]:
        """The runs of `texts` in batches, gradients switched off; `in_graph` as for `plan`."""
        lengths = [len(text.ids) for text in texts]
        batches = self.plan(texts, in_graph=in_graph)
        return BatchRuns(batches, lengths, self._halving[in_graph], self._running)

    @contextmanager
    def _running(self, size: int) -> Iterator[None]:
        """A context for one run, in which texts are padded to `size` tokens at least."""
        self._least = size
        try:
            with torch.no_grad():
                yield
        finally:
            self._least = 0

    def joined(self, rows: Sequence[int], call: Callable[[Sequence[int]], Tensor]) -> Tensor:
        """What `call` gives for each of `rows` of one batch in a graph, `[row, ...]`; in parts
        where all do not fit into memory."""
        return torch.cat(joined(rows, call, self._halving[True]))

    def _explained(self, text: EncodedText, output: Tensor) -> ExplainedText | str:
        """The scalar of one text from its `output`; an error message if it is no number."""
        if self.scalar == "cosine":
            explained = ExplainedText(text, None, output, 1.0, None)
        else:
            index = text.choice if self.scalar == "choice" else self._chosen(output)
            (scores,) = self._kept(output[None], [text])
            label = None if index is None else self.model.reader.entry_name(index)
            explained = ExplainedText(text, index, None, 0.0, label, scores)
        value = float(self.scalars(output[None], [explained]))
        if not isfinite(value):
            return self.undefined
        return explained if self.scalar == "cosine" else replace(explained, value=value)

    def _chosen(self, output: Tensor) -> int | None:
        """The entry of `output` that is explained: the one asked for, else the predicted one; None
        where all of them together are."""
        if self._has_steps:
            return None
        if self._index is not None:
            return self._index
        return 0 if self.scalar == "number" else int(output.argmax())


def unit_rows(rows: Tensor) -> Tensor:
    """`rows` `[text, figure]` scaled to length 1; NaN where a row is zero."""
    sizes: Tensor = rows.norm(dim=1, keepdim=True)
    return rows / sizes
