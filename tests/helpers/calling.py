"""The command line, called in the process of the tests."""

from typer.testing import CliRunner, Result

from reportgen.cli import app


def call(*args: object, stdin: bytes | str | None = None) -> Result:
    """Run `reportgen` with these arguments."""
    return CliRunner().invoke(app, [str(arg) for arg in args], input=stdin)
