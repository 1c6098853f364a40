"""Results whose texts, tokens, labels and messages are secrets, and the search for their traces."""

import base64
import contextlib
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from helpers.letters import from_letters
from helpers.made_up.factories import make_results
from reportgen.report.html.packing import plotly_source
from reportgen.results import Results, Subject, open_results, write_info

# Nothing of these stands in any word of the project's own.
SECRETS = {
    "japanese": "鰯鱈鮃鰈鮎鱒鮪鰹",
    "emoji": "🦑🦞🦀🐡🪼🦐🐙🐚",
    "latin": "zqxjkvwyqzzxqj",
    "label": "qwvzjjxqwkzz",
    "group": "xqzvkkwqxjvv",
    "edit": "jvxzqqwkvjxz",
    "message": "vqxzwwjkqxvz",
    "subject": "鯖鯖",
    "predicted": "鯛鯛",
}
ID = "id-of-the-first"


def planted(folder: Path, kind: str = "number", evidence: str = "full", seed: int = 0) -> Results:
    """Results whose texts, tokens, labels, groups, messages and subjects are secrets."""
    texts = tuple(f"{SECRETS['japanese']}{SECRETS['latin']}{i}{SECRETS['emoji']}" for i in range(8))
    results = make_results(
        folder, texts, n_layers=2, n_heads=2, kind=kind, evidence=evidence, seed=seed, sink=0.4,
        failed=(7,), ids=(ID, *(f"id{i}" for i in range(1, 8))), group=SECRETS["group"],
        variants=((6, ID, SECRETS["edit"]),),
    )  # fmt: skip
    path = folder / "texts.parquet"
    table = pq.read_table(path)
    labels = [SECRETS["label"], "5", "2.5", None, "bad", "1", "2", "3"]
    numbers = [None, 5.0, 2.5, None, None, 1.0, 2.0, 3.0]
    new = {
        "label": labels,
        "label_value": numbers,
        "message": [""] * 7 + [f"cannot read {SECRETS['message']}"],
    }
    if kind == "next_token":
        new["prediction_label"] = [SECRETS["predicted"]] * 7 + [None]
        new["score_names"] = [[SECRETS["predicted"], *"abcd"]] * 7 + [[]]
    for name, values in new.items():
        place = table.schema.get_field_index(name)
        field = table.schema.field(place)
        table = table.set_column(place, field, pa.array(values, field.type))
    pq.write_table(table, path)
    subject = Subject(f"token:{SECRETS['subject']}", SECRETS["subject"], "token")
    sinks = pq.read_table(folder / "sinks.parquet").to_pandas()
    own = sinks[sinks["subject"] == "sep"].assign(subject=subject.key)
    schema = pq.read_schema(folder / "sinks.parquet")
    both = pd.concat([sinks, own], ignore_index=True)
    pq.write_table(
        pa.Table.from_pandas(both, schema, preserve_index=False), folder / "sinks.parquet"
    )
    info = results.info
    subjects = (*info.evidence.subjects, subject)
    write_info(folder, replace(info, evidence=replace(info.evidence, subjects=subjects)))
    return open_results(folder)


def unpacked(content: bytes) -> Iterator[str]:
    """All that a file can be read as: itself, its blocks in base64 or in a page's letters, what is
    compressed in them, and texts written as JSON or HTML escapes."""
    if content[:4] == b"PAR1":
        content = pq.read_table(io.BytesIO(content)).to_pandas().to_json(force_ascii=False).encode()
    content = content.replace(plotly_source(None).encode(), b"")  # in a file of its own, or packed:
    text = re.sub(r"(?<![^<>\"\s])[^<>\"\s]{1000000,}", "", content.decode("utf-8", "replace"))
    yield text
    yield re.sub(r"&#x?(\w+);", " ", text)
    yield re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), text)
    for data in _blocks(text):
        yield data.decode("utf-8", "replace")
        yield data.decode("utf-16-le", "replace")
        for open_up in (gzip.decompress, zlib.decompress, lambda d: zlib.decompress(d, -15)):
            try:
                yield open_up(data).decode("utf-8", "replace")
            except (OSError, EOFError, zlib.error):
                continue


def _blocks(text: str) -> Iterator[bytes]:
    """The bytes of each block of letters."""
    for block in re.findall(r"[A-Za-z0-9+/]{24,}={0,2}", text):
        block = block.rstrip("=")[: len(block) // 4 * 4]
        yield base64.b64decode(block + "=" * (-len(block) % 4))
    for block in re.findall(r"[^<>&'\"\s]{24,}", text):
        with contextlib.suppress(ValueError):
            yield from_letters(block)


def traces(content: bytes, size: int = 2) -> set[str]:
    """Which secrets, or parts of `size` characters of them (6 of Latin ones), can be read."""
    seen = "\0".join(unpacked(content))
    found = set()
    for name, secret in SECRETS.items():
        length = 6 if secret.isascii() else size
        pieces = {secret[i : i + length] for i in range(len(secret) - length + 1)}
        if any(piece in seen for piece in pieces):
            found.add(name)
    return found
