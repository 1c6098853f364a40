"""The output formats: which one a path asks for, and the module that writes it.

To add a format, add a line to `FORMATS` and a module with `write`, which takes one run or several.
A format may say how many it takes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TypeVar

from reportgen.comparison import ANY, ONE
from reportgen.errors import UsageError
from reportgen.report.options import COMPARE_TABLE_NAMES, TABLE_NAMES

Name = TypeVar("Name", bound=str)


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of output file.

    The modules are imported when they are needed, since each brings its own libraries:

        write(runs, options, output) -> Document
    """

    name: str  # after --format
    suffix: str  # of its files; without a dot in front it is the whole name or follows - or _
    example: str  # a file name for help texts and printed commands
    meaning: str  # what its files are
    module: str  # has `write`
    comparison_module: str = ""  # has the `write` of several runs, where that is another
    runs: range = ANY  # how many it takes
    is_page: bool = False  # for a browser: --open shows it, and --layout dir gives it a folder
    has_pictures: bool = False  # in a folder beside it
    is_table: bool = False  # one of the tables, picked by the name of the file

    @property
    def comparison_example(self) -> str:
        """A name for a file with a comparison."""
        if self.is_table:
            return f"{COMPARE_TABLE_NAMES[0]}{self.suffix}"
        return f"compare{self.suffix}" if self.suffix.startswith(".") else self.example

    def module_for(self, n_runs: int) -> str:
        """The module that writes so many runs."""
        return self.comparison_module if n_runs > 1 and self.comparison_module else self.module

    def takes(self, name: str) -> bool:
        """Whether a file called `name` is in this format, by the end of its name."""
        if self.suffix.startswith("."):
            return name.endswith(self.suffix) and name != self.suffix
        return name == self.suffix or name.endswith((f"-{self.suffix}", f"_{self.suffix}"))


FORMATS = (
    Format(
        "html", ".html", "report.html", "one page for any browser",
        "reportgen.report.html.page", is_page=True,
    ),
    Format(
        "md", ".md", "report.md", "Markdown for pull requests and wikis",
        "reportgen.report.short_form.markdown", has_pictures=True,
    ),
    Format(
        "json", ".json", "summary.json", "figures for scripts",
        "reportgen.report.json.run", "reportgen.report.json.comparison",
    ),
    Format(
        "confluence", ".xml", "page.xml", "the body of a Confluence page",
        "reportgen.report.short_form.confluence", has_pictures=True,
    ),
    Format(
        "mediawiki", ".wiki", "page.wiki", "the text of a MediaWiki page",
        "reportgen.report.short_form.mediawiki", has_pictures=True,
    ),
    Format(
        "csv", ".csv", "tokens.csv", "a table for spreadsheets",
        "reportgen.report.spreadsheets", "reportgen.report.spreadsheets_compared", is_table=True,
    ),
    Format(
        "parquet", ".parquet", "tokens.parquet", "a table for notebooks",
        "reportgen.report.spreadsheets", "reportgen.report.spreadsheets_compared", is_table=True,
    ),
    Format(
        "npz", ".npz", "maps.npz", "attention maps as arrays of numpy",
        "reportgen.report.maps_npz", runs=ONE,
    ),
    Format(
        "metrics", "metrics.json", "metrics.json", "a dozen figures for DVC and MLflow",
        "reportgen.report.json.metrics",
    ),
)  # fmt: skip
REPORT_FORMATS = tuple(known for known in FORMATS if 1 in known.runs)
COMPARISON_FORMATS = tuple(known for known in FORMATS if 2 in known.runs)
PAGE = FORMATS[0]  # what is written where nothing says otherwise
STANDARD_OUTPUT = "-"


@dataclass(frozen=True, slots=True)
class Output:
    """A path to write to, and in which format; None for a folder of results."""

    path: str
    format: Format | None

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of results."""
        return self.format is None

    @property
    def is_page(self) -> bool:
        """Whether it is a page for a browser."""
        return self.format is not None and self.format.is_page

    @property
    def has_pictures(self) -> bool:
        """Whether pictures lie in a folder beside it."""
        return self.format is not None and self.format.has_pictures and self.path != STANDARD_OUTPUT

    @property
    def is_csv(self) -> bool:
        """Whether it is a table as CSV."""
        return self.format is not None and self.format.name == "csv"

    @property
    def stem(self) -> str:
        """What pictures are named after; "" for standard output, which has nothing beside it."""
        return "" if self.path == STANDARD_OUTPUT else Path(self.path).stem


@dataclass(frozen=True, slots=True)
class Document:
    """What a format's module makes: the bytes, their size by part, and what was left out."""

    content: bytes
    parts: Mapping[str, int] = field(default_factory=dict)
    reduced: tuple[str, ...] = ()  # in sentences
    files: Mapping[str, bytes] = field(default_factory=dict)  # beside it, by name

    @property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode()

    @property
    def size(self) -> int:
        """Its bytes, with those of the files beside it."""
        return len(self.content) + sum(map(len, self.files.values()))


def example_of(name: str, n_runs: int) -> str:
    """A name for a file with so many runs in the format `name`."""
    (known_format,) = (known for known in FORMATS if known.name == name)
    return known_format.example if n_runs == 1 else known_format.comparison_example


def output_at(path: str, format: str | None = None, *, of_comparison: bool = False) -> Output:
    """The output for `path`: a results folder where it ends in `/`, else in the format that
    `format` names, else in that of its suffix. Standard output, `-`, is HTML by default.

    Raises:
        UsageError: neither names a format, a report or comparison is not written in it, or the
            file of a table is not named after one.
    """
    if path.endswith("/"):
        return Output(path, None)
    formats = COMPARISON_FORMATS if of_comparison else REPORT_FORMATS
    if format:
        known_format = next((known for known in FORMATS if known.name == format), None)
    elif path == STANDARD_OUTPUT:
        known_format = PAGE
    else:
        name = PurePath(path).name.lower()
        known_format = max(
            filter(lambda known: known.takes(name), FORMATS),
            key=lambda known: len(known.suffix),
            default=None,
        )
    if known_format is None and format:
        names = ", ".join(known.name for known in formats)
        raise UsageError(f"--format {format}: not known; use one of {names}")
    if known_format is None:
        suffixes = ", ".join(known.suffix for known in formats)
        raise UsageError(
            f"{path}: the name must end in one of {suffixes}, or in / for a results folder; "
            "--format overrides"
        )
    if known_format not in formats:
        *first, last = (known.suffix for known in formats)
        what = "a comparison" if of_comparison else "a report"
        raise UsageError(f"--output {path}: {what} is written as {', '.join(first)} or {last}")
    if known_format.is_table:
        table_name(path, COMPARE_TABLE_NAMES if of_comparison else TABLE_NAMES)
    return Output(path, known_format)


def table_name(path: str, names: Sequence[Name]) -> Name:
    """The table of `names` that a file is named after: `tokens.csv`, `run-tokens.csv`,
    `run_tokens.csv`.

    Raises:
        UsageError: it is not named after one.
    """
    stem = PurePath(path).stem.lower()
    for name in names:
        if stem == name or stem.endswith((f"-{name}", f"_{name}")):
            return name
    raise UsageError(
        f"{path}: the file of a table is named {', '.join(names)}, or ends in - or _ and one "
        f"of them, such as run-{names[0]}.csv"
    )
