"""What a kind of output means is said by its task, so nothing else should ask which kind it is.

`python tests/tasks/test_branches.py` lists the places that still do.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from helpers.places import ROOT

from reportgen.tasks import TASKS
from reportgen.tasks.targets import TARGETS

KINDS = frozenset((*TASKS, *TARGETS))
ASKED = ("kind", "scalar")
# Branches outside `tasks` and `models`: this number only falls.
MOST = 2


def asks(node: ast.AST) -> int:
    """How many branches on a kind of output, on what is explained or on the type of a reader a node
    of the syntax tree is."""
    if isinstance(node, ast.Compare):
        sides = (node.left, *node.comparators)
        names = {name for side in sides for name in _names(side)}
        is_asked = any(name.removeprefix("_").split("_")[-1] in ASKED for name in names)
        return int(is_asked and bool(_strings(node) & KINDS))
    if isinstance(node, ast.match_case):
        return int(bool(_strings(node.pattern) & KINDS))
    if isinstance(node, ast.Dict):  # by kind: an entry is a branch
        keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
        return len(keys) if len(keys) > 1 and keys <= KINDS else 0
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
        return int(any(name.endswith("Reader") for name in _names(node.args[1])))
    return 0


def _names(node: ast.AST) -> Iterator[str]:
    for own in ast.walk(node):
        if isinstance(own, (ast.Attribute, ast.Name)):
            yield own.attr if isinstance(own, ast.Attribute) else own.id


def _strings(node: ast.AST) -> set[str]:
    values = (own.value for own in ast.walk(node) if isinstance(own, ast.Constant))
    return {value for value in values if isinstance(value, str)}


# Columns of the table of texts that mean something else for each kind of output; `scores`, which
# are logits, may be read.
COLUMNS = frozenset(("prediction", "prediction_label", "score_names", "steps"))
# Those that make and check the columns or hide what they hold.
MAKERS = ("tasks/", "models/", "results/", "analysis/tables.py", "report/redact/")
MOST_READ = 1  # names of next tokens beside their scores


def reads(node: ast.AST) -> bool:
    """Whether a node takes one of these columns from texts or from the row of one."""
    if not isinstance(node, ast.Subscript):
        return False
    is_of_texts = bool({*_names(node.value)} & {"texts", "row", "rows", "text_row"})
    return is_of_texts and bool(
        ({*_names(node.slice)} & {"STEPS"}) | (_strings(node.slice) & COLUMNS)
    )


def branches() -> Counter[Path]:
    """How many branches each module has, by its path in the package."""
    found = Counter[Path]()
    for path in (ROOT / "reportgen").rglob("*.py"):
        place = path.relative_to(ROOT / "reportgen")
        if place.parts[0] not in ("tasks", "models"):
            found[place] = sum(map(asks, nodes(path, "Reader", *(f'"{kind}"' for kind in KINDS))))
    return +found


def nodes(path: Path, *words: str) -> Iterator[ast.AST]:
    """The nodes of the syntax tree of a file; none, at once, of one without any of `words`."""
    code = path.read_text("utf-8")
    return ast.walk(ast.parse(code if any(word in code for word in words) else ""))


def test_a_branch_is_one() -> None:
    for code, n in (
        ('output.kind == "tags"', 1),
        ('kind in ("tags", "masks")', 1),
        ('info.evidence.scalar != "margin"', 1),
        ('format.kind == "page"', 0),
        ('{"tags": 1, "masks": 2}', 2),
        ('{"tags": 1, "page": 2}', 0),
        ("isinstance(reader, (TagReader, int))", 1),
        ("isinstance(reader, int)", 0),
        ('match kind:\n case "tags" | "masks": ...\n case "x": ...', 1),
    ):
        assert sum(map(asks, ast.walk(ast.parse(code)))) == n, code


def test_no_more_places_ask_which_kind_of_output_it_is() -> None:
    found = branches()
    assert found.total() <= MOST, found.most_common()


def test_predictions_are_read_from_their_table() -> None:
    found = Counter[str]()
    for path in (ROOT / "reportgen").rglob("*.py"):
        place = path.relative_to(ROOT / "reportgen").as_posix()
        if not place.startswith(MAKERS):
            found[place] = sum(map(reads, nodes(path, "STEPS", *(f'"{name}"' for name in COLUMNS))))
    assert sum(map(reads, ast.walk(ast.parse('results.texts["prediction_label"].iloc[0]')))) == 1
    assert found.total() == MOST_READ, +found


if __name__ == "__main__":
    listed = branches()
    for place, n in listed.most_common():
        print(f"{n:4}  {place}")
    rooms = Counter[str]()
    for place, n in listed.items():
        rooms[place.parts[0]] += n
    print(listed.total(), dict(rooms))
