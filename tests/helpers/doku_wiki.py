"""A server that stands for a DokuWiki: it keeps pages, versions, files and locks, and answers as
its interface does, faults too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from threading import Thread
from typing import Any
from xmlrpc.client import Binary, Fault
from xmlrpc.server import SimpleXMLRPCRequestHandler, SimpleXMLRPCServer


@dataclass
class FakeDokuWiki:
    """The state of a wiki with one account."""

    password: str
    pages: dict[str, dict[int, str]] = field(default_factory=dict)  # by name, by second
    files: dict[str, bytes] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)  # what was written, in order
    right: int = 16
    locked_by_other: int = 0  # how often a lock is refused
    before_lock: Callable[[], None] = lambda: None
    after_put: Callable[[], None] = lambda: None
    first_answers: list[int] = field(default_factory=list)  # HTTP statuses
    fault: Fault | None = None  # of a write
    now: int = 1_000
    n_logins: int = 0
    address: str = ""

    def login(self, _: str, password: str) -> bool:
        """Whether the password is right."""
        self.n_logins += 1
        return password == self.password

    def time(self) -> int:
        """A clock that goes on when it is looked at."""
        self.now += 1
        return self.now

    def info(self, name: str) -> Any:
        """The name and version of a page."""
        name = cleaned(name)
        if name not in self.pages:
            raise Fault(121, "The requested page (revision) does not exist")
        return {"name": name, "version": max(self.pages[name])}

    def get(self, name: str) -> str:
        """The text of a page."""
        versions = self.pages[cleaned(name)]
        return versions[max(versions)]

    def put(self, name: str, text: str, _: Any) -> bool:
        """Save a page; two versions of one second are one."""
        if self.fault:
            raise self.fault
        self.pages.setdefault(cleaned(name), {})[self.now] = text
        self.events.append(cleaned(name))
        self.after_put()
        return True

    def upload(self, name: str, content: Binary, _: Any) -> str:
        """Save a file."""
        self.files[name] = content.data
        self.events.append(name)
        return name

    def listed(self, folder: str, _: Any) -> Any:
        """The files in a namespace."""
        known = {name: text for name, text in self.files.items() if name.startswith(folder)}
        return [
            {"id": name, "hash": md5(content, usedforsecurity=False).hexdigest()}
            for name, content in known.items()
        ]

    def locks(self, given: dict[str, list[str]]) -> Any:
        """Lock and unlock pages."""
        if not given["lock"]:
            return {"locked": [], "unlocked": given["unlock"]}
        self.before_lock()
        if self.locked_by_other:
            self.locked_by_other -= 1
            return {"locked": [], "lockfail": given["lock"]}
        return {"locked": [cleaned(name) for name in given["lock"]]}


def cleaned(title: str) -> str:
    """The name of the page with a title."""
    return title.lower().replace(",", "").replace(" ", "_")


@contextmanager
def serving(password: str) -> Iterator[FakeDokuWiki]:
    """A wiki whose one account has `password`."""
    wiki = FakeDokuWiki(password)

    class Handler(SimpleXMLRPCRequestHandler):
        rpc_paths = ("/lib/exe/xmlrpc.php",)

        def do_POST(self) -> None:
            if wiki.first_answers:
                self.send_response(wiki.first_answers.pop(0))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            super().do_POST()

    with SimpleXMLRPCServer(("127.0.0.1", 0), Handler, logRequests=False) as server:
        for name, function in {
            "dokuwiki.login": wiki.login,
            "dokuwiki.getVersion": lambda: "Release 2024-02-06b",
            "dokuwiki.getTime": wiki.time,
            "dokuwiki.setLocks": wiki.locks,
            "wiki.aclCheck": lambda _: wiki.right,
            "wiki.getPageInfo": wiki.info,
            "wiki.getPage": wiki.get,
            "wiki.getPageVersion": lambda name, second: wiki.pages[cleaned(name)].get(second, ""),
            "wiki.putPage": wiki.put,
            "wiki.putAttachment": wiki.upload,
            "wiki.getAttachments": wiki.listed,
        }.items():
            server.register_function(function, name)
        wiki.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield wiki
        finally:
            server.shutdown()
