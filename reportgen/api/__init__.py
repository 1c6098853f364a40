"""What the command line and Python call: jobs, reports and comparisons.

Other rooms import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.api.check import check_model
    from reportgen.api.closing_lines import account_of
    from reportgen.api.comparing.baseline import accept
    from reportgen.api.comparing.compare import compare, write_comparison
    from reportgen.api.comparing.like_baseline import planned
    from reportgen.api.comparing.sides import check_accepted, sides_of
    from reportgen.api.jobs import AnyJob, ModelRun, first_listed
    from reportgen.api.measurement import measure
    from reportgen.api.progress_bar import quiet_libraries, terminal_progress, writing
    from reportgen.api.publishing import planned_publication
    from reportgen.api.report import Report, Written, open_report, write_report
    from reportgen.api.start_project import Host, first_files, write_first_files
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
