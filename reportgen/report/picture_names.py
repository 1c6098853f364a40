"""What the pictures beside a Markdown or Confluence page are called."""

from reportgen.report.flavors import Images

FOLDER = "img"  # beside the page
FIGURE_NAMES = ("sinks", "map")
_KINDS: dict[Images, tuple[str, ...]] = {"svg": ("svg",), "png": ("png", "svg"), "none": ()}


def picture_path(stem: str, name: str, kind: str) -> str:
    """The picture of the figure `name` beside a page called `stem`, such as `img/june-map.svg`; a
    name that every host takes, a Confluence attachment too."""
    plain = "".join(c if c.isprintable() and c not in '<>:"|?*\\' else "_" for c in stem)
    return f"{FOLDER}/{plain}-{name}.{kind}"


def picture_paths(stem: str, images: Images) -> tuple[str, ...]:
    """All that may come to lie beside a page called `stem`: without a rasteriser, SVG where PNG was
    asked for."""
    return tuple(picture_path(stem, name, kind) for kind in _KINDS[images] for name in FIGURE_NAMES)
