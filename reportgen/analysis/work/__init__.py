"""The parts of a job: planned, kept in a folder, put together."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.analysis.work.assembly import Reasons, reasons_of, with_messages
    from reportgen.analysis.work.item import AttentionInput, Measured, WorkResult
    from reportgen.analysis.work.plan import choose
    from reportgen.analysis.work.tally import Tally
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
