"""Which texts get evidence because a report lists them first: found between the two passes, in the
results of the first.

Apart from what loads models, since merging shards needs this too.
"""

from reportgen.analysis.options import ListedFirst
from reportgen.findings.detail import listed_first
from reportgen.findings.findings import Findings


def listed_by(detail: str | None = None) -> ListedFirst:
    """Make the function that finds the texts a report lists first; `detail` is a value of
    --detail."""
    return lambda results: listed_first(Findings(results), detail)
