"""The files that pages of a site share, so that a host's policy allows them and each is loaded
once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Literal, TypeAlias, get_args

from reportgen.report.html.assets import (
    SITE_SCRIPTS,
    SITE_STYLE_SHEETS,
    Assets,
    PagePlace,
    comparison_assets,
)
from reportgen.report.html.packing import plotly_source

Kind: TypeAlias = Literal["report", "comparison", "list"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_DIGITS = 8  # of the name of a folder
SHARED = re.compile(rf"assets/(?:{'|'.join(KINDS)})-[0-9a-f]{{{_DIGITS}}}/")  # such a folder


@dataclass(frozen=True, slots=True)
class Shared:
    """The files of one kind of page."""

    folder: str  # from the top of the site; another one for other files
    files: Mapping[str, bytes]


@cache
def shared(kind: Kind) -> Shared:
    """The style sheet, script and plotly.js of a kind of page.

    The name of their folder tells them from those of another version: pages that are not written
    anew keep theirs, and no browser or host hands out old ones for new pages.
    """
    files = _assets(kind).files
    whole = sha256()
    for name in sorted(files):
        whole.update(f"{name} {len(files[name])} ".encode() + files[name])
    return Shared(f"assets/{kind}-{whole.hexdigest()[:_DIGITS]}/", files)


def list_assets(files: str) -> Assets:
    """What the list of all reports needs, whose files lie in the folder `files`."""
    return Assets("dir", "", SITE_SCRIPTS, SITE_STYLE_SHEETS, place=PagePlace(files))


def _assets(kind: Kind) -> Assets:
    if kind == "report":
        return Assets("dir", plotly_source(None))
    return comparison_assets("dir") if kind == "comparison" else list_assets("")
