"""The files that a project starts with: its settings, and a recipe for its host."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from reportgen.api.options import OWN_FILE
from reportgen.api.own_source import own_address
from reportgen.errors import UsageError
from reportgen.files import Staging, check_target
from reportgen.version import __version__

Host: TypeAlias = Literal["github", "gitlab"]
# Where a host looks for a recipe, and which file of `templates/recipes` that is.
RECIPES: Mapping[Host, Mapping[str, str]] = {
    "github": {
        ".github/workflows/attention.yml": "github.yml",
        ".github/workflows/attention-comment.yml": "github-comment.yml",
    },
    "gitlab": {".gitlab-ci.yml": "gitlab.yml"},
}


# Whose repository reportgen comes from, in the recipes, where it cannot be told.
OWNER = "OWNER"


def recipe(name: str, address: str | None = None) -> str:
    """The text of a file of `templates/recipes`, for this version of reportgen from the repository
    at `address`, such as https://github.com/owner/reportgen; without it `OWNER` stands there."""
    from reportgen.report import templates_root  # with what draws charts

    text = templates_root().joinpath("recipes", name).read_text("utf-8")
    text = text.replace("@VERSION", f"@v{__version__}")
    if address is None:
        return text
    text = text.replace(f"https://github.com/{OWNER}/reportgen", address)
    parts = urlsplit(address)
    # GitHub takes an action from its own repositories alone.
    is_there = "github" in str(parts.hostname)
    return text.replace(f"{OWNER}/reportgen", parts.path.strip("/")) if is_there else text


def first_files(host: Host | None) -> dict[str, str]:
    """The text of each file by its path: the settings, then the recipes of `host`, if any."""
    recipes = RECIPES[host] if host else {}
    address = own_address() if host else None
    files = {OWN_FILE: OWN_FILE, **recipes}
    return {path: recipe(name, address) for path, name in files.items()}


def write_first_files(host: Host | None, *, force: bool) -> list[str]:
    """Write the files that are missing into the current folder, or none; returns a line for each,
    one more where the folder is not the top of a git repository, where hosts look for recipes, and
    what is to be done next.

    Settings that exist are left as they are where `host` has a recipe that is missing: they may be
    edited. With `force` the recipes are written over.

    Raises:
        UsageError: one exists without `force`, or cannot be written.
        OutputError: writing failed.
    """
    texts = first_files(host)
    lines = []
    if host is not None and Path(OWN_FILE).exists():
        del texts[OWN_FILE]
        lines.append(f"{OWN_FILE}: exists, left as it is")
    for path in texts:
        if Path(path).exists() and not force:
            raise UsageError(f"{path}: exists; give --force to overwrite it, or --print to see it")
        check_target(Path(path), force=force)
    with Staging(force=force) as staging:
        for path, text in texts.items():
            staging.file(Path(path), text.encode())
        staging.commit()
    lines += [f"{path}: written" for path in texts]
    above = next((each for each in Path.cwd().parents if (each / ".git").exists()), None)
    if host is not None and above is not None and not Path(".git").exists():
        first = next(iter(RECIPES[host]))
        lines.append(
            f"{first}: hosts look for it at the top of the repository, and {Path.cwd()} is below "
            f"it; move what was written to {above}, or call init there"
        )
    return [*lines, _next(host, texts)]


def _next(host: Host | None, texts: Mapping[str, str]) -> str:
    """What is to be set in files with these `texts`."""
    settings = f"set model and columns in {OWN_FILE}"
    if host is None:
        return settings
    has_owner = any(f"{OWNER}/" in text for text in texts.values())
    others = "texts, model and OWNER" if has_owner else "texts and model"
    return f"{settings}, and {others} in the recipe"
