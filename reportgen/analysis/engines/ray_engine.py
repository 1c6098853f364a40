"""The engine of a Ray cluster, or of one that Ray starts here."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from importlib import import_module
from os import devnull
from pathlib import Path
from typing import Any

from reportgen.analysis.engines.processes import WorkerSettings
from reportgen.analysis.options import AnalysisOptions
from reportgen.analysis.progress import Progress
from reportgen.analysis.work.item import Measured, WorkInput
from reportgen.analysis.worker import Worker
from reportgen.errors import EngineError, ModelError, UsageError, first_line
from reportgen.models import ModelSpec, load_model
from reportgen.texts import TextSet

_TRIES = 3  # of an item, or of a start, that the actor dies of


class Actor:
    """One copy of the model on the cluster."""

    def __init__(self, settings: WorkerSettings) -> None:
        model = load_model(settings.spec)
        self._worker = Worker(settings.texts, model, settings.options, Progress())

    def is_ready(self) -> None:
        """Return when the model is loaded."""

    def measure(self, given: WorkInput) -> Measured:
        """Measure an item."""
        return self._worker.measure(given)


@dataclass(frozen=True, slots=True)
class _Try:
    """What an actor is asked, and how many actors died that had been asked it."""

    given: WorkInput | None  # None: to say when it is ready
    n_deaths: int = 0


class RayActors:
    """Actors of Ray. For one that dies, alone or with its machine, another is started where there
    is room; the item that it had is measured again by the first that is free."""

    is_alone = False

    def __init__(self, ray: Any, number: int, n_gpus: float, settings: WorkerSettings) -> None:
        self._ray = ray
        # Ray's own tries of an item end within seconds, before it knows that a machine is gone.
        self._actor = ray.remote(Actor).options(num_gpus=n_gpus, max_restarts=0)
        self._settings = ray.put(settings)
        self._free = deque[Any]()
        self._asked: dict[Any, tuple[Any, _Try]] = {}  # actors, by what their answer comes as
        for _ in range(number):
            self._start(_Try(None))

    def run(self, inputs: Iterable[WorkInput]) -> Iterator[Measured]:
        """Measure all `inputs`, in any order.

        Raises:
            EngineError: an actor could not be started, or all that had an item died.
        """
        rest, todo = map(_Try, inputs), deque[_Try]()
        while True:
            if not todo and (attempt := next(rest, None)) is not None:
                todo.append(attempt)
            if todo and self._free:
                actor, attempt = self._free.popleft(), todo.popleft()
                self._asked[actor.measure.remote(attempt.given)] = actor, attempt
                continue
            if not todo and all(attempt.given is None for _, attempt in self._asked.values()):
                return
            (answered, *_), _ = self._ray.wait(list(self._asked))
            actor, attempt = self._asked.pop(answered)
            done, is_alive = self._answer(answered, attempt)
            if is_alive:
                self._free.append(actor)
            else:
                self._ray.kill(actor)  # it may only be out of reach
                again = replace(attempt, n_deaths=attempt.n_deaths + 1)
                self._start(again if attempt.given is None else _Try(None))
                if attempt.given is not None:
                    todo.append(again)
            if done is not None:
                yield done

    def _answer(self, answered: Any, attempt: _Try) -> tuple[Measured | None, bool]:
        """What was measured, if an item was asked for; and whether the actor lives."""
        kinds = self._ray.exceptions
        try:
            return self._ray.get(answered), True
        except kinds.RayTaskError as error:
            raise error.cause from error
        except kinds.RayError as error:
            is_loaded = not getattr(error, "actor_init_failed", False)
            if is_loaded and attempt.n_deaths + 1 < _TRIES:
                return None, False
            # Why a model cannot be loaded stands at the end of a traceback.
            reason = first_line(error) if is_loaded else str(error).strip().splitlines()[-1]
            raise EngineError(f"--engine ray: {reason}; --resume goes on from what was done") from (
                error
            )

    def _start(self, attempt: _Try) -> None:
        actor = self._actor.remote(self._settings)
        self._asked[actor.is_ready.remote()] = actor, attempt


@contextmanager
def ray_actors(
    number: int, n_gpus: float, texts: TextSet, spec: ModelSpec, options: AnalysisOptions
) -> Iterator[RayActors]:
    """Actors on the cluster at RAY_ADDRESS, or on this machine.

    Raises:
        UsageError: Ray is not installed.
        ModelError: the cluster cannot be reached.
    """
    try:
        ray = import_module("ray")
    except ImportError as error:
        raise UsageError(
            "--engine ray: Ray is not installed; pip install 'attention-reportgen[ray]'"
        ) from error
    try:
        ray.init(ignore_reinit_error=True, log_to_driver=False, configure_logging=False)
    except ConnectionError as error:
        raise ModelError(f"--engine ray: {first_line(error)}; check RAY_ADDRESS") from error
    try:
        # Ray prints pages about a machine that is gone among the outputs of this process.
        with Path(devnull).open("w") as nowhere, redirect_stdout(nowhere):
            yield RayActors(ray, number, n_gpus, WorkerSettings(texts, spec, options, 0))
    finally:
        ray.shutdown()
