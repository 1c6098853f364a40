"""Python that results name runs only where the command names it again, and is what it was."""

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from helpers.calling import call
from helpers.real.models import SENTENCES, save_model

from reportgen.results import listed, open_results, with_manifest

CODE = """
from pathlib import Path
from transformers import AutoModelForSequenceClassification

Path(FOLDER, "ran").touch()

class Made:
    @staticmethod
    def build(model):
        return AutoModelForSequenceClassification.from_pretrained(model)
"""
NOT_RUN = "pathlib.Path('ran').touch()"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with texts, a model, its code, and one shard of an analysis with it."""
    folder = tmp_path_factory.mktemp("made")
    save_model(folder / "bert", "bert", "sequence", num_labels=1, problem_type="regression")
    (folder / "texts.txt").write_text("\n".join(SENTENCES))
    (folder / "mine.py").write_text(CODE.replace("FOLDER", repr(str(folder))))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = call("analyze", "texts.txt", *code(), "--shard", "1/1", "-o", "part", *MORE)
        assert done.exit_code == 0, done.stderr
    (folder / "ran").unlink()
    return folder


MORE = ("--tokenizer", "bert", "--evidence-texts", "2")


def code(file: str = "mine.py", attribute: str = "Made.build", model: str = "bert") -> list[str]:
    arguments = json.dumps({"model": model})
    return ["--factory", f"{file}:{attribute}", "--factory-args", arguments]


@pytest.fixture(autouse=True)
def here(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made)
    return made


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((), "part: made with --factory mine.py:Made.build, which runs code or is read by it"),
        (code()[:2], 'part: made with --factory-args \'{"model": "bert"}\', which runs code or'),
        (code(attribute="Path"), "--factory mine.py:Path: part was made with mine.py:Made.build"),
        (code(model="other"), '{"model": "other"}: part was made with {"model": "bert"}; give'),
        ((*code(), "--trust-remote-code"), "--trust-remote-code: part was made without; leave it"),
        (code(attribute="1"), "write it as module:Class or path/file.py:Class"),
        ((*code()[:3], "{"), "--factory-args {: not JSON"),
        (code(file="nowhere.py"), "nowhere.py: no such file"),
    ],
)
def test_merge_runs_no_code_that_is_not_named_again(
    here: Path, given: Sequence[str], told: str
) -> None:
    done = call("merge", "part", "-o", "merged", *given)
    assert done.exit_code in (1, 2)
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (here / "ran").exists()
    assert not (here / "merged").exists()


def test_merge_does_not_run_a_file_that_has_changed(here: Path, tmp_path: Path) -> None:
    changed = tmp_path / "mine.py"
    changed.write_text(f"import pathlib; {NOT_RUN}\n" + CODE)
    done = call("merge", "part", "-o", "merged", *code(str(changed)))
    assert done.exit_code == 2
    assert "mine.py:Made.build: the file has changed since the shards were made" in done.stderr
    assert not (here / "ran").exists()


def test_a_shard_that_trusts_code_of_a_checkpoint_has_to_be_trusted_again(here: Path) -> None:
    shutil.copytree(here / "part", here / "trusting")
    path = here / "trusting" / "shard.json"
    values = json.loads(path.read_text())
    values["model"]["trust_remote_code"] = True
    path.write_bytes(with_manifest(values, {"run.json": listed(path.with_name("run.json"))}))
    done = call("merge", "trusting", "-o", "merged", *code())
    assert done.exit_code == 2
    assert "trusting: made with --trust-remote-code, which runs code" in done.stderr
    assert not (here / "ran").exists()


@pytest.mark.parametrize("name", ["options", "versions"])
@pytest.mark.parametrize("value", [[1], None, "x", 3, {}])
def test_a_run_json_that_says_something_else_is_one_line(
    here: Path, tmp_path: Path, name: str, value: object
) -> None:
    part = tmp_path / "part"
    shutil.copytree(here / "part", part)
    values = json.loads((part / "run.json").read_text())
    values["identity"][name] = value
    (part / "run.json").write_text(json.dumps(values))
    done = call("merge", part, "-o", tmp_path / "merged", *code())
    assert done.exit_code in (1, 2)
    assert done.stderr.startswith("reportgen: ")
    assert done.stderr.count("\n") == 1


def test_named_again_it_merges_wherever_the_same_file_lies(here: Path, tmp_path: Path) -> None:
    shutil.copy(here / "mine.py", tmp_path)
    done = call("merge", "part", "-o", tmp_path / "merged", *code(str(tmp_path / "mine.py")))
    assert done.exit_code == 0, done.stderr
    assert call("analyze", "texts.txt", *code(), *MORE, "-o", tmp_path / "whole").exit_code == 0
    (here / "ran").unlink()
    own = {path.name: path.read_bytes() for path in (tmp_path / "merged").iterdir()}
    assert own == {path.name: path.read_bytes() for path in (tmp_path / "whole").iterdir()}
    info = open_results(tmp_path / "whole").info
    assert info.model.code_sha256 == sha256((here / "mine.py").read_bytes()).hexdigest()
    # A comparison with a baseline of such a model runs nothing of it either.
    done = call("compare", tmp_path / "whole", "--head", "bert", "-o", tmp_path / "c.html")
    assert done.exit_code == 2
    assert "made with --factory" in done.stderr
    assert not (here / "ran").exists()


def test_resume_refuses_a_file_that_has_changed(here: Path, tmp_path: Path) -> None:
    shutil.copytree(here / "part", tmp_path / "r.unfinished")
    (tmp_path / "r.unfinished" / "shard.json").unlink()
    (tmp_path / "mine.py").write_text((here / "mine.py").read_text() + "\n# changed\n")
    command = ("analyze", "texts.txt", *code(str(tmp_path / "mine.py")), *MORE, "--resume")
    done = call(*command, "-o", tmp_path / "r")
    (here / "ran").unlink(missing_ok=True)
    assert done.exit_code == 2
    assert "the Python file of --factory, or one that it imports, has changed" in done.stderr


@pytest.fixture
def helped(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with texts, a model, and code that imports two files of its folder, one of them only
    when it is called."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("")
    (tmp_path / "parts" / "heads.py").write_text("import settings_of_mine\n")
    (tmp_path / "settings_of_mine.py").write_text("SIZE = 1\n")
    (tmp_path / "late.py").write_text("SIZE = 2\n")
    (tmp_path / "unused.py").write_text("")
    own = CODE.replace("FOLDER", repr(str(tmp_path))).replace(
        "return", "import late\n        return"
    )
    (tmp_path / "mine.py").write_text(f"import parts.heads\n{own}")
    (tmp_path / "texts.txt").write_text("\n".join(SENTENCES))
    (tmp_path / "bert").symlink_to(here / "bert")
    monkeypatch.chdir(tmp_path)
    forget()
    yield tmp_path
    forget()


IMPORTED = ("late.py", "parts/__init__.py", "parts/heads.py", "settings_of_mine.py")


def forget() -> None:
    """As a new process begins: without the modules of an earlier run."""
    for name in ("late", "parts", "parts.heads", "settings_of_mine"):
        sys.modules.pop(name, None)


def test_merge_does_not_run_code_of_which_an_imported_file_has_changed(helped: Path) -> None:
    command = ("analyze", "texts.txt", *code(), *MORE, "--shard", "1/1", "-o", "part")
    assert call(*command).exit_code == 0
    assert call("merge", "part", "-o", "merged", *code()).exit_code == 0
    info = open_results(helped / "merged").info
    assert [file for file, _ in info.model.code_files] == list(IMPORTED)
    (helped / "ran").unlink()
    (helped / "unused.py").write_text("# changed")
    for name in IMPORTED:
        before = (helped / name).read_bytes()
        (helped / name).write_text(f"import pathlib; {NOT_RUN}\n")
        forget()
        done = call("merge", "part", "-o", "again", *code())
        assert done.exit_code == 2
        assert f"mine.py:Made.build: {name} has changed since the shards were made" in done.stderr
        assert done.stderr.count("\n") == 1
        (helped / name).write_bytes(before)
    assert not (helped / "ran").exists()


def test_resume_refuses_code_of_which_an_imported_file_has_changed(helped: Path) -> None:
    command = ("analyze", "texts.txt", *code(), *MORE)
    assert call(*command, "--shard", "1/1", "-o", "r.unfinished").exit_code == 0
    (helped / "r.unfinished" / "shard.json").unlink()
    forget()
    (helped / "late.py").write_text("SIZE = 3\n")
    done = call(*command, "--resume", "-o", "r")
    assert done.exit_code == 2
    assert "the Python file of --factory, or one that it imports, has changed" in done.stderr


@pytest.mark.parametrize("name", ["../outside.py", "/dev/zero", "nowhere.py"])
def test_files_of_code_that_lie_elsewhere_are_not_read(helped: Path, name: str) -> None:
    command = ("analyze", "texts.txt", *code(), *MORE, "--shard", "1/1", "-o", "part")
    assert call(*command).exit_code == 0
    run_file = helped / "part" / "run.json"
    values = json.loads(run_file.read_text())
    values["begun"]["info"]["model"]["code_files"] = [[name, "0" * 64]]
    run_file.write_text(json.dumps(values))
    path = helped / "part" / "shard.json"
    record = {
        key: value for key, value in json.loads(path.read_text()).items() if key != "manifest"
    }
    path.write_bytes(with_manifest(record, {"run.json": listed(run_file)}))
    done = call("merge", "part", "-o", "merged", *code())
    assert (done.exit_code, f"{name} has changed" in done.stderr) == (2, True)
