"""A report or a comparison in its short form: a headline, then the short forms of its sections."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from reportgen.comparison import QualityVerdict, Runs
from reportgen.findings import Interval, SinkVerdict
from reportgen.report.charts.cell_tracks import interval_text
from reportgen.report.charts.picture_files import make_pictures
from reportgen.report.components import Brief
from reportgen.report.format_register import Document, Output, example_of
from reportgen.report.language.language import Language, load_language
from reportgen.report.language.sentences import token_name
from reportgen.report.options import OutputOptions, WriteOptions
from reportgen.report.panel.prediction import number_digits, printed
from reportgen.report.sections.context import Context
from reportgen.report.sections.context_compared import CompareContext
from reportgen.report.sections.overview_compared import compare_headline
from reportgen.report.sections.run import gate_rows
from reportgen.report.sections.section_register import context_of, short_forms
from reportgen.report.short_form.short_sections import short_notes
from reportgen.report.short_form.short_sections_compared import short_same
from reportgen.report.short_form.tables import TEXT_LENGTH, cut
from reportgen.results import REDACT, RunInfo

if TYPE_CHECKING:
    from reportgen.comparison import Comparison

# What the headline says of a token's verdict.
_CLAUSES: Mapping[SinkVerdict, str] = {
    "sink": "sink",
    "raised": "raised",
    "unclear": "unclear",
    "none": "no_sink",
    "too_few_texts": "few",
    "no_text": "few",
    "no_special_tokens": "no_special",
}
# What shows at once which way a comparison went.
_MARKS: Mapping[QualityVerdict, str] = {
    "better": "✅",
    "worse": "❌",
    "same": "➖",
    "unclear": "➖",
    "few": "",
}
_GATES_TOLD = 3  # gates that failed, in the headline
_NOTHING = ("no_sink", "no_special")
_CLAUSE_ORDER = ("sink", "in_heads", "raised", "unclear", "few", *_NOTHING)


_COMPARE_PAGE = "compare.html"  # has every row of a comparison


def make_brief(runs: Runs, options: WriteOptions, output: str | None = None) -> Brief:
    """The short form of `runs`; `output` is the name of the file that the command it prints writes,
    by default a page."""
    context = context_of(runs, options, load_language(options.lang), output)
    facts = (*_commit(options, context.language, runs.infos[0], runs.infos[-1]),)
    if isinstance(context, CompareContext):
        return _of_several(context, facts, runs.infos)
    assert isinstance(context, Context)
    title = options.title or context.language.say("brief", "title", model=_model(context))
    return Brief(
        title=cut(title, 2 * TEXT_LENGTH),
        headline=_judged(report_headline(context), "", options, context.language),
        sections=short_forms(context),
        facts=(runs.findings.info.created, *facts),
        is_redacted=_is_redacted(runs.infos),
    )


def _mark(comparison: "Comparison") -> str:
    """Whether the new model is better, to be seen at once; "" where no right answers say so."""
    predictions = comparison.predictions
    quality = predictions and predictions.quality
    return _MARKS[quality.verdict] if quality else ""


def _judged(headline: str, mark: str, options: WriteOptions, language: Language) -> str:
    """`headline` after the gates that failed, if any; else after `mark`."""
    rows = gate_rows(options.gates, language)
    failed = [row.told(language) for row in rows if row.state == "failed"]
    if failed:
        told = language.listed(failed[:_GATES_TOLD])
        first = language.say("gates", "some_failed", k=len(failed), n=len(rows), gates=told)
        return language.sentences((first, headline))
    return f"{mark} {headline}" if mark else headline


def _is_redacted(infos: Sequence[RunInfo]) -> bool:
    return all(REDACT in info.settings.options for info in infos)


def _of_several(context: CompareContext, facts: tuple[str, ...], infos: Sequence[RunInfo]) -> Brief:
    """The short form of a comparison."""
    comparison, sentences = context.comparison, compare_headline(context.comparison, context.words)
    is_same = comparison.is_same and comparison.all_models is None
    title = (context.options.title or "") if is_same else context.title
    headline = context.language.sentences(sentences) if is_same else sentences[0]
    return Brief(
        title=cut(title, 2 * TEXT_LENGTH),
        headline=_judged(headline, _mark(comparison), context.options, context.language),
        sections=tuple(short_same(context)) if is_same else short_forms(context),
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
    yield words.say("line_texts", k=comparison.pairing.n_aligned, n=comparison.pairing.n_texts)
    base, head = (side.info.created for side in (comparison.base, comparison.head))
    yield head if base == head else words.say("compared_as", base=base, head=head)


def _commit(options: WriteOptions, language: Language, *runs: RunInfo) -> Iterable[str]:
    """The commit that is given, else that of each of the `runs` where all name one."""
    known = list(dict.fromkeys(info.commit for info in runs))
    commit = options.commit or ("..".join(known) if all(known) else "")
    if commit:
        yield language.say("brief", "commit", commit=commit)


def report_headline(context: Context) -> str:
    """How well the model predicts, where its sinks are, how many texts to look at."""
    say, count = context.language.say, context.language.count
    clauses = [*_fit(context), *_sinks(context)]
    if n_texts := len(context.findings.picked.texts):
        clauses.append(count("brief", "to_look_at", n_texts))
    return say(
        "brief",
        "headline",
        model=_model(context),
        texts=len(context.findings.texts),
        clauses=say("brief", "between").join(clauses),
    )


def _model(context: Context) -> str:
    return cut(context.findings.info.model.name, TEXT_LENGTH)


def _fit(context: Context) -> list[str]:
    mae, r2, right = (context.findings.fits[name] for name in ("mae", "r2", "accuracy"))
    if (ranks := context.findings.rank_fit) is not None:
        say = context.language.count
        rank = _with_interval(ranks.correlation, ranks.interval, context.language)
        return [say("brief", "fit_ranks", ranks.n_texts, rank=rank)]
    if mae is not None:
        key = "fit_mae" if r2 is None else "fit"
        explained = r2 and _with_interval(r2.mean, r2.interval, context.language)
        shown = printed(mae.mean, number_digits(context.findings))
        return [context.language.count("brief", key, mae.n_texts, mae=shown, r2=explained)]
    return [] if right is None else [context.language.say("brief", "right", share=right.mean)]


def _with_interval(value: float, interval: Interval | None, language: Language) -> str:
    """A figure of at most 1 with its interval in brackets, if it has one."""
    shown = language.write(value, "correlation")
    return " ".join(filter(None, (shown, interval_text(interval, 2, language))))


def _sinks(context: Context) -> list[str]:
    """A clause for each kind of verdict with its tokens. Where a token stands out, the clause on
    those that do not is left out."""
    say = context.language.say
    tokens: dict[str, list[str]] = {}
    for note in short_notes(context):
        if note.on_sink is None:
            continue
        clause = "in_heads" if note.is_in_heads else _CLAUSES[note.on_sink]
        named = token_name(note, context.language)
        if note.is_in_heads:
            k, n = note.values["n_sink_heads"], note.values["n_heads"]
            named = say("brief", "with_heads", token=named, k=k, n=n)
        if clause in ("sink", "raised"):
            share, layer = float(note.values["share"]), note.values["layer"]
            named = say("brief", "with_share", token=named, share=share, layer=layer)
        tokens.setdefault(clause, []).append(named)
    clauses = [clause for clause in _CLAUSE_ORDER if clause in tokens]
    clauses = [clause for clause in clauses if clause not in _NOTHING] or clauses[:1]
    return [
        say("brief", clause, tokens=context.language.listed(tokens[clause])) for clause in clauses
    ]
