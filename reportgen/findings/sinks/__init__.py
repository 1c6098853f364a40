"""Figures of attention sinks."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.findings.sinks.cross_attention import cross_tokens
    from reportgen.findings.sinks.heads import sink_heads, token_heads
    from reportgen.findings.sinks.non_special import FIRST
    from reportgen.findings.sinks.query_key_scores import HeadScores
    from reportgen.findings.sinks.sink_test_figures import subject_figures
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
