"""Lists of texts, read from files, folders, addresses or memory, and split into words.

Other packages import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.texts.columns import Columns
    from reportgen.texts.edits import EDIT_NAMES, Edit, chosen_edits, edited, read_edits
    from reportgen.texts.formats.encoding import decode
    from reportgen.texts.given_units import Place, Places
    from reportgen.texts.in_memory import ARGUMENTS, NAME, Beside, texts_in_memory, typed_texts
    from reportgen.texts.labels import comparable_number, label_map, label_number, read_label_map
    from reportgen.texts.multiple_choice import named_choices
    from reportgen.texts.read import (
        TextInput,
        TextSet,
        first_texts,
        read_texts,
        with_labels_renamed,
        with_units,
    )
    from reportgen.texts.score_tables import with_score_tables, with_scores
    from reportgen.texts.scores import UserScores, finite, score_columns
    from reportgen.texts.source_files import INPUT_FORMATS, InputFormat
    from reportgen.texts.sources.remote import is_remote
    from reportgen.texts.split_words import WordSplitter, between_spaces, by_script, word_splitter
    from reportgen.texts.swaps import SwapList, read_swaps
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
