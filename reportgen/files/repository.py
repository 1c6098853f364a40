"""Paths as a repository has them."""

from pathlib import Path, PurePath


def in_repository(path: str) -> str:
    """A path seen from the top of the repository that holds the current folder, with / between;
    from the current folder where that is in none. Of what lies elsewhere, the last part alone."""
    here = Path.cwd()
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    try:
        return Path(path).resolve().relative_to(top.resolve()).as_posix()
    except (OSError, ValueError):
        return PurePath(path).name
