"""Models and their tokenizers: loaded, checked, and read in one way whatever they are.

Other rooms import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.exports import exported

if TYPE_CHECKING:
    from reportgen.models.architecture import Projection as Projection
    from reportgen.models.architecture import find_cross_projections as find_cross_projections
    from reportgen.models.architecture import find_projections as find_projections
    from reportgen.models.architecture import other_layouts as other_layouts
    from reportgen.models.callers_module import bare as bare
    from reportgen.models.callers_module import borrowed as borrowed
    from reportgen.models.callers_module import device_of as device_of
    from reportgen.models.device import allowed as allowed
    from reportgen.models.device import backend as backend
    from reportgen.models.device import free_memory as free_memory
    from reportgen.models.device import full_name as full_name
    from reportgen.models.device import lacks_memory as lacks_memory
    from reportgen.models.device import moved as moved
    from reportgen.models.device import precise as precise
    from reportgen.models.device import tolerances as tolerances
    from reportgen.models.device import total_bytes as total_bytes
    from reportgen.models.device import weight_of as weight_of
    from reportgen.models.encoder import find_encoder as find_encoder
    from reportgen.models.folders import without_folders as without_folders
    from reportgen.models.loaded import LoadedModel as LoadedModel
    from reportgen.models.loading.factory import describe as describe
    from reportgen.models.loading.load import load_model as load_model
    from reportgen.models.loading.load import load_module as load_module
    from reportgen.models.settings import has_maps as has_maps
    from reportgen.models.settings import layer_kinds as layer_kinds
    from reportgen.models.settings import layers_remark as layers_remark
    from reportgen.models.settings import looks_through_window as looks_through_window
    from reportgen.models.settings import whole as whole
    from reportgen.models.spec import Dtype as Dtype
    from reportgen.models.spec import ModelSpec as ModelSpec
    from reportgen.models.spec import Pooling as Pooling
    from reportgen.models.spec import changed_file as changed_file
    from reportgen.models.spec import check_spec as check_spec
    from reportgen.models.spec import code_sha256 as code_sha256
    from reportgen.models.spec import factory_name as factory_name
    from reportgen.models.tasks.answer import quoted_label as quoted_label
    from reportgen.models.tasks.completion import (
        CompletionReader as CompletionReader,
    )
    from reportgen.models.tasks.completion import Prompt as Prompt
    from reportgen.models.tasks.multiple_choice import ChoiceModel as ChoiceModel
    from reportgen.models.tasks.reader import OutputReader as OutputReader
    from reportgen.models.tasks.reader import TextPrediction as TextPrediction
    from reportgen.models.tasks.register import ready_for as ready_for
    from reportgen.models.tasks.target import ExplainedText as ExplainedText
    from reportgen.models.tasks.target import ModelTarget as ModelTarget
    from reportgen.models.tasks.target import Scores as Scores
    from reportgen.models.tasks.target import unit_rows as unit_rows
    from reportgen.models.tokens.encoded import EncodedText as EncodedText
    from reportgen.models.tokens.encoded import TargetTokens as TargetTokens
    from reportgen.models.tokens.encoded import special_roles as special_roles
    from reportgen.models.tokens.join_words import joined_to_words as joined_to_words
    from reportgen.models.tokens.join_words import n_joined as n_joined
    from reportgen.models.tokens.padding import plan_batches as plan_batches
    from reportgen.models.tokens.perturbed_texts import content_units as content_units
    from reportgen.models.tokens.perturbed_texts import fixed_positions as fixed_positions
    from reportgen.models.tokens.perturbed_texts import keep as keep
    from reportgen.models.tokens.perturbed_texts import put as put
    from reportgen.models.tokens.perturbed_texts import runs_without_content as runs_without_content
    from reportgen.models.tokens.perturbed_texts import without as without
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
