"""Formats of files of texts."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.texts.formats.number_formats import shown_by
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
