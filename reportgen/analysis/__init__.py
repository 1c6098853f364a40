"""Measures texts with a model: attention and evidence, here, in other processes or on a cluster.

Other rooms import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.analysis.attention.checks import sample_text, try_model
    from reportgen.analysis.attention.decoders.decoder import find_decoder
    from reportgen.analysis.attention.scores import scores_error
    from reportgen.analysis.cost.budget import is_timed, read_budget
    from reportgen.analysis.cost.timed_budget import with_number
    from reportgen.analysis.engines.engine import Engine
    from reportgen.analysis.engines.processes import processes
    from reportgen.analysis.engines.ray_engine import ray_actors
    from reportgen.analysis.first_pass import tokens_before_completions
    from reportgen.analysis.job import Job
    from reportgen.analysis.options import AnalysisOptions, ListedFirst
    from reportgen.analysis.pipeline import analyze
    from reportgen.analysis.progress import STAGES, Cost, Progress, Stage
    from reportgen.analysis.work.folder import WorkFolder
    from reportgen.analysis.work.item import WorkItem
    from reportgen.analysis.worker import Worker
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
