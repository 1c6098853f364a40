"""A server that stands for the Hugging Face Hub: it keeps repositories and their commits, and
answers as the Hub's interface does, errors too."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1
from http.server import BaseHTTPRequestHandler
from threading import Lock
from typing import Any
from urllib.parse import unquote, urlsplit

from helpers.served import served

Files = dict[str, bytes]


@dataclass
class FakeHub:
    """The state of the Hub: the files of each commit, by `models/NAME` or `spaces/NAME`."""

    token: str
    repositories: dict[str, list[Files]] = field(default_factory=dict)
    before_commit: Callable[[], None] = lambda: None
    refuses: tuple[int, str] | None = None  # how a commit is answered
    first_answers: list[int] = field(default_factory=list)
    address: str = ""
    lock: Any = field(default_factory=Lock)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """The answer to a request."""
        parts = path.strip("/").split("/")
        if parts[:2] == ["api", "validate-yaml"]:
            return 200, {}, b"{}"
        if parts[:3] == ["api", "repos", "create"]:
            return self._create(json.loads(body))
        is_file = "resolve" in parts
        if is_file:
            kind = "spaces" if parts[0] == "spaces" else "models"
            place = parts.index("resolve")
            name, rest = "/".join(parts[place - 2 : place]), parts[place:]
        else:
            kind, name, rest = parts[1], "/".join(parts[2:4]), parts[4:]
        key = f"{kind}/{name}"
        if key not in self.repositories:
            return self._error(404, "Repository not found", "RepoNotFound")
        commits = self.repositories[key]
        if is_file:
            return self._file(key, rest[1], "/".join(rest[2:]))
        if not rest or rest[0] == "revision":
            return 200, {}, json.dumps({"id": name, "sha": _sha(key, len(commits))}).encode()
        if rest[0] == "preupload":
            return self._preupload(commits[-1], json.loads(body))
        return self._commit(key, body)

    def _create(self, given: Any) -> tuple[int, dict[str, str], bytes]:
        assert given["sdk"] == "static"
        owner, name = given["organization"], given["name"]
        first = {"README.md": b"---\ntitle: x\nsdk: static\n---\nCheck out the configuration\n"}
        self.repositories[f"spaces/{owner}/{name}"] = [first]
        return 200, {}, json.dumps({"url": f"{self.address}/spaces/{owner}/{name}"}).encode()

    def _file(self, key: str, commit: str, path: str) -> tuple[int, dict[str, str], bytes]:
        for number, files in enumerate(self.repositories[key], start=1):
            if _sha(key, number) == commit and path in files:
                etag = {"ETag": f'"{_oid(files[path])}"', "X-Repo-Commit": commit}
                return 200, etag, files[path]
        return self._error(404, "Entry not found", "EntryNotFound")

    def _preupload(self, files: Files, given: Any) -> tuple[int, dict[str, str], bytes]:
        answers = [
            {
                "path": each["path"],
                "uploadMode": "regular",
                "shouldIgnore": False,
                "oid": _oid(files[each["path"]]) if each["path"] in files else None,
            }
            for each in given["files"]
        ]
        return 200, {}, json.dumps({"files": answers}).encode()

    def _commit(self, key: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        self.before_commit()
        if self.refuses:
            return self._error(*self.refuses)
        head, *given = map(json.loads, body.splitlines())
        with self.lock:
            commits = self.repositories[key]
            if head["value"]["parentCommit"] != _sha(key, len(commits)):
                return self._error(412, "A commit has happened since. Please refresh.")
            added = {each["value"]["path"]: b64decode(each["value"]["content"]) for each in given}
            commits.append({**commits[-1], **added})
            oid = _sha(key, len(commits))
        answer = {"commitUrl": f"{self.address}/{key}/commit/{oid}", "commitOid": oid}
        return 200, {}, json.dumps(answer).encode()

    def _error(
        self, status: int, message: str, code: str = ""
    ) -> tuple[int, dict[str, str], bytes]:
        named = {"X-Error-Code": code} if code else {}
        return status, named, json.dumps({"error": message}).encode()


def _sha(key: str, number: int) -> str:
    return sha1(f"{key} {number}".encode()).hexdigest()


def _oid(content: bytes) -> str:
    """The name of a file's content, as git gives it."""
    return sha1(f"blob {len(content)}\0".encode() + content).hexdigest()


@contextmanager
def serving(token: str) -> Iterator[FakeHub]:
    """The Hub, for who has `token`."""
    hub = FakeHub(token)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if hub.first_answers:
                answer = hub._error(hub.first_answers.pop(0), "busy")
            elif self.headers.get("Authorization") != f"Bearer {hub.token}":
                answer = hub._error(401, "Invalid username or password.")
            else:
                answer = hub.answer(self.command, unquote(urlsplit(self.path).path), body)
            status, headers, content = answer
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_HEAD = _answer

        def log_message(self, *_: object) -> None:
            """Nothing: the tests read what is said on standard error."""

    with served(Handler) as hub.address:
        yield hub
