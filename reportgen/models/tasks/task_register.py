"""The register of tasks that are measured, and the reader of a module: by the name of its class, or
by what it returns.

To add a task: write its module in this folder, with a reader of what such a model returns and a
`ModelTask` that says by which classes it is known, and name that here. Of two tasks of the same
classes the first whose reader takes what a module returned reads it. The reader says how a text is
tokenised (`encode`, `in_words`), what is predicted (`read`), and what is explained (`values`,
`target`); everything after that asks it."""

from collections.abc import Sequence

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from reportgen.errors import ModelError
from reportgen.models.loaded import LoadedModel
from reportgen.models.spec import Pooling
from reportgen.models.tasks import (
    answer,
    masks,
    multiple_choice,
    next_token,
    scores,
    similarity,
    tags,
)
from reportgen.models.tasks.embedding import EmbeddingReader
from reportgen.models.tasks.model_task import ModelTask, TriedModule, WholeTask
from reportgen.models.tasks.reader import OutputReader
from reportgen.models.tasks.scores import ScoreReader, numbers_reader
from reportgen.models.tasks.writing import ready_for_completions
from reportgen.models.trial_run import (
    Trial,
    describe_returned,
    entries,
    figures_by_text,
    figures_by_token,
)
from reportgen.texts import TextSet

TASKS: tuple[ModelTask, ...] = (
    *(scores.TASK, next_token.TASK, tags.TASK, answer.TASK),
    # Texts are made ready for in this order.
    *(masks.TASK, similarity.TASK, multiple_choice.TASK),
    ModelTask(
        endings=(
            *("ForConditionalGeneration", "ForNextSentencePrediction", "DoubleHeadsModel"),
            # These search for an answer themselves and return no logits of its ends.
            *("XLNetForQuestionAnswering", "XLMForQuestionAnswering"),
            "FlaubertForQuestionAnswering",
        ),
        has_text_output=False,
    ),
)


def tasks_of(model_class: type) -> tuple[ModelTask, ...]:
    """The tasks of a transformers class, or of a user's subclass, by the end of its name: those
    with the longest ending that fits; () if unknown."""
    for name in (base.__name__ for base in model_class.__mro__):
        fitting = [(end, task) for task in TASKS for end in task.endings if name.endswith(end)]
        if fitting:
            longest = max(len(end) for end, _ in fitting)
            return tuple(task for end, task in fitting if len(end) == longest)
    return ()


def task_of(model_class: type) -> ModelTask | None:
    """The first of them; None if unknown."""
    return next(iter(tasks_of(model_class)), None)


def whole_task(model_class: type) -> WholeTask | None:
    """What models of a class do with more than texts alone, beside reading their encoder; None for
    other classes."""
    task = task_of(model_class)
    return None if task is None else task.whole


def reader_of_class(
    module: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, trials: tuple[Trial, Trial]
) -> OutputReader | None:
    """The reader for a module whose class shows what it returns; None for others.

    Raises:
        ModelError: it is a language model that reads texts in both directions.
    """
    tried = TriedModule(module, tokenizer, trials)
    readers = (task.reader(tried) for task in tasks_of(type(module)))
    return next((reader for reader in readers if reader is not None), None)


def ready_for(model: LoadedModel, texts: TextSet, n_generated: int | None) -> LoadedModel:
    """`model`, prepared to read what `texts` have: completions, masks, pairs or choices.

    Args:
        n_generated: tokens that it is to write after each text; None: it writes nothing.

    Raises:
        UsageError, ModelError: it cannot.
    """
    model = ready_for_completions(model, texts, n_generated)
    for task in TASKS:
        model = task.ready(model, texts)
    return model


def find_output(
    trials: Sequence[Trial],
    hidden_size: int,
    *,
    prediction_index: int | None = None,
    pooling: Pooling | None = None,
    default_pooling: Pooling = "mean",
) -> ScoreReader | EmbeddingReader:
    """Choose the reader for a module of an unknown class, from what it returned in `trials`.

    The prediction is `.logits`, or the first float tensor of shape `[texts]` or `[texts, n]`. It is
    an embedding if it is as wide as the transformer. A tensor with one row per token is pooled to
    an embedding if there is nothing else, or if `pooling` asks for it.

    Args:
        hidden_size: width of the transformer.
        prediction_index: index of the prediction in what was returned; None to find it.
        default_pooling: for a tensor with one row per token, if `pooling` is None.

    Raises:
        ModelError: nothing that was returned can be a prediction, or not the entry asked for.
    """
    keys = list(entries(trials[0].returned))
    widths = {key: figures_by_text(trials, key) for key in keys}
    by_text = {key: width for key, width in widths.items() if width is not None}
    if prediction_index is not None:
        picked = [key for key in keys[prediction_index : prediction_index + 1] if key in by_text]
        if not picked:
            raise ModelError(
                f"--prediction-index {prediction_index}: no float tensor of shape [texts] or "
                f"[texts, n] there; forward returned {describe_returned(trials[0])}"
            )
        return numbers_reader(picked[0], by_text[picked[0]])
    if pooling is None:
        if "logits" in by_text:
            return numbers_reader("logits", by_text["logits"])
        for key, width in by_text.items():
            if width == hidden_size and key != "pooler_output":
                return EmbeddingReader(key, width)
            if width != hidden_size:
                return numbers_reader(key, width)
    # Attention is that of an encoder-decoder's encoder, and so is the embedding (FSMT).
    for key in sorted(keys, key=lambda key: key != "encoder_last_hidden_state"):
        size = figures_by_token(trials, key)
        if size is not None:
            return EmbeddingReader(key, size, pooling=pooling or default_pooling)
    # The pooler of a bare encoder may be untrained, so it is only used if there is nothing else.
    if pooling is None and "pooler_output" in by_text:
        return EmbeddingReader("pooler_output", by_text["pooler_output"])
    wanted = "[texts, tokens, n] to pool" if pooling else "[texts] or [texts, n]"
    raise ModelError(
        f"no prediction found: forward returned {describe_returned(trials[0])}, "
        f"but no float tensor of shape {wanted}"
    )
