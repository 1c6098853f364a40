"""Measurements of how far attention can be trusted."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.analysis.evidence.explainer import (
        ChangedText,
        Explainer,
        ExplainOptions,
        find_explained,
    )
    from reportgen.analysis.evidence.head_effects import HeadAblation
    from reportgen.analysis.evidence.measure import try_measures
    from reportgen.analysis.evidence.measures.alti import alti
    from reportgen.analysis.evidence.measures.completion_gradients import step_gradients
    from reportgen.analysis.evidence.measures.constant_attention import ConstantAttention
    from reportgen.analysis.evidence.measures.cp_lrp import Relevance, cp_lrp
    from reportgen.analysis.evidence.measures.deletion import (
        alone_effects,
        deletion_effects,
        earlier_effects,
        earlier_units,
        mask_effects,
        mask_offset,
    )
    from reportgen.analysis.evidence.measures.gradients import TextGradients, text_gradients
    from reportgen.analysis.evidence.measures.integrated_gradients import (
        Integrated,
        integrate,
        integrated_gradients,
    )
    from reportgen.analysis.evidence.measures.jacobian import jacobian_norms
    from reportgen.analysis.evidence.measures.joint import (
        BEYOND,
        MOST_PASSES,
        Joint,
        KnownUnits,
        find_joint,
        shared_effects,
    )
    from reportgen.analysis.evidence.measures.shapley import (
        ENOUGH,
        FEWEST_PAIRS,
        MOST_PAIRS,
        ShapleyValues,
        sampling_error,
        shapley_passes,
        shapley_values,
    )
    from reportgen.analysis.evidence.methods import CostBasis, Tools, load_method
    from reportgen.analysis.evidence.shuffled import weights_shuffled
    from reportgen.analysis.evidence.sinks.cases import find_case
    from reportgen.analysis.evidence.sinks.interventions import (
        values_read,
        values_replaced,
    )
    from reportgen.analysis.evidence.sinks.query_key_scores import (
        SinkScorer,
        TextScores,
        frequent_tokens,
    )
    from reportgen.analysis.evidence.sinks.sink_tests import SinkRow, SinkTester, sink_columns
    from reportgen.analysis.evidence.sinks.subjects import (
        DEPTHS,
        control_groups,
        evenly_spaced,
        find_subjects,
        find_suspects,
        places,
    )
    from reportgen.analysis.evidence.text_evidence import (
        Missing,
        TextEvidence,
        effect_columns,
        evidence_columns,
    )
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
