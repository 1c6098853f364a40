"""`--github-summary`, and that no log of a build reads a text as a command."""

import re
from pathlib import Path

import pytest
from helpers.calling import call
from helpers.hostile_texts import COMMANDS, hostile_texts
from helpers.made_up.factories import make_results
from helpers.on_github import soup

from reportgen.api.jobs import MOST_BYTES, find_step_summary
from reportgen.comparison import Runs
from reportgen.errors import UsageError
from reportgen.findings import Findings
from reportgen.report import RenderOptions, step_summary
from reportgen.report.language import printable as terminal
from reportgen.results import Results

# What GitHub's runner and Azure's agent take for a command in a line of a log.
COMMAND = re.compile(r"^\s*::|##\[|##vso\[", re.MULTILINE)


def made(folder: Path, n_texts: int) -> Results:
    texts = hostile_texts(n_texts)
    return make_results(folder, texts, ids=texts, n_layers=2, n_heads=1, failed=(0, 1, 2, 3, 4, 5))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """More texts than a summary of a step has room for."""
    return made(tmp_path_factory.mktemp("made"), 150)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Each hostile text once."""
    return str(made(tmp_path_factory.mktemp("once"), 60).folder)


def test_it_is_added_behind_what_is_there(results: Results, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "summary"
    path.write_text("# before")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    summary = find_step_summary(wanted=True)
    assert summary is not None
    summary.add(
        step_summary(
            Runs(Findings(results)),
            RenderOptions(md_flavor="plain", md_limit=9_000),
            summary.room,
        )
    )
    text = path.read_text("utf-8")
    assert text.startswith("# before\n<!-- reportgen:report -->\n")
    page = soup(text)
    assert len(page.find_all("details")) == 7
    assert page.find("img") is None
    assert len(page.find_all("tr")) > 150


def test_all_summaries_of_a_step_stay_under_its_limit(
    results: Results, tmp_path: Path, monkeypatch
) -> None:
    path = tmp_path / "summary"
    path.write_bytes(b"x" * (MOST_BYTES - 21_000))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    summary = find_step_summary(wanted=True)
    assert summary is not None
    summary.add(step_summary(Runs(Findings(results)), RenderOptions(), summary.room))
    assert MOST_BYTES - 2_000 < path.stat().st_size <= MOST_BYTES
    assert "rows are not shown" in path.read_text("utf-8").splitlines()[-1]
    with pytest.raises(UsageError, match=r"holds .* of 1,000,000 bytes already"):
        find_step_summary(wanted=True)


def test_it_is_refused_outside_of_a_step(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    assert find_step_summary(wanted=False) is None
    with pytest.raises(UsageError, match="GITHUB_STEP_SUMMARY is not set"):
        find_step_summary(wanted=True)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "gone" / "summary"))
    with pytest.raises(UsageError, match="cannot be written"):
        find_step_summary(wanted=True)


def test_the_command_adds_it_beside_its_outputs(folder: str, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "summary"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    options = ("-q", "-o", str(tmp_path / "a.md"), "--images", "none", "--github-summary")
    assert call("render", folder, *options).exit_code == 0
    written = (tmp_path / "a.md").read_text("utf-8")
    added = path.read_text("utf-8")
    commands = [line for line in added.splitlines() if line.startswith("reportgen run ")]
    assert [line[-14:] for line in commands] == ["-o report.html"]
    differ = set(added.splitlines()) ^ set(written.splitlines())
    assert all(line.startswith("reportgen run ") for line in differ)


@pytest.mark.parametrize("line", [*COMMANDS, "::x", " ::x", "####[x]", "a##vso[b]", "\t::x"])
def test_no_line_that_is_said_is_a_command(line: str) -> None:
    said = terminal.inert(line)
    assert not COMMAND.search(said)
    assert "\n" not in said
    words = re.findall(r"\w+", line)
    assert [word for word in re.findall(r"\w+", said) if word in words] == words


def test_a_line_that_is_no_command_is_said_as_it_is() -> None:
    for line in ("a :: b", "# x", "std::vector", "日本語"):
        assert terminal.inert(line) == line


@pytest.mark.parametrize(
    "outputs",
    [
        ("-o", "x.html", "-v"),
        ("-o", "-", "--format", "md", "-v"),
        ("-o", "-", "--format", "json", "-v"),
        ("-o", "-", "--format", "confluence", "-q"),
    ],
)
def test_no_text_reaches_a_log_as_a_command(folder: str, tmp_path, monkeypatch, outputs) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    ran = call("render", folder, *outputs)
    assert ran.exit_code == 0, ran.output
    assert ran.stdout or ran.stderr
    assert [m[0] for m in COMMAND.finditer(ran.stderr + "\n" + ran.stdout)] == []


def test_an_error_that_quotes_a_text_is_no_command(
    folder: str, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = call("render", folder, "--id", "##[error]x", "-o", "a.md")
    assert ran.exit_code == 2
    assert not COMMAND.search(ran.stderr)
    assert not list(tmp_path.iterdir())
