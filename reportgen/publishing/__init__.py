"""Publishes what was written: as a comment on a pull request, renewed by later runs.

Other rooms import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.publishing.place_register import PLACES, PublishPlace, place_called
    from reportgen.publishing.publication import (
        Publication,
        Published,
        linked,
        read_publication,
    )
    from reportgen.publishing.publisher import publish_at
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
