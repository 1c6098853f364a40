"""The places that a report is published to. To add one, add a line and its module."""

from collections.abc import Mapping
from dataclasses import dataclass

from reportgen.errors import UsageError
from reportgen.publishing.publication import Form


@dataclass(frozen=True, slots=True)
class PublishPlace:
    """A kind of place.

    Its module is imported when it is needed, since it brings its own library; its function is

        publish(publication, environment, force=...) -> Published
    """

    name: str  # after --to
    meaning: str
    entry: str  # module:function
    library: str  # that the module imports; "" for none
    extra: str  # of pip, which brings the library
    form: Form  # of the text that it takes
    flavor: str  # of Markdown; "" for another form
    variables: tuple[str, ...]  # of the environment that it needs, its token first
    is_page: bool = False  # which has pictures, and a title
    takes_page: bool = False  # attaches the full page
    shows_page: bool = False  # shows the full page, and no pictures of a text

    @property
    def file(self) -> str:
        """A name for a file with the text."""
        return _FILES[self.form]

    @property
    def images(self) -> str:
        """The format of the pictures that it takes."""
        return "png" if self.is_page and not self.shows_page else "none"

    @property
    def written(self) -> str:
        """The options that write the text."""
        flavor = f"--md-flavor {self.flavor} " if self.flavor else ""
        return f"-o {self.file} {flavor}--images {self.images}"


_FILES: Mapping[Form, str] = {
    "markdown": "report.md",
    "confluence": "page.xml",
    "mediawiki": "page.wiki",
}


PLACES = (
    PublishPlace(
        "github-pr", "a comment on a pull request of GitHub",
        "reportgen.publishing.github:publish", "github", "github",
        "markdown", "github",
        ("GITHUB_TOKEN", "GITHUB_REPOSITORY"),
    ),
    PublishPlace(
        "gitlab-mr", "a note on a merge request of GitLab",
        "reportgen.publishing.gitlab:publish", "gitlab", "gitlab",
        "markdown", "gitlab",
        ("GITLAB_TOKEN", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID"),
    ),
    PublishPlace(
        "confluence", "a page of Confluence, with its pictures and the full page attached",
        "reportgen.publishing.confluence:publish", "requests", "confluence",
        "confluence", "",
        ("CONFLUENCE_TOKEN", "CONFLUENCE_URL", "CONFLUENCE_SPACE"),
        is_page=True, takes_page=True,
    ),
    PublishPlace(
        "mediawiki", "a page of MediaWiki, with its pictures uploaded",
        "reportgen.publishing.mediawiki:publish", "mwclient", "mediawiki",
        "mediawiki", "",
        ("MEDIAWIKI_PASSWORD", "MEDIAWIKI_URL", "MEDIAWIKI_USER"), is_page=True,
    ),
    PublishPlace(
        "github-wiki", "a page of a wiki on GitHub, pushed by git",
        "reportgen.publishing.git_wiki:publish_to_github", "", "",
        "markdown", "github",
        ("GITHUB_TOKEN", "GITHUB_REPOSITORY"), is_page=True,
    ),
    PublishPlace(
        "gitlab-wiki", "a page of a wiki on GitLab, pushed by git",
        "reportgen.publishing.git_wiki:publish_to_gitlab", "", "",
        "markdown", "gitlab",
        ("GITLAB_TOKEN", "CI_PROJECT_PATH"), is_page=True,
    ),
    PublishPlace(
        "pages", "the full page on a site of GitHub or GitLab Pages, pushed by git to a branch",
        "reportgen.publishing.pages:publish", "", "",
        "markdown", "github",
        ("GITHUB_TOKEN", "GITHUB_REPOSITORY"), is_page=True, takes_page=True, shows_page=True,
    ),
)  # fmt: skip


def place_called(name: str) -> PublishPlace:
    """The place with this name.

    Raises:
        UsageError: there is none.
    """
    known = {place.name: place for place in PLACES}
    if name not in known:
        raise UsageError(f"--to {name}: not known; use one of {', '.join(known)}")
    return known[name]
