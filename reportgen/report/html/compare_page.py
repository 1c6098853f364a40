"""The page that compares two models: one file, without plotly."""

from reportgen.comparison.compare import Comparison
from reportgen.report.charts.colours import ROLE_COLOURS
from reportgen.report.compare_sections.context import CompareContext
from reportgen.report.compare_sections.section_register import make_compare_page
from reportgen.report.format_register import Document, Output
from reportgen.report.html.assets import (
    ALONE,
    COMPARE_SCRIPTS,
    COMPARE_STYLE_SHEETS,
    Assets,
    PagePlace,
    environment,
)
from reportgen.report.html.data import script_words
from reportgen.report.language.language import load_language
from reportgen.report.options import CompareOptions


def write_comparison(
    comparison: Comparison, options: CompareOptions, output: Output | None = None
) -> Document:
    """The comparison as a document; nothing of it depends on `output`."""
    return Document(render(comparison, options), files=comparison_assets(options, ALONE).files)


def render(comparison: Comparison, options: CompareOptions, place: PagePlace = ALONE) -> bytes:
    """The page, which lies at `place`, in UTF-8; nothing of it depends on the machine, the clock or
    the network.

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
            assets=comparison_assets(options, place),
            data={"words": script_words(language, "common", "script", "tools")},
            blocks=(),
            colours=ROLE_COLOURS,
        )
        .encode()
    )


def comparison_assets(options: CompareOptions, place: PagePlace) -> Assets:
    """What such a page needs."""
    return Assets(options.layout, "", COMPARE_SCRIPTS, COMPARE_STYLE_SHEETS, place=place)
