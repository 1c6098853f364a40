r"""Messages of other code without the folders of the machine, names of users, shares and passwords.

Of a path the last part is left: `C:\models\a.bin` becomes `a.bin`. A home folder becomes
`~`, the top of a share `…`, and a URL loses its user and password. What looks like a path and is
none may be shortened too: that costs a word, the other mistake shows a folder.
"""

import re
from collections.abc import Iterator
from pathlib import Path

# Folders that hold one folder for each user.
_OF_USERS = {"home", "homes", "users", "user", "documents and settings", "profiles"}
_QUOTES = tuple(zip("'\"`‹«“„‘「『【", "'\"`›»”“’」』】", strict=True))
_MARKS = "'\"`‹›«»“”„‘’「」『』【】"
# A URL that names a file or a share is a path. So is what stands after a doubled slash in another.
_SHARES = "(?:file|smb|cifs|nfs|afp):"
_URL = rf"(?!{_SHARES})[A-Za-z][A-Za-z0-9+.-]{{0,15}}://(?P<rest>[^\s<>|{re.escape(_MARKS)}]*)"
# How a path begins: the root, a folder above, a home, a drive or a share. The slash of `and/or` is
# none, unless a well-known folder comes after it, as in `-I/home/`.
_ROOT = (
    rf"(?:(?<![A-Za-z0-9_.~/\\-])(?:{_SHARES}[\\/]*(?:[A-Za-z]:[\\/]+)?"
    r"|(?:[\\/]{2,4}\?[\\/]+)?[A-Za-z]:[\\/]+|[\\/]+"
    r"|(?:\.\.?[\\/]+)+|~\w*[\\/]+)"
    r"|(?<=[A-Za-z0-9:])[\\/](?=(?:home|Users|root|mnt|media|Volumes|tmp|var|opt|srv|private)[\\/]))"
)
# What a name may hold without quotes: apostrophes, commas and colons within, up to five words.
_INNER = r"[^\s\\/'\",;:]"
_CHARACTER = rf"(?:[^\s\\/,;:<>|{re.escape(_MARKS)}]|[',:’](?={_INNER}))"
_FOLDER = rf"{_CHARACTER}+(?: (?!~|\.\.?[\\/]){_CHARACTER}+){{0,4}}[\\/]+"
_PLAIN = rf"(?:{_ROOT}(?:{_FOLDER})+|(?<![\w.~/\\])~\w+[\\/]+)(?:{_CHARACTER}+(?<![)\].]))?"
_QUOTED = "|".join(
    rf"(?<={re.escape(first)}){_ROOT}[^{re.escape(last)}\n]+(?={re.escape(last)})"
    for first, last in _QUOTES
)
_FOUND = re.compile(rf"(?P<url>{_URL})|{_QUOTED}|{_PLAIN}")
_START = re.compile(rf"(?:{_SHARES})?[\\/]*(?:\?[\\/]+)?(?:[A-Za-z]:)?")
_BETWEEN = re.compile(r"((?:;|(?<!;[A-Za-z]):)(?=[\\/~]|[A-Za-z]:[\\/]))")  # paths of one list
_USER = re.compile(
    r"(?<=://)(?:[^\s/@:]{0,99}:[^\s@]{0,999}|[^\s/@]{0,99})@|\b[\w.-]{1,99}@(?=[\w.-]+:[/~])"
)


def without_folders(message: str) -> str:
    """The message with every path shortened to its last part."""
    for home in _homes():
        message = re.sub(rf"{re.escape(home)}(?![\w.-])(?:[\\/]+(?!\S))?", "~", message)
    return _FOUND.sub(_shortened, without_passwords(message))


def without_passwords(message: str) -> str:
    """The message with URLs that name no user and no password."""
    return _USER.sub("", message)


def _homes() -> Iterator[str]:
    """This user's home folder, as systems and quoted strings write it; none if it is the root."""
    try:
        home = Path.home()
    except RuntimeError:
        return
    if len(home.parts) > 1:
        yield str(home).replace("\\", "\\\\")
        yield str(home)


def _shortened(match: re.Match[str]) -> str:
    if match["url"] is None:
        start = _START.match(match[0])
        assert start is not None  # it may be empty
        first, *rest = _BETWEEN.split(match[0][start.end() :])
        parts = [start[0] + first, *rest]
        return "".join(part if i % 2 else _last_part(part) for i, part in enumerate(parts))
    host, slashes, path = match["rest"].partition("//")
    if not slashes:
        return match[0]
    return match[0].removesuffix(match["rest"]) + f"{host}/{_last_part(f'/{path}')}"


def _last_part(path: str) -> str:
    names = [name for name in re.split(r"[\\/]+", re.sub(f"^{_SHARES}", "", path)) if name]
    if re.match(rf"{_SHARES}[\\/]{{2}}(?![\\/])|[\\/]{{2}}(?![?\\/])", path):
        names = ["…", *names[2:]]  # of a share neither server nor name
    if not names:
        return path
    if names[0].startswith("~"):
        names[0] = "~"
    is_home = len(names) > 1 and names[-2].lower() in _OF_USERS
    return "~" if is_home or names == ["root"] else names[-1]
