"""The page that compares two models: one file, without plotly."""

from base64 import b64encode
from hashlib import sha256

from markupsafe import Markup

from reportgen.comparison.compare import Comparison
from reportgen.report.compare_sections.contents import make_compare_page
from reportgen.report.formats import Document
from reportgen.report.html.assets import COMPARE_SCRIPTS, STYLE_SHEETS, environment, joined
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.strings import Language, load_language
from reportgen.report.options import CompareOptions


def write_comparison(comparison: Comparison, options: CompareOptions) -> Document:
    """The comparison as a document."""
    return Document(render(comparison, options))


def render(comparison: Comparison, options: CompareOptions) -> bytes:
    """The page, in UTF-8; nothing of it depends on the machine, the clock or the network.

    Raises:
        ResultsError: a results folder is damaged.
    """
    language = load_language(options.lang)
    words = CompareWords(comparison, language)
    script = joined(COMPARE_SCRIPTS)
    return (
        environment()
        .get_template("compare.html.jinja")
        .render(
            t=language.words,
            page=make_compare_page(comparison, options, words),
            policy=_policy(script),
            css=Markup(joined(STYLE_SHEETS)),
            script=Markup(script),
            data=_data(language),
        )
        .encode()
    )


def _data(language: Language) -> dict[str, object]:
    """The script's words."""
    sections = ("common", "script", "tools")
    return {"words": {key: text for name in sections for key, text in language.words[name].items()}}


def _policy(script: str) -> str:
    """Nothing from outside; one script, known by its hash; pictures are drawn as data images."""
    known = b64encode(sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{known}'; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
