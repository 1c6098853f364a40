"""The same on actors of Ray, where it is installed: the bytes of one process, with one killed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.calling import call
from helpers.real.models import SENTENCES, save_model

from reportgen.analysis.engines import ray_engine
from reportgen.analysis.work import Measured

FEW = ("--keep-maps", "130", "--evidence-texts", "6")


@pytest.fixture
def command(tmp_path: Path) -> tuple[object, ...]:
    number = {"num_labels": 1, "problem_type": "regression"}
    model = save_model(tmp_path / "bert", "bert", "sequence", **number)
    texts = [f"{text} {i}" for i in range(30) for text in SENTENCES]
    (tmp_path / "texts.txt").write_text("\n".join(texts), "utf-8")
    return ("analyze", tmp_path / "texts.txt", "-m", model, *FEW, "-o")


def test_actors_one_of_which_is_killed_give_the_bytes_of_one_process(
    command: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray", reason="Ray is not installed (the extra [ray])")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as Ray sets it for actors
    assert call(*command, tmp_path / "one").exit_code == 0
    run, killed = ray_engine.RayActors.run, []

    def killing(self: ray_engine.RayActors, inputs) -> Iterator[Measured]:
        for done in run(self, inputs):
            if not killed:
                killed.extend(actor for actor, _ in self._asked.values())
                ray.kill(killed[0])
            yield done

    monkeypatch.setattr(ray_engine.RayActors, "run", killing)
    done = call(*command, tmp_path / "two", "--workers", "2", "--engine", "ray")
    assert done.exit_code == 0, done.stderr
    assert killed
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_without_ray_one_line_says_how_to_install_it(
    command: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(ray_engine, "import_module", missing)
    done = call(*command, tmp_path / "r", "--engine", "ray")
    assert done.exit_code == 2
    assert "--engine ray: Ray is not installed; pip install" in done.stderr
    lonely = call(*command, tmp_path / "r", "--workers", "2", "--gpus-per-worker", "1")
    assert "--gpus-per-worker: goes with --engine ray" in lonely.stderr
