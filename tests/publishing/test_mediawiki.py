"""Pages of MediaWiki, by mwclient: against a server that keeps state, and a real wiki where one is
installed."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from helpers.calling import call
from helpers.made_up.factories import make_results
from helpers.media_wiki import FakeWiki, serving
from helpers.places import ROOT
from helpers.real_wikis import serving_mediawiki

import reportgen
from reportgen.errors import PublishError
from reportgen.publishing import read_publication

TITLE = "Headlines, June"
PASSWORD = "a-secret-of-the-job"


def name_it(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("MEDIAWIKI_URL", address)
    monkeypatch.setenv("MEDIAWIKI_USER", "Me")
    monkeypatch.setenv("MEDIAWIKI_PASSWORD", PASSWORD)


@pytest.fixture
def wiki(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeWiki]:
    with serving(PASSWORD) as wiki:
        name_it(monkeypatch, f"{wiki.address}/w/")
        yield wiki


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page of a report and its pictures; redacted ones too."""
    folder = tmp_path_factory.mktemp("written")
    make_results(folder / "results")
    for name, more in (("page", ()), ("redacted", ("--redact",))):
        output = ("-o", folder / f"{name}.wiki", "--images", "png")
        done = call("render", folder / "results", *output, *more)
        assert done.exit_code == 0, done.stderr
    return folder


def publish(written: Path, name: str = "page", **options: Any) -> Any:
    return reportgen.publish(written / f"{name}.wiki", "mediawiki", title=TITLE, **options)


def test_a_page_is_made_with_its_pictures_first_and_renewed(wiki: FakeWiki, written: Path) -> None:
    first = publish(written)
    assert first.state == "created"
    assert first.address == f"{wiki.address}/wiki/Headlines%2C_June"
    text = (written / "page.wiki").read_text("utf-8")
    assert wiki.pages[TITLE] == [text]
    names = set(re.findall(r"\[\[File:(Reportgen-report-page-[\w-]+\.png)\|", text))
    assert names
    assert set(wiki.files) == names
    for name, content in wiki.files.items():
        own = written / "img" / name.removeprefix("Reportgen-report-")
        assert content == own.read_bytes()
    assert wiki.events == [*wiki.files, TITLE]
    assert publish(written).state == "unchanged"
    wiki.pages[TITLE].append(text.replace("==", "== By hand", 1))
    assert publish(written).state == "renewed"
    assert wiki.pages[TITLE][-1] == text


def test_a_page_of_someone_else_and_a_redacted_one_are_left_unless_told(
    wiki: FakeWiki, written: Path
) -> None:
    wiki.pages[TITLE] = ["Minutes"]
    with pytest.raises(PublishError, match="did not write"):
        publish(written)
    assert not wiki.files
    assert publish(written, "redacted", force=True).state == "renewed"
    with pytest.raises(PublishError, match="redacted"):
        publish(written)
    assert read_publication(written / "redacted.wiki").is_redacted


@pytest.mark.parametrize("is_there", [False, True])
def test_an_edit_in_between_is_seen_and_the_page_read_again(
    wiki: FakeWiki, written: Path, is_there: bool
) -> None:
    text = (written / "page.wiki").read_text("utf-8")
    if is_there:
        wiki.pages[TITLE] = [text.replace("==", "== Older", 1)]

    def someone_edits() -> None:
        wiki.before_edit = lambda: None
        wiki.pages.setdefault(TITLE, []).append(text.replace("==", "== By hand", 1))

    wiki.before_edit = someone_edits
    assert publish(written).state == "renewed"
    assert wiki.pages[TITLE][-2:] == [text.replace("==", "== By hand", 1), text]
    wiki.before_edit = lambda: wiki.pages[TITLE].append("Minutes")
    wiki.pages[TITLE].append(text.replace("==", "== Older", 1))
    with pytest.raises(PublishError, match="did not write"):
        publish(written)
    assert wiki.pages[TITLE][-1] == "Minutes"


@pytest.mark.parametrize(
    ("code", "words"),
    [("permissiondenied", "bot password the grants"), ("uploaddisabled", "--images none")],
)
def test_what_the_wiki_refuses_is_named(
    wiki: FakeWiki, written: Path, code: str, words: str
) -> None:
    wiki.refuses = code
    with pytest.raises(PublishError, match=words) as caught:
        publish(written)
    assert PASSWORD not in str(caught.value)
    assert TITLE not in wiki.pages


def test_a_picture_that_another_run_uploads_in_the_same_second_is_sent_again(
    wiki: FakeWiki, written: Path
) -> None:
    wiki.refuses_once = ["backend-fail-alreadyexists"]
    assert publish(written).state == "created"
    assert not wiki.refuses_once
    assert set(wiki.files) == set(wiki.events[:-1])


def test_a_missing_right_is_found_before_a_picture_is_sent(wiki: FakeWiki, written: Path) -> None:
    for rights in (("read", "upload"), ("read", "edit")):
        wiki.rights = rights
        with pytest.raises(PublishError, match="bot password the grants"):
            publish(written)
    wiki.rights, wiki.protection = ("read", "edit", "upload"), "sysop"
    with pytest.raises(PublishError, match="protected"):
        publish(written)
    assert not wiki.events


def test_a_wrong_password_is_one_line_without_it(
    wiki: FakeWiki, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIAWIKI_PASSWORD", "another-secret")
    with pytest.raises(PublishError, match="does not know") as caught:
        publish(written)
    assert "another-secret" not in str(caught.value)


def test_all_that_comes_from_a_text_is_quoted(tmp_path: Path) -> None:
    hostile = (
        "{{delete}} [[File:Reportgen-report-x|a]] ~~~~ </nowiki><script>a</script>",
        "| a || b |} == c == '''d''' https://example.com __TOC__",
    )
    make_results(tmp_path / "results", texts=hostile)
    done = call("render", tmp_path / "results", "-o", tmp_path / "page.wiki")
    assert done.exit_code == 0, done.stderr
    text = (tmp_path / "page.wiki").read_text("utf-8")
    left = re.sub(r"<nowiki>.*?</nowiki>|<pre>.*?</pre>", "", text, flags=re.DOTALL)
    for part in ("{{", "~~~", "script", "__", "https:", "== c", "'''", "||", "delete", "report-x"):
        assert part not in left
    assert all(
        path.startswith("img/page-") for path in read_publication(tmp_path / "page.wiki").files
    )


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real MediaWiki, of Debian's package, with an empty database."""
    with serving_mediawiki(tmp_path_factory.mktemp("mediawiki"), PASSWORD) as address:
        yield address


@pytest.mark.whole
def test_of_many_runs_side_by_side_on_a_real_wiki_no_version_is_lost(
    real: str, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mwclient

    name_it(monkeypatch, real)
    (tmp_path / "img").symlink_to(written / "img")
    text = (written / "redacted.wiki").read_text("utf-8")
    files = [tmp_path / f"{number}.wiki" for number in range(40)]
    for file in files:
        file.write_text(f"{text}\nRun {file.stem} ends.\n", "utf-8")
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda file: reportgen.publish(file, "mediawiki", title="Many"), files))
    parts = real.removeprefix("http://").rstrip("/")
    page = mwclient.Site(parts, path="/", scheme="http").pages["Many"]
    versions = list(page.revisions(prop="ids|content"))
    kept = {found for each in versions for found in re.findall(r"Run (\d+) ends", str(each))}
    assert len(versions) == len(kept) == len(files)


@pytest.mark.whole
def test_a_real_wiki_has_the_page_its_pictures_and_no_markup_of_a_text(
    real: str, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mwclient

    name_it(monkeypatch, real)
    assert publish(written).state == "created"
    assert publish(written).state == "unchanged"
    options = ("--evidence", "none", "--images", "png", "-o", tmp_path / "hostile.wiki")
    done = call("run", ROOT / "sample_inputs" / "hostile.jsonl", "-m", "demo", *options)
    assert done.exit_code == 0, done.stderr
    reportgen.publish(tmp_path / "hostile.wiki", "mediawiki", title="Hostile")
    parts = real.removeprefix("http://").rstrip("/")
    site = mwclient.Site(parts, path="/", scheme="http")
    for title in (TITLE, "Hostile"):
        html = site.get("parse", page=title, prop="text")["parse"]["text"]["*"]
        assert html.count("<img") == len(re.findall(r"\[\[File:", site.pages[title].text()))
        assert "wikitable" in html
        assert "<script" not in html
        assert "/index.php?title=Template:" not in html
        assert "nowiki" not in html
