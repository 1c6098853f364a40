"""How many words of redacted texts can be recovered by whoever has the model and a dictionary.

    PYTHONPATH=tests python tests/benchmarks/redaction.py [words in the dictionary, default 5000]

A made-up dictionary, a small BERT with random weights (they are spread wide, so that figures differ
from word to word more than those of a trained model do), and 12 texts of 84 words drawn evenly from
the dictionary. Prints what each attack recovers from plain and from redacted outputs, beside what a
blind guess does: 84 / 5000 words on average, more than 1 in fewer than one of 1,000 tries.

The attacks of `tests/helpers/real/recovery.py` look up what a word does alone. The last one here
guesses all words of a text at once: it replaces one word after another by the one with which the
text fits best what the outputs say of it (prediction, attention of each word, heads). It is slow,
so it takes 500 tokens of the bundled model, and four texts of six of them.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import numpy as np
import pandas as pd
import torch
from helpers.real.recovery import (
    Floats,
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
from numpy.typing import NDArray
from transformers import AutoModelForSequenceClassification, AutoTokenizer

import reportgen
from reportgen.demo import model_folder
from reportgen.errors import ReportgenError
from reportgen.report.redact.rounding import to_digits, to_levels

LENGTHS = (1, 2, 3, 5, 6, 7, 8, 9, 10, 10, 11, 12)  # 84 words
NAMES = (
    *("report.html", "report.md", "page.xml", "summary.json", "tokens.csv", "texts.csv"),
    *("heads.csv", "sinks.csv", "agreement.csv", "tokens.parquet"),
)
COMPARED = ("compare.html", "compare.md", "compare.json", "changes.csv", "layers.csv")
WORDS, SWEEPS, STARTS = 6, 4, 2  # of the attack on all words at once
Tokens: TypeAlias = NDArray[np.int64]
Figures: TypeAlias = Callable[[Tokens], Mapping[str, Floats]]
Shown: TypeAlias = Mapping[str, Callable[[Floats], Floats]]


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
    report.save(own / "brief.html", redact=is_redacted, brief=True)
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
    draw = np.random.default_rng(3)
    tokenizer = AutoTokenizer.from_pretrained(model_folder())
    special = tokenizer.all_special_tokens
    every = tokenizer.get_vocab().items()
    known = sorted(id for name, id in every if name not in special and not name.startswith("<0x"))
    ids = draw.permutation(known)[:500]
    net = AutoModelForSequenceClassification.from_pretrained(
        model_folder(), dtype=torch.float32, attn_implementation="eager"
    ).eval()
    ends = tokenizer.cls_token_id, tokenizer.sep_token_id

    def figures(texts: Tokens) -> Mapping[str, Floats]:
        first, last = (np.full((len(texts), 1), own) for own in ends)
        with torch.no_grad():
            out = net(torch.tensor(np.hstack([first, texts, last])), output_attentions=True)
        maps = torch.stack(out.attentions, 1).numpy().astype(np.float64)
        received = maps.mean(axis=3)  # [text, layer, head, key]
        return {
            "prediction": out.logits.numpy().astype(np.float64),
            "received": received.mean(axis=(1, 2))[:, 1:-1],
            "row": maps[:, -1, :, 0, 1:-1].mean(axis=1),
            "layers": received.mean(axis=2)[..., 1:-1].reshape(len(texts), -1),
            "heads": received[..., [0, -1]].sum(axis=-1).reshape(len(texts), -1),
        }

    def levels(values: Floats) -> Floats:
        own = np.repeat(np.arange(len(values)), values.shape[1])
        return to_levels(values.ravel(), own).reshape(values.shape)

    plain = dict.fromkeys(("layers", "heads"), lambda values: values)
    redacted: Shown = {
        "prediction": lambda values: to_digits(values, 3),
        "received": levels,
        "row": levels,
    }
    for name, shown in (("plain", plain), ("redacted", redacted)):
        hits = sum(_guessed(figures, shown, ids, draw) for _ in range(4))
        print(
            f"all words at once, 4 texts of {WORDS} words, dictionary of {len(ids)}: {name} {hits} "
            f"of {4 * WORDS} (blind guess {4 * WORDS / len(ids):.2f})"
        )


def _guessed(figures: Figures, shown: Shown, ids: Tokens, draw: np.random.Generator) -> int:
    """How many words of a random text are guessed right."""
    truth = draw.choice(ids, size=WORDS)
    target = {name: show(figures(truth[None])[name]) for name, show in shown.items()}
    scale = {name: np.abs(own).mean() + 1e-9 for name, own in target.items()}
    best, found = np.inf, truth * 0
    for _ in range(STARTS):
        guess, least = draw.choice(ids, size=WORDS), np.inf
        for place in np.concatenate([draw.permutation(WORDS) for _ in range(SWEEPS)]):
            texts = np.repeat(guess[None], len(ids), axis=0)
            texts[:, place] = ids
            own = figures(texts)
            misfits = [
                np.abs(show(own[name]) - target[name]).mean(axis=1) / scale[name]
                for name, show in shown.items()
            ]
            misfit = np.sum(misfits, axis=0)
            least = float(misfit.min())
            guess[place] = ids[draw.choice(np.flatnonzero(misfit <= least + 1e-12))]
        if least < best:
            best, found = least, guess.copy()
    return int((found == truth).sum())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
