"""Rooms import what other rooms export, and no deeper."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import ModuleType

import pytest
from helpers.places import ROOT

ROOMS = (
    *("analysis", "api", "comparison", "files", "findings", "models"),
    *("report", "results", "tasks", "texts"),
)
INNER = ("api.options",)  # what other rooms import of a room beside its own surface
CLOSED = ("texts",)
PACKAGE = ROOT / "reportgen"
# Every package with a surface: the rooms, and the packages in them of which tests take more.
SURFACES = sorted(
    str(path.parent.relative_to(PACKAGE)).replace("/", ".")
    for path in PACKAGE.rglob("__init__.py")
    if "exported(" in path.read_text("utf-8")
)


# Found line by line, as to parse all files takes seconds.
IMPORT = re.compile(
    r"^ *(from [\w.]+ import (?:\([^)]*\)|[^\n(][^\n]*)|import [\w., ]+)(?: *#[^\n]*)?$",
    re.MULTILINE,
)


@cache
def imports() -> list[tuple[str, str, str]]:
    """By file of the package and its tests, the modules and names that it imports."""
    return [
        (path.relative_to(ROOT).as_posix(), module, name)
        for folder in (PACKAGE, ROOT / "tests")
        for path in sorted(folder.rglob("*.py"))
        if path != PACKAGE / "__init__.py"  # what users import
        for line in IMPORT.findall(path.read_text("utf-8"))
        for module, name in _imported(ast.parse(line).body[0])
    ]


def _imported(node: ast.AST) -> list[tuple[str, str]]:
    if isinstance(node, ast.Import):
        return [(name.name, "") for name in node.names]
    if isinstance(node, ast.ImportFrom) and node.module is not None:
        return [(node.module, name.name) for name in node.names]
    return []


def imports_outside(package: str) -> Iterator[tuple[str, str, str]]:
    """What files outside a package import."""
    inside = f"reportgen/{package.replace('.', '/')}/"
    return (found for found in imports() if not found[0].startswith(inside))


@pytest.mark.parametrize("room", ROOMS)
def test_no_other_room_imports_deeper_than_what_a_room_exports(room: str) -> None:
    """Nor do the tests of other rooms, of a room that is CLOSED."""
    deeper = [
        f"{path}: {module} {name}"
        for path, module, name in imports_outside(room)
        if module.startswith(f"reportgen.{room}.")
        and module.removeprefix("reportgen.") not in INNER
        and (path.startswith("reportgen/") or room in CLOSED)
        and not path.startswith(f"tests/{room}/")
    ]
    assert not deeper


@pytest.mark.parametrize("package", SURFACES)
def test_what_a_package_exports_is_there_and_others_take_it(package: str) -> None:
    surface = import_module(f"reportgen.{package}")
    taken = {
        name for _, module, name in imports_outside(package) if module == f"reportgen.{package}"
    }
    assert set(surface.__all__) <= taken
    for name in surface.__all__:
        assert not isinstance(getattr(surface, name), ModuleType), f"{name} is a module too"
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = surface.nothing


def test_no_two_classes_have_one_name() -> None:
    places: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for name in re.findall(r"^ *class _*(\w+)[(:]", path.read_text("utf-8"), re.MULTILINE):
            places.setdefault(name, []).append(str(path.relative_to(PACKAGE)))
    assert not {name: found for name, found in places.items() if len(found) > 1}
