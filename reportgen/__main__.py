"""The `reportgen` command, and `python -m reportgen`."""

import gc

from reportgen.files.interrupts import end_at_once


def main() -> None:
    """Run the command line, which is imported after an interrupt can end in one line."""
    end_at_once()
    from reportgen.cli.commands import main as run

    try:
        run()
    finally:
        gc.freeze()  # looking for garbage once more before the process ends takes a second


if __name__ == "__main__":
    main()
