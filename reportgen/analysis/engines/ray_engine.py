"""Carries out the tasks of an analysis on a Ray cluster, or on one that Ray starts here."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from reportgen.analysis.engines.engine import Done, Order, carried_out
from reportgen.analysis.engines.processes import Given
from reportgen.analysis.options import AnalysisOptions
from reportgen.analysis.progress import Progress
from reportgen.analysis.worker import Worker
from reportgen.errors import EngineError, ModelError, UsageError, first_line
from reportgen.models.loading.load import load_model
from reportgen.models.spec import ModelSpec
from reportgen.texts.read import TextSet

_TRIES = 3  # of an order, where the actor that has it dies


class Actor:
    """One copy of the model on the cluster."""

    def __init__(self, given: Given) -> None:
        self._worker = Worker(given.texts, load_model(given.spec), given.options, Progress())

    def carry_out(self, order: Order) -> Done:
        """Carry out an order."""
        return carried_out(order, self._worker)


class RayActors:
    """A pool of actors of Ray. One that dies is started again by Ray, and loses nothing."""

    is_alone = False

    def __init__(self, ray: Any, number: int, n_gpus: float, given: Given) -> None:
        actor = ray.remote(Actor).options(
            num_gpus=n_gpus, max_restarts=_TRIES, max_task_retries=_TRIES
        )
        self._ray = ray
        self._given = ray.put(given)  # kept, for actors that are started again
        self._actors = [actor.remote(self._given) for _ in range(number)]

    def run(self, orders: Iterable[Order]) -> Iterator[Done]:
        """Carry out all `orders`, in any order.

        Raises:
            EngineError: an actor died again and again.
        """
        pool = self._ray.util.ActorPool(self._actors)
        rest = iter(orders)
        while True:
            while pool.has_free() and (order := next(rest, None)) is not None:
                pool.submit(lambda actor, own: actor.carry_out.remote(own), order)
            if not pool.has_next():
                return
            try:
                yield pool.get_next_unordered()
            except self._ray.exceptions.RayTaskError as error:
                raise error.cause from error
            except self._ray.exceptions.RayError as error:
                raise EngineError(
                    f"--engine ray: {first_line(error)}; --resume goes on from what was done"
                ) from error


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
        yield RayActors(ray, number, n_gpus, Given(texts, spec, options, 0))
    finally:
        ray.shutdown()
