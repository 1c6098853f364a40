"""A folder of results: tables written once, checked when they are opened, read in parts.

Other rooms import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.results.agreement import (
        Score,
        agreement_columns,
        ranked_tokens,
        text_agreement,
        unit_views,
    )
    from reportgen.results.checks.columns import require_columns
    from reportgen.results.checks.limits import (
        COUNT,
        HEADS,
        INFO_BYTES,
        LAYERS,
        UNPACKED,
        require_regular,
        room,
        stored_strings,
        tables_within,
    )
    from reportgen.results.completions import (
        completion_of,
        cross_sizes,
        packed_part,
        part_maps,
        read_labels,
        read_units,
        row_units,
        target_units,
        written_tokens,
        written_units,
    )
    from reportgen.results.info import (
        ANALYSED,
        COMPARISON_VERSION,
        DECODER_PARTS,
        EDITS,
        HEAD_CLASSES,
        LEARNED_SINK,
        REDACT,
        SINK_TESTS,
        SINK_TESTS_AT,
        STATISTICS,
        STATUSES,
        SUMMARY_VERSION,
        SWAP,
        TYPED,
        UNNAMED,
        VARIANT,
        Batching,
        Checks,
        DecoderInfo,
        DecoderPart,
        EditStatus,
        Evidence,
        EvidenceLevel,
        InputInfo,
        ModelInfo,
        OutputInfo,
        OutputKind,
        Part,
        Reason,
        Role,
        RunInfo,
        Scalar,
        ScoreSource,
        Settings,
        SinkTest,
        Statistic,
        Status,
        Subject,
        UnitKind,
        View,
        created_date,
        is_commit,
    )
    from reportgen.results.joint import NUMBERS, JointUnits, joint_label, joint_units
    from reportgen.results.labels import (
        LARGEST,
        NONE,
        ClassNames,
        label_list,
        number_list,
        number_of,
        tag_list,
    )
    from reportgen.results.maps.arrays import (
        AttentionMaps,
        Head,
        attention_maps,
        map_levels,
        map_tokens,
        unpacked_maps,
    )
    from reportgen.results.maps.cells import Pooling, pool, pooling, pooling_of, stored_pooling
    from reportgen.results.maps.packed import MAX_ERROR, Packer, quantise, weights_of
    from reportgen.results.measure_register import (
        BASELINES,
        BY_ID,
        CHANGES,
        COLOURS,
        CONSERVED,
        EFFECT,
        EFFECTS,
        LEVELS,
        LONG_TOKENS,
        MASK_OFFSET,
        MEASURES,
        MIN_CONTENT,
        MIN_TEXTS,
        MIN_UNITS,
        MOST_OF_TEXT,
        SINK_EXCESS,
        USER_PREFIX,
        USER_SCORES,
        VIEWS,
        YARDSTICK,
        Combine,
        Measure,
        Trait,
        coloured_at,
        colours_of,
        measure_of,
        token_table_columns,
        user_measures,
        views_of,
    )
    from reportgen.results.ranks import (
        adjusted,
        centred_ranks,
        mean_ranks,
        spearman,
        weighted_correlation,
    )
    from reportgen.results.run_file import name_commit, read_info, write_info
    from reportgen.results.selection import selected, whole_of
    from reportgen.results.store import (
        Results,
        open_first_pass,
        open_own,
        open_results,
    )
    from reportgen.results.tables.frames import frame_of, map_cells, texts_frame
    from reportgen.results.tables.row_groups import (
        AGAIN,
        FolderSource,
        StoredTable,
        may_be_missing,
        table_of,
    )
    from reportgen.results.tables.schema import (
        ALTERNATIVE,
        ANALYSIS_TABLES,
        COMPLETION,
        COMPLETION_SEGMENT,
        CP_LRP_ERROR,
        CP_LRP_HOLDS,
        CROSS,
        CROSS_NORM,
        CROSS_SIZES,
        DELETION_SCORES,
        EFFECTS_SCHEMA,
        EVIDENCE_SCHEMA,
        EVIDENCE_TABLES,
        EXTRA,
        GRADIENT_STEPS,
        HELD,
        JOINT,
        JOINT_EFFECT,
        LEARNED_SHARE,
        MAP_CELLS,
        MOST_CLASSES,
        PREDICTIONS_SCHEMA,
        SHAPLEY_ERROR,
        STEPS,
        TABLES,
        TOP,
        VALUE_RATIO,
        WEIGHTED_STEPS,
    )
    from reportgen.results.tables.write import Recorder, rows_of
    from reportgen.results.unit_names import unit_labels
    from reportgen.results.unit_values import (
        Floats,
        equal_shares,
        even_map,
        even_token,
        measured_values,
        rows_times_average,
        times_average,
        unit_starts,
        values_of_units,
    )
    from reportgen.results.units import (
        TextUnits,
        Unit,
        is_unspaced,
        segments_of,
        specials_before,
        spelled,
        text_units,
        unit_label,
        word_ends,
        word_of,
    )
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
