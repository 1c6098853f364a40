"""Options of an analysis, apart from those of the model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from reportgen.results import EvidenceLevel, UnitKind

if TYPE_CHECKING:
    from reportgen.results import Results

# From the results of the first pass, which have no evidence yet, to the rows of `texts` that get
# evidence even if they are not in the sample.
ListedFirst: TypeAlias = Callable[["Results"], Sequence[int]]


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """Options of an analysis, apart from those of the model."""

    # Tokens of a batch, padding included; None: 1,024, on a GPU as its memory allows.
    batch_tokens: int | None = None
    keep_maps: str = "all"  # all, none, or the number of texts that keep their maps
    evidence: EvidenceLevel = "basic"
    # All, or the number of texts that get evidence; None: as the budget says, else as `cost.LEAST`.
    evidence_texts: str | None = None
    evidence_budget: str | None = None  # what decides that number, or did so
    # None: what is predicted for each text.
    explain_class: str | None = None
    explain_token: str | None = None  # a next token
    against: str | None = None  # the token that its lead is explained over
    # Tokens that a causal model writes after each text without a completion; None: none.
    generate: int | None = None
    temperature: float = 0.0  # 0: always the likeliest token
    seed: int = 0  # of what is drawn at other temperatures
    # What is measured and drawn as one; None: what the texts give, else words.
    units: UnitKind | None = "token"
    # See `Settings.options`.
    shown: Mapping[str, str | int | float | bool] = field(default_factory=dict)
