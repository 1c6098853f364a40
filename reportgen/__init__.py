"""Attention reports: a list of texts and a transformer in, one offline HTML file out.

`analyze(texts, model)` returns a `Report`, whose `save` writes the same files as the command line;
`open_report` opens one that was kept. Torch is imported when one of them is first used.
"""

from reportgen.version import __version__

TYPE_CHECKING = False  # without `typing`, which would take most of the time of this import
if TYPE_CHECKING:
    from typing import Any

    from reportgen.api.analyze import analyze
    from reportgen.api.callback import ReportCallback
    from reportgen.api.comparing.compare import ComparedReports, compare
    from reportgen.api.comparing.compare_baseline import compare_baseline
    from reportgen.api.models import load_model
    from reportgen.api.publishing import publish
    from reportgen.api.report import Report, open_report

__all__ = [
    "ComparedReports",
    "Report",
    "ReportCallback",
    "__version__",
    "analyze",
    "compare",
    "compare_baseline",
    "load_model",
    "open_report",
    "publish",
]

_PLACES = {
    "ComparedReports": "reportgen.api.comparing.compare",
    "compare": "reportgen.api.comparing.compare",
    "compare_baseline": "reportgen.api.comparing.compare_baseline",
    "Report": "reportgen.api.report",
    "ReportCallback": "reportgen.api.callback",
    "analyze": "reportgen.api.analyze",
    "load_model": "reportgen.api.models",
    "open_report": "reportgen.api.report",
    "publish": "reportgen.api.publishing",
}


def __getattr__(name: str) -> "Any":
    if name not in _PLACES:
        raise AttributeError(f"module 'reportgen' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
