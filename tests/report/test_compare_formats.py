"""A comparison as tables, as a Confluence page and as JSON: all say the same figures."""

import csv
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from helpers.cases import some_of
from helpers.compared_json import record_of, schema
from helpers.made_up.factories import changed, make_results
from helpers.real.two_models import LABELS, TEXTS, pair_of, twice

from reportgen.comparison import Comparison, compare_runs
from reportgen.findings import Findings, evaluate, parse_gate
from reportgen.findings.figures import COMPARE_FIGURES
from reportgen.report import COMPARE_TABLE_NAMES, CompareOptions
from reportgen.report.format_register import output_at
from reportgen.report.short_form import confluence, markdown
from reportgen.report.spreadsheets_compared import write

AC, RI = "http://atlassian.com/content", "http://atlassian.com/resource/identifier"


def cells_of(found: Comparison, name: str) -> list[dict[str, str]]:
    """The rows of a table in CSV."""
    made = write(found.runs, CompareOptions(), output_at(f"{name}.csv", of_comparison=True))
    return list(csv.DictReader(io.StringIO(made.content.decode("utf-8-sig"), newline="")))


def number(cell: str) -> float | None:
    return float(cell) if cell else None


@pytest.fixture(scope="module")
def record(two_compared: Comparison) -> dict[str, Any]:
    return record_of(two_compared)


def test_changes_have_every_figure_of_the_json_and_the_worst_texts_first(
    two_compared: Comparison, record: dict[str, Any], two_models
) -> None:
    rows = cells_of(two_compared, "changes")
    by_id = {text["id"]: text for text in record["texts"]}
    assert sorted(row["text_id"] for row in rows) == sorted(by_id)
    texts = two_models[0].texts.set_index("text_id")
    for row in rows:
        own = texts.loc[row["text_id"]]
        assert (row["text"], row["source"], row["label"]) == (own.text, own.source, own.label)
        told = by_id[row["text_id"]]
        for name, value in told.items():
            if isinstance(value, bool):
                assert row[name] == str(value)
            elif not isinstance(value, str):
                assert number(row[name]) == value, name
    grown = [by_id[row["text_id"]]["error_growth"] for row in rows]
    moved = [row["prediction_moved"] == "True" for row in rows]
    n_worse = sum(m and g > 0 for m, g in zip(moved, grown, strict=True))
    assert n_worse > 1
    assert all(moved[:n_worse])
    assert grown[:n_worse] == sorted(grown[:n_worse], reverse=True)
    assert min(grown[:n_worse]) > 0
    rest = [abs(by_id[row["text_id"]]["prediction_change"]) for row in rows[n_worse:]]
    assert rest == sorted(rest, reverse=True)


def test_tokens_figures_layers_and_heads_are_those_of_the_json(
    two_compared: Comparison, record: dict[str, Any]
) -> None:
    for row, told in zip(cells_of(two_compared, "tokens"), record["tokens"], strict=True):
        assert (row["token"], row["turn"], int(row["n_texts"])) == (
            told["token"], told["turn"], told["n_texts"],
        )  # fmt: skip
        assert number(row["turn_p_adjusted"]) == told["turn_p_adjusted"]
        for figure in ("deletion_effect", "looked_at", "received"):
            for end in ("base", "head", "change", "low", "high"):
                assert number(row[f"{figure}_{end}"]) == told[figure][end]
    figures = record["figures"]
    rows = {row["figure"]: row for row in cells_of(two_compared, "figures")}
    said = {name: number(row["value"]) for name, row in rows.items()}
    for name, row in rows.items():
        for end in ("low", "high"):
            if row[end]:
                said[f"{name}_{end}"] = float(row[end])
    assert said == {
        name: value
        for name, value in figures.items()
        if value is not None or not name.endswith(("_low", "_high"))
    }
    assert rows["mae_rise"]["unit"] == "output"
    for row in cells_of(two_compared, "layers"):
        told = record["layers"][row["figure"]]["change"][int(row["layer"]) - 1]
        for end in ("base", "head", "change", "low", "high"):
            assert number(row[end]) == told[end]
    rows = cells_of(two_compared, "heads")
    cells = [
        [float(r["jsd"]) for r in rows if r["layer"] == str(n + 1)]
        for n in range(len(record["jsd"]))
    ]
    assert cells == record["jsd"]
    assert [r["changed"] == "True" for r in rows] == two_compared.heads.changed.ravel().tolist()


@pytest.mark.parametrize(
    "kind", some_of(["class", "labels", "next_token", "embedding"], "class", "embedding")
)
def test_every_kind_of_output_has_tables_in_csv_and_parquet_and_json_as_the_schema_says(
    kind: str, tmp_path: Path
) -> None:
    sides = pair_of(tmp_path, kind=kind)
    if kind == "class":  # the old model was right in every second text
        labels = [
            name if i % 2 else "x" for i, name in enumerate(sides[0].texts["prediction_label"])
        ]
        sides = tuple(changed(side, texts=side.texts.assign(label=labels)) for side in sides)
    found = compare_runs(*map(Findings, sides))
    record = record_of(found)
    for name in COMPARE_TABLE_NAMES[:-1]:  # the last is of more than two models
        output = output_at(f"a-{name}.parquet", of_comparison=True)
        made = write(found.runs, CompareOptions(), output).content
        frame = pq.read_table(io.BytesIO(made)).to_pandas()
        assert len(frame) == len(cells_of(found, name))
        if name != "changes":
            continue
        by_id = {text["id"]: text for text in record["texts"]}
        for row in frame.to_dict("records"):
            told = dict(by_id[row["text_id"]])
            assert told.pop("id") == row["text_id"]
            for key, value in told.items():
                assert (None if pd.isna(row[key]) else row[key]) == value, key
        if kind == "class":
            outcomes = frame["outcome"].tolist()
            n_broken = record["figures"]["texts_broken"]
            assert n_broken
            assert outcomes[:n_broken] == ["broken"] * n_broken


def test_other_comparisons_are_as_the_schema_says_and_it_refuses_what_is_none(
    record: dict[str, Any], tmp_path: Path
) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    few = pair_of(tmp_path / "few", TEXTS[:3], evidence="none", labels=LABELS[:3], n_heads=1)
    found = compare_runs(*map(Findings, few))
    gate = parse_gate("texts_total > 1", "fail", COMPARE_FIGURES)
    assert record_of(found, title="x", gates=evaluate([gate], found.figures))["gates"]
    for change in (
        {"schema_version": 2},
        {"added": 1},
        {"figures": record["figures"] | {"texts_total": "12"}},
        {"texts": [record["texts"][0] | {"outcome": "good"}]},
        {"tokens": [record["tokens"][0] | {"received": None}]},
        {"quality": record["quality"] | {"verdict": "good"}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(schema()).validate(record | change)


def test_a_table_of_heads_that_were_not_compared_says_why(tmp_path: Path) -> None:
    found = compare_runs(*map(Findings, pair_of(tmp_path, evidence="none", keep=0)))
    assert found.heads is None
    done = write(found.runs, CompareOptions(), output_at("heads.csv"))
    assert done.text.count("\n") == 1
    assert done.reduced == (
        "heads.csv: No text has whole attention maps in both results, so heads are not compared.",
    )
    assert write(found.runs, CompareOptions(), output_at("tokens.csv")).reduced == ()


def shown(figure: float, digits: int, sign: str = "") -> str:
    return f"{figure:{sign}.{digits}f}".replace("-", "−")


def test_the_confluence_page_has_the_figures_of_the_json(
    two_compared: Comparison, record: dict[str, Any], tmp_path: Path
) -> None:
    options = CompareOptions(commit="4f2a9c1", page_url="https://example.com/compare.html")
    made = confluence.write(two_compared.runs, options).text
    root = ET.fromstring(f'<page xmlns:ac="{AC}" xmlns:ri="{RI}">{made}</page>')
    head = root.findall("p")[1]
    assert head.find("a").get("href") == "https://example.com/compare.html"
    assert "12 of 12 texts compared" in "".join(head.itertext())
    created = record["provenance"]["base"]["created"]
    assert "".join(head.itertext()).endswith(f"{created} · commit 4f2a9c1")
    tables = {}
    for macro in root.iter(f"{{{AC}}}structured-macro"):
        title = macro.find(f"{{{AC}}}parameter")
        for table in macro.iter("table"):
            rows = [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")]
            tables[title.text] = rows[1:]
    fits = {row[0]: row[1:] for row in tables["Against the right answers"]}
    mae = record["quality"]["mae"]
    (cells,) = [cells for name, cells in fits.items() if "absolute error" in name]
    assert [float(cell) for cell in cells[:2]] == pytest.approx(
        [mae["base"], mae["head"]], abs=0.005
    )
    tokens = tables["Which tokens count more or less?"]
    for cells, told in zip(tokens, record["tokens"], strict=False):
        effect = told["deletion_effect"]
        assert cells[0] == told["token"]
        ends = [effect["base"], effect["head"]]
        assert [float(cell.replace("−", "-")) for cell in cells[1:3]] == pytest.approx(
            ends, abs=0.0051
        )
    layers = tables["Do sinks and spread change, layer by layer?"]
    for cells, change in zip(layers, record["layers"]["special"]["change"], strict=True):
        shares = re.findall(r"([\d.]+)\xa0%", cells[1])[:2]
        assert [float(share) / 100 for share in shares] == pytest.approx(
            [change["base"], change["head"]], abs=0.0006
        )
    grid = tables["Which heads attend differently?"]
    assert [cells[1:] for cells in grid] == [[shown(d, 2) for d in row] for row in record["jsd"]]
    ids = [row[0].split(" · ")[0] for row in tables["The texts that moved most"]]
    moved = [text for text in record["texts"] if text["prediction_change"]]
    moved.sort(key=lambda text: -abs(text["prediction_change"]))
    assert ids == [text["id"] for text in moved[: len(ids)]]
    same = compare_runs(*map(Findings, twice(tmp_path, evidence="basic")))
    assert "<h2>" not in confluence.write(same.runs, CompareOptions()).text


def shapes(svg: bytes, tag: str, kind: str) -> list[ET.Element]:
    space = "{http://www.w3.org/2000/svg}"
    return [e for e in ET.fromstring(svg).iter(f"{space}{tag}") if e.get("class") == kind]


def test_pictures_show_the_figures_of_the_json_and_stand_beside_the_page(
    two_compared: Comparison, record: dict[str, Any]
) -> None:
    output = output_at("x/may.md", of_comparison=True)
    made = markdown.write(two_compared.runs, CompareOptions(), output)
    assert list(made.files) == [f"img/may-{n}.svg" for n in ("predictions", "layers", "difference")]
    links = re.findall(r"<summary>(.+)</summary>\n\n!\[(.+)\]\((.+)\)\n\n</details>", made.text)
    assert [path for *_, path in links] == list(made.files)
    scatter, layers, difference = made.files.values()
    # Dots lie on one scale for both axes, so that one line of both predictions leads to them.
    (path,) = shapes(scatter, "path", "dots")
    dots = [tuple(map(float, dot)) for dot in re.findall(r"M([\d.]+) ([\d.]+)h0", path.get("d"))]
    ends = [(text["prediction_base"], text["prediction_head"]) for text in record["texts"]]
    slope, start = np.polyfit([end[0] for end in ends], [dot[0] for dot in dots], 1)
    for (across, up), (x, y) in zip(ends, dots, strict=True):
        assert x == pytest.approx(start + slope * across, abs=0.11)
        assert y - dots[0][1] == pytest.approx(-slope * (up - ends[0][1]), abs=0.11)
    changes = {
        key: max(abs(change["change"]) for change in layer["change"])
        for key, layer in record["layers"].items()
        if key != "entropy"
    }
    told = record["layers"][max(changes, key=lambda key: changes[key])]
    for kind, side in (("r0", "base"), ("o0", "head")):
        bars = shapes(layers, "rect", kind)
        heights = np.array([float(bar.get("height")) for bar in bars])
        ratio = heights / told[side]
        assert ratio == pytest.approx(ratio[0], rel=0.01)
    first = made.text.split("### The texts whose")[1].split("| ")[4].split(" · ")[0]
    assert links[2][0] == f"Text {first}, layer {len(record['jsd'])}: attention, new minus old"
    assert shapes(difference, "path", "m")  # less than before, in its own colour
    page = confluence.write(two_compared.runs, CompareOptions(), output)
    assert page.files == made.files
    assert re.findall('filename="(.+?)"', page.text) == [name[4:] for name in made.files]
    for options in (CompareOptions(images="none"), CompareOptions(lang="ja")):
        again = markdown.write(two_compared.runs, options, output)
        assert bool(again.files) == (options.images != "none")
    assert not markdown.write(two_compared.runs, CompareOptions()).files


def test_texts_that_only_one_model_has_are_in_no_row(tmp_path: Path) -> None:
    base = make_results(tmp_path / "a", TEXTS, evidence="basic")
    head = make_results(tmp_path / "b", TEXTS[2:], ids=tuple(map(str, range(3, 13))), seed=1)
    found = compare_runs(Findings(base), Findings(head))
    assert {row["text_id"] for row in cells_of(found, "changes")} == set(map(str, range(3, 13)))
    record_of(found)
