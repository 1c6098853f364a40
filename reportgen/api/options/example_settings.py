"""A settings file to start from: every option with what it says and an example, as comments."""

import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from textwrap import wrap
from typing import Any, Literal, get_args, get_origin, get_type_hints

from reportgen.api.options.settings import GROUPS, setting_names
from reportgen.report.options import Option, options_in

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


def example_settings() -> str:
    """The text of a `reportgen.toml`."""
    known = set(setting_names("run"))
    panels: dict[str, list[str]] = {}
    for group in GROUPS:
        hints = get_type_hints(group)
        defaults = {item.name: item.default for item in fields(group)}
        for name, option in options_in(group).items():
            key = name.replace("_", "-")
            if key in known:
                value = _value(key, option, hints[name], defaults[name])
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


def _value(key: str, option: Option, hint: Any, default: Any) -> str:
    """An example of a value, as TOML writes it: the default, else what the help has as example."""
    listed = _ACTIVE.get(key) or _LISTS.get(key)
    if listed:
        return json.dumps(listed)
    if default not in (None, MISSING):
        return json.dumps(option.write(default) if option.write else default)
    literals = [get_args(kind) for kind in (hint, *get_args(hint)) if get_origin(kind) is Literal]
    if literals or option.choices:
        return json.dumps((option.choices or literals[0])[0])
    found = _EXAMPLE.search(option.help)
    example = next(filter(None, found.groups()), "") if found else ""
    is_number = int in get_args(hint)
    return example if is_number and example.isdigit() else "1" if is_number else json.dumps(example)
