"""How close an answer in words is to the right one, as SQuAD measures it."""

import re
import string
from collections import Counter
from collections.abc import Sequence

from reportgen.results import is_unspaced

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_MARKS = frozenset(string.punctuation)


def is_exact(answer: str, right: Sequence[str]) -> bool:
    """Whether an answer equals one of the right ones, apart from case, punctuation and articles."""
    return normalised(answer) in map(normalised, right)


def best_f1(answer: str, right: Sequence[str]) -> float:
    """The F1 of the words of an answer with those of the closest of at least one right answer."""
    return max(word_f1(answer, accepted) for accepted in right)


def normalised(answer: str) -> str:
    """An answer in the form that SQuAD compares (Rajpurkar et al. 2016): lower case, no
    punctuation, no articles, single spaces."""
    bare = "".join(mark for mark in answer.lower() if mark not in _MARKS)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def word_f1(answer: str, right: str) -> float:
    """The F1 of the words of two answers, each normalised; of their characters where one has
    letters of a script without spaces. 1 if both have none, else 0 if one has none."""
    given, wanted = (_parts(text, is_unspaced(answer + right)) for text in (answer, right))
    if not given or not wanted:
        return float(given == wanted)
    both = sum((Counter(given) & Counter(wanted)).values())
    return 2 * both / (len(given) + len(wanted))


def _parts(answer: str, by_character: bool) -> Sequence[str]:
    bare = normalised(answer)
    return list(bare.replace(" ", "")) if by_character else bare.split()
