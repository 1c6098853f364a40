"""Which writer an output path asks for, told by its name alone."""

from pathlib import PurePath
from typing import Literal, TypeAlias, get_args

from reportgen.errors import UsageError

Writer: TypeAlias = Literal["html", "md", "json", "confluence", "csv", "parquet", "folder"]
TableName: TypeAlias = Literal["tokens", "heads", "texts", "sinks", "agreement"]
FORMATS: tuple[Writer, ...] = ("html", "md", "json", "confluence", "csv", "parquet")
_SUFFIXES: dict[str, Writer] = {"xml" if name == "confluence" else name: name for name in FORMATS}
TABLE_NAMES: tuple[TableName, ...] = get_args(TableName)


def writer_of(path: str, format: str | None = None) -> Writer:
    """The writer for an output `path`: a results folder, what `format` says, or its suffix.

    `-`, standard output, is HTML unless `format` says otherwise.

    Raises:
        UsageError: neither the suffix nor `format` names a writer, or a table has no name.
    """
    if path.endswith("/"):
        return "folder"
    suffix = PurePath(path).suffix.removeprefix(".").lower()
    if format:
        writer = next((known for known in FORMATS if known == format), None)
    else:
        writer = "html" if path == "-" else _SUFFIXES.get(suffix)
    if writer is None and format:
        raise UsageError(f"--format {format}: not known; use one of {', '.join(FORMATS)}")
    if writer is None:
        suffixes = ", ".join(f".{known}" for known in _SUFFIXES)
        raise UsageError(
            f"{path}: the name must end in one of {suffixes}, or in / for a results folder; "
            "--format overrides"
        )
    if writer in ("csv", "parquet"):
        table_name(path)
    return writer


def table_name(path: str) -> TableName:
    """The table that a file is named after: `tokens.csv`, `run-tokens.csv`, `run_tokens.csv`.

    Raises:
        UsageError: it is named after none.
    """
    stem = PurePath(path).stem.lower()
    for name in TABLE_NAMES:
        if stem == name or stem.endswith((f"-{name}", f"_{name}")):
            return name
    raise UsageError(
        f"{path}: a table's file is named {', '.join(TABLE_NAMES)}, or ends in - or _ and one of "
        f"them, such as run-{TABLE_NAMES[0]}.csv"
    )
