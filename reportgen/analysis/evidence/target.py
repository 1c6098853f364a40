"""The scalar of a model's output that evidence explains, and runs of changed texts.

The effect of any change of a text is `f(whole) - f(changed)`. The scalar `f` is the number; the
margin of a class over the strongest other class; the logit of a label; for embeddings the cosine
to the embedding of the whole text, so that the effect is a cosine distance; for a causal model the
log-probability of the last text token, given the tokens before it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import TypeAlias, TypeVar

import torch
from torch import Tensor

from reportgen.analysis.attention.batches import plan_batches
from reportgen.errors import UsageError
from reportgen.models.architecture import accepted_arguments
from reportgen.models.loading.factory import describe
from reportgen.models.loading.load import LoadedModel
from reportgen.models.tokens import EncodedText, keep, pad
from reportgen.results.info import Batching, OutputInfo, OutputKind, Scalar
from reportgen.results.schema import MOST_CLASSES

SCALARS: Mapping[OutputKind, Scalar] = {
    "number": "number",
    "numbers": "number",
    "class": "margin",
    "labels": "logit",
    "embedding": "cosine",
    "next_token": "log_probability",
}
# Most bytes of one layer's attention maps of a batch.
LAYER_BYTES = 16_000_000
# Most bytes of a batch's graph. Each layer keeps its maps, and for each token about this many
# vectors of the model's width (9 in BERT, 21 in ALBERT).
GRAPH_BYTES = 192_000_000
GRAPH_VECTORS = 20
Result = TypeVar("Result")
Scores: TypeAlias = tuple[float, ...]  # [class], logits


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """A text and the scalar that is explained of it."""

    text: EncodedText  # what is run: the whole text, or a causal model's context
    index: int | None  # entry of the output: number, class, label or token id
    anchor: Tensor | None  # embedding of the whole text, [figure]; None for other outputs
    value: float  # the scalar of the whole text
    label: str | None  # name of that entry; None where the output has only one
    scores: Scores = ()  # [class], logits of the whole text; () where not kept


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """A changed version of an explained text."""

    of: Explained
    text: EncodedText


class Explainer:
    """Runs texts and changed versions of them through a model, and returns their scalars.

    Raises:
        UsageError: the model's output has no class called `explain_class`.
    """

    def __init__(
        self,
        model: LoadedModel,
        batching: Batching,
        batch_tokens: int,
        explain_class: str | None = None,
    ) -> None:
        self.model = model
        self.scalar: Scalar = SCALARS[model.reader.kind]
        self.batch_tokens = batch_tokens
        self._batching = batching
        self._index = None if explain_class is None else find_class(model.output, explain_class)
        # The class, label or number that was asked for; None: the one predicted for each text.
        self.target = None if self._index is None else model.output.labels[self._index]
        # Whether the logits of all classes are kept, so that any two can be compared later. Those
        # of two classes follow from the margin.
        self.keeps_scores = self.scalar == "margin" and 2 < len(model.output.labels) <= MOST_CLASSES
        self._accepted = accepted_arguments(model.module)
        # The error message where the scalar is not a finite number.
        self.undefined = (
            "its embedding is zero or not a finite number, so there is no angle to it"
            if self.scalar == "cosine"
            else "the output is not a finite number"
        )

    def plan(
        self, texts: Sequence[EncodedText], *, in_graph: bool = False
    ) -> tuple[tuple[int, ...], ...]:
        """Plan batches of `texts`: indices into them for each batch.

        Batches are smaller `in_graph`, where the output of every layer is kept for the backward
        pass.
        """
        info = self.model.info
        max_tokens, max_weights = self.batch_tokens, LAYER_BYTES // (4 * info.n_heads)
        if in_graph:
            cells = GRAPH_BYTES // (4 * info.n_heads * info.n_layers)
            max_tokens = min(max_tokens, cells // (GRAPH_VECTORS * info.head_size))
            max_weights = min(max_weights, cells)
        return plan_batches(
            [len(text.ids) for text in texts],
            max_tokens,
            equal_lengths=self._batching != "padded",
            max_texts=1 if self._batching == "one by one" else None,
            max_weights=max_weights,
        )

    def inputs(self, texts: Sequence[EncodedText]) -> dict[str, Tensor]:
        """The inputs of the model for one batch of texts, padded on the right."""
        return pad(texts, self.model.pad_token_id, self._accepted, self.model.device)

    def outputs(self, texts: Sequence[EncodedText]) -> Tensor:
        """Run one batch: the output of the model, `[text, figure]`, with its graph unless gradients
        are switched off."""
        inputs = self.inputs(texts)
        return self.model.reader.values(self.model.module(**inputs), inputs)

    def scalars(self, outputs: Tensor, explained: Sequence[Explained]) -> Tensor:
        """The scalars `[text]`, float64, of `outputs` `[text, figure]`, one per explained text."""
        values = outputs.double()
        if self.scalar == "cosine":
            anchors = torch.stack([item.anchor for item in explained if item.anchor is not None])
            # From the distance of unit vectors: exactly 1 for equal ones; NaN if one is zero.
            return 1 - (unit_rows(values) - unit_rows(anchors.to(values))).square().sum(1) / 2
        index = torch.tensor([[item.index] for item in explained], device=values.device)
        own = values.gather(1, index).squeeze(1)
        if self.scalar != "margin":
            return own
        return own - values.scatter(1, index, -torch.inf).amax(1)

    def explain(self, texts: Sequence[EncodedText]) -> list[Explained | str]:
        """Run `texts` and find the scalar of each; an error message where it has none."""
        contexts = [self.context(text) for text in texts]
        runs = {i: context for i, context in enumerate(contexts) if context is not None}
        rows = list(runs.values())
        outputs = self.by_batch(rows, lambda batch: [*self.outputs([rows[i] for i in batch])])
        found = dict(zip(runs, outputs, strict=True))
        return [
            self._explained(text, contexts[i], found.get(i, "nothing stands before its last token"))
            for i, text in enumerate(texts)
        ]

    def run(self, variants: Sequence[Changed]) -> list[float | str]:
        """The scalar of each variant, or an error message; a failure does not affect the others."""
        return [
            found if isinstance(found, str) else found[0] for found in self.run_scores(variants)
        ]

    def run_scores(self, variants: Sequence[Changed]) -> list[tuple[float, Scores] | str]:
        """Like `run`, with the logits of all classes where they are kept, else ()."""

        def scalars(batch: Sequence[int]) -> list[tuple[float, Scores]]:
            of = [variants[i].of for i in batch]
            outputs = self.outputs([variants[i].text for i in batch])
            values: list[float] = self.scalars(outputs, of).tolist()
            return list(zip(values, self._kept(outputs), strict=True))

        found = self.by_batch([variant.text for variant in variants], scalars)
        return [
            self.undefined if not isinstance(each, str) and not isfinite(each[0]) else each
            for each in found
        ]

    def _kept(self, outputs: Tensor) -> list[Scores]:
        if not self.keeps_scores:
            return [()] * len(outputs)
        return [tuple(row) for row in outputs.double().tolist()]

    def by_batch(
        self,
        texts: Sequence[EncodedText],
        call: Callable[[Sequence[int]], list[Result]],
        *,
        in_graph: bool = False,
    ) -> list[Result | str]:
        """Call `call` with the indices of one batch at a time, gradients switched off.

        If it fails for a batch, it is called for each text of the batch alone.

        Args:
            in_graph: see `plan`.

        Returns:
            Its result for each text, or an error message.
        """
        found: dict[int, Result | str] = {}
        for batch in self.plan(texts, in_graph=in_graph):
            try:
                with torch.no_grad():
                    found.update(zip(batch, call(batch), strict=True))
            except (Exception, SystemExit):  # user code may call exit()
                for i in batch:
                    try:
                        with torch.no_grad():
                            found[i] = call([i])[0]
                    except (Exception, SystemExit) as error:
                        found[i] = describe(error)
        return [found[i] for i in range(len(texts))]

    def context(self, text: EncodedText) -> EncodedText | None:
        """The part of a text that is run: all of it, or for a causal model the tokens before its
        last text token; None if there are none."""
        if self.scalar != "log_probability":
            return text
        last = _last_content(text)
        return keep(text, range(last)) if last else None

    def _explained(
        self, text: EncodedText, context: EncodedText | None, output: Tensor | str
    ) -> Explained | str:
        """The scalar of one text, from the `output` for its `context` or an error message."""
        if isinstance(output, str) or context is None:
            return str(output)
        if self.scalar == "cosine":
            explained = Explained(context, None, output, 1.0, None)
        else:
            index = self._chosen(text, output)
            (scores,) = self._kept(output[None])
            explained = Explained(context, index, None, 0.0, self._label(text, index), scores)
        value = float(self.scalars(output[None], [explained]))
        if not isfinite(value):
            return self.undefined
        return explained if self.scalar == "cosine" else replace(explained, value=value)

    def _chosen(self, text: EncodedText, output: Tensor) -> int:
        """The entry of `output` that is explained: the class asked for, else the predicted one."""
        if self.scalar == "log_probability":
            return text.ids[_last_content(text)]
        if self._index is not None:
            return self._index
        return 0 if self.scalar == "number" else int(output.argmax())

    def _label(self, text: EncodedText, index: int) -> str | None:
        if self.scalar == "log_probability":
            return text.tokens[_last_content(text)]
        labels = self.model.output.labels
        return labels[index] if labels else None


def find_class(output: OutputInfo, wanted: str) -> int:
    """The index of the class, label or number that is called `wanted`, or has that number from 0.

    Raises:
        UsageError: there is none.
    """
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


def unit_rows(rows: Tensor) -> Tensor:
    """`rows` `[text, figure]` scaled to length 1; NaN where a row is zero."""
    sizes: Tensor = rows.norm(dim=1, keepdim=True)
    return rows / sizes


def _last_content(text: EncodedText) -> int:
    """Position of the last token that is not special; 0 if all are special."""
    return max((i for i, role in enumerate(text.roles) if role is None), default=0)
