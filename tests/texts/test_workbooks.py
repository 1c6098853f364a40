"""Excel workbooks: cells as a person sees them, and places that name sheet and row."""

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from helpers.text_files import Write, round_trip, texts_of, workbook
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils.escape import unescape

from reportgen.errors import InputError, UsageError, quoted
from reportgen.texts import Columns, TextInput, read_texts
from reportgen.texts.formats import shown_by

cell_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).filter(
    lambda text: not ILLEGAL_CHARACTERS_RE.search(text) and not text.startswith("=")
)
cell_values = st.one_of(
    st.none(), cell_text, st.integers(-(10**14), 10**14), st.floats(-1e14, 1e14), st.booleans()
)


def place(sheet: str, row: int) -> str:
    """Where a text of t.xlsx stands; the name of the sheet is left out where no text is shown."""
    return f"t.xlsx:{quoted(sheet)} row {row}"


def saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def changed(content: bytes, parts: Mapping[str, tuple[str, str]]) -> bytes:
    """A workbook whose parts have some of their XML replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            if name in parts:
                pattern, by = parts[name]
                text, count = re.subn(pattern, lambda _, by=by: by, text, flags=re.DOTALL)
                assert count
            new.writestr(name, text)
    return stream.getvalue()


def sheet_with(rows: str, strings: str = "") -> bytes:
    """A workbook with these rows and shared texts as they stand in its XML."""
    whole = f"<sheetData>{rows}</sheetData>"
    parts = {"xl/worksheets/sheet1.xml": ("<sheetData>.*</sheetData>", whole)}
    if strings:
        parts["xl/sharedStrings.xml"] = ("<si>.*</si>", strings)
    return changed(shared([["text"], ["x"]]), parts)


def shared(rows: Sequence[Sequence[Any]]) -> bytes:
    """A workbook whose texts stand apart from its cells, as Excel writes it."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                else:
                    sheet.write(number, column, value)
    return stream.getvalue()


def inline(*texts: str) -> str:
    return "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)


def test_ids_labels_and_groups_are_found_as_in_other_tables(write: Write) -> None:
    rows = [
        [" id", "text ", "label", "group", "pair"],
        [7025, "a", 4.5, "x", None],
        [8, "b", 1, "y", "p"],
    ]
    read = read_texts([write("t.xlsx", workbook(rows))])
    assert read.texts == (
        TextInput("7025", "a", None, "4.5", "x", place("Sheet1", 2)),
        TextInput("8", "b", "p", "1", "y", place("Sheet1", 3)),
    )
    assert read.notes == ()


@pytest.mark.parametrize("writer", [workbook, shared])
@given(rows=st.lists(st.tuples(cell_values, cell_values), min_size=1, max_size=6))
@round_trip
def test_cells_are_what_openpyxl_reads(
    write: Write, writer: Callable[..., bytes], rows: list[tuple[Any, Any]]
) -> None:
    content = writer([["text", "label"], ["first", "1"], *rows])
    read = read_texts([write("t.xlsx", content)])
    sheet = load_workbook(io.BytesIO(content), data_only=True).active
    expected = [
        (number, row)
        for number, row in enumerate(sheet.iter_rows(min_row=2, values_only=True), 2)
        if any(value is not None and value != "" for value in row)
    ]
    assert [text.source for text in read.texts] == [place("Sheet1", n) for n, _ in expected]
    for text, (_, row) in zip(read.texts, expected, strict=True):
        for cell, value in zip((text.text, text.label or ""), row, strict=True):
            if isinstance(value, bool):
                assert cell == str(value).upper()
            elif isinstance(value, int | float):
                assert float(cell) == pytest.approx(value, rel=1e-14)
                assert not cell.endswith(".0")
            else:
                # openpyxl leaves what XML cannot hold escaped in shared strings.
                assert cell == unescape(value or "")


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (7025, "General", "7025"),
        (7025.0, "0", "7025"),
        (3.7, "0", "3.7"),
        (0.1 + 0.2, "General", "0.3"),
        (1234.5, "#,##0.00", "1234.5"),
        (1e20, "General", "1E+20"),
        (7, "000", "007"),
        (1234567, "000\\-0000", "123-4567"),
        (345, '"A-"0000', "A-0345"),
        (-7, "000", "-7"),
        (0.021, "0.00%", "2.1%"),
        (date(2024, 3, 1), "yyyy/m/d", "2024-03-01"),
        (date(2024, 3, 1), '[$-411]ggge"年"m"月"d"日"', "2024-03-01"),
        (date(1900, 1, 15), "yyyy-mm-dd", "1900-01-15"),
        (date(2024, 3, 1), "mmm", "2024-03-01"),
        (datetime(2024, 3, 1, 14, 30), "yyyy-mm-dd h:mm", "2024-03-01 14:30:00"),
        (time(9, 5), "h:mm AM/PM", "09:05:00"),
        (timedelta(hours=30, minutes=1), "[h]:mm", "30:01:00"),
        (5, '[Red]0.0"days"', "5"),
        (5, "_(* 0_)", "5"),
        (True, "General", "TRUE"),
        ("=1+1", "@", None),
        ("007", "@", "007"),
    ],
)
def test_a_value_is_what_a_person_sees(
    write: Write, value: Any, number_format: str, shown: str | None
) -> None:
    book = Workbook()
    book.active.append(["id", "text"])
    book.active.append([None, "a"])
    cell = book.active["A2"]
    if shown is None:
        cell.value, cell.data_type = value, "s"  # a text that looks like a formula
    else:
        cell.value = value
    cell.number_format = number_format
    (text,) = read_texts([write("t.xlsx", saved(book))]).texts
    assert text.id == (value if shown is None else shown)


def test_dates_count_from_1904_where_the_workbook_says_so(write: Write) -> None:
    book = Workbook()
    book.epoch = datetime(1904, 1, 1)
    book.active.append(["id", "text"])
    book.active.append([date(2024, 3, 1), "a"])
    assert read_texts([write("t.xlsx", saved(book))]).texts[0].id == "2024-03-01"


def test_every_day_of_the_calendar_is_the_one_of_openpyxl() -> None:
    from openpyxl.utils.datetime import from_excel

    show = shown_by(14, None)
    for serial in [*range(1, 60), *range(61, 80_000, 37)]:
        assert show(str(serial)) == from_excel(serial).date().isoformat()
    assert show("-5") == "-5"
    assert show("1e300") == "1E+300"


class TestFormulas:
    def test_the_stored_value_is_read(self, write: Write) -> None:
        rows = f'<row r="1">{inline("text", "id")}</row><row r="2">' + (
            '<c r="A2" t="str"><f>A1&amp;"!"</f><v>text!</v></c>'
            '<c r="B2"><f>6+1</f><v>7</v></c></row>'
        )
        (text,) = read_texts([write("t.xlsx", sheet_with(rows))]).texts
        assert (text.id, text.text) == ("7", "text!")

    def test_one_without_a_stored_value_is_told(self, write: Write) -> None:
        path = write("t.xlsx", workbook([["text"], ["a"], ["=A2"]]))
        with pytest.raises(InputError, match=r"t\.xlsx:Sheet1 row 3: .*formula whose value is not"):
            read_texts([path])

    def test_errors_are_empty_and_counted(self, write: Write) -> None:
        rows = f'<row r="1">{inline("text", "label")}</row>' + (
            f'<row>{inline("a")}<c t="e"><f>NA()</f><v>#N/A</v></c></row>'
        )
        read = read_texts([write("t.xlsx", sheet_with(rows))])
        assert (read.texts[0].text, read.texts[0].label) == ("a", None)
        (note,) = read.notes
        assert note.endswith("t.xlsx: 1 cell holds an error such as #N/A, which is read as empty")


class TestTexts:
    def test_parts_are_joined_and_furigana_left_out(self, write: Write) -> None:
        strings = (
            "<si><t>text</t></si><si><r><t>東</t></r><r><t>京</t></r>"
            '<rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si>'
        )
        rows = '<row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row>'
        assert texts_of(write("t.xlsx", sheet_with(rows, strings))) == ["東京"]

    def test_characters_that_xml_cannot_hold_are_read(self, write: Write) -> None:
        rows = f"<row>{inline('text')}</row><row>{inline('a_x000D_b_x005F_x000D__xD83D_')}</row>"
        (text,) = read_texts([write("t.xlsx", sheet_with(rows))]).texts
        assert text.text == "a\rb_x000D__xD83D_"

    @pytest.mark.parametrize(
        "hostile", ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "{{7*7}}"]
    )
    def test_hostile_content_stays_text(self, write: Write, hostile: str) -> None:
        book = Workbook()
        book.active.append(["text"])
        book.active["A2"].value = "x"
        book.active["A2"].value = hostile
        book.active["A2"].data_type = "s"
        assert read_texts([write("t.xlsx", saved(book))]).texts[0].text == hostile

    def test_prefixes_of_names_do_not_matter(self, write: Write) -> None:
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        whole = (
            f'<x:worksheet xmlns:x="{space}"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>text'
            '</x:t></x:is></x:c></x:row><x:row><x:c t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c>'
            "</x:row></x:sheetData></x:worksheet>"
        )
        content = changed(
            workbook([["text"], ["x"]]), {"xl/worksheets/sheet1.xml": ("^.*$", whole)}
        )
        assert texts_of(write("t.xlsx", content)) == ["a"]


class TestSheets:
    def book(self) -> bytes:
        return workbook(Reviews=[["text"], ["a"]], Old=[["text"], ["b"]], Notes=[["text"], ["c"]])

    def test_the_first_is_read_and_the_others_are_named(self, write: Write) -> None:
        path = write("t.xlsx", self.book())
        read = read_texts([path])
        assert [text.text for text in read.texts] == ["a"]
        (note,) = read.notes
        assert "sheet \ue000'Reviews'\ue001 is read; --sheet takes 2 other sheets" in note
        assert "'Old', 'Notes'" in note

    def test_one_can_be_named(self, write: Write) -> None:
        path = write("t.xlsx", self.book())
        for name in ("Notes", " notes"):
            read = read_texts([path], sheet=name)
            assert read.texts == (TextInput("1", "c", source=place("Notes", 2)),)
            assert read.notes == ()
        with pytest.raises(UsageError, match="no sheet 'x'; sheets: 'Reviews', 'Old', 'Notes'"):
            read_texts([path], sheet="x")
        with pytest.raises(UsageError, match="--sheet: no input is a workbook"):
            read_texts([write("t.csv", "text\na\n")], sheet="x")

    def test_a_hidden_one_is_not_the_first(self, write: Write) -> None:
        book = load_workbook(io.BytesIO(self.book()))
        book["Reviews"].sheet_state = "hidden"
        book.active = 1
        assert read_texts([write("t.xlsx", saved(book))]).texts[0].text == "b"

    def test_the_header_is_the_first_row_that_is_not_empty(self, write: Write) -> None:
        rows = [[None], [None, None, "text", None, "label"], [None], [5, None, "a", "note", 1], [6]]
        read = read_texts([write("t.xlsx", workbook(rows))])
        assert read.texts == (TextInput("1", "a", label="1", source=place("Sheet1", 4)),)
        assert read.files[0].n_blank_lines == 2

    def test_a_wrong_column_lists_the_others(self, write: Write) -> None:
        path = write("t.xlsx", workbook([["a", "b"], ["x", "y"]]))
        with pytest.raises(UsageError, match=r"no column 'c'; columns: 'a', 'b'$"):
            read_texts([path], Columns(text="c"))
        path = write("u.xlsx", workbook([["text", "text"], ["x", "y"]]))
        with pytest.raises(UsageError, match="more than one column is named 'text'"):
            read_texts([path])

    def test_no_texts_is_one_line(self, write: Write) -> None:
        for rows in ([], [["text", "label"]]):
            with pytest.raises(InputError, match=r"^no texts in .*t\.xlsx; give at least one$"):
                read_texts([write("t.xlsx", workbook(rows))])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"text\nx\n", "cannot be read as an Excel workbook; save it again"),
        (workbook([["text"], ["x"]])[:-200], "cannot be read as an Excel workbook; save it again"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "has a password or is an old .xls; save it as plain"),
        (sheet_with("<row r='5'/><row r='2'/>"), "cannot be read as an Excel workbook"),
        (sheet_with("<row><c t='s'><v>9</v></c></row>"), "cannot be read as an Excel workbook"),
        (sheet_with("<row><c t='s'><v>x</v></c></row>"), "cannot be read as an Excel workbook"),
        (sheet_with("<row><c r='ZZZ1'/></row>"), "cannot be read as an Excel workbook"),
    ],
)
def test_what_is_damaged_is_told_in_one_line(write: Write, content: bytes, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_texts([write("t.xlsx", content)])
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


WHOLE = shared([["id", "text"], [1, "a"], [date(2024, 3, 1), "b"]])


@given(st.data())
@round_trip
def test_any_damage_is_read_or_told_in_one_line(write: Write, data: st.DataObject) -> None:
    content = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = write("t.xlsx", bytes(content))
    try:
        said = str(read_texts([path]).texts)
    except (InputError, UsageError) as error:
        said = str(error)
    assert len(said.splitlines()) == 1


def test_no_library_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(workbook([["text"], ["x"]]))
    code = (
        "import sys\nfor name in ('openpyxl', 'pandas'): sys.modules[name] = None\n"
        "from reportgen.texts.read import read_texts\n"
        f"print(read_texts([{str(path)!r}]).texts[0].text)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "x\n", done.stderr
