"""Agreement by what is drawn, with the baseline that takes all texts to know."""

from pathlib import Path

from helpers.made_up.factories import make_results

from reportgen.findings.evidence import text_rarity


def test_rarity_among_the_texts_counts_all_texts_but_not_twice(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("abcdef", "ababxy", "cdxyzw"), evidence="basic")
    pieces = {0: "ab cd ef", 1: "ab ab xy", 2: "cd xy zw"}
    found = text_rarity(results)
    for text, own in pieces.items():
        rare = [
            sum(piece not in pieces[other].split() for other in pieces) for piece in own.split()
        ]
        assert found[text].tolist() == rare
