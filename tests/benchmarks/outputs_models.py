"""Small random models of each task, and texts for them, for `outputs.py`; the same at every run."""

import csv
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

CLASSES = dict(enumerate(("same", "contradiction", "neutral")))
LABELS = dict(enumerate(("battery", "price", "service", "taste")))
TAGS = dict(enumerate(("O", "B-PER", "I-PER", "B-LOC", "I-LOC")))
POOLINGS = ("mean", "cls", "max")  # of three sentence encoders, whose weights are the same
# Models by the name of the task: architecture, head and configuration.
MODELS: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "classes": ("bert", "sequence", {"id2label": CLASSES}),
    "labels": (
        "roberta",
        "sequence",
        {"problem_type": "multi_label_classification", "id2label": LABELS},
    ),
    "numbers": ("distilbert", "sequence", {"problem_type": "regression", "num_labels": 2}),
    "embedding": ("deberta_v2", "base", {}),
    "next_token": ("gpt2", "causal", {}),
    "completions": ("llama", "causal", {}),
    "translations": ("t5", "seq2seq", {}),
    "masks": ("roberta", "masked", {}),
    "tags": ("bert", "token", {"id2label": TAGS}),
    "word_numbers": ("modernbert", "token", {"num_labels": 1}),
    "answers": ("electra", "question", {}),
    "choices": ("albert", "choice", {}),
}
TASKS = (*MODELS, "similarity")
N_TEXTS = 14
SIDES = ("", "other_", "third_")  # in front of the names of three models of a task


def save_models(folder: Path) -> None:
    """Save three models of each task to `folder`."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from helpers.real.models import save_model  # torch reads the number of threads once
    from helpers.real.sentence_folders import save_sentence_encoder

    for seed, (side, pooling) in enumerate(zip(SIDES, POOLINGS, strict=True)):
        for name, (architecture, head, changes) in MODELS.items():
            save_model(folder / f"{side}{name}", architecture, head, seed, **changes)
        save_sentence_encoder(folder / f"{side}similarity", "bert", (pooling,))


def write_texts(reviews: Path, folder: Path) -> None:
    """Write texts with labels for each task, made of `reviews`, to JSON lines in `folder`."""
    folder.mkdir(parents=True)
    rows = list(csv.DictReader(reviews.open(encoding="utf-8")))[:N_TEXTS]
    for name in TASKS:
        lines = (
            json.dumps({**_TEXTS[name](row["review"], i), "group": f"shop {i % 3}"})
            for i, row in enumerate(rows)
        )
        (folder / f"{name}.jsonl").write_text("\n".join(lines), "utf-8")


def _of_words(text: str, i: int, each: Callable[[int], object]) -> dict[str, object]:
    """A label for each word; too few for every eleventh text."""
    return {"text": text, "label": [each(n) for n in range(len(text.split()) - (i % 7 == 5))]}


def _in_two(text: str, i: int) -> tuple[str, str]:
    words = text.split()
    cut = (i % len(words)) if i else 0
    return " ".join(words[:cut]), " ".join(words[cut:])


def _with_mask(text: str, i: int) -> dict[str, object]:
    words = text.split()
    place = i % len(words)
    return {"text": " ".join((*words[:place], "<mask>", *words[place + 1 :])), "label": "the"}


_TEXTS: Mapping[str, Callable[[str, int], dict[str, object]]] = {
    "classes": lambda text, i: {"text": text, "pair": text[::-1], "label": CLASSES[i % 3]},
    "labels": lambda text, i: {"text": text, "label": [LABELS[i % 4], LABELS[i % 3]]},
    "numbers": lambda text, i: {"text": text, "label": [i % 5, len(text) / 50]},
    "embedding": lambda text, _: {"text": text},
    "next_token": lambda text, _: {"text": text},
    "completions": lambda text, i: {
        "text": _in_two(text, i)[0],
        "completion": f" {_in_two(text, i)[1]}",
    },
    "translations": lambda text, _: {"text": text, "completion": " ".join(text.split()[::-1][:9])},
    "masks": _with_mask,
    "tags": lambda text, i: _of_words(text, i, lambda n: TAGS[(i + n) % 9 % 5]),
    "word_numbers": lambda text, i: _of_words(text, i, lambda n: (i + n) % 7 / 2),
    "answers": lambda text, i: {
        "text": f"What is said of {text.split()[-1]}?",
        "pair": text,
        "label": [" ".join(text.split()[i % 3 :][:2]), text.split()[0]],
    },
    "choices": lambda text, i: {
        "text": text,
        "choices": ["I agree.", "Why is that?", "Free coffee", text[:20]][: 3 + i % 2],
        "label": "ABC"[i % 3],
    },
    "similarity": lambda text, i: {"text": text, "pair": text[i % 9 :: 2], "label": i % 6},
}
