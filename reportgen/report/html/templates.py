"""Renders the page, its list and its panels from their templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup

from reportgen.findings.findings import Findings
from reportgen.report.charts.colours import MAP_COLOURS, ROLE_COLOURS
from reportgen.report.html.assets import Assets, environment
from reportgen.report.html.data import page_data
from reportgen.report.html.reduced import Given, carries
from reportgen.report.html.size_plan import Level
from reportgen.report.language.sentences import output_kind
from reportgen.report.language.strings import Language
from reportgen.report.options import RenderOptions
from reportgen.report.panel.panel import Panel, make_panel
from reportgen.report.sections.section_register import ReportPage, Texts
from reportgen.report.sections.texts import make_text_list
from reportgen.results.info import View

# Around the rows of the list of texts, as the template writes them.
_FIRST_ROW, _ROW_END = "<tbody>\n", "</tr>\n"


@dataclass(frozen=True)
class Setting:
    """Everything that panels and page are rendered from."""

    findings: Findings
    options: RenderOptions
    language: Language
    page: ReportPage
    assets: Assets
    given: Given = field(default_factory=Given)

    def make_panel(self, text: int, *, with_figures: bool) -> Panel:
        """The panel of row `text` of `texts`."""
        return make_panel(
            self.findings,
            text,
            self.language,
            self.options.heads,
            self.page.scope,
            with_figures=with_figures,
        )

    def panel(
        self,
        panel: Panel,
        level: Level,
        steps: tuple[int | None, int | None] | None = None,
        **more: object,
    ) -> Markup:
        """A text's panel with what it carries at `level`; `steps` are the numbers of the listed
        texts before and after it, each None where there is none; `more` is for the template."""
        results, text = self.findings.results, panel.number - 1
        output, total = results.info.output, len(results.texts)
        before, after = steps or (total, total)  # not known yet: as long as any number
        return self._set(
            "parts/panel.html.jinja",
            panel=panel,
            scope=self.page.scope,
            level=int(level),
            carries=carries(text, level, results, self.given, self.options, self.language),
            output_name=output.name,
            output_kind_key=output.kind,
            output_kind=output_kind(output, self.language),
            unit_kind=self.findings.info.settings.units,
            before=before,
            after=after,
            **more,
        )

    def row_sizes(self, texts: Sequence[int]) -> list[int]:
        """The bytes of the texts' rows in the list."""
        rows = make_text_list(self.findings, self.language, texts).rows
        section = self.page.sections["texts"]
        assert isinstance(section, Texts)
        own = replace(section, list=replace(section.list, rows=rows, partial=""))
        page = replace(self.page, sections={**self.page.sections, "texts": own})
        values = self._values(page, ())
        whole = str(self._set("sections/texts.html.jinja", panels=(), **values))
        # Texts are escaped, so that a row ends where the template ends it.
        _, body = whole.split(_FIRST_ROW, 1) if rows else ("", "")
        found = [len(f"{row}{_ROW_END}".encode()) for row in body.split(_ROW_END)[: len(rows)]]
        assert len(found) == len(rows)
        return found

    def document(
        self, panels: Sequence[Markup], blocks: Sequence[Markup], reduced: Sequence[str], first: int
    ) -> bytes:
        """The whole page, in UTF-8; `first` is the text that is open first."""
        return self._set(
            "page.html.jinja",
            **self._values(self.page, reduced),
            is_comparison=False,
            assets=self.assets,
            data=page_data(
                self.findings.info,
                self.options,
                self.language,
                first,
                self._agreement(),
                self.findings.results.has_learned_sink,
            ),
            panels=panels,
            blocks=blocks,
        ).encode()

    def cell(self) -> str:
        """The page's first sections without scripts, for the frame in a notebook."""
        values = self._values(self.page, ())
        return str(self._set("notebook.html.jinja", assets=self.assets, **values))

    def text_cell(self, panel: Panel, level: Level) -> str:
        """A page of one text's panel without scripts, for the frame in a notebook."""
        shown = self.panel(panel, level, (None, None), in_cell=True)
        values = self._values(self.page, ())
        return str(
            self._set("notebook_text.html.jinja", assets=self.assets, panels=(shown,), **values)
        )

    def brief(self, brief: object) -> str:
        """The brief, with its texts."""
        values = self._values(self.page, ())
        return str(self._set("brief.html.jinja", assets=self.assets, brief=brief, **values))

    def parts(self, document: bytes, blocks: Sequence[Markup]) -> dict[str, int]:
        """The bytes of a page and the files beside it, by kind of content."""
        assets = self.assets
        plotly = len(assets.plotly) or len(assets.plotly_source.encode())
        code = len(assets.script.encode()) + len(assets.style.encode())
        whole = len(document) + sum(map(len, assets.files.values()))
        parts = {
            "plotly.js": plotly,
            "attention maps": sum(map(size_of, blocks)),
            "styles and scripts": code,
        }
        return {"texts and figures": whole - sum(parts.values()), **parts}

    def _agreement(self) -> Mapping[View, str]:
        """The agreement of each measure with what changes the prediction, as printed."""
        return {
            view: self.language.write(item.estimate.mean, "correlation")
            for view, item in self.findings.agreement_by_size.items()
        }

    def _values(self, page: ReportPage, reduced: Sequence[str]) -> Mapping[str, Any]:
        return {"page": page, "reduced": reduced, "colours": ROLE_COLOURS, "scale": MAP_COLOURS}

    def _set(self, template: str, **values: Any) -> Markup:
        return Markup(environment().get_template(template).render(t=self.language.words, **values))


def size_of(markup: Markup) -> int:
    """The bytes of `markup`."""
    return len(markup.encode())
