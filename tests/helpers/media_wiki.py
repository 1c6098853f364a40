"""A server that stands for a MediaWiki: it keeps pages, files and versions, and answers as its
interface does, conflicts too."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from helpers.served import served


@dataclass
class FakeWiki:
    """The state of a wiki."""

    password: str
    pages: dict[str, list[str]] = field(default_factory=dict)  # versions, the oldest first
    files: dict[str, bytes] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)  # what was written, in order
    before_edit: Callable[[], None] = lambda: None
    refuses: str = ""  # the code that an upload is answered with
    refuses_once: list[str] = field(default_factory=list)  # codes of the next uploads' answers
    rights: tuple[str, ...] = ("read", "edit", "upload")
    protection: str = ""  # the group that alone may edit
    address: str = ""

    def answer(self, given: Mapping[str, str], content: bytes) -> Any:
        """The answer to a request of the interface."""
        action = given["action"]
        if action in ("login", "clientlogin"):
            result = "Success" if given["lgpassword"] == self.password else "Failed"
            return {"login": {"result": result, "reason": "Incorrect", "token": "x"}}
        if action == "upload":
            return self._upload(given["filename"], content)
        if action == "edit":
            return self._edit(given)
        return {"query": self._query(given)}

    def _query(self, given: Mapping[str, str]) -> Any:
        general = {"generator": "MediaWiki 1.43.0", "server": self.address, "case": "first-letter"}
        general |= {"articlepath": "/wiki/$1", "writeapi": ""}
        query: dict[str, Any] = {
            "general": general,
            "namespaces": {"0": {"id": 0, "*": ""}, "6": {"id": 6, "*": "File"}},
            "userinfo": {"id": 1, "name": "Me", "groups": [], "rights": list(self.rights)},
            "tokens": {"csrftoken": "token+", "logintoken": "token+"},
        }
        if "titles" in given:
            title = given["titles"].replace("_", " ")
            versions = self.pages.get(title)
            page: dict[str, Any] = {"title": title, "ns": 6 if title.startswith("File:") else 0}
            if self.protection:
                page["protection"] = [
                    {"type": "edit", "level": self.protection, "expiry": "infinity"}
                ]
            if versions is None:
                page["missing"] = ""
            else:
                slot = {"main": {"*": versions[-1], "contentmodel": "wikitext"}}
                stamp = "2026-12-01T08:00:00Z"
                page["lastrevid"] = len(versions)
                page["revisions"] = [{"slots": slot, "timestamp": stamp, "*": versions[-1]}]
            query["pages"] = {"-1" if versions is None else "5": page}
        return query

    def _upload(self, name: str, content: bytes) -> Any:
        if self.refuses_once:
            return {"error": {"code": self.refuses_once.pop(0), "info": "refused"}}
        if self.refuses:
            return {"error": {"code": self.refuses, "info": "refused"}}
        if self.files.get(name) == content:
            return {"error": {"code": "fileexists-no-change", "info": "a duplicate"}}
        self.files[name] = content
        self.events.append(name)
        return {"upload": {"result": "Success", "filename": name}}

    def _edit(self, given: Mapping[str, str]) -> Any:
        self.before_edit()
        title, text = given["title"], given["text"]
        versions = self.pages.setdefault(title, [])
        if "createonly" in given and versions:
            return {"error": {"code": "articleexists", "info": "it has been created already"}}
        if int(given.get("baserevid", len(versions))) != len(versions):
            return {"error": {"code": "editconflict", "info": "Edit conflict."}}
        if versions and versions[-1] == text:
            return {"edit": {"result": "Success", "nochange": ""}}
        versions.append(text)
        self.events.append(title)
        stamp = "2026-12-01T08:00:01Z"
        return {"edit": {"result": "Success", "newrevid": len(versions), "newtimestamp": stamp}}


@contextmanager
def serving(password: str) -> Iterator[FakeWiki]:
    """A wiki whose one account has `password`, with its interface at `/w/api.php`."""
    wiki = FakeWiki(password)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            given = dict(parse_qsl(urlsplit(self.path).query))
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kind, content = self.headers.get("Content-Type", ""), b""
            if kind.startswith("multipart"):
                head = f"Content-Type: {kind}\r\n\r\n".encode()
                for part in BytesParser(policy=HTTP).parsebytes(head + raw).iter_parts():
                    name = part.get_param("name", header="content-disposition")
                    value = part.get_payload(decode=True)
                    if name == "file":
                        content = value
                    else:
                        given[str(name)] = value.decode()
            else:
                given |= dict(parse_qsl(raw.decode(), keep_blank_values=True))
            body = json.dumps(wiki.answer(given, content)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer

        def log_message(self, *_: object) -> None:
            """Nothing: the tests read what is said on standard error."""

    with served(Handler) as wiki.address:
        yield wiki
