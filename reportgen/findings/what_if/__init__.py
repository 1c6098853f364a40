"""What a change of a text does to its prediction: of variants that are texts of the run, and of
edits that were measured without becoming texts."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.findings.what_if.edit_kind import EditKind, edit_kinds
    from reportgen.findings.what_if.overall import WhatIf, sum_up
    from reportgen.findings.what_if.text_change import TextChange
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
