"""Batches that do not fit into memory, with devices that are made up."""

import gc
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
import torch

from reportgen.analysis.device import BatchPart, BatchRun, BatchRuns, Halving, joined
from reportgen.models import lacks_memory

# What torch says where memory is full: its own class, and errors that only say it.
FULL = (
    torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("MPS backend out of memory (MPS allocated: 9.05 GB, other allocations: 1 KB)."),
    RuntimeError("XPU out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
    MemoryError(),
)


class Device:
    """Has room for so many tokens at once, and notes what is asked of it."""

    def __init__(self, room: int, error: Exception = FULL[0]) -> None:
        self.room = room
        self.error = error
        self.told: list[int] = []
        self.notes: list[str] = []
        self.halving = Halving(self.told.append)
        self.held = 0

    def run(self, batches, lengths, *, ahead: bool = False) -> dict[int, str]:
        """By text, with which texts and which padding it ran."""
        runs: BatchRuns[str] = BatchRuns(batches, lengths, self.halving, ahead=ahead)
        for run in runs:
            with run:
                if run.is_alone:
                    run.results = [self.alone(*run.rows)]
                else:
                    run.finish = self.launch(run)
        return dict(enumerate(runs.results))

    def launch(self, run: BatchRun[str]):
        named = "+".join(map(str, run.rows))
        self.notes.append(f"launch {named}")
        size = run.size * len(run.rows)
        if self.held + size > self.room:
            raise self.error
        self.held += size

        def finish() -> list[str]:
            self.notes.append(f"finish {named}")
            self.held -= size
            return [f"{named} at {run.size}"] * len(run.rows)

        return finish

    def alone(self, i: int) -> str:
        self.notes.append(f"alone {i}")
        return f"{i} alone"


@pytest.mark.parametrize("error", FULL)
def test_a_batch_that_does_not_fit_is_run_in_halves_padded_as_it_was(error: Exception) -> None:
    device = Device(20, error)
    found = device.run([(0, 1, 2, 3), (4, 5, 6)], [9, 9, 8, 8, 5, 5, 5])
    assert found == {
        **dict.fromkeys((0, 1), "0+1 at 9"),
        **dict.fromkeys((2, 3), "2+3 at 9"),
        # Cut at once, since the first was: it was never tried whole.
        **dict.fromkeys((4, 5), "4+5 at 5"),
        6: "6 at 5",
    }
    assert device.told == [4]
    assert [note for note in device.notes if "launch" in note] == [
        "launch 0+1+2+3", "launch 0+1", "launch 2+3", "launch 4+5", "launch 6",
    ]  # fmt: skip


def test_a_text_that_does_not_fit_by_itself_is_run_alone_which_says_so() -> None:
    device = Device(8)
    assert device.run([(0, 1)], [9, 3])[0] == "0 alone"
    assert device.told == [2]


def test_another_failure_halves_nothing() -> None:
    device = Device(8, ValueError("out of luck"))
    assert device.run([(0, 1, 2)], [9, 9, 9]) == {i: f"{i} alone" for i in range(3)}
    assert not device.told
    assert not lacks_memory(ValueError("out of memory"))  # of another class: a user's own words


def test_the_next_batch_is_launched_before_the_last_is_read() -> None:
    device = Device(100)
    assert list(device.run([(0,), (1,), (2,)], [9, 9, 9], ahead=True)) == [0, 1, 2]
    assert device.notes == [
        "launch 0", "launch 1", "finish 0", "launch 2", "finish 1", "finish 2",
    ]  # fmt: skip


def test_what_was_not_read_yet_is_read_before_anything_is_halved() -> None:
    device = Device(20)
    found = device.run([(0, 1), (2, 3)], [9, 9, 9, 9], ahead=True)
    assert found[3] == "2+3 at 9"
    assert not device.told
    assert device.notes == ["launch 0+1", "launch 2+3", "finish 0+1", "launch 2+3", "finish 2+3"]


def test_a_batch_that_fails_when_it_is_read_is_run_text_by_text() -> None:
    def finish() -> list[str]:
        raise ValueError("a figure is missing")

    taken: list[tuple[tuple[int, ...], list[str]]] = []
    halving = Halving(print)
    runs: BatchRuns[str] = BatchRuns(
        [(0, 1)], [1, 1], halving, take=lambda *found: taken.append(found), ahead=True
    )
    for run in runs:
        if run.is_alone:
            run.results = [str(*run.rows)]
        else:
            run.finish = finish
    assert taken == [((0,), ["0"]), ((1,), ["1"])]


def test_halves_are_cut_where_maps_lie_as_before() -> None:
    halves = [BatchPart(range(n), 5, n).halves() for n in (2, 3, 5, 8, 12, 18)]
    assert [(len(one.rows), len(other.rows)) for one, other in halves] == [
        (1, 1), (2, 1), (3, 2), (4, 4), (8, 4), (12, 6),
    ]  # fmt: skip


def test_parts_of_a_graph_are_put_together_in_their_order() -> None:
    told: list[int] = []

    def call(rows):
        if len(rows) > 3:
            raise FULL[0]
        return list(rows)

    parts = joined(range(10), call, Halving(told.append))
    assert [row for part in parts for row in part] == list(range(10))
    assert max(map(len, parts)) <= 3
    assert told == [10, 8]  # one of eight is cut in quarters
    with pytest.raises(torch.OutOfMemoryError):
        joined([1], lambda rows: call([0] * 4), Halving(told.append))
    with pytest.raises(ZeroDivisionError):
        joined([1, 2], lambda rows: 1 / 0, Halving(told.append))


class Bodies:
    """Runs texts as a measure does, where so many tokens fit into memory at once."""

    def __init__(self, room: int, error: Exception = FULL[0]) -> None:
        self.room = room
        self.error = error
        self.told: list[int] = []
        self.notes: list[str] = []
        self.size = 0
        self.held: list[weakref.ref[torch.Tensor]] = []

    @contextmanager
    def setting(self, size: int) -> Iterator[None]:
        self.size = size
        yield
        self.size = -1

    def run(self, batches: Sequence[Sequence[int]], lengths: Sequence[int]) -> list[str]:
        runs: BatchRuns[str] = BatchRuns(batches, lengths, Halving(self.told.append), self.setting)
        for run in runs:
            gc.collect()
            assert not [ref for ref in self.held if ref() is not None]
            with run:
                run.results = self.body(run.rows, lengths)
            assert self.size == -1
        return runs.results

    def body(self, rows: Sequence[int], lengths: Sequence[int]) -> list[str]:
        named = "+".join(map(str, rows))
        self.notes.append(named)
        large = torch.zeros(9)
        self.held.append(weakref.ref(large))
        if len(rows) * max(self.size, *(lengths[i] for i in rows), 0) > self.room:
            raise type(self.error)(*self.error.args)  # one that is kept keeps what it saw
        return [f"{named} at {self.size}"] * len(rows)


@pytest.mark.parametrize("error", FULL)
def test_a_run_that_does_not_fit_is_followed_by_its_halves_padded_as_it_was(error) -> None:
    bodies = Bodies(20, error)
    found = bodies.run([(0, 1, 2, 3), (4, 5, 6)], [9, 9, 8, 8, 5, 5, 5])
    assert found == ["0+1 at 9"] * 2 + ["2+3 at 9"] * 2 + ["4+5 at 5"] * 2 + ["6 at 5"]
    assert bodies.told == [4]
    assert bodies.notes == ["0+1+2+3", "0+1", "2+3", "4+5", "6"]
    assert Bodies(9, error).run([(0, 1)], [9, 3]) == ["0 at 9", "1 at 9"]


def test_a_run_that_fails_otherwise_is_followed_by_its_texts_alone() -> None:
    bodies = Bodies(8, ValueError("out of luck"))
    found = bodies.run([(0, 1), (2,)], [8, 9, 3])
    assert found[0] == "0 at 0"
    assert "out of luck" in found[1]
    assert found[2] == "2 at 3"
    assert bodies.notes == ["0+1", "0", "1", "2"]
    assert not bodies.told
    full = Bodies(8)
    assert "out of memory" in full.run([(0,)], [9])[0]
    assert full.notes == ["0", "0"]


def test_an_interrupt_within_a_run_ends_all_of_them() -> None:
    bodies = Bodies(8, KeyboardInterrupt())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        bodies.run([(0, 1), (2,)], [8, 9, 3])
    assert bodies.notes == ["0+1"]
    assert bodies.size == -1
