"""What one run says, in numbers.

Other rooms import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.findings.ablated_heads import HeadEffects
    from reportgen.findings.agreement_verdict import ABOVE_ALL, AgreementVerdict, Judgement
    from reportgen.findings.attention import LayerFigures, RoleFigures, excess
    from reportgen.findings.colouring import Colouring, is_complete
    from reportgen.findings.detailed_texts import listed_first
    from reportgen.findings.evidence import (
        ViewFigures,
        different_agreement,
        draw_agreement,
        largest_changes,
    )
    from reportgen.findings.evidence_checks import SHAPLEY, ShapleyFigures, ShuffledFigures
    from reportgen.findings.figures.figure_register import WATCHED, figure_list
    from reportgen.findings.figures.flat import Value, figure_key, rounded
    from reportgen.findings.figures.gates import (
        Gate,
        GateResult,
        Level,
        Operator,
        errors_first,
        evaluate,
        found_text,
        gate_records,
        has_failed,
        parse_gate,
        without_tokens,
    )
    from reportgen.findings.findings import Findings
    from reportgen.findings.head_figures import HeadShares
    from reportgen.findings.notes.citations import (
        BENJAMINI,
        CLARK,
        FERRANDO,
        KOBAYASHI_2020,
        LIN,
        MICHEL,
        SERRANO,
        SUNDARARAJAN,
        VOITA,
        XIAO,
        Citation,
    )
    from reportgen.findings.notes.missing import MEASURES
    from reportgen.findings.notes.note import Kind, Note, SinkVerdict, ends, explained, plain
    from reportgen.findings.notes.spread import live_rows_note
    from reportgen.findings.notes.thresholds import THRESHOLDS, TINY_EFFECT, Threshold
    from reportgen.findings.quality.calibration import Bin, Calibration
    from reportgen.findings.quality.classes import ClassFit, LabelUse, places_of, told_labels
    from reportgen.findings.quality.deciding_metric import (
        QUALITY,
        Judging,
        SmallestChange,
        deciding,
        misfit,
        quality_names,
        read_smallest_change,
        smallest_change,
        write_smallest_change,
    )
    from reportgen.findings.quality.fits import RankFit
    from reportgen.findings.quality.multiple_choice import Choices, chance_of
    from reportgen.findings.quality.predictions import (
        MIN_PREDICTIONS,
        ErrorGroup,
        Fit,
        NumbersFit,
        Spread,
    )
    from reportgen.findings.quality.scored import ConstantVerdict
    from reportgen.findings.quality.slopes import Slopes
    from reportgen.findings.quality.tags import Tags, Word
    from reportgen.findings.quality.where_wrong import LengthTrend, Subset, WhereWrong
    from reportgen.findings.ranking import MARKED, RANKS, Reason, is_in
    from reportgen.findings.repeated_texts import READ, first_alike, n_different
    from reportgen.findings.resampling import RESAMPLES, draw_counts, resampled_means
    from reportgen.findings.sinks.cross_attention import CrossToken
    from reportgen.findings.sinks.heads import SinkHeads
    from reportgen.findings.sinks.query_key_scores import SinkScores
    from reportgen.findings.sinks.sink_test_figures import SubjectFigures, TestFigures
    from reportgen.findings.sinks.sink_verdicts import Standing, standing
    from reportgen.findings.statistics import (
        CONFIDENCE,
        FALSE_DISCOVERIES,
        Booleans,
        Estimate,
        Floats,
        Interval,
        Places,
        certain_share,
        intervals_between,
        intervals_of_counts,
        is_reversed,
        mean_interval,
        mean_intervals,
        p_values,
        widened,
    )
    from reportgen.findings.tokens.figures import (
        CorpusTokens,
        Division,
        JointTokens,
        LastToken,
        TextGroup,
        TokenEffect,
        TokenKind,
        fewest_texts,
        last_token,
        n_tokens_of,
        token_effects,
        without_last,
    )
    from reportgen.findings.tokens.lists import (
        EffectLists,
        ListedToken,
        Listing,
        effect_lists,
        explaining,
        listed,
        ranked_attention,
    )
    from reportgen.findings.what_if import EditKind, TextChange, WhatIf
    from reportgen.findings.what_if.edits import edit_counts
    from reportgen.findings.what_if.of_text import TextTries, TextTry, text_tries
    from reportgen.findings.what_if.tried import TriedChange, TriedChanges, tried_changes
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
