"""Several numbers with labels: their errors against a plain computation, in a report and between
two models."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bs4 import BeautifulSoup
from helpers.compared_json import record_of
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.unlisted import without_manifest
from helpers.page_of import page_of
from helpers.real.two_models import chain

from reportgen.findings import Findings
from reportgen.report import CompareOptions, load_language, redacted
from reportgen.report.html import page
from reportgen.report.language import LANGUAGES
from reportgen.report.sections import MOST, make_errors
from reportgen.results import Results, number_list, open_results

TEXTS = tuple(f"{text} {i}" for i in range(4) for text in HEADLINES)  # 24
RIGHT = np.random.default_rng(1).normal(size=(len(TEXTS), 2)) * (1, 10)
NOISE = np.random.default_rng(2).normal(size=RIGHT.shape) * (1, 10)
WITHOUT = 5  # its label has a number too many


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return make_results(
        tmp_path_factory.mktemp("numbers"), TEXTS, n_layers=1, n_heads=1, keep=0, kind="numbers"
    )


def off(made: Results, by: float) -> Results:
    """The model that is off by `by` times NOISE, with labels in each way to write them."""
    ways = (json.dumps, "{0[0]}; {0[1]}".format, "{0[0]}, {0[1]}%".format)
    labels = [ways[i % 3](own) for i, own in enumerate(RIGHT.tolist())]
    labels[WITHOUT] = "1, 2, 3"
    scores = (RIGHT + by * NOISE).tolist()
    return changed(made, texts=made.texts.assign(scores=scores, label=labels))


def errors_of(by: float) -> np.ndarray:
    return np.delete(abs(by * NOISE), WITHOUT, axis=0)


@pytest.mark.parametrize(
    ("label", "numbers"),
    [
        ("[1.5, -2]", [1.5, -2]),
        ('["1.5", "2%"]', [1.5, 2]),
        ("1.5;2|３", [1.5, 2, 3]),
        ("7", [7]),
        ("[1, null]", None),
        ("[1, NaN]", None),
        ("1, none", None),
        ("1, 1e39", None),
        ("", None),
        ('{"a": 1}', None),
    ],
)
def test_a_label_is_a_list_of_numbers_or_none(label: str, numbers: list[float] | None) -> None:
    assert number_list(label) == numbers


def test_errors_are_the_mean_over_texts_and_numbers(made: Results) -> None:
    found, errors = Findings(off(made, 0.5)), errors_of(0.5)
    fit = found.numbers_fit
    assert found.fits.known("mae").mean == pytest.approx(errors.mean(), rel=1e-6)
    assert [own.mean for own in fit.by_number] == pytest.approx(errors.mean(axis=0), rel=1e-6)
    assert found.figures["label_mae"] == pytest.approx(errors.mean(), rel=1e-5)
    assert found.figures["label_mae_low"] < errors.mean() < found.figures["label_mae_high"]
    kind, value = found.deciding
    assert (kind.name, value) == ("mae", found.figures["label_mae"])
    right = np.delete(RIGHT, WITHOUT, axis=0)
    constant = abs(right - np.median(right, axis=0))
    assert found.scored.constant == pytest.approx(constant.ravel(), rel=1e-6)
    assert found.scored.errors == pytest.approx(errors.ravel(), rel=1e-6)
    assert found.scored.of_text[1] == pytest.approx(errors.mean(axis=1), rel=1e-6)
    assert found.against_constant == "better"
    assert Findings(off(made, 9.0)).against_constant == "worse"
    assert Findings(made).numbers_fit is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_says_how_far_off_they_are(made: Results, lang: str) -> None:
    results, errors = off(made, 0.5), errors_of(0.5)
    html = page_of(results, lang=lang)
    section = html.find(id="predictions").get_text()
    assert f"{errors.mean():.3g} [" in section
    for i, name in enumerate(("clicks", "cost")):
        row = next(r for r in html.select("#predictions tr") if r.th.get_text() == name)
        shown, low, *_ = row.td.get_text().split(" ")
        assert float(shown) == pytest.approx(errors[:, i].mean(), abs=5e-3)
        assert float(low.strip("[,")) < float(shown)
    assert f"{errors.mean():.2f}" in html.find(id="answers").get_text()
    table = make_errors(Findings(results), load_language(lang)).table
    assert table.kind == "tracks"  # cards on a phone


def test_a_model_is_better_by_the_same_rule(made: Results) -> None:
    sides = [off(made, by) for by in (1.0, 0.2, 0.1)]
    record = record_of(chain(*sides))
    quality = record["quality"]
    assert (quality["verdict"], quality["decided_by"]) == ("better", "mae")
    assert quality["n_texts"] == len(TEXTS) - 1
    for side, by in (("base", 1.0), ("head", 0.1)):
        assert quality["mae"][side] == pytest.approx(errors_of(by).mean(), rel=1e-5)
    assert record["figures"]["quality_better"] == 1
    assert record["trend"]["quality"]["since"] == 1
    worse = record_of(chain(*reversed(sides[:2])))
    assert worse["quality"]["verdict"] == "worse"


def test_texts_whose_mean_error_grew_are_listed(made: Results) -> None:
    found = chain(*(off(made, by) for by in (0.1, 1.0)))
    grown = errors_of(1.0).mean(axis=1) - errors_of(0.1).mean(axis=1)
    html = page.render(found.runs, CompareOptions()).text
    shown = BeautifulSoup(html, "html.parser").get_text()
    n = int((grown > 0).sum())
    assert f"The texts whose error grew most ({MOST} of {n} whose error grew)" in shown


def test_hidden_texts_keep_labels_that_are_numbers(made: Results, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(made.folder, tmp_path / "labelled"))
    table, labels = pq.read_table(folder / "texts.parquet"), off(made, 1.0).texts["label"]
    place = table.column_names.index("label")
    told = [*labels[:-1], "a secret"]
    table = table.set_column(place, table.schema.field("label"), pa.array(told, pa.string()))
    pq.write_table(table, folder / "texts.parquet")
    without_manifest(folder)
    with redacted(open_results(folder), "en", wanted=True, with_short=True) as hidden:
        kept = hidden.texts["label"].tolist()
    assert kept[:-1] == told[:-1]
    assert "secret" not in kept[-1]
