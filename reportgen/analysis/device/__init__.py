"""How many texts run at once on a device."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.analysis.device.copies import DeviceFigures
    from reportgen.analysis.device.limits import limits_of
    from reportgen.analysis.device.runs import BatchPart, BatchRun, BatchRuns, Halving, joined
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
