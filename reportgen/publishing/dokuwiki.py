"""A page of DokuWiki with its pictures, by the library dokuwiki."""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import md5, sha256
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

from reportgen.errors import PublishError, UsageError
from reportgen.publishing.environment import Environment
from reportgen.publishing.host_requests import ANSWER_WAIT, asked, refused, unreachable
from reportgen.publishing.publication import Publication, Published
from reportgen.publishing.wiki_pages import ConflictError, PageVersion, publish_page

_RIGHTS = "give it the rights Edit, Create and Upload in the wiki's access control lists"
_ADVICE = {
    401: "the wiki does not know $DOKUWIKI_USER with $DOKUWIKI_PASSWORD",
    403: f"the account may not do this; name it in the setting remoteuser, and {_RIGHTS}",
    404: "there is no interface; $DOKUWIKI_URL is the address before /doku.php",
    413: "a picture is larger than the wiki takes; write the page with --images none",
}
_FAULTS = {
    -32605: "its interface is off; switch on the setting remote, and name the account in "
    "remoteuser",
    111: f"the account may not do this; {_RIGHTS}",
    131: "no letter of --title can name a page",
    134: "its list of blocked words holds something in the text",
}
_LOCKED = 133
_EDITED = "someone is editing the page; try again when it is saved"
_EDIT, _UPLOAD = 2, 8  # rights, as the wiki counts them


def publish(publication: Publication, environment: Environment, *, force: bool) -> Published:
    """Write or renew the page with the title of `publication`.

    Raises:
        UsageError: the environment does not say where.
        PublishError: the wiki refuses; or as for `publish_page`.
    """
    page = _DokuWikiPage(environment, publication.title)
    return publish_page(page, publication, force=force)


class _DokuWikiPage:
    def __init__(self, environment: Environment, title: str) -> None:
        from dokuwiki import DokuWiki

        address = environment.need(
            "DOKUWIKI_URL", meaning="the address before /doku.php, such as https://wiki.example.com"
        )
        user = environment.need("DOKUWIKI_USER", meaning="an account of the wiki")
        password = environment.need("DOKUWIKI_PASSWORD", meaning="its password")
        address = address.removesuffix("doku.php").rstrip("/")
        if urlsplit(address).scheme not in ("http", "https"):
            raise UsageError("$DOKUWIKI_URL: not an address, such as https://wiki.example.com")
        self._base, self._title = address, title
        # By a cookie: else the password would be a part of the address, which errors quote.
        self._wiki = asked(_told, DokuWiki, address, user, password, cookieAuth=True)

    def read(self) -> PageVersion | None:
        info = asked(_told, self._wiki.pages.info, self._title)
        if not info:
            return None
        text = asked(_told, self._wiki.pages.get, self._title)
        # A version of the wiki is a second, in which a page can change twice.
        version = f"{info['version']} {sha256(text.encode()).hexdigest()}"
        return PageVersion(text, version, self._address(info["name"]))

    def prepare(self, publication: Publication) -> PageVersion:
        return PageVersion("", "", self._address(self._title))  # files do not belong to a page

    def upload(self, publication: Publication) -> None:
        folder = f"reportgen:{publication.id}"
        self._require_rights(f"{folder}:*" if publication.files else "")
        known = {file["id"]: file.get("hash") for file in self._files_in(folder)}
        for path, content in publication.files.items():
            name = f"{folder}:{path.rpartition('/')[2]}"
            if known.get(name.lower()) != md5(content, usedforsecurity=False).hexdigest():
                asked(_told, self._wiki.medias.set, name, content)

    def write(self, publication: Publication, over: PageVersion) -> PageVersion:
        """Under the page's lock, which keeps other accounts from editing; runs of one account are
        told apart by what they read."""
        self._lock()
        try:
            if over.version:
                self._wait_until_after(int(over.version.split()[0]))
            before = self.read()
            if (before.version if before else "") != over.version:
                raise ConflictError
            if before and before.text.strip() == publication.text.strip():
                return before
            begin = self._now()
            asked(
                _told,
                self._wiki.pages.set,
                self._title,
                publication.text,
                sum="Renewed by reportgen",
                minor=True,
            )
        finally:
            self._set_locks(unlock=[self._title])
        self._require_kept(publication.text, begin)
        return self.read() or PageVersion(publication.text, "", over.address)

    def _lock(self) -> None:
        """Lock the page for this account.

        Raises:
            ConflictError: someone else is editing it.
        """
        if not self._set_locks(lock=[self._title]):
            raise ConflictError(_EDITED)

    def _require_rights(self, files: str) -> None:
        """Check, before anything is written, that the account may edit the page and upload `files`.

        Raises:
            PublishError: it may not.
        """
        for name, right in ((self._title, _EDIT), (files, _UPLOAD)):
            if name and asked(_told, self._wiki.pages.permission, name) < right:
                raise PublishError(f"the wiki refused: {_FAULTS[111]}; it lacks them for {name}")

    def _set_locks(self, **pages: list[str]) -> bool:
        """Lock or unlock; whether a page is locked now. The library's own function takes a title
        that the wiki writes in another way for one that could not be locked."""
        given = {"lock": [], "unlock": [], **pages}
        answer = asked(_told, self._wiki.send, "dokuwiki.setLocks", **given)
        return bool(answer and answer.get("locked"))

    def _wait_until_after(self, second: int) -> None:
        """Wait until the wiki's clock shows a later second: a version of the same one is replaced,
        and lost."""
        while self._now() <= second:
            time.sleep(0.2)

    def _now(self) -> int:
        second: int = asked(_told, self._wiki.send, "dokuwiki.getTime")
        return second

    def _require_kept(self, text: str, begin: int) -> None:
        """Check that what was written since the second `begin` stays among the versions.

        Raises:
            ConflictError: a run of the same account, which the lock does not keep out, wrote in the
                same second.
        """
        end = self._now()
        self._wait_until_after(end)
        for second in range(begin, end + 1):
            kept = asked(_told, self._wiki.pages.get, self._title, second)
            if str(kept).strip() == text.strip():
                return
        raise ConflictError

    def _files_in(self, folder: str) -> Sequence[Any]:
        return asked(_told, self._wiki.medias.list, folder, hash=True) or ()

    def _address(self, name: str) -> str:
        return f"{self._base}/doku.php?id={quote(name, safe=':')}"


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the library raises into an error that says what to do. It sets no limit to how
    long it waits for an answer."""
    from xmlrpc.client import Error, Fault, ProtocolError

    from dokuwiki import DokuWikiError

    wait = socket.getdefaulttimeout()
    socket.setdefaulttimeout(ANSWER_WAIT)
    try:
        yield
    except ProtocolError as error:
        raise refused(error.errcode, error.errmsg, _ADVICE) from error
    except DokuWikiError as error:
        fault = error.args[0]
        if not isinstance(fault, Fault):
            raise PublishError(f"the wiki refused: {_ADVICE[401]}") from error
        if fault.faultCode == _LOCKED:
            raise ConflictError(_EDITED) from error
        reason = _FAULTS.get(fault.faultCode) or fault.faultString[:200]
        raise PublishError(f"the wiki refused: {reason}") from error
    except (OSError, HTTPException) as error:
        raise unreachable(error) from error
    except Error as error:
        raise PublishError(f"what answers is no DokuWiki: {_ADVICE[404]}") from error
    finally:
        socket.setdefaulttimeout(wait)
