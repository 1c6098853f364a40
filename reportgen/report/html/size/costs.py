"""Measures the bytes that each text takes on the page, by rendering it; the size plan asks for
them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from markupsafe import Markup
from pandas import DataFrame

from reportgen.report.html.assets import environment
from reportgen.report.html.blocks import Block
from reportgen.report.html.panel_parts import PanelParts
from reportgen.report.html.size.left_out import Sizes
from reportgen.report.html.size.size_plan import Level
from reportgen.report.html.templates import WHOLE_UP_TO, Setting, held, size_of
from reportgen.results import DECODER_PARTS

_AT_ONCE = 300  # rows of the list that are made together
_MEASURED = 300  # texts of the largest page that is measured in full; larger ones are estimated
_SAFETY = 1.1  # factor on an estimate
_HOLDER = len(held(Markup(""), 10**6))
_MARK = len("<mark class=size></mark>")  # the longest there is
# About what a page has beside its texts, and a token of a text, in bytes.
_BASE = 2_300_000
_PER_TOKEN = 800


@dataclass
class PageCosts:
    """The costs of the texts of a page; panels and blocks are kept for writing it."""

    setting: Setting
    order: Sequence[int]  # in which the plan asks for lines
    panels: PanelParts
    blocks: dict[int, Block] = field(default_factory=dict)
    _rows: dict[int, int] = field(default_factory=dict)
    _frames: dict[tuple[int, Level], int] = field(default_factory=dict)

    def of(self, text: int, level: Level) -> int | None:
        """See `size_plan.Cost`."""
        if level is Level.LINE:
            parts = (self.panels.text(text, level), self.panels.notes(text))
            frame = self._frame(text, level) + _HOLDER * (len(self.order) > WHOLE_UP_TO)
            return self._row(text) + frame + sum(map(size_of, parts))
        if not self._can_have(text, level):
            return None
        if level is Level.COLOURS:
            return self._colours(text)
        if level is Level.FIGURES:
            # With the sentence on what it lacks, which it may not need.
            return max(0, self._frame(text, Level.LAYERS) - self._frame(text, Level.LINE))
        block = self.block(text)
        return block.layers_size() if level is Level.LAYERS else block.heads_size()

    def none(self, text: int, level: Level) -> int | None:
        """Like `of`, where nothing takes any bytes."""
        return 0 if level is Level.LINE or self._can_have(text, level) else None

    def seem_to_fit(self, room: int) -> bool:
        """Whether a page that has everything is likely to stay within `room` bytes, by the numbers
        of tokens and the bytes of maps."""
        texts = self.setting.findings.texts
        maps = _map_bytes(texts) * 5 / 4
        return _BASE + _PER_TOKEN * self.setting.findings.n_tokens + maps < room

    def block(self, text: int) -> Block:
        """The data block of a text."""
        if text not in self.blocks:
            setting = self.setting
            above = setting.options.pool_above
            self.blocks[text] = Block(setting.findings.results, text, environment(), above)
        return self.blocks[text]

    def full(self, base: int) -> tuple[int, bool]:
        """The bytes of a page that has everything, and whether they are exact: for many texts they
        are estimated from those that were rendered."""
        texts = range(len(self.setting.findings.texts))
        if len(texts) <= _MEASURED:
            return base + sum(self._carried(text, Level.HEADS) for text in texts), True
        table = self.setting.findings.texts
        tokens = table["n_tokens"].to_numpy(float)
        made = [text for text, level in self._frames if level is Level.LAYERS]
        figures = sum(self._carried(text, Level.FIGURES) - self._row(text) for text in made)
        rate = figures / max(1.0, tokens[made].sum())
        maps = _map_bytes(table) * 5 / 4
        line = sum(self._rows.values()) / max(1, len(self._rows))
        return base + int(_SAFETY * (line * len(texts) + rate * tokens.sum() + maps)), False

    def sizes(self, base: int, levels: dict[int, Level]) -> Sizes:
        """The bytes of the page as `levels` plan it, and of one that has everything."""
        planned = base + sum(self._carried(text, level) for text, level in levels.items())
        return Sizes(planned, *self.full(base))

    def _carried(self, text: int, level: Level) -> int:
        """The bytes of all that a text carries at `level`."""
        return sum(self.of(text, part) or 0 for part in level.parts)

    @cached_property
    def _places(self) -> dict[int, int]:
        return {text: place for place, text in enumerate(self.order)}

    @cached_property
    def _has_figures(self) -> list[bool]:
        has: list[bool] = self.setting.findings.analysed.tolist()
        return has

    @cached_property
    def _has_maps(self) -> list[bool]:
        has: list[bool] = self.setting.findings.texts["map_offset"].notna().tolist()
        return has

    def _can_have(self, text: int, level: Level) -> bool:
        """Whether a text was analysed and, for maps, whether its maps were kept."""
        return self._has_figures[text] and (level <= Level.FIGURES or self._has_maps[text])

    def _row(self, text: int) -> int:
        """The bytes of a text's row in the list."""
        if text not in self._rows:
            start = self._places[text]
            texts = [i for i in self.order[start : start + _AT_ONCE] if i not in self._rows]
            self._rows |= dict(zip(texts, self.setting.row_sizes(texts), strict=True))
        return self._rows[text]

    def _frame(self, text: int, level: Level) -> int:
        """The bytes of a text's panel without its text and notes."""
        if (text, level) not in self._frames:
            longest = len(self._has_figures)  # no number of a text takes more
            frame = self.panels.frame(text, level, (longest, longest))
            self._frames[text, level] = size_of(frame)
        return self._frames[text, level]

    def _colours(self, text: int) -> int:
        """The bytes that a coloured text has more than a plain one, in its panel and its row."""
        plain, coloured = Level.LINE, Level.COLOURS
        found = self.panels.colours(text, coloured)
        marks = 0 if found is None else sum(span.is_strong for span in found.marked)
        said = (self.setting.carries(text, level) for level in (coloured, plain))
        more = sum(size * len(one.encode()) for size, one in zip((1, -1), said, strict=True))
        more += size_of(self.panels.text(text, coloured)) - size_of(self.panels.text(text, plain))
        return max(0, more + _MARK * marks)


def _map_bytes(texts: DataFrame) -> float:
    """The bytes of the maps of all `texts`, those of decoders with them."""
    columns = ["map_bytes", *(f"{part}_bytes" for part in DECODER_PARTS)]
    return float(texts[columns].fillna(0).to_numpy(float).sum())
