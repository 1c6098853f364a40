"""The answer on sinks: whether attention piles up on a token, and whether that matters."""

from collections.abc import Sequence
from functools import partial

from reportgen.findings import Findings, Note, RoleFigures
from reportgen.report.charts.small_charts import shares_by_layer
from reportgen.report.components import Answer
from reportgen.report.language.language import Language
from reportgen.report.language.printable import shorten
from reportgen.report.language.sentences import token_name
from reportgen.results import LEARNED_SINK, MIN_TEXTS

_TOKEN = 22  # half-width characters of a token in an answer
_VERDICTS = ("sink", "raised", "unclear", "none", "too_few_texts")  # the first is told
_KEYS = {"none": "no_pile", "too_few_texts": "few"}
# What the answer comes with, beside the share and its equal share in the picture.
_REMARKS = {
    "raised": "raised_remark",
    "unclear": "unclear_remark",
    "none": "no_pile_remark",
    "too_few_texts": "few_sink_remark",
}
# By the note that leaves open whether the prediction depends on a sink.
_UNCLEAR = {
    "tests-disagree": "sink_disagree_remark",
    "tests-no-control": "sink_no_control_remark",
    "few-tests": "sink_few_tests_remark",
}


def sink_answer(findings: Findings, language: Language) -> Answer:
    """Whether attention piles up on one token, where most, and what the prediction does without."""
    say = partial(language.say, "answers")
    answer = partial(Answer, "sinks", say("sinks"))
    note = _told(findings)
    if note is None:
        return answer(say("no_tokens"))
    figures = _figures(findings, note)
    values = {**note.values, "token": shorten(token_name(note, language), _TOKEN)}
    verdict, remark = _in_words(findings, note, figures, values, language)
    if figures is None:
        return answer(verdict, remark)
    shares, even = [layer.share.mean for layer in figures.layers], float(note.values["expected"])
    chart = shares_by_layer(
        shares,
        even,
        [language.percent(share) for share in shares],
        (say("layer_letter"), say("even_line", even=even)),
    )
    return answer(verdict, remark, chart, is_caveat=note.verdict == "sink" and note.is_text_token)


def _told(findings: Findings) -> Note | None:
    """The verdict that is told: of sinks that of one that was tested, then that of the largest
    share."""
    tested = findings.sink_effects
    found = [
        note
        for note in findings.placed.overview
        if note.is_verdict and note.on_sink in _VERDICTS and "share" in note.values
    ]

    def rank(note: Note) -> tuple[int, bool, bool, float]:
        place = _VERDICTS.index(str(note.on_sink))
        is_untested = note.verdict == "sink" and note.role not in tested
        # A sink in single heads comes after sinks, before all that is none.
        is_in_heads = note.is_in_heads
        share = float(note.values["share"])
        return min(place, 1) if is_in_heads else place, not is_in_heads, is_untested, -share

    return min(found, key=rank, default=None)


def _in_words(
    findings: Findings,
    note: Note,
    figures: RoleFigures | None,
    values: dict[str, float | int | str],
    language: Language,
) -> tuple[str, str]:
    """The verdict and its remark."""
    say, verdict = partial(language.say, "answers"), str(note.on_sink)
    if verdict == "sink":
        return _on_sink(findings, note, values, language)
    if note.is_in_heads:
        return say("in_heads", **values), say("in_heads_remark", **values)
    told = say(_KEYS.get(verdict, verdict), **values)
    is_few = verdict == "too_few_texts" or figures is None
    n = MIN_TEXTS if is_few or figures is None else figures.layers[0].share.n_texts
    return told, say(_REMARKS[verdict], n=n)


def _on_sink(
    findings: Findings, note: Note, values: dict[str, float | int | str], language: Language
) -> tuple[str, str]:
    """That a token is a sink, and whether the prediction depends on it."""
    say, effect = partial(language.say, "answers"), findings.sink_effects.get(str(note.role))
    ending = "" if effect is None else f"_{effect.kind}"
    if note.role == LEARNED_SINK.key:
        return say("sink_learned", **values), say("sink_learned_remark")
    told = say(f"sink{ending}", **values)
    if note.is_text_token:
        figures = _figures(findings, note)
        n = figures.n_texts if figures else 0
        return told, say("text_sink_remark", n=n, of=int(findings.analysed.sum()))
    if effect is not None:
        key = _UNCLEAR.get(effect.note.id, f"sink{ending}_remark")
        return told, say(key, **{**values, **effect.note.values})
    return told, say("marker_remark" if note.is_special else "sink_remark", **values)


def _figures(findings: Findings, note: Note) -> RoleFigures | None:
    """The figures by layer of the token that a verdict is about."""
    if note.role is not None and note.role in findings.roles:
        return findings.roles[note.role]
    own = (pile for pile in findings.piles.found if pile.subject.key == note.role)
    return next((pile.figures for pile in own), None)


def untested(findings: Findings, sinks: Sequence[Note], language: Language) -> str:
    """Which of the `sinks`, verdicts, were not tested, why, and what tests them; "" where all
    were."""
    evidence, tested = findings.info.evidence, findings.sink_effects
    lacking = [note for note in sinks if note.role not in (*tested, LEARNED_SINK.key)]
    if not lacking:
        return ""
    reason = evidence.withheld.get("zero_value")
    if reason is not None:
        why = language.say("reasons", reason)
        return language.say("sinks", "untestable", reason=why)
    if len(lacking) < len(sinks):
        names = language.say("common", "comma").join(token_name(n, language) for n in lacking)
        return language.say("sinks", "untested_others", tokens=names)
    return language.say("sinks", "untested" if evidence.level == "none" else "untested_basic")
