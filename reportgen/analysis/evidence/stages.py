"""Runs the measures of evidence in the register, each with the `Stage` of its own module."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TypeAlias

from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.attention.values.norms import Norms
from reportgen.analysis.evidence.scalar import Explainer
from reportgen.analysis.evidence.text_evidence import TextEvidence
from reportgen.analysis.progress import Passes
from reportgen.models.tokens.encoded import EncodedText
from reportgen.results.info import EvidenceLevel, Reason, Scalar, View
from reportgen.results.measure_register import BY_ID, Measure, measured_at, taken_at


@dataclass(frozen=True, slots=True)
class Tools:
    """What a measure may use."""

    explainer: Explainer
    capture: Capture
    norms: Norms | Reason  # the reason where value vectors cannot be read
    is_causal: bool = False  # tokens see earlier ones alone
    spread: float = 0.0  # standard deviation of the scalar over the texts of a window


@dataclass(frozen=True, slots=True)
class CostBasis:
    """What the cost of a measure depends on, beside the text."""

    scalar: Scalar
    n_figures: int  # width of an embedding
    has_mask_token: bool


# Takes texts that have a scalar to explain, and adds what was measured to each of them.
Run: TypeAlias = Callable[[Tools, Sequence[TextEvidence]], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """How one measure is taken, and the passes that takes."""

    run: Run
    cost: Callable[[EncodedText, CostBasis], Passes | None]  # for one text; None: not possible


def load_stage(measure: Measure) -> Stage:
    """The stage that `measure` names in the register."""
    module, _, name = measure.stage.partition(":")
    stage = getattr(import_module(f"{__package__}.measures.{module}"), name)
    assert isinstance(stage, Stage)
    return stage


class Stages:
    """Takes the measures of one evidence level.

    Attributes:
        measures: their ids, in the order in which they are taken.
        taken: those of them that have a stage of their own.
        is_full: whether the level is "full".
    """

    def __init__(
        self,
        explainer: Explainer,
        capture: Capture,
        norms: Norms | Reason,
        level: EvidenceLevel,
        *,
        is_causal: bool = False,
    ) -> None:
        self.is_full = level == "full"
        self.measures = tuple(measure.id for measure in measured_at(level, explainer.scalar))
        self.taken = tuple(measure.id for measure in taken_at(level, explainer.scalar))
        self._tools = Tools(explainer, capture, norms, is_causal)

    def run(self, measure: View, texts: Sequence[TextEvidence], spread: float) -> None:
        """Take one measure of `texts`, with those that come with it, and add them to the texts.

        Args:
            texts: each with a scalar to explain.
            spread: standard deviation of the scalar over texts.
        """
        load_stage(BY_ID[measure]).run(replace(self._tools, spread=spread), texts)
