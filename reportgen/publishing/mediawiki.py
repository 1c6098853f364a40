"""A page of MediaWiki with its pictures, by mwclient."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlsplit

from reportgen.errors import PublishError, UsageError
from reportgen.publishing.environment import Environment
from reportgen.publishing.host_requests import refused, unreachable
from reportgen.publishing.publication import Publication, Published
from reportgen.publishing.wiki_pages import ConflictError, PageVersion, publish_page

_ADVICE = {
    "permissiondenied": "the account may not do this; give its bot password the grants Edit "
    "existing pages, Create, edit and move pages, and Upload new files",
    "protectedpage": "the page is protected; name another with --title",
    "blocked": "the account is blocked",
    "ratelimited": "the account writes too often; try again in a minute",
    "contenttoobig": "the page is longer than $wgMaxArticleSize allows; write it of fewer texts",
    "file-too-large": "a picture is larger than $wgMaxUploadSize allows; write the page with "
    "--images none",
    "readonly": "the wiki can only be read at the moment; try again later",
    "uploaddisabled": "the wiki takes no files; write the page with --images none",
    "filetype-banned": "the wiki takes no such files; write the page with --images png",
    "filetype-unwanted-type": "the wiki takes no such files; write the page with --images png",
}
_STATUS_ADVICE = {
    401: "the web server wants an account of its own",
    403: "the web server lets nobody from here in",
    404: "there is no api.php; $MEDIAWIKI_URL is the address where it lies",
    413: "a picture is larger than the web server takes; write the page with --images none",
}
_CONFLICTS = (
    "articleexists",
    "pagedeleted",
    "missingtitle",
    # Runs side by side upload a file of the same name within a second.
    "backend-fail-alreadyexists",
    "backend-fail-notexists",
    "lockmanager-fail-acquirelock",
)
_OF_CONFLICT = 3  # what the library says of an edit conflict: page, summary, message


def publish(publication: Publication, environment: Environment, *, force: bool) -> Published:
    """Write or renew the page with the title of `publication`.

    Raises:
        UsageError: the environment does not say where.
        PublishError: the wiki refuses; or as for `publish_page`.
    """
    page = _MediaWikiPage(environment, publication.title)
    return publish_page(page, publication, force=force)


class _MediaWikiPage:
    def __init__(self, environment: Environment, title: str) -> None:
        import mwclient

        address = environment.need(
            "MEDIAWIKI_URL", meaning="where api.php lies, such as https://wiki.example.com/w/"
        )
        user = environment.need("MEDIAWIKI_USER", meaning="an account, or Account@bot")
        password = environment.need("MEDIAWIKI_PASSWORD", meaning="its password, or a bot's")
        parts = urlsplit(address.removesuffix("api.php"))
        if not parts.netloc:
            raise UsageError("$MEDIAWIKI_URL: not an address, such as https://wiki.example.com/w/")
        with _told():
            self._site = mwclient.Site(
                parts.netloc,
                path=parts.path if parts.path.endswith("/") else f"{parts.path}/",
                scheme=parts.scheme,
                clients_useragent="reportgen",
                max_retries=5,
                retry_timeout=2,  # seconds more from try to try
            )
            self._site.login(user, password)
            self._page: Any = self._site.pages[title]
        general = self._site.site
        server = general["server"]
        server = f"{parts.scheme}:{server}" if server.startswith("//") else server
        name = quote(self._page.name.replace(" ", "_"), safe="/:")
        self._address = server + general["articlepath"].replace("$1", name)

    def read(self) -> PageVersion | None:
        with _told():
            self._page = self._site.pages[self._page.name]
            text: str = self._page.text(cache=False)  # remembers the revision that is read
        if not self._page.exists:
            return None
        return PageVersion(text, str(self._page.revision), self._address)

    def prepare(self, publication: Publication) -> PageVersion:
        return PageVersion("", "", self._address)  # files do not belong to a page

    def upload(self, publication: Publication) -> None:
        self._require_rights("edit", *(("upload",) if publication.files else ()))
        for path, content in publication.files.items():
            name = f"Reportgen-{publication.id}-{path.rpartition('/')[2]}"
            with _told(unless="fileexists-no-change"):
                self._site.upload(BytesIO(content), name, "A picture of a report", ignore=True)

    def _require_rights(self, *names: str) -> None:
        """Check, before anything is written, that the account may do what is needed.

        Raises:
            PublishError: it may not, or the page is protected.
        """
        if not set(names) <= set(self._site.rights):
            raise PublishError(f"the wiki refused: {_ADVICE['permissiondenied']}")
        if not self._page.can("edit"):
            raise PublishError(f"the wiki refused: {_ADVICE['protectedpage']}")

    def write(self, publication: Publication, over: PageVersion) -> PageVersion:
        once = {"createonly": "1"} if not over.version else {"baserevid": over.version}
        with _told():
            answer = self._page.save(
                publication.text, summary="Renewed by reportgen", minor=True, bot=True, **once
            )
        version = str(answer.get("newrevid", over.version))  # none where nothing changed
        return PageVersion(publication.text, version, self._address)


@contextmanager
def _told(unless: str = "") -> Iterator[None]:
    """Turn what the library raises into an error that says what to do, but for an answer with the
    code `unless`."""
    from mwclient.errors import (
        APIError,
        EditError,
        InsufficientPermission,
        LoginError,
        MwClientError,
        ProtectedPageError,
    )
    from requests import HTTPError, RequestException

    try:
        yield
    except LoginError as error:
        raise PublishError(
            "the wiki does not know $MEDIAWIKI_USER with $MEDIAWIKI_PASSWORD; make a bot password "
            "at Special:BotPasswords"
        ) from error
    except ProtectedPageError as error:
        raise PublishError(f"the wiki refused: {_ADVICE['protectedpage']}") from error
    except EditError as error:
        if len(error.args) == _OF_CONFLICT:
            raise ConflictError from error
        raise PublishError(f"the wiki refused the text: {error.args[-1]}") from error
    except APIError as error:
        code = str(error.code)
        if code == unless:
            return
        if code in _CONFLICTS:
            raise ConflictError from error
        reason = _ADVICE.get(code) or f"{code}: {error.info}"
        raise PublishError(f"the wiki refused: {reason}") from error
    except HTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        raise refused(status, error, _STATUS_ADVICE) from error
    except InsufficientPermission as error:
        raise PublishError(f"the wiki refused: {_ADVICE['permissiondenied']}") from error
    except (RequestException, MwClientError) as error:
        raise unreachable(error) from error
