"""Comments on pull requests: one per id, by the libraries of the hosts against servers that keep
state."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from helpers.calling import call
from helpers.hosts import OTHER, ROUTES, TOKEN, FakeHost, Stored, serving, variables
from helpers.made_up.factories import make_results

import reportgen
from reportgen.errors import PublishError, UsageError
from reportgen.publishing import PLACES, Publication, place_called, publish_at, read_publication
from reportgen.report.short_form import marker

PLACE_NAMES = tuple(name for name in ROUTES if name != "confluence")


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.fixture(params=PLACE_NAMES)
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def host(place: str) -> Iterator[FakeHost]:
    with serving(place) as host:
        yield host


def text(place: str, words: str, id: str = "report", *, redacted: bool = False) -> str:
    first = marker("github", id)
    hidden = first.replace(f":{id}", " redacted") + "\n" if redacted else ""
    return f"{first}\n{hidden}\n## {words}\n\n| a | 年会費無料 |\n|---|---|\n"


def publish(place: str, host: FakeHost, body: str, id: str = "report", *, force: bool = False):
    kind = place_called(place)
    return publish_at(kind, Publication(id, body), variables(place, host), force=force)


def test_every_place_is_tried_here() -> None:
    assert {known.name for known in PLACES if not known.is_page} == set(PLACE_NAMES)


def test_it_is_written_once_and_renewed_from_then_on(place: str, host: FakeHost) -> None:
    host.add("An earlier word", OTHER)
    host.add(text(place, "Another id", "other"))
    first = publish(place, host, text(place, "First"))
    assert first.state == "created"
    assert first.address.endswith("102")
    assert first.address.startswith("https://")
    again = publish(place, host, text(place, "First"))
    assert (again.state, again.address, host.n_writes) == ("unchanged", first.address, 1)
    assert publish(place, host, text(place, "Second")).state == "renewed"
    assert [each.text for each in host.comments[2:]] == [text(place, "Second")]
    assert "Another id" in host.comments[1].text


def test_a_comment_of_another_account_is_left_whatever_it_begins_with(
    place: str, host: FakeHost
) -> None:
    forged = text(place, "All is well")
    host.add(forged, OTHER)
    assert publish(place, host, text(place, "First")).state == "created"
    assert host.comments[0].text == forged
    assert len(host.comments) == 2


@pytest.mark.parametrize("place", ["github-pr", "gitlab-mr"], indirect=True)
def test_a_token_that_may_not_ask_who_it_is_knows_its_own_comment(
    place: str, host: FakeHost
) -> None:
    host.may_ask_who = False
    host.add(text(place, "Forged"), OTHER)
    publish(place, host, text(place, "First"))
    publish(place, host, text(place, "Second"))
    assert [each.text for each in host.comments[1:]] == [text(place, "Second")]


def test_of_runs_side_by_side_one_comment_stays(place: str, host: FakeHost) -> None:
    theirs = text(place, "Theirs")

    def another_run(n_lists: int) -> None:
        if n_lists == 2:  # it was written after this run looked, and before it wrote
            host.comments.insert(0, host.comments.pop())
            host.comments.insert(0, type(host.comments[0])(50, theirs))

    host.before_list = another_run
    assert publish(place, host, text(place, "Ours")).state == "renewed"
    assert [(each.number, each.text) for each in host.comments] == [(50, text(place, "Ours"))]


def test_what_another_run_removed_meanwhile_is_no_error(place: str, host: FakeHost) -> None:
    def another_run(n_lists: int) -> None:
        if n_lists == 2:  # it wrote one before, and removes that of this run
            host.comments.insert(0, Stored(50, text(place, "Theirs")))
            host.gone = {stored.number for stored in host.comments[1:]}

    host.before_list = another_run
    assert publish(place, host, text(place, "Ours")).state == "renewed"
    assert host.comments[0].text == text(place, "Ours")


def test_many_renewals_side_by_side_leave_one_comment(place: str, host: FakeHost) -> None:
    publish(place, host, text(place, "First"))
    with ThreadPoolExecutor(8) as pool:
        bodies = [text(place, f"Run {number}") for number in range(16)]
        states = list(pool.map(lambda body: publish(place, host, body).state, bodies))
    assert set(states) == {"renewed"}
    assert len(host.comments) == 1
    assert host.comments[0].text in bodies


def test_a_redacted_comment_is_not_replaced_by_one_with_texts_unless_told(
    place: str, host: FakeHost
) -> None:
    publish(place, host, text(place, "Hidden", redacted=True))
    with pytest.raises(PublishError, match=r"redacted.*give --force"):
        publish(place, host, text(place, "With texts"))
    assert "Hidden" in host.comments[0].text
    assert publish(place, host, text(place, "Hidden too", redacted=True)).state == "renewed"
    assert publish(place, host, text(place, "With texts"), force=True).state == "renewed"
    assert host.comments[0].text == text(place, "With texts")


def test_a_busy_host_is_asked_again(place: str, host: FakeHost) -> None:
    host.first_answers = [(429, {"Retry-After": "1"}), (503, {}), (502, {})]
    assert publish(place, host, text(place, "First")).state == "created"
    assert len(host.comments) == 1


def test_a_host_that_stays_busy_is_an_error_of_one_line(place: str, host: FakeHost) -> None:
    host.first_answers = [(503, {})] * 200
    with pytest.raises(PublishError) as caught:
        publish(place, host, text(place, "First"))
    assert "\n" not in str(caught.value)
    assert not host.comments


def test_a_limit_that_ends_later_is_said_at_once(place: str, host: FakeHost) -> None:
    later = str(int(time.time()) + 3000)
    limit = "RateLimit" if place == "gitlab-mr" else "X-RateLimit"
    used_up = {f"{limit}-Remaining": "0", f"{limit}-Reset": later}
    when = datetime.fromtimestamp(int(later), UTC).strftime("%H:%M UTC")
    status = 403 if place == "github-pr" else 429
    for headers in (used_up, {"Retry-After": "3000"}):
        host.first_answers = [(status, headers)]
        with pytest.raises(PublishError, match=r"until \d\d:\d\d UTC") as caught:
            publish(place, host, text(place, "First"))
        assert headers is not used_up or when in str(caught.value)
    assert not host.first_answers  # not asked again
    assert not host.comments


def test_a_closed_pull_request_is_said(place: str, host: FakeHost) -> None:
    host.is_open = False
    with pytest.raises(
        PublishError, match=r"https://\S+12: (closed|merged|completed); .*to publish there"
    ):
        publish(place, host, text(place, "First"))
    assert not host.comments


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_missing_right_is_named_and_no_token(place: str, host: FakeHost, status: int) -> None:
    host.refuses_writing = status
    with pytest.raises(PublishError) as caught:
        publish(place, host, text(place, "First"))
    message = str(caught.value)
    words = {401: "not valid", 403: "may not write", 404: "no such"}
    assert f"HTTP {status}" in message
    assert words[status] in message
    assert TOKEN not in message
    assert caught.value.__cause__ is None  # a traceback would show the request


def test_an_answer_that_quotes_the_token_is_shown_without_it(place: str, host: FakeHost) -> None:
    host.refuses_writing = 418
    with pytest.raises(PublishError) as caught:
        publish(place, host, text(place, "First"))
    assert "418" in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_what_the_environment_lacks_is_named(place: str, host: FakeHost) -> None:
    full, kind = variables(place, host), place_called(place)
    for name in kind.variables:
        left = {key: value for key, value in full.items() if key != name}
        with pytest.raises(UsageError, match=rf"\${name} is not set: "):
            publish_at(kind, Publication("report", "x"), left)
    optional = {"GITHUB_API_URL", "CI_SERVER_URL", "REPORTGEN_PULL_REQUEST"}
    assert set(full) - optional == set(kind.variables)


def test_a_host_that_is_not_there_is_one_line(place: str) -> None:
    with serving(place) as host:
        gone = variables(place, host)
    with pytest.raises(PublishError, match="cannot be reached") as caught:
        publish_at(place_called(place), Publication("report", text(place, "First")), gone)
    assert "\n" not in str(caught.value)


def test_on_github_the_event_says_which_pull_request(tmp_path: Path) -> None:
    events = (
        {"pull_request": {"number": 12}},
        {
            "workflow_run": {
                "head_repository": {"owner": {"login": "fork"}},
                "head_branch": "branch",
                "head_sha": "abc",
            }
        },
    )
    for number, event in enumerate(events):
        with serving("github-pr") as host:
            path = tmp_path / f"{number}.json"
            path.write_text(json.dumps(event))
            given = variables("github-pr", host) | {"GITHUB_EVENT_PATH": str(path)}
            del given["REPORTGEN_PULL_REQUEST"]
            body = text("github-pr", "First")
            publish_at(place_called("github-pr"), Publication("report", body), given)
            assert len(host.comments) == 1


def test_the_command_publishes_what_was_written_and_says_where(
    tmp_path: Path, place: str, host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables(place, host).items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "report.md"
    file.write_text(text(place, "First"), "utf-8")
    dry = call("publish", file, "--to", place, "--dry-run")
    assert dry.exit_code == 0
    assert dry.stdout == text(place, "First")
    assert "id report" in dry.stderr
    assert not host.comments
    done = call("publish", file, "--to", place)
    assert done.exit_code == 0, done.stderr
    assert done.stderr == f"{reportgen.publish(file, place).address}: created\n"
    assert TOKEN not in done.output


@pytest.mark.parametrize("flavor", ["github", "gitlab"])
def test_markdown_of_a_run_and_of_a_comparison_says_whether_it_is_redacted(
    tmp_path: Path, flavor: str
) -> None:
    for name in ("a", "b"):
        make_results(tmp_path / name)
    for command in (("render", tmp_path / "a"), ("compare", tmp_path / "a", tmp_path / "b")):
        for more in ((), ("--redact",)):
            options = ("--md-flavor", flavor, "--images", "none", "--force", *more)
            done = call(*command, "-o", tmp_path / "out.md", *options)
            assert done.exit_code == 0, done.stderr
            publication = read_publication(tmp_path / "out.md")
            assert publication.is_redacted == bool(more)
            assert publication.id == ("compare" if "compare" in command else "report")


def test_a_comment_has_neither_page_nor_title_nor_pictures(tmp_path: Path) -> None:
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "a b.svg").write_text("<svg/>")
    file = tmp_path / "report.md"
    file.write_text(text("github-pr", "![Layers](img/a%20b.svg)"), "utf-8")
    done = call("publish", file, "--to", "github-pr", "--dry-run")
    assert done.exit_code == 2
    assert "a comment takes none; write it with --images none" in done.stderr
    done = call("publish", file, "--to", "github-pr", "--title", "Report")
    assert done.exit_code == 2
    assert "a comment, which has none" in done.stderr


def test_a_file_for_another_host_or_of_another_program_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "report.md"
    for words, to, message in (
        ("# Notes\n", "github-pr", "not a text that reportgen wrote"),
        (text("github-pr", "First"), "mediawiki", "--title is missing"),
        (text("github-pr", "First"), "svn", "--to svn: not known; use one of github-pr, "),
    ):
        file.write_text(words, "utf-8")
        done = call("publish", file, "--to", to)
        assert done.exit_code == 2
        assert message in done.stderr
        assert done.stderr.count("\n") == 1
    assert call("publish", file).exit_code == 2
    assert call("publish", tmp_path / "no.md", "--to", "github-pr").exit_code == 2
