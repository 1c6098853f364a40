"""Comparisons of models, runs and baselines."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.api.comparing.like_baseline import BaselineSettings, settings_of, with_given
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
