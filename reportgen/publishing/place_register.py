"""The places that a report is published to. To add one, add a line and its module."""

from dataclasses import dataclass

from reportgen.errors import UsageError


@dataclass(frozen=True, slots=True)
class PublishPlace:
    """A kind of place.

    Its module is imported when it is needed, since it brings its own library:

        publish(publication, environment, force=...) -> Published
    """

    name: str  # after --to
    meaning: str
    module: str
    library: str  # that it imports
    extra: str  # of pip, which brings the library
    flavor: str  # of the Markdown that it takes, after --md-flavor
    begins: str  # how the marker in that form begins
    variables: tuple[str, ...]  # of the environment that it needs, its token first


PLACES = (
    PublishPlace(
        "github-pr", "a comment on a pull request of GitHub",
        "reportgen.publishing.github", "github", "github", "github", "<!--",
        ("GITHUB_TOKEN", "GITHUB_REPOSITORY"),
    ),
    PublishPlace(
        "gitlab-mr", "a note on a merge request of GitLab",
        "reportgen.publishing.gitlab", "gitlab", "gitlab", "gitlab", "<!--",
        ("GITLAB_TOKEN", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID"),
    ),
    PublishPlace(
        "azure-pr", "a comment on a pull request of Azure DevOps",
        "reportgen.publishing.azure", "requests", "azure", "azure", "[//]:",
        (
            "SYSTEM_ACCESSTOKEN", "SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECTID",
            "BUILD_REPOSITORY_ID", "SYSTEM_PULLREQUEST_PULLREQUESTID",
        ),
    ),
    PublishPlace(
        "bitbucket-pr", "a comment on a pull request of Bitbucket Cloud",
        "reportgen.publishing.bitbucket", "requests", "bitbucket", "bitbucket", "[//]:",
        ("BITBUCKET_TOKEN", "BITBUCKET_REPO_FULL_NAME", "BITBUCKET_PR_ID"),
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
