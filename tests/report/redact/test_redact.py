"""--redact: ids, lengths and figures stay; of a text or a token no output holds a trace."""

import errno
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from helpers.calling import call
from helpers.cases import some_of
from helpers.made_up.factories import make_results
from helpers.made_up.unlisted import without_manifest
from helpers.real.models import save_model
from helpers.real.planted import ID, SECRETS, planted, traces
from helpers.real.writers import save_writer

from reportgen.analysis import Worker
from reportgen.errors import ModelError, OutputError, quoted
from reportgen.findings import draw_agreement
from reportgen.report import COLUMNS, load_language, redacted
from reportgen.report.redact import Rule
from reportgen.results import open_results

SECRET = SECRETS["latin"]
OUTPUTS = (
    *("report.html", "report.md", "page.xml", "summary.json", "tokens.csv", "texts.csv"),
    *(
        "heads.csv",
        "sinks.csv",
        "agreement.csv",
        "tokens.parquet",
        "texts.parquet",
        "sinks.parquet",
    ),
)


@pytest.fixture(scope="module", params=["class", "next_token"])
def folder(request, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp(f"planted-{request.param}")
    planted(folder, request.param)
    return folder


@pytest.fixture(scope="module")
def next_token(tmp_path_factory) -> Path:
    """Of the kind that has every secret; which files are removed does not depend on the kind."""
    folder = tmp_path_factory.mktemp("planted")
    planted(folder, "next_token")
    return folder


def test_no_output_holds_a_trace_and_without_it_they_do(
    folder: Path, tmp_path: Path, monkeypatch
) -> None:
    kind = open_results(folder).info.output.kind
    lang = "ja" if kind == "class" else "en"
    for place, options in (("plain", []), ("redacted", ["--redact"])):
        outputs = [part for name in OUTPUTS for part in ("-o", tmp_path / place / name)]
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / f"{place}.md"))
        told = ("--lang", lang, "--verbose", "--github-summary")
        done = call("render", folder, *outputs, *options, *told)
        assert done.exit_code == 0, done.output
        (tmp_path / place / "terminal.txt").write_text(done.output, "utf-8")
    control = {
        "report.html": set(SECRETS) - ({"predicted"} if kind != "next_token" else set()),
        "report.md": {"japanese"},
        "page.xml": {"japanese"},
        "summary.json": {"subject"},
        "tokens.csv": {"japanese", "emoji"},
        "tokens.parquet": {"japanese", "emoji"},
        "texts.csv": {"japanese", "label", "message"},
        "texts.parquet": {"japanese", "label", "message"},
        "sinks.csv": {"subject"},
        "terminal.txt": {"message"},
    }
    pictures = [f"img/{path.name}" for path in (tmp_path / "redacted" / "img").iterdir()]
    drawn = [traces(path.read_bytes()) for path in (tmp_path / "plain" / "img").iterdir()]
    assert any("japanese" in found for found in drawn)
    assert "japanese" in traces((tmp_path / "plain.md").read_bytes())
    said = (tmp_path / "redacted" / "report.html").read_text("utf-8")
    left_out = load_language(lang).say("redacted", "page").split("." if lang == "en" else "。")[0]
    assert left_out in said
    assert left_out in (tmp_path / "redacted" / "terminal.txt").read_text("utf-8")
    assert re.search(r"reportgen run [^\n<]*--redact", said)
    assert ID in said
    assert "[CLS]" in said
    assert 'id="across"' not in said  # tokens of one length cannot be told apart
    require_hash_of_the_weights_alone(folder, tmp_path)
    assert traces((tmp_path / "redacted.md").read_bytes()) == set()
    for name in (*OUTPUTS, *pictures, "terminal.txt"):
        plain = traces((tmp_path / "plain" / name).read_bytes())
        assert control.get(name, set()) <= plain, f"the search does not work in {name}"
        assert traces((tmp_path / "redacted" / name).read_bytes()) == set(), name


def require_hash_of_the_weights_alone(folder: Path, made: Path) -> None:
    """That of the input is left out."""
    info = open_results(folder).info
    digest = info.inputs[0].sha256
    assert digest in (made / "plain" / "report.html").read_text("utf-8")
    for name in ("report.html", "report.md", "page.xml", "summary.json"):
        assert digest not in (made / "redacted" / name).read_text("utf-8"), name
    assert info.model.weights_sha256 in (made / "redacted" / "report.html").read_text("utf-8")
    told = json.loads((made / "redacted" / "summary.json").read_text("utf-8"))
    assert [item["sha256"] for item in told["provenance"]["inputs"]] == [None]


@pytest.mark.parametrize("name", some_of(["t5", "bart"], "t5"))
def test_what_a_separate_decoder_wrote_leaves_no_trace(name: str, tmp_path: Path) -> None:
    save_writer(tmp_path / "model", name)
    words = [f"quokka{n} sings of nine rivers and {n} bridges" for n in range(6)]
    lines = [json.dumps({"text": text, "completion": f"heron{n}"}) for n, text in enumerate(words)]
    (tmp_path / "texts.jsonl").write_text("\n".join(lines), "utf-8")
    given = ("-m", tmp_path / "model", "--evidence", "none", "-o", tmp_path / "made")
    assert call("analyze", tmp_path / "texts.jsonl", *given).exit_code == 0
    for options, leaves_traces in (([], True), (["--redact"], False)):
        page, table = tmp_path / "report.html", tmp_path / "texts.csv"
        done = call("render", tmp_path / "made", "-o", page, "-o", table, "--force", *options)
        assert done.exit_code == 0, done.stderr
        for path in (page, table):
            for secret in ("quokka", "heron"):
                assert (secret in path.read_text("utf-8")) == leaves_traces, (path.name, secret)


@pytest.fixture(scope="module")
def illustrated(next_token: Path, tmp_path_factory) -> Path:
    """Pages with pictures of both kinds."""
    folder = tmp_path_factory.mktemp("illustrated")
    pages = ("-o", folder / "report.md", "-o", folder / "report.xml")
    for kind in ("png", "svg"):
        assert call("render", next_token, *pages, "--images", kind, "--force").exit_code == 0
    return folder


@pytest.mark.parametrize("images", some_of(["svg", "png", "none"], "svg", "none"))
def test_old_pictures_of_the_same_name_go_with_the_texts(
    next_token: Path, illustrated: Path, tmp_path: Path, images: str
) -> None:
    shutil.copytree(illustrated, tmp_path, dirs_exist_ok=True)
    pages = ("-o", tmp_path / "report.md", "-o", tmp_path / "report.xml")
    others = [tmp_path / "img" / name for name in ("june-map.svg", "report-map.txt")]
    for path in others:
        path.write_text(SECRETS["latin"])
    refused = call("render", next_token, *pages, "--redact", "--images", images)
    assert refused.exit_code == 2
    assert "exists; give --force" in refused.output
    done = call("render", next_token, *pages, "--redact", "--images", images, "--force")
    assert done.exit_code == 0, done.output
    assert "removed pictures of an earlier run, which may show texts: " in done.output
    for path in tmp_path.rglob("*"):
        if path.is_file() and path not in others:
            assert traces(path.read_bytes()) == set(), path.name
    assert all(path.read_text() == SECRETS["latin"] for path in others)
    if images == "svg":
        again = call("render", next_token, *pages, "--redact", "--images", images, "--force")
        assert "removed" not in again.output


def test_old_files_of_a_page_go_with_the_texts(next_token: Path, tmp_path: Path) -> None:
    page = tmp_path / "page" / "index.html"
    told = ("-o", page, "--force", "--lang", "en")
    for more in (("--layout", "dir"), ("--redact",)):
        assert call("render", next_token, *told, *more).exit_code == 0
    assert len(list(page.parent.iterdir())) > 1
    for path in page.parent.iterdir():
        assert traces(path.read_bytes()) == set(), path.name


def test_the_copy_holds_what_the_register_says(folder: Path) -> None:
    plain = open_results(folder)
    with redacted(plain, "en", wanted=True) as masked:
        assert masked.is_redacted
        before, after = plain.texts, masked.texts
        assert after["text_id"].tolist() == before["text_id"].tolist()
        n_units = plain.tokens[~plain.tokens["is_special"]].groupby("text")["unit"].nunique()
        assert after["text"].tolist()[:7] == [" ".join(["•••"] * n) for n in n_units]
        is_class = plain.info.output.kind == "class"
        named = "bad" if is_class else "•2"
        assert after["label"].fillna("").tolist() == ["•1", "5", "2.5", "", named, "1", "2", "3"]
        for name, rules in COLUMNS.items():
            own, other = plain.stored(name), masked.stored(name)
            own = draw_agreement(plain) if name == "agreement" else own
            for column, rule in rules.items():
                if rule.how == "kept":
                    pd.testing.assert_series_equal(own[column], other[column])
                elif rule.how == "left out":
                    assert other[column].isna().all(), (name, column)
                elif rule.how in ("step", "digits") and name != "sinks":
                    assert_rounded(own[column], other[column], rule)
        special = plain.tokens["is_special"].to_numpy(bool)
        assert masked.tokens["token"][special].tolist() == plain.tokens["token"][special].tolist()
        assert set(masked.tokens["token"][~special]) == {"•••"}
        assert masked.tokens["token_id"][~special].isna().all()
        assert all(masked.packed_maps(text) is None for text in range(8))
        assert [s.key for s in masked.info.evidence.subjects][-1] == "token:•1"
        token = masked.sinks[masked.sinks["subject"] == "token:•1"]
        assert token["value_size_layers"].isna().all()
        assert not masked.sink_scores["subject"].str.startswith("token:").any()
        copy = masked.folder
        assert copy.stat().st_mode & 0o077 == 0  # others cannot read it meanwhile
    assert not copy.exists()
    assert plain.texts["text"][0].startswith(SECRETS["japanese"])


def assert_rounded(before: pd.Series, after: pd.Series, rule: Rule) -> None:
    """Every number, in lists too, is the nearest of those that the rule allows."""
    known = before.notna()
    assert (after.notna() == known).all()
    if not known.any():
        return
    own, other = (
        np.concatenate([np.ravel(np.asarray(cell, np.float64)) for cell in column[known]])
        for column in (before, after)
    )
    step = rule.by if rule.how == "step" else 10.0 ** (1 - rule.by) * np.abs(other)
    assert (np.abs(own - other) <= step / 2 + 1e-6 * np.abs(own)).all()
    if rule.how == "step":
        np.testing.assert_allclose(np.round(other / rule.by), other / rule.by, atol=1e-4)
    else:
        printed = np.array([float(f"{value:.{int(rule.by)}g}") for value in other.tolist()])
        np.testing.assert_allclose(printed, other, rtol=1e-6)


def test_a_run_of_a_model_leaves_no_trace_either(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    model = save_model(
        tmp_path / "bert", "bert", "sequence", num_labels=1, problem_type="regression"
    )
    texts = tmp_path / "texts.csv"
    lines = [f"r{i},zqxjkvwyqzzxqj the cat sat on {i},qwvzjjxqwkzz" for i in range(6)]
    texts.write_text("\n".join(["id,text,label", *lines]) + "\n", "utf-8")
    outputs = [part for name in OUTPUTS for part in ("-o", tmp_path / "out" / name)]
    done = call("run", texts, "--model", model, "--redact", *outputs, "--verbose")
    assert done.exit_code == 0, done.output
    for name in OUTPUTS:
        assert traces((tmp_path / "out" / name).read_bytes()) == set(), name
    assert traces(done.output.encode()) == set()
    assert list((tmp_path / "temporary").iterdir()) == []
    assert "Redacted: texts, tokens and attention maps" in done.output
    written = pd.read_csv(tmp_path / "out" / "texts.csv")
    assert written["text_id"].tolist() == [f"r{i}" for i in range(6)]
    assert set(written["label"]) == {"•1"}


def test_what_a_failing_run_says_quotes_no_text(tmp_path: Path, monkeypatch) -> None:
    model = save_model(tmp_path / "bert", "bert")
    (tmp_path / "texts.txt").write_text("zqxjkvwyqzzxqj\nthe\ncat\nthe cat\ncat the\n", "utf-8")
    monkeypatch.setattr(
        Worker,
        "window",
        lambda self, task: raise_(ModelError(f"x {quoted(self.texts.texts[0].text)}")),
    )
    command = ("run", tmp_path / "texts.txt", "--model", model, "-o", tmp_path / "r.html")
    plain, masked = call(*command), call(*command, "--redact")
    assert plain.exit_code == masked.exit_code == 1
    assert traces(plain.output.encode()) == {"latin"}
    assert traces(masked.output.encode()) == set()
    assert "x … (… stands for what --redact leaves out)" in masked.output


def test_an_id_that_is_its_text_is_numbered(tmp_path: Path) -> None:
    texts = (SECRET, *(f"a b c d {i}" for i in range(6)))
    ids = (f" {SECRET}", *map(str, range(6)))
    results = make_results(tmp_path, texts, ids=ids)
    with redacted(results, "en", wanted=True, with_short=True) as masked:
        assert masked.texts["text_id"].tolist() == ["•1", *map(str, range(6))]


def test_a_sheet_is_numbered_in_the_place_of_a_text(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("a b", "the cat", "c d", "e f"))
    file = results.info.inputs[0].name
    places = [f"{file}:{SECRET} row 2", f"{file}:row 7 row 3", f"{file}:{SECRET} row 4"]
    texts = pq.read_table(tmp_path / "texts.parquet")
    at = texts.schema.get_field_index("source")
    texts = texts.set_column(at, "source", [[*places, f"{file}:row 5"]])
    pq.write_table(texts, tmp_path / "texts.parquet")
    without_manifest(tmp_path)
    with redacted(open_results(tmp_path), "en", wanted=True, with_short=True) as masked:
        hidden = [f"{file}:•1 row 2", f"{file}:•2 row 3", f"{file}:•1 row 4", f"{file}:row 5"]
        assert masked.texts["source"].tolist() == hidden


@pytest.mark.parametrize("name", ["tokens.parquet", "results.json"])
def test_where_there_is_no_room_for_the_copy_that_is_said(
    name: str, next_token: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    full = OSError(errno.ENOSPC, "No space left on device")

    write_bytes = Path.write_bytes

    def write(path: Path, content: bytes) -> int:
        if path.name == name:
            raise full
        return write_bytes(path, content)

    monkeypatch.setattr(Path, "write_bytes", write)
    if name == "tokens.parquet":
        monkeypatch.setattr(pq.ParquetWriter, "write_table", lambda *_: raise_(full))
    with (
        pytest.raises(OutputError, match=r"copy without texts cannot be written there \(No space"),
        redacted(open_results(next_token), "en", wanted=True),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def raise_(error: Exception) -> None:
    raise error


def test_a_results_folder_is_not_written_redacted(tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("one\n", "utf-8")
    done = call("run", texts, "--redact", "-o", f"{tmp_path}/results/")
    assert done.exit_code == 2
    assert "would hold the texts" in done.output
    assert not (tmp_path / "results").exists()
