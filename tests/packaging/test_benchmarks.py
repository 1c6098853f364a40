"""Benchmarks, which no other test runs, find what they import of the package and its tests, and
lie where pages say."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from helpers.pages import PAGES
from helpers.places import ROOT

TESTS = ROOT / "tests"
BENCHMARKS = TESTS / "benchmarks"
SCRIPTS = sorted(BENCHMARKS.glob("*.py"))


def place(module: str) -> Path | None:
    """The file or folder of a module of the checkout; None for other modules."""
    for root in (ROOT, TESTS, BENCHMARKS):
        path = root.joinpath(*module.split("."))
        if path.is_dir() or path.with_suffix(".py").exists():
            return path if path.is_dir() else path.with_suffix(".py")
    return None


@cache
def names_in(path: Path) -> frozenset[str]:
    """What a module has: what it defines or imports, and the modules of a package."""
    if path.is_dir():
        inner = {child.stem for child in path.iterdir()}
        init = path / "__init__.py"
        return frozenset(inner | (names_in(init) if init.exists() else set()))
    return frozenset(_bound(ast.parse(path.read_text("utf-8"))))


def _bound(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.ImportFrom(names=names):
                yield from (name.asname or name.name for name in names)
            case _:
                yield from _bound(child)


def missing(path: Path) -> Iterator[str]:
    """What a script takes from modules of the checkout that they do not have."""
    nodes, modules = list(ast.walk(ast.parse(path.read_text("utf-8")))), dict[str, Path]()
    for node in nodes:
        if isinstance(node, ast.Import):
            taken = {name.asname or name.name: place(name.name) for name in node.names}
            modules |= {name: found for name, found in taken.items() if found is not None}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            source = place(node.module)
            for name in node.names if source is not None else ():
                if name.name not in names_in(source):
                    yield f"{node.module} has no {name.name}"
                module = place(f"{node.module}.{name.name}")
                if module is not None:
                    modules[name.asname or name.name] = module
            if source is None and node.module.split(".")[0] in ("reportgen", "helpers"):
                yield f"no module {node.module}"
    for node in nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in modules:
                if attribute not in names_in(modules[name]):
                    yield f"{name} has no {attribute}"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_benchmark_finds_what_it_imports(script: Path) -> None:
    assert not list(missing(script))


@pytest.mark.parametrize("page", PAGES)
def test_pages_name_benchmarks_that_there_are(page: str) -> None:
    named = re.findall(r"tests/benchmarks/(\w+\.py)", PAGES[page])
    assert {BENCHMARKS / name for name in named} <= {*SCRIPTS}
