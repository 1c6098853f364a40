"""Sites in a branch, pushed by git to repositories on the disk."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from helpers.git import edit, git
from helpers.made_up.factories import make_results

import reportgen
from reportgen import open_report
from reportgen.errors import PublishError, UsageError

TITLE = "Headlines, June - July"
TOKEN = "a-secret-of-the-job"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Markdown, its pictures and the page; redacted ones too."""
    folder = tmp_path_factory.mktemp("written")
    make_results(folder / "results")
    report = open_report(folder / "results")
    report.save(folder / "site.md", folder / "site.html", images="none")
    redacted = [folder / "redacted.md", folder / "redacted.html"]
    report.save(*redacted, images="none", redact=True)
    return folder


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository of a project without a site."""
    bare = tmp_path / "host" / "o" / "r.git"
    monkeypatch.setenv("GITHUB_SERVER_URL", (tmp_path / "host").as_uri())
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/r")
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    begin(bare, "main", tmp_path / "work")
    edit(tmp_path / "work", "README.md", "# Project\n")
    return bare


def begin(bare: Path, branch: str, work: Path) -> None:
    bare.mkdir(parents=True)
    git("init", "--quiet", "--bare", f"--initial-branch={branch}", ".", cwd=bare)
    git("clone", "--quiet", bare, work, cwd=bare)


def shown(bare: Path, branch: str, name: str) -> str:
    return git("show", f"{branch}:{name}", cwd=bare)


def publish(written: Path, name: str = "site", **options):
    page = written / f"{name}.html"
    return reportgen.publish(written / f"{name}.md", "pages", page=page, title=TITLE, **options)


def test_a_site_begins_its_branch_and_has_each_page_in_a_folder(site: Path, written: Path) -> None:
    made = publish(written)
    assert (made.state, made.address) == (
        "created",
        "https://o.github.io/r/Headlines%2C-June---July/",
    )
    folder = "Headlines,-June---July"
    page = (written / "site.html").read_text("utf-8")
    assert shown(site, "gh-pages", f"{folder}/index.html") == page
    readme = shown(site, "gh-pages", f"{folder}/README.md")
    assert readme == "<!-- reportgen:report -->\n\n[index.html](index.html)\n"
    files = git("ls-tree", "-r", "--name-only", "gh-pages", cwd=site).split("\n")
    assert len(files) == 3  # with the empty end
    assert publish(written).state == "unchanged"
    assert reportgen.publish(written / "results", "pages", title="Other").state == "created"
    assert git("rev-list", "--count", "gh-pages", cwd=site).strip() == "2"
    with pytest.raises(UsageError, match="--page is missing"):
        reportgen.publish(written / "site.md", "pages", title=TITLE)


def test_a_folder_of_a_site_on_another_branch_and_address(
    site: Path, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTGEN_PAGES_BRANCH", "main")
    monkeypatch.setenv("REPORTGEN_PAGES_FOLDER", "docs")
    monkeypatch.setenv("REPORTGEN_PAGES_URL", "https://example.com/")
    assert publish(written).address == "https://example.com/Headlines%2C-June---July/"
    assert shown(site, "main", "docs/Headlines,-June---July/index.html")
    assert shown(site, "main", "README.md") == "# Project\n"
    monkeypatch.setenv("REPORTGEN_PAGES_FOLDER", "../docs")
    with pytest.raises(UsageError, match="not a folder of the branch"):
        publish(written)


def test_a_page_of_someone_else_and_a_redacted_one_are_left_unless_told(
    site: Path, written: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    git("checkout", "--quiet", "-b", "gh-pages", cwd=work)
    git("push", "--quiet", "-u", "origin", "gh-pages", cwd=work)
    (work / "Headlines,-June---July").mkdir()
    edit(work, "Headlines,-June---July/index.html", "<p>By hand</p>")
    with pytest.raises(PublishError, match="did not write"):
        publish(written)
    assert publish(written, "redacted", force=True).state == "renewed"
    with pytest.raises(PublishError, match="redacted"):
        publish(written)


def test_runs_side_by_side_that_begin_a_site_leave_each_a_commit(site: Path, written: Path) -> None:
    def run(number: int) -> str:
        page = written / "site.html"
        title = f"Run {number}"
        return reportgen.publish(written / "site.md", "pages", page=page, title=title).state

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(run, range(3))) == {"created"}
    assert git("rev-list", "--count", "gh-pages", cwd=site).strip() == "3"


def test_a_push_that_the_host_declines_is_one_line_with_its_reason(
    site: Path, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = site / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'This repository has exceeded its size limit' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PublishError, match="exceeded its size limit") as caught:
        publish(written)
    assert "\n" not in str(caught.value)
    with pytest.raises(subprocess.CalledProcessError):
        shown(site, "gh-pages", "README.md")
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/none")
    with pytest.raises(PublishError, match="no such repository") as caught:
        publish(written)
    assert TOKEN not in str(caught.value)
