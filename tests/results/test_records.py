"""JSON to data classes, every value of the type they name or refused."""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from factories import make_results

from reportgen.errors import ResultsError
from reportgen.results.info import Evidence, RunInfo, Subject
from reportgen.results.records import from_record
from reportgen.results.store import open_results


@dataclass(frozen=True)
class Inner:
    size: int
    name: str = "none"


@dataclass(frozen=True)
class Outer:
    kind: Literal["a", "b"]
    share: float | None
    inner: tuple[Inner, ...] = ()
    options: Mapping[str, str | int | bool] = field(default_factory=dict)


WHOLE = {
    "kind": "b",
    "share": 1,
    "inner": [{"size": 3}, {"size": 4, "name": "x", "added_later": []}],
    "options": {"a": "t", "b": 2, "c": True},
    "added_later": {},
}


def test_values_take_the_types_they_are_named_with() -> None:
    made = from_record(Outer, WHOLE)
    assert made == Outer("b", 1.0, (Inner(3), Inner(4, "x")), {"a": "t", "b": 2, "c": True})
    assert type(made.share) is float
    assert type(made.options["c"]) is bool
    assert from_record(Outer, {"kind": "a", "share": None}) == Outer("a", None)


def test_half_a_character_is_spelt_out() -> None:
    assert from_record(Inner, {"size": 1, "name": "\ud83d"}).name == r"\ud83d"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "c"}, "^kind cannot be 'c'$"),
        ({"kind": []}, r"^kind cannot be \[\]$"),
        ({"share": True}, "^share cannot be True$"),
        ({"share": 10**400}, "^share cannot be 1000"),
        ({"share": float("inf")}, "^share cannot be inf$"),
        ({"share": float("nan")}, "^share cannot be nan$"),
        ({"inner": {}}, "^inner cannot be {}$"),
        ({"inner": [{"size": 1.0}]}, r"^inner\[0\]\.size cannot be 1\.0$"),
        ({"inner": [{"size": 1}, {}]}, r"^inner\[1\]\.size is missing$"),
        ({"inner": [[]]}, r"^inner\[0\] cannot be \[\]$"),
        ({"inner": [{"size": True}]}, r"^inner\[0\]\.size cannot be True$"),
        ({"options": {"a": 1.5}}, r"^options\.a cannot be 1\.5$"),
        ({"options": []}, r"^options cannot be \[\]$"),
        ({"kind": "x" * 99}, r"^kind cannot be 'x{36}\.\.\.$"),
    ],
)
def test_another_type_is_refused_by_name(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        from_record(Outer, WHOLE | change)


@pytest.mark.parametrize("found", [None, 3, "x", [], [{}]])
def test_what_is_no_object_is_refused(found: object) -> None:
    with pytest.raises(ValueError, match="all of it cannot be"):
        from_record(Outer, found)


def test_everything_about_a_run_comes_back(tmp_path: Path) -> None:
    info = make_results(tmp_path, evidence="full").info
    assert info.evidence.subjects
    assert from_record(RunInfo, json.loads(json.dumps(asdict(info)))) == info
    evidence = Evidence("full", "margin", "good", withheld={"ig": "failed"}, interrupted=True)
    assert from_record(Evidence, json.loads(json.dumps(asdict(evidence)))) == evidence
    assert from_record(Subject, asdict(info.evidence.subjects[0])) == info.evidence.subjects[0]


def places(found: object, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where each value of JSON stands."""
    items = found.items() if isinstance(found, dict) else enumerate(found)
    for key, value in items:
        yield (*above, key)
        if isinstance(value, dict | list):
            yield from places(value, (*above, key))


def test_an_altered_results_json_is_refused_in_one_line_or_taken(tmp_path: Path) -> None:
    make_results(tmp_path, ("abc",), evidence="full", n_layers=1, n_heads=1)
    path = tmp_path / "results.json"
    record = json.loads(path.read_text("utf-8"))
    said = []
    for *above, key in list(places(record)):
        for value in (None, 0, -1, 10**400, 1.5, True, "", "x\ny", [], [[]], {}, {"a": 1}):
            altered = copy.deepcopy(record)
            holder = altered
            for step in above:
                holder = holder[step]
            holder[key] = value
            path.write_text(json.dumps(altered), "utf-8")
            try:
                open_results(tmp_path)
            except ResultsError as error:
                said.append(str(error))
    assert len(said) > 500
    assert all(line.startswith(f"{path}: ") and "\n" not in line for line in said)
