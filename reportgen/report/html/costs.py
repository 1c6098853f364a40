"""What each text weighs on the page, found out by setting it; `plan` asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from reportgen.report.html.assets import environment
from reportgen.report.html.data import Block
from reportgen.report.html.reduced import Sizes
from reportgen.report.html.size_plan import Level
from reportgen.report.html.templates import Setting, size_of
from reportgen.report.panel.panel import Panel

_AT_ONCE = 300  # rows of the list that are made together
_COUNTED = 300  # texts of which the bytes of everything are counted; of more, reckoned up
_SAFETY = 1.1  # on what is reckoned up


@dataclass
class PageCosts:
    """The costs of the texts of a page; panels and blocks are kept for writing it."""

    setting: Setting
    order: Sequence[int]  # in which the plan asks for lines
    panels: dict[int, Panel] = field(default_factory=dict)  # with figures
    blocks: dict[int, Block] = field(default_factory=dict)
    _rows: dict[int, int] = field(default_factory=dict)
    _lines: dict[int, int] = field(default_factory=dict)
    _figures: dict[int, int] = field(default_factory=dict)

    def line(self, text: int) -> int:
        """See `plan.Costs`."""
        if text not in self._rows:
            start = self._places[text]
            texts = [i for i in self.order[start : start + _AT_ONCE] if i not in self._rows]
            self._rows |= dict(zip(texts, self.setting.row_sizes(texts), strict=True))
        return self._rows[text] + self._bare(text)

    def figures(self, text: int) -> int | None:
        """See `plan.Costs`."""
        if not self._has_figures[text]:
            return None
        if text not in self._figures:
            # With the sentence on what it lacks, which it may not need.
            self._figures[text] = size_of(self.setting.panel(self.panel(text), Level.LAYERS))
        return max(0, self._figures[text] - self._bare(text))

    def layers(self, text: int) -> int | None:
        """See `plan.Costs`."""
        return self.block(text).layers_size() if self._has_figures[text] else None

    def heads(self, text: int) -> int | None:
        """See `plan.Costs`."""
        return self.block(text).heads_size() if self._has_figures[text] else None

    def panel(self, text: int) -> Panel:
        """The panel of a text, with its figures."""
        if text not in self.panels:
            self.panels[text] = self.setting.make_panel(text, with_figures=True)
        return self.panels[text]

    def block(self, text: int) -> Block:
        """The block of a text; says how its maps are pooled."""
        if text not in self.blocks:
            setting = self.setting
            above = setting.options.pool_above
            self.blocks[text] = Block(setting.findings.results, text, environment(), above)
        return self.blocks[text]

    def full(self, base: int) -> tuple[int, bool]:
        """The bytes of a page that has everything, and whether they were counted: of many texts
        they are reckoned up from those that were made."""
        texts = range(len(self.setting.findings.texts))
        if len(texts) <= _COUNTED:
            whole = (self.line(i) + (self.figures(i) or 0) + (self.heads(i) or 0) for i in texts)
            return base + sum(whole), True
        table = self.setting.findings.texts
        tokens = table["n_tokens"].to_numpy(float)
        made = list(self._figures)
        rate = sum(self._figures.values()) / max(1.0, tokens[made].sum())
        maps = table["map_bytes"].fillna(0).to_numpy(float).sum() * 4 / 3
        line = sum(self._rows.values()) / max(1, len(self._rows))
        return base + int(_SAFETY * (line * len(texts) + rate * tokens.sum() + maps)), False

    def sizes(self, base: int, levels: dict[int, Level]) -> Sizes:
        """The bytes of the page as `levels` plan it, and of one that has everything."""
        planned = base
        for text, level in levels.items():
            planned += self.line(text)
            if level >= Level.FIGURES:
                planned += self.figures(text) or 0
            if level is Level.LAYERS:
                planned += self.layers(text) or 0
            if level is Level.HEADS:
                planned += self.heads(text) or 0
        return Sizes(planned, *self.full(base))

    @cached_property
    def _places(self) -> dict[int, int]:
        return {text: place for place, text in enumerate(self.order)}

    @cached_property
    def _has_figures(self) -> list[bool]:
        has: list[bool] = self.setting.findings.analysed.tolist()
        return has

    def _bare(self, text: int) -> int:
        if text not in self._lines:
            panel = self.setting.make_panel(text, with_figures=False)
            self._lines[text] = size_of(self.setting.panel(panel, Level.LINE))
        return self._lines[text]
