"""Attention as the model computes it, and what is summarised of it."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.analysis.attention.banded import banded_modules
    from reportgen.analysis.attention.batches import CONTENT, cls_positions, lay_out
    from reportgen.analysis.attention.capture import Capture, recorded_modules
    from reportgen.analysis.attention.checks import Probe, no_number, probe
    from reportgen.analysis.attention.decoders.cross_norms import CrossNorms, CrossTextNorms
    from reportgen.analysis.attention.decoders.decoder import BatchParts, DecoderCapture
    from reportgen.analysis.attention.decoders.head_row import (
        HeadRow,
        find_head_row,
        reads_the_same_row,
    )
    from reportgen.analysis.attention.figures.activations import BatchActivations
    from reportgen.analysis.attention.figures.summaries import BatchSummary, TextSummary
    from reportgen.analysis.attention.kept_maps import KeptMaps, levels_of
    from reportgen.analysis.attention.long_texts.pooled_maps import PooledMaps, cells_of
    from reportgen.analysis.attention.long_texts.stripe_summary import StripeSummary
    from reportgen.analysis.attention.long_texts.stripes import Stripe, Stripes, find_stripes
    from reportgen.analysis.attention.runner import Runner, TextOutcome
    from reportgen.analysis.attention.scores import AttentionScoreReader, LayerScores
    from reportgen.analysis.attention.values.blocks import Blocks, LayerBlock, Residual
    from reportgen.analysis.attention.values.norms import (
        BatchNorms,
        Norms,
        TextNorms,
        _value_ratios,
        find_norms,
    )
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
