"""A page of Confluence, Cloud or Data Center, by its REST interface 1.

Its library fetches the version of a page itself just before it writes, and so never sees that
someone else wrote in between; therefore the few calls are made here.
"""

from contextlib import suppress
from html import escape
from mimetypes import guess_type
from typing import Any

from reportgen.errors import PublishError
from reportgen.publishing.environment import Environment
from reportgen.publishing.host_requests import Session
from reportgen.publishing.publication import Publication, Published
from reportgen.publishing.wiki_pages import ConflictError, PageVersion, publish_page

_ADVICE = {
    401: "$CONFLUENCE_USER and $CONFLUENCE_TOKEN do not fit together, or the token has expired",
    403: "the account may not write in this space; give it the permissions Add Page and Add "
    "Attachment",
    404: "there is no such space or page, or the account may not see it; check $CONFLUENCE_URL "
    "(with /wiki on Cloud) and $CONFLUENCE_SPACE",
    413: "a file is larger than an attachment may be; write the page with a smaller --max-size",
}
_SHOWN = "body.storage,version"


def publish(publication: Publication, environment: Environment, *, force: bool) -> Published:
    """Write or renew the page with the title of `publication`.

    Raises:
        UsageError: the environment does not say where.
        PublishError: the host refuses; or as for `publish_page`.
    """
    page = _ConfluencePage(environment, publication.title)
    return publish_page(page, publication, force=force)


class _ConfluencePage:
    def __init__(self, environment: Environment, title: str) -> None:
        address = environment.need(
            "CONFLUENCE_URL", meaning="such as https://example.atlassian.net/wiki"
        ).rstrip("/")
        token = environment.need("CONFLUENCE_TOKEN", meaning="an API token, or a personal one")
        user = environment.find("CONFLUENCE_USER")
        self._space = environment.need("CONFLUENCE_SPACE", meaning="the key of the space")
        self._title = title
        self._parent = environment.find("CONFLUENCE_PARENT")
        allowed = None if user else {"Authorization": f"Bearer {token}"}
        self._session = Session(allowed or {}, _ADVICE, (user, token) if user else None)
        self._content = f"{address}/rest/api/content"
        self._base = address
        self._id = ""  # of the page, once it is known
        self._is_made = False  # now, and without its text until all files are there

    def read(self) -> PageVersion | None:
        pages = self._session.ask(
            "GET", self._content, spaceKey=self._space, title=self._title, expand=_SHOWN
        )["results"]
        return self._version(pages[0]) if pages else None

    def prepare(self, publication: Publication) -> PageVersion:
        head, _, _ = publication.text.partition("</p>")
        page = {
            "type": "page",
            "title": self._title,
            "space": {"key": self._space},
            "ancestors": [{"id": self._parent}] if self._parent else [],
            "body": _body(f"{head}</p>"),
        }
        try:
            made = self._session.ask("POST", self._content, page, expand=_SHOWN)
        except PublishError as error:
            if self.read() is not None:  # of this title, which no two pages of a space have
                raise ConflictError from error
            raise
        self._is_made = True
        return self._version(made)

    def upload(self, publication: Publication) -> None:
        try:
            self._attach_all(publication)
        except PublishError:
            if self._is_made:
                self._remove()
            raise

    def _remove(self) -> None:
        """Remove the page that was made to hold the files, if the account may."""
        with suppress(PublishError):
            self._session.ask("DELETE", f"{self._content}/{self._id}")

    def _attach_all(self, publication: Publication) -> None:
        for path, content in publication.files.items():
            name = path.rpartition("/")[2]
            try:
                self._attach(name, content)
            except PublishError as error:
                if error.status != 400:
                    raise
                self._attach(name, content)  # another run attached the first of that name meanwhile

    def _attach(self, name: str, content: bytes) -> None:
        """Attach a file, as a new version where there is one of its name."""
        attachments = f"{self._content}/{self._id}/child/attachment"
        known = self._session.ask("GET", attachments, filename=name)["results"]
        self._session.send(
            f"{attachments}/{known[0]['id']}/data" if known else attachments,
            {"file": (name, content, guess_type(name)[0] or "application/octet-stream")},
            {"minorEdit": "true"},
            {"X-Atlassian-Token": "no-check"},
        )

    def write(self, publication: Publication, over: PageVersion) -> PageVersion:
        page = {
            "type": "page",
            "title": self._title,
            "version": {"number": int(over.version) + 1, "minorEdit": True},  # wakes no watcher
            "body": _body(_with_link(publication)),
        }
        try:
            made = self._session.ask("PUT", f"{self._content}/{self._id}", page, expand=_SHOWN)
        except PublishError as error:
            if error.status == 409:
                raise ConflictError from error
            raise
        return self._version(made)

    def _version(self, page: Any) -> PageVersion:
        self._id = page["id"]
        links, text = page["_links"], page["body"]["storage"]["value"]
        base = links.get("base") or self._base
        address = f"{base}{links.get('webui') or f'/pages/viewpage.action?pageId={self._id}'}"
        return PageVersion(text, str(page["version"]["number"]), address)


def _body(text: str) -> dict[str, Any]:
    return {"storage": {"value": text, "representation": "storage"}}


def _with_link(publication: Publication) -> str:
    """The text, with a link to the full page beside its verdict where the page is attached."""
    if not publication.page:
        return publication.text
    marker, end, text = publication.text.partition("</p>")
    verdict, _, rest = text.partition("</p>")
    name = escape(publication.page)
    link = f'<ac:link><ri:attachment ri:filename="{name}"/></ac:link>'
    return f"{marker}{end}{verdict} · {link}</p>{rest}"
