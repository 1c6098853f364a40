"""Figures of tokens over all texts."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.findings.tokens.figures import corpus_tokens, token_means
    from reportgen.findings.tokens.lists import LISTED, rank_tokens, shrink
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
