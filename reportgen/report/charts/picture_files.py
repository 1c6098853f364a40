"""Charts in files beside a page: SVG with its text as text, or PNG made from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

from reportgen.files import PICTURES_FOLDER
from reportgen.report.components import Picture
from reportgen.report.options import Images

MOST_BYTES = 10_000_000  # of one picture, as hosts take them
_ZOOM = 2.0  # pixels of a PNG a unit of the drawing
FIGURE_NAMES = ("sinks", "map", "predictions", "layers", "difference")
ALL_KINDS: Images = "png"  # with the fallback, these are all pictures there can be
_KINDS: dict[Images, tuple[str, ...]] = {"svg": ("svg",), "png": ("png", "svg"), "none": ()}


@dataclass(frozen=True, slots=True)
class Pictures:
    """The picture files beside a report, and whether they could not be made as PNG."""

    files: Mapping[str, bytes]  # by path beside the report, such as `img/report-map.svg`
    paths: Mapping[str, str]  # by the name of the figure
    lacks_png: bool = False


def make_pictures(pictures: Sequence[Picture], stem: str, images: Images) -> Pictures:
    """The files of `pictures`; SVG instead of PNG if no rasteriser is installed."""
    if images == "none" or not stem:  # standard output has nothing beside it
        return Pictures({}, {})
    files: dict[str, bytes] = {}
    paths: dict[str, str] = {}
    lacks_png = False
    for picture in pictures:
        content, kind = picture.svg.encode(), "svg"
        if images == "png":
            raster = rasterise(picture.svg)
            lacks_png |= raster is None
            content, kind = (content, "svg") if raster is None else (raster, "png")
        if len(content) <= MOST_BYTES:
            paths[picture.name] = picture_path(stem, picture.name, kind)
            files[paths[picture.name]] = content
    return Pictures(files, paths, lacks_png)


def rasterise(svg: str) -> bytes | None:
    """`svg` as PNG, in the fonts of this machine; None where no rasteriser is installed."""
    try:
        resvg = import_module("resvg_py")
    except ImportError:
        return None
    return bytes(resvg.svg_to_bytes(svg_string=svg, zoom=_ZOOM, font_family="sans-serif"))


def picture_path(stem: str, name: str, kind: str) -> str:
    """The picture of the figure `name` beside a page called `stem`, such as `img/june-map.svg`; a
    name that every host takes, a Confluence attachment too."""
    plain = "".join(c if c.isprintable() and c not in '<>:"|?*\\' else "_" for c in stem)
    return f"{PICTURES_FOLDER}/{plain}-{name}.{kind}"


def picture_paths(stem: str, images: Images) -> tuple[str, ...]:
    """All pictures that may be written beside a page called `stem`; PNG falls back to SVG where no
    rasteriser is installed."""
    return tuple(picture_path(stem, name, kind) for kind in _KINDS[images] for name in FIGURE_NAMES)
