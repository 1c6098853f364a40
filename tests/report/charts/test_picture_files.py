"""The pictures beside Markdown and Confluence pages."""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from helpers.drawings import painted
from helpers.hostile_texts import hostile_texts
from helpers.made_up.factories import HEADLINES, make_results
from helpers.plain.plain_multiples import plain_even, plain_multiples, plain_step

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report import RenderOptions, load_language, visible
from reportgen.report.charts import (
    MAP_COLOURS,
    MOST_BYTES,
    make_pictures,
    picture_paths,
    rasterise,
)
from reportgen.report.components import Picture
from reportgen.report.format_register import Output
from reportgen.report.sections import make_notable
from reportgen.report.short_form import make_brief
from reportgen.report.short_form.markdown import write
from reportgen.results import Results, text_units
from reportgen.results.maps import unpack_layers

SVG = "{http://www.w3.org/2000/svg}"
PNG = b"\x89PNG\r\n\x1a\n"


def figures_of(results: Results, **how) -> dict[str, Picture]:
    brief = make_brief(Runs(Findings(results)), RenderOptions(**how), "report.md")
    return {figure.name: figure for figure in brief.pictures}


def words_in(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def test_pictures_are_plain_svg_with_their_text_as_text(tmp_path: Path) -> None:
    texts = hostile_texts(60)
    results = make_results(tmp_path, texts, sink=0.4, n_layers=3)
    for figure in figures_of(results, title="<b>").values():
        root = ET.fromstring(figure.svg)
        allowed = {f"{SVG}{name}" for name in ("svg", "title", "g", "rect", "path", "text", "use")}
        assert {element.tag for element in root.iter()} <= allowed
        names = {name for element in root.iter() for name in element.attrib}
        assert "style" not in names
        links = {element.get("href") for element in root.iter()} - {None}
        assert links <= {f"#{element.get('id')}" for element in root.iter() if element.get("id")}
        background = next(root.iter(f"{SVG}rect"))
        assert (background.get("fill"), background.get("width"), background.get("height")) == (
            "#ffffff",
            root.get("width"),
            root.get("height"),
        )
        assert root.findtext(f"{SVG}title") == visible(figure.sentence)
        assert len(figure.svg.encode()) < MOST_BYTES
        assert "url(" not in figure.svg


def test_japanese_stays_text(tmp_path: Path) -> None:
    results = make_results(tmp_path, tuple(text for text in HEADLINES if text[0] > "\u3000"))
    words = words_in(figures_of(results, lang="ja")["map"].svg)
    text = results.texts["text"].iloc[0]
    assert [word for word in words if word in text and len(word) == 2]
    assert any("テキスト" in word for word in words)


def test_bars_are_as_high_as_the_shares(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.5, n_layers=3)
    root = ET.fromstring(figures_of(results)["sinks"].svg)
    means = results.roles.groupby(["role", "layer"])["share"].mean()
    for kind, role in (("r0", "cls"), ("r1", "sep")):
        bars = [rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == kind]
        drawn = [float(bar.get("height", 0)) / (232 - 12) for bar in bars]
        assert drawn == pytest.approx(means[role].tolist(), abs=0.001)


def test_the_map_is_that_of_the_text_that_deserves_a_look_most(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.2)
    first = make_notable(Findings(results), load_language("en")).texts[0].number
    figure = figures_of(results)["map"]
    assert f"text {first}, layer 4" in figure.sentence
    packed = results.packed_maps(first - 1)
    assert packed is not None
    *_, last = unpack_layers(packed, 4, 3)
    mean = last.mean(axis=0).astype(float)
    labels = [visible(unit.label) for unit in text_units(results, first - 1).units]
    words = words_in(figure.svg)
    assert [word for word in words if word in labels] == labels
    row, column = divmod(int(mean.argmax()), len(mean))
    assert f"from “{labels[row]}” to “{labels[column]}”" in figure.sentence
    # Every cell is drawn in the colour of its weight, at its place.
    content = [0 < key < len(mean) - 1 for key in range(len(mean))]
    times = plain_multiples(mean, plain_even(range(len(mean)), is_causal=False), content)
    wanted = [[MAP_COLOURS[plain_step(value)] for value in row] for row in times]
    cells = BeautifulSoup(figure.svg, "html.parser").select_one("g.scale > g")
    assert painted(cells, len(mean), len(mean), MAP_COLOURS[0]).tolist() == wanted


def test_a_long_text_is_pooled_and_says_so(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("あ" * 400,), n_layers=1, n_heads=1)
    figure = figures_of(results)["map"]
    n_units = len(text_units(results, 0).units)
    each = -(-n_units // 48)
    assert figure.sentence.endswith(f"A cell stands for up to {each} tokens.")
    names = -(-n_units // each)
    assert len(words_in(figure.svg)) == names + 4  # title, legend, both axes


def test_without_maps_there_is_no_map(tmp_path: Path) -> None:
    assert list(figures_of(make_results(tmp_path, keep=0))) == ["sinks"]


def test_files_are_named_after_their_page(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    report = write(Runs(Findings(results)), RenderOptions(), Output("june (2)<é>.md", None))
    assert sorted(report.files) == ["img/june (2)_é_-map.svg", "img/june (2)_é_-sinks.svg"]
    assert "](img/june%20%282%29_%C3%A9_-map.svg)" in report.text
    assert set(report.files) <= set(picture_paths("june (2)<é>", "svg"))


def test_no_pictures_where_none_are_wanted_and_on_standard_output(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    for report in (
        write(Runs(Findings(results)), RenderOptions(images="none"), Output("x.md", None)),
        write(Runs(Findings(results)), RenderOptions()),
    ):
        assert (dict(report.files), report.reduced) == ({}, ())
        assert "![" not in report.text
        assert "img/" not in report.text


def test_png_is_made_by_the_rasteriser(tmp_path: Path) -> None:
    pytest.importorskip("resvg_py", reason="the extra [png] is not installed")
    results = make_results(tmp_path)
    report = write(
        Runs(Findings(results)), RenderOptions(images="png", lang="ja"), Output("x.md", None)
    )
    assert set(report.files) == {"img/x-sinks.png", "img/x-map.png"}
    assert report.reduced == ()
    for name, content in report.files.items():
        assert content.startswith(PNG)
        assert len(content) <= MOST_BYTES
        assert f"]({name})" in report.text
        width = int.from_bytes(content[16:20], "big")
        assert width >= 2 * 560
    assert (
        write(
            Runs(Findings(results)), RenderOptions(images="png", lang="ja"), Output("x.md", None)
        ).files
        == report.files
    )


def test_without_the_rasteriser_svg_is_written_and_the_extra_is_named(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    assert rasterise("<svg/>") is None
    report = write(
        Runs(Findings(make_results(tmp_path))), RenderOptions(images="png"), Output("x.md", None)
    )
    assert set(report.files) == {"img/x-sinks.svg", "img/x-map.svg"}
    assert "](img/x-map.svg)" in report.text
    assert len(report.reduced) == 1
    assert "pip install 'attention-reportgen[png]'" in report.reduced[0]


def test_a_picture_that_is_too_large_is_left_out() -> None:
    figures = [Picture("map", "", "x" * (MOST_BYTES + 1)), Picture("sinks", "", "x" * MOST_BYTES)]
    assert list(make_pictures(figures, "x", "svg").files) == ["img/x-sinks.svg"]
