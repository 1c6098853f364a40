"""What many tests of an analysis begin with."""

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the tiny models of one file of tests, each of which is saved once."""
    return tmp_path_factory.mktemp("models")
