"""Rooms import what other rooms export, and no deeper."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from helpers.places import ROOT

SURFACES = ("analysis", "models")


def imported(room: str) -> Iterator[tuple[Path, str, str]]:
    """By file of the package outside a room, the modules and names that it imports of the room."""
    for path in sorted((ROOT / "reportgen").rglob("*.py")):
        if ROOT / "reportgen" / room in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path, name.name, "") for name in node.names)
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                yield from ((path, node.module, name.name) for name in node.names)


@pytest.mark.parametrize("room", SURFACES)
def test_no_other_room_imports_deeper_than_what_a_room_exports(room: str) -> None:
    deeper = [
        f"{path.relative_to(ROOT)}: {module} {name}"
        for path, module, name in imported(room)
        if module.startswith(f"reportgen.{room}.")
    ]
    assert not deeper


@pytest.mark.parametrize("room", SURFACES)
def test_what_a_room_exports_is_there_and_others_take_it(room: str) -> None:
    package = import_module(f"reportgen.{room}")
    taken = {name for _, module, name in imported(room) if module == f"reportgen.{room}"}
    assert set(package.__all__) == taken
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = package.nothing


@pytest.mark.parametrize("room", SURFACES)
def test_no_class_of_a_room_has_the_name_of_another_class(room: str) -> None:
    places: dict[str, list[str]] = {}
    for path in sorted((ROOT / "reportgen").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                own = str(path.relative_to(ROOT / "reportgen"))
                places.setdefault(node.name.lstrip("_"), []).append(own)
    twice = {
        name: found
        for name, found in places.items()
        if len(found) > 1 and any(own.startswith(f"{room}/") for own in found)
    }
    assert not twice
