"""The `reportgen` command, and `python -m reportgen`."""

import gc
import sys

from reportgen.interrupts import end_at_once


def main() -> None:
    """Run the command line, which is imported after an interrupt can end in one line."""
    end_at_once()
    from reportgen.cli import main as run

    try:
        run()
    finally:
        end_quietly()


def end_quietly() -> None:
    """Skip the last garbage collection, which takes a second. Where Triton is loaded, which comes
    with PyTorch for CUDA, collect: it prints all that is left as leaks."""
    if "triton" in sys.modules:
        gc.unfreeze()
    else:
        gc.freeze()


if __name__ == "__main__":
    main()
