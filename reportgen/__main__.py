"""The `reportgen` command, and `python -m reportgen`."""

from reportgen.files.interrupts import end_at_once


def main() -> None:
    """Run the command line, which is imported after an interrupt can end in one line."""
    end_at_once()
    from reportgen.cli.commands import main as run

    run()


if __name__ == "__main__":
    main()
