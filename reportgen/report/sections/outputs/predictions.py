"""The section on predictions: what the model returned for all texts, by the kind of its output."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from reportgen.findings.findings import Findings
from reportgen.findings.outputs.predictions import MIN_PREDICTIONS, NumbersFit
from reportgen.findings.statistics import Estimate
from reportgen.report.charts.small.tracks import interval_text
from reportgen.report.components import Cell, Kpi, QualitySection, Table, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import decimals, written
from reportgen.report.language.printable import shorten
from reportgen.report.language.sentences import spoken
from reportgen.report.sections.outputs.classes import make_classes, make_labels
from reportgen.report.sections.outputs.found_answers import make_found_answers
from reportgen.report.sections.outputs.masks import make_masks
from reportgen.report.sections.outputs.multiple_choice import make_choices
from reportgen.report.sections.outputs.numbers import make_numbers
from reportgen.report.sections.outputs.shares import (
    LISTED,
    NAME,
    interval_note,
    most_frequent,
    share_bar,
)
from reportgen.report.sections.outputs.tags import make_tags
from reportgen.results.info import OutputKind


def _numbers(findings: Findings, language: Language) -> QualitySection:
    """The range of each number, for a model that returns several for each text; where there are
    labels, how far each is off."""
    say = partial(language.say, "quality")
    spreads = findings.score_spreads
    names = findings.info.output.labels or tuple(str(i) for i in range(1, len(spreads) + 1))
    widest = max(range(len(spreads)), key=lambda i: spreads[i].deviation)
    rows = []
    for name, own in list(zip(names, spreads, strict=False))[:LISTED]:
        values = (own.mean, own.deviation, own.low, own.high)
        cells = [Cell(written(value, decimals(own.largest))) for value in values]
        rows.append((shorten(name, NAME), cells))
    columns = [say(key) for key in ("number_name", "mean", "deviation", "lowest", "highest")]
    spread = say(
        "numbers",
        k=len(names),
        name=shorten(names[widest], NAME),
        low=spreads[widest].low,
        high=spreads[widest].high,
    )
    table = make_table(say("numbers_table"), columns, rows)
    fit, use = findings.numbers_fit, findings.label_use
    unused: tuple[str, ...] = ()
    if use is not None and use.unused is not None:
        n_unused = use.n_labelled - use.n_used
        unused = (language.count("quality", "numbers_unused", n_unused, k=len(names)),)
    mae = findings.fits["mae"]
    if fit is None or mae is None or len(fit.texts) < MIN_PREDICTIONS:
        return QualitySection(headline=spread, remarks=unused, tables=(table,))
    return QualitySection(
        headline=_off(len(names), mae, language),
        remarks=(say("numbers_alike"), *unused),
        interval_note=say("intervals") if mae.interval else "",
        tables=(_numbers_off(names, fit, language), table),
    )


def _off(n_numbers: int, mae: Estimate, language: Language) -> str:
    """How far several numbers are off on average."""
    ends = interval_text(mae.interval, decimals(mae.mean), language)
    off = " ".join(filter(None, (language.write(mae.mean, "number"), ends)))
    return language.say("quality", "numbers_fit", k=n_numbers, n=mae.n_texts, mae=off)


def _numbers_off(names: Sequence[str], fit: NumbersFit, language: Language) -> Table:
    """How far each number is off, beside always giving its median label."""
    say, rows = partial(language.say, "quality"), []
    constants = abs(fit.labels - fit.constants).mean(axis=0)
    for i, name in list(enumerate(names))[:LISTED]:
        own, base = fit.by_number[i], float(constants[i])
        digits = decimals(max(own.mean, base))
        ends = interval_text(own.interval, digits, language)
        cells = [Cell(written(own.mean, digits), ends), Cell(written(base, digits))]
        rows.append((shorten(name, NAME), cells))
    columns = [say(key) for key in ("number_name", "mae", "numbers_constant")]
    return make_table(say("numbers_off"), columns, rows)


def _completions(findings: Findings, language: Language) -> QualitySection | None:
    """How well the model expects the completions, and the tokens that it expects least."""
    say = partial(language.say, "quality")
    found = findings.completions
    if found is None:
        return None
    rows = []
    for step in found.least[:LISTED]:
        text_id = str(findings.texts["text_id"].iloc[step.text])
        likeliest = shorten(spoken(step.likeliest, language), NAME) if step.likeliest else ""
        cells = (
            Cell(language.percent(step.chance)),
            Cell(likeliest),
            Cell(shorten(text_id, NAME)),
        )
        rows.append((shorten(spoken(step.token, language), NAME), cells))
    columns = [say(key) for key in ("token", "chance", "likeliest", "in_text")]
    is_generated = "generate" in findings.info.settings.options
    generated = (say("generated"),) if is_generated else ()
    figures = (_perplexity(findings.fits.known("perplexity"), language),)
    return QualitySection(
        headline=say(
            "completions",
            n=found.n_tokens,
            k=found.n_likeliest,
            share=found.n_likeliest / found.n_tokens,
            perplexity=found.perplexity,
        ),
        remarks=(*generated, say("perplexity")),
        figures=figures,
        interval_note=interval_note(figures, language),
        tables=(make_table(say("least_expected"), columns, rows),),
    )


def _perplexity(found: Estimate, language: Language) -> Kpi:
    """The perplexity of all completions, with its interval over the texts."""
    name, remark = language.say("compared", "quality_perplexity"), ""
    if found.interval is not None:
        digits = decimals(found.mean)
        low, high = (written(end, digits) for end in found.interval)
        remark = language.say("number", "interval", low=low, high=high)
    return Kpi(language.write(found.mean, "number"), name[:1].upper() + name[1:], remark)


def _next_tokens(findings: Findings, language: Language) -> QualitySection:
    """The tokens that were most often the likeliest to come next."""
    say = partial(language.say, "quality")
    tokens = findings.frequent
    n = sum(token.n_items for token in tokens)
    rows = []
    for token in tokens[:LISTED]:
        chance = Cell(language.percent(token.chance))
        cells = (share_bar(token.n_items / n), Cell(f"{token.n_items:,}"), chance)
        rows.append((shorten(spoken(token.name, language), NAME), cells))
    columns = [say(key) for key in ("token", "predicted_bar", "n_texts", "mean_chance")]
    names = [shorten(spoken(token.name, language), NAME) for token in tokens]
    counts = [token.n_items for token in tokens]
    return QualitySection(
        headline=most_frequent(
            "quality", "next_token", names, counts, n, language, different=len(tokens)
        ),
        tables=(make_table(say("next_table"), columns, rows, "tracks"),),
    )


# By kind of output; an embedding has no section.
_MAKERS: Mapping[OutputKind, Callable[[Findings, Language], QualitySection | None]] = {
    "number": make_numbers,
    "numbers": _numbers,
    "class": make_classes,
    "labels": make_labels,
    "next_token": _next_tokens,
    "completion": _completions,
    "tags": make_tags,
    "answer": make_found_answers,
    "choice": make_choices,
    "masks": make_masks,
}


def make_quality(findings: Findings, language: Language) -> QualitySection | None:
    """The section on predictions; None for an embedding and for too few texts."""
    make = _MAKERS.get(findings.info.output.kind)
    is_enough = int(findings.analysed.sum()) >= MIN_PREDICTIONS
    return make(findings, language) if make and is_enough else None
