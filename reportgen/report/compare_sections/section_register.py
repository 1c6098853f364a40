"""The register of the sections of a comparison, and the page made of them.

To add a section, add a line to `SECTIONS`, a module with the functions it names, a template
`templates/compare_sections/<id>.html.jinja` and strings, among them its name `nav_<id>` under
`[compared]`.
"""

from reportgen.report.compare_sections.answers import make_answers
from reportgen.report.compare_sections.attention import make_grids, make_layers
from reportgen.report.compare_sections.context import CompareContext
from reportgen.report.compare_sections.explorer import make_explorer
from reportgen.report.compare_sections.models import (
    make_method,
    make_models,
    make_reproduce,
    make_run,
)
from reportgen.report.compare_sections.overview import make_notes, make_overview
from reportgen.report.compare_sections.predictions import make_predictions, make_tokens
from reportgen.report.compare_sections.trend.all_models import make_all_models
from reportgen.report.compare_sections.trend.answer import make_trend
from reportgen.report.section import Page, PageSection, make_navigation, make_sections
from reportgen.report.short_form.compare_parts import (
    short_all_models,
    short_heads,
    short_layers,
    short_models,
    short_overview,
    short_pairs_and_pictures,
    short_predictions,
    short_reproduce,
    short_tokens,
)

SECTIONS: tuple[PageSection[CompareContext], ...] = (
    PageSection("run", make_run, in_navigation=False),
    PageSection("answers", make_answers, in_navigation=False),
    PageSection("trend", make_trend),
    PageSection("all_models", make_all_models, short_all_models),
    PageSection("pairs", make_explorer, short_pairs_and_pictures),
    PageSection("overview", make_overview, short_overview),
    PageSection("predictions", make_predictions, short_predictions),
    PageSection("tokens", make_tokens, short_tokens),
    PageSection("layers", make_layers, short_layers),
    PageSection("heads", make_grids, short_heads),
    PageSection("notes", make_notes, in_navigation=False),
    PageSection("models", make_models, short_models),
    PageSection("method", make_method),
    PageSection("reproduce", make_reproduce, short_reproduce, in_navigation=False),
)


def make_compare_page(context: CompareContext) -> Page:
    """The page that compares two models."""
    made = make_sections(SECTIONS, context)
    return Page(
        title=context.title,
        brand=context.title,
        lang=context.options.lang,
        sections=made,
        navigation=make_navigation(SECTIONS, made, lambda id: context.words.say(f"nav_{id}")),
    )
