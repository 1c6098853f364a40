"""The files that a project starts with: its settings, and a recipe for its host."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Literal, TypeAlias, get_args, get_origin

from reportgen.api.options import GROUPS, OWN_FILE, setting_names
from reportgen.errors import UsageError
from reportgen.files import Staging, check_target
from reportgen.options import Option, options_in

_WIDTH = 100
_EXAMPLE = re.compile(r"""e\.g\. (?:"([^"]+)"|'([^']+)'|(.+?)(?=[;:,.] |\.$|$| or ))""")
_HEAD = """\
# Settings of reportgen in this project. They hold wherever an option of the command line is not
# given. Remove the # before a name to set it. The same can stand in pyproject.toml, under
# [tool.reportgen]. What runs code (--factory, --trust-remote-code, --plotlyjs) is no setting.

"""
_COMPARE = """
# What holds for `reportgen compare` alone.
# [compare]
# output = ["compare.html", "compare.md"]
# report = ["report.html"]
# fail-if = ["quality_worse > 0"]
"""
_ACTIVE = {"fail-if": ["n_failed > 0"]}  # the one that is set from the start
_LISTS = {"output": ["report.html", "metrics.json"], "warn-if": ["unknown_share > 5%"]}

Host: TypeAlias = Literal["github", "gitlab", "azure", "bitbucket", "jenkins"]
# Where a host looks for a recipe, and which file of `templates/recipes` that is.
RECIPES: Mapping[Host, Mapping[str, str]] = {
    "github": {
        ".github/workflows/attention.yml": "github.yml",
        ".github/workflows/attention-comment.yml": "github-comment.yml",
    },
    "gitlab": {".gitlab-ci.yml": "gitlab.yml"},
    "azure": {"azure-pipelines.yml": "azure.yml"},
    "bitbucket": {"bitbucket-pipelines.yml": "bitbucket.yml"},
    "jenkins": {"Jenkinsfile": "jenkins.groovy"},
}


def recipe(name: str) -> str:
    """The text of a file of `templates/recipes`."""
    from reportgen.report import templates_root  # with what draws charts

    return templates_root().joinpath("recipes", name).read_text("utf-8")


def first_files(host: Host | None) -> dict[str, str]:
    """The text of each file by its path: the settings, then the recipes of `host`, if any."""
    recipes = RECIPES[host] if host else {}
    return {OWN_FILE: example_settings(), **{path: recipe(name) for path, name in recipes.items()}}


def write_first_files(host: Host | None, *, force: bool) -> list[str]:
    """Write the files that are missing into the current folder, or none; returns a line for each,
    and one more where the folder is not the top of a git repository, where hosts look for recipes.

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
    return lines


def example_settings() -> str:
    """The text of a `reportgen.toml`."""
    known = set(setting_names("run"))
    panels: dict[str, list[str]] = {}
    for group in GROUPS:
        for name, option in options_in(group).items():
            key = name.replace("_", "-")
            if key in known:
                value = _value(key, option)
                lines = panels.setdefault(option.panel or "Outputs", [])
                lines += [
                    *_comment(option.help),
                    f"{'' if key in _ACTIVE else '# '}{key} = {value}",
                ]
    return _HEAD + "".join(_section(*item) for item in panels.items()) + _COMPARE


def _section(panel: str, lines: list[str]) -> str:
    return f"# --- {panel} ---\n\n" + "\n".join(lines) + "\n\n"


def _comment(text: str) -> Iterator[str]:
    yield from (f"# {line}" for line in wrap(text, _WIDTH - 2, break_on_hyphens=False))


def _value(key: str, option: Option) -> str:
    """An example of a value, as TOML writes it: the default, else what the help has as example."""
    listed = _ACTIVE.get(key) or _LISTS.get(key)
    if listed:
        return json.dumps(listed)
    if option.default is not None:
        return json.dumps(option.write(option.default) if option.write else option.default)
    kinds = get_args(option.kind)
    literals = [get_args(kind) for kind in (option.kind, *kinds) if get_origin(kind) is Literal]
    if literals or option.choices:
        return json.dumps((option.choices or literals[0])[0])
    match = _EXAMPLE.search(option.help)
    example = next(filter(None, match.groups()), "") if match else ""
    is_number = int in kinds
    return example if is_number and example.isdigit() else "1" if is_number else json.dumps(example)
