"""Python that results name runs only where the command names it again, and is what it was."""

import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from helpers.calling import call
from helpers.real.models import SENTENCES, save_model

from reportgen.analysis.job import Job
from reportgen.errors import OutputError
from reportgen.results import open_results

CODE = """
import parts.heads
from pathlib import Path
from transformers import AutoModelForSequenceClassification

Path(FOLDER, "ran").touch()

class Made:
    @staticmethod
    def build(model):
        import late
        return AutoModelForSequenceClassification.from_pretrained(model)
"""
IMPORTED = ("late.py", "parts/__init__.py", "parts/heads.py", "settings_of_mine.py")
COMMAND = (
    *("analyze", "texts.txt", "--factory", "mine.py:Made.build"),
    *("--factory-args", '{"model": "bert"}', "--tokenizer", "bert", "--evidence", "none"),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    return save_model(folder, "bert", "sequence", num_labels=1, problem_type="regression")


@pytest.fixture(autouse=True)
def here(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with texts, a model, and code that imports two files of its folder, one of them only
    when it is called."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("")
    (tmp_path / "parts" / "heads.py").write_text("import settings_of_mine\n")
    (tmp_path / "settings_of_mine.py").write_text("SIZE = 1\n")
    (tmp_path / "late.py").write_text("SIZE = 2\n")
    (tmp_path / "mine.py").write_text(CODE.replace("FOLDER", repr(str(tmp_path))))
    (tmp_path / "texts.txt").write_text("\n".join(SENTENCES))
    (tmp_path / "bert").symlink_to(model)
    monkeypatch.chdir(tmp_path)
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    """As a new process begins: without the modules of an earlier run."""
    for name in ("late", "parts", "parts.heads", "settings_of_mine"):
        sys.modules.pop(name, None)


@pytest.fixture
def ended_early(here: Path) -> Path:
    """The work of a run that could not write its results."""

    def full(*_: object) -> None:
        raise OutputError("results: no space left")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Job, "write_attention", full)
        assert call(*COMMAND, "-o", "r").exit_code == 1
    forget()
    (here / "ran").unlink()
    return here / "r.unfinished"


def test_results_say_which_files_ran_and_a_comparison_runs_none(here: Path) -> None:
    assert call(*COMMAND, "-o", "r").exit_code == 0
    (here / "ran").unlink()
    model = open_results(here / "r").info.model
    assert [file for file, _ in model.code_files] == list(IMPORTED)
    assert model.code_sha256 == sha256((here / "mine.py").read_bytes()).hexdigest()
    done = call("compare", "r", "--head", "bert", "-o", "c.html")
    assert done.exit_code == 2
    assert "made with --factory" in done.stderr
    assert not (here / "ran").exists()


@pytest.mark.parametrize("changed", ["mine.py", *IMPORTED])
def test_resume_refuses_a_file_that_has_changed(
    here: Path, ended_early: Path, changed: str
) -> None:
    with (here / changed).open("a") as file:
        file.write("\n# changed\n")
    done = call(*COMMAND, "--resume", "-o", "r")
    assert done.exit_code == 2
    assert "the Python file of --factory, or one that it imports, has changed" in done.stderr


@pytest.mark.parametrize("name", ["options", "versions"])
@pytest.mark.parametrize("value", [[1], None, "x", 3, {}])
def test_a_run_json_that_says_something_else_is_one_line(
    ended_early: Path, name: str, value: object
) -> None:
    values = json.loads((ended_early / "run.json").read_text())
    values["identity"][name] = value
    (ended_early / "run.json").write_text(json.dumps(values))
    done = call(*COMMAND, "--resume", "-o", "r")
    assert done.exit_code == 2
    assert done.stderr.startswith("reportgen: ")
    assert done.stderr.count("\n") == 1
