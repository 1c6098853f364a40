"""Pages of wikis: one per id, its files first, no edit lost unseen."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from helpers.calling import call
from helpers.hosts import TOKEN, FakeHost, StoredPage, serving, variables
from helpers.made_up.factories import make_results

import reportgen
from reportgen.errors import PublishError

TITLE = "Headlines, June"


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHost]:
    with serving("confluence") as host:
        for name, value in variables("confluence", host).items():
            monkeypatch.setenv(name, value)
        yield host


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page of a report, its pictures and the full page; redacted ones too."""
    folder = tmp_path_factory.mktemp("written")
    make_results(folder / "results")
    for name, more in (("page", ()), ("redacted", ("--redact",))):
        outputs = ("-o", folder / f"{name}.xml", "-o", folder / f"{name}.html")
        done = call("render", folder / "results", *outputs, "--images", "svg", *more)
        assert done.exit_code == 0, done.stderr
    return folder


def publish(written: Path, name: str = "page", **options):
    page = written / f"{name}.html"
    return reportgen.publish(
        written / f"{name}.xml", "confluence", page=page, title=TITLE, **options
    )


def test_a_page_is_made_with_its_files_first_and_renewed(host: FakeHost, written: Path) -> None:
    first = publish(written)
    assert (first.state, first.address) == ("created", "https://wiki.example.com/x/77")
    text = (written / "page.xml").read_text("utf-8")
    shown = set(re.findall(r'ri:filename="([^"]+)"', text))
    assert shown
    assert host.page is not None
    assert set(host.page.files) == {*shown, "page.html"}
    for name in shown:
        assert host.page.files[name][0].startswith((written / "img" / name).read_bytes()[:1_000])
    assert host.events == [*(f"file {name}" for name in host.page.files), "text"]
    begin, end = host.page.texts  # what was made to hold the files, and the text
    assert begin == text.partition("</p>")[0] + "</p>"
    link = ' · <ac:link><ri:attachment ri:filename="page.html"/></ac:link></p>'
    marked, verdict, rest = text.split("</p>", 2)
    assert "<strong>" in verdict
    assert end == f"{marked}</p>{verdict}{link}{rest}"
    again = publish(written)
    assert (again.state, again.address) == ("renewed", first.address)
    assert len(host.page.texts) == 3
    assert {len(versions) for versions in host.page.files.values()} == {2}


def test_a_page_of_someone_else_is_left_unless_told(host: FakeHost, written: Path) -> None:
    other = (written / "page.xml").read_text("utf-8").replace("reportgen-report", "reportgen-june")
    for text, words in (("<p>Minutes</p>", "did not write"), (other, "--id june, not of report")):
        host.page = StoredPage(TITLE, [text])
        with pytest.raises(PublishError, match=words):
            publish(written)
        assert host.page.texts == [text]
        assert not host.page.files
        assert publish(written, force=True).state == "renewed"


def test_a_redacted_page_gets_no_texts_unless_told(host: FakeHost, written: Path) -> None:
    publish(written, "redacted")
    with pytest.raises(PublishError, match=r"redacted.*give --force"):
        publish(written)
    assert publish(written, "redacted").state == "renewed"
    assert publish(written, force=True).state == "renewed"


def test_an_edit_in_between_is_seen_and_the_page_read_again(host: FakeHost, written: Path) -> None:
    publish(written)
    page = host.page
    assert page is not None

    def someone_edits() -> None:
        host.before_write = lambda: None
        page.texts.append(page.texts[-1].replace("</p>", "</p><p>By hand.</p>", 1))

    host.before_write = someone_edits  # after the page was read
    n_reads = host.n_lists
    assert publish(written).state == "renewed"
    assert host.n_lists == n_reads + 2
    assert len(page.texts) == 4
    assert "By hand." in page.texts[-2]  # as an earlier version it is kept
    assert "By hand." not in page.texts[-1]


def test_a_page_that_someone_else_makes_in_between_is_not_replaced(
    host: FakeHost, written: Path
) -> None:
    def someone_writes() -> None:
        page = host.page
        assert page is not None
        page.texts.append("<p>Minutes</p>")

    publish(written)
    host.before_write = someone_writes
    with pytest.raises(PublishError, match="did not write"):
        publish(written)
    assert host.page is not None
    assert host.page.texts[-1] == "<p>Minutes</p>"


def test_of_many_runs_side_by_side_no_version_is_lost(
    host: FakeHost, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # so that they wait
    for name, value in variables("confluence", host).items():
        monkeypatch.setenv(name, value)
    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(lambda _: publish(written).state, range(10)))
    assert host.page is not None
    assert states.count("created") == 1
    assert set(states) <= {"created", "renewed"}
    assert len(host.page.texts) == 1 + len(states)


@pytest.mark.parametrize(("status", "words"), [(403, "Add Page"), (413, "--max-size")])
def test_a_missing_right_and_a_limit_are_named(
    host: FakeHost, written: Path, status: int, words: str
) -> None:
    host.refuses_writing = status
    with pytest.raises(PublishError, match=words) as caught:
        publish(written)
    assert TOKEN not in str(caught.value)
    assert host.page is None


def test_where_a_file_is_refused_no_empty_page_is_left(host: FakeHost, written: Path) -> None:
    host.refuses_files = 413
    with pytest.raises(PublishError, match="--max-size"):
        publish(written)
    assert host.page is None
    host.refuses_files = 0
    publish(written)
    host.refuses_files = 413
    with pytest.raises(PublishError, match="--max-size"):
        publish(written)
    assert host.page is not None  # an earlier run's stays as it was
    assert len(host.page.texts) == 2


def test_the_command_wants_a_title_and_says_what_it_would_send(
    host: FakeHost, written: Path
) -> None:
    command = ("publish", written / "page.xml", "--to", "confluence")
    done = call(*command)
    assert done.exit_code == 2
    assert "--title is missing" in done.stderr
    done = call(*command, "--title", TITLE, "--page", written / "page.html", "--dry-run")
    assert done.exit_code == 0
    assert "img/page-" in done.stderr
    assert "page.html; nothing sent" in done.stderr
    assert host.page is None
    done = call(*command, "--title", TITLE)
    assert done.stderr == "https://wiki.example.com/x/77: created\n"
