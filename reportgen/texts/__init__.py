"""Lists of texts, read from files, folders, addresses or memory, and split into words."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from reportgen.texts.columns import Columns
from reportgen.texts.formats.encoding import decode
from reportgen.texts.given_units import Place, Places
from reportgen.texts.labels import comparable_number, label_map, label_number, read_label_map
from reportgen.texts.multiple_choice import named_choices
from reportgen.texts.read import TextInput, TextSet, read_texts, with_labels_renamed, with_units
from reportgen.texts.source_files import INPUT_FORMATS, InputFormat
from reportgen.texts.sources.remote import is_remote

if TYPE_CHECKING:
    from reportgen.texts.in_memory import ARGUMENTS, Beside, texts_in_memory
    from reportgen.texts.split_words import WordSplitter, between_spaces, by_script, word_splitter

__all__ = [
    "ARGUMENTS",
    "INPUT_FORMATS",
    "Beside",
    "Columns",
    "InputFormat",
    "Place",
    "Places",
    "TextInput",
    "TextSet",
    "WordSplitter",
    "between_spaces",
    "by_script",
    "comparable_number",
    "decode",
    "is_remote",
    "label_map",
    "label_number",
    "named_choices",
    "read_label_map",
    "read_texts",
    "texts_in_memory",
    "with_labels_renamed",
    "with_units",
    "word_splitter",
]
# What takes a moment to import, and is not needed to check the arguments of a command.
_LATER = {
    **dict.fromkeys(("ARGUMENTS", "Beside", "texts_in_memory"), "in_memory"),
    **dict.fromkeys(
        ("WordSplitter", "between_spaces", "by_script", "word_splitter"), "split_words"
    ),
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
