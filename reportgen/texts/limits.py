"""The most that one file of texts may hold; tests set smaller limits in this one place."""

from reportgen.errors import InputError

# A file that is read as a whole then takes about 1 GB of memory, whatever is in it: bytes, texts or
# lines, and what may end a cell (a wide table of numbers is no file of texts).
MAX_BYTES = 200_000_000
MAX_ROWS = 500_000
MAX_CELLS = 5_000_000
# Columns of a table: a sheet of a workbook has 16,384 at most.
MAX_COLUMNS = 100_000
# Characters of a text, and of its pair, that are kept: more than any model that is reported takes.
MAX_TEXT = 1_000_000


def require_columns(n: int, where: str) -> None:
    """Check that a table has no more columns than are read.

    Raises:
        InputError: it has.
    """
    if n > MAX_COLUMNS:
        raise InputError(
            f"{where}: {n:,} columns, but at most {MAX_COLUMNS:,} are read; keep those with texts, "
            "labels and ids"
        )
