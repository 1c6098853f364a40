"""A site of reports: what is written, what is left as it is, and what is refused."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.calling import call
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.labelled import classes_with_labels
from helpers.made_up.number_items import number_fits
from helpers.made_up.sites import list_of, made, make_pages_once, trend_of, write
from helpers.real.planted import planted, traces

from reportgen.api.site import writer
from reportgen.comparison.quality import Outputs, judged
from reportgen.errors import ResultsError, UsageError
from reportgen.files import lock as lock_folder
from reportgen.findings import Findings, Judging
from reportgen.report import (
    Document,
    Pair,
    SiteOptions,
    load_language,
    make_entry,
    read_site,
    redacted_info,
    series_of,
    verdicts,
    write_index,
)
from reportgen.report.language import LANGUAGES, written
from reportgen.report.sections import verdict_of
from reportgen.report.site import all_series, figure_name
from reportgen.results import OutputInfo, name_commit, open_results

EN = load_language("en")
# What is said of a table of 8 bytes in place of the one that results.json lists.
OTHER = (
    "damaged, or of another run: it has 8 bytes, and results.json lists {}; run `reportgen "
    "analyze` again"
)
GATES = ("--fail-if", "n_texts < 1", "--warn-if", "label_mae > 0")


@pytest.fixture(scope="module", autouse=True)
def pages() -> Iterator[dict[str, Document]]:
    with pytest.MonkeyPatch.context() as patch:
        yield make_pages_once(patch)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three checkpoints on the same texts, and a classifier on others; not in order of time."""
    place = tmp_path_factory.mktemp("results")
    return [
        made(place / "ck-1000", "2026-02-01", seed=2, evidence="basic"),
        made(place / "ck-200", "2026-02-01", seed=1),
        made(place / "classes", "2026-01-15", kind="class", labels=None),
        made(place / "ck-100", "2026-01-31", seed=0),
    ]


@pytest.fixture(scope="module")
def site(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "public"
    done = call("site", *runs, "-o", folder, *GATES, "--workers", 1)
    assert done.exit_code == 0, done.output
    assert f"{folder}/index.html: 4 reports, 4 of them written now; 2 comparisons" in done.stderr
    return folder


def test_each_run_has_a_row_the_newest_first_with_its_figures(site, runs) -> None:
    page = list_of(site)
    rows = page.select(".runs tbody tr")
    assert [row.th.get_text() for row in rows] == ["ck-1000", "ck-200", "ck-100", "classes"]
    heads = [head.get_text() for head in page.select(".runs thead th")]
    for row in rows:
        (folder,) = (run for run in runs if run.name == row.th.get_text())
        cells = dict(
            zip(heads, (cell.get_text() for cell in row.find_all(["td", "th"])), strict=True)
        )
        figures, info = Findings(open_results(folder)).figures, open_results(folder).info
        mae = figures["label_mae"]
        shown, *ends = re.split(r" \[|, |\]", cells["mean absolute error"])
        assert shown == ("–" if mae is None else EN.write(mae, "number"))
        for end, name in zip(ends, ("low", "high"), strict=False):
            assert abs(float(end) - figures[f"label_mae_{name}"]) < 0.005
        assert len(ends) == (0 if mae is None else 3)  # and what stands behind the bracket
        share = EN.percent(figures["special_share_mean"])
        assert cells["attention on special tokens"] == share
        assert cells["date"] == info.created
        assert cells["texts"].startswith(f"{len(HEADLINES)} texts")
        found = "–" if mae is None else f"{mae:.3g}"
        assert cells["gates"] == f"1 of 2 warned label_mae {found}"


def test_every_link_leads_to_a_page_of_the_site(site) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) == 9  # the list, the latest, four reports, two comparisons and a trend
    for path in pages:
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for tag in page.select("[href], [src]"):
            address = tag.get("href") or tag.get("src")
            if not re.match(r"#|data:|https:", address):
                name, _, id = address.partition("#")
                assert (path.parent / name).is_file(), (path, address)
                assert not id or f'id="{id}"' in (path.parent / name).read_text("utf-8"), address
    assert "ck-1000" in (site / "latest" / "index.html").read_text("utf-8")
    for path in site.glob("runs/*/index.html"):
        assert "../../index.html" in path.read_text("utf-8")


def test_runs_on_the_same_texts_are_compared_and_drawn_over_time(site) -> None:
    pairs = sorted(re.sub(r"-[0-9a-f]{8}", "", path.stem) for path in site.glob("compare/*"))
    assert pairs == [
        "2026-01-31-ck-100..2026-02-01-ck-200",
        "2026-02-01-ck-200..2026-02-01-ck-1000",
    ]
    page = list_of(site)
    assert [head.get_text() for head in page.select("section h3")] == [
        f"3 runs on made.txt ({len(HEADLINES)} texts)"
    ]
    for trend in page.select(".trends tbody tr"):
        n_known = 1 if "agreement" in trend.get_text() else 3
        assert len(trend.find_all("circle")) == n_known, trend.get_text()


def test_where_runs_stand_is_the_last_run_its_change_and_the_best(site, runs) -> None:
    page = list_of(site)
    by_name = {run.name: Findings(open_results(run)).figures for run in runs}
    errors = {name: own["label_mae"] for name, own in by_name.items() if name != "classes"}
    rows = {row.th.get_text(): row.find_all("td") for row in page.select(".trends tbody tr")}
    value, change, best, _ = rows["mean absolute error"]
    new, old = errors["ck-1000"], errors["ck-200"]
    assert value.get_text().startswith(f"{EN.write(new, 'number')} [")
    size, verdict = change.get_text().split(maxsplit=1)
    assert abs(float(size.replace("−", "-")) - (new - old)) < 0.005
    assert verdict == "unclear"  # six texts cannot tell
    named = {name for name, error in errors.items() if error <= 1.05 * min(errors.values())}
    assert named == {"ck-100"}
    (path,) = site.glob("compare/*ck-100*..*ck-200*")
    assert "Unclear: " in path.read_text("utf-8")
    named.add("ck-200")  # which is as good for all that their comparison says
    of_errors = '[data-label="mean absolute error"] b'
    bold = {row.th.get_text() for row in page.select(".runs tbody tr") if row.select(of_errors)}
    assert bold == named < errors.keys()
    last = next(name for name in ("ck-1000", "ck-200", "ck-100") if name in named)
    assert best.b.get_text() == EN.write(errors[last], "number")
    assert best.small.get_text() == ("this run" if last == "ck-1000" else last)
    said = page.select_one(".standing .said").get_text()
    (path,) = site.glob("compare/*ck-200*..*ck-1000*")
    headline = (
        BeautifulSoup(path.read_text("utf-8"), "html.parser").select_one(".headline").get_text()
    )
    assert said.startswith("Since ck-200: ")
    assert " ".join(headline.split())[:40] in " ".join(said.split())
    gates = page.select_one(".standing .gate").get_text().split()
    assert " ".join(gates) == f"Gates: 1 of 2 warned label_mae {new:.3g} (allowed: at most 0)"


def test_only_what_changed_is_written(site, runs, tmp_path) -> None:
    site = Path(shutil.copytree(site, tmp_path / "public"))
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in site.rglob("*.*")}
    assert call("site", *reversed(runs), "-o", site, *GATES).exit_code == 0
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in before} == before
    new = made(tmp_path / "ck-2000", "2026-02-02", seed=5)
    done = call("site", new, runs[0], "-o", site, *GATES)
    assert "5 reports, 1 of them written now; 3 comparisons" in done.stderr
    written = {
        path.relative_to(site).parts[0] for path in before if path.read_bytes() != before[path][0]
    }
    assert written == {"index.html", "latest", "site.json"}
    assert "ck-2000" in (site / "latest" / "index.html").read_text("utf-8")


def test_the_same_bytes_in_any_order_and_from_two_processes(
    site, runs, pages, tmp_path, monkeypatch
) -> None:
    pages.clear()
    monkeypatch.setattr(writer, "_FEW", 1)
    done = call("site", *reversed(runs), "-o", tmp_path / "public", *GATES, "--workers", 2)
    assert done.exit_code == 0, done.output
    found = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
        for folder in (site, tmp_path / "public")
    ]
    assert found[0] == found[1]


def test_runs_are_compared_with_the_first_or_not_at_all(runs, tmp_path) -> None:
    write(tmp_path / "first", runs, against="first", lang="ja")
    bases = {path.name.split("..")[0] for path in (tmp_path / "first").glob("compare/*")}
    assert len(bases) == 1
    assert "レポート一覧" in next((tmp_path / "first").glob("compare/*")).read_text("utf-8")
    words, page = trend_of(tmp_path / "first")
    assert words == "すべての実行の推移を見る"
    assert page.h1.get_text() == "ck-100 → ck-1000：3回の実行"
    write(tmp_path / "none", runs[:2], against="none")
    assert not (tmp_path / "none" / "compare").exists()


def test_what_cannot_be_read_is_named_and_the_rest_is_built(runs, tmp_path) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "results.json").write_text('{"schema_version": 99}', "utf-8")
    damaged = Path(shutil.copytree(runs[2], tmp_path / "damaged"))
    (damaged / "texts.parquet").write_bytes(b"no table")
    link = tmp_path / "again"
    link.symlink_to(runs[0])
    done = call("site", runs[0], bad, link, damaged, "-o", tmp_path / "public")
    assert done.exit_code == 5
    said = done.stderr.splitlines()
    assert call("site", runs[0], bad, "-o", tmp_path / "public").exit_code == 5
    assert call("site", runs[0], "-o", tmp_path / "public").exit_code == 0
    shutil.rmtree(tmp_path / "public")
    assert write(tmp_path / "public", [runs[0], bad, link, damaged]) == said
    assert said[0].startswith(f"left out: {bad}/results.json: schema 99 is newer")
    assert said[1] == f"{link}: the same run as {runs[0]}, so it is there once"
    assert "1 report, 1 of them written now; 0 comparisons" in said[-1]
    assert any(line.startswith(f"left out: {damaged}/texts.parquet: ") for line in said)
    moved = Path(shutil.copytree(runs[0], tmp_path / "moved"))
    assert "1 report, 0 of them written now" in write(tmp_path / "public", [moved])[-1]
    with pytest.raises(ResultsError, match="no report was written: left out: "):
        write(tmp_path / "other", [bad])
    assert not (tmp_path / "other").exists()


def test_a_damaged_run_leaves_no_gap_and_one_taken_away_no_page(runs, tmp_path) -> None:
    middle = Path(shutil.copytree(runs[1], tmp_path / "ck-200"))
    (middle / "agreement.parquet").write_bytes(b"no table")  # which no comparison reads
    site = tmp_path / "public"
    said = write(site, [runs[3], middle, runs[0]])
    assert [line for line in said if str(middle) in line] == [
        f"left out: {middle}/agreement.parquet: {OTHER.format(540)}"
    ]
    assert any(line.startswith("2 reports: Texts 2–6: figures only") for line in said)
    assert "2 reports, 2 of them written now; 1 comparison" in said[-1]
    (pair,) = site.glob("compare/*")
    (newest,) = site.glob("runs/*ck-1000*/index.html")
    assert f"../../compare/{pair.name}" in newest.read_text("utf-8")
    (oldest,) = site.glob("runs/*ck-100-*")
    shutil.rmtree(oldest)
    assert "1 report, 1 of them written now" in write(site, [runs[0]])[-1]
    assert list(site.glob("compare/*")) == []
    assert oldest.name not in newest.read_text("utf-8")


def test_better_and_worse_are_what_the_comparison_finds_or_counts_say(site) -> None:
    known = read_site(site)
    old, new = (
        replace(
            known.entries[-1],
            id=id,
            figures={"label_accuracy": 0.8, "label_mae": error, "perplexity": error, "n_failed": n},
        )
        for id, error, n in (("a", 0.1, 2), ("b", 0.2, 1))
    )
    errors = np.linspace(-1, 1, 12)
    fits = number_fits(errors, 2 * errors, np.zeros(12))
    quality = judged(fits, Outputs(OutputInfo("number", "score"), True, False), Judging())
    own = {"label_mae": "worse", "label_rmse": "worse", "label_bias": "unclear"}
    assert verdicts(quality) == own
    assert verdicts(None) == {}
    pair = Pair("a", "b", "", verdicts={**verdicts(quality), "perplexity": "unclear"})
    for pairs, told in (
        ((pair,), {"label_mae": "worse", "perplexity": "unclear"}),
        ((replace(pair, base="earlier"),), {}),  # the change is since the run before
        ((), {}),
    ):
        names = {"earlier": replace(old, id="earlier", series="other")}
        own = replace(known, entries=(*names.values(), old, new), pairs=pairs, trends=())
        (series,) = all_series(own, Judging(), EN)
        found = {each.name: each.verdict for each in series.figures if each.verdict}
        assert found == {figure_name(key, EN): v for key, v in told.items()} | {
            "failed texts": "better"
        }
        assert series.main is series.figures[0]


def test_the_figure_that_decides_and_the_smallest_change_are_those_of_a_comparison(
    runs, tmp_path
) -> None:
    own, asked = runs[:2], ("--quality", "rmse", "--smallest-change", "400%,400points")
    done = call("site", runs[2], *own, "-o", tmp_path / "public", "--workers", 1, *asked)
    assert done.exit_code == 0, done.output
    assert f"{runs[2]}: --quality rmse has no effect: this model has accuracy" in done.stderr
    page = list_of(tmp_path / "public")
    first, second = page.select(".trends tbody tr")[:2]
    assert [row.th.get_text() for row in (first, second)] == ["RMSE", "mean absolute error"]
    (note,) = page.select("#standing + .small")
    assert "larger than 400\u00a0% of the old error or 400 points of a share" in note.get_text()
    assert first.find(class_="same")
    (path,) = (tmp_path / "public").glob("compare/*")
    done = call("compare", own[1], own[0], "-o", tmp_path / "c.html", *asked)
    (headline,) = (line for line in done.stderr.splitlines() if "The same within" in line)
    assert headline.startswith("➖ The same within 400\u00a0%: the two models")
    assert "(RMSE " in headline
    found = BeautifulSoup(path.read_text("utf-8"), "html.parser").select(".headline")
    assert " ".join(headline.split()[1:]) in [" ".join(line.get_text().split()) for line in found]


def test_colours_have_the_verdict_of_their_report(runs, tmp_path) -> None:
    judged = Findings(open_results(runs[0])).colouring.judgement
    for lang in LANGUAGES:
        write(tmp_path / lang, [runs[0]], lang=lang, against="none")
        (remark,) = list_of(tmp_path / lang).select(".runs .remark")
        assert remark.get_text() == verdict_of(judged, load_language(lang))
        shown = load_language(lang).write(judged.agreement.mean, "correlation")
        assert remark.parent.get_text().startswith(f"{shown} [")


def test_beside_a_change_of_the_agreement_stands_what_was_said_before(runs, tmp_path) -> None:
    before = made(tmp_path / "ck-500", "2026-01-31", seed=3, evidence="basic")
    judged = [Findings(open_results(run)).colouring.judgement for run in (before, runs[0])]
    for lang in LANGUAGES:
        language = load_language(lang)
        write(tmp_path / lang, [runs[0], before], lang=lang, against="none")
        name = language.say("site", "figure_colouring_agreement")
        (row,) = (
            row
            for row in list_of(tmp_path / lang).select(".trends tbody tr")
            if row.th.get_text() == name
        )
        _, change, *_ = row.find_all(["td"])
        said = verdict_of(judged[0], language)
        said = language.say("site", "said_before", said=said)
        assert change.small.get_text() == said
        difference = judged[1].agreement.mean - judged[0].agreement.mean
        assert change.get_text().startswith(written(difference, 2, with_sign=True))


def test_figures_of_quality_have_the_intervals_of_their_report(tmp_path) -> None:
    findings = next(classes_with_labels(tmp_path))
    place = SimpleNamespace(created="2026-01-31", name="run", id="id")
    entry = make_entry(place, findings, (), source="", series="", commit="")
    own = findings.fits["macro_f1"]
    assert entry.intervals["label_macro_f1"] == pytest.approx(tuple(own.interval), rel=1e-5)
    low, high = (findings.figures[f"label_accuracy_{end}"] for end in ("low", "high"))
    assert entry.intervals["label_accuracy"] == (low, high)


def test_many_runs_are_told_at_a_glance(site) -> None:
    known = read_site(site)
    name = "<script>alert(1)</script>"
    entries = [
        replace(
            known.entries[-1],
            id=f"{series}{n}",
            series=series,
            name=name,
            created="2026-02-01",
            failed=("label_mae > 1 (2)",) if series == "a" else (),
            figures={"label_mae": 0.1 * n},
            intervals={},
        )
        for n in range(100)
        for series in "ab"
    ]
    own = replace(known, entries=tuple(entries), pairs=(), trends=())
    content = write_index(own, SiteOptions())
    assert len(content) < 300_000
    page = BeautifulSoup(content, "html.parser")
    assert name not in str(page)
    assert len(page.select(".runs tbody tr")) == 200
    rows = [row.get_text(" ", strip=True) for row in page.select(".glance tbody tr")]
    assert rows == [
        f"100 runs on made.txt (6 texts) {name} 2026-02-01 {gates}mean absolute error 9.90 +0.10"
        for gates in ("1 of 2 warned ", "1 of 2 failed 1 of 2 warned ")
    ]
    assert [each["href"] for each in page.select(".glance th a")] == ["#series-1", "#series-2"]
    for block in page.select(".standing"):
        assert block.select("th")[4].get_text() == "trend of the newest 30"
        assert len(block.find_all("circle")) == 30


def test_a_page_of_a_run_that_was_damaged_since_stays(runs, tmp_path) -> None:
    first, middle, last = (
        Path(shutil.copytree(runs[i], tmp_path / runs[i].name)) for i in (3, 1, 0)
    )
    site = tmp_path / "public"
    write(site, [first, middle, last])
    size = (middle / "tokens.parquet").stat().st_size
    (middle / "tokens.parquet").write_bytes(b"no table")
    said = write(site, [first, middle, last], lang="ja")
    advice = f"{middle}/tokens.parquet: {OTHER.format(f'{size:,}')}"
    assert f"not written anew: {advice}" in said
    assert f"{middle}: not compared with ck-100: {advice}" in said
    assert f"{last}: not compared with ck-200: {advice}" in said
    assert "3 reports, 2 of them written now; 2 comparisons" in said[-1]


def test_a_run_is_listed_with_its_commit(runs, tmp_path) -> None:
    named = Path(shutil.copytree(runs[1], tmp_path / "ck-200"))
    name_commit(open_results(named), "4f2a9c1")
    write(tmp_path / "public", [runs[3]], commit="1b3c5d7")
    write(tmp_path / "public", [named, runs[3]], commit="ffffff0")
    rows = list_of(tmp_path / "public").select(".runs tbody tr")
    assert [row.code.get_text() for row in rows] == ["4f2a9c1", "1b3c5d7"]
    assert "commit 4f2a9c1" in call("render", named, "-o", "-", "--format", "md").stdout
    both = call("compare", runs[3], named, "-o", "-", "--format", "md").stdout
    assert "commit" not in both


def test_comparisons_that_cannot_be_written_are_told_and_none_stays_unlisted(
    runs, tmp_path
) -> None:
    site, (newest, middle, _, oldest) = tmp_path / "public", runs
    write(site, [oldest, middle, newest])
    said = write(site, [newest], against="first")
    assert said[-2:][0] == ("ck-1000: not compared with ck-100; give the results of ck-100 too")
    assert "1 comparison" in said[-1]
    assert len([*site.glob("compare/*")]) == 1
    said = write(site, [newest])
    assert "ck-1000: not compared with ck-200; give the results of ck-200 too" in said
    write(site, [middle, newest])
    said = write(site, [newest], against="none")
    assert "0 comparisons" in said[-1]
    (linked,) = site.glob("compare/*")  # the report of ck-200 was not given, and links to it
    assert "ck-200" in linked.name.split("..")[1]
    assert "1 comparison" in write(site, [])[-1]
    shutil.rmtree(next(site.glob("runs/*ck-200*")))
    assert "2 reports, 0 of them written now; 0 comparisons" in write(site, [])[-1]
    assert [*site.glob("compare/*")] == []
    said = write(tmp_path / "other", [newest, Path(shutil.copytree(newest, tmp_path / "same"))])
    assert said[0] == f"{tmp_path / 'same'}: the same run as {newest}, so it is there once"
    for given, told in (([], "no site yet"), ([tmp_path], "holds 1 results folder; give")):
        done = call("site", *given, "-o", tmp_path / "third")
        assert told in done.stderr
        assert done.exit_code == (1 if given else 2)


def test_a_folder_of_something_else_is_refused(runs, tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="not empty, and not a site of reports"):
        write(tmp_path, runs[:1])
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    write(tmp_path, runs[:1], force=True)
    assert (tmp_path / "notes.txt").read_text("utf-8") == "mine"
    address = Path("s3://bucket/site")
    with pytest.raises(UsageError, match=r"^s3://bucket/site: outputs are written on this"):
        write(address, runs[:1])
    assert not Path("s3:").exists()
    with pytest.raises(ResultsError, match=r"^s3://bucket/site: results are read from this"):
        open_results(address)
    with pytest.raises(UsageError, match="is a file"):
        write(tmp_path / "notes.txt", runs[:1])
    (tmp_path / "site.json").write_text("{", "utf-8")
    with pytest.raises(UsageError, match=r"site\.json: cannot be read; remove"):
        write(tmp_path, runs[:1])


def test_two_at_once_are_refused(runs, tmp_path) -> None:
    (tmp_path / "runs").mkdir()
    lock = lock_folder(tmp_path / "runs")
    assert lock is not None
    try:
        with pytest.raises(
            UsageError, match="another run is writing this site; wait for it to end"
        ):
            write(tmp_path, runs[:1])
    finally:
        os.close(lock)


def test_runs_on_other_texts_are_told_apart_without_the_texts(tmp_path) -> None:
    longer = tuple(f"{text} more" for text in HEADLINES)
    found = [
        make_results(tmp_path / name, texts, n_layers=1, n_heads=1, keep=0)
        for name, texts in (("a", HEADLINES), ("b", HEADLINES[::-1]), ("c", longer))
    ]
    series = [series_of(results, redacted_info(results, "en")) for results in found]
    assert len({*series}) == 3
    assert series_of(found[0], redacted_info(found[0], "en")) == series[0]


def test_a_redacted_site_holds_no_trace_of_a_text(tmp_path) -> None:
    for name in "abc":
        planted(tmp_path / name, evidence="basic", seed=ord(name))
    write(tmp_path / "plain", [tmp_path / "a"])
    write(tmp_path / "public", [tmp_path / name for name in "abc"], redact=True)
    files = [path for path in (tmp_path / "public").rglob("*.*") if path.is_file()]
    assert any(traces(path.read_bytes()) for path in (tmp_path / "plain").rglob("*.html"))
    assert len([path for path in files if path.suffix == ".html"]) == 8
    for path in files:
        assert traces(path.read_bytes()) == set(), path
    with pytest.raises(UsageError, match="holds reports with texts; write the redacted ones into"):
        write(tmp_path / "plain", [tmp_path / "a"], redact=True)
    with pytest.raises(UsageError, match="holds redacted reports; give --redact"):
        write(tmp_path / "public", [tmp_path / "a"])


def test_what_a_link_on_the_site_leads_to_is_not_removed(runs, tmp_path) -> None:
    """A site that came with a repository may hold any links."""
    public, mine = tmp_path / "public", tmp_path / "mine"
    assert call("site", runs[0], "-o", public).exit_code == 0
    (mine / "list-00000000").mkdir(parents=True)
    for name in ("a..b.html", "report.css", "list-00000000/report.css"):
        (mine / name).write_text("mine")
    (public / "assets" / "list-00000000").symlink_to(mine)
    (public / "compare").symlink_to(mine)
    assert call("site", runs[0], "-o", public).exit_code == 0
    assert len([path for path in mine.rglob("*") if path.is_file()]) == 3
