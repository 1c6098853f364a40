"""Gates from the settings of a project: the nearest pyproject.toml, or a file that is named."""

import os
from pathlib import Path

import pytest

from reportgen.api.options import (
    GateChoices,
    configured_gates,
    configured_options,
    gates,
)
from reportgen.errors import UsageError

OWN = """
[tool.reportgen]
fail-if = ["special_share_max > 0.8", "n_failed > 0"]
warn-if = "unknown_share > 5%"

[tool.reportgen.compare]
fail-if = ["prediction_changed > 5%"]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch) -> Path:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path / "a" / "b")
    return tmp_path


def test_the_nearest_pyproject_with_a_table_of_its_own_counts(project: Path) -> None:
    (project / "pyproject.toml").write_text(OWN)
    (project / "a" / "pyproject.toml").write_text("[tool.other]\nname = 'reportgen'\n")
    source = str(project / "pyproject.toml")
    assert configured_gates("run") == [
        ("fail", "special_share_max > 0.8", source),
        ("fail", "n_failed > 0", source),
        ("warn", "unknown_share > 5%", source),
    ]
    (project / "a" / "b" / "pyproject.toml").write_text(
        "[tool.reportgen]\nwarn-if = ['n_texts < 5']\n"
    )
    assert configured_gates("run") == [("warn", "n_texts < 5", "pyproject.toml")]


def test_compare_has_gates_of_its_own(project: Path) -> None:
    (project / "pyproject.toml").write_text(OWN)
    source = str(project / "pyproject.toml")
    assert configured_gates("compare") == [("fail", "prediction_changed > 5%", source)]


def test_without_settings_there_is_no_gate(project: Path) -> None:
    assert configured_gates("run") == []


def test_a_broken_file_of_another_tool_is_none_of_ours(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool")
    assert configured_gates("run") == []
    (project / "pyproject.toml").write_text("[tool.reportgen\nfail-if = []")
    with pytest.raises(UsageError, match=r"pyproject\.toml: not TOML"):
        configured_gates("run")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("gates.yaml", 'fail-if: ["n_failed > 0"]\ncompare:\n  warn-if: r2_drop > 0.02\n'),
        ("gates.yml", "\ufefffail-if:\n- n_failed > 0\ncompare: {warn-if: [r2_drop > 0.02]}\n"),
        ("other.toml", OWN.replace("special_share_max > 0.8", "n_failed > 0")),
    ],
)
def test_a_named_file_counts_alone(project: Path, name: str, content: str) -> None:
    (project / "a" / "b" / "pyproject.toml").write_text("[tool.reportgen]\nnonsense = 1\n")
    path = project / name
    path.write_text(content, "utf-8")
    assert configured_gates("run", path)[0] == ("fail", "n_failed > 0", str(path))
    (gate,) = configured_gates("compare", path)
    is_yaml = not name.endswith(".toml")
    assert gate[:2] == (
        ("warn", "r2_drop > 0.02") if is_yaml else ("fail", "prediction_changed > 5%")
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("fail_if: [a > 1]", "no setting fail_if; is it fail-if?"),
        ("compare: {fail-when: 1}", "no setting compare.fail-when"),
        ("compare: 1", "compare is not a table"),
        ("fail-if: {a: b}", "fail-if is not a list of gates"),
        ("compare: {warn-if: [[a]]}", "compare.warn-if is not a list of gates"),
        ("fail-if: [{a: b}]", "fail-if is not a list of gates"),
        ("[fail-if]", "not a table of settings"),
        ("fail-if", "not a table of settings"),
        ("fail-if: [", "not YAML"),
        ("!!python/object/apply:os.system [exit 1]", "not YAML"),
        ("a: &a [*a]", "not YAML"),
        ("1: 2", "no setting 1;"),
        # Tags that make something else of a value, and fail at it in their own ways.
        ("a: !!bool maybe", "not YAML"),
        ("a: !!int ''", "not YAML"),
        ("a: !!timestamp x", "not YAML"),
        ("a: {<<: {b: 1}}", "no setting a;"),
        # Of two lists one would be lost, and its gates with it.
        ('fail-if: ["n_texts > 1"]\nfail-if: []', "a key occurs twice"),
        ('compare: {fail-if: ["r2_drop > 1"], fail-if: []}', "a key occurs twice"),
    ],
)
def test_what_is_no_setting_is_told_with_the_file(project: Path, content: str, words: str) -> None:
    path = project / "gates.yaml"
    path.write_text(content)
    for command in ("run", "compare"):
        with pytest.raises(UsageError) as caught:
            configured_gates(command, path)
        assert str(path) in str(caught.value)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_file_of_another_tool_may_be_in_any_encoding(project: Path) -> None:
    (project / "pyproject.toml").write_bytes('[project]\nauthor = "é"\n'.encode("latin-1"))
    assert configured_gates("run") == []
    (project / "pyproject.toml").write_bytes("[tool.reportgen]\n# é\n".encode("latin-1"))
    with pytest.raises(UsageError, match="not UTF-8"):
        configured_gates("run")


def test_files_that_cannot_be_read_are_told(project: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml: cannot be read \(No such file"):
        configured_gates("run", project / "none.yaml")
    (project / "gates.yaml").write_bytes(b"fail-if: [\xff]")
    with pytest.raises(UsageError, match="not UTF-8"):
        configured_gates("run", project / "gates.yaml")
    (project / "pyproject.toml").write_text("[tool]\nreportgen = 1\n")
    with pytest.raises(UsageError, match=r"tool\.reportgen is not a table"):
        configured_gates("run")
    (project / "empty.yaml").write_text("")
    assert configured_gates("run", project / "empty.yaml") == []


def test_gates_of_the_command_line_add_to_those_of_the_settings(project: Path) -> None:
    (project / "a" / "b" / "pyproject.toml").write_text(OWN.partition("[tool.reportgen.c")[0])
    choices = GateChoices(
        fail_if=["n_texts < 5", "n_failed > 0"], warn_if=["special_share_max > 0.8"]
    )
    found = [(gate.level, gate.expression, gate.source) for gate in gates(choices, "run")]
    assert found == [
        ("fail", "special_share_max > 0.8", "pyproject.toml"),
        ("fail", "n_failed > 0", "pyproject.toml"),
        ("warn", "unknown_share > 5%", "pyproject.toml"),
        ("fail", "n_texts < 5", ""),
        ("warn", "special_share_max > 0.8", ""),
    ]


def test_nothing_above_the_repository_counts_and_without_one_nothing_above_the_folder(
    project: Path, monkeypatch
) -> None:
    (project / "pyproject.toml").write_text(OWN)
    (project / "a" / ".git").write_text("gitdir: elsewhere\n")  # as in a worktree
    assert configured_gates("run") == []
    (project / "a" / ".git").unlink()
    assert configured_gates("run")
    (project / ".git").rmdir()
    assert configured_gates("run") == []
    monkeypatch.chdir(project)
    assert {source for *_, source in configured_gates("run")} == {"pyproject.toml"}


@pytest.mark.skipif(os.name != "posix", reason="files have no owner there that can be asked for")
@pytest.mark.parametrize("name", ["pyproject.toml", "reportgen.toml", "a link"])
def test_settings_of_another_user_are_refused_unless_they_are_named(
    project: Path, monkeypatch, name: str
) -> None:
    path = project / name
    if name == "a link":  # of another user, to a file that is ours
        path = project / "pyproject.toml"
        (project / "own.toml").write_text(OWN)
        path.symlink_to(project / "own.toml")
    else:
        path.write_text('fail-if = "n_failed > 0"\n' if name == "reportgen.toml" else OWN)
    assert configured_gates("run")
    if os.geteuid() == 0:
        os.chown(path, 12345, -1, follow_symlinks=False)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(UsageError, match=f"{path}: belongs to another user") as caught:
        configured_gates("run")
    assert "\n" not in str(caught.value)
    assert configured_gates("run", path)


@pytest.mark.parametrize("output", ["../../../out.html", "/out.html", "link/out.html"])
def test_settings_that_came_with_a_project_write_into_it_only(project: Path, output: str) -> None:
    Path("link").symlink_to(project.parent)
    file = project / "pyproject.toml"
    file.write_text(f"[tool.reportgen]\noutput = [{output!r}]\n")
    with pytest.raises(UsageError, match=r"output .* is outside of .*; give it with --output"):
        configured_options("run")
    # Who names the file has seen it.
    assert configured_options("run", file).values == {"output": [output]}
    file.write_text('[tool.reportgen]\noutput = ["../out.html", "-", "new/out.html"]\n')
    assert configured_options("run").values["output"] == ["../out.html", "-", "new/out.html"]
