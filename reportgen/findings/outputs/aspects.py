"""What texts differ in, so that errors may be larger in some than in others."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias
from unicodedata import name as character_name

import numpy as np
from numpy.typing import NDArray

from reportgen.findings.outputs.scored import Answers, Scored
from reportgen.findings.statistics import Floats
from reportgen.results.tables.schema import COMPLETION

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings

AspectId: TypeAlias = Literal[
    "length",  # tokens
    "label",
    "prediction",
    "group",
    "source",  # the file
    "script",
    "cut",  # at the most tokens that the model takes
    "unknown",  # has unknown tokens
    "pair",  # has a second part
]
# The first words of the names of characters, by the script that a reader calls them.
_SCRIPTS = {"HIRAGANA": "kana", "KATAKANA": "kana", "CJK": "han", "HANGUL": "hangul"}


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that texts differ in: a number of each text, or the name of a part it is in."""

    id: AspectId
    values: Floats | None = None  # [text]
    names: NDArray[np.str_] | None = None  # [text]; "" where it has none


def aspects(findings: "Findings", scored: Scored) -> Iterator[Aspect]:
    """All that the texts of `scored`, each once, differ in."""
    rows = np.unique(scored.texts)
    texts = findings.texts.iloc[rows]
    yield Aspect("length", texts["n_tokens"].to_numpy(np.float64))
    yield from _answered("label", scored.labels)
    yield from _answered("prediction", scored.predictions)
    group = texts["group"].fillna("").astype(str).to_numpy(np.str_)
    files = [source.rpartition(":")[0] for source in texts["source"].fillna("")]
    yield Aspect("group", names=group)
    yield Aspect("source", names=np.array(files, np.str_))
    if not findings.results.is_redacted:
        yield Aspect("script", names=np.array([main_script(own) for own in texts["text"]], np.str_))
    yield _flag("cut", (texts["status"] == "truncated").to_numpy(np.bool_))
    yield _flag("unknown", (texts["n_unknown"] > 0).to_numpy(np.bool_))
    has_pair = texts["pair"].notna().to_numpy(np.bool_)
    if texts[COMPLETION].isna().all():
        yield _flag("pair", has_pair)


def main_script(text: str) -> str:
    """The script of most letters of a text, such as latin; kana where it has any, which Japanese
    alone does; "" without letters."""
    counts = Counter(
        _SCRIPTS.get(first, first.lower())
        for letter, n in Counter(own for own in text if own.isalpha()).items()
        for first in [character_name(letter, "OTHER").split()[0]] * n
    )
    if not counts:
        return ""
    first = max(counts, key=lambda script: counts[script])
    return "kana" if first == "han" and counts["kana"] else first


def _answered(id: AspectId, answers: Answers | None) -> Iterator[Aspect]:
    if answers is None:
        return
    if answers.dtype.kind == "f":
        yield Aspect(id, np.asarray(answers, np.float64))
    else:
        yield Aspect(id, names=np.asarray(answers, np.str_))


def _flag(id: AspectId, flags: NDArray[np.bool_]) -> Aspect:
    """The texts of which something is true; the others are no part of their own."""
    return Aspect(id, names=np.where(flags, id, ""))
