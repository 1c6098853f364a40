"""What a page leaves out, in sentences that name the option which brings it in."""

from collections.abc import Sequence
from math import ceil

from reportgen.info import RunInfo
from reportgen.report.language import Language, fixed
from reportgen.report.options import RenderOptions
from reportgen.report.panel import Panel
from reportgen.report.plan import Level

_NAMES = {Level.LINE: "line", Level.FIGURES: "figures", Level.LAYERS: "layers"}


def carries(
    panel: Panel,
    level: Level,
    kept: bool,
    options: RenderOptions,
    info: RunInfo,
    language: Language,
) -> str:
    """What a text's panel says of itself where it carries less than everything; "" elsewhere."""
    if panel.figures is None or level is Level.HEADS:
        return ""
    if level is Level.FIGURES and not kept:
        return language.say("panel", "figures_keep", keep=info.settings.keep_maps)
    key = "figures_size" if level is Level.FIGURES else _NAMES[level]
    return language.say("panel", key, size=megabytes(options.max_size, language))


def reduced_sentences(
    panels: Sequence[Panel],
    levels: Sequence[Level],
    kept: Sequence[bool],
    sizes: tuple[int, int],
    options: RenderOptions,
    info: RunInfo,
    language: Language,
) -> tuple[str, ...]:
    """One sentence for each way in which texts were reduced.

    `sizes` are the bytes of the page as planned, and of one that has everything.
    """
    planned, full = sizes
    said: list[str] = []
    rows = list(zip(panels, levels, kept, strict=True))
    for level, name in _NAMES.items():
        for by_size in (True, False):
            numbers = [
                panel.number
                for panel, has, is_kept in rows
                if panel.figures is not None
                and has is level
                and (is_kept or level is Level.LINE) is by_size
            ]
            if not numbers:
                continue
            what = language.say("reduced", name, texts=_texts(numbers, language))
            values = {
                "what": what,
                "size": megabytes(options.max_size, language),
                "needed": f"{ceil(full / 100_000) / 10:g}MB",
                "keep": info.settings.keep_maps,
            }
            said.append(language.say("reduced", "by_size" if by_size else "by_keep", **values))
    if planned > options.max_size:
        values = {
            "size": megabytes(planned, language),
            "limit": megabytes(options.max_size, language),
        }
        said.append(language.say("reduced", "over", **values))
    return tuple(said)


def megabytes(size: int, language: Language) -> str:
    """A number of bytes, such as `10 MB`."""
    digits = 0 if size % 1_000_000 == 0 else 1
    return language.say("reduced", "megabytes", x=fixed(size / 1_000_000, digits))


def _texts(numbers: Sequence[int], language: Language) -> str:
    """`Texts 3, 61–100`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    text = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in runs)
    return language.say("reduced", "one" if len(numbers) == 1 else "several", n=text)
