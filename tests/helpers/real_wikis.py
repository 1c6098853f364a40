"""Real wikis, where Debian's packages of them are installed: each a copy of its own, served by PHP
for as long as a test takes."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MEDIAWIKI = Path("/var/lib/mediawiki")


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
