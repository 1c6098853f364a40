"""A report: its figures, its sentences, its files, and how it looks in a notebook."""

import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Unpack

import pandas as pd

from reportgen.api.closing_lines import account_of
from reportgen.api.jobs import AnyJob, OutputJob, report_job, saved_files
from reportgen.api.keywords import SaveOptions
from reportgen.comparison import Runs
from reportgen.errors import UsageError
from reportgen.files import RESULTS_FILES, Staging, Temporary
from reportgen.findings import (
    Findings,
    GateResult,
    evaluate,
    misfit,
)
from reportgen.options import options_of
from reportgen.report import (
    Document,
    Lang,
    Output,
    OutputOptions,
    RenderOptions,
    TextCell,
    WriteOptions,
    comment_lines,
    first_line,
    gate_rows,
    headline,
    load_language,
    make_documents,
    plain_text,
    redacted,
    remove_old_pictures,
    render_markdown,
    render_notebook,
    sentence,
    stage,
    table,
    unredacted_lines,
    written_line,
)
from reportgen.results import (
    AttentionMaps,
    Head,
    Part,
    Results,
    attention_maps,
    open_results,
)
from reportgen.tasks import require_known


class Report:
    """The results of one analysis; `results` holds every number as DataFrames.

    A notebook shows an overview of it: in a sandboxed frame, without scripts.
    """

    def __init__(self, results: Results, temporary: Temporary | None = None) -> None:
        """Make a report of `results`; the folder `temporary` is removed with the report."""
        self.results = results
        self.findings = Findings(results)
        self.is_temporary = temporary is not None
        if temporary is not None:
            weakref.finalize(self, temporary.remove)

    @property
    def figures(self) -> dict[str, float | int | None]:
        """The figures of summary.json by name, such as `n_texts`; None: not measured."""
        return dict(self.findings.figures)

    def notes(self, lang: Lang = "en") -> list[str]:
        """The headline, then each note on all texts together, in a sentence or two."""
        check_language(lang)
        language, notes = load_language(lang), self.findings.notes
        first = headline(notes, self.results.info.model.name, language)
        return [first, *(sentence(note, language) for note in notes)]

    def account(self, lang: Lang = "en", *, verbose: bool = False) -> list[str]:
        """What was analysed and what was left out, labels that were not used, and the verdict on
        attention sinks, as the command line prints them.

        Args:
            lang: The language of the last line, the verdict.
            verbose: Whether versions, checks and the reason of each failed text are among them.
        """
        check_language(lang)
        return account_of(self.findings, lang, verbose=verbose)

    @property
    def tokens(self) -> pd.DataFrame:
        """The table of `tokens.csv`: one row per token of all texts."""
        return table(self.findings, "tokens")

    @property
    def predictions(self) -> pd.DataFrame:
        """The table of `predictions.csv`: one row per predicted item of all texts, with its right
        answer where one is known. A class is one item, a tag one per word, a mask one per mask; see
        `docs/outputs.md` for its columns."""
        return table(self.findings, "predictions")

    @property
    def edits(self) -> pd.DataFrame:
        """The table of `edits.csv`: one row per edit of each text with evidence; empty without
        edits."""
        return table(self.findings, "edits")

    def maps(
        self,
        text_id: object,
        layer: int | None = -1,
        head: Head = "mean",
        part: Part = "encoder",
        *,
        values: bool = False,
    ) -> AttentionMaps:
        """The attention maps of one text as an array, with its tokens.

        Args:
            text_id: The id of the text; without ids of your own, its number from 1.
            layer: Which layer, from 1; -1 is the last. None: all of them.
            head: Which head, from 1; `"mean"` is the mean over heads. None: all of them.
            part: `"cross"` is where the decoder of an encoder-decoder looks in the text while it
                writes each token, `"decoder"` where it looks in what it has read so far. Any other
                model has only `"encoder"`.
            values: With `part="cross"`, the length of what each head gets from each token of the
                text (attention times value vector, through the output projection) in place of the
                attention alone. Rows do not sum to 1 then.

        Returns:
            `values` is `[query, key]`: a row looks at the columns, and sums to 1, less what a
            learned sink takes. Where all layers or heads are asked for they come first:
            `[layer, head, query, key]`. `tokens` names the columns, `queries` the
            rows. Values are within .004 of what was measured.

        Raises:
            UsageError: there is no such text, layer, head or part, or its maps were not kept.
        """
        return attention_maps(self.findings.results, text_id, layer, head, part, values=values)

    def text(self, text_id: object, lang: Lang = "en") -> TextCell:
        """One text, to be shown by a notebook: its tokens coloured, its table and its map.

        Args:
            text_id: The id of the text; without ids of your own, its number from 1.

        Raises:
            UsageError: no text has this id.
        """
        check_language(lang)
        return TextCell(self.findings, str(text_id), lang)

    def save(
        self,
        *paths: str | Path,
        overwrite: bool = True,
        redact: bool = False,
        format: str | None = None,
        **options: Unpack[SaveOptions],
    ) -> list[str]:
        """Write the report to all `paths`, or to none of them if one fails.

        Args:
            *paths: Files whose suffix decides the format: `report.html`, `report.md`,
                `summary.json`, `tokens.csv`, ...; a string that ends in `/` is a folder for the
                results.
            overwrite: Whether files that exist may be replaced.
            redact: Write ids and rounded figures only: no texts, no tokens, no maps.
            format: The format of all files, such as `"md"`, whatever their suffix.
            **options: Options of `reportgen render` with `_` for `-`: `title`, `lang`, `heads`,
                `max_size` ("25MB", or bytes), `detail`, `pool_above`, `layout`, `plotlyjs`, ...

        Returns:
            A line for each file with its size, then a line for everything that was left out.

        Raises:
            UsageError: an option is unknown or has a wrong value, or a path cannot be written to.
            OutputError: writing failed.
        """
        job = report_job(
            saved_files(paths, "report.html", format, overwrite=overwrite),
            options_of(RenderOptions, options),
            [str(self.results.folder / name) for name in RESULTS_FILES],
            redact=redact,
        )
        with Staging(force=job.force) as staging:
            written = self.write(job, staging)
            staging.commit()
        return [*job.recovered, *written.lines, *written.reduced]

    def write(self, job: OutputJob[RenderOptions], staging: Staging) -> "Written":
        """Write every output of `job`, results folders too; see `write_report`."""
        with self.shown(job) as findings:
            written = write_report(findings, job, staging)
        lines = unredacted(job, self.findings)
        written = replace(written, lines=(*written.lines, *lines))
        for folder in job.folders:
            staging.copy(self.results.stored_in.files(), folder)
        return written

    @contextmanager
    def shown(self, job: OutputJob[RenderOptions]) -> Iterator[Findings]:
        """The findings that `job` writes: with --redact those of a copy without texts."""
        with redacted(self.results, job.options.lang, wanted=job.redact) as results:
            yield self.findings if results is self.results else Findings(results)

    def __repr__(self) -> str:
        return f"<reportgen.Report: {plain_text(self.findings)}>"

    def _repr_html_(self) -> str:
        return render_notebook(self.findings)

    def _repr_markdown_(self) -> str:
        return render_markdown(self.findings)


def check_language(lang: Lang) -> None:
    """Check that reports can be written in the language `lang`.

    Raises:
        UsageError: they cannot.
    """
    options_of(WriteOptions, {"lang": lang})


def open_report(folder: str | Path) -> Report:
    """Open the results that were kept in `folder`; the model is not needed.

    Raises:
        ResultsError: it is not a results folder, or it is damaged.
    """
    if not isinstance(folder, (str, Path)):
        raise UsageError(f"{type(folder).__name__}: give a report, or a folder of results")
    results = open_results(Path(folder))
    require_known(results.info)
    return Report(results)


@dataclass(frozen=True, slots=True)
class Written:
    """The outputs of a report or of a comparison."""

    documents: Mapping[Output, Document]
    lines: tuple[str, ...]  # one for each output, with its size
    gates: tuple[GateResult, ...] = ()
    step_summary: bytes = b""  # for a step on GitHub Actions; empty if it is not wanted
    verdict: str = ""  # how the gates went, or which model is better, for the first line
    told_gates: tuple[str, ...] = ()  # errors first: what was found and what is allowed, in English

    @property
    def reduced(self) -> list[str]:
        """What was left out of the outputs, each sentence once."""
        return list(dict.fromkeys(line for d in self.documents.values() for line in d.reduced))


def unredacted(job: AnyJob, *runs: Findings) -> list[str]:
    """What is told of the author's words where the texts of `runs` are redacted."""
    if not job.redact:
        return []
    texts = [
        (str(id), text)
        for findings in runs
        for column in ("text", "pair")
        for id, text in findings.texts[["text_id", column]].itertuples(index=False)
        if isinstance(text, str)
    ]
    return list(unredacted_lines(job.options, texts, load_language(job.options.lang)))


def write_report(findings: Findings, job: OutputJob[RenderOptions], staging: Staging) -> Written:
    """Evaluate the gates and write every output of `job`, except results folders.

    The files appear in their places when `staging` is committed.

    Raises:
        UsageError: what is asked for does not fit a limit.
        ResultsError: the results are damaged.
    """
    colour, quality = job.options.colour, job.options.quality
    if (colour, quality) != (findings.colour, findings.quality):
        findings = replace(findings, colour=colour, quality=quality)
    gates = evaluate(job.gates, findings.figures) if job.gates else ()
    return write_runs(Runs(findings), job, replace(job.options, gates=gates), staging)


def write_runs(runs: Runs, job: AnyJob, options: OutputOptions, staging: Staging) -> Written:
    """Write one run or several to every output of `job`, with the gates of `options`."""
    documents = make_documents(runs, job.outputs, options)
    summary = b""
    if job.summary is not None:  # with what writes Markdown, which most runs do not need
        from reportgen.report import step_summary

        summary = step_summary(runs, options, job.summary.room)
    stage(documents, staging)
    english = load_language("en")
    lines = [written_line(output, document) for output, document in documents.items()]
    lines += remove_old_pictures(documents, staging) if job.redact else []
    lines += [f"{folder}/: results folder" for folder in job.folders]
    lines += comment_lines(options, load_language(options.lang))
    lines += filter(None, [misfit(runs.findings.info.output, options.quality)])
    rows = gate_rows(options.gates, runs.findings, english) if options.gates else ()
    return Written(
        documents,
        tuple(lines),
        options.gates,
        summary,
        verdict=first_line(runs, options),
        told_gates=tuple(row.told(english) for row in rows),
    )
