"""What a package exports, imported when it is first used."""

import ast
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def exported(
    package: str, file: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` of a package whose `file`, its `__init__.py`, imports
    what it exports under `if TYPE_CHECKING:`."""
    tree = ast.parse(Path(file).read_text("utf-8"))
    places = {
        name.asname or name.name: (statement.module, name.name)
        for block in tree.body
        if isinstance(block, ast.If)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom) and statement.module is not None
        for name in statement.names
    }

    def get(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, attribute = places[name]
        return getattr(import_module(module), attribute)

    names = sorted(places)
    return get, lambda: names, names
