"""Keywords of the Python API: they are the options, and a misspelt one is answered with the
nearest. That a type checker knows them is checked with all types, in `typed_keywords.py`."""

from typing import get_type_hints

import pytest

import reportgen
from reportgen.api.keywords import LoadOptions, SaveComparisonOptions, SaveOptions
from reportgen.errors import UsageError
from reportgen.models import ModelSpec
from reportgen.options import options_in
from reportgen.report import CompareOptions, RenderOptions


def test_typed_keywords_are_the_options() -> None:
    assert get_type_hints(LoadOptions).keys() == options_in(ModelSpec).keys() - {
        *("model", "tokenizer")
    }
    assert get_type_hints(SaveOptions).keys() == options_in(RenderOptions).keys()
    assert get_type_hints(SaveComparisonOptions).keys() == options_in(CompareOptions).keys()


@pytest.mark.parametrize(
    ("given", "nearest"),
    [("lable", "labels"), ("label", "labels"), ("evidenc", "evidence"), ("max_len", "max_length")],
)
def test_a_misspelt_keyword_is_answered_with_the_nearest(given: str, nearest: str) -> None:
    told = f"^{given}: no such option; did you mean {nearest}"
    with pytest.raises(UsageError, match=told):
        reportgen.analyze(["a"], "demo", **{given: 1})
    with pytest.raises(UsageError, match=told):
        reportgen.ReportCallback(["a"], **{given: 1})
