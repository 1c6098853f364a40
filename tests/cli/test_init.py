"""What `reportgen init` writes: settings that can be set, and recipes that say what they run."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import get_args

import pytest
import yaml
from helpers.calling import call
from typer.main import get_command

from reportgen.api import Host, start_project
from reportgen.api.options import configured_gates, configured_options
from reportgen.api.start_project import RECIPES, recipe
from reportgen.cli import app
from reportgen.version import __version__

PUBLISHED = {
    "gitlab.yml": "gitlab-mr",
}
NAMES = [name for paths in RECIPES.values() for name in paths.values()]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(start_project, "own_address", lambda: None)
    return tmp_path


def test_every_setting_that_stands_there_is_one_with_a_value_that_it_takes() -> None:
    assert call("init").exit_code == 0
    text = Path("reportgen.toml").read_text("utf-8")
    assert len(text.splitlines()) <= 13
    assert tomllib.loads(text) == {"model": "./checkpoint"}  # as in the recipes
    all_set = re.sub(r"(?m)^# (?=[a-z-]+ = |\[compare)", "", text)
    Path("reportgen.toml").write_text(all_set, "utf-8")
    known = {key for key in tomllib.loads(all_set) if key != "compare"}
    assert known >= {"text-column", "label-column", "evidence", "warn-if"}
    assert len(configured_options("run").values) == len(known) - 2  # gates
    assert len(configured_gates("run")) == 2
    assert configured_gates("compare")[0][:2] == ("fail", "quality_worse > 0")
    assert configured_options("run").values["label_column"] == "stars"


@pytest.mark.parametrize("host", get_args(Host))
def test_the_recipe_of_a_host_goes_where_it_looks_and_overwrites_nothing(host: Host) -> None:
    first, *_ = RECIPES[host]
    Path(first).parent.mkdir(parents=True, exist_ok=True)
    Path(first).write_text("mine")
    done = call("init", "--host", host)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"reportgen: {first}: exists; give --force")
    assert done.stderr.count("\n") == 1
    assert Path(first).read_text() == "mine"
    assert not Path("reportgen.toml").exists()
    assert recipe(RECIPES[host][first]) in call("init", "--host", host, "--print").stdout
    assert call("init", "--host", host, "--force").exit_code == 0
    for path, name in RECIPES[host].items():
        assert Path(path).read_text("utf-8") == recipe(name)


def test_edited_settings_stay_where_a_recipe_is_added() -> None:
    Path("reportgen.toml").write_text("model = 'mine'")
    for more in ((), ("--force",)):
        done = call("init", "--host", "gitlab", *more)
        assert done.exit_code == 0
        assert done.stderr.startswith(
            "reportgen.toml: exists, left as it is\n.gitlab-ci.yml: written\n"
        )
        assert Path("reportgen.toml").read_text() == "model = 'mine'"
    assert call("init").exit_code == 2
    assert call("init", "--force").exit_code == 0
    assert tomllib.loads(Path("reportgen.toml").read_text("utf-8"))["model"] == "./checkpoint"


def test_below_the_top_of_a_repository_it_says_that_hosts_look_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".git").mkdir()
    (folder / "models").mkdir()
    assert "hosts look" not in call("init", "--host", "github").stderr
    monkeypatch.chdir(folder / "models")
    line = call("init", "--host", "github").stderr.splitlines()[-2]
    assert line.startswith(".github/workflows/attention.yml: hosts look for it at the top of the")
    assert f"move what was written to {folder}, or call init there" in line


@pytest.mark.parametrize("host", get_args(Host))
def test_a_recipe_names_this_version_and_where_it_comes_from(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "https://github.example.com/team/reportgen-fork"
    monkeypatch.setattr(start_project, "own_address", lambda: address)
    done = call("init", "--host", host)
    assert done.stderr.endswith("in reportgen.toml, and texts and model in the recipe\n")
    text = "".join(Path(path).read_text("utf-8") for path in RECIPES[host])
    assert "OWNER" not in text
    assert f"team/reportgen-fork@v{__version__}" in text
    if host != "github":
        assert f"git+{address}@v{__version__}" in text
    assert "OWNER/" in "".join(map(recipe, RECIPES[host].values()))


def test_an_action_is_not_taken_from_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "https://gitlab.example.com/team/reportgen"
    monkeypatch.setattr(start_project, "own_address", lambda: address)
    assert f"git+{address}@v" in call("init", "--host", "gitlab", "--print").stdout
    done = call("init", "--host", "github")
    assert done.stderr.endswith("texts, model and OWNER in the recipe\n")
    assert "uses: OWNER/reportgen@v" in Path(".github/workflows/attention.yml").read_text()


def test_a_host_that_is_not_known_lists_those_that_are() -> None:
    done = call("init", "--host", "svn")
    assert done.exit_code == 2
    assert "gitlab" in done.output


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("github")])
def test_a_recipe_calls_the_command_with_options_that_it_has_and_keeps_what_failed(
    name: str,
) -> None:
    text = recipe(name)
    if name.endswith(".yml"):
        assert yaml.safe_load(text)
    (line,) = re.findall(r"reportgen run [^\']+?(?=\n *after_)", text)
    words = shlex.split(line.replace("\\\n", " ").replace("\n", " "))
    options = {word for word in words if word.startswith("-")}
    parameters = get_command(app).commands["run"].params  # type: ignore[attr-defined]
    assert options <= {flag for parameter in parameters for flag in parameter.opts}
    assert "download.pytorch.org/whl/cpu" in text
    assert "when: always" in text
    assert f"reportgen publish report.md --to {PUBLISHED[name]}" in text
