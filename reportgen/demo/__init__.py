"""The bundled demonstration models, and everything they were made from."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

DEMO = "demo"
STAR = "demo-star"  # trained further with a planted shortcut, to compare with the first
FOLDERS: Mapping[str, str] = MappingProxyType({DEMO: "model", STAR: "star_model"})


def model_folder(name: str = DEMO) -> Path:
    """The folder of a bundled model: its weights and configuration.

    That of the first model also holds the tokenizer, which is the same for both.
    """
    return Path(str(files("reportgen.demo") / FOLDERS[name]))
