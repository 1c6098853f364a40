"""Keeps libraries from printing while a model is loaded."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from transformers.utils import logging as transformers_logging


@contextmanager
def quiet(verbose: bool) -> Iterator[None]:
    """Hide tables, progress bars and warnings of libraries while the context is open, unless
    `verbose`."""
    if verbose:
        yield
        return
    others = [logging.getLogger(name) for name in ("huggingface_hub", "accelerate")]
    verbosity, levels = transformers_logging.get_verbosity(), [own.level for own in others]
    has_bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    for own in others:
        own.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        for own, level in zip(others, levels, strict=True):
            own.setLevel(level)
        if has_bars:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]
