"""How a notebook shows a report, or one text of it: a sentence that no sanitiser removes, and a
sandboxed frame."""

from dataclasses import replace

from markupsafe import escape

from reportgen.comparison import Runs
from reportgen.errors import UsageError
from reportgen.findings import Findings
from reportgen.report.html.assets import NOTEBOOK_STYLE_SHEETS, STYLE_SHEETS, Assets
from reportgen.report.html.templates import Setting
from reportgen.report.language.language import Language, load_language
from reportgen.report.language.printable import inert, visible
from reportgen.report.language.sentences import headline, sentence
from reportgen.report.options import RenderOptions
from reportgen.report.panel.panel import Panel
from reportgen.report.sections.context import Context
from reportgen.report.sections.errors import told_errors
from reportgen.report.sections.section_register import make_page

# Largest output of a cell in bytes; to fit, first the open text is left out, then the list of
# texts, then the frame.
LIMIT = 200_000
_HEIGHT = 760  # of the frame, in pixels


def render_notebook(findings: Findings, lang: str = "en", limit: int = LIMIT) -> str:
    """The report as HTML of at most `limit` bytes for a cell of a notebook.

    The sentence stands outside the frame, because it is all that a notebook shows before it is
    trusted. Nothing can run inside the frame.
    """
    language = load_language(lang)
    line = plain_text(findings, lang)
    for page in (*_pages(findings, language), ""):
        size = f"{len(page.encode()) / 1000:.0f}"
        what = language.say("notebook", "shown" if page else "too_large", kb=size)
        how = language.say("notebook", "save")
        html = f"<p><b>{escape(visible(line))}</b></p>\n<p>{escape(what)} {escape(how)}</p>\n"
        if page:
            title = escape(language.say("notebook", "frame"))
            html += (
                f'<iframe sandbox title="{title}" width="100%" height="{_HEIGHT}" frameborder="0" '
                f'srcdoc="{escape(page)}"></iframe>\n'
            )
        if len(html.encode()) <= limit:
            break
    return html


def render_markdown(findings: Findings, lang: str = "en") -> str:
    """The headline, what is sure about errors, and the notes as Markdown, for a cell of a
    notebook."""
    from reportgen.report.short_form.escaping import escape as escape_markdown

    language, notes = load_language(lang), findings.notes
    sentences = [*told_errors(findings, language), *(sentence(note, language) for note in notes)]
    items = [f"- {escape_markdown(line)}" for line in sentences]
    first = escape_markdown(headline(notes, findings.info.model.name, language))
    save = escape_markdown(language.say("notebook", "save"))
    return "\n".join([f"**{first}**", "", *items, "", save, ""])


def plain_text(findings: Findings, lang: str = "en") -> str:
    """The report in one line: the number of texts and the verdict on sinks."""
    language = load_language(lang)
    verdict = headline(findings.notes, findings.info.model.name, language)
    return language.count("notebook", "line", len(findings.texts), headline=verdict)


def _pages(findings: Findings, language: Language) -> tuple[str, ...]:
    """The page in the frame: with the open text and the most remarkable ones, without the open one,
    and without any."""
    options = RenderOptions(lang="ja" if language.code == "ja" else "en")
    context = Context(Runs(findings), options, language)
    first = findings.opened[language.code]

    def document(*, texts: bool, text: int | None) -> str:
        page = make_page(context if texts else replace(context, listed=()))
        styles = NOTEBOOK_STYLE_SHEETS if text is None else STYLE_SHEETS
        assets = Assets("file", "", scripts=(), style_sheets=styles)
        setting = Setting(findings, options, language, page, assets)
        panels = [] if text is None else [setting.make_panel(text, is_whole=True)]
        shown = list(map(setting.still_panel, panels))
        return setting.still("notebook.html.jinja", panels=shown)

    return (
        *([document(texts=True, text=first)] if findings.analysed[first] else []),
        document(texts=True, text=None),
        document(texts=False, text=None),
    )


_TEXT_HEIGHT = 720  # of the frame, in pixels


class TextCell:
    """One text of a report, as the last value of a notebook's cell: its prediction, its tokens
    coloured and with bars, the table of tokens, and the attention map of the last layer."""

    def __init__(self, findings: Findings, text_id: str, lang: str) -> None:
        """The text with this id; the first of them if several have it.

        Raises:
            UsageError: no text has it.
        """
        ids = findings.texts["text_id"].astype(str).tolist()
        if text_id not in ids:
            known = ", ".join(ids[:3]) + (", …" if len(ids) > 3 else "")
            raise UsageError(f"no text has the id {inert(text_id)!r}; ids are {inert(known)}")
        language = load_language(lang)
        options = RenderOptions(lang="ja" if language.code == "ja" else "en")
        assets = Assets("file", "", scripts=(), style_sheets=STYLE_SHEETS)
        page = make_page(Context(Runs(findings), options, language))
        self._setting = Setting(findings, options, language, page, assets)
        self._panel = self._setting.make_panel(ids.index(text_id), is_whole=True)

        self._name, self._says = _text_said(self._panel, language)

    def __repr__(self) -> str:
        return f"<reportgen text {self._line}>"

    @property
    def _line(self) -> str:
        return " · ".join(filter(None, (self._name, self._says)))

    def _repr_html_(self) -> str:
        panels = (self._setting.still_panel(self._panel),)
        page = self._setting.still("notebook_text.html.jinja", panels=panels)
        return (
            f"<p><b>{escape(self._name)}</b> {escape(self._says)}</p>\n"
            f'<iframe sandbox title="{escape(self._line)}" width="100%" height="{_TEXT_HEIGHT}" '
            f'frameborder="0" srcdoc="{escape(page)}"></iframe>\n'
        )


def _text_said(panel: Panel, language: Language) -> tuple[str, str]:
    """The id of a text with its prediction, and what changes it."""
    parts = [panel.text_id]
    if panel.prediction and panel.prediction.value:
        name = language.say("common", "prediction")
        parts.append(f"{name} {panel.prediction.value} {panel.prediction.beside}".strip())
    sentences = panel.colours.influence.sentences if panel.colours else ()
    return inert(" · ".join(parts)), inert(language.sentences(sentences))
