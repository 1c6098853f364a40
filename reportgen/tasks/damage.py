"""Refuses a table of texts whose lists are not those of its task.

That the lists fit each other is checked when the table is read (`results/checks/tables.py`); what
they hold for each kind of output is known here alone.
"""

from reportgen.errors import ResultsError
from reportgen.results import AGAIN, Results


def require_lists(is_so: object, results: Results, column: str) -> None:
    """Check a `column` of the table of texts.

    Raises:
        ResultsError: the lists of some text are not as long as the task has them.
    """
    if not is_so:
        path = results.folder / "texts.parquet"
        raise ResultsError(f"{path}: damaged: column {column!r} does not fit the task; {AGAIN}")
