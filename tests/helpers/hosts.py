"""Servers that stand for hosts of pull requests and pages: they keep state and answer as the hosts'
documentation says, errors too."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urlsplit

from helpers.served import served

OWN, OTHER = 7, 8  # accounts
TOKEN = "a-secret-of-the-job"


@dataclass
class Stored:
    """A comment as a host keeps it."""

    number: int
    text: str
    author: int = OWN


@dataclass
class FakeHost:
    """The state of a host with one pull request, 12."""

    comments: list[Stored] = field(default_factory=list)
    is_open: bool = True
    may_ask_who: bool = True
    first_answers: list[tuple[int, Mapping[str, str]]] = field(default_factory=list)
    refuses_writing: int = 0  # the status that a write is answered with, if any
    before_list: Callable[[int], None] = lambda _: None  # with how many lists there were
    before_write: Callable[[], None] = lambda: None  # of a page
    gone: set[int] = field(default_factory=set)  # comments that are listed, and there no more
    refuses_files: int = 0  # the status that attachments are answered with, if any
    n_lists: int = 0
    n_writes: int = 0
    address: str = ""
    page: "StoredPage | None" = None  # of a wiki
    events: list[str] = field(default_factory=list)  # what was written to it, in order
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)  # method, path, body
    lock: Any = field(default_factory=Lock)

    def add(self, text: str, author: int = OWN) -> Stored:
        """A comment of an account."""
        stored = Stored(100 + len(self.comments), text, author)
        self.comments.append(stored)
        return stored

    def listed(self) -> list[Stored]:
        """What a list of all comments answers with."""
        self.n_lists += 1
        self.before_list(self.n_lists)
        return list(self.comments)

    def of(self, number: str) -> Stored:
        """The comment with a number."""
        return next(each for each in self.comments if each.number == int(number))

    def written(self, method: str, number: str, text: str) -> Stored:
        """The comment after a write of it."""
        with self.lock:
            self.n_writes += 1
            if method == "POST":
                return self.add(text)
            stored = self.of(number)
            if method == "DELETE":
                self.comments.remove(stored)
            else:
                stored.text = text
            return stored


Answer = tuple[int, Any]
Routes = Callable[[FakeHost, str, str, Any, Mapping[str, list[str]]], Answer]


def github(host: FakeHost, method: str, path: str, body: Any, query: Any) -> Answer:
    """GitHub's REST interface."""
    issue = {
        "number": 12,
        "state": "open" if host.is_open else "closed",
        "url": f"{host.address}/repos/o/r/issues/12",
    }
    issue |= {"html_url": "https://github.com/o/r/pull/12"}

    def shown(each: Stored) -> Any:
        login = {OWN: "github-actions[bot]", OTHER: "someone"}[each.author]
        user = {"login": login, "type": "Bot" if each.author == OWN else "User"}
        url = f"{host.address}/repos/o/r/issues/comments/{each.number}"
        html = f"https://github.com/o/r/pull/12#issuecomment-{each.number}"
        return {"id": each.number, "body": each.text, "user": user, "url": url, "html_url": html}

    if path == "/user":
        if not host.may_ask_who:
            return 403, {"message": "Resource not accessible by integration"}
        return 200, {"login": "github-actions[bot]"}
    if path == "/repos/o/r/issues/12":
        return 200, issue
    if path == "/repos/o/r/pulls":
        head = {"ref": "branch", "sha": "abc"}
        return 200, [{"number": 12, "head": head}] if query["head"] == ["fork:branch"] else []
    if path == "/repos/o/r/issues/12/comments":
        if method == "POST":
            return 201, shown(host.written(method, "", body["body"]))
        return 200, [shown(each) for each in host.listed()]
    number = path.removeprefix("/repos/o/r/issues/comments/")
    if method == "GET":
        return 200, shown(host.of(number))
    stored = host.written(method, number, (body or {}).get("body", ""))
    return (204, None) if method == "DELETE" else (200, shown(stored))


def gitlab(host: FakeHost, method: str, path: str, body: Any, query: Any) -> Answer:
    """GitLab's REST interface, version 4."""

    def shown(each: Stored) -> Any:
        return {"id": each.number, "body": each.text, "author": {"id": each.author}}

    path = path.removeprefix("/api/v4")
    request = "/projects/33/merge_requests/12"
    if path == "/user":
        return 200, {"id": OWN, "username": "bot"}
    if path == request:
        state = "opened" if host.is_open else "merged"
        return 200, {
            "iid": 12,
            "state": state,
            "web_url": "https://gitlab.com/o/r/-/merge_requests/12",
        }
    number = path.removeprefix(f"{request}/notes").lstrip("/")
    if method == "GET":
        return 200, [shown(each) for each in host.listed()]
    stored = host.written(method, number, (body or {}).get("body", ""))
    return (204, None) if method == "DELETE" else (201 if method == "POST" else 200, shown(stored))


@dataclass
class StoredPage:
    """A page of a wiki, with the versions of its text, the oldest first."""

    title: str
    texts: list[str]
    files: dict[str, list[bytes]] = field(default_factory=dict)


def confluence(host: FakeHost, method: str, path: str, body: Any, query: Any) -> Answer:
    """Confluence's REST interface 1, with one page at most."""

    def shown(page: StoredPage) -> Any:
        return {
            "id": "77",
            "title": page.title,
            "version": {"number": len(page.texts)},
            "body": {"storage": {"value": page.texts[-1]}},
            "_links": {"base": "https://wiki.example.com", "webui": "/x/77"},
        }

    content = "/rest/api/content"
    page = host.page
    if path == content and method == "GET":
        assert query["spaceKey"] == ["ADS"]
        host.listed()
        is_it = host.page is not None and query["title"] == [host.page.title]
        return 200, {"results": [shown(host.page)] if host.page and is_it else []}
    if path == content:
        with host.lock:
            if host.page is not None:
                return 400, {"message": "A page with this title already exists"}
            host.page = StoredPage(body["title"], [body["body"]["storage"]["value"]])
            return 200, shown(host.page)
    assert page is not None
    if method == "DELETE":
        host.page = None
        return 204, None
    attachments = f"{content}/77/child/attachment"
    if path == attachments and method == "GET":
        (name,) = query["filename"]
        return 200, {"results": [{"id": f"att-{name}"}] if name in page.files else []}
    if path.startswith(attachments) and host.refuses_files:
        return host.refuses_files, {"message": "refused"}
    if path.startswith(attachments):
        name = re.search(rb'filename="([^"]+)"', body)[1].decode()  # type: ignore[index]
        if (name in page.files) != path.endswith(f"/att-{name}/data"):
            return 400, {"message": "Cannot add a new attachment with same file name"}
        page.files.setdefault(name, []).append(body.split(b"\r\n\r\n")[-1])
        host.events.append(f"file {name}")
        return 200, {"results": []}
    host.before_write()
    with host.lock:
        if body["version"]["number"] != len(page.texts) + 1:
            return 409, {"message": "Version must be incremented"}
        page.texts.append(body["body"]["storage"]["value"])
        host.events.append("text")
        return 200, shown(page)


ROUTES: Mapping[str, Routes] = {
    "github-pr": github,
    "gitlab-mr": gitlab,
    "confluence": confluence,
}


class _Handler(BaseHTTPRequestHandler):
    host: FakeHost
    routes: Routes

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.host.requests.append((self.command, self.path, raw))
        more: Mapping[str, str] = {}
        allowed = [self.headers.get(name, "") for name in ("Authorization", "PRIVATE-TOKEN")]
        account = b64encode(f"me:{TOKEN}".encode()).decode()
        if not any(TOKEN in each or account in each for each in allowed):
            status, answer = 401, {"message": f"not {self.headers.items()}"}
        elif self.host.first_answers:
            (status, more), answer = self.host.first_answers.pop(0), {"message": "busy"}
        elif self.host.refuses_writing and self.command != "GET":
            status, answer = self.host.refuses_writing, {"message": f"no {TOKEN}"}
        else:
            kind = self.headers.get("Content-Type", "")
            body: Any = raw if kind.startswith("multipart") else json.loads(raw) if raw else None
            query = parse_qs(parts.query)
            status, answer = self.routes(self.host, self.command, parts.path, body, query)
            if self.command == "DELETE" and self.host.gone:
                status, answer = 404, {"message": "Not Found"}
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        sizes = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        for name, value in (sizes | dict(more)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, *_: object) -> None:
        """Nothing: the tests read what is said on standard error."""


@contextmanager
def serving(place: str) -> Iterator[FakeHost]:
    """A host of the kind that `place` publishes to, at its `address`."""
    host = FakeHost()
    handler = type("Handler", (_Handler,), {"host": host, "routes": staticmethod(ROUTES[place])})
    with served(handler) as host.address:
        yield host


def variables(place: str, host: FakeHost) -> dict[str, str]:
    """The environment of a job of `host` for the pull request 12."""
    return {
        "github-pr": {
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_API_URL": host.address,
            "GITHUB_REPOSITORY": "o/r",
            "REPORTGEN_PULL_REQUEST": "12",
        },
        "gitlab-mr": {
            "GITLAB_TOKEN": TOKEN,
            "CI_SERVER_URL": host.address,
            "CI_PROJECT_ID": "33",
            "CI_MERGE_REQUEST_IID": "12",
        },
        "confluence": {
            "CONFLUENCE_URL": f"{host.address}/",
            "CONFLUENCE_USER": "me",
            "CONFLUENCE_TOKEN": TOKEN,
            "CONFLUENCE_SPACE": "ADS",
        },
    }[place]
