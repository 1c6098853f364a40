"""Models and their tokenizers: loaded, checked, and read in one way whatever they are.

Other rooms import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.models.architecture import (
        Projection,
        find_cross_projections,
        find_projections,
        other_layouts,
    )
    from reportgen.models.callers_module import bare, borrowed, device_of
    from reportgen.models.configuration import (
        has_maps,
        layer_kinds,
        layers_remark,
        looks_through_window,
        whole,
    )
    from reportgen.models.device import (
        allowed,
        backend,
        free_memory,
        full_name,
        lacks_memory,
        moved,
        precise,
        tolerances,
        total_bytes,
        weight_of,
    )
    from reportgen.models.encoder import find_encoder
    from reportgen.models.loaded import LoadedModel
    from reportgen.models.loading.factory import describe
    from reportgen.models.loading.load import load_model, load_module
    from reportgen.models.shortened_paths import without_folders
    from reportgen.models.spec import (
        Dtype,
        ModelSpec,
        check_spec,
        factory_name,
        read_factory_args,
    )
    from reportgen.models.tasks.answer import quoted_label
    from reportgen.models.tasks.completion import CompletionReader, Prompt
    from reportgen.models.tasks.multiple_choice import ChoiceModel
    from reportgen.models.tasks.reader import OutputReader, TextPrediction
    from reportgen.models.tasks.target import ExplainedText, ModelTarget, Scores, unit_rows
    from reportgen.models.tasks.task_register import ready_for
    from reportgen.models.tokens.encoded import EncodedText, TargetTokens, special_roles
    from reportgen.models.tokens.join_words import joined_to_words, n_joined
    from reportgen.models.tokens.padding import plan_batches
    from reportgen.models.tokens.perturbed_texts import (
        content_units,
        fixed_positions,
        keep,
        put,
        runs_without_content,
        without,
    )
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
