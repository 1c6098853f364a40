"""A comparison in its short form: a headline, then the short forms of its sections."""

from reportgen.comparison.compare import Comparison
from reportgen.report.compare_sections.context import CompareContext
from reportgen.report.compare_sections.overview import headline
from reportgen.report.compare_sections.section_register import SECTIONS
from reportgen.report.components import Brief
from reportgen.report.digest.tables import TEXT_LENGTH, shorten
from reportgen.report.language.strings import load_language
from reportgen.report.options import CompareOptions
from reportgen.report.section import short_forms


def make_compare_brief(comparison: Comparison, options: CompareOptions, output: str) -> Brief:
    """The short form of a comparison; `output` is the name of the file that the command it prints
    writes."""
    context = CompareContext(comparison, options, load_language(options.lang), output)
    said = headline(comparison, context.words)
    # How many heads differ is the last of the headline; a note says it with more to it.
    n_said = len(said) - any(note.id == "heads" for note in comparison.notes)
    return Brief(
        title=shorten(context.title, 2 * TEXT_LENGTH),
        headline=context.language.say("common", "space").join(said[:n_said]),
        sections=short_forms(SECTIONS, context),
    )
