"""Pages of wikis that are git repositories, pushed to bare ones on the disk."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from helpers.git import edit, git
from helpers.made_up.factories import make_results

import reportgen
from reportgen import open_report
from reportgen.errors import OutputError, PublishError, UsageError
from reportgen.publishing import read_publication

TITLE = "Headlines, June / July"
FILE = "Headlines,-June-July.md"
TOKEN = "a-secret-of-the-job"


@pytest.fixture
def wiki(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository of a wiki with one page, as a host keeps it."""
    bare = tmp_path / "host" / "o" / "r.wiki.git"
    bare.mkdir(parents=True)
    git("init", "--quiet", "--bare", "--initial-branch=master", ".", cwd=bare)
    git("clone", "--quiet", bare, tmp_path / "work", cwd=tmp_path)
    edit(tmp_path / "work", "Home.md", "# Home\n")
    monkeypatch.setenv("GITHUB_SERVER_URL", (tmp_path / "host").as_uri())
    monkeypatch.setenv("CI_SERVER_URL", (tmp_path / "host").as_uri())
    for name in ("GITHUB_TOKEN", "GITLAB_TOKEN"):
        monkeypatch.setenv(name, TOKEN)
    for name in ("GITHUB_REPOSITORY", "CI_PROJECT_PATH"):
        monkeypatch.setenv(name, "o/r")
    return bare


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Markdown and its pictures, and redacted Markdown."""
    folder = tmp_path_factory.mktemp("written")
    make_results(folder / "results")
    report = open_report(folder / "results")
    report.save(folder / "report.md", images="svg")
    report.save(folder / "redacted.md", images="none", redact=True)
    return folder


def shown(wiki: Path, name: str) -> str:
    return git("show", f"master:{name}", cwd=wiki)


@pytest.mark.parametrize(
    ("to", "pages"), [("github-wiki", "/o/r/wiki/"), ("gitlab-wiki", "/o/r/-/wikis/")]
)
def test_a_page_is_pushed_with_its_pictures_in_one_commit_and_renewed(
    wiki: Path, written: Path, tmp_path: Path, to: str, pages: str
) -> None:
    text = (written / "report.md").read_text("utf-8")
    first = reportgen.publish(written / "report.md", to, title=TITLE)
    assert first.state == "created"
    assert first.address.endswith(f"{pages}Headlines%2C-June-July")
    assert shown(wiki, FILE) == text
    pictures = read_publication(written / "report.md").files
    assert pictures
    for path, content in pictures.items():
        assert shown(wiki, path).encode() == content
    assert git("rev-list", "--count", "master", cwd=wiki).strip() == "2"
    again = reportgen.publish(written / "report.md", to, title=TITLE)
    assert (again.state, again.address) == ("unchanged", first.address)
    git("pull", "--quiet", cwd=tmp_path / "work")
    edit(tmp_path / "work", FILE, text.replace("##", "## By hand", 1))
    assert reportgen.publish(written / "report.md", to, title=TITLE).state == "renewed"
    assert shown(wiki, FILE) == text
    assert shown(wiki, "Home.md") == "# Home\n"


def test_a_page_of_someone_else_and_a_redacted_one_are_left_unless_told(
    wiki: Path, written: Path, tmp_path: Path
) -> None:
    edit(tmp_path / "work", FILE, "# Minutes\n")
    with pytest.raises(PublishError, match="did not write"):
        reportgen.publish(written / "report.md", "github-wiki", title=TITLE)
    assert shown(wiki, FILE) == "# Minutes\n"
    redacted = written / "redacted.md"
    assert reportgen.publish(redacted, "github-wiki", title=TITLE, force=True).state == "renewed"
    with pytest.raises(PublishError, match="redacted"):
        reportgen.publish(written / "report.md", "github-wiki", title=TITLE)
    assert shown(wiki, FILE) == redacted.read_text("utf-8")


def test_runs_side_by_side_leave_each_a_commit(wiki: Path, written: Path, tmp_path: Path) -> None:
    text = (written / "report.md").read_text("utf-8")
    for number in range(4):
        folder = tmp_path / f"run{number}"
        folder.mkdir()
        (folder / "img").symlink_to(written / "img")
        (folder / "report.md").write_text(text.replace("##", f"## Run {number}", 1), "utf-8")

    def publish(number: int) -> str:
        file = tmp_path / f"run{number}" / "report.md"
        return reportgen.publish(file, "github-wiki", title=TITLE).state

    with ThreadPoolExecutor(4) as pool:
        states = sorted(pool.map(publish, range(4)))
    assert states == ["created", *["renewed"] * 3]
    assert git("rev-list", "--count", "master", cwd=wiki).strip() == "5"


def test_no_link_in_a_wiki_leads_out_of_it(wiki: Path, written: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "work" / "img").symlink_to(outside)
    (tmp_path / "work" / FILE).symlink_to(tmp_path / "secret")
    edit(tmp_path / "work", "Other.md", "# Other\n")
    with pytest.raises(PublishError, match="did not write"):  # the link is a file, with a path
        reportgen.publish(written / "report.md", "github-wiki", title=TITLE)
    with pytest.raises(OutputError, match=r"img/.* cannot be written"):
        reportgen.publish(written / "report.md", "github-wiki", title="Another")
    assert not list(outside.iterdir())
    assert not (tmp_path / "secret").exists()


def test_a_wiki_that_is_not_there_is_one_line_without_the_token(
    wiki: Path, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/none")
    with pytest.raises(PublishError, match="make its first page by hand") as caught:
        reportgen.publish(written / "report.md", "github-wiki", title=TITLE)
    assert "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_the_token_stands_on_no_command_line(
    wiki: Path, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines, run = [], subprocess.run

    def watched(words, *args, **options):
        lines.append(words)
        assert TOKEN not in "".join(words)
        return run(words, *args, **options)

    monkeypatch.setattr("subprocess.run", watched)
    reportgen.publish(written / "report.md", "github-wiki", title=TITLE)
    assert {words[1] for words in lines} >= {"clone", "commit", "push"}
    assert not any(TOKEN in path.read_text("utf-8", "replace") for path in wiki.glob("config"))


def test_a_title_without_a_letter_and_a_page_are_refused(wiki: Path, written: Path) -> None:
    with pytest.raises(UsageError, match="no letter"):
        reportgen.publish(written / "report.md", "github-wiki", title="///")
    with pytest.raises(UsageError, match="--page-url"):
        reportgen.publish(
            written / "report.md", "github-wiki", title=TITLE, page=written / "report.md"
        )
