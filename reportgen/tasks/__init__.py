"""What a model does with a text: its predictions as one table, whatever the kind of output.

Other rooms import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.tasks.before_after import (
        figures_before_after,
        flips_of_changed,
        strongest_label,
    )
    from reportgen.tasks.choices import ChoiceReading, Chosen, chosen_texts
    from reportgen.tasks.edited import figures_of_edits, flips_of_edits, is_predicted
    from reportgen.tasks.entities import OUTSIDE, spans
    from reportgen.tasks.from_texts import YES, items_from_texts
    from reportgen.tasks.labels import Misfit, ReadAs, n_numbers, right_answers
    from reportgen.tasks.metrics import (
        ACCURACY,
        ANSWER_EXACT,
        ANSWER_F1,
        BIAS,
        ENTITY_F1,
        ENTITY_PRECISION,
        ENTITY_RECALL,
        FIRST_CHOICE,
        LABELS_EXACT,
        MACRO_F1,
        MAE,
        MASK_ACCURACY,
        MASK_LISTED,
        METRICS,
        PERPLEXITY,
        R2,
        RANK,
        RMSE,
        TAG_ACCURACY,
        ItemFigure,
        Metric,
        Scale,
        Unit,
    )
    from reportgen.tasks.predictions import (
        Item,
        items_in,
        items_of,
        predictions_of,
        text_names,
        text_numbers,
        with_ids,
        words_of,
    )
    from reportgen.tasks.shares import class_shares
    from reportgen.tasks.sums import SAME, Sums, rated, whole
    from reportgen.tasks.targets import (
        applies_to,
        has_sign,
        measured_at,
        taken_at,
        target_of,
    )
    from reportgen.tasks.task import TASKS, Column, ItemTable, Measure, Task, require_known, task_of
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
