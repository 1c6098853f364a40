"""The models of one task: how they are known, read, and made ready for what texts have."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from reportgen.models.tasks.reader import OutputReader
from reportgen.models.trial_run import Entry, Trial, entries, figures_by_token
from reportgen.results import OutputKind
from reportgen.texts import TextSet

if TYPE_CHECKING:
    from reportgen.models.loaded import LoadedModel

# Makes a model ready to read what the texts of a run have; the same model where they have nothing.
MakeReady: TypeAlias = "Callable[[LoadedModel, TextSet], LoadedModel]"


@dataclass(frozen=True, slots=True)
class TriedModule:
    """A module of a class that is known, and what it returned in two trial runs."""

    module: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    trials: tuple[Trial, Trial]

    def returns(self, *parts: Entry) -> bool:
        """Whether it returned all `parts`."""
        return set(parts) <= set(entries(self.trials[0].returned))

    @property
    def figures_by_token(self) -> int | None:
        """The width of its logits if they are `[text, token, figure]`, else None."""
        return figures_by_token(self.trials, "logits")


def unread(tried: TriedModule) -> OutputReader | None:
    """The reader of modules that are not read by their class."""
    return None


def unchanged(model: "LoadedModel", texts: TextSet) -> "LoadedModel":
    """`model`, which needs nothing but texts."""
    return model


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeTask:
    """What models do that read their encoder alone, unless texts have what the task needs.

    Attributes:
        kind: of their output then.
        can: whether a module is able to.
        remark: on a class, by its name, when no text calls for it; `headless_remark` when the
            weights of its head are missing; None for no remark of its own.
    """

    kind: OutputKind
    can: Callable[[PreTrainedModel], bool]
    remark: Callable[[str], str]
    headless_remark: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTask:
    """The models of one task.

    Attributes:
        endings: of the names of their classes.
        reader: reads a module by what it returned in trials; None where it is not of this task.
        has_text_output: it returns something of a text alone that is not its encoder's embedding.
        whole: what it does with more than texts alone.
        finds_padding: it looks for the last token of each text by the id of the padding.
        ready: makes a model ready for the texts of a run.
    """

    endings: tuple[str, ...] = ()
    reader: Callable[[TriedModule], OutputReader | None] = unread
    has_text_output: bool = True
    whole: WholeTask | None = None
    finds_padding: bool = False
    ready: MakeReady = unchanged
