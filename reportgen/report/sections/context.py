"""The context that all sections of a report are made from."""

import re
from dataclasses import dataclass
from functools import cached_property

from reportgen.findings import Citation, Findings
from reportgen.report.components import Answer, QualitySection
from reportgen.report.language.printable import shorten
from reportgen.report.options import RenderOptions
from reportgen.report.panel.evidence_scope import Scope, make_scope
from reportgen.report.sections.answers import make_answers
from reportgen.report.sections.notable import Marked, Notable, make_notable
from reportgen.report.sections.page_section import PageContext
from reportgen.report.sections.predictions import make_quality
from reportgen.report.sections.sink_overview import Overview, make_overview
from reportgen.report.sections.tokens import Across, make_across
from reportgen.report.sections.trust import Trust, make_trust

TITLE_WIDTH = 60  # half-width characters of a model's name


@dataclass(frozen=True)
class Context(PageContext):
    """What the sections of one run are made from."""

    options: RenderOptions
    listed: tuple[int, ...] | None = None  # rows of `texts` on the page; None: not known yet
    cited_by_texts: tuple[Citation, ...] = ()  # by the notes in the panels of texts
    marked: Marked | None = None  # texts with their strongest tokens marked

    @property
    def findings(self) -> Findings:
        """The findings of the run."""
        return self.runs.findings

    @property
    def title(self) -> str:
        """The title that the user gave, or the number of texts and the model."""
        usual = self.language.count("page", "title", self.findings.n_texts, model=self._model)
        return self.options.title or usual

    @property
    def models(self) -> str:
        """The name of the model."""
        return self.findings.info.model.name

    @property
    def brand(self) -> str:
        """The title that the user gave, or the model."""
        return self.options.title or self._model

    @property
    def _model(self) -> str:
        return short_name(self.models)

    @cached_property
    def scope(self) -> Scope:
        """What evidence there is, and on which texts."""
        return make_scope(self.findings, self.language)

    @property
    def cited(self) -> tuple[Citation, ...]:
        """The publications that notes cite."""
        citations = [citation for note in self.findings.notes for citation in note.citations]
        return (*citations, *self.cited_by_texts)

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """The four answers at the top."""
        return make_answers(self.findings, self.language)

    @cached_property
    def quality(self) -> QualitySection | None:
        """The section on predictions."""
        return make_quality(self.findings, self.language)

    @cached_property
    def overview(self) -> Overview:
        """The verdicts, the key figures, and the figures by layer and head."""
        return make_overview(self.findings, self.language)

    @cached_property
    def trust(self) -> Trust | None:
        """The section on agreement; None without evidence."""
        return make_trust(self.findings, self.scope, self.language)

    @cached_property
    def across(self) -> Across | None:
        """The section on the tokens of all texts."""
        return make_across(self.findings, self.language)

    @cached_property
    def notable(self) -> Notable:
        """The texts that deserve a look."""
        return make_notable(self.findings, self.language, self.marked)


def short_name(model: str) -> str:
    """A model's name for a title: the last part of a path, or a hub id such as `owner/name`. A long
    name is cut in the middle."""
    parts = [part for part in re.split(r"[/\\]", model) if part]
    is_path = len(parts) > 2 or model.startswith((".", "~", "/", "\\"))
    return shorten(parts[-1] if is_path and parts else model, TITLE_WIDTH)
