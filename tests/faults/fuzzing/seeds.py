"""The files that are changed: of every kind that reportgen reads, small, and as it wants them."""

import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import torch
import xlsxwriter
from helpers.made_up.factories import make_results
from helpers.real.models import save_model
from reading import read

from reportgen.results import write_info

Files = Mapping[str, bytes]  # by their paths in the folder of a case
TEXTS = ("年会費無料", "a very good film", "the cat sat", "no, thanks; no")
ROWS = [
    {
        "text": text,
        "pair": text[::-1],
        "label": str(row % 2),
        "id": f"t{row}",
        "group": "ab"[row % 2],
        "units": json.dumps([text[:3], text[3:]], ensure_ascii=False),
        "tags": json.dumps(["O", "B-PER"]),
        "choice1": "yes",
        "choice2": "no",
        "score": 0.5 * row,
    }
    for row, text in enumerate(TEXTS)
]
SETTINGS = """\
label-column = "label"
limit = 20
evidence = "basic"
keep-maps = "3"
fail-if = ["special_share_max > 0.8", "unknown_share < 90%"]
warn-if = "n_texts < 3"
format = "html"
quiet = true
label-map = "0=bad,1=good"

[compare]
fail-if = ["prediction_changed > 5%"]
base = "base/"
head = ["x", "y"]

[site]
output = "public"
against = "first"
"""


def files_in(folder: Path) -> dict[str, bytes]:
    """All files in a folder and in those in it."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def with_unlisted(cases: Sequence[Files]) -> Sequence[Files]:
    """The cases, and the same without the manifest, which refuses every change of a table."""
    return [*cases, *map(_unlisted, cases)]


def _unlisted(case: Files) -> Files:
    found = dict(case)
    for name in case:
        if name.endswith("results.json"):
            record = json.loads(case[name])
            record.pop("manifest", None)
            found[name] = json.dumps(record).encode()
    return found


def of_delimited(suffix: str, delimiter: str) -> Sequence[Files]:
    """A table of rows in lines."""
    quote = '"{}"'.format
    lines = [delimiter.join(ROWS[0])]
    for row in ROWS:
        lines.append(delimiter.join(quote(str(cell).replace('"', '""')) for cell in row.values()))
    return [{f"t.{suffix}": "\n".join([*lines, ""]).encode()}, {f"t.{suffix}": b"text\na\nb\n"}]


def of_lines() -> Sequence[Files]:
    """JSON lines, with cells of every kind."""
    lists = [row | {"tags": ["O", "B"], "units": [[0, 2], [2, 4]], "n": None} for row in ROWS]
    return [
        {"t.jsonl": "\n".join(json.dumps(row) for row in rows).encode()} for rows in (ROWS, lists)
    ]


def of_json() -> Sequence[Files]:
    """A JSON list of objects, and one of strings."""
    return [{"t.json": json.dumps(rows).encode()} for rows in (ROWS, TEXTS)]


def of_text() -> Sequence[Files]:
    """Lines of text."""
    return [{"t.txt": "\n".join(TEXTS * 2).encode(name)} for name in ("utf-8", "utf-16")]


def of_packed() -> Sequence[Files]:
    """JSON lines, and a table, that are packed."""
    lines, table = of_lines()[0]["t.jsonl"], of_delimited("csv", ",")[0]["t.csv"]
    return [
        {"t.csv.gz": gzip.compress(table)},
        {"t.jsonl.zst": pa.compress(lines, "zstd", asbytes=True)},
    ]


def of_parquet() -> Sequence[Files]:
    """Tables as parquet: plain, in many row groups, with lists and with another kind of pages."""
    plain = pa.Table.from_pylist(ROWS)
    nested = plain.append_column("spans", pa.array([[["a", "b"]], [], None, [["c"]]]))
    coded = plain.set_column(0, "text", plain["text"].dictionary_encode())
    found = []
    for table, choices in (
        (plain, {"row_group_size": 2}),
        (nested, {"compression": "zstd", "data_page_version": "2.0"}),
        (coded, {"compression": "gzip", "write_page_index": True}),
        (plain, {"use_dictionary": False, "version": "1.0"}),
    ):
        stream = io.BytesIO()
        pq.write_table(table, stream, **choices)
        found.append({"t.parquet": stream.getvalue()})
    return found


def of_workbook() -> Sequence[Files]:
    """A workbook with strings, numbers, dates, a formula and a hidden sheet."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet("one")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, [*ROWS[0], "day"])
        for number, row in enumerate(ROWS, 1):
            sheet.write_row(number, 0, row.values())
            sheet.write_number(number, len(row), 45_000 + number, day)
        sheet.write_formula(5, 0, "=A1", None, "text")
        book.add_worksheet("two").hide()
    return [{"t.xlsx": stream.getvalue()}]


def of_dataset() -> Sequence[Files]:
    """What `save_to_disk` of `datasets` writes."""
    table, sink = pa.Table.from_pylist(ROWS), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, 2)
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_split": None}
    return [
        {
            "t/data-00000-of-00001.arrow": sink.getvalue().to_pybytes(),
            "t/state.json": json.dumps(state).encode(),
            "t/dataset_info.json": b"{}",
        }
    ]


def of_settings() -> Sequence[Files]:
    """Settings in each of their files."""
    lines = SETTINGS.splitlines()
    project = [
        line.replace("[", "[tool.reportgen.", 1) if line.startswith("[") else line for line in lines
    ]
    yaml = "label-column: stars\nlimit: 20\nfail-if: [special_share_max > 1]\ncompare: {base: x}\n"
    return [
        {"reportgen.toml": SETTINGS.encode()},
        {"pyproject.toml": "\n".join(["[tool.reportgen]", *project]).encode()},
        {"s.yaml": yaml.encode()},
    ]


def of_values() -> Sequence[Files]:
    """Values that are read as JSON or as lists, and texts that they are for."""
    labels = json.dumps({"0": "bad", "1": "good", "B-PER": "x"}).encode()
    gates = b"special_share_max > 0.8\nunknown_share<90%\nprediction_changed > 5%"
    args = b'{"size": 3, "path": "/a/b", "deep": {"x": [1, 2]}}'
    names = {"map.json": labels, "map.txt": b"0=bad,1=good", "gates.txt": gates}
    return [names | {"args.json": args} | of_lines()[0]]


@cache
def of_results() -> Sequence[Files]:
    """Results folders of several kinds of output."""
    labels = (1.0, 2.0, 3.0)
    asked = [
        {"evidence": "full", "later": True},
        {"evidence": "basic", "kind": "class", "labels": (0.0, 1.0, 0.0)},
        {"kind": "embedding", "group": "g"},
        {"kind": "tags"},
        {"evidence": "full", "labels": labels, "special": False},
    ]
    found = []
    for choices in asked:
        with TemporaryDirectory() as name:
            folder = Path(name)
            make_results(folder / "r", TEXTS[:3], n_layers=2, n_heads=2, **choices)
            read(folder / "r")
            found.append(files_in(folder))
    return with_unlisted(found)


def of_redacted() -> Sequence[Files]:
    """Results of enough words to be redacted."""
    texts = tuple(f"{text} with a few words more, {text}" for text in (*TEXTS, *"abc"))
    with TemporaryDirectory() as name:
        folder = Path(name)
        make_results(folder / "r", texts, n_layers=1, n_heads=2, evidence="full")
        return with_unlisted([files_in(folder)])


@cache
def of_pairs() -> Sequence[Files]:
    """Two results folders of the same texts."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for seed, own in enumerate("rs"):
            labels = (1.0, 2.0, 3.0)
            asked = {"evidence": "full", "labels": labels, "n_layers": 1, "n_heads": 2}
            made = make_results(folder / own, TEXTS[:3], seed=seed, **asked)
            write_info(made.folder, replace(made.info, created=f"2026-01-0{seed + 1}"))
        return with_unlisted([files_in(folder)])


@cache
@cache
def of_model() -> Sequence[Files]:
    """Folders of models, one with the modules of sentence-transformers."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        save_model(folder / "a/m", "bert", "sequence", num_labels=2)
        save_model(folder / "b/m", "bert")
        for path, value in {
            "modules.json": [
                {"idx": 0, "type": "Transformer", "path": ""},
                {"idx": 1, "type": "Pooling", "path": "1_Pooling"},
                {"type": "Normalize"},
            ],
            "1_Pooling/config.json": {"pooling_mode": "mean", "include_prompt": True},
            "sentence_bert_config.json": {"max_seq_length": 64},
            "config_sentence_transformers.json": {"prompts": {"q": "query: "}},
        }.items():
            (folder / "b/m" / path).parent.mkdir(exist_ok=True)
            (folder / "b/m" / path).write_text(json.dumps(value))
        return [files_in(folder / "a"), files_in(folder / "b")]


def of_weights() -> Sequence[Files]:
    """Weights as `torch.save` writes them, also before 2020."""
    state = {"a.weight": torch.ones(2, 3), "a.bias": torch.ones(2)}
    new, old = io.BytesIO(), io.BytesIO()
    torch.save({"state_dict": state, "epoch": 3}, new)
    torch.save(state, old, _use_new_zipfile_serialization=False)
    return [{"w.pt": new.getvalue()}, {"w.bin": old.getvalue()}]


def of_plotly() -> Sequence[Files]:
    """A file that may be plotly.js."""
    return [{"p.js": b"/* plotly.js v3 */ var Plotly = {newPlot: function () {}};"}]
