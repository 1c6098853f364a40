"""What an analysis gave, in the hands of Python: figures, sentences, files, a notebook's output."""

import shutil
import weakref
from pathlib import Path
from typing import Any

from reportgen.api import arguments
from reportgen.api.arguments import check_language, options_of
from reportgen.api.options import PageChoices
from reportgen.errors import UsageError
from reportgen.files import RESULTS_FILES, Staging
from reportgen.findings.detail import check_detail
from reportgen.findings.findings import Findings
from reportgen.report.formats import STANDARD_OUTPUT
from reportgen.report.language.sentences import Wording
from reportgen.report.notebook import plain_text, render_markdown, render_notebook
from reportgen.report.options import Lang
from reportgen.report.outputs import (
    make_documents,
    plan_outputs,
    require_files,
    stage,
    written_line,
)
from reportgen.report.redact import redacted
from reportgen.results.store import Results, open_results


class Report:
    """One analysis; `results` has every figure as DataFrames.

    In a notebook the value of a cell shows its overview: without scripts, in a sandbox.
    """

    def __init__(self, results: Results, temporary: Path | None = None) -> None:
        """`temporary` is a folder that is removed with the report."""
        self.results = results
        self._findings = Findings(results)
        if temporary is not None:
            weakref.finalize(self, shutil.rmtree, temporary, ignore_errors=True)

    @property
    def figures(self) -> dict[str, float | int | None]:
        """The flat figures of summary.json by name, such as `n_texts`; None: not measured."""
        return dict(self._findings.figures)

    def notes(self, lang: Lang = "en") -> list[str]:
        """The headline, then what the figures call for over all texts, a sentence or two each."""
        check_language(lang)
        wording, notes = Wording(lang), self._findings.notes
        return [
            wording.headline(notes, self.results.info.model.name),
            *map(wording.sentence, notes),
        ]

    def save(
        self, *paths: str | Path, overwrite: bool = True, redact: bool = False, **options: Any
    ) -> list[str]:
        """Write the report to `paths`, as `reportgen render` would; all of them or none.

        Args:
            *paths: Their suffix says what is written: `report.html`, `report.md`, `summary.json`,
                `tokens.csv`, ...; a string that ends in `/` is a folder for the results.
            overwrite: Whether files that exist may be replaced.
            redact: Write ids, lengths and figures only, no text and no token.
            **options: Those of the command line, with `_` for `-`: `title`, `lang`, `heads`,
                `max_size` ("25MB", or bytes), `detail`, `pool_above`, `layout`, `plotlyjs`, ...

        Returns:
            What the command line says of it: a line a file with its size, then what was reduced.

        Raises:
            UsageError: an option is not known, or a path cannot be written to.
            OutputError: writing failed.
        """
        names = [str(path) for path in paths]
        if not names:
            raise UsageError("save: name at least one file, such as report.html")
        if STANDARD_OUTPUT in names:
            raise UsageError("save: standard output is for the command line; name a file")
        page = options_of(PageChoices, {k: _as_option(k, v) for k, v in options.items()})
        made = arguments.render_options(page)
        outputs = plan_outputs(
            names,
            page.format,
            force=overwrite,
            inputs=[str(self.results.folder / name) for name in RESULTS_FILES],
            layout=page.layout,
            images=page.images,
        )
        folders = [Path(item.path) for item in outputs if item.writer == "folder"]
        if redact:
            require_files(outputs)
        check_detail(made.detail, self.results.texts["text_id"].tolist())
        with Staging() as staging, redacted(self.results, made.lang, wanted=redact) as results:
            found = self._findings if results is self.results else Findings(results)
            documents = make_documents(found, outputs, made)
            stage(documents, staging)
            for folder in folders:
                shutil.copytree(self.results.folder, staging.folder(folder), dirs_exist_ok=True)
            staging.commit()
        lines = [
            *map(written_line, documents),
            *(f"{path}/: results folder" for path in folders),
        ]
        return lines + [line for document in documents for line in document.reduced]

    def __repr__(self) -> str:
        return f"<reportgen.Report: {plain_text(self._findings)}>"

    def _repr_html_(self) -> str:
        return render_notebook(self._findings)

    def _repr_markdown_(self) -> str:
        return render_markdown(self._findings)


def open_report(folder: str | Path) -> Report:
    """The report of results that were kept; the model is not needed.

    Raises:
        ResultsError: it is no results folder, or a damaged one.
    """
    if not isinstance(folder, (str, Path)):
        raise UsageError(f"{type(folder).__name__}: give a report, or a folder of results")
    return Report(open_results(Path(folder)))


def _as_option(name: str, value: Any) -> Any:
    """`value` as the command line would give it."""
    if name == "pool_above":
        return "none" if value is None else str(value)
    return str(value) if name == "max_size" else value
