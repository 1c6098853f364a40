"""Run an analysis, from Python or for the command line: texts and a model to results."""

import json
import re
import shlex
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from inspect import signature
from pathlib import Path, PurePath
from threading import RLock
from typing import Any, Literal, Unpack, get_type_hints

from torch import nn
from transformers import PreTrainedTokenizerBase

from reportgen.analysis import AnalysisOptions
from reportgen.api.attributions import Attribute, with_attributed, with_python_scores
from reportgen.api.jobs import first_listed
from reportgen.api.keywords import LoadOptions
from reportgen.api.measurement import measure
from reportgen.api.models import load_model, named_model, taken_apart
from reportgen.api.options import EngineChoices, InputChoices, Verbosity, arguments, column_option
from reportgen.api.progress_bar import terminal_progress
from reportgen.api.report import Report
from reportgen.errors import InputError, UsageError, quoted, with_quotes, without_surrogates
from reportgen.files import (
    Staging,
    Temporary,
    check_target,
    make_scratch,
    recover_at,
    unfinished_run,
)
from reportgen.models import LoadedModel, ModelSpec, bare, borrowed
from reportgen.options import no_such_option, options_in, options_of, shown_options
from reportgen.results import EvidenceLevel, Results, UnitKind, open_results
from reportgen.texts import (
    ARGUMENTS,
    NAME,
    Beside,
    TextSet,
    first_texts,
    is_remote,
    score_columns,
    texts_in_memory,
)

# Hooks on a model, torch's random numbers and standard output are shared by all threads of a
# process, so only one analysis runs at a time.
_ONE_AT_A_TIME = RLock()


def analyze(
    texts: object,
    model: str | Path | nn.Module | LoadedModel | object | None = None,
    tokenizer: str | Path | PreTrainedTokenizerBase | None = None,
    *,
    name: str | None = None,
    text_column: str | None = None,
    pairs: Beside = None,
    completions: Beside = None,
    labels: Beside = None,
    ids: Beside = None,
    groups: Beside = None,
    text_units: Beside = None,
    variant_of: Beside = None,
    variants: Beside = None,
    choices: Beside = None,
    scores: Mapping[str, Any] | str | None = None,
    attribute: Attribute | Mapping[str, Attribute] | None = None,
    label_map: str | Mapping[str, str] | None = None,
    sheet: str | None = None,
    limit: int | None = None,
    evidence: EvidenceLevel = "basic",
    evidence_texts: int | str | None = None,
    evidence_budget: str | None = None,
    units: UnitKind | None = None,
    explain_class: str | int | None = None,
    explain_token: str | None = None,
    against: str | None = None,
    generate: int | None = None,
    temperature: float = 0.0,
    seed: int = 0,
    edits: str | None = None,
    swap: str | Path | None = None,
    keep_maps: int | str = "all",
    max_unknown: float = 0.2,
    batch_tokens: int | None = None,
    folder: str | Path | None = None,
    resume: bool = False,
    progress: bool = False,
    workers: int = 1,
    engine: Literal["local", "ray"] = "local",
    gpus_per_worker: float = 0.0,
    **model_options: Unpack[LoadOptions],
) -> Report:
    """Run texts through a model and return a report on its attention.

    Args:
        texts: A list of strings, or of dicts with the cells of a table; a DataFrame, or a data set
            with `to_pandas`; or the name of a file or folder, or a list of `Path`, read as by the
            command line.
        model: As for `load_model`, or what it returned, or a pipeline of transformers; `"demo"` has
            to be named. Mode, device, configuration, gradients and random numbers of a model object
            are restored.
        tokenizer: Needed if the model does not come with one.
        name: What reports call the model. Default: the name of its folder, its hub id or its class.
        text_column: The column of a table with the texts. Default: `text`, a usual name such as
            `sentence` or `prompt`, or the only column of words.
        pairs, completions, labels, ids, groups, text_units, variant_of, variants, choices: One
            value per text or, for a table, the name of a column. By default the columns `pair`,
            `completion`, `label`, `id`, `group`, `units`, `variant_of`, `variant` and `choices` are
            used, and pairs and labels under their usual names; `""` ignores them. `variant_of` is
            the id of the original of a text, `variants` names the edits. The units of a text are a
            list of strings or of `[start, end]`; those of a text and its pair a dict of such lists,
            `text` and `pair`. The choices of a text are a list of strings; `choices` also names
            several columns of a table, with commas between.
        scores: Scores of your own, by name: for each text one number for each token, word or unit,
            or what captum, shap or inseq returned; or the names of columns, with commas between.
        attribute: A function of a text (of a tuple with a pair) and its tokens that returns such
            scores; or several by name.
        label_map: Other names for labels, by the label that is given.
        sheet: The sheet of an Excel workbook. Default: the first that is not hidden.
        limit: Use only the first so many texts.
        evidence, evidence_texts, evidence_budget, units, explain_class, explain_token, against,
            generate, temperature, seed, edits, swap, keep_maps, max_unknown, batch_tokens: As on
            the command line.
        folder: Where to keep the results, as `reportgen analyze` does; results that are there
            already are replaced. By default they are in a temporary folder, which is removed with
            the report.
        resume: Go on from what an earlier call with this `folder` did, if it ended before its end;
            without it such work is removed, with a warning.
        progress: Whether to show progress bars on standard error.
        workers, engine, gpus_per_worker: As on the command line, for a model that is a folder or
            an id, which each process loads. A script that gives `workers` must call this under
            `if __name__ == "__main__":`.
        **model_options: As for `load_model`.

    Raises:
        ReportgenError: one of its subclasses UsageError, InputError, ModelError, CaptureError,
            EngineError and OutputError, with a message of one line that says what to do next.
    """
    given = dict(locals())
    check_keywords(model_options)
    names = {name: given[argument] for name, argument in ARGUMENTS.items()}
    columns = {
        column_option(name): column for name, column in names.items() if isinstance(column, str)
    }
    if isinstance(label_map, Mapping):
        given["label_map"] = json.dumps({str(old): str(new) for old, new in label_map.items()})
    if isinstance(scores, str):
        columns["score_columns"] = scores
    if callable(attribute):
        attribute = {getattr(attribute, "__name__", "attribute"): attribute}
    named = {name: given[name] for name in ("text_column", "label_map", "sheet", "limit")}
    of_analysis = {name: given[name] for name in options_in(AnalysisOptions)}
    of_analysis["keep_maps"] = str(keep_maps)  # numbers as they are typed
    for name in ("evidence_texts", "explain_class", "swap"):
        of_analysis[name] = None if given[name] is None else str(given[name])
    others = (
        "name",
        "folder",
        "resume",
        "progress",
        "workers",
        "engine",
        "gpus_per_worker",
    )
    return analyzed(
        texts,
        model,
        tokenizer,
        options_of(InputChoices, named | columns),
        options_of(AnalysisOptions, of_analysis),
        names,
        scores=scores if isinstance(scores, Mapping) else {},
        attribute=attribute or {},
        **{name: given[name] for name in others},
        **model_options,
    )


def check_keywords(given: Iterable[str]) -> None:
    """Check that `analyze` takes these keywords.

    Raises:
        UsageError: it does not; the message names the nearest.
    """
    own = [name for name in signature(analyze).parameters if name != "model_options"]
    known = [*own, *get_type_hints(LoadOptions)]
    for name in given:
        if name not in known:
            raise UsageError(no_such_option(name, known, "see help(reportgen.analyze); there are "))


def analyzed(
    texts: object,
    model: Any,
    tokenizer: Any,
    inputs: InputChoices,
    analysis: AnalysisOptions,
    beside: Mapping[str, Beside],
    *,
    scores: Mapping[str, Any] = {},
    attribute: Mapping[str, Attribute] = {},
    name: str | None = None,
    folder: str | Path | None = None,
    resume: bool = False,
    progress: bool = False,
    workers: int = 1,
    engine: str = "local",
    gpus_per_worker: float = 0.0,
    **model_options: Any,
) -> Report:
    """As `analyze`, with the options of texts and of the analysis in groups, and what stands
    `beside` the texts by the name of its column."""
    arguments.check_sample(analysis)
    if model is None and not model_options.get("factory"):
        raise UsageError(
            'model: none is named; give a folder, a hub id or an object, or "demo" for the bundled '
            "demonstration"
        )
    if resume and folder is None:
        raise UsageError("resume: goes with folder, beside which an earlier call kept its work")
    chosen_engine = options_of(
        EngineChoices,
        {"workers": workers, "engine": engine, "gpus_per_worker": gpus_per_worker},
    )
    if chosen_engine != EngineChoices() and not isinstance(model, str | Path | None):
        raise UsageError(
            f"workers: each process loads the model, which is {type(model).__name__} here; give "
            "its folder or hub id"
        )
    if folder is not None:
        for line in recover_at([folder]):
            warnings.warn(f"reportgen: {line}", stacklevel=3)
        check_target(Path(folder), force=True, is_folder=True)
    text_set = text_set_of(texts, inputs, beside)
    is_cut, wanted = inputs.limit is not None, analysis.explain_class
    text_set = with_python_scores(text_set, scores, wanted, is_cut=is_cut)
    for note in text_set.notes:
        warnings.warn(f"reportgen: {_in_python(with_quotes(note))}", stacklevel=3)
    with ExitStack() as stack:
        stack.enter_context(_ONE_AT_A_TIME)
        if isinstance(model, LoadedModel):
            if tokenizer is not None or model_options:
                raise UsageError("the model is already loaded; give its options to load_model")
            loaded = model
        else:
            taken, tokenizer = taken_apart(model, tokenizer)
            if isinstance(taken, nn.Module):
                stack.enter_context(borrowed(bare(taken)))
            loaded = load_model(taken, tokenizer, **model_options)
        if name is not None:
            loaded = _named(loaded, name)
        if attribute:
            text_set = with_attributed(text_set, attribute, loaded, wanted, analysis.generate)
        shown = {**shown_options(inputs), **loaded.shown, **shown_options(analysis)}
        options = replace(analysis, shown=shown)
        bars = stack.enter_context(terminal_progress(Verbosity())) if progress else None
        spec = ModelSpec()  # not needed where this process does it, with a model of any kind
        if chosen_engine != EngineChoices():
            spec = named_model(model, tokenizer, model_options)
        run = partial(measure, text_set, spec, options, progress=bars, listed=first_listed)
        measured = partial(run, model=loaded, engine=chosen_engine)
        return _reported(measured, folder, resume=resume)


def _named(model: LoadedModel, name: str) -> LoadedModel:
    """`model`, called `name` in reports.

    Raises:
        UsageError: it is no name.
    """
    if not isinstance(name, str) or not name.strip():
        raise UsageError(f"name {name!r:.80}: takes what reports call the model, such as headlines")
    return replace(model, info=replace(model.info, name=without_surrogates(name)))


def _reported(run: Callable[..., Results], folder: str | Path | None, *, resume: bool) -> Report:
    """The report on the results that `run` writes, which are kept in `folder` if there is one."""
    if folder is None:
        temporary = make_scratch()
        with _removed_after_errors(temporary):
            return Report(run(temporary.path), temporary)
    with (
        unfinished_run(Path(folder), resume=resume, force=True) as unfinished,
        Staging() as staging,
    ):
        for line in unfinished.lines:
            warnings.warn(line, stacklevel=4)
        results = run(staging.folder(Path(folder)), kept=unfinished.path)
        staging.commit()
        if not results.info.evidence.interrupted:
            unfinished.remove()
    return Report(open_results(Path(folder)))


@contextmanager
def _removed_after_errors(temporary: Temporary) -> Iterator[None]:
    """Remove `temporary` if the code inside the context fails."""
    try:
        yield
    except BaseException:
        temporary.remove()
        raise


_COLUMN_OPTION = re.compile(r"--([a-z-]+)-column\b")
_COLUMN_GIVEN = re.compile(r"`--([a-z-]+)-column ([^`]+)`")


def _in_python(note: str) -> str:
    """A remark on what was read, with the arguments of `analyze` for the options of the command
    line."""

    def given(match: re.Match[str]) -> str:
        return f"{_argument(match[1])}={shlex.split(match[2])[0]!r}"

    note = _COLUMN_GIVEN.sub(given, note.removeprefix(f"{NAME}: "))
    return _COLUMN_OPTION.sub(lambda match: _argument(match[1]), note)


def _argument(part: str) -> str:
    """The argument that names the column of `part`."""
    return ARGUMENTS.get(part.replace("-", "_"), f"{part}_column")


def _is_a_text(name: str) -> bool:
    """Whether a string is rather a text than the name of a file: there is no such file, and it has
    spaces or no suffix."""
    is_like_one = not PurePath(name).suffix or any(map(str.isspace, name))
    return is_like_one and name != "-" and not is_remote(name) and not _exists(name)


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):  # too long, or with a NUL
        return False


def text_set_of(texts: object, inputs: InputChoices, beside: Mapping[str, Beside]) -> TextSet:
    """The texts that `analyze` is given, with what stands `beside` them by argument.

    Raises:
        InputError: they cannot be read.
        UsageError: what stands beside them does not go with them.
    """
    if isinstance(texts, TextSet):  # those of a baseline
        return texts
    if isinstance(texts, (str, Path)):
        paths = [str(texts)]  # not as a Path, which an address is not
    elif isinstance(texts, (list, tuple)) and all(isinstance(text, Path) for text in texts):
        paths = [str(text) for text in texts]
    else:
        paths = []
    if isinstance(texts, str) and _is_a_text(texts):
        shown = quoted(repr(texts if len(texts) <= 60 else f"{texts[:57]}..."))
        raise InputError(
            f"texts: {shown} is a single string, which names a file, and there is none of this "
            f"name; give a list of texts, such as [{shown}]"
        )
    if paths:
        given = [name for name, value in beside.items() if not isinstance(value, str | None)]
        if given:
            raise UsageError(
                f"{ARGUMENTS[given[0]]}: for texts in a file, give the name of a column"
            )
        return arguments.text_set(paths, inputs)
    if inputs.sheet is not None:
        raise UsageError("sheet: only a file that is an Excel workbook has sheets")
    columns = score_columns(inputs.score_columns)
    text_set = texts_in_memory(texts, inputs.text_column, beside, columns)
    if inputs.limit is not None:
        text_set = first_texts(text_set, inputs.limit)
    return arguments.as_labelled(text_set, inputs)
