"""The pictures beside Markdown and Confluence pages."""

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from factories import HEADLINES, make_results
from hostile_texts import hostile_texts

from reportgen.report.charts.pictures import MOST_BYTES, make_pictures, picture_paths, rasterise
from reportgen.report.charts.static import heat_colour
from reportgen.report.components import Figure
from reportgen.report.digest.digest import make_brief
from reportgen.report.digest.markdown import render
from reportgen.report.language.printable import visible
from reportgen.report.language.strings import load_language
from reportgen.report.options import RenderOptions
from reportgen.report.sections.texts import make_notable
from reportgen.results.maps import unpack_layers
from reportgen.results.store import Results
from reportgen.results.units import text_units

SVG = "{http://www.w3.org/2000/svg}"
PNG = b"\x89PNG\r\n\x1a\n"


def figures_of(results: Results, **how) -> dict[str, Figure]:
    brief = make_brief(results, RenderOptions(**how), "report.md")
    return {figure.name: figure for figure in brief.figures}


def words_in(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def test_pictures_are_plain_svg_with_their_text_as_text(tmp_path: Path) -> None:
    texts = hostile_texts(60)
    results = make_results(tmp_path, texts, sink=0.4, n_layers=3)
    for figure in figures_of(results, title="<b>").values():
        root = ET.fromstring(figure.svg)
        allowed = {f"{SVG}{name}" for name in ("svg", "title", "rect", "path", "text")}
        assert {element.tag for element in root.iter()} == allowed - (
            set() if root.find(f"{SVG}path") is not None else {f"{SVG}path"}
        )
        names = {name for element in root.iter() for name in element.attrib}
        assert not {name for name in names if name in ("style", "class", "stroke", "href", "id")}
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
    rects = [rect for rect in root.iter(f"{SVG}rect") if float(rect.get("height", 0)) > 14][1:]
    scale = 306 - 96
    drawn = {
        colour: [float(r.get("height", 0)) / scale for r in rects if r.get("fill") == colour]
        for colour in ("#3f4e8c", "#0f766e")
    }
    means = results.roles.groupby(["role", "layer"])["share"].mean()
    assert drawn["#3f4e8c"] == pytest.approx(means["cls"].tolist(), abs=0.001)
    seps = [share for share in means["sep"].tolist() if share * scale > 14]
    assert drawn["#0f766e"] == pytest.approx(seps, abs=0.001)
    assert seps or root.find(f"{SVG}rect[@fill='#0f766e']") is not None


def test_the_map_is_that_of_the_text_that_deserves_a_look_most(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.2)
    first = make_notable(results, load_language("en")).texts[0].number
    figure = figures_of(results)["map"]
    assert f"text {first}, layer 4" in figure.sentence
    packed = results.packed_maps(first - 1)
    assert packed is not None
    *_, last = unpack_layers(packed, 4, 3)
    mean = last.mean(axis=0).astype(float)
    labels = [visible(unit.label) for unit in text_units(results, first - 1).units]
    words = words_in(figure.svg)
    assert [word for word in words if word in labels][: 2 * len(labels) : 2] == labels
    row, column = divmod(int(mean.argmax()), len(mean))
    assert f"from “{labels[row]}” to “{labels[column]}”" in figure.sentence
    # Every cell is drawn in the colour of its weight, at its place.
    root = ET.fromstring(figure.svg)
    rows = [t for t in root.iter(f"{SVG}text") if t.get("text-anchor") == "end"]
    columns = [t for t in root.iter(f"{SVG}text") if t.get("transform")]
    left, above = float(rows[0].get("x", 0)) + 6, float(columns[0].get("y", 0)) + 6
    size = min(26.0, (760 - left - 16) / len(mean))
    content = np.sort(mean[:, 1:-1], axis=None)
    top = content[min(len(content) - 1, int(0.995 * len(content)))]
    drawn = {}
    for path in root.iter(f"{SVG}path"):
        for x, y in re.findall(r"M([\d.]+) ([\d.]+)h", path.get("d", "")):
            place = round((float(y) - above) / size), round((float(x) - left) / size)
            drawn[place] = path.get("fill")
    wanted = {
        place: heat_colour(round(15 * min(1.0, value / top)))
        for place, value in np.ndenumerate(mean)
        if round(15 * min(1.0, value / top))
    }
    assert drawn == wanted


def test_a_long_text_is_pooled_and_says_so(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("あ" * 400,), n_layers=1, n_heads=1)
    figure = figures_of(results)["map"]
    n_units = len(text_units(results, 0).units)
    each = -(-n_units // 48)
    assert figure.sentence.endswith(f"A cell stands for up to {each} tokens.")
    assert len(words_in(figure.svg)) == 3 + 2 * -(-n_units // each)


def test_without_maps_there_is_no_map(tmp_path: Path) -> None:
    assert list(figures_of(make_results(tmp_path, keep=0))) == ["sinks"]


def test_files_are_named_after_their_page(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    report = render(results, RenderOptions(), "june (2)<é>")
    assert sorted(report.files) == ["img/june (2)_é_-map.svg", "img/june (2)_é_-sinks.svg"]
    assert "](img/june%20%282%29_%C3%A9_-map.svg)" in report.text
    assert set(report.files) <= set(picture_paths("june (2)<é>", "svg"))


def test_no_pictures_where_none_are_wanted_and_on_standard_output(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    for report in (
        render(results, RenderOptions(images="none"), "x"),
        render(results, RenderOptions(), ""),
    ):
        assert (dict(report.files), report.reduced) == ({}, ())
        assert "![" not in report.text
        assert "img/" not in report.text


def test_png_is_made_by_the_rasteriser(tmp_path: Path) -> None:
    pytest.importorskip("resvg_py", reason="the extra [png] is not installed")
    results = make_results(tmp_path)
    report = render(results, RenderOptions(images="png", lang="ja"), "x")
    assert set(report.files) == {"img/x-sinks.png", "img/x-map.png"}
    assert report.reduced == ()
    for name, content in report.files.items():
        assert content.startswith(PNG)
        assert len(content) <= MOST_BYTES
        assert f"]({name})" in report.text
        width = int.from_bytes(content[16:20], "big")
        assert width >= 2 * 560
    assert render(results, RenderOptions(images="png", lang="ja"), "x").files == report.files


def test_without_the_rasteriser_svg_is_written_and_the_extra_is_named(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    assert rasterise("<svg/>") is None
    report = render(make_results(tmp_path), RenderOptions(images="png"), "x")
    assert set(report.files) == {"img/x-sinks.svg", "img/x-map.svg"}
    assert "](img/x-map.svg)" in report.text
    assert len(report.reduced) == 1
    assert "pip install 'attention-reportgen[png]'" in report.reduced[0]


def test_a_picture_that_is_too_large_is_left_out() -> None:
    figures = [Figure("map", "", "x" * (MOST_BYTES + 1)), Figure("sinks", "", "x" * MOST_BYTES)]
    assert list(make_pictures(figures, "x", "svg").files) == ["img/x-sinks.svg"]
