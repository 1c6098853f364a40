"""A comparison of two reports on the same texts: its figures, its headline and its files."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from reportgen.api.jobs import Job, comparison_job, saved_files
from reportgen.api.keywords import check_language, options_of
from reportgen.api.report import Report, Written, open_report
from reportgen.comparison.compare import Comparison
from reportgen.comparison.compare import compare as compare_findings
from reportgen.files.staging import Staging
from reportgen.findings.gates import evaluate
from reportgen.report.compare_sections.overview import headline
from reportgen.report.digest.markdown import comparison_step_summary
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.strings import load_language
from reportgen.report.options import CompareOptions, Lang
from reportgen.report.outputs import make_documents, stage, written_line


class ComparedReports:
    """What changed from `base` to `head`; `comparison` holds every number."""

    def __init__(self, base: Report, head: Report) -> None:
        """Take two reports on the same texts; nothing is computed yet."""
        self.base = base
        self.head = head

    @cached_property
    def comparison(self) -> Comparison:
        """What changed, in numbers; None for what cannot be compared."""
        return compare_findings(self.base.findings, self.head.findings)

    @property
    def figures(self) -> dict[str, Any]:
        """The figures of compare.json by name; None: cannot be compared."""
        return dict(self.comparison.figures)

    def headline(self, lang: Lang = "en") -> list[str]:
        """What changed, in one to three sentences."""
        check_language(lang)
        words = CompareWords(self.comparison, load_language(lang))
        return list(headline(self.comparison, words))

    def save(
        self, *paths: str | Path, overwrite: bool = True, format: str | None = None, **options: Any
    ) -> list[str]:
        """Write the comparison to all `paths`, or to none of them if one fails.

        Args:
            *paths: Files whose suffix decides the format: `.html`, `.md` or `.json`.
            overwrite: Whether files that exist may be replaced.
            format: The format of all files, such as `"md"`, whatever their suffix.
            **options: Options of `reportgen compare` with `_` for `-`: `title`, `lang`, ...

        Returns:
            A line for each file with its size, then the headline.

        Raises:
            UsageError: an option is unknown or has a wrong value, or a path cannot be written to.
            OutputError: writing failed.
        """
        job = comparison_job(
            saved_files(paths, "compare.html", format, overwrite=overwrite),
            options_of(CompareOptions, options),
            [str(side.results.folder) for side in (self.base, self.head)],
        )
        with Staging(force=job.force) as staging:
            written = write_comparison(self, job, staging)
            staging.commit()
        return [*job.recovered, *written.lines, *self.headline(job.options.lang)]

    def __repr__(self) -> str:
        return f"<reportgen.ComparedReports: {' '.join(self.headline())}>"


def compare(base: Report | str | Path, head: Report | str | Path) -> ComparedReports:
    """Compare two reports on the same texts, or the folders of their results.

    Raises:
        ComparisonError: the texts are not the same, in the same order.
        ResultsError: a folder is not a results folder, or it is damaged.
    """
    sides = (side if isinstance(side, Report) else open_report(side) for side in (base, head))
    compared = ComparedReports(*sides)
    _ = compared.comparison  # fails here, not later, if they cannot be compared
    return compared


def write_comparison(
    compared: ComparedReports, job: Job[CompareOptions], staging: Staging
) -> Written:
    """Evaluate the gates and write every output of `job`.

    The files appear in their places when `staging` is committed.

    Raises:
        ComparisonError: the texts are not the same, in the same order.
        ResultsError: the results are damaged.
    """
    comparison = compared.comparison
    gates = evaluate(job.gates, compared.head.figures | compared.figures) if job.gates else ()
    options = replace(job.options, gates=gates)
    documents = make_documents(comparison, job.outputs, options)
    room = job.summary_room
    summary = b"" if room is None else comparison_step_summary(comparison, options, room)
    stage(documents, staging)
    lines = (written_line(output, document) for output, document in documents.items())
    return Written(documents, tuple(lines), gates, summary)
