"""A comparison as one Markdown text for a pull request or a wiki page."""

from reportgen.comparison.compare import Comparison
from reportgen.report.digest.compare import make_compare_brief
from reportgen.report.digest.limits import Limit, limit_of
from reportgen.report.digest.markdown import set_brief
from reportgen.report.formats import Document
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.strings import load_language
from reportgen.report.options import CompareOptions
from reportgen.results.store import Results


def write_comparison(
    comparison: Comparison, base: Results, head: Results, options: CompareOptions
) -> Document:
    """The comparison as a document."""
    return Document(render(comparison, base, head, options).encode())


def render(comparison: Comparison, base: Results, head: Results, options: CompareOptions) -> str:
    """The comparison as Markdown in the flavour asked for, within what that takes.

    Raises:
        UsageError: it cannot be as short as --md-limit asks for.
    """
    words = CompareWords(comparison, base, head, load_language(options.lang))
    brief = make_compare_brief(comparison, base, head, options, words, "compare.md")
    limit = limit_of(options.md_flavor, options.md_limit)
    return set_brief(
        brief, options.md_flavor, limit, options.id, words.language, {}, page="compare.html"
    )


def step_summary(
    comparison: Comparison, base: Results, head: Results, options: CompareOptions, room: int
) -> bytes:
    """The same for the summary of a step on GitHub Actions, within `room` bytes."""
    words = CompareWords(comparison, base, head, load_language(options.lang))
    brief = make_compare_brief(comparison, base, head, options, words, "compare.html")
    text = set_brief(
        brief, "github", Limit(room, room), options.id, words.language, {}, page="compare.html"
    )
    return text.encode()
