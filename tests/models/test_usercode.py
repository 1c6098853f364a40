"""Errors of other people's code in one line, and no path of any machine in it."""

from pathlib import Path

import pytest

from reportgen.models.factory import describe

# Where people's folders lie, whatever machine the tests run on.
HOME, USERS = "/" + "home/anna", "C:\\" + "Users\\anna"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (f"no file {HOME}/models/a.bin", "no file a.bin"),
        (f"[Errno 2] No such file or directory: '{HOME}/my models/a b.bin'", "'a b.bin'"),
        (f'cannot open "{USERS}\\my models\\a.bin"', 'cannot open "a.bin"'),
        (f"cannot open {USERS}\\a.bin now", "cannot open a.bin now"),
        (f"path={HOME}/x.json, then", "path=x.json, then"),
        (f"({HOME}/x.json)", "(x.json)"),
        (f"file://{HOME}/x.json", "x.json"),
        (r"\\server\share\anna\x.json", "x.json"),
        ("~/anna/x.json", "x.json"),
        (f"https://example.org{HOME}/x.json", "https://example.org{HOME}/x.json"),
        ("lengths 3/4 and/or ratio a/b", "lengths 3/4 and/or ratio a/b"),
        ("closing tag </b> of albert/model.py", "closing tag </b> of albert/model.py"),
    ],
)
def test_of_a_path_the_last_part_is_left(message: str, told: str) -> None:
    told = told.replace("{HOME}", HOME)
    described = describe(ValueError(message))
    assert described.startswith("ValueError: ")
    assert described.endswith(told)
    assert "anna" not in described or "example.org" in described
    assert describe(ValueError(message), with_folders=True) == f"ValueError: {message}"


def test_only_the_first_line_is_told_and_half_characters_are_spelt_out() -> None:
    assert describe(ValueError("one\ntwo")) == "ValueError: one"
    assert describe(ValueError("a \ud83d")) == r"ValueError: a \ud83d"
    assert describe(KeyError()) == "KeyError"


def test_the_place_is_below_the_current_folder_on_the_terminal_and_a_bare_name_elsewhere(
    tmp_path: Path, monkeypatch
) -> None:
    (tmp_path / "inside").mkdir()
    file = tmp_path / "inside" / "mine.py"
    code = compile("raise ValueError('bad')", str(file), "exec")
    file.write_text("raise ValueError('bad')")
    with pytest.raises(ValueError, match="bad") as caught:
        exec(code)
    (tmp_path / "other").mkdir()
    for folder, place in (("inside", "mine.py"), (".", "inside/mine.py"), ("other", "mine.py")):
        monkeypatch.chdir(tmp_path / folder)
        assert describe(caught.value) == "ValueError at mine.py:1: bad"
        told = describe(caught.value, with_folders=True)
        assert told == f"ValueError at {place}:1: bad"
