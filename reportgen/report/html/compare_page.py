"""The page that compares two models: one file, without plotly."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from markupsafe import Markup

from reportgen.comparison.compare import Comparison
from reportgen.report.compare_sections.contents import make_compare_page
from reportgen.report.formats import Document
from reportgen.report.html.assets import environment, templates_root
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.strings import Language, load_language
from reportgen.report.options import CompareOptions

# Of the report's scripts those that need nothing but a table, a drawing and the words.
_SCRIPTS = ("js/10-data.js", "js/80-theme.js", "js/88-export.js", "js/89-pictures.js")
_OWN_SCRIPT = "compare/90-start.js"


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
    script = _joined([*_SCRIPTS, _OWN_SCRIPT])
    return (
        environment()
        .get_template("compare.html.jinja")
        .render(
            t=language.words,
            page=make_compare_page(comparison, options, words),
            policy=_policy(script),
            css=Markup(_style()),
            script=Markup(script),
            data=_data(language),
        )
        .encode()
    )


def _data(language: Language) -> dict[str, object]:
    """The script's words."""
    sections = ("common", "script", "tools")
    return {"words": {key: text for name in sections for key, text in language.words[name].items()}}


def _style() -> str:
    """The style sheet of every page."""
    names = sorted(file.name for file in templates_root().joinpath("assets", "css").iterdir())
    return _joined([f"css/{name}" for name in names])


def _joined(names: Sequence[str]) -> str:
    assets = templates_root().joinpath("assets")
    return "\n".join(assets.joinpath(*name.split("/")).read_text("utf-8") for name in names)


def _policy(script: str) -> str:
    """Nothing from outside; one script, known by its hash; pictures are drawn as data images."""
    known = b64encode(sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{known}'; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
