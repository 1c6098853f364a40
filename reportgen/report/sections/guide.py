"""The page in five sentences for readers without background: what was predicted and how well, where
the model looks, what counts, whether these agree, and what takes most attention.

They say what the answers at the top say, in words of the same verdicts, and of one text what its
colours show. Each has the place of the page that it is about.
"""

from dataclasses import dataclass
from functools import partial

from reportgen.findings import Findings, Note
from reportgen.report.components import Answer
from reportgen.report.language.language import Language
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.sentences import token_name
from reportgen.report.panel.marked_units import text_measures
from reportgen.report.panel.occurrences import told_apart
from reportgen.report.sections.prediction_answer import predicted_in_short
from reportgen.report.sections.prediction_sentences import gives
from reportgen.report.sections.sinks import sink_kind, sink_verdict, told_sink
from reportgen.results import BY_ID, EFFECT, LEARNED_SINK, measure_of, text_units
from reportgen.tasks import has_sign

_MOST = {"en": 25, "ja": 90}  # words of a sentence, letters where words have no space between
_NAME = 16  # half-width characters of a word of the text
_PREDICTED, _CHANGES, _SINKS, _LOOKING = 1, 2, 3, 4  # the answers, as they are counted


@dataclass(frozen=True, slots=True)
class GuideSentence:
    """One sentence, and where the page shows it."""

    text: str
    place: str  # id of the part of the page that it is about
    link: str  # what leads there without scripts
    address: str  # of the open text, with what is chosen there to see it


def make_guide(
    findings: Findings, answers: tuple[Answer, ...], language: Language
) -> tuple[GuideSentence, ...]:
    """The sentences, given the four answers; none where no text was analysed."""
    row = findings.opened[language.code]
    if not findings.analysed[row]:
        return ()
    opened, text = f"#text={row + 1}", f"strip-{row + 1}"
    entries = [
        (_predicted(findings, language), f"answer-{_PREDICTED}", opened),
        (_looked_at(findings, row, language), text, opened),
    ]
    if findings.info.evidence.level == "none":
        entries.append((language.say("guide", "unmeasured"), f"answer-{_CHANGES}", opened))
    else:
        bars = _bars(findings, answers[_CHANGES - 1], language)
        entries.append((bars, text, opened))
        if not (looking := answers[_LOOKING - 1]).is_left_out:
            agreement = _agreement(findings, looking, language)
            entries.append((agreement, f"answer-{_LOOKING}", opened))
    note = told_sink(findings)
    entries.append((_sink(findings, note, row, language), *_sink_place(findings, note, row)))
    return tuple(
        GuideSentence(words, place, f"#{place}" if place.startswith("answer") else opened, address)
        for words, place, address in entries
    )


def _within(language: Language, *candidates: tuple[str, ...]) -> str:
    """The first of the `candidates` that is short enough, each made of sentences; else the last."""
    texts = [language.sentences(candidate) for candidate in candidates]
    return next((text for text in texts if size(text, language) <= _MOST[language.code]), texts[-1])


def size(sentence: str, language: Language) -> int:
    """The words of a sentence, or its letters where words have no space between."""
    return len(sentence) if language.code == "ja" else len(sentence.split())


def _full(verdict: str, language: Language) -> str:
    """A verdict as a sentence, which does not begin with a figure."""
    return language.say("guide", "here" if verdict[:1].isdigit() else "full", said=verdict)


def _predicted(findings: Findings, language: Language) -> str:
    """What is predicted, and how well."""
    what = gives(findings, language)
    verdict = _full(predicted_in_short(findings, language), language)
    is_known = findings.task.errors is None or bool(findings.texts["label"].notna().any())
    unknown = "" if is_known else language.say("answers", "no_labels")
    return _within(language, (what, verdict, unknown), (what, verdict), (verdict,))


def _looked_at(findings: Findings, row: int, language: Language) -> str:
    """What the colours of the open text show, and where they are strongest."""
    say = partial(language.say, "guide", n=row + 1)
    colours = text_measures(findings, row, language)[0]
    is_look = measure_of(colours.id, findings.info).group == "attention"
    name = language.measure(colours.id, "short", row="")
    lead = language.say("guide", "orange") if is_look else say("colour", measure=name)
    if colours.flat or not colours.order:
        return _within(language, (lead, say("even")), (lead,))
    strongest = _names(findings, row, colours.order[:2], language)
    return _within(language, (lead, say("most_at", names=strongest)), (lead,))


def _names(findings: Findings, row: int, units: tuple[int, ...], language: Language) -> str:
    """Units of a text by name, or where texts are hidden by position."""
    say = partial(language.say, "guide")
    if findings.results.is_redacted:
        first, last = (str(unit + 1) for unit in (units[0], units[-1]))
        key = "positions" if first != last else "position"
        return say(key, first=first, second=last)
    labels = [unit.label for unit in text_units(findings.results, row).units]
    names = [shorten(visible(name), _NAME) for name in told_apart(labels, language)]
    first, last = (quoted(names[unit], language) for unit in (units[0], units[-1]))
    return say("two", first=first, second=last) if len(units) > 1 else first


def quoted(name: str, language: Language) -> str:
    """A word as it stands on the page."""
    return language.say("guide", "quoted", name=name)


def _bars(findings: Findings, answer: Answer, language: Language) -> str:
    """What the bars of a text mean, and what changes the prediction over all texts."""
    has_direction = has_sign(BY_ID[EFFECT], findings.info.evidence.scalar)
    kind = "position" if findings.results.is_redacted else findings.info.settings.units
    unit = language.say("guide", f"unit_{kind}")
    lead = language.say("guide", "bars" if has_direction else "bars_size", unit=unit)
    verdict = _full(answer.answer, language)
    return _within(language, (lead, verdict), (language.say("guide", "bars_short"), verdict))


def _agreement(findings: Findings, answer: Answer, language: Language) -> str:
    """Whether looking matters; how far colours and bars agree, unless that may be chance."""
    verdict, judged = _full(answer.answer, language), findings.colouring.judgement
    if judged is None or judged.verdict == "chance":
        return language.sentences((answer.question, verdict))
    is_look = measure_of(findings.shown_first, findings.info).group == "attention"
    key = "agree" if is_look else "agree_colours"
    figure = language.say("guide", key, mean=judged.agreement.mean)
    return _within(
        language, (answer.question, verdict, figure), (verdict, figure), (answer.question, verdict)
    )


def _sink(findings: Findings, note: Note | None, row: int, language: Language) -> str:
    """What takes most attention, what that is, and whether the prediction needs it."""
    say = partial(language.say, "guide")
    if note is None:
        verdict = language.say("answers", "no_tokens")
        return language.sentences((say("piles"), _full(verdict, language)))
    token, what = token_name(note, language), _what(findings, note, row, language)
    if note.is_special and note.token:
        token = quoted(token, language)
    if note.on_sink != "sink":
        verdict = _full(sink_verdict(findings, note, token, language)[0], language)
        piles = (say("piles"), verdict)
        named = say("is_what", token=token, what=what) if what else ""
        return _within(language, (*piles, named), piles, (verdict,))
    lead = say("most_on_what" if what else "most_on", token=token, what=what, **note.values)
    kind = sink_kind(findings, note) or "untested"
    effect = "" if note.role == LEARNED_SINK.key else say(f"sink_{kind}")
    return _within(language, (lead, effect), (lead,))


def _what(findings: Findings, note: Note, row: int, language: Language) -> str:
    """What a token is to a reader: a marker and where it stands; "" for a position."""
    if not note.token:
        return ""
    if not note.is_special:
        return language.say("guide", "text_token")
    roles = findings.results.tokens_of(row)["role"].tolist()
    ends = {roles[0]: "marker_before", roles[-1]: "marker_after"} if roles else {}
    return language.say("guide", ends.get(note.role, "marker"))


def _sink_place(findings: Findings, note: Note | None, row: int) -> tuple[str, str]:
    """The map of the open text in the layer with most attention on one token."""
    opened, has_maps = f"#text={row + 1}", findings.texts["map_offset"].notna().iloc[row]
    if note is None or not has_maps or findings.info.model.decoder is not None:
        return f"answer-{_SINKS}", opened
    view = f"&layer={note.values['layer']}&head=mean" if "layer" in note.values else ""
    return f"map-{row + 1}", f"{opened}{view}"
