"""What a user can choose about a site of reports."""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from reportgen.errors import without_surrogates
from reportgen.findings import Judging, smallest_change
from reportgen.options import Option
from reportgen.report.options import (
    USUAL_CHANGE,
    DecidingFigure,
    Lang,
    LeastChange,
    read_commit,
    read_size,
    write_size,
)

Against: TypeAlias = Literal["previous", "first", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOptions:
    """How a site of reports is written."""

    title: Annotated[
        str | None,
        Option(
            panel="Report",
            help='Title of the list of reports, e.g. "Headline model".',
            read=without_surrogates,
        ),
    ] = None
    lang: Annotated[Lang, Option(panel="Report", help="Language of the site, e.g. ja.")] = "en"
    against: Annotated[
        Against,
        Option(
            panel="Report",
            help="Compare each run with the previous one on the same texts, or e.g. with the "
            "first; none writes no comparisons.",
        ),
    ] = "previous"
    max_size: Annotated[
        int,  # bytes
        Option(
            panel="Report",
            least=0,
            metavar="SIZE",
            read=read_size,
            write=write_size,
            help="Largest page of a report, e.g. 2MB; texts that do not fit lose their single "
            "heads first.",
        ),
    ] = 10_000_000
    quality: DecidingFigure = None
    smallest_change: LeastChange = USUAL_CHANGE
    commit: Annotated[
        str | None,
        Option(
            panel="Report",
            read=read_commit,
            help="The commit of runs that are new on the site and whose results name none, e.g. "
            "4f2a9c1.",
        ),
    ] = None
    workers: Annotated[
        int | None,
        Option(
            least=1,
            most=1_000,
            help="Write pages in N processes, e.g. 1. Default: one for each processor.",
        ),
    ] = None

    @property
    def judging(self) -> Judging:
        """How it is decided which run is better."""
        return Judging(self.quality, smallest_change(self.smallest_change))
