"""No path of the machine, user, share or password is left in a message."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reportgen.models import shortened_paths, without_folders

HOME, USERS = "/" + "home/anna", "C:\\" + "Users\\anna"
CASES = (
    (f"‹{HOME}/my secret models of last year, all/a b.bin› is gone", "‹a b.bin› is gone"),
    (f"{HOME} is full", "~ is full"),
    (f"{HOME}.", "~."),
    (f"'{HOME}'", "'~'"),
    (f"{HOME}/", "~"),
    (f"{USERS} is full", "~ is full"),
    ("C:/" + "Users/anna", "~"),
    (f"{USERS}\\x y\\z.bin", "z.bin"),
    (repr(f"{USERS}\\x y\\z.bin"), "'z.bin'"),
    ("/" + "Users/anna", "~"),
    ("/mnt/c/" + "Users/anna", "~"),
    ("/" + "root/", "~"),
    ("//server/share", "…"),
    ("//server/share/anna/x.bin", "x.bin"),
    (r"\\server\share", "…"),
    (r"\\server\share\x.bin", "x.bin"),
    (r"\\?\C:\secret\x.bin", "x.bin"),
    ("smb://anna:secret@server/share/x.bin", "x.bin"),
    ("smb://server/share", "…"),
    ("PATH=/secret/b:/secret/d", "PATH=b:d"),
    ("'/secret/b c:/secret/d'", "'b c:d'"),
    ("C:\\secret\\b;D:\\secret\\d", "b;d"),
    ("https://anna:secret@host/a/b.bin", "https://host/a/b.bin"),
    ("https://anna@host/a", "https://host/a"),
    ("https://anna:sec/ret@host/a", "https://host/a"),
    ("anna@host:/secret/x.bin", "host:x.bin"),
    (f"file://{HOME}/x.bin", "x.bin"),
    (f"file:{HOME}", "~"),
    ("file://server/share/x.bin", "x.bin"),
    ("-I" + HOME + "/inc now", "-Iinc now"),
    ("../anna/x.bin", "x.bin"),
    ("~anna/x.bin", "x.bin"),
    ("/" + "home/O'Brien/x.bin", "x.bin"),
    ("/secret/12:30/x.py:12: bad", "x.py:12: bad"),
    (f"パス{HOME}/x.binがない", "パスx.binがない"),
    ("no file a/b, 3/4 and/or </b> //", "no file a/b, 3/4 and/or </b> //"),
    ("https://host/a/b?c=/d/e#f", "https://host/a/b?c=/d/e#f"),
    ("ratio 1:2, C: no, .../x, ./x, /x", "ratio 1:2, C: no, .../x, ./x, /x"),
)


@pytest.mark.parametrize(("message", "told"), CASES)
def test_of_every_kind_of_path_the_last_part_is_left(message: str, told: str) -> None:
    assert without_folders(message) == told


def test_the_own_home_folder_is_known_whatever_it_is_called(monkeypatch) -> None:
    for home in ("/srv/people/Anna Lee", "/srv/people/anna"):
        monkeypatch.setattr(shortened_paths.Path, "home", lambda home=home: Path(home))
        assert without_folders(f"{home} is full") == "~ is full"
        assert without_folders(f"{home}/x/y.bin is gone") == "y.bin is gone"
        assert without_folders(f"{home}x/y.bin") == "y.bin"


# A name that can be told from everything around it, as it may stand in a path without quotes.
SECRET = "zqx"
NAMES = st.text(st.sampled_from("abZ09_-.é漢(+@%#"), min_size=0, max_size=6).map(
    lambda text: f"{SECRET}{text}{SECRET}"
)
WORDS = st.lists(NAMES, min_size=1, max_size=3).map(" ".join)
ROOTS = st.sampled_from(
    (
        "/",
        "/home/",
        "C:\\",
        "c:/",
        "\\\\",
        "//",
        "~/",
        "../",
        "file:///",
        "file://",
        "smb://",
        "\\\\?\\",
    )
)
AROUND = st.sampled_from(
    (
        "{}",
        "no file {} here",
        "'{}'",
        "‹{}›",
        '"{}": bad',
        "({})",
        "x={}, y",
        "[{}]",
        "見{}",
        "<{}>",
    )
)


@st.composite
def paths(draw: st.DrawFn, folder: st.SearchStrategy[str] = WORDS) -> str:
    """A path with at least two folders, and a last part that may be seen."""
    root = draw(ROOTS)
    separator = "\\" if "\\" in root else "/"
    names = draw(st.lists(folder, min_size=2, max_size=4))
    return root + separator.join([*names, "seen.bin"])


def checked(message: str) -> None:
    told = without_folders(message)
    assert SECRET not in told, (message, told)
    assert told.count("seen.bin") == message.count("seen.bin"), (message, told)


@given(paths(), AROUND)
@example("/a b c/zqx/seen.bin", "{}")
@settings(max_examples=300)
def test_no_folder_is_left_of_any_path_in_any_sentence(path: str, around: str) -> None:
    checked(around.format(path))


@given(
    st.lists(paths(NAMES), min_size=2, max_size=4),
    st.sampled_from([", ", "; ", " and ", "\n", "' '"]),
)
@settings(max_examples=100)
def test_no_folder_is_left_of_several_paths(found: list[str], between: str) -> None:
    checked(f"'{between.join(found)}'" if "'" in between else between.join(found))


@given(NAMES, NAMES, st.sampled_from(("https", "http", "ftp", "s3")))
@settings(max_examples=100)
def test_no_user_and_no_password_is_left_of_a_url(user: str, password: str, scheme: str) -> None:
    user, password = (re.sub("[@#]", "", part) for part in (user, password))
    for who in (user, f"{user}:{password}", f":{password}"):
        told = without_folders(f"cannot get {scheme}://{who}@host.org/a/b: 404")
        assert told == f"cannot get {scheme}://host.org/a/b: 404"


def test_a_very_long_message_takes_no_time() -> None:
    """Where an expression tries all ways to read a text, this would take hours."""
    started = time.process_time()
    for part in (
        "/a",
        "a/",
        "/a b",
        "\\",
        "//",
        "'/a",
        "C:\\",
        ":/a",
        "a ",
        "x@",
        "://",
        "a",
        "a-",
        "a:b@",
    ):
        without_folders(part * 20_000)
    assert time.process_time() - started < 20
