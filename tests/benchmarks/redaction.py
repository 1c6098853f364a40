"""How many words of redacted texts can be recovered by whoever has the model and a dictionary.

    PYTHONPATH=tests python tests/benchmarks/redaction.py [words in the dictionary, default 5000]

A made-up dictionary, a small BERT with random weights (they are spread wide, so that figures differ
from word to word more than those of a trained model do), and 12 texts of 84 words drawn evenly from
the dictionary. Prints what each attack recovers from plain and from redacted outputs, beside what a
blind guess does: 84 / 5000 words on average, more than 1 in fewer than one of 1,000 tries.

The attacks of `tests/helpers/real/recovery.py` look up what a word does alone. The last one here
guesses all words of a text at once (`tests/helpers/real/guessing.py`): it replaces one word after
another by the one with which the text fits best what the outputs say of it. It is slow, so it takes
100 or 250 tokens of the bundled model, and of small causal models with random weights.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from helpers.real import guessing
from helpers.real.recovery import (
    Known,
    Secret,
    by_columns,
    by_maps,
    by_numbers,
    by_shape,
    chance,
    make_dictionary,
    make_known,
    make_model,
    make_secret,
    most_by_chance,
    outputs_of,
)
from scipy.stats import binom

import reportgen
from reportgen.errors import ReportgenError

LENGTHS = (1, 2, 3, 5, 6, 7, 8, 9, 10, 10, 11, 12)  # 84 words
NAMES = (
    *("report.html", "report.md", "page.xml", "summary.json", "tokens.csv", "texts.csv"),
    *("heads.csv", "sinks.csv", "agreement.csv", "tokens.parquet"),
)
COMPARED = ("compare.html", "compare.md", "compare.json", "changes.csv", "layers.csv")


def main(size: int) -> None:
    """Print the scores of all attacks."""
    dictionary = make_dictionary(size)
    secret = make_secret(dictionary, LENGTHS)
    with TemporaryDirectory() as name:
        folder = Path(name)
        model = make_model(folder / "model", dictionary)
        known = make_known(model, dictionary)
        written = {place: write(folder, place, secret, known) for place in ("plain", "redacted")}
        limit = most_by_chance(secret, size)
        print(
            f"{secret.n_words} words, dictionary of {size}: a blind guess gets "
            f"{chance(secret, size):.3f} on average, at most {limit} in 999 of 1,000 tries"
        )
        print(f"{'attack':50} {'plain':>8} {'redacted':>8}")
        for attack, scores in attacks(written, secret, known).items():
            plain, redacted = (scores.get(place, 0.0) for place in ("plain", "redacted"))
            print(f"{attack:50} {plain:8.2f} {redacted:8.2f}", "" if redacted <= limit else "LEAK")
        guess_all()


def write(folder: Path, place: str, secret: Secret, known: Known) -> Path:
    """Write every output of the secret texts."""
    report = reportgen.analyze(list(secret.texts), known.model, evidence_texts="all")
    own, is_redacted = folder / place, place == "redacted"
    report.save(*(own / name for name in NAMES), redact=is_redacted)
    compared = reportgen.compare(report, report)
    compared.save(*(own / name for name in COMPARED), redact=is_redacted)
    try:
        report.save(own / "maps.npz", redact=is_redacted)
    except ReportgenError as error:
        print(f"{place} maps.npz: {error}")
    return own


def attacks(
    written: Mapping[str, Path], secret: Secret, known: Known
) -> dict[str, dict[str, float]]:
    """The score of each attack by place."""
    found: dict[str, dict[str, float]] = {}

    def add(attack: str, place: str, score: float) -> None:
        found.setdefault(attack, {})[place] = score

    for place, folder in written.items():
        table = pd.read_csv(folder / "tokens.csv")
        for name, score in by_columns(table, secret, known).items():
            add(f"tokens.csv: {name}", place, score)
        add("tokens.csv: characters and tokens", place, by_shape(table, secret, known))
        for name, content in outputs_of(folder).items():
            if name.endswith(".npz"):
                add(f"{name}: first layer", place, by_maps(content, secret, known))
            else:
                add(f"{name}: any number", place, by_numbers(content, secret, known))
    return found


def guess_all() -> None:
    """Guess all words of a text at once, from figures as plain and as redacted outputs have
    them."""
    for model, n_texts in (
        (guessing.number(250), 16),
        (guessing.number(100, n_words=5), 40),
        (guessing.next_token(100), 40),
        (guessing.completion(100), 40),
    ):
        n, size = n_texts * model.n_words, len(model.ids)
        most = int(binom.ppf(0.999, n, 1 / size))
        for name, shown in (("plain", model.plain), ("redacted", model.redacted)):
            found = guessing.hits(model, shown, n_texts)
            print(
                f"all words at once, {model.name}, {n_texts} texts of {model.n_words} words, "
                f"dictionary of {size}: {name} {found} of {n} (blind guess {n / size:.1f}, at most "
                f"{most} in 999 of 1,000 tries)",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
