"""Analyses of texts in memory, and how many texts a model was run on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from torch import nn

from reportgen.analysis import AnalysisOptions, Progress, analyze
from reportgen.models import LoadedModel
from reportgen.results import InputInfo, Results, open_results
from reportgen.texts import TextInput, TextSet


def text_set(texts: Sequence[str]) -> TextSet:
    """Texts as a file of lines would give them."""
    made = tuple(
        TextInput(str(i + 1), text, source=f"t.txt:{i + 1}") for i, text in enumerate(texts)
    )
    return TextSet(made, (InputInfo("t.txt", "0" * 64, len(made)),))


def require_sinks_and_groups(folder: Path) -> None:
    """The results hold scores of sinks, groups of units, and agreement with shuffled weights, so
    that equal bytes say something of them."""
    results = open_results(folder)
    assert not results.sink_scores.empty
    assert results.effects["joint"].notna().any()
    assert not results.shuffled.empty


def run(
    folder: Path,
    model: LoadedModel,
    texts: Sequence[str],
    progress: Progress | None = None,
    **options,
) -> Results:
    """Analyse `texts` into a new folder, with these AnalysisOptions."""
    folder.mkdir()
    return analyze(
        text_set(texts), model, folder, AnalysisOptions(**{"units": "token"} | options), progress
    )


@contextmanager
def texts_run(model: LoadedModel) -> Iterator[list[int]]:
    """The number of texts in each call of the model's module."""
    counted: list[int] = []

    def count(module: nn.Module, args: tuple, kwargs: dict) -> None:
        counted.append(len(kwargs["input_ids"]))

    handle = model.module.register_forward_pre_hook(count, with_kwargs=True)
    try:
        yield counted
    finally:
        handle.remove()
