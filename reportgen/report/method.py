"""How it was measured: the method in sentences, the glossary, the thresholds, the literature."""

from collections.abc import Iterable
from dataclasses import dataclass

from reportgen.maps import MAX_ERROR
from reportgen.notes.rules import CLARK, THRESHOLDS, Citation
from reportgen.notes.words import Wording
from reportgen.report.language import Language, fixed
from reportgen.report.panel import Sentence
from reportgen.results import Results


@dataclass(frozen=True, slots=True)
class Method:
    """The section on method."""

    sentences: tuple[str, ...]
    glossary: tuple[tuple[str, str], ...]
    thresholds: tuple[Sentence, ...]
    literature: tuple[str, ...]


def make_method(results: Results, language: Language, cited: Iterable[Citation]) -> Method:
    """The method as it applies to these results; `cited` are the publications of the notes."""
    model = results.info.model
    wording = Wording(language.code)
    sources = {CLARK, *cited, *(item.citation for item in THRESHOLDS if item.citation)}
    said = ["maps", "means", "colours_causal" if model.is_causal else "colours", "units", "packing"]
    # Of the glossary, what stands on the page.
    stands = {"always", "roles" if results.info.roles else "no_roles"}
    if results.info.roles or model.is_causal:
        stands.add("cls_row")
    if model.shares_layers:
        said.append("shared")
    return Method(
        sentences=tuple(
            language.say("method", key, error=fixed(MAX_ERROR, 4), heads=model.n_heads)
            for key in said
        ),
        glossary=tuple(
            (entry["term"], entry["meaning"])
            for entry in language.words["glossary"]["entries"]
            if entry.get("with", "always") in stands
        ),
        thresholds=tuple(
            Sentence(
                wording.threshold(item),
                (item.citation,) if item.citation else (),
            )
            for item in THRESHOLDS
        ),
        literature=tuple(sorted(wording.citation(citation) for citation in sources)),
    )
