"""Attention maps, packed."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.results.maps.cells import SIDE
    from reportgen.results.maps.packed import unpack_layers, unpack_levels
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
