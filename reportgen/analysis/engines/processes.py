"""The engine of several processes of this machine, each with a worker and its copy of the model."""

import os
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from reportgen.analysis.engines.pool import Pool
from reportgen.analysis.options import AnalysisOptions
from reportgen.analysis.progress import Progress
from reportgen.analysis.work.item import Measured, WorkInput
from reportgen.analysis.worker import Worker
from reportgen.errors import ModelError
from reportgen.models import ModelSpec, describe, load_model
from reportgen.texts import TextSet


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What each process makes its worker of.

    Attributes:
        n_threads: that torch may use in it.
        is_silent: whether what a user's class prints, which may be a text, is thrown away.
    """

    texts: TextSet
    spec: ModelSpec
    options: AnalysisOptions
    n_threads: int
    is_silent: bool = False


class Processes(Pool[WorkInput, Measured]):
    """Processes of this machine, each with a worker."""

    is_alone = False


@contextmanager
def processes(
    number: int,
    texts: TextSet,
    spec: ModelSpec,
    options: AnalysisOptions,
    *,
    is_silent: bool = False,
) -> Iterator[Processes]:
    """A number of processes, which share the threads of this one."""
    n_threads = max(1, torch.get_num_threads() // number)
    settings = WorkerSettings(texts, spec, options, n_threads, is_silent)
    advice = "give fewer of them, and --resume to go on"
    with Processes(number, partial(_working, settings), advice) as workers:
        yield workers


@contextmanager
def _working(settings: WorkerSettings) -> Iterator[Callable[[WorkInput], Measured]]:
    """The function that measures an item, with its own model."""
    torch.set_num_threads(settings.n_threads)
    with ExitStack() as stack:
        if settings.is_silent:
            nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(redirect_stderr(nowhere))
        stack.enter_context(redirect_stdout(sys.stderr))
        try:
            worker = Worker(settings.texts, load_model(settings.spec), settings.options, Progress())
            yield worker.measure
        except (EOFError, BrokenPipeError):
            raise
        except Exception as error:
            raise _sendable(error) from None


def _sendable(error: Exception) -> Exception:
    """`error`, or an equal one if it cannot be sent to another process."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return ModelError(describe(error))
    return error
