"""The options of all commands and of the Python API: declared once, checked, read from settings
files, and made into what the packages below take.

Other packages import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.api.options.arguments import (
        as_labelled,
        check_sample,
        column_option,
        columns,
        gates,
        text_set,
        without_effect,
    )
    from reportgen.api.options.option_register import (
        AnalyzeChoices,
        CompareChoices,
        CompareOutputChoices,
        EngineChoices,
        GateChoices,
        InputChoices,
        OutputChoices,
        PublishChoices,
        RenderChoices,
        RunChoices,
        Verbosity,
    )
    from reportgen.api.options.settings import (
        ConfiguredOptions,
        configured_gates,
        configured_options,
    )
    from reportgen.api.options.settings_file import OWN_FILE
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
