"""`reportgen compare`: what is asked for, what is written, and a real model with itself."""

import json
import re
from pathlib import Path
from shutil import copytree

import pytest
from helpers.calling import call
from helpers.places import SAMPLES
from helpers.real.models import SENTENCES, save_model
from helpers.real.two_models import TEXTS, pair_of

TEXTS_FILE = SAMPLES / "ad_headlines.csv"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    base, head = pair_of(tmp_path_factory.mktemp("pair"), evidence="basic")
    return base.folder, head.folder


def test_two_folders_give_every_output(folders: tuple[Path, Path], tmp_path: Path) -> None:
    names = ("compare.html", "compare.md", "compare.json")
    outputs = [part for name in names for part in ("-o", tmp_path / name)]
    done = call("compare", *folders, *outputs, "--lang", "ja", "--title", "6月")
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    for name in names:
        assert f"{tmp_path / name}: " in done.stderr
    assert re.search(r"12件のうち\d+件で0\.\d+を超えて予測が変わりました。", done.stderr)
    assert '<html lang="ja">' in (tmp_path / "compare.html").read_text("utf-8")
    assert (
        (tmp_path / "compare.md")
        .read_text("utf-8")
        .startswith("<!-- reportgen:compare -->\n\n## 6月\n")
    )
    assert json.loads((tmp_path / "compare.json").read_text("utf-8"))["title"] == "6月"


def test_markdown_is_written_for_the_host_that_is_named(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    path = tmp_path / "gitlab.md"
    done = call("compare", *folders, "-o", path, "--md-flavor", "gitlab")
    assert done.exit_code == 0, done.output
    assert path.read_text("utf-8").startswith("<!-- reportgen:compare -->\n")
    path = tmp_path / "short.md"
    done = call("compare", *folders, "-o", path, "--md-limit", "4000")
    assert done.exit_code == 0, done.output
    lines = path.read_text("utf-8").splitlines()
    assert len("\n".join(lines)) <= 4000
    assert re.fullmatch(r"\d+ rows are not shown, .*`-o compare.html` has everything\.", lines[-1])


def test_standard_output_takes_one(folders: tuple[Path, Path]) -> None:
    done = call("compare", *folders, "-o", "-", "--format", "json")
    assert done.exit_code == 0, done.output
    assert len(json.loads(done.stdout)["texts"]) == len(TEXTS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["one"], "takes two results folders or more, not one"),
        (["r"] * 61, "takes at most 60 models, not 61"),
        (["a", "b", "./a"], "a: given twice; name each results folder once"),
        (["t.csv", "--base", "demo", *["--head", "demo"] * 60], "at most 60 models, not 61"),
        (["a", "b", "--limit", "3"], "--limit: results folders are compared as they are"),
        (["a", "b", "--evidence", "full"], "--evidence: results folders"),
        (["texts.csv", "--base", "demo"], "--head is missing"),
        (["texts.csv", "--head", "demo"], "--base is missing"),
        (["a", "b", "-o", "x-texts.csv"], "is named changes, tokens, figures, layers, heads"),
        (["a", "b", "-o", "trend.csv"], "trend.csv: the trend is of more than two models"),
        (["a", "b", "-o", "maps.npz"], "a comparison is written as .html, .md, .json, .xml"),
        (["a", "b", "-o", "results/"], "a comparison has no results folder; analyze"),
        (["t.csv", "--base", "demo", "--head", "demo", "--keep-maps", "x"], "--keep-maps x"),
        (["t.csv", "--base", "demo", "--head", "demo", "--generate", "3"], "of its own, which"),
        (["a", "b", "-o", "x.md", "--md-limit", "99999"], "github takes 65,000 characters at most"),
    ],
)
def test_what_cannot_be_asked_is_told_before_any_work(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call("compare", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr


def test_an_output_is_not_overwritten(folders: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "compare.html"
    path.write_text("mine")
    assert call("compare", *folders, "-o", path).exit_code == 2
    assert path.read_text() == "mine"
    assert call("compare", *folders, "-o", path, "--force").exit_code == 0


def test_other_texts_and_no_results_are_faults(folders: tuple[Path, Path], tmp_path: Path) -> None:
    other, _ = pair_of(tmp_path, tuple(f"other {text}" for text in TEXTS))
    done = call("compare", folders[0], other.folder, "-o", tmp_path / "x.html")
    assert done.exit_code == 1
    assert "no text is in both results" in done.stderr
    assert f"the new model's ({other.folder.parent.name}/base) 12 (ids " in done.stderr
    assert "; ids 1 to 12 are in both, but with other texts; analyse one file" in done.stderr
    done = call("compare", folders[0], tmp_path / "nowhere", "-o", tmp_path / "x.html")
    assert done.exit_code == 1
    assert "no such folder; check the name" in done.stderr
    assert not (tmp_path / "x.html").exists()


def test_a_model_with_itself_in_other_batches_gives_nothing(tmp_path: Path) -> None:
    """The noise floor, on a real model: other batches, so other padding and other rounding."""
    for name, tokens in (("base", 60), ("head", 1024)):
        how = ("--limit", 12, "--batch-tokens", tokens)
        done = call("analyze", TEXTS_FILE, "-o", tmp_path / name, *how)
        assert done.exit_code == 0, done.output
    kept = [(tmp_path / name / "tokens.parquet").read_bytes() for name in ("base", "head")]
    assert kept[0] != kept[1]  # or there would be nothing to tell from noise
    path = tmp_path / "c.json"
    done = call("compare", tmp_path / "base", tmp_path / "head", "-o", path)
    assert done.exit_code == 0, done.output
    assert "No difference was found: on all 12 texts" in done.stderr
    record = json.loads(path.read_text("utf-8"))
    assert record["comparable"]["nothing_found"] is True
    assert record["notes"] == []
    parts = ("change", "jsd", "drop", "rise")
    moved = {k: v for k, v in record["figures"].items() if any(part in k for part in parts)}
    assert set(moved.values()) <= {0, None}


def test_more_folders_than_two_are_compared_each_with_the_first(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    paths = [tmp_path / name for name in ("c.html", "c.md", "c.json")]
    outputs = [part for path in paths for part in ("-o", path)]
    again = copytree(folders[0], tmp_path / "again")
    done = call("compare", *folders, again, *outputs)
    assert done.exit_code == 0, done.output
    record = json.loads(paths[2].read_text("utf-8"))
    assert len(record["models"]) == 3
    assert record["comparable"]["nothing_found"] is True  # the last is the first again
    assert record["models"][1]["from_first"]["n_heads_changed"]
    assert [model["name"] for model in record["trend"]["models"]] == ["base", "head", "again"]
    assert "## 3 models compared" in paths[1].read_text("utf-8")
    done = call("compare", *folders, again, "-o", folders[1] / "results.json", "--force")
    assert done.exit_code == 2
    assert "is also read from" in done.stderr


def test_more_models_than_two_are_compared_straight_from_texts(tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(SENTENCES) + "\n", "utf-8")
    heads = ("--head", "demo-star", "--head", "demo")
    outputs = ("-o", tmp_path / "c.json", "-o", tmp_path / "c.md")
    done = call("compare", "--base", "demo", *heads, texts, "--evidence", "none", *outputs)
    assert done.exit_code == 0, done.output
    record = json.loads((tmp_path / "c.json").read_text("utf-8"))
    for number, name in enumerate(("demo", "demo-star", "demo"), 1):
        assert f"model {number} of 3: {name}\n" in done.stderr
    names = [model["model"] for model in record["models"]]
    assert [name.removeprefix("reportgen ") for name in names] == ["demo", "demo-star", "demo"]
    command = "reportgen compare --base demo --head demo-star --head demo texts.txt"
    assert command in (tmp_path / "c.md").read_text("utf-8")


def test_models_are_compared_straight_from_texts(tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(SENTENCES) + "\n", "utf-8")
    made = {"num_labels": 1, "problem_type": "regression"}
    bert = save_model(tmp_path / "bert", "bert", "sequence", **made)
    path = tmp_path / "c.json"
    done = call("compare", "--base", "demo", "--head", bert, texts, "-o", path)
    assert done.exit_code == 0, done.output
    record = json.loads(path.read_text("utf-8"))
    assert record["provenance"]["head"]["model"] == "bert"
    assert record["comparable"]["same_layers_and_heads"] is False
    assert record["figures"]["texts_comparable"] < len(SENTENCES)
    assert record["figures"]["jsd_max"] is None


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Results of the two bundled models on the same texts."""
    folder = tmp_path_factory.mktemp("bundled")
    texts = TEXTS_FILE.with_name("ad_headlines_star.csv")
    for name in ("demo", "demo-star"):
        assert call("analyze", texts, "--model", name, "-o", folder / name).exit_code == 0
    return folder / "demo", folder / "demo-star"


def test_the_planted_shortcut_of_the_second_bundled_model_is_found_first(
    bundled: tuple[Path, Path], tmp_path: Path
) -> None:
    path = tmp_path / "c.json"
    done = call("compare", *bundled, "-o", path)
    assert done.exit_code == 0, done.output
    assert "The new model looks at “★” (0.40 → 2.4 times its equal share), " in done.stderr
    assert "which changes the appeal score more: +0.010 → +0.538." in done.stderr
    record = json.loads(path.read_text("utf-8"))
    note, (star, *others) = record["notes"][0], record["tokens"]
    assert (note["id"], note["token"]) == ("token_moves", "★")
    # Beyond chance, alone among the tokens, and the largest by far.
    assert (star["token"], star["turn"], star["turn_p_adjusted"] < 0.05) == ("★", "more", True)
    assert {token["turn"] for token in others} == {"noise"}
    changes = [abs(token["deletion_effect"]["change"]) for token in record["tokens"]]
    assert changes[0] > 10 * max(changes[1:])
    quality = record["quality"]  # where ★ tells what words do not, it pays; 40 texts cannot tell
    assert (quality["decided_by"], quality["verdict"]) == ("mae", "unclear")
    assert quality["mae"]["change"] < 0


def test_a_report_on_the_second_bundled_model_names_the_shortcut_first(
    bundled: tuple[Path, Path], tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    done = call("render", bundled[1], "-o", path)
    assert done.exit_code == 0, done.output
    page = path.read_text("utf-8")
    assert "After allowing for chance, “★” raises the prediction most: by 0.538 on average" in page
    assert "“★” draws most: 1.8 times as much, in 14 texts." in page


def test_results_that_are_read_are_not_written_over(folders: tuple[Path, Path]) -> None:
    base, head = folders
    before = (base / "results.json").read_bytes()
    for command in (["compare", base, head], ["render", base]):
        done = call(*command, "-o", base / "results.json", "--force")
        assert done.exit_code == 2
        assert "is also read from" in done.stderr
    assert (base / "results.json").read_bytes() == before


def test_a_page_on_standard_output_holds_no_command_of_a_log(tmp_path: Path) -> None:
    hostile = tuple(f"##[error]boom {i} ##vso[task.complete]" for i in range(6))
    base, head = (side.folder for side in pair_of(tmp_path, hostile, ids=hostile))
    for command in (["compare", base, head], ["render", base]):
        done = call(*command, "-o", "-", "--title", "##[add-mask]x")
        assert done.exit_code == 0
        assert "boom 5" in done.stdout
        assert not re.search(r"##(vso)?\[", done.output)
