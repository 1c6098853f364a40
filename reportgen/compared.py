"""Two reports of the same texts side by side, from Python."""

from functools import cached_property
from pathlib import Path
from typing import Any

from reportgen import terminal
from reportgen.comparing.command import comparison_outputs, make_compared
from reportgen.comparison import Comparison
from reportgen.comparison import compare as compare_results
from reportgen.errors import UsageError
from reportgen.notes.changes import change_notes
from reportgen.option_types import check_language, options_of
from reportgen.output_options import CompareChoices
from reportgen.outputs import STANDARD_OUTPUT, stage
from reportgen.report.compare_figures import comparison_figures
from reportgen.report.compare_page import headline
from reportgen.report.compare_words import CompareWords
from reportgen.report.language import load_language
from reportgen.report.options import Lang
from reportgen.reports import Report, open_report
from reportgen.staging import Staging


class ComparedReports:
    """What changed from `base` to `head`; `comparison` has every number."""

    def __init__(self, base: Report, head: Report) -> None:
        """Both are of the same texts; nothing is computed yet."""
        self.base = base
        self.head = head

    @cached_property
    def comparison(self) -> Comparison:
        """What changed, in numbers; None where something cannot be compared."""
        return compare_results(self.base.results, self.head.results)

    @property
    def figures(self) -> dict[str, Any]:
        """The flat figures of the comparison's JSON; None: cannot be compared."""
        return dict(comparison_figures(self.comparison))

    def headline(self, lang: Lang = "en") -> list[str]:
        """What the command line says of it."""
        check_language(lang)
        base, head = self.base.results, self.head.results
        words = CompareWords(self.comparison, base, head, load_language(lang))
        return list(headline(self.comparison, change_notes(self.comparison), words))

    def save(self, *paths: str | Path, overwrite: bool = True, **options: Any) -> list[str]:
        """Write the comparison as `reportgen compare` would: `.html`, `.md` or `.json`.

        Args:
            *paths: Their suffix says what is written.
            overwrite: Whether files that exist may be replaced.
            **options: `title`, `lang`, ...

        Returns:
            What the command line says of it: a line a file, then the headline.

        Raises:
            UsageError: an option is not known, or a path cannot be written to.
            OutputError: writing failed.
        """
        names = [str(path) for path in paths]
        if not names or STANDARD_OUTPUT in names:
            raise UsageError("save: name at least one file, such as compare.html")
        page = options_of(CompareChoices, options)
        folders = (self.base.results.folder, self.head.results.folder)
        outputs = comparison_outputs(names, page, force=overwrite, inputs=[*map(str, folders)])
        made = make_compared(folders, outputs, page, (), None)
        with Staging() as staging:
            stage(made.documents, staging)
            staging.commit()
        return [*map(terminal.written, made.documents), *made.said]

    def __repr__(self) -> str:
        return f"<reportgen.ComparedReports: {' '.join(self.headline())}>"


def compare(base: Report | str | Path, head: Report | str | Path) -> ComparedReports:
    """Hold two reports of the same texts, or the folders of their results, side by side.

    Raises:
        ComparisonError: they are not of the same texts in the same order.
        ResultsError: a folder is no results folder, or is damaged.
    """
    sides = (side if isinstance(side, Report) else open_report(side) for side in (base, head))
    compared = ComparedReports(*sides)
    _ = compared.comparison  # what cannot be compared is said at once
    return compared
