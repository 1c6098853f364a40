"""Every text that a report lists first has its evidence, however the report was made."""

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from helpers.cases import some_of
from helpers.real.explaining import load
from helpers.real.models import SENTENCES

import reportgen
from reportgen import Report
from reportgen.models import LoadedModel

TEXTS = [f"{line} {word}" for word in ("a", "mat", "dog", "very good") for line in SENTENCES]
LABELS = [str(i * 7 % 5) for i in range(len(TEXTS))]
NOT_MEASURED = {"en": "was not measured on this text", "ja": "を測定していません"}
EXTRA = {"en": "because the report lists it first", "ja": "追加で検証しました"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    folder = tmp_path_factory.mktemp("models")
    return load(folder, "bert", num_labels=1, problem_type="regression")


@pytest.fixture(scope="module")
def folder(model: LoadedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "r"
    reportgen.analyze(TEXTS, model, labels=LABELS, evidence_texts=2, folder=folder)
    return folder


@pytest.fixture(scope="module")
def report(folder: Path) -> Report:
    return reportgen.open_report(folder)


def test_every_text_that_deserves_a_look_or_is_opened_has_evidence(report: Report) -> None:
    found, evidence = report.findings, report.results.info.evidence
    assert len(found.picked.texts) >= 5
    for row in {found.picked.first, *found.picked.texts, *found.picked.worst}:
        assert report.results.evidence_row(row) is not None
        assert report.results.effects_of(row) is not None
    assert evidence.n_texts == len(report.results.evidence) == 2
    assert evidence.n_extra == len(report.results.stored("evidence")) - 2 > 0


def test_agreement_picks_none_but_texts_of_the_sample(report: Report) -> None:
    known = report.findings.text_figures["agreement"].dropna().index
    assert set(known) <= set(report.results.evidence["text"])


@pytest.mark.parametrize("lang", some_of(["en", "ja"], "ja"))
def test_the_page_marks_them_and_opens_one_that_was_measured(
    report: Report, lang: str, tmp_path: Path
) -> None:
    report.save(tmp_path / "p.html", lang=lang)
    page = BeautifulSoup((tmp_path / "p.html").read_text("utf-8"), "html.parser")
    opened = json.loads(page.find(id="page-data").string)["first"]
    assert opened == report.findings.opened[lang] + 1
    said = {int(panel["id"].removeprefix("text=")): str(panel) for panel in page("article")}
    assert len(said) == len(TEXTS)
    stored = report.results.stored("evidence").set_index("text")["extra"]
    for number, panel in said.items():
        assert (NOT_MEASURED[lang] in panel) == (number - 1 not in stored.index)
        assert (EXTRA[lang] in panel) == bool(stored.get(number - 1, False))


def test_texts_csv_says_which_texts_have_evidence(report: Report, tmp_path: Path) -> None:
    report.save(tmp_path / "texts.csv")
    rows = (tmp_path / "texts.csv").read_text("utf-8-sig").splitlines()
    assert rows[0].endswith(",evidence")
    kinds = [row.rpartition(",")[2] for row in rows[1:]]
    info = report.results.info.evidence
    assert (kinds.count("sample"), kinds.count("extra")) == (info.n_texts, info.n_extra)
    assert kinds.count("") == len(TEXTS) - info.n_texts - info.n_extra


def test_a_redacted_copy_has_the_same_evidence(report: Report, tmp_path: Path) -> None:
    report.save(tmp_path / "p.html", redact=True)
    page = (tmp_path / "p.html").read_text("utf-8")
    assert page.count(EXTRA["en"]) == report.results.info.evidence.n_extra
