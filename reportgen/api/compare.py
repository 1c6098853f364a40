"""Two reports of the same texts side by side, from Python."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from reportgen.api.arguments import check_language, options_of
from reportgen.api.jobs import comparison_outputs
from reportgen.api.options import CompareChoices
from reportgen.api.report import Report, open_report
from reportgen.comparison.compare import Comparison
from reportgen.comparison.compare import compare as compare_results
from reportgen.comparison.figures import comparison_figures
from reportgen.comparison.notes import change_notes
from reportgen.errors import UsageError, without_surrogates
from reportgen.files import Staging
from reportgen.findings.findings import Findings
from reportgen.findings.gates import Gate, GateResult, evaluate
from reportgen.report.compare_sections.contents import headline
from reportgen.report.formats import STANDARD_OUTPUT, Document, Output
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.strings import load_language
from reportgen.report.options import Lang, RenderOptions
from reportgen.report.outputs import stage, written_line
from reportgen.results.store import open_results


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
        return [*map(written_line, made.documents), *made.said]

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


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison made."""

    documents: tuple[Document, ...]
    said: tuple[str, ...]  # in the terminal
    gates: tuple[GateResult, ...]
    summary: bytes  # for a step on GitHub Actions; empty where none was asked for


def make_compared(
    folders: Sequence[Path],
    outputs: Sequence[Output],
    page: CompareChoices,
    gates: Sequence[Gate],
    room: int | None,
) -> Compared:
    """The documents at `outputs` of the results in two `folders`, and the Markdown for a step's
    summary within `room` bytes, None without one.

    Raises:
        ComparisonError: the results are not of the same texts in the same order.
        ResultsError: a folder is no results folder, or is damaged.
    """
    base, head = (open_results(folder) for folder in folders)
    comparison = compare_results(base, head)
    judged: tuple[GateResult, ...] = ()
    if gates:
        judged = evaluate(gates, {**Findings(head).figures, **comparison_figures(comparison)})
    options = RenderOptions(
        title=page.title and without_surrogates(page.title),
        lang=page.lang,
        md_flavor=page.md_flavor,
        md_limit=page.md_limit,
        id=page.id,
        gates=judged,
    )
    documents = []
    for output in outputs:
        if output.writer == "html":
            from reportgen.report.html.compare_page import render as render_html

            content = render_html(comparison, base, head, options)
        elif output.writer == "md":
            from reportgen.report.digest.compare_markdown import render as render_markdown

            content = render_markdown(comparison, base, head, options).encode()
        else:
            from reportgen.report.compare_json import render as render_json

            content = render_json(comparison, base, head, options).encode()
        documents.append(Document(output, content))
    summary = b""
    if room is not None:
        from reportgen.report.digest.compare_markdown import step_summary

        summary = step_summary(comparison, base, head, options, room)
    words = CompareWords(comparison, base, head, load_language(page.lang))
    said = headline(comparison, change_notes(comparison), words)
    return Compared(tuple(documents), said, judged, summary)
