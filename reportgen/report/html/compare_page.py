"""The page that compares two models: one file, without plotly."""

from reportgen.comparison.compare import Comparison
from reportgen.report.charts.colours import ROLE_COLOURS
from reportgen.report.compare_sections.context import CompareContext
from reportgen.report.compare_sections.section_register import make_compare_page
from reportgen.report.format_register import Document
from reportgen.report.html.assets import COMPARE_SCRIPTS, Assets, Place, environment
from reportgen.report.html.data import script_words
from reportgen.report.language.strings import load_language
from reportgen.report.options import CompareOptions


def write_comparison(comparison: Comparison, options: CompareOptions) -> Document:
    """The comparison as a document."""
    return Document(render(comparison, options))


def render(comparison: Comparison, options: CompareOptions, home: str = "") -> bytes:
    """The page, in UTF-8; nothing of it depends on the machine, the clock or the network. On a site
    it links to `home`, the list of all pages.

    Raises:
        ResultsError: a results folder is damaged.
    """
    language = load_language(options.lang)
    return (
        environment()
        .get_template("page.html.jinja")
        .render(
            t=language.words,
            page=make_compare_page(CompareContext(comparison, options, language)),
            is_comparison=True,
            assets=Assets("file", "", COMPARE_SCRIPTS, place=Place(home=home)),
            data={"words": script_words(language, "common", "script", "tools")},
            blocks=(),
            colours=ROLE_COLOURS,
        )
        .encode()
    )
