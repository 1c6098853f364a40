"""The page that compares two models: one file, without plotly."""

from reportgen.comparison.compare import Comparison
from reportgen.report.charts.colours import ROLE_COLOURS
from reportgen.report.compare_sections.context import CompareContext
from reportgen.report.compare_sections.section_register import make_compare_page
from reportgen.report.format_register import Document, Output
from reportgen.report.html.assets import COMPARE_SCRIPTS, Assets, Place, environment
from reportgen.report.html.data import script_words
from reportgen.report.language.strings import load_language
from reportgen.report.options import CompareOptions


def write_comparison(
    comparison: Comparison, options: CompareOptions, output: Output | None = None
) -> Document:
    """The comparison as a document; nothing of it depends on `output`."""
    assets = _assets(options, Place())
    return Document(_page(comparison, options, assets), files=assets.files)


def render(comparison: Comparison, options: CompareOptions, home: str = "") -> bytes:
    """The page, in UTF-8; nothing of it depends on the machine, the clock or the network. On a site
    it links to `home`, the list of all pages.

    Raises:
        ResultsError: a results folder is damaged.
    """
    return _page(comparison, options, _assets(options, Place(home=home)))


def _assets(options: CompareOptions, place: Place) -> Assets:
    return Assets(options.layout, "", COMPARE_SCRIPTS, place=place)


def _page(comparison: Comparison, options: CompareOptions, assets: Assets) -> bytes:
    language = load_language(options.lang)
    return (
        environment()
        .get_template("page.html.jinja")
        .render(
            t=language.words,
            page=make_compare_page(CompareContext(comparison, options, language)),
            is_comparison=True,
            assets=assets,
            data={"words": script_words(language, "common", "script", "tools")},
            blocks=(),
            colours=ROLE_COLOURS,
        )
        .encode()
    )
