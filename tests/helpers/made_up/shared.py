"""What the processes of one run of pytest make once between them, in a folder that it names."""

import os
import pickle
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

FOLDER = "REPORTGEN_TESTS_MADE_UP"  # the environment variable with its name
T = TypeVar("T")


def shared(key: str, make: Callable[[], T]) -> T:
    """What `make` returns, read from the folder if any process has made it."""
    if FOLDER not in os.environ:
        return make()
    path = Path(os.environ[FOLDER]) / sha256(key.encode()).hexdigest()
    if not path.exists():
        own = path.with_suffix(f".{os.getpid()}")  # no one reads a file that is half written
        own.write_bytes(pickle.dumps(make()))
        own.replace(path)
    made: T = pickle.loads(path.read_bytes())
    return made


def shared_folder(folder: Path, key: str, save: Callable[[Path], None]) -> Path:
    """Fill `folder` with the files that `save` puts into one, which any process has made."""

    def saved() -> dict[str, bytes]:
        with TemporaryDirectory() as name:
            save(Path(name))
            return {path.name: path.read_bytes() for path in Path(name).iterdir()}

    folder.mkdir(parents=True, exist_ok=True)
    for name, content in shared(key, saved).items():
        (folder / name).write_bytes(content)
    return folder
