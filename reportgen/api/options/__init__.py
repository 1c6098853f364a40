"""The options of all commands and of the Python API: declared once, checked, read from settings
files, and made into what the packages below take.

Other packages import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.exports import exported

if TYPE_CHECKING:
    from reportgen.api.options.arguments import as_labelled as as_labelled
    from reportgen.api.options.arguments import check_sample as check_sample
    from reportgen.api.options.arguments import column_option as column_option
    from reportgen.api.options.arguments import columns as columns
    from reportgen.api.options.arguments import gates as gates
    from reportgen.api.options.arguments import model_spec as model_spec
    from reportgen.api.options.arguments import read_factory_args as read_factory_args
    from reportgen.api.options.arguments import text_set as text_set
    from reportgen.api.options.arguments import without_effect as without_effect
    from reportgen.api.options.option_register import AnalysisChoices as AnalysisChoices
    from reportgen.api.options.option_register import InputChoices as InputChoices
    from reportgen.api.options.option_register import ModelChoices as ModelChoices
    from reportgen.api.options.option_values import check_language as check_language
    from reportgen.api.options.option_values import options_of as options_of
    from reportgen.api.options.output_options import AnalyzeChoices as AnalyzeChoices
    from reportgen.api.options.output_options import CompareChoices as CompareChoices
    from reportgen.api.options.output_options import CompareOutputChoices as CompareOutputChoices
    from reportgen.api.options.output_options import EngineChoices as EngineChoices
    from reportgen.api.options.output_options import GateChoices as GateChoices
    from reportgen.api.options.output_options import MergeChoices as MergeChoices
    from reportgen.api.options.output_options import NamedCode as NamedCode
    from reportgen.api.options.output_options import OutputChoices as OutputChoices
    from reportgen.api.options.output_options import RenderChoices as RenderChoices
    from reportgen.api.options.output_options import RunChoices as RunChoices
    from reportgen.api.options.output_options import SiteChoices as SiteChoices
    from reportgen.api.options.output_options import Verbosity as Verbosity
    from reportgen.api.options.settings import GROUPS as GROUPS
    from reportgen.api.options.settings import ConfiguredGates as ConfiguredGates
    from reportgen.api.options.settings import ConfiguredOptions as ConfiguredOptions
    from reportgen.api.options.settings import configured_gates as configured_gates
    from reportgen.api.options.settings import configured_options as configured_options
    from reportgen.api.options.settings import setting_names as setting_names
    from reportgen.api.options.settings_file import OWN_FILE as OWN_FILE
    from reportgen.api.options.settings_file import project_folders as project_folders
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
