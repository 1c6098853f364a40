"""A folder served over HTTP with a host's own headers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

# What a host that allows only its own files sends; the first also lets pages draw data images.
OWN_AND_DATA = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:"
OWN = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'"
JENKINS = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';"
JENKINS_OLD = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args, headers: Mapping[str, str], **kwargs) -> None:
        self.added = headers
        super().__init__(*args, **kwargs)

    def end_headers(self) -> None:
        for name, value in self.added.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *args) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path, policy: str) -> Iterator[str]:
    """The address of `folder` on a server of this machine that sends `policy`."""
    headers = {"Content-Security-Policy": policy}
    handler = partial(_Handler, directory=str(folder), headers=headers)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
