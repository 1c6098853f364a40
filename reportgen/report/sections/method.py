"""The section on method: how it was measured, the glossary, the thresholds, the literature."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reportgen.findings import (
    CLARK,
    FERRANDO,
    KOBAYASHI_2020,
    MICHEL,
    SHAPLEY,
    SUNDARARAJAN,
    THRESHOLDS,
    VOITA,
    Citation,
    Findings,
)
from reportgen.report.charts.attention_scale import SCALE_END
from reportgen.report.components import Sentence
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import fixed
from reportgen.report.language.sentences import citation, threshold
from reportgen.report.panel.evidence_scope import Scope
from reportgen.report.panel.unit_measures import STANDS_OUT, baseline, words_key
from reportgen.results import BY_ID, EFFECT, EFFECTS, MAX_ERROR, USER_PREFIX, RunInfo, user_measures
from reportgen.tasks import applies_to

# The publications that the sentences on evidence cite.
_NAMED: Mapping[str, tuple[Citation, ...]] = {
    "norms": (KOBAYASHI_2020,),
    "ig": (SUNDARARAJAN,),
    "alti": (FERRANDO,),
    "heads": (MICHEL, VOITA),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold: what it decides, its value, and the reason for that value."""

    name: str
    value: str
    why: Sentence


class Term(NamedTuple):
    """An entry of the glossary; links lead to its id."""

    id: str
    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Method:
    """The section on method."""

    sentences: tuple[str, ...]
    evidence: tuple[str, ...]  # sentences on what was measured besides attention
    glossary: tuple[Term, ...]
    thresholds: tuple[Limit, ...]
    literature: tuple[str, ...]


def make_method(
    findings: Findings, scope: Scope, language: Language, cited: Iterable[Citation]
) -> Method:
    """The section as it applies to these results; `cited` are the publications of the notes."""
    info, model = findings.info, findings.info.model
    measured = _measured(findings)
    sources = {CLARK, *cited, *(item.citation for item in THRESHOLDS if item.citation)}
    sources |= {source for key in measured for source in _NAMED.get(key, ())}
    units = info.settings.units
    keys = [
        *("maps", "means", "colours_causal" if model.is_causal else "colours"),
        "units" if units == "token" else "units_joined",
        "packing",
    ]
    if model.shares_layers:
        keys.append("shared")
    # Which entries of the glossary this page needs.
    needed = {"always", "roles" if info.roles else "no_roles"}
    if info.evidence.level != "none":
        needed.add("evidence")
    if info.roles or model.is_causal:
        needed.add("cls_row")
    if findings.sink_scores:
        needed.add("scores")
    return Method(
        sentences=tuple(
            language.say(
                "method",
                key,
                error=fixed(MAX_ERROR, 4),
                end=SCALE_END,
                stands_out=STANDS_OUT,
                what="" if units == "token" else language.say("method", f"unit_{units}"),
            )
            for key in keys
        ),
        evidence=_evidence(measured, scope, info, language),
        glossary=tuple(
            Term(entry["id"], entry["term"], entry["meaning"])
            for entry in language.words["glossary"]["entries"]
            if entry.get("with", "always") in needed
        ),
        thresholds=tuple(
            Limit(name, value, Sentence(meaning, (item.citation,) if item.citation else ()))
            for item in THRESHOLDS
            for name, value, meaning in [threshold(item, language)]
        ),
        literature=tuple(sorted(citation(source, language) for source in sources)),
    )


def _measured(findings: Findings) -> list[str]:
    """What evidence was measured, as the keys of its sentences."""
    evidence = findings.info.evidence
    if evidence.level == "none":
        return []
    keys = ["deletion", *([EFFECT] if findings.has_joint else [])]
    if "received_norm_all" not in evidence.withheld:
        keys.insert(0, "norms")
    more = [
        measure
        for measure in EFFECTS
        if measure.id not in ("deletion", EFFECT, *evidence.withheld)
        and applies_to(measure, evidence.scalar)
        and findings.results.effects[measure.id].notna().any()
    ]
    keys += [measure.id for measure in more if measure.level == "basic"]
    if evidence.level == "basic":  # of a few texts
        keys += [measure.id for measure in more if measure.id == SHAPLEY]
    keys += [measure.id for measure in user_measures(findings.info.scores)]
    keys.append("agreement_joint" if findings.has_joint else "agreement")
    if evidence.level == "full":
        keys += [measure.id for measure in more if measure.level == "full"]
    if evidence.subjects:
        keys.append("tests" if evidence.level == "full" else "tests_basic")
    if findings.head_effects is not None:
        keys.append("heads")
    if findings.shuffled:
        keys.append("shuffled")
    return [*keys, "effects"]


def _evidence(
    measured: Sequence[str], scope: Scope, info: RunInfo, language: Language
) -> tuple[str, ...]:
    """Sentences on which texts have evidence, and on how each part of it was measured."""
    if not measured:
        return (scope.off,)
    sentences = [scope.stopped, scope.explained, scope.texts]
    start = baseline(info, language)
    for key in measured:
        if key in BY_ID or key.startswith(USER_PREFIX):
            wording = words_key("method", key, info, language)
            sentences.append(language.measure(key, wording, baseline=start))
        else:
            sentences.append(language.say("method", f"evidence_{key}"))
    return tuple(filter(None, sentences))
