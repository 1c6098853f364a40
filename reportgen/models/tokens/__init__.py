"""Texts as tokens of a model."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.models.tokens.encoded import TokenSpan, TokenStep, display_units, encode
    from reportgen.models.tokens.join_words import Marks
    from reportgen.models.tokens.padding import pad
    from reportgen.models.tokens.separate_pairs import encode_apart, encode_prompted
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
