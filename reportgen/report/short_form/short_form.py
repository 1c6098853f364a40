"""A report or a comparison in its short form: a headline, then the short forms of its sections."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from reportgen.comparison import Runs
from reportgen.report.charts.picture_files import make_pictures
from reportgen.report.components import Brief
from reportgen.report.format_register import Document, Output, example_of
from reportgen.report.language.language import Language, load_language
from reportgen.report.options import OutputOptions, WriteOptions
from reportgen.report.sections.author import short_author
from reportgen.report.sections.context import Context
from reportgen.report.sections.context_compared import CompareContext
from reportgen.report.sections.section_register import context_of, short_forms
from reportgen.report.short_form.short_sections_compared import short_same
from reportgen.report.short_form.tables import TEXT_LENGTH, cut
from reportgen.report.short_form.verdicts import (
    compared_headline,
    is_same,
    judged,
    mark_of,
    model_name,
    report_headline,
)
from reportgen.results import REDACT, RunInfo

if TYPE_CHECKING:
    pass


_COMPARE_PAGE = "compare.html"  # has every row of a comparison


def make_brief(runs: Runs, options: WriteOptions, output: str | None = None) -> Brief:
    """The short form of `runs`; `output` is the name of the file that the command it prints writes,
    by default a page."""
    context = context_of(runs, options, load_language(options.lang), output)
    facts = (*_commit(options, context.language, runs.infos[0], runs.infos[-1]),)
    if isinstance(context, CompareContext):
        return _of_several(context, facts, runs.infos)
    assert isinstance(context, Context)
    headline = judged(report_headline(context), "", context)
    title = options.title or context.language.say("brief", "title", model=model_name(context))
    return Brief(
        title=cut(title, 2 * TEXT_LENGTH),
        headline=headline,
        sections=short_forms(context),
        facts=(runs.findings.info.created, *facts),
        is_redacted=_is_redacted(runs.infos),
    )


def _is_redacted(infos: Sequence[RunInfo]) -> bool:
    return all(REDACT in info.settings.options for info in infos)


def _of_several(context: CompareContext, facts: tuple[str, ...], infos: Sequence[RunInfo]) -> Brief:
    """The short form of a comparison."""
    comparison, is_short = context.comparison, is_same(context)
    title = (context.options.title or "") if is_short else context.title
    return Brief(
        title=cut(title, 2 * TEXT_LENGTH),
        headline=judged(compared_headline(context), mark_of(comparison), context),
        sections=(
            (*short_author(context), *short_same(context)) if is_short else short_forms(context)
        ),
        facts=(*_compared(context), *facts),
        page=_COMPARE_PAGE,
        is_redacted=_is_redacted(infos),
    )


def write_brief(
    name: str,
    set_brief: Callable[[Brief, OutputOptions, Mapping[str, str]], str],
    runs: Runs,
    options: OutputOptions,
    output: Output | None,
) -> Document:
    """The short form of `runs` in the format `name`, with its pictures beside it, named after the
    `output`; without one it has none. Their sizes are kept apart, since hosts limit the text alone.

    Args:
        set_brief: gives the text, from the paths of the pictures by their figures' names.
    """
    brief = make_brief(runs, options, example_of(name, runs.n))
    pictures = make_pictures(brief.pictures, output.stem if output else "", options.images)
    content = set_brief(brief, options, pictures.paths).encode()
    size = sum(map(len, pictures.files.values()))
    parts = {"text": len(content), "pictures": size} if pictures.files else {}
    remark = load_language(options.lang).say("brief", "lacks_png")
    return Document(content, parts, (remark,) if pictures.lacks_png else (), pictures.files)


def _compared(context: CompareContext) -> Iterable[str]:
    """Which models were compared, on how many texts, and when each was run."""
    comparison, words = context.comparison, context.words
    if comparison.all_models is None:
        base, head = (cut(name, TEXT_LENGTH) for name in context.names)
        yield words.say("compared_as", base=base, head=head)
    yield words.say(
        "line_texts", k=comparison.pairing.n_aligned, n=comparison.pairing.n_independent
    )
    base, head = (side.info.created for side in (comparison.base, comparison.head))
    yield head if base == head else words.say("compared_as", base=base, head=head)


def _commit(options: WriteOptions, language: Language, *runs: RunInfo) -> Iterable[str]:
    """The commit that is given, else that of each of the `runs` where all name one."""
    known = list(dict.fromkeys(info.commit for info in runs))
    commit = options.commit or ("..".join(known) if all(known) else "")
    if commit:
        yield language.say("brief", "commit", commit=commit)
