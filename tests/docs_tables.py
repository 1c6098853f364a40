"""Make the tables in `docs/` from the program: `python tests/docs_tables.py`.

A table stands between the lines `<!-- table: NAME -->` and `<!-- end -->` of a page.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import yaml
from helpers.pages import DOCS
from helpers.places import ROOT
from typer.models import OptionInfo

from reportgen.api.start_project import RECIPES, recipe
from reportgen.cli import app
from reportgen.findings import THRESHOLDS, WATCHED, figure_list
from reportgen.findings.figures import Figure, FigureList
from reportgen.models.device import TOLERANCES
from reportgen.publishing import PLACES
from reportgen.report import load_language
from reportgen.report.format_register import FORMATS
from reportgen.report.language import threshold
from reportgen.report.short_form import FLAVORS, marker
from reportgen.results import MEASURES

_TABLE = re.compile(r"(<!-- table: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)
_PANELS = ("General", "Texts", "Model", "Analysis", "Engine", "Report", "Gates")
_UNLIMITED = 10**9  # code points or bytes: what no host comes near


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], right: str = "") -> list[str]:
    """A Markdown table; `right` names the columns that are set to the right."""
    lines = [heads, ["--:" if head and head in right else "---" for head in heads], *rows]
    return ["| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines]


def code(*words: object) -> str:
    """Each of `words` set as code."""
    return ", ".join(f"`{word}`" for word in words)


def options() -> list[str]:
    """Every option of every command, one table per group."""
    rows: dict[str, dict[tuple[str, ...], list[str]]] = {panel: {} for panel in _PANELS}
    for command in app.registered_commands:
        assert command.callback is not None
        for parameter in signature(command.callback, eval_str=True).parameters.values():
            kind, info = get_args(parameter.annotation) or (None, None)  # the context of the call
            if isinstance(info, OptionInfo):
                rows[str(info.rich_help_panel or "General")].setdefault(
                    (
                        code(*_names(info) or ["--" + parameter.name.replace("_", "-")]),
                        _values(kind, info),
                        "" if parameter.default in (None, False) else code(parameter.default),
                        str(info.help).replace(r"\[", "["),
                    ),
                    [],
                ).append(command.callback.__name__)
    lines = []
    for panel, found in rows.items():
        cells = ([*row[:3], ", ".join(names), row[3]] for row, names in found.items())
        lines += [f"**{panel}**", "", *table(("option", "value", "default", "in", ""), cells), ""]
    return lines


def _names(info: OptionInfo) -> list[str]:
    """What an option is called by its declaration, where that says so."""
    names = [info.default, *(info.param_decls or ())]  # the first lies where a default may stand
    return [name for name in names if isinstance(name, str)]


def _values(kind: Any, info: OptionInfo) -> str:
    """What an option takes; nothing for one that is only switched on."""
    if info.metavar:
        return code(info.metavar)
    kinds = {kind, *get_args(kind)}  # X | None
    choices = [choice for item in kinds if get_origin(item) is Literal for choice in get_args(item)]
    if choices or get_origin(kind) is Literal:
        return code(*(choices or get_args(kind)))
    names = {bool: "", int: "number", float: "number", Path: "file"}
    return next((name for item, name in names.items() if item in kinds), "text")


def formats() -> list[str]:
    """Every output format with its suffix."""
    rows = (
        (
            code(known.name),
            code(known.suffix),
            known.meaning,
            *("yes" if n in known.runs else "" for n in (1, 2)),
        )
        for known in FORMATS
    )
    return table(("`--format`", "suffix", "what it is", "of a report", "of a comparison"), rows)


def figures() -> list[str]:
    """The figures of a report, and what the keys in their names stand for."""
    return _figures(figure_list("run"), figure_list("run").figures)


def comparison_figures() -> list[str]:
    """The figures that only a comparison has."""
    known = {figure.name for figure in figure_list("run").figures}
    whole = figure_list("compare")
    return _figures(whole, [figure for figure in whole.figures if figure.name not in known])


def _figures(whole: FigureList, shown: Sequence[Figure]) -> list[str]:
    rows = [(code(f.name) + (" ±" if f.has_interval else ""), f.unit, f.meaning) for f in shown]
    keys = [key for key in whole.keys if any(f"<{key}>" in figure.name for figure in shown)]
    return [
        *table(("figure", "unit", "meaning"), rows),
        "",
        *(f"- `<{key}>`: {whole.keys[key].meaning}" for key in keys),
    ]


def watched() -> list[str]:
    """The figures that metrics.json holds, of a report and of a comparison."""
    rows = []
    for command, names in WATCHED.items():
        for name in names:
            (figure,) = (f for f in figure_list(command).figures if f.name == name)
            rows.append((code(command), code(name), figure.unit, figure.meaning))
    return table(("of", "figure", "unit", "meaning"), rows)


def thresholds() -> list[str]:
    """The numbers that verdicts and notes are decided by."""
    rows = (threshold(item, load_language("en")) for item in THRESHOLDS)
    return table(("decides", "value", "meaning"), rows, right="value")


def markdown() -> list[str]:
    """What each host takes of Markdown."""
    rows = []
    for name, flavor in FLAVORS.items():
        rows.append(
            (
                code(name),
                _limit(flavor.usual),
                _limit(flavor.most),
                {"details": "`<details>`", "admonition": "`??? note`", "none": "nothing"}[
                    flavor.folds
                ],
                code(marker(name, "report")),
            )
        )
    return table(("`--md-flavor`", "at most", "`--md-limit` up to", "folded", "marker"), rows)


def _limit(limit: Any) -> str:
    parts = ((limit.characters, "characters"), (limit.n_bytes, "bytes"))
    return " and ".join(f"{n:,} {what}" for n, what in parts if n < _UNLIMITED) or "any length"


def action() -> list[str]:
    """The inputs and outputs of `action.yml`."""
    known = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    inputs = (
        (code(name), "required" if item.get("required") else code(item["default"] or '""'), item)
        for name, item in known["inputs"].items()
    )
    outputs = ((code(name), item["description"]) for name, item in known["outputs"].items())
    return [
        *table(("input", "default", ""), ((*row, item["description"]) for *row, item in inputs)),
        "",
        *table(("output", ""), outputs),
    ]


def places() -> list[str]:
    """The places that `publish` knows, and what they take from the environment."""
    rows = (
        (
            code(place.name),
            place.meaning,
            code(place.written),
            code(*(f"${v}" for v in place.variables)),
        )
        for place in PLACES
    )
    return table(("`--to`", "what it is", "written with", "from the environment"), rows)


def measures() -> list[str]:
    """Every measure by its name in figures and tables."""
    english = load_language("en")
    rows = (
        (
            code(measure.id),
            english.measure(measure.id, "name", row="[CLS]"),
            "yes" if "colours" in measure.shown else "",
            "yes" if measure.signed else "",
        )
        for measure in MEASURES
    )
    return table(("name", "measure", "colours a text", "has a sign"), rows)


def tolerances() -> list[str]:
    """What the self-checks allow in each precision."""
    said = {
        "sum of a row of attention, off by": "row_sum",
        "text in a padded batch, run again, or read in stripes: attention, or output relative to "
        "its size, off by": "repeated",
        "output of a block rebuilt of its values, relative to its largest entry": "rebuilt",
        "texts of a pair, or choices, run together: relative": "together",
    }
    rows = (
        [what, *(f"{getattr(most, name):g}" for most in TOLERANCES.values())]
        for what, name in said.items()
    )
    return table(("the most that is allowed", *TOLERANCES), rows, right=" ".join(TOLERANCES))


def recipe_of(name: str) -> Callable[[], list[str]]:
    """A recipe that `reportgen init` writes, as a block of code."""
    language = "groovy" if name.endswith(".groovy") else "yaml"
    return lambda: [f"```{language}", *recipe(name).rstrip("\n").split("\n"), "```"]


TABLES: Mapping[str, Callable[[], list[str]]] = {
    "places": places,
    "options": options,
    "formats": formats,
    "figures": figures,
    "comparison figures": comparison_figures,
    "measures": measures,
    "watched figures": watched,
    "thresholds": thresholds,
    "tolerances": tolerances,
    "markdown": markdown,
    "action": action,
    **{f"recipe {name}": recipe_of(name) for paths in RECIPES.values() for name in paths.values()},
}


def filled(page: str) -> str:
    """The text of a page, each of its tables made anew."""

    def made(found: re.Match[str]) -> str:
        lines = "\n".join(TABLES[found[2]]()).strip()
        return f"{found[1]}\n{lines}\n\n{found[3]}"

    return _TABLE.sub(made, page)


def main() -> None:
    """Write the pages whose tables have changed, and name them."""
    for path in DOCS:
        text = path.read_text("utf-8")
        if (made := filled(text)) != text:
            path.write_text(made, "utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
