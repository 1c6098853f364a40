"""Pages of DokuWiki, by its library: against a server that keeps state, and a real wiki where one
is installed."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from xmlrpc.client import Fault

import pytest
from helpers.calling import call
from helpers.doku_wiki import FakeDokuWiki, serving
from helpers.made_up.factories import make_results
from helpers.places import ROOT
from helpers.real_wikis import serving_dokuwiki

import reportgen
from reportgen.errors import PublishError, UsageError
from reportgen.publishing import read_publication

TITLE, NAME = "Headlines, June", "headlines_june"
PASSWORD = "a-secret-of-the-job"
N_RUNS = 40


def name_it(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("DOKUWIKI_URL", address)
    monkeypatch.setenv("DOKUWIKI_USER", "me")
    monkeypatch.setenv("DOKUWIKI_PASSWORD", PASSWORD)


@pytest.fixture
def wiki(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDokuWiki]:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with serving(PASSWORD) as wiki:
        name_it(monkeypatch, f"{wiki.address}/doku.php")
        yield wiki


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page of a report and its pictures; redacted ones too."""
    folder = tmp_path_factory.mktemp("written")
    make_results(folder / "results")
    address = ("--page-url", "https://example.com/report.html")
    for name, more in (("page", ()), ("redacted", ("--redact",))):
        output = ("-o", folder / f"{name}.dokuwiki", "--images", "svg")
        done = call("render", folder / "results", *output, *address, *more)
        assert done.exit_code == 0, done.stderr
    return folder


def publish(written: Path, name: str = "page", **options: Any) -> Any:
    return reportgen.publish(written / f"{name}.dokuwiki", "dokuwiki", title=TITLE, **options)


def only(wiki: FakeDokuWiki) -> list[str]:
    """The versions of the one page."""
    assert set(wiki.pages) == {NAME}
    return list(wiki.pages[NAME].values())


def test_a_page_is_made_with_its_pictures_first_and_renewed(
    wiki: FakeDokuWiki, written: Path
) -> None:
    first = publish(written)
    assert (first.state, first.address) == ("created", f"{wiki.address}/doku.php?id={NAME}")
    text = (written / "page.dokuwiki").read_text("utf-8")
    assert only(wiki) == [text]
    names = set(re.findall(r"\{\{:(reportgen:report:page-[\w-]+\.svg)\?\d+\|", text))
    assert names
    assert set(wiki.files) == names
    for name, content in wiki.files.items():
        assert content == (written / "img" / name.rpartition(":")[2]).read_bytes()
    assert wiki.events == [*wiki.files, NAME]
    assert "**[[https://example.com/report.html|" in text.splitlines()[2]
    assert publish(written).state == "unchanged"
    wiki.pages[NAME][wiki.time()] = text.replace("=====", "===== By hand", 1)
    assert publish(written).state == "renewed"
    assert only(wiki)[-1] == text
    assert len(wiki.events) == len(names) + 2  # pictures that are the same are not sent again


def test_a_page_of_someone_else_and_a_redacted_one_are_left_unless_told(
    wiki: FakeDokuWiki, written: Path
) -> None:
    wiki.pages[NAME] = {1: "Minutes"}
    with pytest.raises(PublishError, match="did not write"):
        publish(written)
    assert not wiki.files
    assert publish(written, "redacted", force=True).state == "renewed"
    with pytest.raises(PublishError, match="redacted"):
        publish(written)
    assert read_publication(written / "redacted.dokuwiki").is_redacted
    assert not read_publication(written / "page.dokuwiki").is_redacted


def test_an_edit_in_between_is_seen_and_the_page_read_again(
    wiki: FakeDokuWiki, written: Path
) -> None:
    publish(written)
    text = only(wiki)[0]
    wiki.pages[NAME][wiki.time()] = text.replace("=====", "===== Older", 1)

    def someone_edits() -> None:
        wiki.before_lock = lambda: None
        wiki.pages[NAME][wiki.time()] = text.replace("=====", "===== By hand", 1)

    wiki.before_lock = someone_edits
    assert publish(written).state == "renewed"
    assert only(wiki)[-2:] == [text.replace("=====", "===== By hand", 1), text]
    wiki.pages[NAME][wiki.time()] = text.replace("=====", "===== Older", 1)
    wiki.before_lock = lambda: wiki.pages[NAME].update({wiki.time(): "Minutes"})
    with pytest.raises(PublishError, match="did not write"):
        publish(written)
    assert only(wiki)[-1] == "Minutes"


def test_no_version_of_the_same_second_is_replaced(wiki: FakeDokuWiki, written: Path) -> None:
    text = (written / "page.dokuwiki").read_text("utf-8")
    earlier = text.replace("=====", "===== Older", 1)
    wiki.pages[NAME] = {wiki.now + 3: earlier}
    assert publish(written).state == "renewed"
    assert only(wiki) == [earlier, text]


def test_what_another_run_replaces_in_the_same_second_is_written_again(
    wiki: FakeDokuWiki, written: Path
) -> None:
    publish(written)
    text = only(wiki)[0]
    theirs = text.replace("=====", "===== Theirs", 1)
    wiki.pages[NAME][wiki.time()] = text.replace("=====", "===== Older", 1)

    def another_run() -> None:
        wiki.after_put = lambda: None
        wiki.pages[NAME][wiki.now] = theirs

    wiki.after_put = another_run
    assert publish(written).state == "renewed"
    assert only(wiki)[-2:] == [theirs, text]


def test_who_is_editing_the_page_is_waited_for(wiki: FakeDokuWiki, written: Path) -> None:
    wiki.locked_by_other = 2
    assert publish(written).state == "created"
    wiki.locked_by_other = 1_000
    with pytest.raises(PublishError, match="someone is editing"):
        publish(written)


def test_what_is_missing_or_refused_is_named_in_one_line(
    wiki: FakeDokuWiki, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiki.right = 1
    with pytest.raises(PublishError, match="Edit, Create and Upload"):
        publish(written)
    wiki.right = 4
    with pytest.raises(PublishError, match=r"lacks them for reportgen:report:\*"):
        publish(written)
    assert not wiki.files
    wiki.right, wiki.fault = 16, Fault(134, "The page content was blocked")
    with pytest.raises(PublishError, match="blocked words"):
        publish(written)
    wiki.fault, wiki.first_answers = None, [403]
    with pytest.raises(PublishError, match="remoteuser"):
        publish(written)
    assert not wiki.pages
    wiki.first_answers = [503, 429]
    assert publish(written).state == "created"
    monkeypatch.setenv("DOKUWIKI_PASSWORD", "another-secret")
    with pytest.raises(PublishError, match="does not know") as caught:
        publish(written)
    assert "another-secret" not in str(caught.value)
    monkeypatch.setenv("DOKUWIKI_URL", "http://127.0.0.1:9")
    with pytest.raises(PublishError, match="cannot be reached") as caught:
        publish(written)
    assert "\n" not in str(caught.value)
    monkeypatch.setenv("DOKUWIKI_URL", "wiki.example.com")
    with pytest.raises(UsageError, match="not an address"):
        publish(written)


HOSTILE = (
    "{{:wiki:logo.png}} [[start|a]] ~~NOTOC~~ </nowiki><html>a</html> <code>b</code>",
    "| a ^ b | ====== c ====== **d** //e// %%f%% https://example.com ((g)) \\\\ h]]]]",
)


def test_all_that_comes_from_a_text_is_quoted(tmp_path: Path) -> None:
    make_results(tmp_path / "results", texts=HOSTILE, ids=("a]]b|c}}", "=="))
    output = ("-o", tmp_path / "page.dokuwiki", "--page-url", "https://example.com/[x]|y")
    done = call("render", tmp_path / "results", *output)
    assert done.exit_code == 0, done.stderr
    text = (tmp_path / "page.dokuwiki").read_text("utf-8")
    left = re.sub(r"<nowiki>.*?</nowiki>|(?<=\|)[^|]*(?=\}\}\n)", "", text, flags=re.DOTALL)
    for part in ("logo", "NOTOC", "<", "((", "//e//", "%%f", "a]]b", "^ b", "]]]"):
        assert part not in left
    left = re.sub(r"^  [^ *].*$", "", left, flags=re.MULTILINE)  # the command
    assert left.count("https://example.com") == left.count("[[https://example.com/%5Bx%5D%7Cy")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real DokuWiki, of Debian's package, without pages."""
    accounts = {"me": PASSWORD, "reader": "another-secret"}
    with serving_dokuwiki(tmp_path_factory.mktemp("dokuwiki"), accounts) as address:
        yield address


@pytest.mark.whole
def test_a_real_wiki_has_the_page_its_pictures_and_no_markup_of_a_text(
    real: str, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_it(monkeypatch, real)
    assert publish(written).state == "created"
    assert publish(written).state == "unchanged"
    make_results(tmp_path / "results", texts=HOSTILE)
    for texts in (HOSTILE, None):
        name = tmp_path / f"{'many' if texts is None else 'two'}.dokuwiki"
        if texts:
            done = call("render", tmp_path / "results", "-o", name)
        else:
            file = ROOT / "sample_inputs" / "hostile.jsonl"
            done = call("run", file, "-m", "demo", "--evidence", "none", "-o", name)
        assert done.exit_code == 0, done.stderr
        made = reportgen.publish(name, "dokuwiki", title=name.stem)
        with urlopen(f"{made.address}&do=export_xhtmlbody") as answer:
            html = answer.read().decode()
        text = name.read_text("utf-8")
        assert html.count("<img") == text.count("{{:reportgen:")
        assert "<table" in html
        assert "nowiki" not in html.replace("&lt;/nowiki&gt;", "")
        for markup in ("<script", "wikilink2", "<sup", "<em>", "NOTOC"):
            assert markup not in html.replace("~~NOTOC~~", "")


@pytest.mark.whole
def test_of_many_runs_side_by_side_on_a_real_wiki_no_version_is_lost(
    real: str, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dokuwiki import DokuWiki

    name_it(monkeypatch, real)
    (tmp_path / "img").symlink_to(written / "img")
    text = (written / "redacted.dokuwiki").read_text("utf-8")
    for number in range(N_RUNS):
        (tmp_path / f"{number}.dokuwiki").write_text(f"{text}\nRun {number} ends.\n", "utf-8")
    with ThreadPoolExecutor(16) as pool:
        files = [tmp_path / f"{number}.dokuwiki" for number in range(N_RUNS)]
        list(pool.map(lambda file: reportgen.publish(file, "dokuwiki", title="Many"), files))
    wiki = DokuWiki(real, "me", PASSWORD, cookieAuth=True)
    texts = [wiki.pages.get("many")]
    offset = 0
    while listed := wiki.pages.versions("many", offset):  # a part at a time, the newest first
        texts += [wiki.pages.get("many", each["version"]) for each in listed]
        offset += len(listed)
    kept = {found for each in texts for found in re.findall(r"Run (\d+) ends", each)}
    assert kept == {str(number) for number in range(N_RUNS)}


@pytest.mark.whole
def test_who_may_only_read_a_real_wiki_is_told_what_is_missing(
    real: str, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_it(monkeypatch, real)
    monkeypatch.setenv("DOKUWIKI_USER", "reader")
    monkeypatch.setenv("DOKUWIKI_PASSWORD", "another-secret")
    with pytest.raises(PublishError, match="Edit, Create and Upload"):
        reportgen.publish(written / "page.dokuwiki", "dokuwiki", title="Another")
