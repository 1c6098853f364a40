"""What `reportgen compare` is asked for, and the documents it makes; torch is not needed here."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from reportgen.choices import check_evidence_texts, check_keep_maps, model_spec
from reportgen.decoding import without_surrogates
from reportgen.errors import UsageError
from reportgen.gates import Gate, GateResult, evaluate
from reportgen.model.spec import check_spec
from reportgen.options import AnalysisChoices, InputChoices, ModelChoices
from reportgen.output_options import CompareChoices
from reportgen.outputs import Document, Output, plan_outputs
from reportgen.report.flavors import check_marker, limit_of
from reportgen.report.options import RenderOptions

DEFAULT_OUTPUT = "compare.html"
_WRITERS = ("html", "md", "json")


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared: two results folders, or two models on texts."""

    folders: tuple[Path, ...] = ()  # base and head
    models: tuple[ModelChoices, ...] = ()  # base and head
    texts: tuple[str, ...] = ()


def sides_of(
    paths: Sequence[str],
    base: str | None,
    head: str | None,
    inputs: InputChoices,
    analysis: AnalysisChoices,
) -> Sides:
    """What the arguments ask for.

    Raises:
        UsageError: one model is named and the other is not, there are not two results folders, or
            options for an analysis are given where there is none.
        ModelError: a model's folder is none.
    """
    if base is None and head is None:
        if len(paths) != 2:
            raise UsageError(
                f"compare takes two results folders, not {len(paths)}; to compare models on texts, "
                "name both with --base and --head"
            )
        given = _given(inputs) + _given(analysis)
        if given:
            raise UsageError(
                f"--{given[0]}: results folders are compared as they are; it goes with --base and "
                "--head"
            )
        return Sides(folders=(Path(paths[0]), Path(paths[1])))
    if base is None or head is None:
        missing = "base" if base is None else "head"
        raise UsageError(f"--{missing} is missing; name both models, demo for the bundled one")
    check_keep_maps(analysis.keep_maps)
    check_evidence_texts(analysis.evidence_texts)
    models = tuple(ModelChoices(model=name) for name in (base, head))
    for model in models:
        check_spec(model_spec(model))
    return Sides(models=models, texts=tuple(paths))


def comparison_outputs(
    paths: list[str] | None, page: CompareChoices, *, force: bool, inputs: Sequence[str]
) -> tuple[Output, ...]:
    """The outputs at `paths`, each checked to be writable.

    Raises:
        UsageError: as `plan_outputs`, a comparison has no such form, or --md-limit is more than the
            flavour takes.
        OutputError: standard output is closed.
    """
    limit_of(page.md_flavor, page.md_limit)
    check_marker(page.id)
    outputs = plan_outputs(paths or [DEFAULT_OUTPUT], page.format, force=force, inputs=inputs)
    for output in outputs:
        if output.writer not in _WRITERS:
            raise UsageError(
                f"--output {output.path}: a comparison is written as .html, .md or .json"
            )
    return outputs


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
    from reportgen.comparison import compare
    from reportgen.notes.changes import change_notes
    from reportgen.report.compare_page import headline
    from reportgen.report.compare_words import CompareWords
    from reportgen.report.language import load_language
    from reportgen.results import open_results

    base, head = (open_results(folder) for folder in folders)
    comparison = compare(base, head)
    judged: tuple[GateResult, ...] = ()
    if gates:
        from reportgen.report.compare_figures import comparison_figures
        from reportgen.report.run_figures import run_figures

        judged = evaluate(gates, {**run_figures(head), **comparison_figures(comparison)})
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
            from reportgen.report.compare_html import render as render_html

            content = render_html(comparison, base, head, options)
        elif output.writer == "md":
            from reportgen.report.compare_markdown import render as render_markdown

            content = render_markdown(comparison, base, head, options).encode()
        else:
            from reportgen.report.compare_json import render as render_json

            content = render_json(comparison, base, head, options).encode()
        documents.append(Document(output, content))
    summary = b""
    if room is not None:
        from reportgen.report.compare_markdown import step_summary

        summary = step_summary(comparison, base, head, options, room)
    words = CompareWords(comparison, base, head, load_language(page.lang))
    said = headline(comparison, change_notes(comparison), words)
    return Compared(tuple(documents), said, judged, summary)


def _given(choices: InputChoices | AnalysisChoices) -> list[str]:
    """Options that are not at their default, by name."""
    return [
        field.name.replace("_", "-")
        for field in fields(choices)
        if getattr(choices, field.name) != field.default
    ]
