"""Reads small files that the user names, within a limit."""

import errno
import os
from pathlib import Path


def read_within(path: Path, most: int) -> bytes:
    """The bytes of a file, which may have `most` of them.

    Raises:
        OSError: it cannot be read, or has more, as a device that never ends has.
    """
    with path.open("rb") as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content
