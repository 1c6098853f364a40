"""A comparison of two reports on the same texts: its figures, its headline and its files."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

import pandas as pd

from reportgen.api.comparing.baseline import accept
from reportgen.api.comparing.sides import check_accepted, check_folders, check_number
from reportgen.api.jobs import OutputJob, comparison_job, saved_files
from reportgen.api.keywords import SaveComparisonOptions
from reportgen.api.report import (
    Report,
    Written,
    check_language,
    open_report,
    unredacted,
    write_runs,
)
from reportgen.comparison import Comparison
from reportgen.comparison import compare_runs as compare_findings
from reportgen.errors import UsageError
from reportgen.files import Staging
from reportgen.findings import Judging, evaluate, smallest_change
from reportgen.options import options_of
from reportgen.report import (
    COMPARE_TABLE_NAMES,
    CompareOptions,
    CompareTableName,
    CompareWords,
    Lang,
    compare_headline,
    comparison_table,
    limits,
    load_language,
    redacted_comparison,
    unmatched_texts,
)
from reportgen.results import FolderSource


class ComparedReports:
    """What changed from `base`, the old model, to `head`, the new one.

    `comparison` holds every number.
    """

    def __init__(
        self,
        base: Report,
        head: Report,
        null: Report | None = None,
        between: Sequence[Report] = (),
        folders: Sequence[str] = (),
    ) -> None:
        """Take two reports, a third one on another seed of the old model, the reports on the models
        in between, and the names of all their folders. Nothing is computed yet."""
        self.base = base
        self.head = head
        self.null = null
        self.between = tuple(between)
        self.folders = tuple(folders)

    @cached_property
    def comparison(self) -> Comparison:
        """What changed, in numbers; None for what cannot be compared."""
        null = None if self.null is None else self.null.findings
        between = [side.findings for side in self.between]
        return compare_findings(self.base.findings, self.head.findings, null, between, self.folders)

    @property
    def figures(self) -> dict[str, Any]:
        """The figures of compare.json by name; None: cannot be compared."""
        return dict(self.comparison.figures)

    def headline(self, lang: Lang = "en") -> list[str]:
        """What changed, in one to three sentences."""
        check_language(lang)
        return _headline(self.comparison, lang)

    def table(self, name: CompareTableName) -> pd.DataFrame:
        """The table that `compare` writes to a file of this name: `changes` has one row per text.

        Raises:
            UsageError: there is no table `name`.
        """
        if name not in COMPARE_TABLE_NAMES:
            raise UsageError(
                f"{name!r}: no such table; use one of {', '.join(COMPARE_TABLE_NAMES)}"
            )
        return comparison_table(self.comparison, name)

    def save(
        self,
        *paths: str | Path,
        overwrite: bool = True,
        redact: bool = False,
        format: str | None = None,
        **options: Unpack[SaveComparisonOptions],
    ) -> list[str]:
        """Write the comparison to all `paths`, or to none of them if one fails.

        Args:
            *paths: Files whose suffix decides the format, such as `.html`, `.md` or `.json`.
            overwrite: Whether files that exist may be replaced.
            redact: Write ids and rounded figures only: no texts, no tokens, no maps.
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
            [str(side.results.folder) for side in (self.base, *self.between, self.head)],
            n_models=2 + len(self.between),
            redact=redact,
        )
        with Staging(force=job.force) as staging:
            written = write_comparison(self, job, staging)
            staging.commit()
        return [*job.recovered, *written.lines]

    def accept(self) -> list[str]:
        """Replace the results in the folder of `base` by those of `head`, small if the old ones
        were. Later comparisons are with this new baseline.

        Returns:
            Lines that say what was replaced, and which figures that changes.

        Raises:
            UsageError: the folder holds more than results, or cannot be written, or more than two
                models are compared.
            OutputError: writing failed.
        """
        folder = check_accepted([self.base.results.folder], 2 + len(self.between), redact=False)
        with Staging() as staging:
            lines = accept(self.base.findings, self.head.findings, folder, staging)
            staging.commit()
        return lines

    def __repr__(self) -> str:
        return f"<reportgen.ComparedReports: {' '.join(self.headline())}>"


def compare(
    base: Report | str | Path,
    head: Report | str | Path,
    *more: Report | str | Path,
    null: Report | str | Path | None = None,
    names: Sequence[str] = (),
) -> ComparedReports:
    """Compare reports, or the folders of their results: two, or up to MAX_MODELS.

    Of more than two each is also compared with the first and with the one before.

    Args:
        base: of the old model.
        head: of the new model, or of the next one where there are `more`.
        more: of further models, in order; the last of them is the new model.
        null: of the old model trained with another seed; changes are named only where they are
            larger than 95 % of those from seed to seed.
        names: of all models in order, for tables and charts of more than two, such as `step 500`;
            by default those of their folders, or of the models where results are not kept.

    Raises:
        UsageError: there are more than MAX_MODELS, one of more than two is given twice, or there
            are more or fewer names than models.
        ComparisonError: no text is in both, or in all.
        ResultsError: a folder is not a results folder, or it is damaged.
    """
    sides = (base, head, *more)
    check_number(len(sides))
    if names and len(names) != len(sides):
        raise UsageError(
            f"names: there are {len(names)} for {len(sides)} models; give one for each"
        )
    first, *between, last = reports = [_opened(side) for side in sides]
    folders = [_folder(report) for report in reports]
    check_folders([folder for folder in folders if folder is not None])
    compared = ComparedReports(
        first,
        last,
        None if null is None else _opened(null),
        between,
        names or folder_names(folders),
    )
    # It fails here, not later, if they cannot be compared.
    _ = compared.comparison.all_models
    return compared


def _opened(side: Report | str | Path) -> Report:
    return side if isinstance(side, Report) else open_report(side)


def _folder(report: Report) -> Path | None:
    """The folder that the results of a report are kept in; None where they are not kept."""
    source = report.results.source
    if report.is_temporary or not isinstance(source, FolderSource):
        return None
    return source.folder.resolve()


def folder_names(folders: Sequence[Path | None]) -> tuple[str, ...]:
    """The name of each results folder, with the name of the folder above it where two are the same;
    "" for None."""
    names = [folder.name if folder else "" for folder in folders]
    return tuple(
        f"{folder.parent.name}/{name}" if folder and names.count(name) > 1 else name
        for folder, name in zip(folders, names, strict=True)
    )


def write_comparison(
    compared: ComparedReports, job: OutputJob[CompareOptions], staging: Staging
) -> Written:
    """Evaluate the gates and write every output of `job`; the lines end with the headline.

    The files appear in their places when `staging` is committed.

    Raises:
        ComparisonError: no text is in both.
        ResultsError: the results are damaged.
    """
    options, whole = job.options, compared.comparison
    judging = Judging(options.quality, smallest_change(options.smallest_change))
    if judging != whole.judging:
        whole = replace(whole, judging=judging)
    if job.gates:
        figures = {**compared.head.figures, **whole.figures}
        options = replace(options, gates=evaluate(job.gates, figures))
    with redacted_comparison(whole, options.lang, wanted=job.redact) as comparison:
        written = write_runs(comparison.runs, job, options, staging)
        remarks = comparison.base.info.remarks
        # On what is redacted.
        notes = [remark for remark in remarks if remark not in whole.base.info.remarks]
        notes += [*_headline(comparison, options.lang), *_unmatched(comparison, options.lang)]
    notes += unredacted(job, whole.base, whole.head)
    lines = (*written.lines, *written.reduced, *notes)
    return replace(written, lines=lines)


def _unmatched(comparison: Comparison, lang: Lang) -> list[str]:
    """Which texts only one of two models has, and how many; with more models, what differs in each
    from the first."""
    words, models = CompareWords(comparison, load_language(lang)), comparison.all_models
    sentences = unmatched_texts(comparison, words)
    return [*sentences, *(limits(models, words) if models is not None else ())]


def _headline(comparison: Comparison, lang: Lang) -> list[str]:
    return list(compare_headline(comparison, CompareWords(comparison, load_language(lang))))
