"""What two runs of the same texts say of each other, and many of their trend, in numbers.

Other rooms import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.comparison.all_models import AllModels, ModelStep
    from reportgen.comparison.attention import ALL_SPECIAL, ENTROPY, HeadChanges, LayerChanges
    from reportgen.comparison.change import (
        CHANCE_MOVED,
        HEAD_LEAST,
        LAYER_LEAST,
        MOVED,
        SAME_OUTPUT,
        SAME_SHARE,
        SHARE,
        Change,
        Sides,
    )
    from reportgen.comparison.compare import Comparison, compare_runs
    from reportgen.comparison.matching import match_texts, where_ids_stand
    from reportgen.comparison.model_figures import (
        AGREEMENT,
        EDIT_SIZE,
        MOVED_SHARE,
        FigureRow,
        ModelValue,
    )
    from reportgen.comparison.notes import (
        CHANGE_THRESHOLDS,
        EFFECT_CHANGED,
        SHARE_CHANGED,
        fit_note,
    )
    from reportgen.comparison.pairing import Pairing, common_labels
    from reportgen.comparison.predictions import (
        Outcome,
        PredictionChanges,
        worse,
    )
    from reportgen.comparison.quality import (
        SAME_CONFIDENCE,
        Quality,
        QualityFigure,
        QualityVerdict,
    )
    from reportgen.comparison.runs import ANY, ONE, SEVERAL, Runs
    from reportgen.comparison.sink_trends import HeadState, LayerState, SinkTrend
    from reportgen.comparison.steadiness import EditSteadiness, Steadiness
    from reportgen.comparison.token_effects import (
        EffectChanges,
        TokenChange,
        fewest_compared,
        n_with_effect,
    )
    from reportgen.comparison.trends import QualityTrend, TextTrend, TokenTrend, Trend
    from reportgen.comparison.unit_pairs import UnitPairs
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
