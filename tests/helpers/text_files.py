"""Files of texts, and reading them back."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from reportgen.texts import read_texts

Write = Callable[[str, str | bytes], str]

any_text = st.text(max_size=60)  # every code point of UTF-8: controls, NUL, bidi, emoji
line_text = any_text.filter(lambda text: text.strip() and "\n" not in text and "\r" not in text)
round_trip = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def parquet(**columns: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def workbook(*sheets: Sequence[Sequence[Any]], **named: Sequence[Sequence[Any]]) -> bytes:
    """An Excel workbook with the rows of these sheets."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in {**{f"Sheet{n}": rows for n, rows in enumerate(sheets, 1)}, **named}.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def give(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Let `content` stand on standard input."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def texts_of(*paths: str, **options: Any) -> list[str]:
    return [text.text for text in read_texts(paths, **options).texts]


def csv_bytes(rows: Sequence[Sequence[str]], delimiter: str = ",") -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    return stream.getvalue().encode("utf-8")
