"""An analysis that ended early goes on where it stopped, and gives the bytes of an unbroken one."""

import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from helpers.calling import call
from helpers.real.few_steps import take_few_steps
from helpers.real.load_once import load_once
from helpers.real.models import SENTENCES, save_model
from helpers.real.runs import require_sinks_and_groups

import reportgen
from reportgen.analysis import AnalysisOptions, WorkFolder, analyze
from reportgen.analysis.cost import timed_budget
from reportgen.analysis.work import plan
from reportgen.errors import (
    EngineError,
    ModelError,
    OutputError,
    UsageError,
)
from reportgen.files import lock, unfinished_run
from reportgen.models import LoadedModel, ModelSpec, load_model
from reportgen.results import InputInfo, open_results
from reportgen.texts import TextInput, TextSet

NUMBER = {"num_labels": 1, "problem_type": "regression"}
TEXTS = (*SENTENCES, "", "the cat sat on the mat", "a dog sat on the log")
FULL = AnalysisOptions(units="token", evidence="full", evidence_texts="2")


@pytest.fixture(scope="module", autouse=True)
def _models_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        load_once(patch)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "bert", "bert", "sequence", **NUMBER)


@pytest.fixture(scope="module")
def model(folder: Path) -> LoadedModel:
    return load_model(ModelSpec(model=str(folder)))


@pytest.fixture(autouse=True)
def _small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    small_tasks(monkeypatch)


def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "WINDOW", 3)
    monkeypatch.setattr(plan, "CHUNK", 1)
    take_few_steps(monkeypatch)


def text_set(*texts: str) -> TextSet:
    made = tuple(TextInput(str(i), text, source=f"t.txt:{i}") for i, text in enumerate(texts))
    return TextSet(made, (InputInfo("t.txt", "0" * 64, len(made)),))


def run(
    folder: Path,
    model: LoadedModel,
    kept: Path,
    options: AnalysisOptions = FULL,
    texts: tuple[str, ...] = TEXTS,
) -> dict[str, bytes]:
    """The bytes of all results; some texts beside the sample get evidence too."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    kept.mkdir(exist_ok=True)
    listed = [1]
    analyze(
        text_set(*texts), model, folder, options, None, lambda results: listed, WorkFolder(kept)
    )
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


class Killed(BaseException):
    """The process ends here."""


@dataclass(frozen=True)
class Unbroken:
    """The bytes of all results of a run that nothing ended early, and the work that it kept."""

    results: dict[str, bytes]
    kept: Path


@pytest.fixture(scope="module")
def unbroken(model: LoadedModel, tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    place = tmp_path_factory.mktemp("unbroken")
    with pytest.MonkeyPatch.context() as patch:
        small_tasks(patch)
        whole = Unbroken(run(place / "whole", model, place / "kept"), place / "kept")
    require_sinks_and_groups(place / "whole")
    return whole


@pytest.mark.parametrize("is_named", [False, True])
def test_after_a_kill_at_any_result_it_gives_the_same_bytes(
    model: LoadedModel,
    unbroken: Unbroken,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_named: bool,
) -> None:
    """Each run is killed at the second result that it keeps, before or after that has its name,
    until one comes to its end."""
    kept, n_killed, saved = tmp_path / "kept", 0, []
    replace_ = Path.replace

    def dying(path: Path, target: Path) -> Path:
        if target.suffix == ".zip":
            saved.append(target.name)
        is_end = len(saved) == 2
        if is_end and not is_named:
            raise Killed
        found = replace_(path, target)
        if is_end and is_named:
            raise Killed
        return found

    monkeypatch.setattr(Path, "replace", dying)
    while True:
        known = {path.name for path in kept.glob("*.zip")}
        saved.clear()
        try:
            found = run(tmp_path / "r", model, kept)
        except Killed:
            assert known.isdisjoint(saved)  # nothing is measured twice
            n_killed += 1
            continue
        break
    assert n_killed >= 4
    assert found == unbroken.results


def test_a_damaged_result_is_measured_again(
    model: LoadedModel, unbroken: Unbroken, tmp_path: Path
) -> None:
    kept = Path(shutil.copytree(unbroken.kept, tmp_path / "kept"))
    results = sorted(kept.glob("*.zip"))
    first, second, third = results[0], results[1], results[-1]
    first.write_bytes(first.read_bytes()[:-30])
    content = bytearray(second.read_bytes())
    content[len(content) // 2] ^= 1
    second.write_bytes(content)
    shutil.copy(results[-2], third)
    assert run(tmp_path / "again", model, kept) == unbroken.results
    assert second.read_bytes() != bytes(content)


def test_what_differs_is_named(
    model: LoadedModel, folder: Path, unbroken: Unbroken, tmp_path: Path
) -> None:
    kept = Path(shutil.copytree(unbroken.kept, tmp_path / "kept"))
    other = AnalysisOptions(
        units="token", evidence="basic", evidence_texts="3", shown={"label-column": "stars"}
    )
    with pytest.raises(UsageError) as told:
        run(tmp_path / "r", model, kept, other)
    assert str(told.value) == (
        "kept: of another run: --evidence was full and is basic; --evidence-texts was 2 and is 3; "
        "--label-column was not given and is stars. Give what it was given, or --force in place of "
        "--resume to start anew"
    )
    with pytest.raises(UsageError, match=r"of another run: the texts differ\. Give"):
        run(tmp_path / "r", model, kept, texts=(*TEXTS[:-1], "another"))
    torch_seed = save_model(tmp_path / "other", "bert", "sequence", seed=3, **NUMBER)
    with pytest.raises(UsageError, match="the weights of the model differ"):
        run(tmp_path / "r", load_model(ModelSpec(model=str(torch_seed))), kept)
    cut = load_model(ModelSpec(model=str(folder), max_length=6))
    with pytest.raises(UsageError, match="of another run: the model differs"):
        run(tmp_path / "r", cut, kept)
    (kept / "run.json").write_text("{", "utf-8")
    with pytest.raises(UsageError, match=r"run\.json: damaged"):
        run(tmp_path / "r", model, kept)
    (kept / "run.json").unlink()  # of what its results are is not known
    with pytest.raises(UsageError, match=r"run\.json: damaged"):
        run(tmp_path / "again", model, kept)


def test_a_time_for_evidence_is_turned_into_a_number_once(
    model: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    timed = AnalysisOptions(
        units="token", evidence_budget="0.02s", shown={"evidence-budget": "0.02s"}
    )
    found = run(tmp_path / "r", model, kept, timed)
    asked = open_results(tmp_path / "r").info.evidence.asked
    given = AnalysisOptions(units="token", evidence_texts=asked, shown={"evidence-texts": asked})
    assert run(tmp_path / "given", model, tmp_path / "other", given) == found
    monkeypatch.setattr(timed_budget, "_pace", lambda worker: pytest.fail("it is known"))
    assert run(tmp_path / "again", model, kept, timed) == found
    longer = replace(timed, evidence_budget="2h")
    with pytest.raises(UsageError, match=r"--evidence-budget was 0\.02s and is 2h"):
        run(tmp_path / "r", model, kept, longer)


def test_no_result_is_lost_where_the_disk_is_full(
    model: LoadedModel, unbroken: Unbroken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bytes = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if len(list(path.parent.glob("*.zip"))) == 2:
            raise OSError(28, "full")
        return write_bytes(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(OutputError, match="make room"):
            run(tmp_path / "r", model, tmp_path / "kept")
    assert list((tmp_path / "kept").glob("*.zip"))
    assert run(tmp_path / "r", model, tmp_path / "kept") == unbroken.results


@pytest.fixture
def place(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with texts, which is the current one."""
    (tmp_path / "texts.txt").write_text("\n".join(filter(None, TEXTS)), "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def left_behind(place: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> None:
    """Run a command that is interrupted when it has measured the attention of some texts."""
    save = WorkFolder.save

    def interrupted(self, task, result) -> None:
        save(self, task, result)
        if task.rows[0]:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(WorkFolder, "save", interrupted)
        done = call("run", "texts.txt", "--model", folder, *more)
    assert done.exit_code == 130
    assert "interrupted; nothing was written, but what was done is kept in" in done.stderr


def test_the_command_goes_on_or_says_what_to_do(
    place: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = ("--evidence-texts", "2")
    command = ("run", "texts.txt", "--model", folder, *few, "-o", "page.json", "-o", "made/")
    left_behind(place, folder, monkeypatch, *command[4:])
    assert {path.name for path in place.iterdir()} == {"made.unfinished", "texts.txt"}
    assert oct((place / "made.unfinished").stat().st_mode)[-3:] == "700"
    refused = call(*command)
    assert refused.exit_code == 2
    assert refused.stderr == (
        "reportgen: made.unfinished: a run that did not end left its results; go on with "
        "--resume, or give --force to start anew\n"
    )
    other = call(*command, "--resume", "--evidence", "none")
    assert other.exit_code == 2
    assert "of another run: --evidence was basic and is none" in other.stderr
    done = call(*command, "--resume")
    assert done.exit_code == 0, done.stderr
    n_texts = len(list(filter(None, TEXTS)))
    assert (
        f"reportgen: going on: an earlier run measured the attention of 6 of {n_texts} texts; "
        f"left are {n_texts - 6}, and evidence on 2"
    ) in done.stderr
    assert {path.name for path in place.iterdir()} == {"page.json", "made", "texts.txt"}
    again = call(*command, "--force", "--resume")
    assert "reportgen: no made.unfinished; the run starts anew" in again.stderr


def test_force_starts_anew_and_says_so(
    place: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = ("--evidence", "none", "-o", "new/page.json")
    left_behind(place, folder, monkeypatch, *more)
    assert (place / "new" / "page.json.unfinished").is_dir()
    done = call("run", "texts.txt", "--model", folder, *more, "--force")
    assert done.exit_code == 0
    assert "removed page.json.unfinished, which an earlier run left" in done.stderr
    assert "going on" not in done.stderr
    assert [path.name for path in (place / "new").iterdir()] == ["page.json"]


def test_a_page_with_a_folder_of_its_own_keeps_its_work_beside_it(
    place: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = ("--evidence", "none", "-o", "site/index.html", "--layout", "dir")
    left_behind(place, folder, monkeypatch, *layout)
    done = call("run", "texts.txt", "--model", folder, *layout, "--resume")
    assert done.exit_code == 0, done.stderr
    assert {path.name for path in place.iterdir()} == {"site", "texts.txt"}


def test_an_interrupt_in_the_evidence_keeps_what_was_measured(
    place: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = ("--evidence-texts", "4")
    command = ("analyze", "texts.txt", "--model", folder, *few, "-o", "made")
    assert call(*command).exit_code == 0
    whole = {path.name: path.read_bytes() for path in (place / "made").iterdir()}
    save = WorkFolder.save

    def interrupted(self, task, result) -> None:
        save(self, task, result)
        if task.kind == "evidence":
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(WorkFolder, "save", interrupted)
        first = call(*command, "--force")
    assert first.exit_code == 130
    told = "what was measured is kept in made.unfinished; --resume --force measures the rest"
    assert told in first.stderr
    second = call(*command, "--force", "--resume")
    assert second.exit_code == 0, second.stderr
    assert {path.name: path.read_bytes() for path in (place / "made").iterdir()} == whole
    assert not (place / "made.unfinished").exists()


def test_nothing_is_kept_of_a_mistake_nor_with_redact_nor_for_standard_output(
    place: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "blank.txt").write_text(" \n\t\n", "utf-8")
    before = {path.name for path in place.iterdir()}
    wrong = call("run", "blank.txt", "--model", folder, "-o", "new/page.json")
    assert wrong.exit_code == 1
    save = WorkFolder.save
    places = []

    def seen(self, task, result) -> None:
        places.append(self.path)
        save(self, task, result)

    monkeypatch.setattr(WorkFolder, "save", seen)
    command = ("run", "texts.txt", "--model", folder, "--evidence", "none")
    for more in (("--redact", "-o", "page.json"), ("-o", "-", "--format", "json")):
        assert call(*command, *more).exit_code == 0
        refused = call(*command, *more, "--resume", "--force")
        assert refused.exit_code == 2
        assert refused.stderr.startswith("reportgen: --resume: ")
    assert places
    assert not any(path.is_relative_to(place) or path.exists() for path in places)
    assert {path.name for path in place.iterdir()} == {*before, "page.json"}


@pytest.mark.parametrize(
    ("error", "is_kept"),
    [
        (ModelError("every text failed"), False),
        (EngineError("processes died"), True),
        (OutputError("full"), True),
        (RuntimeError("out of memory"), True),
    ],
)
def test_what_can_be_gone_on_from_is_kept(tmp_path: Path, error: Exception, is_kept: bool) -> None:
    def fail() -> None:
        with unfinished_run(tmp_path / "made", resume=False, force=False) as kept:
            (kept.path / "attention-000000000.zip").write_bytes(b"")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert (tmp_path / "made.unfinished").exists() == is_kept


def test_a_second_run_at_the_same_place_is_refused(place: Path, folder: Path) -> None:
    (place / "made.unfinished").mkdir()
    number = lock(place / "made.unfinished")
    assert number is not None
    try:
        refused = call("analyze", "texts.txt", "--model", folder, "-o", "made", "--resume")
    finally:
        os.close(number)
    assert refused.exit_code == 2
    assert "made.unfinished: another run is at work there; wait for it to end" in refused.stderr


def test_python_goes_on_too(
    place: Path, folder: Path, model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_behind(place, folder, monkeypatch, "-o", "made/")
    with pytest.warns(UserWarning, match=r"removed made\.unfinished"):
        reportgen.analyze(list(TEXTS), model, folder="made", evidence="none")
    assert not (place / "made.unfinished").exists()
    with pytest.warns(UserWarning, match=r"no made\.unfinished; the run starts anew"):
        reportgen.analyze(list(TEXTS), model, folder="made", evidence="none", resume=True)
    with pytest.raises(UsageError, match="resume: goes with folder"):
        reportgen.analyze(list(TEXTS), model, resume=True)


def test_after_a_real_kill_the_same_command_goes_on(
    place: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = ("--evidence", "none")
    command = ("analyze", "texts.txt", "--model", folder, *none, "-o", "made", "--resume")
    save = WorkFolder.save

    def waiting(self, task, result) -> None:
        save(self, task, result)
        signal.pause()

    with monkeypatch.context() as patch:
        patch.setattr(WorkFolder, "save", waiting)
        started = multiprocessing.get_context("fork").Process(target=call, args=command)
        started.start()
    deadline = time.monotonic() + 120
    while not list((place / "made.unfinished").glob("attention-*.zip")):
        assert time.monotonic() < deadline
        assert started.is_alive()
        time.sleep(0.01)
    second = call(*command)
    assert "made.unfinished: another run is at work there" in second.stderr
    started.kill()
    started.join()
    assert not (place / "made").exists()
    done = call(*command)
    assert done.exit_code == 0, done.stderr
    assert "going on: an earlier run measured the attention of 3 of" in done.stderr
    assert {path.name for path in place.iterdir()} == {"made", "texts.txt"}


def test_kept_work_that_is_a_link_is_refused_and_what_it_names_stays(
    place: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mine = tmp_path_factory.mktemp("mine")
    (mine / "photos.zip").write_bytes(b"mine")
    (place / "made.unfinished").symlink_to(mine)
    for more in ((), ("--force",), ("--resume",)):
        refused = call("analyze", "texts.txt", "--model", folder, "-o", "made", *more)
        assert refused.exit_code == 2
        assert "made.unfinished: a link; remove it, or name another --output" in refused.stderr
    assert [path.name for path in mine.iterdir()] == ["photos.zip"]
