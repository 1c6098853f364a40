"""Reports of real runs in a real Chromium: what is drawn and printed equals the results."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from exploring import maps_of, plots
from helpers.cases import some_of
from helpers.places import SAMPLES
from helpers.real.models import SENTENCES, save_model
from opening import placed, rendered, visit
from playwright.sync_api import expect

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.models import ModelSpec, load_model
from reportgen.results import Results
from reportgen.texts import Columns, read_texts

pytestmark = pytest.mark.browser

KINDS = ("bundled", "minilm", "causal", "pairs", "hostile")
COLUMNS = {"minilm": Columns(text="review", label="stars")}
FILES = {
    "bundled": "ad_headlines.txt",
    "minilm": "reviews_en.csv",
    "pairs": "pairs.csv",
    "hostile": "hostile.jsonl",
}


@dataclass(frozen=True)
class Report:
    """A page and what it was made of."""

    results: Results
    path: Path
    lang: str


# Of the bundled model the texts that could harm a page are opened always.
@pytest.fixture(scope="module", params=some_of(KINDS, *KINDS[1:]))
def report(request, tmp_path_factory) -> Report:
    kind, folder = request.param, tmp_path_factory.mktemp(request.param)
    lang = "ja" if kind in ("bundled", "pairs") else "en"
    path = SAMPLES / FILES[kind] if kind in FILES else folder / "texts.txt"
    if kind == "minilm":
        model = request.getfixturevalue("minilm")
    elif kind == "causal":
        model = load_model(ModelSpec(model=str(save_model(folder / "gpt2", "gpt2", "causal"))))
        path.write_text("\n".join([*SENTENCES[:2], "snow ☃ and 雪 in bytes"]), "utf-8")
    else:
        model = load_model(ModelSpec())
    texts = read_texts(
        [str(path)], COLUMNS.get(kind, Columns()), limit=5 if kind == "hostile" else 3
    )
    (folder / "results").mkdir()
    results = analyze(
        texts, model, folder / "results", AnalysisOptions(units="token", evidence="none")
    )
    return Report(results, rendered(results, folder, lang=lang), lang)


@pytest.fixture
def opened(keep, report):
    """The tab where it is open."""
    return keep(report.path)


def of_units(weights: np.ndarray, units: np.ndarray) -> np.ndarray:
    """`weights` `[query, key]` of tokens as those of display units: mean from, sum to."""
    member = units[:, None] == np.unique(units)
    return (member / member.sum(0)).T @ weights @ member


def measured(report: Report) -> list[int]:
    texts = report.results.texts
    return [i for i in range(len(texts)) if texts["status"].iloc[i] in ("ok", "truncated")]


def test_the_map_of_every_text_is_that_of_the_results(opened, report):
    for text in measured(report):
        visit(opened, f"#text={text + 1}")
        units = report.results.tokens_of(text)["unit"].to_numpy(int)
        expected = of_units(maps_of(report.results, text)[-1].mean(axis=0), units)
        (plot,) = plots(opened, text + 1)
        shown = np.array(plot.z, dtype=float)
        assert np.isnan(shown).sum() == np.isnan(expected).sum()
        assert np.abs(np.nan_to_num(shown) - expected).max() <= 1e-5


def test_a_link_opens_one_head_of_the_last_text(opened, report):
    text = measured(report)[-1]
    layer, head = report.results.info.model.n_layers, 2
    link = f"#text={text + 1}&layer={layer}&head={head}"
    visit(opened, link)
    units = report.results.tokens_of(text)["unit"].to_numpy(int)
    expected = of_units(maps_of(report.results, text)[-1, head - 1], units)
    (plot,) = plots(opened, text + 1)
    assert np.abs(np.nan_to_num(plot.z) - expected).max() <= 1e-4
    assert opened.url.endswith(link)


def test_every_strip_spells_its_text_and_every_prediction_is_printed(opened, report):
    """On a page in its language, where nothing of the texts runs."""
    texts = report.results.texts
    for text in measured(report):
        visit(opened, f"#text={text + 1}")
        strip = opened.locator(f"#strip-{text + 1}")
        shown = strip.locator(".u:not(.s)").evaluate_all(
            "units => units.map(unit => unit.textContent).join('')"
        )
        plain = [c for c in texts["text"].iloc[text] if c.isascii() and c.isalnum()]
        assert [c for c in shown if c.isascii() and c.isalnum()][: len(plain)] == plain
        prediction = texts["prediction"].iloc[text]
        if not np.isnan(prediction):
            # As many decimals as the largest prediction, its error or their spread calls for.
            values = [f"{prediction:.{digits}f}".replace("-", "−") for digits in (2, 3)]
            panel = opened.locator(f'[id="text={text + 1}"]').inner_text()
            assert any(value in panel for value in values)
    expect(opened.locator("html")).to_have_attribute("lang", report.lang)
    assert opened.evaluate("window.bad") is None


def test_without_scripts_every_figure_of_the_tokens_stands_in_its_table(still_tab, report):
    still_tab.goto(placed(report.path))
    for text in measured(report):
        tokens = report.results.tokens_of(text)
        received = tokens.groupby("unit")["received_last"].sum()
        cells = still_tab.locator(
            f'[id="text={text + 1}"] table.numbers:has(thead) tbody tr'
        ).evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.textContent))")
        assert [row[3] for row in cells] == [f"{100 * value:.2f}" for value in received]
