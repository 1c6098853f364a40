"""Finds out where this reportgen comes from, so that recipes name it."""

import json
import re
import subprocess
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

_DISTRIBUTION = "attention-reportgen"
# Where git is reached by ssh: git@host:owner/name.git.
_SSH = re.compile(r"(?:ssh://)?[\w.-]+@(?P<host>[\w.-]+)(?::\d+)?[:/](?P<path>[\w./~-]+)")


def own_address() -> str | None:
    """The address of the repository that this reportgen was installed or checked out from, such as
    https://github.com/owner/reportgen, without user and password; None if it cannot be told."""
    source = _installed_from()
    if source is None:
        checkout = Path(__file__).parents[2]
    elif urlsplit(source).scheme == "file":
        checkout = Path(unquote(urlsplit(source).path))
    else:
        return web_address(source)
    return web_address(_remote(checkout)) if (checkout / ".git").exists() else None


def _installed_from() -> str | None:
    """The URL that pip was given; None if the package came from an index."""
    try:
        installed: Distribution = distribution(_DISTRIBUTION)
        return str(json.loads(installed.read_text("direct_url.json") or "{}")["url"])
    except (PackageNotFoundError, ValueError, LookupError, OSError):
        return None


def _remote(checkout: Path) -> str:
    """The URL of the remote `origin` of a checkout; "" if it has none."""
    command = ("git", "-C", str(checkout), "remote", "get-url", "origin")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def web_address(remote: str) -> str | None:
    """The https address of a repository by the URL of a remote; None for a folder or an archive."""
    if match := _SSH.fullmatch(remote):
        host, path = match["host"], match["path"]
    else:
        parts = urlsplit(remote)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        host, path = parts.hostname, parts.path
        if parts.port:
            host = f"{host}:{parts.port}"
    path = path.strip("/").removesuffix(".git")
    return f"https://{host}/{path}" if "/" in path and not path.endswith((".zip", ".gz")) else None
