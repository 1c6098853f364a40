"""Several commands in one fresh interpreter, which costs much less than one for each."""

# Reads a JSON list of commands, and prints the list of what each of them printed.
RUN_ALL = """
import contextlib, io, json, sys
from reportgen.cli.commands import main
said = []
for command in json.load(sys.stdin):
    sys.argv = ["reportgen", *command.split()]
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            main()
        except SystemExit:
            pass
    said.append(out.getvalue())
json.dump(said, sys.stdout)
"""
