"""How the package is laid out, in figures: sizes, imports, names and branches on kinds of output.

python tests/house.py
"""

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from helpers.places import ROOT
from tasks.test_branches import branches

PACKAGE, TESTS = ROOT / "reportgen", ROOT / "tests"
DEEP = 3  # levels below `reportgen` in the name of a module
VAGUE = ("found", "own", "said")  # names that say nothing of what they stand for


def sources(folder: Path) -> dict[Path, str]:
    """The text of every module of a folder that is not empty."""
    texts = {path: path.read_text("utf-8") for path in sorted(folder.rglob("*.py"))}
    return {path: text for path, text in texts.items() if text}


def module_name(path: Path) -> str:
    """The name by which a file of the package is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import of a module."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def imported(tree: ast.AST) -> set[str]:
    """The modules and names that a module imports, with dots."""
    names = set[str]()
    for node in imports(tree):
        if isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
        elif node.module is not None:
            names |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return names


def with_one_importer(trees: Mapping[Path, ast.AST]) -> list[Path]:
    """The modules that one other module of the package imports."""
    importers = defaultdict[str, set[Path]](set)
    for path, tree in trees.items():
        for name in imported(tree):
            importers[name].add(path)
    own = (path for path in trees if path.name != "__init__.py")
    return [path for path in own if len(importers[module_name(path)]) == 1]


def is_deep(tree: ast.AST) -> bool:
    """Whether a module of the tests imports modules three or more levels down in the package."""
    modules = (node.module or "" for node in imports(tree) if isinstance(node, ast.ImportFrom))
    return any(name.startswith("reportgen.") and name.count(".") >= DEEP for name in modules)


def classes_twice(trees: Iterable[ast.AST]) -> list[str]:
    """The names that more than one class has, a leading underscore aside."""
    nodes = (node for tree in trees for node in ast.walk(tree))
    names = Counter(node.name.lstrip("_") for node in nodes if isinstance(node, ast.ClassDef))
    return sorted(name for name, n in names.items() if n > 1)


def lines(texts: Iterable[str]) -> int:
    """How many lines all of `texts` have."""
    return sum(text.count("\n") for text in texts)


def main() -> None:
    """Print the figures of the package and its tests, then those of each room."""
    package, tests = sources(PACKAGE), sources(TESTS)
    trees = {path: ast.parse(text) for path, text in package.items()}
    test_trees = [ast.parse(text) for path, text in tests.items() if "helpers" not in path.parts]
    alone, twice, asked = with_one_importer(trees), classes_twice(trees.values()), branches()
    names = Counter(
        node.id
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    importing = sum(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for tree in trees.values()
        for node in imports(tree)
    )
    total, of_alone = lines(package.values()), lines(package[path] for path in alone)
    figures = {
        "lines of reportgen": f"{total:,} in {len(package)} modules",
        "lines of tests": f"{lines(tests.values()):,} in {len(tests)} modules",
        "branches on a kind of output": f"{asked.total()} in {len(asked)} modules",
        "modules with one importer": f"{len(alone)} ({of_alone:,} lines)",
        "lines that import": f"{importing / total:.1%}",
        "test files that import deep": f"{sum(map(is_deep, test_trees))} of {len(test_trees)}",
        "class names of several classes": f"{len(twice)}: {', '.join(twice)}",
        "vague names": ", ".join(f"{name} {names[name]}" for name in VAGUE),
    }
    for name, value in figures.items():
        print(f"{name:32}{value}")
    rooms = defaultdict[str, list[str]](list)
    for path, text in package.items():
        place = path.relative_to(PACKAGE).parts
        rooms[place[0] if len(place) > 1 else "(top)"].append(text)
    print(f"\n{'room':16}{'modules':>8}{'lines':>8}{'longest':>9}")
    for room, texts in sorted(rooms.items()):
        longest = max(lines([text]) for text in texts)
        print(f"{room:16}{len(texts):>8}{lines(texts):>8,}{longest:>9}")


if __name__ == "__main__":
    main()
