"""The methods of the measures of evidence in the register, each in a module of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TypeAlias

from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.attention.values.norms import Norms
from reportgen.analysis.evidence.explainer import Explainer
from reportgen.analysis.evidence.text_evidence import TextEvidence
from reportgen.analysis.progress import Passes
from reportgen.models import EncodedText, ModelTarget
from reportgen.results import EvidenceLevel, Measure, Reason, View
from reportgen.tasks import measured_at, taken_at


@dataclass(frozen=True, slots=True)
class Tools:
    """What a measure may use."""

    explainer: Explainer
    capture: Capture
    norms: Norms | Reason  # the reason where value vectors cannot be read
    level: EvidenceLevel = "full"
    is_causal: bool = False  # tokens see earlier ones alone
    spread: float = 0.0  # standard deviation of the target over the texts of a window

    @property
    def measures(self) -> tuple[View, ...]:
        """The measures of the level, in the order in which they are taken."""
        return tuple(
            measure.id for measure in measured_at(self.level, self.explainer.target.scalar)
        )

    @property
    def taken(self) -> tuple[View, ...]:
        """Those of them that have a method, so that they do not come with another one."""
        return tuple(measure.id for measure in taken_at(self.level, self.explainer.target.scalar))


@dataclass(frozen=True, slots=True)
class CostBasis:
    """What the cost of evidence depends on, beside the texts."""

    target: ModelTarget
    has_mask_token: bool
    level: EvidenceLevel
    n_roles: int = 0  # of special tokens, which all get sink tests
    n_heads: int = 0  # of all layers, whose effects full evidence measures; 0 where it cannot


# Takes texts that have a target to explain, and adds what was measured to each of them.
Run: TypeAlias = Callable[[Tools, Sequence[TextEvidence]], None]


@dataclass(frozen=True, slots=True)
class MeasureMethod:
    """How one measure is taken, and the passes that takes."""

    run: Run
    cost: Callable[[EncodedText, CostBasis], Passes | None]  # for one text; None: not possible


def load_method(measure: Measure) -> MeasureMethod:
    """The method that `measure` names in the register."""
    module, _, name = measure.stage.partition(":")
    method = getattr(import_module(f"{__package__}.measures.{module}"), name)
    assert isinstance(method, MeasureMethod)
    return method
