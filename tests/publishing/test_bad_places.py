"""Every place where something is wrong outside: one line that names it, and no token."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from itertools import product

import pytest
from helpers.cases import some_of
from helpers.hosts import TOKEN
from helpers.served import served

from reportgen.errors import PublishError
from reportgen.publishing import PLACES, Publication, PublishPlace, publish_at


def variables(address: str) -> dict[str, str]:
    """An environment in which every place is at `address`."""
    return {
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_API_URL": address,
        "GITHUB_SERVER_URL": address,
        "REPORTGEN_PULL_REQUEST": "12",
        "GITLAB_TOKEN": TOKEN,
        "CI_SERVER_URL": address,
        "CI_PROJECT_ID": "33",
        "CI_PROJECT_PATH": "o/r",
        "CI_MERGE_REQUEST_IID": "12",
        "CONFLUENCE_URL": address,
        "CONFLUENCE_USER": "me",
        "CONFLUENCE_TOKEN": TOKEN,
        "CONFLUENCE_SPACE": "ADS",
        "MEDIAWIKI_URL": f"{address}/w/",
        "MEDIAWIKI_USER": "Me",
        "MEDIAWIKI_PASSWORD": TOKEN,
    }


@contextmanager
def answering(status: int) -> Iterator[str]:
    """The address of a server that answers everything with `status`."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _answer

        def log_message(self, *_: object) -> None:
            """Nothing: the tests read what is said on standard error."""

    with served(Handler) as address:
        yield address


@pytest.fixture(autouse=True)
def _online_without_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


def publication(place: PublishPlace) -> Publication:
    files = {"report.html": b"<!doctype html>"} if place.takes_page else {}
    page = "report.html" if place.takes_page else ""
    text = "<!-- reportgen:report -->\n\nA verdict\n"
    return Publication("report", text, place.form, files, page, "Headlines")


def error_at(place: PublishPlace, address: str) -> str:
    with pytest.raises(PublishError) as caught:
        publish_at(place, publication(place), variables(address))
    message = str(caught.value)
    assert "\n" not in message
    assert TOKEN not in message
    assert caught.value.__cause__ is None  # a traceback would show the request
    return message


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_host_that_is_not_there(place: PublishPlace) -> None:
    assert "cannot be reached" in error_at(place, "http://127.0.0.1:9")


# How a place names what is wrong, by the status that everything is answered with.
NAMED = {
    401: r"not valid|do not fit|not know|may not write|account of its own",
    403: r"may not|permission|lets nobody",
    404: r"there is no",
    503: r"busy|try again",
}


REFUSALS = [*product(PLACES, NAMED)]


# Each place refuses in two ways, and in each way half of the places.
@pytest.mark.parametrize(
    ("place", "status"),
    some_of(
        REFUSALS,
        *(
            (place, status)
            for place, status in REFUSALS
            if (PLACES.index(place) + [*NAMED].index(status)) % 2
        ),
    ),
    ids=lambda value: getattr(value, "name", value),
)
def test_a_host_that_refuses_everything(
    place: PublishPlace, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with answering(status) as address:
        message = error_at(place, address)
    assert re.search(NAMED[status], message), message
    assert capfd.readouterr() == ("", "")
