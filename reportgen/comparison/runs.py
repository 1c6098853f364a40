"""One run, or several on the same texts: what every output is written from."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # outputs of one run are written sooner without what compares
    from reportgen.comparison.compare import Comparison
    from reportgen.findings import Findings, Value
    from reportgen.results import RunInfo

# How many runs an output, or a section of one, takes.
ONE, SEVERAL, ANY = range(1, 2), range(2, sys.maxsize), range(1, sys.maxsize)


@dataclass(frozen=True, eq=False)
class Runs:
    """One run, or several in order, which are paired when that is first asked for."""

    findings: "Findings"  # of the only run, or of the last
    comparison: "Comparison | None" = None  # of the first and the last; None: there is one

    @property
    def n(self) -> int:
        """How many there are."""
        return 1 if self.comparison is None else self.comparison.n_runs

    @property
    def infos(self) -> tuple["RunInfo", ...]:
        """`[run]`: the facts about each."""
        comparison = self.comparison
        if comparison is None:
            return (self.findings.info,)
        models = comparison.all_models
        return models.infos if models is not None else (comparison.base.info, comparison.head.info)

    @property
    def figures(self) -> Mapping[str, "Value"]:
        """The flat figures by name: of several runs, what changed from the first to the last."""
        return (self.comparison or self.findings).figures

    @property
    def command(self) -> str:
        """The command that writes outputs of so many."""
        return "run" if self.comparison is None else "compare"
