"""Texts and a model whose sensitivity to edits is known: its number falls without brackets and
without capital letters, and rises where one word stands for another; the rest of it is noise."""

import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from random import Random

import pandas as pd
import torch
from torch import Tensor

from helpers.real.explaining import Head, load, with_module
from helpers.real.runs import run
from reportgen.models import LoadedModel
from reportgen.results import Results
from reportgen.texts import Edit, chosen_edits, read_swaps

# What each is worth, and how often texts have it.
BRACKETS, CAPITALS, CHEAP = 0.8, 0.5, 0.6
HAS_BRACKETS, HAS_CAPITALS, HAS_FREE = 0.6, 0.5, 0.6
WORDS = ("cat", "dog", "good", "new", "member", "film", "very", "day", "log", "mat", "coffee")
SWAP = "swap:free → cheap"
# Of each edit that does anything, the mean change over the texts that it applies to.
TRUTH: Mapping[str, float] = {
    "brackets": -BRACKETS,
    "lower_case": -CAPITALS,
    "upper_case": CAPITALS * (1 - HAS_CAPITALS),  # those that have some keep what that is worth
    SWAP: CHEAP,
}


def planted_texts(n: int, seed: int) -> list[str]:
    """Different texts of some words each."""
    random = Random(seed)
    texts: dict[str, None] = {}
    while len(texts) < n:
        words = [random.choice(WORDS) for _ in range(random.randint(4, 8))]
        if random.random() < HAS_FREE:
            words[random.randrange(len(words))] = "free"
        if random.random() < HAS_CAPITALS:
            words[0] = words[0].capitalize()
        if random.random() < HAS_BRACKETS:
            words[-1] = f"({words[-1]})"
        mark = random.choice(("", "", ".", "!", " 7", "…"))
        texts.setdefault(" ".join(words) + mark)
    return list(texts)


def planted_number(text: str, noise: float, seed: int) -> float:
    """What the model gives for a text."""
    worth = BRACKETS * ("(" in text) + CAPITALS * (text.lower() != text)
    worth += CHEAP * ("cheap" in text.lower())
    drawn = Random(blake2b(f"{seed} {text}".encode(), digest_size=8).digest()).gauss(0.0, noise)
    return worth + drawn


def planted_model(folder: Path, noise: float, seed: int) -> LoadedModel:
    """A tiny model that gives this number: it spells its tokens."""
    model = load(folder, "roberta", num_labels=1, problem_type="regression")

    def number(hidden: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        spelt = model.tokenizer.batch_decode(ids, skip_special_tokens=True)
        return torch.tensor([[planted_number(text, noise, seed)] for text in spelt])

    return with_module(model, Head(model.module.roberta, number))


def planted_run(folder: Path, n_texts: int, noise: float, seed: int, edits: str = "all") -> Results:
    """The results of a run of that model on such texts, with edits and the swap."""
    folder.mkdir()
    (folder / "swaps.csv").write_text("from,to\nfree,cheap\n", "utf-8")
    model = planted_model(folder, noise, seed)
    texts: Sequence[str] = planted_texts(n_texts, seed)
    swap = read_swaps(str(folder / "swaps.csv"))
    options = {"evidence": "none", "evidence_texts": "all", "keep_maps": "none"}
    return run(folder / "results", model, texts, edits=edits, swap=swap, **options)


def planted_rows(n_texts: int, noise: float, seed: int) -> pd.DataFrame:
    """What the table of edits of such a run holds of these columns, without running the model."""
    edits = (
        *chosen_edits("all", None),
        Edit(SWAP, lambda text: re.sub(r"\bfree\b", "cheap", text)),
    )
    rows = []
    for text, original in enumerate(planted_texts(n_texts, seed)):
        before = planted_number(original, noise, seed)
        for edit in edits:
            changed = edit.change(original)
            if changed != original:
                after = planted_number(changed, noise, seed)
                rows.append((text, edit.id, "run", changed, before, after))
    names = ["text", "edit", "status", "changed", "before", "after"]
    return pd.DataFrame(rows, columns=names)
