"""Agreement by what is drawn, with the baseline that takes all texts to know."""

from pathlib import Path

import pytest
from helpers.made_up.factories import make_results
from helpers.places import GOLD

from reportgen.findings import draw_agreement
from reportgen.findings.evidence import text_rarity
from reportgen.results import Score, open_results, text_agreement, unit_views


def test_rarity_among_the_texts_counts_all_texts_but_not_twice(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("abcdef", "ababxy", "cdxyzw"), evidence="basic")
    pieces = {0: "ab cd ef", 1: "ab ab xy", 2: "cd xy zw"}
    found = text_rarity(results)
    for text, own in pieces.items():
        rare = [
            sum(piece not in pieces[other].split() for other in pieces) for piece in own.split()
        ]
        assert found[text].tolist() == rare


def test_results_of_earlier_versions_are_ranked_anew_by_what_is_drawn() -> None:
    """They hold the ranks of sums, while colours were drawn per token."""
    for name in ("results_1", "results_2"):
        results = open_results(GOLD / name)
        stored, found = results.agreement, draw_agreement(results)
        assert len(stored)
        texts = [text for text in results.evidence["text"] if results.effects_of(text) is not None]
        expected: list[Score] = []
        for text in texts:
            effects, rare = results.effects_of(text), text_rarity(results).get(text)
            assert effects is not None
            views = unit_views(results.tokens_of(text), effects)
            if rare is not None:
                expected += text_agreement(text, {**views, "text_rarity": rare})
        keys = ["text", "view", "statistic"]
        again = found[found["statistic"].isin(["spearman", "kendall", "spearman_size"])]
        told = {tuple(row[:3]): row[3] for row in again[[*keys, "value"]].itertuples(index=False)}
        assert told == {tuple(score[:3]): pytest.approx(score[3]) for score in expected}
        others = stored[~stored["statistic"].isin(["spearman", "kendall", "spearman_size"])]
        assert len(found) == len(again) + len(others)
