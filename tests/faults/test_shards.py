"""Shards of an analysis: merged they are one run, byte for byte, and what does not fit is named."""

import json
import os
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from helpers.calling import call
from helpers.made_up.unlisted import shard_without_manifest
from helpers.real.begin_as import begin_as
from helpers.real.few_steps import take_few_steps
from helpers.real.load_once import load_once
from helpers.real.models import SENTENCES, save_model
from helpers.real.runs import require_sinks_and_groups

from reportgen import models
from reportgen.analysis import WorkFolder
from reportgen.analysis.cost import estimate
from reportgen.analysis.work import plan
from reportgen.demo import model_folder
from reportgen.results import listed, open_results, with_manifest

TEXTS = (*SENTENCES, " ", "the cat sat on the mat", "a dog sat on the log", "a", "a very good day")


@pytest.fixture(scope="module", autouse=True)
def _models_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        load_once(patch)
        yield


@pytest.fixture(autouse=True)
def _small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "WINDOW", 2)
    monkeypatch.setattr(plan, "CHUNK", 1)
    take_few_steps(monkeypatch)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with texts and models."""
    place = tmp_path_factory.mktemp("place")
    number = {"num_labels": 1, "problem_type": "regression"}
    save_model(place / "bert", "bert", "sequence", **number)
    save_model(place / "other", "bert", "sequence", seed=3, **number)
    save_model(place / "llama", "llama", "causal")
    lines = [json.dumps({"text": text}) for text in TEXTS]
    (place / "texts.jsonl").write_text("\n".join(lines), "utf-8")
    return place


def shard(place: Path, number: int, of: int, *more: object, model: str = "bert") -> Path:
    folder = Path("parts") / f"{number}"
    command = ("analyze", "texts.jsonl", "--model", model, "--shard", f"{number}/{of}")
    done = call(*command, "-o", folder, *more)
    assert done.exit_code == 0, done.stderr
    assert f"{folder}/: shard {number}/{of}" in done.stderr
    assert not folder.with_name(f"{number}.unfinished").exists()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


FULL = ("--evidence", "full", "--evidence-texts", "3", "--keep-maps", "4")


@pytest.mark.parametrize(
    ("model", "more"),
    [
        ("bert", FULL),
        ("bert", ("--evidence", "none", "--edits", "typo,upper_case,repetition")),
        ("bert", ("--evidence-texts", "all", "--edits", "typo,upper_case,repetition")),
        ("llama", ("--generate", "3", "--keep-maps", "3", "--evidence-texts", "4")),
    ],
)
def test_merged_shards_are_one_run(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, more: tuple[str, ...]
) -> None:
    monkeypatch.chdir(place)
    # Of so few texts a tenth of the work pays for no Shapley values.
    monkeypatch.setattr(estimate, "SHAPLEY_SHARE", 4.0)
    whole, merged = tmp_path / "whole", tmp_path / "merged"
    done = call("analyze", "texts.jsonl", "--model", model, *more, "-o", whole)
    assert done.exit_code == 0, done.stderr
    parts = [shard(place, number, 2, *more, "--force", model=model) for number in (2, 1)]
    if "none" in more:  # nothing is left to measure
        monkeypatch.setattr(models, "load_model", lambda *_, **__: pytest.fail("model loaded"))
    done = call("merge", *parts, "-o", merged)
    assert done.exit_code == 0, done.stderr
    assert contents(merged) == contents(whole)
    if "all" in more:
        require_sinks_and_groups(merged)
    assert open_results(merged).info.evidence.level == (
        "none" if "none" in more else "full" if "full" in more else "basic"
    )
    if "all" in more:
        own = open_results(merged)
        with_values = own.effects[own.effects["shapley"].notna()]
        assert with_values["text"].nunique() == own.info.evidence.n_yardstick >= 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["merged", "whole"]


def test_the_test_of_the_strongest_sink_is_that_of_one_run(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which token that is takes all texts, so a merge tests it; workers leave it to the process
    that started them."""
    monkeypatch.chdir(place)
    shutil.copytree(model_folder(), place / "demo")
    begin_as(monkeypatch)
    few = ("--evidence-texts", "6", "--limit", "8", "--force")
    command = ("analyze", "texts.jsonl", "--model", "demo", *few)
    whole, merged, shared = tmp_path / "whole", tmp_path / "merged", tmp_path / "shared"
    assert call(*command, "-o", whole).exit_code == 0
    parts = [shard(place, number, 2, *few, model="demo") for number in (2, 1)]
    assert call("merge", *parts, "-o", merged).exit_code == 0
    assert call(*command, "--workers", "2", "-o", shared).exit_code == 0
    assert contents(merged) == contents(shared) == contents(whole)
    sinks = open_results(merged).sinks
    assert set(sinks["subject"]) == {"cls"}
    assert set(sinks["test"]) == {"zero_value"}


def test_more_shards_than_windows_leave_some_empty(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    more = ("--evidence", "none", "--force")
    parts = [shard(place, number, 9, *more) for number in range(1, 10)]
    assert any(not list(part.glob("*.zip")) for part in parts)
    assert call("merge", *parts, "-o", tmp_path / "merged").exit_code == 0
    call("analyze", "texts.jsonl", "--model", "bert", *more, "-o", tmp_path / "whole")
    assert contents(tmp_path / "merged") == contents(tmp_path / "whole")


@pytest.fixture(scope="module")
def parts(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two shards of one analysis, and others that do not fit."""
    folder = tmp_path_factory.mktemp("parts")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setattr(plan, "WINDOW", 2)
        for name, number, more in (
            ("1", "1/2", ()),
            ("2", "2/2", ()),
            ("third", "2/3", ()),
            ("full", "2/2", ("--evidence", "none")),
            ("other", "2/2", ("--model", "other")),
        ):
            command = ("analyze", "texts.jsonl", "--model", "bert", "--shard", number, *more)
            done = call(*command, "-o", folder / name, "--evidence-texts", "2")
            assert done.exit_code == 0, done.stderr
    (folder / "empty").mkdir()
    return folder


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("1",), "1 of 2 shards are missing: 2/2; name all of them"),
        (("1", "2", "1"), "shard 1/2 is also"),
        (("1", "third"), "shard 2/3, but"),
        (("1", "full"), "--evidence was basic and is none"),
        (("1", "other"), "the weights of the model differ"),
        (("1", "empty"), "not a complete shard (no shard.json)"),
        (("1", "nowhere"), "not a complete shard (no shard.json)"),
    ],
)
def test_shards_that_do_not_fit_are_named(
    parts: Path, place: Path, tmp_path: Path, monkeypatch, names: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(place)
    done = call("merge", *(parts / name for name in names), "-o", tmp_path / "merged")
    assert done.exit_code == 1
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def damage_result(path: Path, damage: str) -> None:
    """Remove a result, or damage it as disks and people do."""
    content = path.read_bytes()
    path.unlink()
    if damage == "pipe":
        os.mkfifo(path)
    elif damage == "truncated":
        path.write_bytes(content[:-9])
    elif damage == "header":  # a bit of how the first part is packed
        at = content.index(b"PK\1\2") + 10
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    elif damage == "parts":  # one is missing, the others are as they were
        with ZipFile(BytesIO(content)) as old, ZipFile(path, "w") as new:
            for name in old.namelist()[:-2]:
                new.writestr(name, old.read(name))


@pytest.mark.parametrize(
    "damage",
    ["truncated", "removed", "evidence", "pipe", "header", "parts", "run.json", "shard.json"],
)
def test_a_damaged_shard_is_named_and_not_measured_again(
    parts: Path, place: Path, tmp_path: Path, monkeypatch, damage: str
) -> None:
    monkeypatch.chdir(place)
    shutil.copytree(parts / "1", tmp_path / "1")
    kind = "evidence" if damage == "evidence" else "attention"
    result = sorted((tmp_path / "1").glob(f"{kind}-*.zip"))[0]
    told = f"{tmp_path / '1'}: missing or damaged: {result.name}; run this shard again"
    contents: tuple[str, ...] = ("",)
    if ".json" in damage:
        told, contents = f"{damage}: damaged", ("{", "[]", "[" * 100_000)
    else:
        damage_result(result, damage)
    for content in contents:
        if content:
            (tmp_path / "1" / damage).write_text(content, "utf-8")
        done = call("merge", tmp_path / "1", parts / "2", "-o", tmp_path / "merged")
        assert done.exit_code == 1
        assert told in done.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_what_a_shard_alone_says_of_itself_is_checked_too(
    parts: Path, place: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(place)
    alone = Path(shutil.copytree(parts / "1", tmp_path / "1"))
    said = json.loads((alone / "shard.json").read_text("utf-8"))
    for shard, is_alone in (([1, 1], True), ([1, 10**9], False), ([True, 1], False)):
        files = {"run.json": listed(parts / "1" / "run.json")}
        (alone / "shard.json").write_bytes(with_manifest(said | {"shard": shard}, files))
        (alone / "run.json").unlink(missing_ok=True)
        done = call("merge", alone, "-o", tmp_path / "merged")
        assert done.exit_code == 1
        assert f"{'run' if is_alone else 'shard'}.json: damaged" in done.stderr
        assert "; run this shard again" in done.stderr
    (alone / "shard.json").unlink()
    os.mkfifo(alone / "shard.json")
    assert "not a complete shard" in call("merge", alone, "-o", tmp_path / "merged").stderr


def test_files_of_shards_of_another_run_are_not_taken(
    parts: Path, place: Path, tmp_path: Path, monkeypatch
) -> None:
    """Another model on the same texts has files of the same names and rows."""
    monkeypatch.chdir(place)
    name = min(path.name for path in (parts / "2").glob("attention-*.zip"))
    assert (parts / "other" / name).exists()
    for file, told in (
        (name, f"missing or damaged: {name}; run this shard again"),
        ("run.json", "run.json: damaged, or of another run; run this shard again"),
        ("shard.json", "run.json: damaged, or of another run; run this shard again"),
    ):
        mixed = Path(shutil.copytree(parts / "2", tmp_path / "2"))
        shutil.copy(parts / "other" / file, mixed / file)
        done = call("merge", parts / "1", mixed, "-o", tmp_path / "merged")
        assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
        assert f"{mixed}" in done.stderr
        assert told in done.stderr
        shutil.rmtree(mixed)


def test_shards_of_an_earlier_version_are_merged_with_a_line_that_says_so(
    parts: Path, place: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(place)
    assert call("merge", parts / "1", parts / "2", "-o", tmp_path / "listed").exit_code == 0
    for name in ("1", "2"):
        shard_without_manifest(Path(shutil.copytree(parts / name, tmp_path / name)))
    done = call("merge", tmp_path / "1", tmp_path / "2", "-o", tmp_path / "merged")
    assert done.exit_code == 0, done.stderr
    said = [line for line in done.stderr.splitlines() if "no manifest" in line]
    names = f"{tmp_path / '1'}, {tmp_path / '2'}"
    assert said == [
        f"reportgen: {names}: no manifest in shard.json, as an earlier version wrote it, so damage "
        "to files may go unnoticed"
    ]
    assert contents(tmp_path / "merged") == contents(tmp_path / "listed")
    # The rest of such a shard is checked as ever.
    *_, result = sorted((tmp_path / "2").glob("attention-*.zip"))
    old = result.read_bytes()
    for content in (old[:-9], min((parts / "1").glob("attention-*.zip")).read_bytes()):
        result.write_bytes(content)
        done = call("merge", tmp_path / "1", tmp_path / "2", "-o", tmp_path / "merged", "--force")
        assert (done.exit_code, f"missing or damaged: {result.name}" in done.stderr) == (1, True)
    # A result that lists nothing is not taken by a shard with a manifest.
    mixed = Path(shutil.copytree(parts / "2", tmp_path / "mixed"))
    (mixed / result.name).write_bytes(old)
    done = call("merge", parts / "1", mixed, "-o", tmp_path / "merged", "--force")
    assert (done.exit_code, f"missing or damaged: {result.name}" in done.stderr) == (1, True)


def test_texts_that_changed_since_are_named(
    parts: Path, place: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(place / "bert", tmp_path / "bert")
    (tmp_path / "texts.jsonl").write_text('{"text": "the cat"}\n', "utf-8")
    done = call("merge", parts / "1", parts / "2", "-o", "merged")
    assert done.exit_code == 2
    assert "of another run: the texts differ" in done.stderr


def test_a_shard_and_a_merge_go_on_after_an_interrupt(
    parts: Path, place: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(place)
    save = WorkFolder.save
    n_saved = 0

    def interrupted(self, task, result) -> None:
        nonlocal n_saved
        save(self, task, result)
        n_saved += 1
        if n_saved == 2:
            raise KeyboardInterrupt

    command = (
        "analyze",
        "texts.jsonl",
        "--model",
        "bert",
        "--evidence-texts",
        "2",
        "--shard",
        "1/2",
    )
    for first in (command, ("merge", parts / "1", parts / "2")):
        n_saved, output = 0, tmp_path / first[0]
        with monkeypatch.context() as patch:
            patch.setattr(WorkFolder, "save", interrupted)
            stopped = call(*first, "-o", output)
        assert stopped.exit_code == 130
        assert (tmp_path / f"{first[0]}.unfinished").exists()
        again = ("--resume", "--force") if output.exists() else ("--resume",)
        done = call(*first, "-o", output, *again)
        assert done.exit_code == 0, done.stderr
    assert contents(tmp_path / "analyze") == contents(parts / "1")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--shard", "0/3"), "--shard 0/3: write K/N, such as 3/16"),
        (("--shard", "4/3"), "--shard 4/3: write K/N"),
        (("--shard", "x"), "--shard x: write K/N"),
        (("--shard", "1/2", "--strict"), "--strict: a shard is not yet a results folder"),
        (("--shard", "1/2", "--generate", "3"), "--shard with --generate"),
        (("--shard", "1/2", "--evidence-budget", "5m"), "--shard: machines do different numbers"),
        (("--evidence-budget", "5m", "--evidence-texts", "5"), "both say how many texts get"),
    ],
)
def test_what_cannot_be_cut_is_refused(
    place: Path, tmp_path: Path, monkeypatch, more: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(place)
    done = call("analyze", "texts.jsonl", "--model", "bert", *more, "-o", tmp_path / "1")
    assert done.exit_code == 2
    assert told in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_of_something_else_is_never_replaced_by_a_shard(
    place: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(place)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "photo.png").write_bytes(b"")
    command = ("analyze", "texts.jsonl", "--model", "bert", "--shard", "1/2", "--force", "-o")
    done = call(*command, tmp_path / "mine")
    assert done.exit_code == 2
    assert "holds more than a shard (photo.png)" in done.stderr
    piped = call("analyze", "-", *command[2:-1], "-o", tmp_path / "x", stdin="the cat\n")
    assert "texts from standard input cannot be read again by merge" in piped.stderr


def test_a_name_that_is_too_long_for_the_system_is_told_in_one_line(
    parts: Path, place: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(place)
    done = call("merge", parts / "1", parts / "2", "-o", tmp_path / ("o" * 250))
    assert done.exit_code == 1
    assert "cannot be written (File name too long)" in done.stderr
    assert not list(tmp_path.iterdir())
