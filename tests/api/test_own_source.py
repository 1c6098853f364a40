"""Where reportgen comes from: what pip was given, or the remote of a checkout."""

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from reportgen.api import own_source


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/team/reportgen.git", "https://github.com/team/reportgen"),
        ("https://me:secret@github.com/team/reportgen", "https://github.com/team/reportgen"),
        ("git@github.com:team/reportgen.git", "https://github.com/team/reportgen"),
        ("ssh://git@git.example.com:22/a/b/reportgen", "https://git.example.com/a/b/reportgen"),
        ("https://git.example.com:8443/a/reportgen/", "https://git.example.com:8443/a/reportgen"),
        ("/srv/git/reportgen.git", None),
        ("https://example.com/a/reportgen-0.1.0.tar.gz", None),
        ("", None),
    ],
)
def test_an_address_has_no_user_and_no_password(remote: str, address: str | None) -> None:
    assert own_source.web_address(remote) == address


def installed_from(monkeypatch: pytest.MonkeyPatch, url: str | None) -> None:
    text = None if url is None else json.dumps({"url": url})
    made = SimpleNamespace(read_text=lambda name: text)
    monkeypatch.setattr(own_source, "distribution", lambda name: made)


def test_what_pip_was_given_is_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    installed_from(monkeypatch, "https://github.com/team/reportgen.git")
    assert own_source.own_address() == "https://github.com/team/reportgen"


def test_of_a_checkout_it_is_the_remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = tmp_path / "a checkout"
    subprocess.run(["git", "init", "--quiet", checkout], check=True)
    installed_from(monkeypatch, checkout.as_uri())
    assert own_source.own_address() is None
    remote = "git@github.com:team/reportgen.git"
    subprocess.run(["git", "-C", checkout, "remote", "add", "origin", remote], check=True)
    assert own_source.own_address() == "https://github.com/team/reportgen"


def test_from_an_index_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed_from(monkeypatch, None)
    monkeypatch.setattr(own_source, "__file__", str(tmp_path / "site" / "api" / "own_source.py"))
    assert own_source.own_address() is None
