"""A baseline in a repository: kept small, compared with a new model in one command, accepted."""

import io
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from helpers.calling import call
from helpers.real.models import SENTENCES, save_model

import reportgen
from reportgen.errors import ComparisonError, UsageError

MADE = {"num_labels": 1, "problem_type": "regression"}
SETTINGS = ("--label-column", "stars", "--max-length", 40, "--evidence-texts", 5)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models, texts, and the baseline of the first."""
    folder = tmp_path_factory.mktemp("team")
    for seed, name in enumerate(("old", "new")):
        save_model(folder / name, "bert", "sequence", seed, **MADE)
    texts = [*SENTENCES[:6], *(f"{text} again" for text in SENTENCES[:6])]
    rows = [f'"{text}",{i % 5}' for i, text in enumerate(texts)]
    (folder / "texts.csv").write_text("\n".join(["text,stars", *rows]) + "\n", "utf-8")
    done = call(
        "analyze",
        folder / "texts.csv",
        "--model",
        folder / "old",
        *SETTINGS,
        "-o",
        folder / "baseline",
        "--small",
    )
    assert done.exit_code == 0, done.output
    assert "baseline/: baseline, " in done.stderr
    return folder


@pytest.fixture(scope="module")
def compared(place: Path) -> Path:
    """What one command writes: `c.json`, `report.html` and the results of the new model."""
    done = call(
        "compare",
        place / "baseline",
        "--head",
        place / "new",
        "-o",
        place / "c.json",
        "--report",
        place / "report.html",
        "--report",
        f"{place}/results/",
        "--fail-if",
        "prediction_changed >= 0",
    )
    assert done.exit_code == 3, done.output
    assert "gate failed: prediction_changed 1 (allowed: below 0)" in done.stderr
    assert f"{place / 'report.html'}: " in done.stderr
    return place


def test_a_baseline_that_says_the_same_is_left_as_it_is(place: Path) -> None:
    before = contents(place / "baseline")
    times = {path: path.stat().st_mtime_ns for path in (place / "baseline").iterdir()}
    reportgen.analyze(
        place / "texts.csv",
        place / "old",
        labels="stars",
        max_length=40,
        evidence_texts=5,
        folder=place / "baseline",
        small=True,
    )
    assert contents(place / "baseline") == before
    assert {path: path.stat().st_mtime_ns for path in (place / "baseline").iterdir()} == times
    described = json.loads(before["baseline.json"])
    assert described["texts"] == 12
    assert any("attention maps" in line for line in described["left_out"])


def test_a_file_of_a_baseline_that_is_missing_or_broken_is_one_line(
    place: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "dmg"
    kept = contents(place / "baseline")
    damaged.mkdir()

    def said(name: str, content: bytes | None, *more: str) -> str:
        """What compare says where the file `name` has other `content`; None: is not there."""
        for each, own in kept.items():
            (damaged / each).write_bytes(own)
        if content is None:
            (damaged / name).unlink()
        else:
            (damaged / name).write_bytes(content)
        done = call("compare", damaged, *(more or (place / "baseline",)), "-o", tmp_path / "c.md")
        assert done.exit_code == 1, done.output
        (line,) = done.stderr.splitlines()
        return line

    assert {"effects.parquet", "evidence.parquet", "layers.parquet"} < kept.keys()
    again = "commit all files of the baseline, or make it again with"
    for name in kept.keys() - {"results.json"}:
        assert f"{damaged / name}: is missing; {again}" in said(name, None)
    pointer = b"version https://git-lfs.github.com/spec/v1\n"
    listed = "damaged, or of another run: it has 43 bytes, and results.json lists"
    for name in ("agreement.parquet", "baseline.json"):
        line = said(name, pointer)
        assert f"{damaged / name}: {listed}" in line
        assert (
            f"from one commit, such as `git checkout main -- {damaged}`, or make it again" in line
        )
    # What git leaves where two branches changed the baseline, and half of it taken from each.
    for name in ("results.json", "baseline.json"):
        line = said(name, b"{\n<<<<<<< HEAD\n" + kept[name])
        assert f"{damaged / name}: holds a conflict of git; take all files of {damaged}" in line
    # Of a baseline without a manifest, of an older version, another table is told by the checksum.
    info = json.loads(kept["results.json"])
    del info["manifest"]
    kept["results.json"] = json.dumps(info).encode()
    weights = info["model"]["weights_sha256"].encode()
    other = kept["results.json"].replace(weights, b"0" * 64)
    assert f"{damaged}: holds files of two baselines; take all" in said("results.json", other)
    other = pd.read_parquet(io.BytesIO(kept["effects.parquet"])).to_parquet(compression="gzip")
    assert f"{damaged}: holds files of two baselines; take all" in said("effects.parquet", other)
    # Before a model runs, and with the file of other texts.
    assert "effects.parquet: is missing" in said("effects.parquet", None, "--head", "demo")
    described = json.loads(kept["baseline.json"])
    described["tables"]["agreement"] += 1
    n_rows = described["tables"]["agreement"]
    line = said("baseline.json", json.dumps(described).encode())
    assert f"agreement.parquet: has {n_rows - 1} rows, not {n_rows} as baseline.json says" in line
    # A baseline without a list of tables, of an older version: what texts call for is checked.
    for name in ("tables", "tables_sha256", "model"):
        del described[name]
    kept["baseline.json"] = json.dumps(described).encode()
    assert "tokens.parquet: is missing; " in said("tokens.parquet", None)


def test_report_and_comparison_are_those_of_the_steps_one_by_one(compared: Path) -> None:
    results, folder = compared / "results", compared / "baseline"
    own = json.loads((compared / "c.json").read_text("utf-8"))
    steps = call("compare", folder, results, "-o", "-", "--format", "json")
    assert steps.exit_code == 0, steps.output
    assert json.loads(steps.stdout)["figures"] == own["figures"]
    assert own["figures"]["texts_comparable"] == 12
    assert own["figures"]["mae_head"] is not None  # with the column of the baseline
    settings = json.loads((results / "results.json").read_text("utf-8"))["settings"]["options"]
    given = {"label-column": "stars", "max-length": 40, "evidence-texts": "5"}
    assert settings == {"model": "new", **given}
    call("render", results, "-o", compared / "again.html")
    pages = [(compared / f"{name}.html").read_bytes() for name in ("again", "report")]
    assert pages[0] == pages[1]
    # From Python, and from the file of texts.
    with pytest.raises(UsageError, match="evidence: is taken from the baseline"):
        reportgen.compare_baseline(folder, compared / "new", evidence="none")
    # Other texts, and a gate that small results have no figure for: before anything is analysed.
    other = compared / "other.csv"
    other.write_text("text,stars\nquite another,1\n", "utf-8")
    with pytest.raises(ComparisonError, match=r"^no text of \S+other.csv is in "):
        reportgen.compare_baseline(folder, "no-model", texts=other)
    with pytest.raises(ComparisonError, match=r"^no text of texts is in "):
        reportgen.compare_baseline(folder, "no-model", texts=pd.read_csv(other))
    with pytest.raises(
        UsageError, match=r"^texts: a list has no columns, .*labels \(column 'stars'\)"
    ):
        reportgen.compare_baseline(folder, "no-model", texts=["quite another"])
    gate = ("--warn-if", "jsd_max_high > 1")
    refused = call("compare", folder, compared / "texts.csv", "--head", "demo", *gate)
    assert refused.exit_code == 2
    (line,) = refused.stderr.splitlines()
    assert f"--warn-if 'jsd_max_high > 1': {folder} was kept small, without attention maps" in line
    found = reportgen.compare_baseline(folder, compared / "new", texts=compared / "texts.csv")
    assert found.figures == reportgen.compare(folder, results).figures


def test_accepting_a_change_puts_the_new_results_in_place_and_says_so(compared: Path) -> None:
    folder = compared / "accepted"
    call(
        "analyze",
        compared / "texts.csv",
        "--model",
        compared / "old",
        *SETTINGS,
        "-o",
        folder,
        "--small",
        "--evidence",
        "none",
    )
    before = reportgen.open_report(folder).figures
    never = ("--fail-if", "texts_comparable > 0")
    done = call("compare", folder, compared / "results", "--accept", *never)
    assert done.exit_code == 0, done.output
    assert "--accept: gates do not count, so none was evaluated\n" in done.stderr
    assert not (Path.cwd() / "compare.html").exists()
    after = reportgen.open_report(folder).figures
    assert after["label_mae"] == reportgen.open_report(compared / "results").figures["label_mae"]
    assert f"{folder}: replaced: old (" in done.stderr
    assert f"  label_mae {before['label_mae']:.4g} → {after['label_mae']:.4g}\n" in done.stderr
    assert f"; git diff {folder / 'baseline.json'}\n" in done.stderr
    plain = compared / "plain"
    call(
        "analyze",
        compared / "texts.csv",
        "--model",
        compared / "new",
        *SETTINGS,
        "-o",
        plain,
        "--small",
    )
    assert contents(folder) == contents(plain)
    # Results that are not a baseline are replaced only with --force.
    whole = compared / "results"
    stood = contents(whole)
    done = call("compare", whole, folder, "--accept")
    assert (done.exit_code, contents(whole)) == (2, stood)
    assert f"{whole}: --accept would replace results that are not a baseline" in done.stderr
    # From there on nothing differs.
    done = call("compare", folder, compared / "results", "--accept")
    assert "No difference was found: on all 12 texts" in done.stderr
    assert f"{folder}: holds these results already; left as it is" in done.stderr


def test_texts_that_are_not_in_both_are_counted(compared: Path, tmp_path: Path) -> None:
    rows = (compared / "texts.csv").read_text("utf-8").splitlines()
    (tmp_path / "few.csv").write_text("\n".join([*rows[:9], '"another one",1']) + "\n", "utf-8")
    base = Path(shutil.copytree(compared / "baseline", tmp_path / "base"))
    done = call(
        "compare",
        base,
        tmp_path / "few.csv",
        "--head",
        compared / "new",
        "--accept",
        "-o",
        tmp_path / "report.md",
    )
    assert done.exit_code == 0, done.output
    assert "3 texts are in the old model's results alone and are left out (ids 10, 11, 12)" in (
        done.stderr
    )
    assert "  texts 12 → 9, 8 in common: figures are of other texts" in done.stderr
    assert "1 id has another text in the new model's results" in done.stderr
    assert "Results kept small hold no attention maps" in (tmp_path / "report.md").read_text(
        "utf-8"
    )
    assert f"{tmp_path / 'report.md'} is the comparison; --report " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere/", "--head", "demo"], "nowhere/: no such folder; name that of a baseline"),
        (["t.csv", "--head", "demo"], "--base is missing, and t.csv holds no results"),
        (["B"], "is one results folder; name the new model with --head"),
        (["T"], "texts.csv: is a file of texts; name both models with --base and --head"),
        (["B", "--head", "B"], "baseline: holds results: reportgen compare "),
        (["B", "--base", "demo", "--head", "demo"], "holds results; to compare with them leave"),
        (["T", "--base", "B", "--head", "demo"], "holds results, and is no model; compare results"),
        (["B", "--head", "demo", "--evidence", "full"], "--evidence: the new model is analysed as"),
        (["B", "--head", "demo", "--sheet", "x"], "--sheet: goes with a file of texts"),
        (["B", "--head", "demo", "--report", "-"], "--report -: standard output is for"),
        (["B", "--head", "demo", "--report", "compare.html"], "the comparison is written there"),
        (
            ["B", "--head", "demo", "-o", "rr/a.html", "--report", "rr/"],
            "--output rr/a.html: lies in the results folder rr/ of --report; write it elsewhere",
        ),
        (
            [*("B", "--head", "demo", "-o", "cd/a.html", "--layout", "dir"), "--report", "cd/r/"],
            "--report cd/r/: --layout dir keeps the folder of cd/a.html for itself; write it",
        ),
        (
            ["B", "--head", "demo", "--head", "demo-star", "--accept"],
            "for one new model, not for 2; name the baseline and that model alone",
        ),
        (["B", "--head", "demo", "--accept", "--redact"], "a baseline holds texts"),
        (["t.csv", "--base", "demo", "--head", "demo", "--accept"], "name its folder in place of"),
    ],
)
def test_what_cannot_be_compared_with_a_baseline_is_told_before_any_work(
    arguments: list[str], said: str, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paths = {"B": str(place / "baseline"), "T": str(place / "texts.csv")}
    done = call("compare", *(paths.get(word, word) for word in arguments))
    assert (done.exit_code, said in done.stderr) == (2, True), done.output


def test_a_file_without_a_text_of_the_baseline_is_told_before_a_model_runs(
    place: Path, tmp_path: Path
) -> None:
    (tmp_path / "other.csv").write_text("text,stars\nnew one,1\nnew two,2\nnew three,3\n", "utf-8")
    (tmp_path / "ids.csv").write_text("id,text,stars\na,new one,1\n", "utf-8")
    for name, said in (
        ("other.csv", "ids 1 to 3 are in both, but with other texts; name a file with texts of"),
        ("ids.csv", "nor are their ids (a); name a file with texts of the baseline, or none"),
    ):
        more = ("--id-column", "id") if name == "ids.csv" else ()
        done = call("compare", place / "baseline", tmp_path / name, "--head", "demo", *more)
        assert done.exit_code != 0
        (line,) = done.stderr.splitlines()
        assert f"no text of {tmp_path / name} is in {place / 'baseline'}: {said}" in line


def test_results_kept_small_make_no_report_and_no_shard(place: Path, tmp_path: Path) -> None:
    folder = place / "baseline"
    for command in (("render", folder, "-o", tmp_path / "r.html"),):
        done = call(*command)
        assert done.exit_code == 1
        assert f"{folder}: results kept small (--small)" in done.stderr
    done = call("analyze", place / "texts.csv", "--shard", "1/2", "--small", "-o", tmp_path / "p")
    assert "--small: a shard is not yet a results folder; give it to merge" in done.stderr


def test_options_that_run_code_or_name_files_are_not_taken_from_a_folder(
    place: Path, tmp_path: Path
) -> None:
    info = json.loads((place / "baseline" / "results.json").read_text("utf-8"))
    del info["manifest"]
    for name, content in contents(place / "baseline").items():
        (tmp_path / name).write_bytes(content)
    for options, units, said in (
        ({"factory": "own.py:Model"}, "word", "made with --factory, which is not taken from"),
        ({"trust-remote-code": True}, "word", "made with --trust-remote-code"),
        ({}, "given", "does not hold the units that came with its texts; name the file of texts"),
    ):
        info["settings"] |= {"options": options, "units": units}
        (tmp_path / "results.json").write_text(json.dumps(info), "utf-8")
        done = call("compare", tmp_path, "--head", place / "new", "-o", tmp_path / "c.md")
        assert (done.exit_code, said in done.stderr) == (2, True), done.output
