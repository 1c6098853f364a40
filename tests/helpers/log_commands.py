"""Which lines of a log are commands to a continuous integration; texts that try to be one."""

import re

COMMANDS = ("error", "warning", "add-mask", "set-env", "stop-commands", "group", "debug")


def is_command(line: str) -> bool:
    """Whether GitHub's runner or Azure's agent takes `line` as a command, read from their sources:
    `::name ...::` after any space, `##[name ...]` and `##vso[area.name ...]` anywhere."""
    started = line.lstrip()
    return bool(
        (started.startswith("::") and "::" in started[2:])
        or re.search(r"##\[[^\]]*\]", line)
        or re.search(r"##vso\[[^\]]*\]", line, re.IGNORECASE)
    )


HOSTILE = [
    "::error::boo",
    "  ::set-env name=PATH::/evil",
    "\u3000::add-mask::a",
    "::stop-commands::token",
    "text ##[error]boo",
    "##[set-env name=PATH]evil",
    "###[add-mask]a",
    "####[[x]]",
    "a ##vso[task.setvariable variable=a]b",
    "##VSO[task.complete]",
    "line\n::error::boo",
    "line\r\n##[error]boo",
    "\u202e::error::x",
]
