"""The verdict that a short form, and a terminal, begin with: how the gates went, which model is
better, how good one model is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reportgen.comparison import QualityVerdict, Runs
from reportgen.findings import Interval, SinkVerdict
from reportgen.report.charts.cell_tracks import interval_text
from reportgen.report.language.language import Language, load_language
from reportgen.report.language.sentences import token_name
from reportgen.report.options import WriteOptions
from reportgen.report.panel.prediction import number_digits, printed
from reportgen.report.sections.context import Context
from reportgen.report.sections.page_section import PageContext
from reportgen.report.sections.run import gate_rows, is_below_constant
from reportgen.report.sections.section_register import context_of
from reportgen.report.short_form.short_sections import short_notes
from reportgen.report.short_form.tables import TEXT_LENGTH, cut

if TYPE_CHECKING:
    from reportgen.comparison import Comparison
    from reportgen.report.sections.context_compared import CompareContext

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


def first_line(runs: Runs, options: WriteOptions) -> str:
    """What a terminal says first of `runs`: the gates that failed, or how it went."""
    context = context_of(runs, options, load_language(options.lang))
    if isinstance(context, Context):
        return judged(report_headline(context, with_texts=False), "", context)
    from reportgen.report.sections.context_compared import CompareContext  # with all that compares

    assert isinstance(context, CompareContext)
    return judged(compared_headline(context), mark_of(context.comparison), context)


def judged(headline: str, mark: str, context: PageContext) -> str:
    """`headline` after what became of the gates; where they were passed by a model that a mark
    says more of, after this `mark`."""
    language = context.language
    rows = gate_rows(context.options.gates, context.runs.findings, language)
    told = {
        state: [row.told(language) for row in rows if row.state == state]
        for state in ("failed", "warning")
    }
    for state, lines in told.items():
        if lines and not (mark and state == "warning"):
            gates = language.listed(lines[:_GATES_TOLD])
            first = language.say("gates", f"some_{state}", k=len(lines), n=len(rows), gates=gates)
            return language.sentences((first, headline))
    if mark:
        return f"{mark} {headline}"
    return language.sentences((_all_passed(context, len(rows)), headline)) if rows else headline


def _all_passed(context: PageContext, n: int) -> str:
    """That all gates were passed, and whether that says little."""
    findings = context.runs.findings
    is_poor = any(is_below_constant(result, findings) for result in context.options.gates)
    return context.language.count("gates", "all_passed_poor" if is_poor else "all_passed", n)


def mark_of(comparison: "Comparison") -> str:
    """Whether the new model is better, to be seen at once; "" where no right answers say so."""
    predictions = comparison.predictions
    quality = predictions and predictions.quality
    return _MARKS[quality.verdict] if quality else ""


def is_same(context: "CompareContext") -> bool:
    """Whether two models do not differ, and all is said in a sentence or two."""
    return context.comparison.is_same and context.comparison.all_models is None


def compared_headline(context: "CompareContext") -> str:
    """What a comparison found, in a sentence; of two models that do not differ all that is said."""
    from reportgen.report.sections.overview_compared import compare_headline

    sentences = compare_headline(context.comparison, context.words)
    return context.language.sentences(sentences) if is_same(context) else sentences[0]


def report_headline(context: Context, *, with_texts: bool = True) -> str:
    """How well the model predicts, where its sinks are, how many texts to look at."""
    say, count = context.language.say, context.language.count
    clauses = [*_fit(context), *_sinks(context)]
    if with_texts and (n_texts := len(context.findings.picked.texts)):
        clauses.append(count("brief", "to_look_at", n_texts))
    return say(
        "brief",
        "headline",
        model=model_name(context),
        texts=len(context.findings.texts),
        clauses=say("brief", "between").join(clauses),
    )


def model_name(context: Context) -> str:
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
