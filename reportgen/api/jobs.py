"""What a command is asked to do, checked before anything heavy is imported."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from reportgen.api.arguments import check_evidence_texts, check_keep_maps, model_spec
from reportgen.api.options import AnalysisChoices, CompareChoices, InputChoices, ModelChoices
from reportgen.errors import UsageError
from reportgen.models.spec import check_spec
from reportgen.report.digest.limits import check_marker, limit_of
from reportgen.report.formats import Output
from reportgen.report.outputs import plan_outputs

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


def _given(choices: InputChoices | AnalysisChoices) -> list[str]:
    """Options that are not at their default, by name."""
    return [
        field.name.replace("_", "-")
        for field in fields(choices)
        if getattr(choices, field.name) != field.default
    ]
