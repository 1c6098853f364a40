import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from helpers.calling import call

GATE = {"expression": "label_mae > 1", "level": "fail", "passed": False}


def report(folder: Path, name: str, created: str = "2026-01-31", **more: object) -> Path:
    """A page and the summary beside it."""
    place = folder / name
    place.mkdir(parents=True)
    (place / "report.html").write_text("the page")
    summary = {
        "schema_version": 1,
        "created": created,
        "title": None,
        "provenance": {"model": "m"},
        "quality": {"decided_by": "mae", "figure": "label_mae", "value": 0.123456},
        "figures": {"n_texts": 12, "label_mae": 0.123456, "label_r2": None},
        "gates": [],
        **more,
    }
    (place / "summary.json").write_text(json.dumps(summary), "utf-8")
    return place


def rows(folder: Path) -> list[dict[str, str]]:
    page = BeautifulSoup((folder / "index.html").read_text("utf-8"), "html.parser")
    heads = [head.get_text() for head in page.select("thead th")]
    return [
        dict(
            zip(
                heads,
                (cell.get_text(" ", strip=True) for cell in row.select("td, th")),
                strict=True,
            )
        )
        | {"link": row.a["href"]}
        for row in page.select("tbody tr")
    ]


def test_the_newest_report_comes_first_with_its_figure_and_gates(tmp_path: Path) -> None:
    report(tmp_path, "ck-200")
    report(tmp_path, "ck-1000", gates=[GATE, GATE | {"passed": True}])
    report(tmp_path, "old", "2025-12-01", quality=None, title="<b>Old & slow</b>")
    done = call("site", tmp_path)
    assert done.exit_code == 0, done.stderr
    assert f"{tmp_path}/index.html: 3 reports" in done.stderr
    first, second, last = rows(tmp_path)
    assert first == {
        "date": "2026-01-31",
        "report": "ck-1000",
        "model": "m",
        "texts": "12 texts",
        "quality": "mae 0.123",
        "gates": "1 of 2 failed: label_mae > 1",
        "link": "ck-1000/report.html",
    }
    assert (second["report"], second["gates"]) == ("ck-200", "")
    assert (last["report"], last["quality"]) == ("<b>Old & slow</b>", "")


def test_a_list_is_written_again_and_no_other_page_is_replaced(tmp_path: Path) -> None:
    report(tmp_path, "a b")
    assert call("site", tmp_path).exit_code == 0
    (tmp_path / "trend.html").write_text("a comparison")
    done = call("site", tmp_path, "--lang", "ja", "--title", "見出し")
    assert done.exit_code == 0, done.stderr
    page = BeautifulSoup((tmp_path / "index.html").read_text("utf-8"), "html.parser")
    assert page.h1.get_text() == "見出し"
    links = [link["href"] for link in page.select("a")]
    assert links == ["trend.html", "a%20b/report.html"]
    (tmp_path / "index.html").write_text("mine")
    assert call("site", tmp_path).exit_code == 2
    assert (tmp_path / "index.html").read_text() == "mine"
    assert call("site", tmp_path, "--force").exit_code == 0
    assert len(rows(tmp_path)) == 1


def test_a_link_leads_to_the_page_of_the_summary(tmp_path: Path) -> None:
    place = report(tmp_path, "one")
    (place / "report.html").rename(place / "mine.html")
    (place / "summary.json").rename(place / "mine-summary.json")
    other = report(tmp_path, "two")
    (other / "report.html").unlink()
    assert call("site", tmp_path).exit_code == 0
    assert [row["link"] for row in rows(tmp_path)] == ["two/summary.json", "one/mine.html"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not a summary that reportgen wrote"),
        (b'{"created": 1}', "not a summary that reportgen wrote"),
        (b"[" * 9999, "not a summary that reportgen wrote"),
        (None, "of another version; write it again"),
    ],
)
def test_a_summary_that_cannot_be_read_is_named(tmp_path: Path, content, said: str) -> None:
    report(tmp_path, "good")
    bad = report(tmp_path, "bad", schema_version=0) / "summary.json"
    if content is not None:
        bad.write_bytes(content)
    done = call("site", tmp_path)
    assert done.exit_code == 0
    assert f"left out: {bad}: {said}" in done.stderr
    assert [row["report"] for row in rows(tmp_path)] == ["good"]


def test_a_folder_without_reports_is_an_error(tmp_path: Path) -> None:
    done = call("site", tmp_path)
    assert done.exit_code == 2
    assert f"{tmp_path}: no summary.json in it" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_report_of_today_is_listed(tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(f"headline number {n}" for n in range(6)))
    place = tmp_path / "public/1"
    outputs = ("-o", place / "report.html", "-o", place / "summary.json")
    gates = ("--warn-if", "n_texts < 9")
    asked = ("--model", "demo", "--evidence", "none", *gates)
    assert call("run", texts, *asked, *outputs).exit_code == 0
    assert call("site", tmp_path / "public").exit_code == 0
    (row,) = rows(tmp_path / "public")
    assert (row["texts"], row["gates"]) == ("6 texts", "1 of 1 warned: n_texts < 9")
