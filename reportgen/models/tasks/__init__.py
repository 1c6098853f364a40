"""What measures each task: a module per task, and their register."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.models.tasks.answer import LONGEST
    from reportgen.models.tasks.completion import encode_completed, mark_last, with_completions
    from reportgen.models.tasks.embedding import EmbeddingReader
    from reportgen.models.tasks.masks import filler_remark, ready_for_masks
    from reportgen.models.tasks.model_task import ModelTask, TriedModule
    from reportgen.models.tasks.multiple_choice import (
        chooser_remark,
        ready_for_choices,
        with_chosen,
    )
    from reportgen.models.tasks.next_token import NextTokenReader, keep_last_logits
    from reportgen.models.tasks.reader import spell
    from reportgen.models.tasks.scores import (
        ClassReader,
        LabelsReader,
        NumberReader,
        NumbersReader,
        sequence_reader,
    )
    from reportgen.models.tasks.similarity import ready_for_pairs
    from reportgen.models.tasks.tags import TagReader, WordNumberReader
    from reportgen.models.tasks.target import CosineTarget, NumberTarget, StepTarget
    from reportgen.models.tasks.task_register import find_output, task_of
    from reportgen.models.tasks.writing import (
        encode_target,
        encode_with_target,
        encoder_remark,
        find_writer,
        ready_for_completions,
        start_token,
        with_targets,
    )
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
