"""Attention reports: a list of texts and a transformer in, one offline HTML file out.

From Python: `analyze(texts, model)` gives a `Report`, which `save` writes as the command line
would; `open_report` reads one that was kept. Nothing heavy is imported before one of these is used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reportgen.api import analyze, load_model
    from reportgen.callback import ReportCallback
    from reportgen.compared import ComparedReports, compare
    from reportgen.reports import Report, open_report

__version__ = "0.1.0"
__all__ = [
    "ComparedReports",
    "Report",
    "ReportCallback",
    "__version__",
    "analyze",
    "compare",
    "load_model",
    "open_report",
]

_PLACES = {
    "ComparedReports": "reportgen.compared",
    "compare": "reportgen.compared",
    "Report": "reportgen.reports",
    "ReportCallback": "reportgen.callback",
    "analyze": "reportgen.api",
    "load_model": "reportgen.api",
    "open_report": "reportgen.reports",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'reportgen' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
