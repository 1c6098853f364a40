"""The `reportgen` command, and `python -m reportgen`.

The command line is imported inside, so that an interrupt in the first moment ends in one line too.
"""

import sys


def main() -> None:
    """Run the command line."""
    try:
        from reportgen.cli.commands import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("reportgen: interrupted; nothing was written\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
