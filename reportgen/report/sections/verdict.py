"""The words for what a ranking of units says beyond rankings that need no model."""

from reportgen.findings.judgement import Judgement
from reportgen.report.language.language import Language


def verdict_of(judged: Judgement, language: Language) -> str:
    """The verdict in a few words, with the name of the baseline that it is about."""
    key = f"is_{judged.verdict}"
    if judged.baseline is None:
        return language.say("verdict", f"{key}_alone" if judged.is_above_all else key)
    return language.say("verdict", key, baseline=language.measure(judged.baseline, "name"))
