"""compare --redact: every figure is that of the whole comparison, and no output holds a text."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.calling import call
from helpers.made_up.factories import make_results
from helpers.made_up.unlisted import without_manifest
from helpers.real.models import save_model
from helpers.real.planted import SECRETS, planted, traces
from helpers.real.two_models import STAR, pair_of, plant

from reportgen import compare
from reportgen.comparison import compare_runs as compare_findings
from reportgen.errors import ResultsError, UsageError
from reportgen.findings import Findings
from reportgen.report import COMPARE_TABLE_NAMES, COMPARISON_FORMATS, redacted_comparison
from reportgen.report.redact import coarse, long_texts
from reportgen.results import TABLES, Results, open_results, selected

OUTPUTS = (
    *(known.comparison_example for known in COMPARISON_FORMATS if not known.is_table),
    *(f"{name}.csv" for name in COMPARE_TABLE_NAMES if name != "trend"),  # of two models
    "changes.parquet",
)
QUOTING = ("compare.html", "compare.md", "compare.xml", "changes.csv", "changes.parquet")


def rewritten(results: Results, **tables: pd.DataFrame) -> Results:
    """Results in the same folder with other tables."""
    for name, table in tables.items():
        rows = pa.Table.from_pandas(table, TABLES[name], preserve_index=False)
        pq.write_table(rows, results.folder / f"{name}.parquet")
    without_manifest(results.folder)
    return open_results(results.folder)


@pytest.fixture(scope="module", params=["class", "next_token"])
def sides(request, tmp_path_factory) -> tuple[Path, Path]:
    """Two results of the same texts, with secrets."""
    folder = tmp_path_factory.mktemp(f"sides-{request.param}")
    for name in ("base", "head"):
        (folder / name).mkdir()
        planted(folder / name, request.param, seed=int(name == "head"))
    return folder / "base", folder / "head"


def test_no_output_holds_a_trace_and_without_it_they_do(
    sides: tuple[Path, Path], tmp_path: Path, monkeypatch
) -> None:
    lang = "ja" if open_results(sides[0]).info.output.kind == "class" else "en"
    for place, more in (("plain", ()), ("redacted", ("--redact",))):
        outputs = [part for name in OUTPUTS for part in ("-o", tmp_path / place / name)]
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / place / "summary.md"))
        (tmp_path / place).mkdir()
        gates = ("--fail-if", "texts_comparable < 100", "--warn-if", "tokens_changed >= 0")
        told = ("--lang", lang, "--verbose", "--github-summary", *gates)
        done = call("compare", *sides, *outputs, *more, *told)
        assert done.exit_code == 3, done.output
        (tmp_path / place / "terminal.txt").write_text(done.output, "utf-8")
    for name in QUOTING:
        assert "japanese" in traces((tmp_path / "plain" / name).read_bytes()), name
    pictures = [f"img/{p.name}" for p in (tmp_path / "redacted" / "img").iterdir()]
    assert bool(pictures) == ((tmp_path / "plain" / "img" / "compare-layers.svg").exists())
    for name in (*OUTPUTS, *pictures, "summary.md", "terminal.txt"):
        assert traces((tmp_path / "redacted" / name).read_bytes()) == set(), name
    plain, masked = (
        json.loads((tmp_path / place / "compare.json").read_text("utf-8"))
        for place in ("plain", "redacted")
    )
    for name in ("figures", "comparable", "layers", "jsd"):
        assert masked[name] == coarse(plain[name]), name
    assert masked["gates"] == plain["gates"]
    assert masked["tokens"] == []
    for side in ("base", "head"):
        assert list(masked["provenance"][side]["inputs"].values()) == [None]
    assert "--redact" in (tmp_path / "redacted" / "compare.html").read_text("utf-8")


def test_tokens_are_not_listed_and_numbered_where_a_note_names_them(tmp_path: Path) -> None:
    base, head = pair_of(tmp_path, evidence="basic")
    planted_in = plant(head)
    written = rewritten(head, tokens=planted_in.tokens, effects=planted_in.effects)
    whole = compare_findings(Findings(base), Findings(written))
    assert any(note.token == STAR for note in whole.notes)
    with redacted_comparison(whole, "en", wanted=True) as masked:
        assert masked.tokens == ()
        told = {note.token or "" for note in masked.notes}
        assert {token for token in told if "•" not in token} <= {"", "[CLS]", "[SEP]"}
        assert masked.is_same == whole.is_same
        assert masked.units.names == ("•••",)


def test_short_texts_are_left_out_of_both_and_said_so(tmp_path: Path) -> None:
    texts = ("the cat", *(f"the cat sat on mat {i}" for i in range(6)))
    sides = [make_results(tmp_path / name, texts, evidence="basic") for name in ("base", "head")]
    whole = compare_findings(*map(Findings, sides))
    with redacted_comparison(whole, "en", wanted=True) as masked:
        assert len(masked.base.texts) == len(masked.head.texts) == 6
        assert masked.pairing.n_texts == 6
        assert any("1 text of fewer than 5" in own for own in masked.base.info.remarks)
    few = compare_findings(*(Findings(selected(side, [0, 1, 2])) for side in sides))
    with (
        pytest.raises(ResultsError, match="takes 5 different texts of 5 words or more"),
        redacted_comparison(few, "en", wanted=True),
    ):
        pass


def test_texts_that_only_look_the_same_without_their_tokens_are_not_compared(
    tmp_path: Path,
) -> None:
    base, head = pair_of(tmp_path)
    tokens = head.tokens.copy()
    place = int(head.texts["first_token"].iloc[2]) + 1
    tokens.loc[place, "token"] = "x" * len(tokens.loc[place, "token"])
    whole = compare_findings(Findings(base), Findings(rewritten(head, tokens=tokens)))
    with redacted_comparison(whole, "en", wanted=True) as masked:
        left = long_texts(base)
        assert 2 in left
        assert not masked.pairing.aligned[left.tolist().index(2)]
        assert masked.pairing.aligned.tolist() == whole.pairing.aligned[left].tolist()


def test_a_label_of_both_models_has_one_number(tmp_path: Path) -> None:
    texts = tuple(f"the cat sat on {i}" for i in range(6))
    base, head = (make_results(tmp_path / name, texts) for name in ("base", "head"))
    named = [None, "b", "a", "b", "a", "c"], ["a", None, "a", "b", "a", "d"]
    empty = [float("nan")] * 6
    sides = [
        rewritten(
            side, texts=side.texts.assign(label=pd.Series(labels, dtype=object), label_value=empty)
        )
        for side, labels in zip((base, head), named, strict=True)
    ]
    whole = compare_findings(*map(Findings, sides))
    with redacted_comparison(whole, "en", wanted=True) as masked:
        labels = masked.pairing.labels["label"].fillna("").tolist()
        assert labels == ["•2", "•1", "•2", "•1", "•2", ""]


def test_python_does_the_same_and_old_pictures_go(sides: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "compare-map.svg").write_text(SECRETS["latin"])
    (tmp_path / "img" / "compare-predictions.png").write_text(SECRETS["latin"])
    (tmp_path / "img" / "report-map.svg").write_text(SECRETS["latin"])
    compared = compare(*sides)
    with pytest.raises(UsageError, match=r"compare-map\.svg: exists"):
        compared.save(tmp_path / "compare.md", redact=True, overwrite=False)
    names = ("compare.html", "compare.md", "compare.json")
    lines = compared.save(*(tmp_path / name for name in names), redact=True)
    assert traces("\n".join(lines).encode()) == set()
    assert any(line.startswith("removed pictures of an earlier run") for line in lines)
    left = {path.name for path in (tmp_path / "img").iterdir()}
    assert left >= {"report-map.svg", "compare-layers.svg"}
    assert not left & {"compare-map.svg", "compare-predictions.png"}
    for name in (*names, *(f"img/{name}" for name in left - {"report-map.svg"})):
        assert traces((tmp_path / name).read_bytes()) == set(), name


def test_two_models_on_texts(tmp_path: Path) -> None:
    models = [save_model(tmp_path / name, "bert", "sequence", num_labels=1) for name in "ab"]
    texts = tmp_path / "texts.txt"
    texts.write_text("".join(f"{SECRETS['latin']} the cat sat on {i}\n" for i in range(6)), "utf-8")
    page = tmp_path / "compare.html"
    told = ("--redact", "--evidence", "none", "--verbose", "-o", page)
    done = call("compare", texts, "--base", models[0], "--head", models[1], *told)
    assert done.exit_code == 0, done.output
    assert traces(page.read_bytes()) == traces(done.output.encode()) == set()
    texts.write_text(f'id,text\n1,"{SECRETS["latin"]}\n', "utf-8")
    wrong = ("--input-format", "csv", "--text-column", "none")
    done = call(
        "compare", texts, "--base", models[0], "--head", models[1], *told, *wrong, "--force"
    )
    assert done.exit_code in (1, 2)
    assert traces(done.output.encode()) == set()


def test_names_of_models_stay_that_of_the_null_too(tmp_path: Path) -> None:
    base, head = pair_of(tmp_path, evidence="basic")
    sides = [
        replace(side.info, model=replace(side.info.model, name=f"model-of-{name}"))
        for name, side in (("base", base), ("head", head), ("null", head))
    ]
    found = compare_findings(
        *(
            Findings(Results(info, side.source))
            for info, side in zip(sides, (base, head, head), strict=True)
        )
    )
    with redacted_comparison(found, "en", wanted=True) as masked:
        names = masked.base.info.model.name, masked.head.info.model.name, masked.null.name
    assert names == ("model-of-base", "model-of-head", "model-of-null")
