"""Files that are written whole or not at all, and read as they were.

Other rooms import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.files.destinations import (
        ICON_FILE,
        PICTURES_FOLDER,
        PLOTLY_FILE,
        RESULTS_FILES,
        SCRIPT_FILE,
        STYLE_FILE,
        as_given,
        author_file,
        check_page_folder,
        check_target,
        heads_file,
        is_address,
        read_within,
    )
    from reportgen.files.staging import Staging
    from reportgen.files.temporary import (
        Temporary,
        lock,
        make_scratch,
        make_temporary,
        recover_at,
        scratch_folder,
    )
    from reportgen.files.unfinished import Unfinished, check_unfinished, keep, unfinished_run
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
