"""Measures texts with a model: attention and evidence, here, in other processes or on a cluster.

Other rooms import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.exports import exported

if TYPE_CHECKING:
    from reportgen.analysis.attention.checks import sample_text as sample_text
    from reportgen.analysis.attention.checks import try_model as try_model
    from reportgen.analysis.attention.decoders.find_decoder import find_decoder as find_decoder
    from reportgen.analysis.attention.scores import scores_error as scores_error
    from reportgen.analysis.cost.budget import is_timed as is_timed
    from reportgen.analysis.cost.budget import read_budget as read_budget
    from reportgen.analysis.cost.timed_budget import with_number as with_number
    from reportgen.analysis.engines.engine import Engine as Engine
    from reportgen.analysis.engines.pool import Pool as Pool
    from reportgen.analysis.engines.processes import processes as processes
    from reportgen.analysis.engines.ray_engine import ray_actors as ray_actors
    from reportgen.analysis.job import Job as Job
    from reportgen.analysis.options import AnalysisOptions as AnalysisOptions
    from reportgen.analysis.options import ListedFirst as ListedFirst
    from reportgen.analysis.pipeline import analyze as analyze
    from reportgen.analysis.progress import STAGES as STAGES
    from reportgen.analysis.progress import Cost as Cost
    from reportgen.analysis.progress import Progress as Progress
    from reportgen.analysis.progress import Stage as Stage
    from reportgen.analysis.work.folder import WorkFolder as WorkFolder
    from reportgen.analysis.work.identity import begin_as as begin_as
    from reportgen.analysis.work.identity import require_same as require_same
    from reportgen.analysis.work.identity import start_before as start_before
    from reportgen.analysis.work.identity import start_in as start_in
    from reportgen.analysis.work.item import WorkItem as WorkItem
    from reportgen.analysis.work.plan import Shard as Shard
    from reportgen.analysis.worker import Worker as Worker
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
