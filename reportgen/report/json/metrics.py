"""The figures that people watch from run to run, as one flat JSON object for DVC, MLflow and jq."""

from collections.abc import Mapping

from reportgen.comparison import Runs
from reportgen.findings import WATCHED, Value, figure_list
from reportgen.report.format_register import Document, Output
from reportgen.report.json.records import to_json
from reportgen.report.options import WriteOptions


def write(runs: Runs, options: WriteOptions, output: Output | None = None) -> Document:
    """The watched figures of one run, or of what changed over several."""
    return Document(to_json(watched(runs.command, runs.figures)).encode())


def watched(command: str, figures: Mapping[str, Value]) -> dict[str, Value]:
    """Those of `figures` that people watch of what `command` measures, by name; what was not
    measured is left out, since trackers take numbers alone."""
    watched_names = figure_list(command).of(WATCHED[command], figures)
    return {
        name: value
        for name, value in figures.items()
        if value is not None and name in watched_names
    }
