"""What was tried on one text: the smallest change that changes its prediction, and what raises and
lowers it most."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from reportgen.findings import Findings, TextTries, TextTry, text_tries
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import decimals, written
from reportgen.report.language.printable import TOKEN_WIDTH, shorten, visible
from reportgen.report.language.sentences import short_scalar_name
from reportgen.report.panel.changed_text import TextPiece, differences, edit_name
from reportgen.report.panel.prediction import number_digits, printed

_LABEL = 40  # half-width characters of what is predicted
_NEXT = 4  # changes that are named in one direction
_LONGEST = 400  # code points of a changed text that is shown


@dataclass(frozen=True, slots=True)
class TriedLine:
    """One sentence, with the text as it was changed."""

    text: str
    pieces: tuple[TextPiece, ...] = ()  # none where nothing changed, and of long texts


@dataclass(frozen=True, slots=True)
class TriedCard:
    """What was tried on a text."""

    lines: tuple[TriedLine, ...]
    note: str  # how many changes were tried, and what they do not say


def output_name(findings: Findings, language: Language) -> str:
    """What the model returns, where no evidence explains it."""
    return language.say("what_if", "number", name=findings.info.output.name)


def _name(tried: TextTry, language: Language) -> str:
    """An edit, or leaving out a word, in words."""
    if tried.kind == "edit":
        return edit_name(tried.name, language)
    return language.say("edits", "without", word=shorten(visible(tried.name), TOKEN_WIDTH))


def make_tried(findings: Findings, text: int, language: Language) -> TriedCard | None:
    """What was tried on row `text` of `texts`; None where nothing was."""
    tries = text_tries(findings, text)
    if tries is None or not tries.tries:
        return None
    key = "model" if tries.has_words else "model_edits"
    lines = tuple(_lines(findings, text, tries, language))
    return TriedCard(lines, language.count("edits", key, len(tries.tries)))


def _lines(
    findings: Findings, text: int, tries: TextTries, language: Language
) -> Iterator[TriedLine]:
    original = str(findings.results.text_row(text)["text"])
    say, count, n = partial(language.say, "edits"), partial(language.count, "edits"), tries.tries
    scalar = short_scalar_name(findings.info, language) or output_name(findings, language)

    def line(sentence: str, changed: TextTry) -> TriedLine:
        is_shown = changed.kind == "edit" and len(changed.changed_text) <= _LONGEST
        pieces = differences(original, changed.changed_text) if is_shown else ()
        return TriedLine(sentence, pieces)

    if tries.n_known:
        if (flip := tries.flip) is None:
            yield TriedLine(count("none_flips", tries.n_known))
        else:
            what, size = _name(flip, language), count("size", flip.size)
            to = shorten(visible(flip.predicted), _LABEL) if flip.predicted else ""
            key = "flip_to" if to else "flip"
            yield line(say(key, what=what, size=size, label=to), flip)
    if not tries.raises and not tries.lowers:
        yield TriedLine(count("still", len(n), scalar=scalar))
    digits = number_digits(findings)
    if digits is None and n:
        digits = decimals(max(abs(n[0].before), *(abs(each.after) for each in n)))
    for key, moving in (("raises", tries.raises), ("lowers", tries.lowers)):
        if not moving:
            continue
        most, names = moving[0], []
        before, after = (printed(end, digits) for end in (most.before, most.after))
        what = _name(most, language)
        sentence = say(key, scalar=scalar, what=what, before=before, after=after)
        for other in moving[1:_NEXT]:
            if change := other.change if round(other.change, digits) else 0.0:
                name = _name(other, language)
                shown = written(change, digits, with_sign=True)
                names.append(say("named", what=name, change=shown))
        following = [say("next", names=language.listed(names))] if names else []
        yield line(language.sentences([sentence, *following]), most)
