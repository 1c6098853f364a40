"""Lists of texts, read from files, folders, addresses or memory, and split into words.

Other packages import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.exports import exported

if TYPE_CHECKING:
    from reportgen.texts.columns import Columns as Columns
    from reportgen.texts.formats.encoding import decode as decode
    from reportgen.texts.given_units import Place as Place
    from reportgen.texts.given_units import Places as Places
    from reportgen.texts.in_memory import ARGUMENTS as ARGUMENTS
    from reportgen.texts.in_memory import Beside as Beside
    from reportgen.texts.in_memory import texts_in_memory as texts_in_memory
    from reportgen.texts.labels import comparable_number as comparable_number
    from reportgen.texts.labels import label_map as label_map
    from reportgen.texts.labels import label_number as label_number
    from reportgen.texts.labels import read_label_map as read_label_map
    from reportgen.texts.multiple_choice import named_choices as named_choices
    from reportgen.texts.read import TextInput as TextInput
    from reportgen.texts.read import TextSet as TextSet
    from reportgen.texts.read import read_texts as read_texts
    from reportgen.texts.read import with_labels_renamed as with_labels_renamed
    from reportgen.texts.read import with_units as with_units
    from reportgen.texts.source_files import INPUT_FORMATS as INPUT_FORMATS
    from reportgen.texts.source_files import InputFormat as InputFormat
    from reportgen.texts.sources.remote import is_remote as is_remote
    from reportgen.texts.split_words import WordSplitter as WordSplitter
    from reportgen.texts.split_words import between_spaces as between_spaces
    from reportgen.texts.split_words import by_script as by_script
    from reportgen.texts.split_words import word_splitter as word_splitter
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
