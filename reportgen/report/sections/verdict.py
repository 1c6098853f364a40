"""The words for what a ranking of units says beyond rankings that need no model."""

from reportgen.findings import ABOVE_ALL, AgreementVerdict, Judgement
from reportgen.report.language.language import Language
from reportgen.results import View


def verdict_of(judged: Judgement, language: Language) -> str:
    """The verdict in a few words, with the name of the baseline that it is about."""
    return verdict_words(judged.verdict, judged.baseline, language)


def verdict_inside(judged: Judgement, language: Language) -> str:
    """The same inside a line or a cell: without a capital."""
    said = verdict_of(judged, language)
    return said[0].lower() + said[1:]


def verdict_words(verdict: AgreementVerdict, baseline: View | None, language: Language) -> str:
    """The same of what is kept of a judgement."""
    key = f"is_{verdict}"
    if baseline is None:
        return language.say("verdict", f"{key}_alone" if verdict in ABOVE_ALL else key)
    return language.say("verdict", key, baseline=language.measure(baseline, "name"))
