"""The options of all commands and of the Python API: declared once, checked, and read from settings
files; and what is made of them for the packages below."""

from reportgen.api.options.arguments import (
    as_labelled,
    check_sample,
    column_option,
    columns,
    gates,
    model_spec,
    read_factory_args,
    text_set,
    without_effect,
)
from reportgen.api.options.option_register import AnalysisChoices, InputChoices, ModelChoices
from reportgen.api.options.option_values import check_language, options_of
from reportgen.api.options.output_options import (
    AnalyzeChoices,
    CompareChoices,
    CompareOutputChoices,
    EngineChoices,
    GateChoices,
    MergeChoices,
    NamedCode,
    OutputChoices,
    RenderChoices,
    RunChoices,
    SiteChoices,
    Verbosity,
)
from reportgen.api.options.settings import (
    GROUPS,
    ConfiguredGates,
    ConfiguredOptions,
    configured_gates,
    configured_options,
    setting_names,
)
from reportgen.api.options.settings_file import OWN_FILE, project_folders

__all__ = [
    "GROUPS",
    "OWN_FILE",
    "AnalysisChoices",
    "AnalyzeChoices",
    "CompareChoices",
    "CompareOutputChoices",
    "ConfiguredGates",
    "ConfiguredOptions",
    "EngineChoices",
    "GateChoices",
    "InputChoices",
    "MergeChoices",
    "ModelChoices",
    "NamedCode",
    "OutputChoices",
    "RenderChoices",
    "RunChoices",
    "SiteChoices",
    "Verbosity",
    "as_labelled",
    "check_language",
    "check_sample",
    "column_option",
    "columns",
    "configured_gates",
    "configured_options",
    "gates",
    "model_spec",
    "options_of",
    "project_folders",
    "read_factory_args",
    "setting_names",
    "text_set",
    "without_effect",
]
