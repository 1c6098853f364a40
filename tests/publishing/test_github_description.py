"""What is sent to GitHub is what GitHub's own description of its interface allows.

It takes two packages of npm, in a folder that a variable names:

    npm install --prefix FOLDER @stoplight/prism-cli @octokit/openapi
    REPORTGEN_PRISM=FOLDER pytest -m whole tests/publishing/test_github_description.py
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from helpers.hosts import OTHER, FakeHost, Stored, serving, variables

from reportgen.publishing import Publication, place_called, publish_at
from reportgen.report.short_form import marker

_STARTS = 180  # seconds that Prism may take to read the description of 13 MB


@pytest.fixture(scope="module")
def described() -> Iterator[str]:
    """The address of a server that checks requests against GitHub's description."""
    folder = Path(os.environ.get("REPORTGEN_PRISM", "")) / "node_modules"
    prism = folder / ".bin" / "prism"
    description = folder / "@octokit" / "openapi" / "generated" / "api.github.com.json"
    if not (prism.is_file() and description.is_file()):
        pytest.skip("no Prism: $REPORTGEN_PRISM names no folder with it")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [prism, "mock", "--port", str(port), description],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(_STARTS):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def refusal(address: str, method: str, path: str, body: bytes) -> str:
    """What the description has against a request; "" for nothing."""
    headers = {"Content-Type": "application/json"} if body else {}
    answer = requests.request(method, f"{address}{path}", data=body, headers=headers, timeout=60)
    refused = answer.headers.get("sl-violations", "")
    return refused or (answer.text if answer.status_code >= 400 else "")


@pytest.mark.whole
def test_github_allows_every_request(described: str) -> None:
    assert refusal(described, "POST", "/repos/o/r/issues/12/comments", b'{"text": "a"}')
    assert refusal(described, "POST", "/repos/o/r/pulls/12/remarks", b'{"body": "a"}')
    first = marker("github", "report")
    with serving("github-pr") as host:
        for number in range(3):
            host.before_list = another_run(host, number)
            body = f"{first}\n\n## Run {number}\n"
            given = variables("github-pr", host)
            publish_at(place_called("github-pr"), Publication("report", body), given)
    sent = {(method, path.partition("?")[0]) for method, path, _ in host.requests}
    assert {method for method, _ in sent} >= {"GET", "POST", "PATCH", "DELETE"}
    refused = {
        (method, path): refusal(described, method, path, body)
        for method, path, body in host.requests
    }
    assert not {request: reason for request, reason in refused.items() if reason}


def another_run(host: FakeHost, number: int):
    """A comment that another run writes while the first is written."""

    def write(n_lists: int) -> None:
        if number == 0 and n_lists == 2:
            host.comments.insert(0, Stored(50, f"{marker('github', 'report')}\n\n## Other\n"))
            host.comments.insert(0, Stored(40, "A word", OTHER))

    return write
