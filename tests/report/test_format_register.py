"""Which format a path asks for."""

import pytest

from reportgen.errors import UsageError
from reportgen.report import COMPARE_TABLE_NAMES, table_name
from reportgen.report.format_register import output_at
from reportgen.report.options import TABLE_NAMES


@pytest.mark.parametrize(
    ("path", "format", "name"),
    [
        ("report.html", None, "html"),
        ("out/Report.HTML", None, "html"),
        ("report.md", None, "md"),
        ("summary.json", None, "json"),
        ("page.xml", None, "confluence"),
        ("out/metrics.json", None, "metrics"),
        ("june-metrics.json", None, "metrics"),
        ("biometrics.json", None, "json"),
        ("-", "confluence", "confluence"),
        ("tokens.csv", None, "csv"),
        ("run-7/texts.parquet", None, "parquet"),
        ("sinks.csv", None, "csv"),
        ("agreement.parquet", None, "parquet"),
        ("results/", None, "folder"),
        ("results.html/", None, "folder"),
        ("results/", "html", "folder"),
        ("-", None, "html"),
        ("-", "md", "md"),
        ("report", "html", "html"),
        ("report.html", "md", "md"),
        ("tokens.txt", "csv", "csv"),
    ],
)
def test_the_suffix_or_the_option_picks_the_format(
    path: str, format: str | None, name: str
) -> None:
    found = output_at(path, format).format
    assert (found.name if found else "folder") == name


@pytest.mark.parametrize(
    "path", ["report", "report.docx", "report.html.gz", ".html", "results", "a.confluence"]
)
def test_an_unknown_suffix_lists_the_known_ones(path: str) -> None:
    with pytest.raises(UsageError, match=r"\.html, \.md, \.json, \.xml, \.wiki, \.csv"):
        output_at(path)


@pytest.mark.parametrize("format", ["docx", "folder", "HTML", "xml", ""])
def test_an_unknown_format_lists_the_known_ones(format: str) -> None:
    with pytest.raises(UsageError, match="html"):
        output_at("-" if format else "report", format)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("tokens.csv", "tokens"),
        ("heads.parquet", "heads"),
        ("a/b/my-texts.csv", "texts"),
        ("my_tokens.csv", "tokens"),
        ("tokens-heads.csv", "heads"),
        ("sinks.csv", "sinks"),
        ("run-agreement.parquet", "agreement"),
        ("Tokens.csv", "tokens"),
    ],
)
def test_a_table_is_told_by_the_name_of_its_file(path: str, name: str) -> None:
    assert table_name(path, TABLE_NAMES) == name


@pytest.mark.parametrize(
    "path", ["report.csv", "mytokens.csv", "tokens/report.csv", "tokens-1.parquet", "-"]
)
def test_a_table_without_a_name_lists_the_tables(path: str) -> None:
    with pytest.raises(UsageError) as error:
        output_at(path, "csv")
    assert all(name in str(error.value) for name in TABLE_NAMES)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("path", "of_comparison", "said"),
    [
        (
            "maps.npz",
            True,
            r"maps\.npz: a comparison is written as .*\.wiki, \.csv",
        ),
        ("texts.csv", True, ", ".join(COMPARE_TABLE_NAMES)),
        ("changes.csv", False, ", ".join(TABLE_NAMES)),
    ],
)
def test_what_only_the_other_has_says_what_there_is(
    path: str, of_comparison: bool, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        output_at(path, of_comparison=of_comparison)
