"""The four answers at the top of a page, each in one sentence with one small chart.

What the model predicted, what changes that, whether attention piles up, and how far the colours
can be trusted. An answer names a token only where a sentence may (see `findings/tokens/lists.py`).
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from reportgen.findings import (
    EffectLists,
    Findings,
    Judgement,
    ListedToken,
    is_complete,
    largest_changes,
)
from reportgen.report.charts.small_charts import (
    ROWS,
    Bar,
    Dot,
    DotKind,
    dots_with_intervals,
    named_bars,
)
from reportgen.report.components import Answer
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import IN_SHORT, decimals, in_column, is_zero
from reportgen.report.language.printable import shorten
from reportgen.report.language.sentences import last_values, verdict_of
from reportgen.report.panel.occurrences import told_apart
from reportgen.report.panel.unit_measures import cls_name, strongest, text_effects
from reportgen.report.sections.prediction_answer import predicted
from reportgen.report.sections.sinks import sink_answer
from reportgen.results import (
    BY_ID,
    CHANGES,
    EFFECT,
    MIN_TEXTS,
    MIN_UNITS,
    View,
    colours_of,
    measure_of,
    text_units,
)
from reportgen.tasks import has_sign

_TOKEN = 22  # half-width characters of a token in an answer


def make_answers(findings: Findings, language: Language) -> tuple[Answer, ...]:
    """The answers of a report, in reading order."""
    makers = (predicted, _changes, sink_answer, _trust)
    return tuple(make(findings, language) for make in makers)


def _changes(findings: Findings, language: Language) -> Answer:
    """Which tokens raise the explained figure, and which lower it."""
    say = partial(language.say, "answers")
    answer = partial(Answer, "across", say("changes"))
    if findings.info.evidence.level == "none":
        return answer(say("not_measured"), say("not_in_run"))
    if int(findings.analysed.sum()) == 1 and not findings.results.is_redacted:
        return _changes_in_one(findings, language, answer)
    if findings.is_constant:
        return answer(say("nothing_changes"))
    if findings.results.is_redacted:
        return answer(say("redacted"), say("redacted_remark"))
    effects = findings.told_lists
    if findings.last_token is not None:
        verdict = say("last", **last_values(findings.last_token, language))
        return _changes_elsewhere(findings, language, answer, verdict)
    if effects is None or effects.tells_of_none:
        is_judged = any(not of_target.tells_of_none for of_target in findings.token_lists)
        is_shared = any(of_target.ranked.n_shared for of_target in findings.token_lists)
        is_apart = bool(findings.explained_targets) and not findings.token_lists
        few = "few_sure_tokens" if is_shared else "few_alike" if is_apart else "too_few_tokens"
        verdict = say("none_stands_out" if is_judged else few)
        return _changes_in_opened(findings, language, answer, verdict)
    names = findings.tokens.labels
    named = {
        kind: shorten(names[token.label], _TOKEN)
        for kind, listing in effects.lists.items()
        if (token := listing.named) and not is_tiny(token.value, findings)
    }
    if not named:
        listed = [
            token
            for listing in effects.lists.values()
            for token in (*listing.sure, *listing.doubtful)
        ]
        is_still = all(is_tiny(end, findings) for token in listed for end in token.interval)
        none = "none_matters" if is_still else "none_stands_out"
        verdict = say("few_strong" if effects.strong_in_few(findings.tiny_effect) else none)
    elif "moves" in named:
        verdict = say("moves", token=named["moves"])
    elif len(named) == 2:
        verdict = say("raises_and_lowers", up=named["raises"], down=named["lowers"])
    else:
        (key,) = named
        verdict = say(key, **{"up" if key == "raises" else "down": named[key]})
    return _changes_over_texts(findings, effects, language, answer, verdict)


def _changes_over_texts(
    findings: Findings,
    effects: EffectLists,
    language: Language,
    answer: Callable[..., Answer],
    verdict: str,
    about: str = "",
) -> Answer:
    """What changes the prediction over all texts: the strongest of the tokens that are listed, or
    the changes of one text where none is. `about` is the key of the remark, if it is another."""
    bars = _changing(effects, findings.tokens.labels, partial(_doubt, language=language))
    if not bars:
        return _changes_in_opened(findings, language, answer, verdict)
    what = shorten(effects.target or "", 2 * _TOKEN)
    about = about or ("mean_change_of" if effects.target else f"mean_change{_of_size(findings)}")
    remark = language.count("answers", about, effects.n_texts, what=what)
    if any(bar.doubt for bar in bars):
        remark = language.sentences((remark, language.say("answers", "hollow")))
    return answer(verdict, remark, named_bars(bars))


def _changes_elsewhere(
    findings: Findings, language: Language, answer: Callable[..., Answer], verdict: str
) -> Answer:
    """What changes the prediction beside the last token, which does so most."""
    effects = findings.told_lists
    if effects is None or effects.tells_of_none:
        return _changes_in_opened(findings, language, answer, verdict)
    about = "mean_change_of" if effects.target else "mean_change_elsewhere"
    return _changes_over_texts(findings, effects, language, answer, verdict, about)


def is_tiny(value: float, findings: Findings) -> bool:
    """Whether a change is so small that a text with none larger is one that hardly anything
    changes."""
    return findings.explained_range is not None and abs(value) <= findings.tiny_effect


def _of_size(findings: Findings) -> str:
    """The ending of a key for changes that have no sign."""
    return "" if has_sign(BY_ID[EFFECT], findings.info.evidence.scalar) else "_size"


def _changes_in_one(
    findings: Findings, language: Language, answer: Callable[..., Answer]
) -> Answer:
    """What changes the prediction in the only text: its strongest changes, as they are."""
    say = partial(language.say, "answers")
    text = int(np.flatnonzero(findings.analysed)[0])
    changes = changes_of(findings, text, language)
    if changes is None:
        return answer(say("not_measured"))
    remark = say(f"one_change{_of_size(findings)}")
    if not changes:
        return answer(say("none_moves_one"), remark)
    largest = max(changes, key=lambda change: abs(change[1]))[0]
    key = "in_one_unit" if text_units(findings.results, text).content.sum() == 1 else "in_one_text"
    verdict = say(key, token=shorten(largest, _TOKEN))
    return answer(verdict, remark, named_bars(_bars_of(changes, findings)))


def _changes_in_opened(
    findings: Findings, language: Language, answer: Callable[..., Answer], verdict: str
) -> Answer:
    """What changes the prediction for the text that is open, where no token can be told of over all
    texts."""
    text = findings.opened[language.code]
    changes = changes_of(findings, text, language) if findings.analysed[text] else None
    if not changes:
        return answer(verdict)
    remark = language.say("answers", f"opened_change{_of_size(findings)}", n=text + 1)
    return answer(verdict, remark, named_bars(_bars_of(changes, findings)))


def changes_of(findings: Findings, text: int, language: Language) -> list[tuple[str, float]] | None:
    """The strongest changes without one unit of row `text` of `texts`, each with the unit, the
    strongest rise of the prediction with it in front; None where they were not measured."""
    units = text_units(findings.results, text)
    effects = text_effects(findings.results, text, units.unit_of)
    values = None if effects is None else effects.columns.get(EFFECT)
    if values is None:
        return None
    first = [i for i in strongest(units, abs(values)) if values[i]][:ROWS]
    names = told_apart([unit.label for unit in units.units], language)
    changes = [(names[i], float(values[i])) for i in first]
    return sorted(changes, key=lambda change: -change[1])


def _bars_of(changes: Sequence[tuple[str, float]], findings: Findings) -> list[Bar]:
    is_signed = has_sign(BY_ID[EFFECT], findings.info.evidence.scalar)
    digits = decimals(max(abs(value) for _, value in changes), IN_SHORT)
    return [
        Bar(label, value, in_column(value, digits, is_signed), is_signed)
        for label, value in changes
    ]


def _changing(
    effects: EffectLists, names: Sequence[str], doubt_of: Callable[[ListedToken], str]
) -> list[Bar]:
    """The tokens that change the figure most, the strongest rise in front, the strongest fall last:
    of each direction the one that a sentence names, then those that are sure, then those that may
    be chance, which are hollow and say why."""
    each = ROWS // len(effects.lists)
    shown: list[ListedToken] = []
    for kind, listing in effects.lists.items():
        first = [listing.named] if listing.named else []
        others = [token for token in listing.sure if token not in first]
        chosen = (first + others + [*listing.doubtful])[:each]
        ordered = sorted(chosen, key=lambda token: -abs(token.value))
        shown += ordered[::-1] if kind == "lowers" else ordered
    if not shown:
        return []
    digits = decimals(max(abs(token.value) for token in shown), IN_SHORT)
    is_signed = "moves" not in effects.lists
    doubts = ["" if token.is_named else doubt_of(token) for token in shown]
    return [
        Bar(
            names[token.label],
            token.value,
            in_column(token.value, digits, is_signed),
            is_signed,
            doubt,
            beside=doubt,
        )
        for token, doubt in zip(shown, doubts, strict=True)
        if token.is_named or not is_zero(token.value, digits)
    ]


def _doubt(token: ListedToken, *, language: Language) -> str:
    """Why no sentence may name a token."""
    if not token.is_few:
        return language.say("answers", "doubt")
    if token.n_texts < MIN_TEXTS:
        return language.count("answers", "doubt_few", token.n_texts)
    return language.say("answers", "doubt_alike")  # most of its texts are copies


def _trust(findings: Findings, language: Language) -> Answer:
    """Whether the colours that are shown first, which are where the model looks unless another
    measure was asked for, tell what changes the prediction, and more of it than what needs no
    model."""
    say = partial(language.say, "answers")
    is_look = measure_of(findings.shown_first, findings.info).group == "attention"
    is_left_out = int(findings.analysed.sum()) == 1
    answer = partial(
        Answer, "trust", say("looking" if is_look else "trust"), is_left_out=is_left_out
    )
    if findings.info.evidence.level == "none":
        return answer(say("not_measured"), say("not_in_run"))
    judged = findings.colouring.judgement
    if judged is None:
        if findings.is_constant:
            return answer(say("no_order"), say("no_order_remark"))
        if findings.shown_first in CHANGES:
            return answer(say("is_change"), say("is_change_remark"))
        return answer(say("few_agreement"), say("few_remark", n=MIN_TEXTS, units=MIN_UNITS))
    is_still = judged.is_above_all and _is_still(findings)
    return answer(
        verdict_of(judged, language),
        _agreement_remark(judged, is_still, language),
        dots_with_intervals(
            _compared(findings, judged, language), (say("axis_chance"), say("axis_same"))
        ),
        is_caveat=is_still or judged.verdict == "worse",
    )


def _compared(findings: Findings, judged: Judgement, language: Language) -> list[Dot]:
    """The agreement of the colours that are shown first, of the best other measure of attention, of
    the best measure that is no attention, and of the baseline that the verdict names.

    Only measures with colours are among them, and not those that are changes themselves.
    """
    first, known = findings.shown_first, findings.agreement_by_size
    able = [
        view
        for view in colours_of(findings.info)
        if view in known and view not in (*CHANGES, first)
    ]
    if not is_complete(findings.results):
        able = [view for view in able if view != "ig"]
    groups: dict[DotKind, list[View]] = {"attention": [], "other": []}
    for view in able:
        groups[_kind(view, findings)].append(view)
    best = [
        max(group, key=lambda view: known[view].estimate.mean) for group in groups.values() if group
    ]
    views = [first, *best, *filter(None, [judged.baseline])]
    estimates = {view: known[view].estimate for view in views if view in known}
    estimates[first] = judged.agreement
    row = cls_name(findings.info, language) or ""
    return [
        Dot(
            language.say("answers", "looks")
            if view == first and findings.colouring.way != "asked"
            else language.measure(view, "short", row=row),
            estimate.mean,
            estimate.interval,
            language.write(estimate.mean, "correlation"),
            _kind(view, findings),
            is_first=view == first,
        )
        for view, estimate in estimates.items()
    ]


def _kind(view: View, findings: Findings) -> DotKind:
    group = measure_of(view, findings.info).group
    return "attention" if group == "attention" else "baseline" if group == "baselines" else "other"


def _agreement_remark(judged: Judgement, is_still: bool, language: Language) -> str:
    """The figures of the verdict, in one sentence."""
    say = partial(language.say, "answers", mean=judged.agreement.mean)
    if is_still:
        return say("agreement_still")
    if judged.over is None or judged.baseline is None:
        return say("agreement_alone")
    name = language.measure(judged.baseline, "short")
    return say("agreement_remark", over=judged.over.mean, ends=judged.over.interval, baseline=name)


def _is_still(findings: Findings) -> bool:
    """Whether hardly anything changes most of the texts: an order of such changes is no proof that
    colours show what matters."""
    largest = largest_changes(findings.results)
    return len(largest) > 0 and is_tiny(float(largest.median()), findings)
