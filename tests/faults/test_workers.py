"""Several processes give the bytes of one; one that dies loses nothing.

One process of these tests is new, as all are elsewhere, so that what it is given can be sent.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers.calling import call
from helpers.real.begin_as import begin_as
from helpers.real.models import SENTENCES, save_model
from helpers.real.planted import SECRETS
from helpers.real.runs import require_sinks_and_groups

import reportgen
from reportgen.analysis import WorkFolder
from reportgen.analysis.cost import estimate
from reportgen.analysis.engines import pool, processes
from reportgen.analysis.work import AttentionInput, plan
from reportgen.api.options import EngineChoices
from reportgen.errors import UsageError
from reportgen.models import ModelSpec
from reportgen.results import open_results

TEXTS = [f"{text} {i}" for i in range(5) for text in SENTENCES]


@pytest.fixture(scope="module", autouse=True)
def _small_windows() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "WINDOW", 10)
        yield


@pytest.fixture(scope="module")
def place(bert: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with texts and their results."""
    place = tmp_path_factory.mktemp("place")
    (place / "texts.txt").write_text("\n".join(TEXTS), "utf-8")
    done = call("analyze", place / "texts.txt", "-m", bert, *FEW, "-o", place / "whole")
    assert done.exit_code == 0, done.stderr
    require_sinks_and_groups(place / "whole")
    return place


FEW = ("--keep-maps", "11", "--evidence-texts", "6")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def killing(monkeypatch: pytest.MonkeyPatch):
    """Lets processes be killed: the first `n` that are given a window."""

    def kill(n: int) -> list[int]:
        killed: list[int] = []
        give = processes.Processes._give

        def killed_then(self, member, given) -> None:
            give(self, member, given)
            if isinstance(given, AttentionInput) and len(killed) < n:
                killed.append(member.process.pid)
                os.kill(member.process.pid, signal.SIGKILL)

        monkeypatch.setattr(processes.Processes, "_give", killed_then)
        return killed

    return kill


def test_two_processes_one_of_which_is_killed_give_the_bytes_of_one(
    place: Path, bert: Path, tmp_path: Path, killing, monkeypatch
) -> None:
    killed = killing(1)
    begin_as(monkeypatch, "fork", "spawn")  # the first is the one that is killed
    monkeypatch.setattr("reportgen.analysis.worker.Worker.sample_size", lambda *_: 6)
    two = (*FEW[:2], "--evidence-budget", "5m", "--workers", "2", "-o", tmp_path / "two")
    done = call("analyze", place / "texts.txt", "-m", bert, *two)
    assert done.exit_code == 0, done.stderr
    assert len(killed) == 1
    assert contents(tmp_path / "two") == contents(place / "whole")
    assert f"Attention: {len(TEXTS)} texts" in done.stderr
    assert "; --evidence-texts 6 takes the same texts\n" in done.stderr


def test_two_processes_give_the_shapley_values_of_one(
    bert: Path, tmp_path: Path, monkeypatch
) -> None:
    """Which texts have them follows from all texts, whichever process measures them."""
    monkeypatch.setattr(estimate, "SHAPLEY_SHARE", 1.5)  # of few texts a tenth pays for none
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(TEXTS[:12]), "utf-8")
    begin_as(monkeypatch)
    for name, more in (("one", ()), ("two", ("--workers", "2"))):
        done = call("analyze", texts, "-m", bert, *more, "-o", tmp_path / name)
        assert done.exit_code == 0, done.stderr
    assert contents(tmp_path / "two") == contents(tmp_path / "one")
    results = open_results(tmp_path / "two")
    own = results.effects[results.effects["shapley"].notna()]
    assert 5 <= own["text"].nunique() == results.info.evidence.n_yardstick < 12


def test_processes_that_die_again_and_again_are_told_and_what_was_done_is_kept(
    place: Path, bert: Path, tmp_path: Path, killing, monkeypatch
) -> None:
    command = ("analyze", place / "texts.txt", "-m", bert, *FEW, "-o", tmp_path / "two")
    save = WorkFolder.save

    def interrupted(self, task, result) -> None:
        save(self, task, result)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(WorkFolder, "save", interrupted)
        assert call(*command).exit_code == 130
    killing(pool.MOST_DEATHS)
    begin_as(monkeypatch)
    done = call(*command, "--workers", "2", "--resume")
    assert done.exit_code == 1
    assert "processes of --workers died 3 times, perhaps for lack of memory" in done.stderr
    assert (tmp_path / "two.unfinished").exists()


def test_an_error_in_a_process_is_that_of_the_run(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_as(monkeypatch)
    (tmp_path / "factory.py").write_text(
        "import os\nfrom transformers import AutoModel\n"
        f"def build():\n    print({SECRETS['latin']!r})\n"
        "    if os.getpid() != MAIN: raise ValueError('not here')\n"
        "    return AutoModel.from_pretrained(FOLDER)\n".replace("MAIN", str(os.getpid())).replace(
            "FOLDER", repr(str(tmp_path))
        ),
        "utf-8",
    )
    save_model(tmp_path, "bert")
    factory = ("--factory", tmp_path / "factory.py:build", "--tokenizer", tmp_path)
    command = ("run", place / "texts.txt", *factory, "--workers", "2", "--redact")
    done = call(*command, "-o", tmp_path / "r.html")
    assert done.exit_code == 1
    assert "not here" in done.stderr
    assert SECRETS["latin"] not in done.output


def test_what_cannot_be_shared_is_refused(place: Path, bert: Path, tmp_path: Path) -> None:
    command = ("analyze", place / "texts.txt", "-m", bert, "-o", tmp_path / "r", "--workers", "2")
    generate = call(*command, "--generate", "3")
    assert generate.exit_code == 2
    assert "--workers with --generate" in generate.stderr


def test_python_gives_an_engine_what_the_command_gives_it(
    place: Path, bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    @contextmanager
    def engine_of(engine, texts, spec, options, *, is_silent) -> Iterator[None]:
        seen.append((engine, spec, options.evidence_texts))
        yield None

    monkeypatch.setattr("reportgen.api.measurement.engine_of", engine_of)
    few = {"keep_maps": 11, "evidence_texts": 6}
    made = {"workers": 2, "engine": "ray", "gpus_per_worker": 1}
    reportgen.analyze(place / "texts.txt", bert, folder=tmp_path / "r", **few, **made)
    assert seen == [(EngineChoices(2, "ray", 1.0), ModelSpec(model=str(bert)), "6")]
    assert contents(tmp_path / "r") == contents(place / "whole")
    with pytest.raises(UsageError, match="workers: each process loads the model, which is Loaded"):
        reportgen.analyze(["a"], reportgen.load_model(bert), workers=2)
    with pytest.raises(UsageError, match="engine 'spark': takes 'local', 'ray'"):
        reportgen.analyze(["a"], bert, engine="spark")
