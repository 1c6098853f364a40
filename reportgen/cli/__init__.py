"""The command line: it checks arguments, calls the Python API and prints the outcome."""

from reportgen.cli.commands import app, main

__all__ = ["app", "main"]
