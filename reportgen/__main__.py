"""The `reportgen` command, and `python -m reportgen`."""

import gc
import os
import sys
from collections.abc import MutableMapping

from reportgen.interrupts import end_at_once


def main() -> None:
    """Run the command line, which is imported after an interrupt can end in one line."""
    end_at_once()
    let_threads_rest(os.environ)
    from reportgen.cli import main as run

    try:
        run()
    finally:
        end_quietly()


def let_threads_rest(environment: MutableMapping[str, str]) -> None:
    """Let the threads of OpenMP, which torch uses, sleep while they wait for each other: spinning,
    they slow each other down beside other work. It is read when torch is imported. Whoever chose
    the number of threads or how they wait keeps that."""
    if not {"OMP_WAIT_POLICY", "OMP_NUM_THREADS"} & environment.keys():
        environment["OMP_WAIT_POLICY"] = "PASSIVE"


def end_quietly() -> None:
    """Skip the last garbage collection, which takes a second. Where Triton is loaded, which comes
    with PyTorch for CUDA, collect: it prints all that is left as leaks."""
    if "triton" in sys.modules:
        gc.unfreeze()
    else:
        gc.freeze()


if __name__ == "__main__":
    main()
