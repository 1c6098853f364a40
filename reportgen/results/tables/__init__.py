"""Tables, their columns and row groups."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.results.tables.row_groups import MemorySource, Source, part_of
    from reportgen.results.tables.schema import (
        AGREEMENT_SCHEMA,
        SINKS_SCHEMA,
        TEXTS_SCHEMA,
        TOKENS_SCHEMA,
    )
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
