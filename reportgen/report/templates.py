"""The templates: inside the package in a wheel, beside it in a checkout."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import jinja2

from reportgen.errors import OutputError


def templates_root() -> Traversable:
    """The folder of templates.

    Raises:
        OutputError: the installation has none.
    """
    packaged = files("reportgen") / "templates"
    if packaged.is_dir():
        return packaged
    checkout = Path(__file__).resolve().parents[2] / "templates"
    if checkout.is_dir():
        return checkout
    raise OutputError(f"no templates in {packaged} or {checkout}; install reportgen again")


def environment() -> jinja2.Environment:
    """Templates by their name under `templates/`; HTML is escaped, a name left open is an error."""
    root = templates_root()

    def load(name: str) -> tuple[str, str, None] | None:
        node = root.joinpath(*name.split("/"))
        return (node.read_text("utf-8"), str(node), None) if node.is_file() else None

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(load),
        autoescape=lambda name: name is None or name.endswith(".html.jinja"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
