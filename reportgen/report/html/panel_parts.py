"""The panels of a page in parts. Each part is made and rendered once, to be measured and then
written."""

from dataclasses import replace
from functools import cache, partial

from markupsafe import Markup

from reportgen.report.html.size.size_plan import Level
from reportgen.report.html.templates import Setting
from reportgen.report.panel.colours import Colours
from reportgen.report.panel.panel import Panel

Steps = tuple[int | None, int | None]  # numbers of the texts before and after one


class PanelParts:
    """The panels of the texts of a page (rows of `texts`), with what they carry at a level."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._has_figures: list[bool] = setting.findings.analysed.tolist()
        self._colours = cache(setting.colours)
        self._figures = cache(setting.figures)
        self._bare = cache(partial(setting.make_panel, is_whole=False))
        self._text = cache(self._set_text)
        self.notes = cache(self._set_notes)
        self._drawn = cache(self._set_figures)

    def panel(self, text: int, level: Level) -> Panel:
        """The panel of a text with what it carries at `level`."""
        return replace(
            self._bare(text),
            colours=self.colours(text, level),
            figures=self._figures(text) if self._has(text, level, Level.FIGURES) else None,
        )

    def colours(self, text: int, level: Level) -> Colours | None:
        """The coloured text of one that has it at `level`."""
        return self._colours(text) if self._has(text, level, Level.COLOURS) else None

    def text(self, text: int, level: Level) -> Markup:
        """The text of a panel, coloured or plain."""
        return self._text(text, self._has(text, level, Level.COLOURS))

    def frame(self, text: int, level: Level, steps: Steps) -> Markup:
        """The panel without its text and notes."""
        parts = (Markup(""), Markup(""), self._drawn_at(text, level))
        return self._setting.panel(self.panel(text, level), level, parts, steps)

    def whole(
        self, setting: Setting, text: int, level: Level, steps: Steps, *, is_printed: bool
    ) -> Markup:
        """The panel as it lies in the page; `setting` knows what all texts carry. One that
        `is_printed` is on paper whether it is open or not."""
        parts = (self.text(text, level), self.notes(text), self._drawn_at(text, level))
        own = {"is_printed": True} if is_printed else {}
        return setting.panel(self.panel(text, level), level, parts, steps, **own)

    def _has(self, text: int, level: Level, part: Level) -> bool:
        return level >= part and self._has_figures[text]

    def _set_text(self, text: int, has_colours: bool) -> Markup:
        level = Level.COLOURS if has_colours else Level.LINE
        return self._setting.text_part(self.panel(text, level), has_colours=has_colours)

    def _set_notes(self, text: int) -> Markup:
        """What the model gave for a text, and the notes on it."""
        return self._setting.notes_part(self._bare(text))

    def _set_figures(self, text: int) -> Markup:
        return self._setting.figures_part(self.panel(text, Level.FIGURES))

    def _drawn_at(self, text: int, level: Level) -> Markup:
        return self._drawn(text) if self._has(text, level, Level.FIGURES) else Markup("")
