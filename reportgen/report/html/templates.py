"""Renders the page, its list and its panels from their templates; each part of a panel is rendered
once, to be measured and then written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from typing import Any

from jinja2.environment import TemplateModule
from markupsafe import Markup

from reportgen.files import PLOTLY_FILE
from reportgen.findings import Findings
from reportgen.report.charts.attention_scale import MAP_COLOURS
from reportgen.report.charts.colours import ROLE_COLOURS
from reportgen.report.charts.head_pictures import heads_class
from reportgen.report.charts.text_figure import segment_names
from reportgen.report.components import Cell
from reportgen.report.html.assets import Assets, environment
from reportgen.report.html.left_out import (
    Given,
    carries,
    reduced_options,
    reduced_sentences,
)
from reportgen.report.html.script_data import page_data
from reportgen.report.html.size_plan import Level
from reportgen.report.language.language import Language
from reportgen.report.options import RenderOptions
from reportgen.report.panel.colours import Colours, make_colours
from reportgen.report.panel.evidence_scope import Scope, make_scope
from reportgen.report.panel.figures import Figures, make_figures
from reportgen.report.panel.panel import Panel, make_panel
from reportgen.report.sections.further import further_table
from reportgen.report.sections.page_section import Page
from reportgen.report.sections.section_register import Texts
from reportgen.report.sections.texts import make_text_list
from reportgen.results import BY_ID, View, coloured_at, segments_of, user_measures

# Listed texts, beyond which the panels of most are held: a page is slower with every panel that
# stands in it.
WHOLE_UP_TO = 50
PAPER_ROWS = 100  # of the list on paper, at most; as in print.css and list.js
# Around the rows of the list of texts, as the template writes them.
_FIRST_ROW, _ROW_END = "<tbody>\n", "</tr>\n"


@dataclass(frozen=True)
class Setting:
    """Everything that panels and page are rendered from."""

    findings: Findings
    options: RenderOptions
    language: Language
    page: Page
    assets: Assets
    given: Given = field(default_factory=Given)

    @cached_property
    def scope(self) -> Scope:
        """What evidence there is, and on which texts."""
        return make_scope(self.findings, self.language)

    @cached_property
    def reasons(self) -> Mapping[int, tuple[str, ...]]:
        """Why texts (rows of `texts`) are among those to start with."""
        section = self.page.sections["texts"]
        assert isinstance(section, Texts)
        return {text.number - 1: text.reasons for text in section.notable.texts}

    def make_panel(self, text: int, *, is_whole: bool) -> Panel:
        """The panel of row `text` of `texts`; only a whole one has colours and figures."""
        return make_panel(
            self.findings,
            text,
            self.language,
            self.options.heads,
            self.scope,
            is_whole=is_whole,
        )

    def colours(self, text: int) -> Colours:
        """What the panel of row `text` has at `Level.COLOURS`."""
        segments = segments_of(self.findings.results.text_row(text))
        return make_colours(self.findings, text, segments, self.language, self.scope)

    def figures(self, text: int) -> Figures:
        """What the panel of row `text` has at `Level.FIGURES`."""
        heads = self.options.heads
        return make_figures(self.findings, text, self.language, heads, self.scope)

    def still_panel(self, panel: Panel) -> Markup:
        """The panel of a text for a page without scripts, with all but the maps by head."""
        parts = (
            self.text_part(panel, has_colours=True, in_cell=True),
            self.notes_part(panel, in_cell=True),
            self.figures_part(panel, in_cell=True),
        )
        return self.panel(panel, Level.FIGURES, parts, (None, None), in_cell=True)

    def text_part(self, panel: Panel, *, has_colours: bool, **more: object) -> Markup:
        """The text of a panel, with its colours or plain."""
        return self._set_panel(
            "parts/panel_text.html.jinja",
            panel=panel,
            has_colours=has_colours,
            scope=self.scope,
            unit_kind=self.findings.info.settings.units,
            segment_names=segment_names(self.findings.info.output.kind, self.language),
            **more,
        )

    def notes_part(self, panel: Panel, **more: object) -> Markup:
        """What the model gave for the text of a panel, and the notes on it."""
        output = self.findings.info.output
        return self._set_panel(
            "parts/panel_notes.html.jinja",
            panel=panel,
            output_name=output.name,
            output_kind_key=output.kind,
            **more,
        )

    def figures_part(self, panel: Panel, **more: object) -> Markup:
        """The chart and the table of a panel."""
        return self._set_panel("parts/panel_figures.html.jinja", panel=panel, **more)

    def panel(
        self,
        panel: Panel,
        level: Level,
        parts: tuple[Markup, Markup, Markup],
        steps: tuple[int | None, int | None],
        **more: object,
    ) -> Markup:
        """A text's panel around its text, notes and figures; `steps` are the numbers of the listed
        texts before and after it, each None where there is none."""
        text, notes, figures = parts
        before, after = steps
        return self._set_panel(
            "parts/panel.html.jinja",
            panel=panel,
            level=int(level),
            text=text,
            notes=notes,
            figures=figures,
            carries=self.carries(panel.number - 1, level),
            before=before,
            after=after,
            **more,
        )

    def carries(self, text: int, level: Level) -> str:
        """Says what a text lacks at `level`; "" if it lacks nothing."""
        results = self.findings.results
        return carries(text, level, results, self.given, self.options, self.language)

    def row_sizes(self, texts: Sequence[int]) -> list[int]:
        """The bytes of the texts' rows in the list."""
        rows = make_text_list(self.findings, self.language, texts).rows
        section = self.page.sections["texts"]
        assert isinstance(section, Texts)
        section_of_rows = replace(section, list=replace(section.list, rows=rows, partial=""))
        page = replace(self.page, sections={**self.page.sections, "texts": section_of_rows})
        values = self._values(page, ())
        whole = str(self._set("sections/texts.html.jinja", panels=(), **values))
        # Texts are escaped, so that a row ends where the template ends it.
        _, body = whole.split(_FIRST_ROW, 1) if rows else ("", "")
        sizes = [len(f"{row}{_ROW_END}".encode()) for row in body.split(_ROW_END)[: len(rows)]]
        assert len(sizes) == len(rows)
        return sizes

    def document(
        self,
        panels: Sequence[Markup],
        blocks: Sequence[Markup],
        first: int,
        n_held: int = 0,
        n_unprinted: int = 0,
    ) -> bytes:
        """The whole page, in UTF-8; `first` is the text that is open first, `n_held` how many of
        the `panels` are held, `n_unprinted` how many are on paper only if they are open."""
        reduced, more = self._reduced()
        return self._set(
            "page.html.jinja",
            **self._values(self.page, reduced),
            more_options=more,
            is_comparison=False,
            assets=self.assets,
            data=page_data(
                self.findings.info,
                self.options,
                self.language,
                first,
                self._agreement(),
                self.findings.results.has_learned_sink,
                self._told(),
            ),
            panels=panels,
            unprinted=self._unprinted(n_unprinted, len(panels)),
            unrun=self.language.say("page", "unrun", n=n_held) if n_held else "",
            blocks=blocks,
        ).encode()

    def _unprinted(self, n: int, of: int) -> str:
        """Says that `n` `of` the texts are in the list alone on paper; "" where none is."""
        if not n:
            return ""
        sentences = [self.language.say("page", "unprinted", n=n, of=of)]
        if of > PAPER_ROWS:
            sentences.append(self.language.say("page", "unprinted_rows", rows=PAPER_ROWS, of=of))
        return self.language.sentences(sentences)

    def _reduced(self) -> tuple[Sequence[str], Sequence[Sequence[Cell]]]:
        """What the page left out, in sentences, and the rows of *How to get more* that bring it in;
        nothing before its texts are planned."""
        if not self.given.levels:
            return (), ()
        of_page = (self.findings, self.given, self.options)
        table = further_table(reduced_options(*of_page), self.language, self.findings.info.remarks)
        return reduced_sentences(*of_page, self.language, on_page=True), table.rows

    def _told(self) -> list[View]:
        """The measures that any text can be coloured by: those measured on some text, also beside
        the sample."""
        results, told = self.findings.results, []
        effects = results.stored("effects")
        info = self.findings.info
        users = user_measures(info.scores)
        for measure in (*map(BY_ID.__getitem__, coloured_at(info.evidence.level)), *users):
            name = measure.column or measure.id
            table = results.token_columns(name) if measure.table == "tokens" else effects
            if table[name].notna().any():
                told.append(measure.id)
        return told

    def still(self, template: str, **values: object) -> str:
        """A page without scripts, which stands in the frame in a notebook."""
        page_values = self._values(self.page, ())
        return str(self._set(template, assets=self.assets, **page_values, **values))

    def parts(
        self, document: bytes, blocks: Sequence[Markup], files: Mapping[str, bytes]
    ) -> dict[str, int]:
        """The bytes of a page and the `files` beside it, by kind of content."""
        assets = self.assets
        plotly = len(assets.plotly) or len(assets.files.get(PLOTLY_FILE, b""))
        code = len(assets.script.encode()) + len(assets.style.encode())
        whole = len(document) + sum(map(len, files.values()))
        parts = {
            "plotly.js": plotly,
            "attention maps": sum(map(size_of, blocks)),
            "styles and scripts": code,
        }
        return {"texts and figures": whole - sum(parts.values()), **parts}

    def _agreement(self) -> Mapping[View, str]:
        """The agreement of each measure with what changes the prediction, as printed."""
        known = self.findings.agreement_by_size.items()
        return {
            view: self.language.write(figures.estimate.mean, "correlation")
            for view, figures in known
        }

    def _values(self, page: Page, reduced: Sequence[str]) -> Mapping[str, Any]:
        model = self.findings.info.model
        return {
            "page": page,
            "scope": self.scope,
            "reduced": reduced,
            "colours": ROLE_COLOURS,
            "scale": MAP_COLOURS,
            "heads_class": heads_class(model.n_layers, model.n_heads),
        }

    def _set_panel(self, template: str, **values: Any) -> Markup:
        """A part of a panel: a page has thousands, so that their macros are made once."""
        macros = self._cell_macros if "in_cell" in values else self._macros
        return self._set(template, m=macros, **values)

    @cached_property
    def _macros(self) -> TemplateModule:
        return _macros(t=self.language.words)

    @cached_property
    def _cell_macros(self) -> TemplateModule:
        return _macros(t=self.language.words, in_cell=True)

    def _set(self, template: str, **values: Any) -> Markup:
        return Markup(environment().get_template(template).render(t=self.language.words, **values))


def _macros(**values: object) -> TemplateModule:
    return environment().get_template("macros.html.jinja").make_module(values)


def held(panel: Markup, text: int) -> Markup:
    """The panel of row `text` of `texts` as readers without scripts see it at once; with scripts it
    is text, and built when it is asked for."""
    return Markup(f"<noscript class=held id=held-{text + 1}>{panel}</noscript>")


def size_of(markup: Markup) -> int:
    """The bytes of `markup`."""
    return len(markup.encode())


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
        self, setting: Setting, text: int, level: Level, steps: Steps, *, on_paper: bool
    ) -> Markup:
        """The panel as it lies in the page; `setting` knows what all texts carry. One that is
        `on_paper` whether it is open or not says there why it is among those to start with."""
        parts = (self.text(text, level), self.notes(text), self._drawn_at(text, level))
        for_paper = {"reasons": setting.reasons.get(text, ())} if on_paper else {}
        return setting.panel(self.panel(text, level), level, parts, steps, **for_paper)

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
