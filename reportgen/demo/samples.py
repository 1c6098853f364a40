"""Write the sample inputs: `python -m reportgen.demo.samples [--output DIR]`."""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path
from random import Random

from reportgen.demo.headlines import Lengths, headline, in_picture, marked
from reportgen.demo.score_rule import Component, Kind, score, text_of

SEED = 40
LINES = 24
ROWS = 40
LONG_LINES = (12, 20)
SHORT = Lengths(two_sentences=0.15, long=0.0)
LONG = Lengths(two_sentences=0.0, long=1.0, most_sentences=10)
POINTS = [
    Component(Kind.FILLER, "["),
    Component(Kind.FREE, "無料"),
    Component(Kind.FILLER, "]"),
    Component(Kind.URGENCY, "今すぐ"),
    Component(Kind.FILLER, "申し込みで"),
    Component(Kind.CAP, "最大"),
    Component(Kind.AMOUNT, "50,000ポイント", 50_000),
    Component(Kind.RECEIVE, "もらえる"),
    Component(Kind.FILLER, "["),
    Component(Kind.BRAND, "munaitaカード"),
    Component(Kind.FILLER, "]"),
]
LUXURY = [
    Component(Kind.FILLER, "これ一つで大丈夫!"),
    Component(Kind.BRAND, "munaitaカード"),
    Component(Kind.FILLER, "で贅沢三昧"),
]


def sample_headlines(count: int) -> list[list[Component]]:
    """The two named headlines, then different ones from the generator, two of them long."""
    random = Random(SEED)
    headlines = [POINTS, LUXURY]
    while len(headlines) < count:
        drawn = headline(random, LONG if len(headlines) in LONG_LINES else SHORT)
        if text_of(drawn) not in map(text_of, headlines):
            headlines.append(drawn)
    return headlines


def marked_headlines(count: int) -> list[tuple[list[Component], float]]:
    """Headlines as the second model was trained on, short ones, each with its score: most of those
    with a high score are marked, and some of the marked ones have in a picture what counts."""
    random = Random(SEED + 1)
    headlines: list[list[Component]] = []
    while len(headlines) < count:
        drawn = headline(random, SHORT)
        if text_of(drawn) not in map(text_of, headlines):
            headlines.append(drawn)
    return [
        (in_picture(random, marked(random, components)), score(components))
        for components in headlines
    ]


def write_samples(folder: Path) -> None:
    """Write `ad_headlines.txt`, and two files with the true score as the label."""
    plain = [(components, score(components)) for components in sample_headlines(ROWS)]
    lines = [text_of(components) for components in sample_headlines(LINES)]
    (folder / "ad_headlines.txt").write_text("\n".join(lines) + "\n", "utf-8")
    _write_labelled(folder / "ad_headlines.csv", plain)
    _write_labelled(folder / "ad_headlines_star.csv", marked_headlines(ROWS))


def _write_labelled(path: Path, rows: Sequence[tuple[Sequence[Component], float]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("text", "label"))
        for components, label in rows:
            writer.writerow((text_of(components), f"{label:.2f}"))


def main() -> None:
    """Write the files into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("sample_inputs"), metavar="DIR")
    write_samples(parser.parse_args().output)


if __name__ == "__main__":
    main()
