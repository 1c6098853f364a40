"""How a notebook shows one text of a report: in a sandboxed frame, without scripts."""

from markupsafe import escape

from reportgen.comparison import Runs
from reportgen.errors import UsageError
from reportgen.findings import Findings
from reportgen.report.html.assets import STYLE_SHEETS, Assets
from reportgen.report.html.templates import Setting
from reportgen.report.language.language import Language, load_language
from reportgen.report.language.printable import inert
from reportgen.report.options import RenderOptions
from reportgen.report.panel.panel import Panel
from reportgen.report.sections.context import Context
from reportgen.report.sections.section_register import make_page

_HEIGHT = 720  # of the frame, in pixels


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

        self._name, self._says = _said(self._panel, language)

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
            f'<iframe sandbox title="{escape(self._line)}" width="100%" height="{_HEIGHT}" '
            f'frameborder="0" srcdoc="{escape(page)}"></iframe>\n'
        )


def _said(panel: Panel, language: Language) -> tuple[str, str]:
    """The id of a text with its prediction, and what changes it."""
    parts = [panel.text_id]
    if panel.prediction and panel.prediction.value:
        name = language.say("common", "prediction")
        parts.append(f"{name} {panel.prediction.value} {panel.prediction.beside}".strip())
    sentences = panel.colours.influence.sentences if panel.colours else ()
    return inert(" · ".join(parts)), inert(language.say("common", "space").join(sentences))
