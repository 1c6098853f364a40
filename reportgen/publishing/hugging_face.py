"""A static Space with the full page, or a section of a model card with the page beside it, on the
Hugging Face Hub."""

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reportgen.errors import PublishError, UsageError
from reportgen.publishing.environment import Environment
from reportgen.publishing.host_requests import asked, refused, unreachable
from reportgen.publishing.publication import Publication, Published, linked, marker_lines
from reportgen.publishing.wiki_pages import ConflictError, PageVersion, publish_page

if TYPE_CHECKING:
    pass

_HUB = "https://huggingface.co"
_INDEX = "index.html"
_ADVICE = {
    401: "the token of $HF_TOKEN is not valid, or there is no such repository that it may see",
    404: "there is no such repository, or the token may not see it",
    413: "a file is larger than the Hub takes; write the page with a smaller --max-size",
}
_WRITE = "give the token of $HF_TOKEN the permission to write there"
_CHANGED = (409, 412)  # since the commit that was read
_FRONT = re.compile(r"\A---\n.*?^---\n", re.DOTALL | re.MULTILINE)
_CARD = "README.md"


def publish_space(publication: Publication, environment: Environment, *, force: bool) -> Published:
    """Write or renew a static Space that shows the full page; its card holds the short form.

    Raises:
        UsageError: the environment does not say where.
        PublishError: the Hub refuses; or as for `publish_page`.
    """
    name = environment.need("HF_SPACE", meaning="owner/name of the Space, made where there is none")
    return publish_page(_Space(environment, name, publication.title), publication, force=force)


def publish_model(publication: Publication, environment: Environment, *, force: bool) -> Published:
    """Write or renew a section of the card of a model, and put the full page beside it.

    Raises:
        UsageError: the environment does not say where.
        PublishError: the Hub refuses; or as for `publish_page`.
    """
    name = environment.need("HF_MODEL", meaning="owner/name of the model on the Hub")
    return publish_page(_ModelCard(environment, name, publication), publication, force=force)


class _Repository:
    """A repository on the Hub, whose commits name the one that they were made over."""

    def __init__(self, environment: Environment, name: str, kind: str) -> None:
        from huggingface_hub import HfApi

        if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
            raise UsageError(f"$HF_{kind.upper()}: {name!r}: write owner/name")
        token = environment.need(
            "HF_TOKEN", meaning="a token of the Hub that may write, as a secret of the job"
        )
        endpoint = (environment.find("HF_ENDPOINT") or _HUB).rstrip("/")
        self.api: HfApi = HfApi(endpoint=endpoint, token=token, library_name="reportgen")
        self.where = {"repo_id": name, "repo_type": kind}
        self.address = f"{endpoint}/{'spaces/' if kind == 'space' else ''}{name}"

    def head(self) -> str | None:
        """The newest commit; None where there is no such repository."""
        from huggingface_hub.errors import RepositoryNotFoundError

        def find() -> str | None:
            try:
                newest: str | None = self.api.repo_info(**self.where).sha
                return newest
            except RepositoryNotFoundError as error:
                if error.response.status_code == 404:
                    return None
                raise

        commit: str | None = asked(_told, find)
        return commit

    def card(self, commit: str) -> str | None:
        """The text of the card at `commit`; None where there is none."""
        from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

        def fetch() -> str | None:
            with TemporaryDirectory(prefix="reportgen-") as folder:
                try:
                    path = self.api.hf_hub_download(
                        **self.where, filename=_CARD, revision=commit, cache_dir=folder
                    )
                except LocalEntryNotFoundError:  # the Hub gave no answer
                    raise
                except EntryNotFoundError:
                    return None
                return Path(path).read_text("utf-8")

        text: str | None = asked(_told, fetch)
        return text

    def commit(self, files: Mapping[str, bytes], message: str, over: str) -> str:
        """The commit with `files`, made over the one that was read; that one where nothing changes.

        Raises:
            ConflictError: there is a newer one.
        """
        from huggingface_hub import CommitOperationAdd

        added = [CommitOperationAdd(path, content) for path, content in files.items()]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a card has no metadata
            made = asked(
                _told,
                self.api.create_commit,
                **self.where,
                operations=added,
                commit_message=message,
                parent_commit=over,
            )
        oid: str = made.oid
        return oid


class _Space:
    def __init__(self, environment: Environment, name: str, title: str) -> None:
        self._space = _Repository(environment, name, "space")
        self._title = title
        self._is_made = False
        self._front = ""  # of the card, which people may have edited

    def read(self) -> PageVersion | None:
        head = self._space.head()
        if head is None:
            return None
        card = self._space.card(head) or ""
        front = _FRONT.match(card)
        self._front = front[0] if front else ""
        if self._is_made:  # what the Hub writes at first is nobody's
            return None
        return PageVersion(card.removeprefix(self._front), head, self._space.address)

    def prepare(self, publication: Publication) -> PageVersion:
        if not self._is_made:
            asked(
                _told,
                self._space.api.create_repo,
                **self._space.where,
                space_sdk="static",
                exist_ok=True,
            )
        self._is_made = True
        return PageVersion("", self._space.head() or "", self._space.address)

    def upload(self, publication: Publication) -> None:
        """Nothing: one commit holds text and files."""

    def write(self, publication: Publication, over: PageVersion) -> PageVersion:
        front = self._front
        if "sdk: static" not in front:
            title = json.dumps(self._title, ensure_ascii=False)  # which is YAML too
            front = f"---\ntitle: {title}\nsdk: static\napp_file: {_INDEX}\npinned: false\n---\n"
        files = {
            _CARD: f"{front}{linked(publication.text, _INDEX)}".encode(),
            _INDEX: publication.files[publication.page],
        }
        made = self._space.commit(files, f"{self._title}: renewed by reportgen", over.version)
        return PageVersion(publication.text, made, self._space.address)


class _ModelCard:
    """A section of a card, from the marker of a publication to a line that ends it."""

    def __init__(self, environment: Environment, name: str, publication: Publication) -> None:
        self._model = _Repository(environment, name, "model")
        self._begin = marker_lines(publication).splitlines()[0]
        self._end = self._begin.replace(" -->", " ends -->")
        self._card = ""
        self._commit = ""

    def read(self) -> PageVersion | None:
        head = self._model.head()
        if head is None:
            raise PublishError(f"{self._model.address}: {_ADVICE[404]}", 404)
        self._commit, self._card = head, self._model.card(head) or ""
        section = self._section()
        if section is None:
            return None
        return PageVersion(section, head, self._model.address)

    def prepare(self, publication: Publication) -> PageVersion:
        return PageVersion("", self._commit, self._model.address)

    def upload(self, publication: Publication) -> None:
        """Nothing: one commit holds text and files."""

    def write(self, publication: Publication, over: PageVersion) -> PageVersion:
        folder, text = f"reportgen/{publication.id}", publication.text
        files = {}
        for path, content in publication.files.items():
            beside = f"{folder}/{path}"
            if path == publication.page:
                beside = f"{folder}/report.html"
                text = linked(text, beside)
            text = text.replace(f"]({quote(path)})", f"]({quote(beside)})")
            files[beside] = content
        section = f"{text.rstrip()}\n\n{self._end}"
        old = self._section()
        if old is not None:
            card = self._card.replace(old, section, 1)
        else:
            card = f"{self._card.rstrip()}\n\n{section}\n".lstrip()
        files[_CARD] = card.encode()
        message = f"Attention report {publication.id}: renewed by reportgen"
        made = self._model.commit(files, message, over.version)
        return PageVersion(section, made, self._model.address)

    def _section(self) -> str | None:
        """What stands from the first line of the section to its last; None where there is none.

        Raises:
            PublishError: its last line is gone.
        """
        begin = re.search(f"^{re.escape(self._begin)}$", self._card, re.MULTILINE)
        if begin is None:
            return None
        end = re.compile(f"^{re.escape(self._end)}$", re.MULTILINE).search(self._card, begin.end())
        if end is None:
            raise PublishError(
                f"{self._model.address}: in the card the line {self._end} is gone; write it below "
                "the section, or remove the section"
            )
        return self._card[begin.start() : end.end()]


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the library raises into an error that says what to do, and show no bars."""
    from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    shows: Any = not are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    except OfflineModeIsEnabled as error:
        raise UsageError("$HF_HUB_OFFLINE is set: unset it to publish on the Hub") from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status in _CHANGED:
            raise ConflictError from error
        words = str(error.server_message or error).strip().partition("\n")[0]
        if status in (402, 403):  # the Hub says which: a right, or the storage that is full
            raise PublishError(
                f"the host refused (HTTP {status}: {words[:200]}); {_WRITE}", status
            ) from error
        raise refused(status, words, _ADVICE) from error
    except (HTTPError, OSError) as error:
        raise unreachable(error) from error
    finally:
        if shows:
            enable_progress_bars()
