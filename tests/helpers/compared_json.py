"""The JSON of a comparison, held against its schema."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema

from reportgen.comparison import Comparison
from reportgen.report import CompareOptions
from reportgen.report.json import write


@cache
def schema() -> dict[str, Any]:
    """The schema that comes with the package."""
    text = files("reportgen.report").joinpath("compare.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def record_of(found: Comparison, **options: Any) -> dict[str, Any]:
    """What is written of a comparison, which is as the schema says."""
    record: dict[str, Any] = json.loads(write(found.runs, CompareOptions(**options)).text)
    jsonschema.Draft202012Validator(schema()).validate(record)
    return record
