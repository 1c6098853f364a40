"""How to get more than this report has: the options that add it, on the command line and in Python.

No other sentence of a page names an option.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.findings import Findings
from reportgen.report.components import Cell, Column, Table
from reportgen.report.language.language import Language
from reportgen.report.language.remarks import is_handed_over, remark_keys

if TYPE_CHECKING:  # a page of one run takes nothing of comparisons
    from reportgen.comparison import Comparison


@dataclass(frozen=True, slots=True)
class Further:
    """Something that a report can have, and the option that adds it."""

    key: str  # of what it is
    option: str  # its name with dashes; "output" for a file
    value: str

    @property
    def command(self) -> str:
        """The option on the command line."""
        return f"-o {self.value}" if self.option == "output" else f"--{self.option} {self.value}"

    @property
    def python(self) -> str:
        """The same as an argument in Python."""
        if self.option == "output":
            return f'save("{self.value}")'
        return f'{self.option.replace("-", "_")}="{self.value}"'


# What would change what a remark at the top of a page says, by the remark's name.
_OF_REMARKS = {
    "writes": Further("writes", "generate", "20"),
    "chooses": Further("chooses", "choice-columns", "a,b"),
    "prompts": Further("prompts", "prompts", "NAME"),
    "no_pairs": Further("pairs", "pair-column", "COLUMN"),
    "no_checkpoint": Further("checkpoint", "checkpoint", "FILE"),
}


def further_of_run(findings: Findings) -> Iterator[Further]:
    """What could be measured or written beside what a run has."""
    evidence, n_texts = findings.info.evidence, int(findings.analysed.sum())
    if evidence.level == "none":
        yield Further("evidence", "evidence", "basic")
    if evidence.level != "full":
        yield Further("sinks", "evidence", "full")
        yield Further("checks", "evidence", "full")
    if evidence.level != "none" and evidence.n_texts < n_texts:
        yield Further("every_text", "evidence-texts", "all")
    if findings.info.settings.units == "word":
        yield Further("token", "units", "token")
    told = remark_keys(findings.info.remarks)
    yield from (row for key, row in _OF_REMARKS.items() if key in told)
    yield Further("tokens_table", "output", "tokens.csv")
    yield Further("texts_table", "output", "texts.csv")
    yield Further("no_scripts", "layout", "dir")


def further_of_page(reasons: Collection[str], needed: str) -> Iterator[Further]:
    """What a page could hold beside what it has, by the reasons for what it left out; `needed` is
    the size that has room for everything."""
    if "size" in reasons:
        yield Further("larger", "max-size", needed)
    if "pool" in reasons:
        yield Further("unpooled", "pool-above", "none")
    if "keep" in reasons:
        yield Further("keep", "keep-maps", "5000")


def further_of_comparison(comparison: "Comparison") -> Iterator[Further]:
    """What could be compared, judged or written otherwise."""
    pairing, predictions = comparison.pairing, comparison.predictions
    if not pairing.has_evidence:
        yield Further("evidence_both", "evidence", "basic")
    units = comparison.base.info.settings.units, comparison.head.info.settings.units
    if pairing.n_other_units and units[0] != units[1]:
        yield Further("same_units", "units", units[1])
    if predictions is not None and predictions.quality is not None:
        yield Further("smallest", "smallest-change", "10%,3points")
        if predictions.quality.others:
            others = predictions.quality.others
            yield Further("decides", "quality", others[0].name)
    name = "trend.json" if comparison.all_models else "compare.json"
    yield Further("unlisted", "output", name)


def further_table(
    rows: Iterable[Further], language: Language, remarks: Iterable[str] = ()
) -> Table:
    """What else there is, with the option that adds it; of a model that was handed over in Python,
    as `remarks` say, in Python alone."""
    is_python = any(map(is_handed_over, remarks))
    ways = ("python",) if is_python else ("command", "python")
    made = [
        (Cell(language.say("further", row.key)), *(Cell(getattr(row, way)) for way in ways))
        for row in rows
    ]
    columns = [Column(language.say("further", name)) for name in ("what", *ways)]
    return Table(tuple(columns), tuple(made), language.say("further", "heading"), "further")
