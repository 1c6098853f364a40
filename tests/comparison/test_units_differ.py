"""Two results that grouped the same tokens into other units: told as such, with what to do."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.made_up.factories import changed
from helpers.real.two_models import TEXTS, pair_of, retokenise

from reportgen.comparison import Comparison, compare_runs
from reportgen.findings import Findings
from reportgen.report import CompareOptions, CompareWords, compare_headline, load_language
from reportgen.report.json import comparison as comparison_json
from reportgen.report.sections import limits
from reportgen.results import Results


def grouped(results: Results, units: str = "word", texts: int = len(TEXTS)) -> Results:
    """The second and the third token of the first `texts` texts in one unit."""
    tokens = results.tokens.copy()
    for first in results.texts["first_token"].iloc[:texts]:
        tokens.loc[first + 2 : first + 2, "unit"] = tokens.loc[first + 1, "unit"]
    settings = replace(results.info.settings, units=units)
    return changed(results, replace(results.info, settings=settings), tokens=tokens)


def said(found: Comparison, lang: str = "en") -> tuple[tuple[str, ...], str]:
    words = CompareWords(found, load_language(lang))
    return limits(found, words), " ".join(compare_headline(found, words))


@pytest.mark.parametrize(
    ("lang", "advice"),
    [
        ("en", "Analyse the old model again in those of the new one."),
        ("ja", "旧モデルを新モデルと同じ単位でもう一度解析してください。"),
    ],
)
def test_other_units_are_not_called_other_tokens(tmp_path: Path, lang: str, advice: str) -> None:
    base, head = pair_of(tmp_path, evidence="basic")
    found = compare_runs(Findings(base), Findings(grouped(head)))
    assert (found.pairing.n_other_units, found.pairing.n_other_tokens) == (len(TEXTS), 0)
    sentences, compare_headline = said(found, lang)
    (sentence,) = [each for each in sentences if advice in each]
    assert re.search("units of “token”|単位は「token」", sentence)
    assert sentence in compare_headline
    assert not any("different tokens" in each or "トークンの区切り" in each for each in sentences)
    comparable = json.loads(comparison_json.write(found.runs, CompareOptions()).text)["comparable"]
    assert comparable["texts_with_other_units"] == len(TEXTS)
    assert comparable["texts_with_other_tokens"] == 0


def test_other_tokens_and_other_units_are_counted_apart(tmp_path: Path) -> None:
    base, head = pair_of(tmp_path, evidence="basic")
    found = compare_runs(Findings(base), Findings(retokenise(grouped(head, texts=3), 1)))
    assert (found.pairing.n_other_units, found.pairing.n_other_tokens) == (2, 1)
    sentences, compare_headline = said(found)
    assert any(each.startswith("2 texts are not compared token by token") for each in sentences)
    assert any(each.startswith("1 text is split into different tokens") for each in sentences)
    assert "--units" not in compare_headline  # the other texts are compared


def test_the_same_option_with_other_words_asks_for_one_version(tmp_path: Path) -> None:
    base, head = pair_of(tmp_path, evidence="basic")
    found = compare_runs(Findings(grouped(base, texts=0)), Findings(grouped(head, texts=1)))
    (sentence,) = [each for each in said(found)[0] if "segmenter" in each]
    assert sentence.startswith("1 text is not compared token by token")
