"""Results published as they are: written in the form of each place, with the page's address."""

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from helpers.calling import call
from helpers.hosts import FakeHost, serving, variables
from helpers.made_up.factories import make_results
from markdown_it import MarkdownIt

import reportgen
from reportgen import compare, open_report
from reportgen.api import planned_publication
from reportgen.errors import UsageError
from reportgen.publishing import PLACES

ADDRESS = "https://example.com/report.html"
JOBS = (
    (
        {
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_RUN_ID": "5",
        },
        "https://github.com/o/r/actions/runs/5",
    ),
    ({"CI_JOB_URL": "https://gitlab.com/j/7"}, "https://gitlab.com/j/7/artifacts/browse"),
)


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)  # as libraries do between two requests


@pytest.fixture(autouse=True)
def _no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, _ in JOBS:
        for name in given:
            monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    for name in ("a", "b"):
        make_results(folder / name)
    return folder


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHost]:
    with serving("github-pr") as host:
        for name, value in variables("github-pr", host).items():
            monkeypatch.setenv(name, value)
        yield host


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_results_are_written_in_the_form_of_every_place(results: Path, place) -> None:
    title = "Headlines" if place.is_page else None
    planned = planned_publication([results / "a"], place.name, title=title, page_url=ADDRESS)
    publication = planned.publication
    assert (publication.form, publication.id) == (place.form, "report")
    assert not publication.is_redacted
    pictures = publication.files.keys() - {publication.page}
    assert bool(pictures) == (place.images != "none")
    assert bool(publication.page) == place.takes_page
    if place.takes_page:
        assert publication.files[publication.page].startswith(b"<!doctype html>")
    assert ADDRESS in "".join(publication.text.splitlines()[:5])


def test_the_command_publishes_results_and_compares_several(results: Path, host: FakeHost) -> None:
    command = ("publish", results / "a", "--to", "github-pr")
    dry = call(*command, "--page-url", ADDRESS, "--dry-run")
    assert dry.exit_code == 0, dry.stderr
    assert f"]({ADDRESS})" in dry.stdout
    assert not host.comments
    assert call(*command, "--id", "june", "--redact").exit_code == 0
    compared = call("publish", results / "a", results / "b", "--to", "github-pr")
    assert compared.exit_code == 0, compared.stderr
    first, second = (comment.text.splitlines() for comment in host.comments)
    assert first[:2] == ["<!-- reportgen:june -->", "<!-- reportgen redacted -->"]
    assert second[0] == "<!-- reportgen:compare -->"


def test_from_python_what_is_open_is_published(results: Path, host: FakeHost) -> None:
    report = open_report(results / "a")
    assert reportgen.publish(report, "github-pr", lang="ja").state == "created"
    assert reportgen.publish(results / "a", "github-pr", lang="ja").state == "unchanged"
    compared = compare(report, results / "b")
    assert reportgen.publish(compared, "github-pr").state == "created"
    assert len(host.comments) == 2
    with pytest.raises(UsageError, match="languages"):
        reportgen.publish(report, "github-pr", languages="ja")


@pytest.mark.parametrize(("given", "address"), JOBS)
def test_in_ci_the_headline_leads_to_the_run(
    results: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], address: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    text = planned_publication([results / "a"], "gitlab-mr").publication.text
    assert f"]({address})" in unescape(text.splitlines()[4])


def test_verdict_and_link_are_among_the_first_200_characters(tmp_path: Path) -> None:
    address = "https://github.com/some-organisation/some-repository/actions/runs/12345678901"
    sources = []
    for number, kind in enumerate(("number", "class", "labels", "next_token", "embedding")):
        right = {"labels": (1, 0, 1, 0, 1, 0)} if kind in ("number", "class") else {}
        for seed in range(2 if right else 1):
            make_results(tmp_path / f"{number}{seed}", kind=kind, sink=0.5, seed=seed, **right)
        sources.append([tmp_path / f"{number}0"])
        sources += [[tmp_path / f"{number}0", tmp_path / f"{number}1"]] if right else []
    for source in sources:
        planned = planned_publication(source, "github-pr", page_url=address)
        shown = BeautifulSoup(MarkdownIt().render(planned.publication.text), "html.parser")
        link = shown.find("a")
        assert link is not None
        assert link["href"] == address
        verdict = link.get_text()
        assert shown.get_text().strip().index(verdict) + len(verdict) <= 200


def test_what_is_written_already_must_be_what_is_asked_for(results: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.md"
    open_report(results / "a").save(file, images="none")
    for more, words in (
        (("--redact",), "holds texts; write it with --redact"),
        (("--id", "june"), "has --id report; write it with --id june"),
        ((results / "a",), "give one text, or folders of results"),
    ):
        done = call("publish", file, "--to", "github-pr", *more)
        assert done.exit_code == 2
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
    planned = planned_publication([file], "github-pr", page_url=ADDRESS)
    verdict = planned.publication.text.splitlines()[4]
    assert verdict.rstrip().endswith(f" · [report.html]({ADDRESS})")
    again = tmp_path / "again.md"
    again.write_text(planned.publication.text, "utf-8")
    assert planned_publication([again], "github-pr", page_url=ADDRESS) == planned
    page = tmp_path / "page.wiki"
    open_report(results / "a").save(page, images="none")
    with pytest.raises(UsageError, match="has no link to --page-url"):
        planned_publication([page], "mediawiki", title="Headlines", page_url=ADDRESS)
    done = call("publish", tmp_path, "--to", "github-pr")
    assert done.exit_code != 0
    assert done.stderr.count("\n") == 1
