"""The section on predictions: each figure against a plain computation, for each kind of output."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.tagged import tagged_results
from helpers.plain.plain_bootstrap import plain_interval

from reportgen.findings import Findings, mean_intervals
from reportgen.report import load_language
from reportgen.report.components import QualitySection, Table
from reportgen.report.language import decimals, written
from reportgen.report.sections import make_quality
from reportgen.results import OutputKind, Results

EN = load_language("en")
LABELS = (1.0, 2.0, 1.5, 1.1, 0.4, 2.2)


def made(results: Results) -> QualitySection:
    quality = make_quality(Findings(results), EN)
    assert quality is not None
    return quality


def cells(table: Table) -> dict[str, list[str]]:
    return {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def ranks(values: list[float]) -> list[float]:
    return [
        sum(other < value for other in values) + (values.count(value) + 1) / 2 for value in values
    ]


def correlation(a: list[float], b: list[float]) -> float:
    x, y = sum(a) / len(a), sum(b) / len(b)
    both = sum((p - x) * (q - y) for p, q in zip(a, b, strict=True))
    return both / math.sqrt(sum((p - x) ** 2 for p in a) * sum((q - y) ** 2 for q in b))


def test_numbers_with_labels(tmp_path: Path) -> None:
    results = make_results(tmp_path, labels=LABELS)
    predicted = results.texts["prediction"].tolist()
    errors = [p - label for p, label in zip(predicted, LABELS, strict=True)]
    middle = (1.1 + 1.5) / 2
    fit = Findings(results).label_fit
    assert fit is not None
    fits = Findings(results).fits
    mae, rmse, bias, rank, r2 = (fits.known(name).mean for name in fits)
    assert mae == pytest.approx(sum(map(abs, errors)) / 6)
    assert rmse == pytest.approx(math.sqrt(sum(e * e for e in errors) / 6))
    assert bias == pytest.approx(sum(errors) / 6)
    assert fit.constant_mae == pytest.approx(sum(abs(label - middle) for label in LABELS) / 6)
    mean = sum(LABELS) / 6
    spread = sum((label - mean) ** 2 for label in LABELS)
    assert r2 == pytest.approx(1 - sum(e * e for e in errors) / spread)
    assert rank == pytest.approx(correlation(ranks(predicted), ranks(list(LABELS))))

    quality = made(results)
    digits = decimals(max(*map(abs, predicted), *LABELS))
    shown = {figure.name: figure for figure in quality.figures}
    low, high = mean_intervals(np.abs(errors)[:, None])[0] or (0, 0)
    assert shown["Mean absolute error"].value == written(mae, digits)
    interval = f"[{written(low, digits)}, {written(high, digits)}]"
    assert shown["Mean absolute error"].remark == interval
    assert shown["Texts compared"].value == "6"
    assert written(mae, digits) in quality.headline
    assert mae > fit.constant_mae
    assert "worse than always answering" in quality.headline
    table = cells(quality.tables[0])
    assert len(table) == 6
    for label, error, p in zip(LABELS, errors, predicted, strict=True):
        row = table[written(label, digits)]
        said = [written(p, digits), written(abs(error), digits), written(error, digits, True)]
        assert row == ["1", *said]


def test_the_dots_stand_where_labels_and_predictions_are(tmp_path: Path) -> None:
    results = make_results(tmp_path, labels=LABELS)
    svg = BeautifulSoup(str(made(results).chart), "html.parser")
    dots = svg.select_one("path.dots")["d"].removeprefix("M").removesuffix("h0").split("h0M")
    x, y = np.array([[float(part) for part in dot.split()] for dot in dots]).T
    line = svg.select_one("path.even")["d"].replace("M", "").replace("L", " ").split()
    x1, y1, x2, y2 = map(float, line)
    predicted = results.texts["prediction"].to_numpy()
    # The same straight scale maps labels to the right and predictions upwards.
    across = np.polyfit(LABELS, (x - x1) / (x2 - x1), 1)
    up = np.polyfit(predicted, (y - y1) / (y2 - y1), 1)
    assert across == pytest.approx(up, abs=2e-3)
    assert np.polyval(across, LABELS) == pytest.approx((x - x1) / (x2 - x1), abs=1e-3)
    largest = int(np.argmax(np.abs(predicted - LABELS)))
    named = [text for text in svg.select("text") if text.string == str(largest + 1)]
    assert any(abs(float(text["y"]) - y[largest]) < 0.1 for text in named)


def test_many_points_are_cut_into_cells_that_count_them(tmp_path: Path) -> None:
    texts = tuple("ab" for _ in range(450))
    labels = tuple(i / 100 for i in range(450))
    results = make_results(tmp_path, texts, labels=labels, n_layers=1, n_heads=1, keep=0)
    results.texts["prediction"] = [label + (i % 3) / 10 for i, label in enumerate(labels)]
    quality = made(results)
    svg = BeautifulSoup(str(quality.chart), "html.parser")
    assert svg.select_one("path.dots") is None
    cells = sum(path["d"].count("M") for path in svg.select('path[class^="h"]'))
    assert 32 <= cells <= 450 / 2
    assert len(str(quality.chart)) < 20_000
    # The counts by plain rounding into the same 32 by 32 cells of the padded range 0..5.
    size = 5 * 1.08 / 32
    at = [
        (int((label + 0.2) / size), int((p + 0.2) / size))
        for label, p in zip(labels, results.texts["prediction"], strict=True)
    ]
    assert cells == pytest.approx(len(set(at)), abs=2)
    most = max(at.count(cell) for cell in set(at))
    assert f"(at most {most})" in quality.chart_note


def test_many_labels_are_cut_into_bands_and_groups_are_listed(tmp_path: Path) -> None:
    labels = tuple(float(i) for i in range(1, 13))
    texts = tuple(f"text {i}" for i in range(12))
    results = make_results(tmp_path, texts, labels=labels, n_layers=1)
    results.texts["group"] = ["a", "b", "b"] * 4
    bands, groups = made(results).tables
    assert [row[1].text for row in bands.rows] == ["3", "3", "3", "3"]
    names = ["1.0 – 3.0", "4.0 – 6.0", "7.0 – 9.0", "10.0 – 12.0"]
    assert [row[0].text for row in bands.rows] == names
    errors = np.abs(results.texts["prediction"].to_numpy() - labels)
    own = cells(groups)
    assert list(own) == ["b", "a"]
    assert own["b"][0] == "8"
    digits = decimals(12.0)
    b = errors[[i for i in range(12) if i % 3]]
    assert own["b"][2] == written(float(b.mean()), digits)


def test_numbers_without_labels(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    quality = made(results)
    values = sorted(results.texts["prediction"])
    digits = decimals(max(map(abs, values)))
    shown = {figure.name: figure.value for figure in quality.figures}
    assert shown["Lowest"] == written(values[0], digits)
    assert shown["Median"] == written((values[2] + values[3]) / 2, digits)
    assert shown["Mean"] == written(sum(values) / 6, digits)
    assert "No right answers came with the texts" in quality.headline
    table = cells(quality.tables[0])
    assert sum(int(row[0]) for row in table.values()) == 6
    for name, (count,) in table.items():
        low, high = (float(end) for end in name.replace("−", "-").split(" – "))
        assert int(count) == sum(low <= value < high for value in values)


def test_numbers_that_are_all_the_same(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    results.texts["prediction"] = 2.0
    quality = made(results)
    assert quality.chart is None
    assert "All 6 predictions are 2.00" in quality.headline


def test_texts_without_a_label_are_left_out_and_counted(tmp_path: Path) -> None:
    results = make_results(tmp_path, labels=LABELS)
    results.texts.loc[[1, 2], ["label", "label_value"]] = None
    quality = made(results)
    assert quality.remarks == ("2 texts were left out: they have no right answer to compare with.",)
    fit = Findings(results).label_fit
    assert fit is not None
    assert fit.texts.tolist() == [0, 3, 4, 5]


def labelled(results: Results, labels: list[str | None]) -> Results:
    results.texts["label"] = labels
    values = [float(x) if x and x.lstrip("-").isdigit() else math.nan for x in labels]
    results.texts["label_value"] = values
    return results


def test_classes_with_labels(tmp_path: Path) -> None:
    labels = ["bad", "good", "bad", "good", "bad", "neither"]
    results = labelled(make_results(tmp_path, kind="class"), labels)
    predicted = results.texts["prediction_label"].tolist()
    pairs = list(zip(labels[:5], predicted[:5], strict=True))
    right = sum(a == b for a, b in pairs)
    found = Findings(results)
    assert found.fits.known("accuracy").mean == right / 5
    ends = [found.figures[f"label_accuracy_{end}"] for end in ("low", "high")]
    assert ends == pytest.approx(found.fits.known("accuracy").interval, rel=1e-5)
    quality = made(results)
    assert f"{right} of 5 predictions are right (60.0\u00a0%)" in quality.headline
    (remark,) = quality.remarks
    assert remark == "1 text was left out: its right answer is not a class of this model."
    table = cells(quality.tables[0])
    for label in ("bad", "good"):
        row = [pairs.count((label, other)) for other in ("bad", "good")]
        own = sum(row)
        recall = f"{100 * pairs.count((label, label)) / own:.1f}\u00a0%"
        assert table[label] == [*map(str, row), str(own), recall]
    for i, label in enumerate(("bad", "good")):
        given = sum(b == label for _, b in pairs)
        precision = f"{100 * pairs.count((label, label)) / given:.1f}\u00a0%" if given else "–"
        assert table["Precision"][i] == precision


def test_class_numbers_are_read_as_such_and_said(tmp_path: Path) -> None:
    results = labelled(make_results(tmp_path, kind="class"), ["0", "1", "1", "0", "1", None])
    found = Findings(results).classes
    assert found.labels.tolist() == [0, 1, 1, 0, 1, -1]
    assert made(results).remarks[0].startswith("The right answers are read as numbers of the model")


@pytest.mark.parametrize("labels", [["1", "1"], ["1", "2"], ["0", "2"], ["x", "0"]])
def test_labels_that_may_mean_anything_are_not_compared(tmp_path: Path, labels: list[str]) -> None:
    results = labelled(make_results(tmp_path, kind="class"), [*labels, *[None] * 4])
    assert Findings(results).fits["accuracy"] is None
    quality = made(results)
    assert "not compared" not in quality.headline
    assert "so nothing was compared" in quality.remarks[0]
    counts = results.texts["prediction_label"].value_counts()
    assert {name: row[1] for name, row in cells(quality.tables[0]).items()} == {
        name: str(counts.get(name, 0)) for name in ("bad", "good")
    }


def test_several_labels_with_what_was_expected(tmp_path: Path) -> None:
    given: list[str | None] = ["price, taste", "service", "taste;price", "nothing", None, "price"]
    results = labelled(make_results(tmp_path, kind="labels"), given)
    sets = [{"price", "taste"}, {"service"}, {"price", "taste"}, None, None, {"price"}]
    names = ("price", "taste", "service")
    predicted = [
        {name for name, z in zip(names, scores, strict=True) if z > 0}
        for scores in results.texts["scores"]
    ]
    quality = made(results)
    exact = sum(a == b for a, b in zip(sets, predicted, strict=True) if a is not None)
    assert f"Of 4 texts with right answers, {exact} were given exactly" in quality.headline
    table = cells(quality.tables[0])
    for name in names:
        both = sum(name in a & b for a, b in zip(sets, predicted, strict=True) if a is not None)
        own = sum(name in a for a in sets if a is not None)
        said = sum(name in b for a, b in zip(sets, predicted, strict=True) if a is not None)
        assert table[name] == [
            "",
            str(sum(name in b for b in predicted)),
            str(own),
            f"{100 * both / own:.1f}\u00a0%",
            f"{100 * both / said:.1f}\u00a0%" if said else "–",
        ]


def test_several_numbers_and_next_tokens(tmp_path: Path) -> None:
    results = make_results(tmp_path / "numbers", kind="numbers")
    table = cells(made(results).tables[0])
    clicks = [scores[0] for scores in results.texts["scores"]]
    assert table["clicks"][0] == written(sum(clicks) / 6, decimals(max(map(abs, clicks))))
    assert table["cost"][3] == written(-min(clicks), decimals(max(map(abs, clicks))))
    quality = made(make_results(tmp_path / "next", kind="next_token"))
    assert "“の”: in 6 of 6 texts" in quality.headline
    assert cells(quality.tables[0]) == {"の": ["", "6", f"{100 * math.exp(-0.5):.1f}\u00a0%"]}
    broken = make_results(tmp_path / "line", kind="next_token")
    broken.texts["prediction_label"] = "\n"
    assert "“line break ↵”: in 6 of 6 texts" in made(broken).headline


def test_an_embedding_and_a_single_text_have_no_section(tmp_path: Path) -> None:
    assert make_quality(Findings(make_results(tmp_path / "a", kind="embedding")), EN) is None
    for kind in ("number", "class", "labels", "numbers", "next_token"):
        single = make_results(tmp_path / kind, HEADLINES[:1], kind=kind)
        assert make_quality(Findings(single), EN) is None


def half_right(kind: OutputKind, folder: Path) -> Results:
    """Results in which every other text has right labels alone, and the others wrong ones."""
    if kind == "tags":
        return tagged_results(folder, HEADLINES, _tags(tagged_results(folder, HEADLINES)))
    results = make_results(folder, kind=kind, evidence="basic")
    rows = results.stored("texts").copy()
    if kind == "completion":  # all its tokens are right, and more likely in every other text
        rows["scores"] = [np.asarray(own) * (1 + i % 2) for i, own in enumerate(rows["scores"])]
        return changed(results, texts=rows)
    if kind == "masks":
        firsts = (list(names[::5]) for names in rows["score_names"])
        right = [json.dumps(own) for own in firsts]
        wrong = [json.dumps(["x"] * len(own)) for own in rows["steps"]]
    else:
        right = rows["prediction_label"].tolist()
        wrong = ["bad" if own == "good" else "good" for own in right]
    rows["label"] = [(right, wrong)[i % 2][i] for i in range(len(rows))]
    return changed(results, texts=rows)


def _tags(results: Results) -> list[str]:
    given = results.texts["prediction_label"].tolist()
    outside = [" ".join(["B-PER"] * len(own.split())) for own in given]
    return [(given, outside)[i % 2][i] for i in range(len(given))]


@pytest.mark.parametrize(
    ("kind", "metric", "shown", "key"),
    [
        ("completion", "perplexity", "Perplexity", "perplexity"),
        ("masks", "mask_accuracy", "First choice right", "mask_accuracy"),
        ("tags", "entity_f1", "F1 over whole entities", "entity_f1"),
        ("class", "macro_f1", None, "label_macro_f1"),
    ],
)
def test_figures_of_several_sums_have_an_interval_on_the_page_and_in_the_list(
    kind: OutputKind, metric: str, shown: str | None, key: str, tmp_path: Path
) -> None:
    results = half_right(kind, tmp_path)
    findings = Findings(results)
    estimate = findings.fits.known(metric)
    assert estimate.interval is not None
    low, high = estimate.interval
    assert low < estimate.mean < high
    own = [findings.figures[f"{key}{end}"] for end in ("", "_low", "_high")]
    assert own == pytest.approx([estimate.mean, low, high], rel=1e-5)
    if shown is None:
        return
    quality = made(results)
    (figure,) = (figure for figure in quality.figures if figure.name == shown)
    ends = [float(end.strip("%\u202f ")) for end in figure.remark.strip("[]").split(", ")]
    size = 1 if kind == "completion" else 100
    assert ends == pytest.approx([size * low, size * high], abs=0.06)
    assert quality.interval_note


@pytest.mark.parametrize(
    ("kind", "metric"), [("completion", "perplexity"), ("masks", "mask_accuracy")]
)
def test_these_intervals_are_those_of_a_plain_bootstrap(
    kind: OutputKind, metric: str, tmp_path: Path
) -> None:
    results = half_right(kind, tmp_path)
    rows = results.texts.to_dict("records")

    def plain(drawn: list[int]) -> float:
        own = [rows[i] for i in drawn]
        if kind == "completion":
            scores = [score for row in own for score in row["scores"]]
            return math.exp(-sum(scores) / len(scores))
        right = [
            float(name == label)
            for row in own
            for name, label in zip(row["score_names"][::5], json.loads(row["label"]), strict=True)
        ]
        return sum(right) / len(right)

    estimate = Findings(results).fits.known(metric)
    assert estimate.mean == pytest.approx(plain(list(range(len(rows)))))
    assert estimate.interval == pytest.approx(plain_interval(plain, len(rows)), rel=1e-6)
