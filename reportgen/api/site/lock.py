"""Keeps a site from being written by two calls at once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reportgen.errors import UsageError, unwritten
from reportgen.files import system

RUNS = "runs"  # the folder of the reports


@contextmanager
def locked(site: Path) -> Iterator[None]:
    """Keep other processes from writing the `site` while the context is open. Its folder is made if
    there is none.

    The lock lies on the folder of the runs, in which no file is written: those in which files are
    are locked while these get their names.
    """
    folder, number = site / RUNS, None
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        system.make_folder(folder)
        with suppress(OSError):  # of a file system that knows no locks
            number = system.lock(folder)
            if number is None:
                raise UsageError(f"{site}: another run is writing this site; wait for it to end")
        yield
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(f"{site}: is a file, or lies in one; name a folder") from error
    except OSError as error:
        raise unwritten(site, error) from error
    finally:
        if number is not None:
            os.close(number)
        for path in missing:
            with suppress(OSError):  # not empty: the site is in it
                system.remove_empty(path)
