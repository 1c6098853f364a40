"""The bundled demonstration model, and everything it was made from."""

from importlib.resources import files
from pathlib import Path


def model_folder() -> Path:
    """The folder of the bundled checkpoint: weights, configuration and tokenizer."""
    return Path(str(files("reportgen.demo") / "model"))
