"""The brief: a page of few figures for readers without background, printed on two pages.

It says how good the predictions are, which texts are wrong and why, and which tokens count. It has
no scripts, no maps and no texts but those it names.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report.components import Span
from reportgen.report.format_register import Document
from reportgen.report.html.assets import BRIEF_STYLE_SHEETS, Assets
from reportgen.report.html.templates import Setting
from reportgen.report.language.language import load_language
from reportgen.report.options import RenderOptions
from reportgen.report.panel.marked_units import marked_text, shortened, text_measures
from reportgen.report.panel.panel import Panel
from reportgen.report.sections.author import make_author
from reportgen.report.sections.context import Context
from reportgen.report.sections.section_register import make_page
from reportgen.tasks import task_of

_MOST = 8  # texts that are named
_SHOWN = 140  # half-width characters of one


@dataclass(frozen=True, slots=True)
class BriefText:
    """One text: its prediction and label, and what changes the prediction most."""

    panel: Panel
    spans: tuple[Span, ...]  # the text, with its strongest units marked
    reasons: tuple[str, ...]  # why it is here, where there are no labels
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamedTexts:
    """The texts that are named: the largest errors, or without labels those to start with."""

    texts: tuple[BriefText, ...]
    are_errors: bool


def render_brief(runs: Runs, options: RenderOptions) -> Document:
    """The brief of a report."""
    findings, language = runs.findings, load_language(options.lang)
    context = Context(runs, options, language)
    page = make_page(context)
    author = make_author(context)
    assets = Assets(
        "file",
        "",
        scripts=(),
        style_sheets=BRIEF_STYLE_SHEETS,
        has_images=author is not None and author.has_images,
    )
    setting = Setting(findings, options, language, page, assets)
    errors = [row for row in findings.ranking["error"].tolist() if _is_error(findings, row)]
    reasons = {text.number - 1: text.reasons for text in context.notable.texts}
    rows = errors or list(reasons)
    texts = tuple(_text(setting, row, () if errors else reasons[row]) for row in rows[:_MOST])
    brief = NamedTexts(texts, are_errors=bool(errors))
    document = setting.still("brief.html.jinja", brief=brief).encode()
    return Document(document, {"texts and figures": len(document)})


def _is_error(findings: Findings, row: int) -> bool:
    """Whether a text is wrong: of numbers any that was compared, of classes those that differ."""
    has_right = task_of(findings.info.output).has_outcomes
    return not has_right or bool(findings.wrong_texts[row])


def _text(setting: Setting, row: int, reasons: Sequence[str]) -> BriefText:
    findings, language = setting.findings, setting.language
    panel = setting.make_panel(row, is_whole=True)
    spans = marked_text(findings, row, text_measures(findings, row, language))
    changes = panel.colours.influence.changes if panel.colours else ()
    return BriefText(panel, shortened(spans, _SHOWN), tuple(reasons), changes)
