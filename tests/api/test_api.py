"""reportgen from Python: lists, tables and models as objects give what the command line gives."""

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from helpers.real.albert_for_regression import AlbertForRegression
from helpers.real.few_steps import take_few_steps
from helpers.real.models import SENTENCES, save_model, spread_weights, tiny_model, tiny_tokenizer
from helpers.text_files import workbook
from torch import nn
from transformers import pipeline
from typer.testing import CliRunner

import reportgen
from reportgen.cli import app
from reportgen.errors import InputError, ModelError, ReportgenError, ResultsError, UsageError
from reportgen.models.loading import HANDED_OVER

TEXTS = [*SENTENCES, "one more line"]
FAST: dict[str, Any] = {"evidence": "none", "keep_maps": "none"}


@pytest.fixture
def same_day(monkeypatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")


def tiny() -> tuple[nn.Module, Any]:
    model = tiny_model("bert", "sequence", num_labels=1, problem_type="regression")
    return model, tiny_tokenizer("wordpiece")


def test_importing_it_brings_nothing_heavy() -> None:
    code = (
        "import sys, reportgen\n"
        "assert 'analyze' in dir(reportgen) and reportgen.__version__\n"
        "heavy = {'torch', 'transformers', 'pandas', 'numpy', 'plotly', 'typer'}\n"
        "print(*heavy & set(sys.modules))\n"
        "assert callable(reportgen.open_report) and 'torch' not in sys.modules\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.split()) == (0, []), ran.stderr
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = reportgen.nonsense


@pytest.mark.usefixtures("same_day")
def test_it_writes_the_bytes_of_the_command_line(tmp_path: Path, bert: Path) -> None:
    rows = [{"text": t, "label": i} for i, t in enumerate(TEXTS)]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    file = tmp_path / "texts.jsonl"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    names = ("report.html", "report.md", "summary.json", "tokens.csv", "heads.parquet")
    outputs = [part for name in names for part in ("-o", str(tmp_path / "run" / name))]
    page = ["--title", "見出し", "--lang", "ja", "--max-size", "5MB"]
    command = ["run", str(file), "-m", str(bert), "--evidence-texts", "4", *page, *outputs]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    given: list[tuple[object, dict[str, Any]]] = [
        (TEXTS, {"labels": range(len(TEXTS))}),
        (pd.DataFrame(rows), {}),
        (str(file), {}),
        ([file], {"labels": "label"}),
    ]
    for number, (texts, beside) in enumerate(given):
        report = reportgen.analyze(texts, bert, evidence_texts=4, **beside)
        # A page is made of the results alone, so that of the first texts stands for all; the
        # command of the last names the column that was named.
        own = {0: names, 3: ("report.md", *names[2:])}.get(number, names[2:])
        paths = [tmp_path / str(number) / name for name in own]
        said = report.save(*paths, title="見出し", lang="ja", max_size="5MB")
        assert said[0].startswith(f"{paths[0]}: ")
        for path in paths:
            if number == 3 and path.stem == "report":
                assert "--label-column label" in path.read_text("utf-8")
                continue
            assert path.read_bytes() == (tmp_path / "run" / path.name).read_bytes(), path
    assert {path.name for path in (tmp_path / "0" / "img").iterdir()} == {
        path.name for path in (tmp_path / "run" / "img").iterdir()
    }


def test_the_columns_of_a_table_are_chosen_as_on_the_command_line(bert: Path) -> None:
    frame = pd.DataFrame(
        {
            "review": TEXTS,
            "stars": np.arange(len(TEXTS), dtype=np.float32),
            "shop": ["a", None] * 3 + ["b"],
            "id": range(10, 10 + len(TEXTS)),
        }
    )
    frame.loc[2, "stars"] = np.nan
    report = reportgen.analyze(
        frame, bert, text_column="review", labels="stars", groups="shop", **FAST
    )
    texts = report.results.texts
    assert texts["text"].tolist() == TEXTS
    assert texts["text_id"].tolist() == [str(i) for i in range(10, 17)]
    assert texts["label"].fillna("-").tolist() == ["0.0", "1.0", "-", "3.0", "4.0", "5.0", "6.0"]
    assert texts["group"].fillna("-").tolist() == ["a", "-"] * 3 + ["b"]
    options = report.results.info.settings.options
    assert options["text-column"] == "review"
    assert options["label-column"] == "stars"
    unnamed = reportgen.analyze(frame, bert, text_column="review", ids="", **FAST)
    assert unnamed.results.texts["text_id"].tolist() == [str(i) for i in range(1, 8)]


class Split:
    """What a data set of Hugging Face's offers, as far as it is used."""

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self._columns = columns

    def to_pandas(self) -> pd.DataFrame:
        return pd.DataFrame(self._columns)


def test_a_data_set_is_a_table(bert: Path) -> None:
    data = Split({"text": TEXTS, "pair": TEXTS[::-1], "label": list(range(7))})
    report = reportgen.analyze(data, bert, limit=3, **FAST)
    assert report.results.texts["pair"].tolist() == TEXTS[::-1][:3]
    with pytest.raises(InputError, match="give one of these splits, not all of them: train, test"):
        reportgen.analyze({"train": data, "test": data}, bert)


def weights(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}


@pytest.mark.usefixtures("same_day")
def test_a_sheet_of_a_workbook_is_chosen_as_on_the_command_line(tmp_path: Path, bert: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(workbook(First=[["text"], ["the cat"]], Second=[["text"], ["a dog"]]))
    report = reportgen.analyze(path, bert, sheet="Second", **FAST)
    assert report.results.texts["text"].tolist() == ["a dog"]
    assert report.results.texts["source"].tolist() == ["t.xlsx:Second row 2"]
    with pytest.raises(UsageError, match="no sheet 'Third'"):
        reportgen.analyze(path, bert, sheet="Third", **FAST)


def test_a_model_in_memory_is_reported_as_its_folder_is(bert: Path) -> None:
    few = {"evidence_texts": 1, "keep_maps": "none"}
    named = reportgen.analyze(TEXTS, bert, **few)
    loaded = reportgen.load_model(bert)
    model, tokenizer = loaded.module, loaded.tokenizer
    for report in (
        reportgen.analyze(TEXTS, loaded, **few),
        reportgen.analyze(TEXTS, model, tokenizer, **few),
        reportgen.analyze(TEXTS, reportgen.load_model(model, tokenizer), **few),
        reportgen.analyze(
            TEXTS, pipeline("text-classification", model=model, tokenizer=tokenizer), **few
        ),
    ):
        pd.testing.assert_frame_equal(report.results.texts, named.results.texts)
        pd.testing.assert_frame_equal(report.results.effects, named.results.effects)
        assert report.results.info.model.weights_sha256 == named.results.info.model.weights_sha256
        assert report.results.info.settings.options["model"] == "bert"
    assert report.results.info.remarks == (HANDED_OVER,)
    assert str(bert.parent) not in json.dumps(report.results.info.settings.options)


def test_a_module_of_ones_own_with_its_tokenizer(tmp_path: Path) -> None:
    folder = str(save_model(tmp_path / "albert", "albert"))
    module = AlbertForRegression(folder)
    spread_weights(module, seed=3)
    report = reportgen.analyze(TEXTS, module, folder, evidence="none")
    found = report.results.texts["prediction"].tolist()
    module.eval()
    tokenizer = tiny_tokenizer("unigram")
    for text, value in zip(TEXTS, found, strict=True):
        with torch.no_grad():
            _, expected, _ = module(**tokenizer(text, return_tensors="pt"))
        assert value == pytest.approx(expected.item(), abs=1e-5)
    with pytest.raises(ModelError, match="no tokenizer of its own"):
        reportgen.analyze(TEXTS, module)


@pytest.mark.parametrize("ambient", [torch.no_grad, torch.enable_grad])
def test_a_module_is_given_back_as_it_was(
    ambient: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    take_few_steps(monkeypatch)
    model, tokenizer = tiny()
    model.train()
    model.bert.embeddings.eval()
    model.config.use_cache = True
    model.set_attn_implementation("sdpa")
    frozen = model.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    inputs = tokenizer(TEXTS[0], return_tensors="pt")
    model(**inputs).logits.sum().backward()
    gradients = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    before, modes = weights(model), [part.training for part in model.modules()]
    config = {name: str(value) for name, value in vars(model.config).items()}
    torch.manual_seed(7), np.random.seed(7), random.seed(7)
    with ambient():
        report = reportgen.analyze(TEXTS, model, tokenizer, evidence="full", evidence_texts=1)
    drawn = (torch.rand(1).item(), np.random.rand(), random.random())
    torch.manual_seed(7), np.random.seed(7), random.seed(7)
    assert drawn == (torch.rand(1).item(), np.random.rand(), random.random())
    assert report.results.effects["gradient"].notna().any()
    assert [part.training for part in model.modules()] == modes
    assert {name: str(value) for name, value in vars(model.config).items()} == config
    assert model.config._attn_implementation == "sdpa"
    assert not frozen.requires_grad
    assert not model._forward_pre_hooks
    assert "forward" not in vars(model)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
    for name, parameter in model.named_parameters():
        if name in gradients:
            assert torch.equal(parameter.grad, gradients[name])
        else:
            assert parameter.grad is None


def test_a_module_is_given_back_where_the_analysis_fails() -> None:
    model, tokenizer = tiny()
    model.train()
    with pytest.raises(ReportgenError):
        reportgen.analyze(["", " "], model, tokenizer)
    assert model.training


def test_the_temporary_folder_goes_with_the_report(tmp_path: Path, bert: Path) -> None:
    report = reportgen.analyze(TEXTS, bert, **FAST)
    folder = report.results.folder
    assert folder.is_dir()
    report.save(f"{tmp_path}/kept/")
    del report
    assert not folder.exists()
    kept = reportgen.analyze(TEXTS, bert, folder=tmp_path / "own", **FAST)
    again = reportgen.open_report(tmp_path / "own")
    assert again.figures == kept.figures == reportgen.open_report(tmp_path / "kept").figures
    del kept
    assert (tmp_path / "own" / "results.json").is_file()
    with pytest.raises(ResultsError, match="holds 2 results folders"):
        reportgen.open_report(tmp_path)


def test_figures_and_notes_are_those_of_the_outputs(tmp_path: Path, bert: Path) -> None:
    report = reportgen.analyze(TEXTS, bert, labels=range(7), evidence="none")
    report.save(tmp_path / "summary.json", tmp_path / "report.md")
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    flat = summary.get("figures", summary)
    assert report.figures["n_texts"] == 7
    assert {name: flat[name] for name in report.figures} == report.figures
    assert all(value is None or type(value) in (int, float) for value in report.figures.values())
    english, japanese = report.notes(), report.notes("ja")
    assert len(english) == len(japanese) > 2
    assert english[0].startswith("bert: ")
    assert "[CLS]" in english[0]


def test_saving_is_all_or_nothing_and_checks_first(tmp_path: Path, bert: Path) -> None:
    report = reportgen.analyze(TEXTS, bert, **FAST)
    page = tmp_path / "report.html"
    cases: list[tuple[tuple[object, ...], dict[str, Any], str]] = [
        ((), {}, "at least one file"),
        (("-",), {}, "standard output"),
        ((page, tmp_path / "report.pdf"), {}, r"\.html"),
        ((page,), {"nonsense": 1}, "nonsense: no such option; there are title, lang"),
        ((page,), {"lang": "de"}, "lang 'de': takes 'en', 'ja'"),
        ((tmp_path / "report.md",), {"images": "gif"}, "images 'gif': takes 'svg', 'png', 'none'"),
        ((tmp_path / "report.md",), {"md_limit": "9000"}, "md_limit '9000': takes a whole number"),
        ((page,), {"max_size": "much"}, "25MB"),
        ((page, f"{tmp_path}/r/"), {"redact": True}, "would hold the texts"),
    ]
    for paths, options, words in cases:
        with pytest.raises(UsageError, match=words):
            report.save(*paths, **options)
    assert list(tmp_path.iterdir()) == []
    report.save(page, max_size=3_000_000, pool_above=None)
    with pytest.raises(UsageError, match="exists"):
        report.save(page, overwrite=False)
    whole = page.read_bytes()
    report.save(page, redact=True)
    assert page.read_bytes() != whole
    assert TEXTS[0] not in page.read_text("utf-8")


def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, bert: Path) -> None:
    model, tokenizer = tiny()
    cases: list[tuple[object, dict[str, Any], type[ReportgenError], str]] = [
        ([], {}, InputError, "no texts"),
        (3, {}, InputError, "int; give a list of strings"),
        (["a", 3], {}, InputError, "text 2 is int, not a string"),
        ([{"text": "a"}, "b"], {}, InputError, "text 2 is str, not a dict as the first"),
        ("a cat sat", {}, InputError, r"single string, .*; give a list of texts, such as \['a cat"),
        (["a"], {"max_unknown": 2}, UsageError, "max_unknown 2: takes 1 or less"),
        (["a"], {"max_unknown": "2"}, UsageError, "write a share such as 50% or 0.5"),
        (["a"], {"labels": [1, 2]}, UsageError, "labels: 2 for 1 texts"),
        (["a"], {"labels": "stars"}, UsageError, "labels: a list of texts has no columns"),
        (["a"], {"text_column": "x"}, UsageError, "a list, which has no columns"),
        (["a", "b"], {"ids": ["x", "x"]}, InputError, "already stands at texts.jsonl:1"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), {}, UsageError, "no column 'text'"),
        (pd.DataFrame({"text": ["x"]}), {"labels": "stars"}, UsageError, "no column 'stars'"),
        (pd.DataFrame({"text": [["x", None]]}), {}, InputError, "holds a list, not a text"),
        (str(tmp_path / "no.csv"), {}, InputError, "no such file"),
        (["a"], {"evidence_texts": "some"}, UsageError, "--evidence-texts some"),
        (["a"], {"evidence": "ful"}, UsageError, "'ful': takes 'none', 'basic', 'full'"),
        (["a"], {"batch_tokens": "9"}, UsageError, "batch_tokens '9': takes a whole number"),
        (["a"], {"limit": 0}, UsageError, "takes 1 or more"),
        (["a"], {"model": None}, UsageError, "model: none is named"),
        (["a"], {"model": 3}, ModelError, "int; give a folder"),
        (["a"], {"model": str(tmp_path)}, ModelError, "not a model folder"),
        (["a"], {"model": model}, ModelError, "no tokenizer of its own"),
        (["a"], {"model": model, "tokenizer": 3}, ModelError, "tokenizer: int"),
        (["a"], {"model": bert, "tokenizer": tokenizer}, UsageError, "an object goes only with"),
        (["a"], {"model": bert, "colour": 3}, UsageError, "colour: no such option"),
        (["a"], {"model": model, "checkpoint": "x.pt"}, UsageError, "is already built"),
    ]
    for texts, options, kind, words in cases:
        given = {"model": bert, **FAST, **options}
        with pytest.raises(kind, match=words) as caught:
            reportgen.analyze(texts, **given)
        assert "\n" not in str(caught.value)


def test_classes_are_named_and_progress_is_said_where_asked(capsys) -> None:
    model = tiny_model("bert", "sequence", num_labels=2)
    tokenizer = tiny_tokenizer("wordpiece")
    named = {"class_names": ["bad", "good"], "output_name": "taste"}
    report = reportgen.analyze(TEXTS, model, tokenizer, progress=True, evidence="none", **named)
    said = capsys.readouterr()
    assert "7 texts" in said.err
    assert said.out == ""
    assert report.results.info.output.labels == ("bad", "good")
    assert report.results.info.settings.options["class-names"] == "bad,good"
    assert set(report.results.texts["prediction_label"]) <= {"bad", "good"}
    reportgen.analyze(TEXTS, model, tokenizer, evidence="none", **named)
    assert capsys.readouterr().err == ""


def test_half_a_character_and_odd_lines_are_texts_like_any(bert: Path) -> None:
    texts = ["a\nb", "x\u2028y \ud83d", 'quote " \\ {"text": 1}']
    report = reportgen.analyze(texts, bert, **FAST)
    assert report.results.texts["text"].tolist() == ["a\nb", "x\u2028y \\ud83d", texts[2]]


def test_a_kept_folder_is_replaced_whole_or_not_at_all(tmp_path: Path, bert: Path) -> None:
    kept = tmp_path / "kept"
    reportgen.analyze(TEXTS, bert, folder=kept, **FAST)
    with pytest.raises(ReportgenError):
        reportgen.analyze(["", ""], bert, folder=kept, **FAST)
    assert len(reportgen.open_report(kept).results.texts) == 7
    reportgen.analyze(TEXTS[:2], bert, folder=kept, **FAST)
    assert len(reportgen.open_report(kept).results.texts) == 2
    shutil.rmtree(kept)
    kept.mkdir()
    (kept / "mine.txt").write_text("mine")
    with pytest.raises(UsageError):
        reportgen.analyze(TEXTS, bert, folder=kept, **FAST)


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> reportgen.Report:
    model, tokenizer = tiny()
    folder = tmp_path_factory.mktemp("kept") / "results"
    return reportgen.analyze(TEXTS, model, tokenizer, folder=folder, **FAST)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("title", 5),
        ("lang", "fr"),
        ("lang", None),
        ("heads", "all"),
        ("layout", "folder"),
        ("plotlyjs", 5),
        ("md_flavor", "gitea"),
        ("md_limit", "5000"),
        ("md_limit", True),
        ("images", "gif"),
        ("id", None),
    ],
)
def test_a_value_that_no_option_takes_is_told_and_nothing_is_written(
    report, tmp_path: Path, monkeypatch, option: str, value: object
) -> None:
    """A layout that is none once put the page's folder in the place of the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match=f"^{option} .*takes "):
        report.save("report.html", "report.md", **{option: value})
    assert [item.name for item in Path(tmp_path).iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("limit", "3"),
        ("limit", 2.5),
        ("limit", 0),
        ("batch_tokens", 0),
        ("batch_tokens", 1.5),
        ("evidence", "some"),
        ("text_column", 5),
        ("labels", 5),
        ("device", 5),
        ("max_length", -1),
        ("temperature", -1),
        ("temperature", float("nan")),
        ("temperature", float("inf")),
        ("temperature", 1e9),
        ("temperature", "0.7"),
        ("seed", -1),
        ("seed", 2**32),
        ("sheet", "Reviews"),
        ("class_names", 5),
    ],
)
def test_a_value_that_no_analysis_takes_is_told(option: str, value: object) -> None:
    model, tokenizer = tiny()
    with pytest.raises(UsageError, match=f"^{option}"):
        reportgen.analyze(TEXTS, model, tokenizer, **{**FAST, option: value})


def test_other_languages_and_sides_are_told(report) -> None:
    with pytest.raises(UsageError, match="lang 'fr': takes 'en', 'ja'"):
        report.notes("fr")
    with pytest.raises(UsageError, match="int: give a report, or a folder"):
        reportgen.compare(report, 5)
    compared = reportgen.compare(report, report)
    with pytest.raises(UsageError, match="lang 'fr'"):
        compared.headline("fr")


def test_a_report_is_not_written_over_its_own_results(report) -> None:
    folder = report.results.folder
    before = (folder / "results.json").read_bytes()
    for save in (report.save, reportgen.compare(folder, folder).save):
        with pytest.raises(UsageError, match="is also read from"):
            save(folder / "results.json")
    assert (folder / "results.json").read_bytes() == before


def test_threads_wait_for_one_another() -> None:
    """They once shared a model's hooks, and left standard output turned to standard error."""
    loaded, before = reportgen.load_model(*tiny()), sys.stdout
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda _: reportgen.analyze(TEXTS, loaded, **FAST).figures, range(3)))
    assert made[0] == made[1] == made[2]
    assert sys.stdout is before
