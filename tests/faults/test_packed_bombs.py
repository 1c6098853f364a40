"""Files and folders of texts that unpack to far more than they hold: each is told in one line,
within a limit of memory."""

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from helpers.memory import within
from helpers.text_files import workbook

from reportgen.errors import InputError, quoted
from reportgen.texts import read_texts

MEGABYTE = 1 << 20


def packed(path: Path, piece: bytes, size: int, codec: str) -> None:
    """Write a file that unpacks to `size` bytes, a megabyte at a time."""
    whole = pa.compress(next(repeated(piece, MEGABYTE)), codec=codec, asbytes=True)
    if codec == "gzip":
        whole = gzip.compress(next(repeated(piece, MEGABYTE)), 1)
    path.write_bytes(whole * (size // MEGABYTE))


def repeated(piece: bytes, size: int) -> Iterator[bytes]:
    whole = piece * (MEGABYTE // len(piece))
    return (whole for _ in range(size // len(whole)))


@pytest.mark.parametrize(("suffix", "codec"), [("gz", "gzip"), ("zst", "zstd")])
def test_a_packed_file_is_unpacked_no_further_than_a_file_may_reach(
    tmp_path: Path, suffix: str, codec: str, tenth: int
) -> None:
    bombs = {
        f"one.txt.{suffix}": (b"a", 200_000_000, "more than 20,000,000 bytes"),
        f"lines.csv.{suffix}": (b"a\n", 5_000_000, "more than 50,000 lines"),
        f"cells.csv.{suffix}": (b"a,b,", 5_000_000, "more than 500,000 cells"),
        f"parquet.parquet.{suffix}": (b"PAR1", 30_000_000, "more than 20,000,000 bytes"),
    }
    for name, (piece, size, _) in bombs.items():
        packed(tmp_path / name, piece, size, codec)
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(3):
        packed(folder / f"{number}.txt.{suffix}", b"a", 9_000_000, codec)

    def read() -> None:
        for name, (_, _, said) in bombs.items():
            require_told(tmp_path / name, said)
        require_told(folder, "more than 20,000,000 bytes of text; split it")

    within(tenth, read)


def require_told(path: Path, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_texts([str(path)])
    message = str(caught.value)
    assert message.startswith(str(path)), message
    assert said in message
    assert len(message.splitlines()) == 1


def bombs_of_workbooks() -> dict[str, tuple[Callable[[], Iterator[bytes]], str, str]]:
    """What stands in the rows of a sheet, or in its shared texts, and what is said of it."""

    def row_of_cells() -> Iterator[bytes]:
        yield b"<row>"
        yield from repeated(b"<c/>", 2_000_000)
        yield b"</row>"

    def one_cell() -> Iterator[bytes]:
        yield b'<row><c t="inlineStr"><is><t>'
        yield from repeated(b"a", 21_000_000)
        yield b"</t></is></c></row>"

    def rows() -> Iterator[bytes]:
        yield b'<row><c t="inlineStr"><is><t>text</t></is></c></row>'
        yield from repeated(b"<row><c><v>1</v></c></row>", 3_000_000)

    def one_text_again() -> Iterator[bytes]:
        yield b'<row><c t="inlineStr"><is><t>text</t></is></c></row>'
        yield from repeated(b'<row><c t="s"><v>0</v></c></row>', 2_000_000)

    def wide() -> Iterator[bytes]:
        cell = b'<c t="inlineStr"><is><t>%d</t></is></c>'
        yield b"<row>" + b"".join(cell % number for number in range(16_000)) + b"</row>"
        yield from repeated(b"<row><c><v>1</v></c></row>", 3_000_000)

    def far_row() -> Iterator[bytes]:
        yield b'<row r="1000000000"><c t="inlineStr"><is><t>text</t></is></c></row>'

    def far_cells() -> Iterator[bytes]:
        cell = b'<c r="XFD%d" t="inlineStr"><is><t>text</t></is></c>'
        for number in (1, 2, 1_048_576):
            yield b'<row r="%d">' % number + cell % number + b"</row>"

    def nothing() -> Iterator[bytes]:
        yield from repeated(b"<x/>", 2_000_000)

    def nested() -> Iterator[bytes]:
        yield from repeated(b"<x>", 2_000_000)

    return {
        "a row of cells": (row_of_cells, "", "cannot be read as an Excel workbook"),
        "one cell": (one_cell, "", "unpacks to more than 20,000,000 bytes"),
        "rows": (rows, "", "more than 50,000 rows"),
        "one text again": (one_text_again, "a" * 100_000, "more than 20,000,000 characters"),
        "wide": (wide, "", "more than 500,000 cells"),
        "far row": (far_row, "", "cannot be read as an Excel workbook"),
        "far cells": (far_cells, "", ""),
        "nothing": (nothing, "", "no texts"),
        "nested": (nested, "", "cannot be read as an Excel workbook"),
    }


def make_workbook(path: Path, rows: Iterator[bytes], text: str) -> None:
    with (
        zipfile.ZipFile(io.BytesIO(workbook([["x"]]))) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                start, _, rest = content.partition(b"<sheetData>")
                _, _, end = rest.partition(b"</sheetData>")
                with new.open(name, "w", force_zip64=True) as part:
                    for piece in (start + b"<sheetData>", *rows, b"</sheetData>" + end):
                        part.write(piece)
            else:
                if name.endswith("workbook.xml.rels"):
                    relation = b'<Relationship Id="s" Type="x/sharedStrings" Target="s.xml"/>'
                    content = content.replace(b"</Relationships>", relation + b"</Relationships>")
                new.writestr(name, content)
        new.writestr("xl/s.xml", f"<sst><si><t>{text}</t></si></sst>")


BOMBS = bombs_of_workbooks()


@pytest.mark.parametrize("name", BOMBS)
def test_a_workbook_is_unpacked_no_further_than_a_file_may_reach(
    tmp_path: Path, name: str, tenth: int
) -> None:
    rows, text, said = BOMBS[name]
    path = tmp_path / "t.xlsx"
    make_workbook(path, rows(), text)

    def read() -> None:
        if name == "far cells":
            assert [one.source for one in read_texts([str(path)]).texts] == [
                f"t.xlsx:{quoted('Sheet1')} row {row}" for row in (2, 1_048_576)
            ]
        elif name == "nothing":
            with pytest.raises(InputError, match=r"^no texts in .*t\.xlsx"):
                read_texts([str(path)])
        else:
            require_told(path, said)

    within(tenth // 2, read)


def test_a_workbook_may_not_declare_entities_or_pack_in_other_ways(tmp_path: Path) -> None:
    for number, (method, start) in enumerate(
        [(zipfile.ZIP_LZMA, b""), (zipfile.ZIP_BZIP2, b""), (zipfile.ZIP_DEFLATED, b"<!DOCTYPE x>")]
    ):
        path = tmp_path / f"{number}.xlsx"
        with (
            zipfile.ZipFile(io.BytesIO(workbook([["text"], ["a"]]))) as old,
            zipfile.ZipFile(path, "w", method) as new,
        ):
            for name in old.namelist():
                new.writestr(name, start + old.read(name))
        require_told(path, "cannot be read as an Excel workbook")


def test_a_saved_data_set_is_read_no_further_than_a_file_may_reach(
    tmp_path: Path, tenth: int
) -> None:
    views = pa.array(["x"], pa.string_view())
    offsets = pa.py_buffer(memoryview(b"".join(n.to_bytes(4, "little") for n in (0, 9, 3, 9))))
    bombs = {
        "rows": (pa.table({"text": pa.nulls(100_000_000, pa.null())}), "more than 50,000 rows"),
        "texts": (pa.table({"text": ["x" * MEGABYTE] * 25}), "too large to read at once; split"),
        "views": (pa.table({"text": views}), "holds string_view"),
        "lists": (
            pa.table(
                {"text": ["a"] * 6, "label": pa.array([[1] * 100_000] * 6, pa.list_(pa.int8()))}
            ),
            "too large to read at once; split",
        ),
        "offsets": (
            pa.table({"text": pa.StringArray.from_buffers(3, offsets, pa.py_buffer(b"x" * 9))}),
            "cannot be read",
        ),
    }
    for name, (table, _) in bombs.items():
        folder = tmp_path / name
        folder.mkdir()
        with pa.ipc.new_stream(str(folder / "data.arrow"), table.schema) as stream:
            stream.write_table(table)
        (folder / "state.json").write_text('{"_data_files": [{"filename": "data.arrow"}]}')
        (folder / "dataset_info.json").write_text("{}")

    def read() -> None:
        for name, (_, said) in bombs.items():
            require_told(tmp_path / name, said)
        assert len(read_texts([str(tmp_path / "texts")], limit=3).texts) == 3

    within(tenth, read)


def test_gzip_in_gzip_is_unpacked_once(tmp_path: Path) -> None:
    path = tmp_path / "t.txt.gz"
    path.write_bytes(gzip.compress(gzip.compress(b"a\n")))
    require_told(path, "neither UTF-8 nor CP932")
