"""Real wikis, where Debian's packages of them are installed: each a copy of its own, served by PHP
for as long as a test takes."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1
from pathlib import Path

import pytest

MEDIAWIKI, DOKUWIKI = Path("/var/lib/mediawiki"), Path("/usr/share/dokuwiki")
_SETTINGS = Path("/etc/dokuwiki")
_DATA = "attic cache index locks log media media_attic media_meta meta pages tmp"


@contextmanager
def serving_mediawiki(folder: Path, password: str) -> Iterator[str]:
    """The address of a MediaWiki whose account `Me` has `password`, with an empty database."""
    _need(MEDIAWIKI, "mediawiki, php-cli, php-sqlite3")
    root, port = folder / "wiki", _free_port()
    shutil.copytree(MEDIAWIKI, root, ignore=shutil.ignore_patterns("LocalSettings.php"))
    address = f"http://127.0.0.1:{port}"
    install = ["php", "maintenance/run.php", "install", "--dbtype=sqlite", f"--dbpath={folder}"]
    install += [f"--server={address}", "--scriptpath=", f"--pass={password}", "Test", "Me"]
    subprocess.run(install, cwd=root, check=True, capture_output=True)
    with (root / "LocalSettings.php").open("a") as file:
        file.write("$wgEnableUploads = true;\n")
    with _serving(root, port):
        yield f"{address}/"


@contextmanager
def serving_dokuwiki(folder: Path, accounts: dict[str, str]) -> Iterator[str]:
    """The address of an empty DokuWiki with passwords by `accounts`; the last of them may read
    alone."""
    _need(DOKUWIKI, "dokuwiki, php-cli")
    root, port = folder / "dokuwiki", _free_port()
    shutil.copytree(DOKUWIKI, root, ignore=shutil.ignore_patterns("preload.php"))
    for name in _DATA.split():
        (root / "data" / name).mkdir(parents=True)
    settings = root / "conf"
    settings.mkdir()
    for file in _SETTINGS.iterdir():
        if file.is_file() and file.name not in ("local.php", "acl.auth.php", "users.auth.php"):
            shutil.copy(file, settings)
    choices = {"useacl": "1", "remote": "1", "remoteuser": "''", "savedir": "'./data'"}
    lines = (f"$conf['{name}'] = {value};\n" for name, value in choices.items())
    (settings / "local.php").write_text(f"<?php\n{''.join(lines)}")
    (settings / "acl.auth.php").write_text("* @ALL 1\n* @user 8\n")
    groups = ["user"] * (len(accounts) - 1) + ["readers"]
    (settings / "users.auth.php").write_text(
        "".join(
            f"{name}:{sha1(password.encode()).hexdigest()}:{name}:{name}@example.com:{group}\n"
            for (name, password), group in zip(accounts.items(), groups, strict=True)
        )
    )
    with _serving(root, port):
        yield f"http://127.0.0.1:{port}"


def _need(installed: Path, packages: str) -> None:
    if shutil.which("php") is None or not installed.is_dir():
        pytest.skip(f"no such wiki: Debian has it as {packages}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _serving(root: Path, port: int) -> Iterator[None]:
    server = subprocess.Popen(
        ["php", "-S", f"127.0.0.1:{port}"],
        cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait()
