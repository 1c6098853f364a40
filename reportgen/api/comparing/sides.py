"""What `compare` compares: results folders, models on texts, or a baseline and later models."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reportgen.analysis import AnalysisOptions, is_timed
from reportgen.api.jobs import ModelRun, analysis_of
from reportgen.api.options import InputChoices
from reportgen.errors import UsageError
from reportgen.files import check_target
from reportgen.models import ModelSpec, check_spec
from reportgen.options import shown_options
from reportgen.report import inert
from reportgen.texts import is_remote

# Options of an analysis that change how long it takes and what is kept, and no figure.
_OF_MACHINE = ("batch-tokens", "keep-maps")
MAX_MODELS = 60  # of a comparison: as many points as a chart has room for


@dataclass(frozen=True, slots=True)
class Sides:
    """Results folders to compare, or models and texts; the old model first, the new one last."""

    folders: tuple[Path, ...] = ()
    models: tuple[ModelRun, ...] = ()
    texts: tuple[str, ...] = ()  # none: those of the baseline
    heads: tuple[str, ...] = ()  # models to analyse as the one folder was, the baseline

    @property
    def n_models(self) -> int:
        """How many models are compared."""
        return len(self.folders) + len(self.models) + len(self.heads)

    @property
    def inputs(self) -> list[str]:
        """Files and folders that are read."""
        return [*self.texts, *map(str, self.folders)]


def sides_of(
    paths: Sequence[str],
    base: str | None,
    heads: Sequence[str],
    inputs: InputChoices,
    analysis: AnalysisOptions,
) -> Sides:
    """The models that the arguments of `compare` name.

    Raises:
        UsageError: only one model is named, there is one results folder, there are more than
            MAX_MODELS, one of more than two folders is given twice, options of an analysis are
            given where there is none, or units, completions or texts with evidence that differ from
            model to model.
        ModelError: the folder of a model does not exist, or holds no model.
    """
    if base is None and not heads:
        if len(paths) < 2:
            raise _one_path(paths[0])
        check_number(len(paths))
        check_folders(list(map(Path, paths)))
        for name in shown_options(inputs, analysis):
            raise UsageError(
                f"--{name}: results folders are compared as they are; it goes with --base and "
                "--head"
            )
        return Sides(folders=tuple(map(Path, paths)))
    if not heads:
        raise UsageError("--head is missing; name both models, demo for the bundled one")
    check_number(1 + len(heads))
    if base is None:
        return _against_baseline(paths, heads, inputs, analysis)
    for path in (base, *heads):
        if _holds_results(path):
            raise UsageError(
                f"{path}: holds results, and is no model; compare results folders: reportgen "
                "compare OLD NEW"
            )
    for path in paths:
        if _holds_results(path):
            raise UsageError(
                f"{path}: holds results; to compare with them leave out --base, which names a "
                "model for texts"
            )
    check_alike(analysis)
    models = (analysis_of(inputs, ModelSpec(model=name), analysis) for name in (base, *heads))
    return Sides(models=tuple(models), texts=tuple(paths))


def _against_baseline(
    paths: Sequence[str], heads: Sequence[str], inputs: InputChoices, analysis: AnalysisOptions
) -> Sides:
    """The baseline in the first of `paths`, and models that are to be analysed in the same way."""
    first, *texts = paths
    is_address = first == "-" or is_remote(first)
    if not is_address and not Path(first).exists() and not Path(first).suffix:
        raise UsageError(f"{first}: no such folder; name that of a baseline")
    if not _holds_results(first):
        raise UsageError(
            f"--base is missing, and {first} holds no results to compare with; name the old model, "
            "demo for the bundled one, or first the folder of a baseline: `reportgen analyze TEXTS "
            "-o baseline/` makes one"
        )
    for name in shown_options(analysis):
        if name not in _OF_MACHINE:
            raise UsageError(
                f"--{name}: the new model is analysed as {first} was; leave it out, or make "
                "another baseline with it"
            )
    for name in () if texts else shown_options(inputs):
        raise UsageError(
            f"--{name}: goes with a file of texts; without one, those of {first} are analysed"
        )
    for name in heads:
        if _holds_results(name):
            raise UsageError(f"--head {name}: holds results: reportgen compare {first} {name}")
        check_spec(ModelSpec(model=name))
    return Sides(folders=(Path(first),), texts=tuple(texts), heads=tuple(heads))


def _holds_results(path: str) -> bool:
    return Path(path, "results.json").exists()


def _one_path(path: str) -> UsageError:
    """The error for a single `path` and no models."""
    if _holds_results(path):
        return UsageError(
            f"{path}: is one results folder; name the new model with --head, or another results "
            "folder"
        )
    if Path(path).is_file():
        return UsageError(f"{path}: is a file of texts; name both models with --base and --head")
    return UsageError(
        "compare takes two results folders or more, not one; to compare models on texts, "
        "name them with --base and --head"
    )


def check_alike(analysis: AnalysisOptions) -> None:
    """Check that models which are analysed with these options can be compared.

    Raises:
        UsageError: completions or texts with evidence would differ from model to model.
    """
    if analysis.generate is not None:
        raise UsageError(
            "--generate: each model writes completions of its own, which cannot be compared; give "
            "both the same in a column of the texts"
        )
    if is_timed(analysis.evidence_budget):
        raise UsageError(
            "--evidence-budget: in one time each model gets evidence on different texts, which "
            "cannot be compared; give --evidence-texts"
        )


def check_accepted(folders: Sequence[Path], n_models: int, *, redact: bool) -> Path:
    """Check that the folder of --accept may be replaced, before any work is done, and return it.

    Raises:
        UsageError: there is none, there are more models than two, it holds more than results, or
            texts are not to be written.
    """
    if not folders:
        raise UsageError(
            "--accept: puts the new model's results in the place of a baseline; name its folder in "
            "place of --base"
        )
    if redact:
        raise UsageError("--accept: a baseline holds texts; leave out --redact")
    if n_models > 2:
        raise UsageError(
            f"--accept: takes the place of a baseline for one new model, not for {n_models - 1}; "
            "name the baseline and that model alone"
        )
    folder = folders[0]
    check_target(folder, force=True, is_folder=True)
    return folder


def check_number(n: int) -> None:
    """Check that there are not too many models to compare.

    Raises:
        UsageError: there are.
    """
    if n > MAX_MODELS:
        raise UsageError(f"compare takes at most {MAX_MODELS} models, not {n}; leave some out")


def check_folders(folders: Sequence[Path]) -> None:
    """Check that, of more than two results folders, none is given twice. Two equal folders are
    allowed: they show that a model does not differ from itself.

    Raises:
        UsageError: one is.
    """
    known = set[Path]()
    for folder in folders if len(folders) > 2 else ():
        if folder.resolve() in known:
            raise UsageError(f"{inert(str(folder))}: given twice; name each results folder once")
        known.add(folder.resolve())
