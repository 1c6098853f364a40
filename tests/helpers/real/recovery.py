"""An attack on redacted outputs: whoever has the model, its tokenizer and a dictionary looks for
the words whose figures fit those that an output holds.

    dictionary = make_dictionary(5000)
    model = make_model(folder, dictionary)
    secret = make_secret(dictionary, (6, 7, 8))    texts of so many random words each
    known = make_known(model, dictionary)          what the model says of each word alone
    by_columns(table, secret, known)               and other attacks

Each attack names one word for every word of the texts and scores the names that are right; where
several words fit equally well, each counts as its share. Without a figure that tells words apart
the score is that of a blind guess: `chance`.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binom
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertForSequenceClassification,
    PreTrainedTokenizerFast,
)

import reportgen
from helpers.real.models import spread_weights, tiny_config

Floats = NDArray[np.float64]
_DIGITS = 4  # significant digits from which on a number that is found is no accident
_NUMBER = re.compile(rb"-?\d+\.\d+(?:[eE][+-]?\d+)?")
_UNLIKELY = 1e-3  # how seldom a blind guess reaches more than `most_by_chance`


@dataclass(frozen=True)
class Secret:
    """Texts of words of a dictionary, given by their places in it."""

    words: tuple[tuple[int, ...], ...]  # [text][word]
    texts: tuple[str, ...]

    @property
    def n_words(self) -> int:
        """How many words all texts have."""
        return sum(map(len, self.words))


@dataclass(frozen=True, eq=False)
class Known:
    """What the model says of each word of the dictionary when it is the only one of a text."""

    model: Path
    words: tuple[str, ...]
    figures: pd.DataFrame  # by word, every column of the table of tokens that is one number
    n_tokens: NDArray[np.int64]  # by word

    @cached_property
    def n_letters(self) -> NDArray[np.int64]:
        """By word, its characters."""
        return np.array([len(word) for word in self.words])


def chance(secret: Secret, n_known: int) -> float:
    """How many words a blind guess gets right on average: each with the probability 1 / `n_known`,
    as the texts are drawn evenly from the dictionary."""
    return secret.n_words / n_known


def most_by_chance(secret: Secret, n_known: int) -> int:
    """The most words that a blind guess gets right: more in fewer than one of 1,000 tries."""
    return int(binom.ppf(1 - _UNLIKELY, secret.n_words, 1 / n_known))


def make_dictionary(size: int) -> tuple[str, ...]:
    """Made-up words of two to four syllables, in a random order. One in five is two tokens of
    the model of `make_model`, the others are one."""
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    draw = np.random.default_rng(7)
    words: dict[str, None] = {}
    while len(words) < size:
        words["".join(draw.choice(syllables, size=int(draw.integers(2, 5))))] = None
    return tuple(words)


def make_model(folder: Path, dictionary: Sequence[str]) -> Path:
    """Save a small BERT with random weights that predicts a number, and its tokenizer."""
    syllables = {word[-2:] for word in dictionary}
    whole = [word for i, word in enumerate(dictionary) if i % 5]
    cut = {word[:-2] for i, word in enumerate(dictionary) if not i % 5}
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    names = [*special, *sorted({*whole, *cut}), *sorted(f"##{own}" for own in syllables)]
    vocabulary = {name: i for i, name in enumerate(names)}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    ends = [(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    keys = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **dict(zip(keys, special, strict=True))
    ).save_pretrained(folder)
    config = tiny_config("bert", vocab_size=len(names), num_labels=1, pad_token_id=0)
    model = BertForSequenceClassification(config)
    spread_weights(model)
    model.save_pretrained(folder)
    return folder


def make_secret(dictionary: Sequence[str], lengths: Sequence[int], seed: int = 1) -> Secret:
    """Texts of so many random words each."""
    draw = np.random.default_rng(seed)
    words = tuple(tuple(draw.integers(len(dictionary), size=n).tolist()) for n in lengths)
    return Secret(words, tuple(" ".join(dictionary[i] for i in own) for own in words))


def make_known(model: Path, dictionary: Sequence[str]) -> Known:
    """Run the model on each word of the dictionary alone."""
    report = reportgen.analyze(list(dictionary), model, evidence="basic", evidence_texts="1")
    results = report.results
    tokens = results.tokens
    own = tokens[~tokens["is_special"].astype(bool)]
    first = own.groupby("text", sort=True).first()
    counts = own.groupby("text", sort=True).size().to_numpy(np.int64)
    figures = first.select_dtypes("number").drop(columns=["position", "unit", "segment", "start"])
    prediction = results.texts["prediction"].to_numpy(np.float64)
    nothing = prediction[0] - float(results.effects["deletion"].dropna().iloc[0])
    for name in ("alone", "effect", "deletion"):
        figures[name] = prediction - nothing
    figures["prediction"] = prediction
    for name in ("value_size_layers", "received_norm_layers", "activation_layers"):
        figures[name] = first[name].map(lambda layers: layers[0])
    return Known(model, tuple(dictionary), figures, counts)


def by_columns(table: pd.DataFrame, secret: Secret, known: Known) -> dict[str, float]:
    """The score of each column of a table of tokens: every word by the nearest figure."""
    rows = _rows_of_words(table, secret)
    truth = np.array([word for own in secret.words for word in own])
    found = {}
    for name in known.figures.columns.intersection(table.columns):
        values = [float("nan") if row is None else _number(table[name].iloc[row]) for row in rows]
        every = known.figures[name].to_numpy(np.float64, na_value=np.nan)
        guesses = (_fitting(np.abs(every - value)) for value in values)
        found[name] = _score(guesses, truth)
    return found


def by_shape(table: pd.DataFrame, secret: Secret, known: Known) -> float:
    """The score of the characters and tokens of each word, as a table of tokens shows them."""
    own = table[~table["is_special"].astype(bool)]
    keys = [own["text_id"].astype(str), own["unit"]]
    names = own["token"].astype(str).str.removeprefix("##")
    letters = names.str.len().groupby(keys, sort=False).sum().to_numpy()
    tokens = names.groupby(keys, sort=False).size().to_numpy()
    rows = _rows_of_words(table, secret)
    truth = np.array([word for text in secret.words for word in text])
    place = {row: i for i, row in enumerate(row for row in rows if row is not None)}
    has_letters = len(set(letters / tokens)) > 1  # the same for every token tells nothing

    def fitting(row: int | None) -> NDArray[np.intp]:
        if row is None:
            return np.arange(len(known.words))
        is_like = known.n_tokens == tokens[place[row]]
        if has_letters:
            is_like &= known.n_letters == letters[place[row]]
        return np.flatnonzero(is_like)

    return _score(map(fitting, rows), truth)


def by_numbers(content: bytes, secret: Secret, known: Known) -> float:
    """How many words have a figure that can be read in a file, beyond those that accident explains:
    as many of any words of the dictionary, in all but one of 1,000 tries."""
    numbers = np.array(sorted({float(own) for own in _NUMBER.findall(content) if _is_long(own)}))
    if not len(numbers):
        return 0.0
    told = np.zeros(len(known.words), bool)
    for name in ("alone", "prediction", "value_size_layers"):
        own = known.figures[name].to_numpy(np.float64, na_value=np.nan)
        at = np.clip(np.searchsorted(numbers, own), 1, len(numbers) - 1)
        near = np.minimum(np.abs(numbers[at] - own), np.abs(numbers[at - 1] - own))
        told |= near < 10.0 ** -(_DIGITS - 1) / 2 * np.abs(own)
    truth = [word for text in secret.words for word in text]
    by_accident = binom.ppf(1 - _UNLIKELY, len(truth), told.mean())
    return float(max(0.0, told[truth].sum() - by_accident))


def by_maps(content: bytes, secret: Secret, known: Known) -> float:
    """The score of what [CLS] looks at in the first layer: over what it gives itself, a weight
    there depends on one word and its place alone."""
    import torch

    model = AutoModelForSequenceClassification.from_pretrained(
        known.model, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    tokenizer = AutoTokenizer.from_pretrained(known.model)
    ids = [tokenizer(word, add_special_tokens=False)["input_ids"] for word in known.words]
    truth, guesses = [], []
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        for number, words in enumerate(secret.words, 1):
            if f"maps_{number}.npy" not in file.namelist():
                continue
            maps = np.load(io.BytesIO(file.read(f"maps_{number}.npy")))
            sizes = [len(ids[word]) for word in words]
            for word, place in zip(words, np.cumsum([1, *sizes[:-1]]).tolist(), strict=True):
                own = _log_ratio(maps[0][:, 0, :], place)
                every = _ratios(model, tokenizer, ids, place, torch)
                truth.append(word)
                guesses.append(_fitting(np.abs(every - own).sum(axis=1)))
    return _score(guesses, np.array(truth))


def _ratios(model, tokenizer, ids, place, torch) -> Floats:
    """`[word, head]`: what [CLS] gives the first token of each word at `place`, over itself."""
    rows = [[tokenizer.cls_token_id, *[own[0]] * place, tokenizer.sep_token_id] for own in ids]
    found = []
    for i in range(0, len(rows), 512):
        with torch.no_grad():
            out = model(torch.tensor(rows[i : i + 512]), output_attentions=True)
        found.append(_log_ratio(out.attentions[0][:, :, 0, :].numpy(), place))
    return np.concatenate(found)


def _log_ratio(rows: Floats, place: int) -> Floats:
    own = np.log(np.maximum(rows[..., place], 1e-6)) - np.log(np.maximum(rows[..., 0], 1e-6))
    return np.asarray(own, np.float64)


def _is_long(number: bytes) -> bool:
    digits = number.partition(b"e")[0].lstrip(b"-0.").replace(b".", b"")
    return len(digits) >= _DIGITS


def _rows_of_words(table: pd.DataFrame, secret: Secret) -> list[int | None]:
    """The first row of each word in a table of tokens; None of a text that is not in it."""
    ids = table["text_id"].astype(str).to_numpy()
    units, special = table["unit"].to_numpy(), table["is_special"].to_numpy(bool)
    found: list[int | None] = []
    for number, words in enumerate(secret.words, 1):
        own = np.flatnonzero((ids == str(number)) & ~special)
        firsts = [int(own[units[own] == unit][0]) for unit in dict.fromkeys(units[own].tolist())]
        assert len(firsts) in (0, len(words)), "words are the units"
        found += firsts or [None] * len(words)
    return found


def _number(cell: object) -> float:
    return float("nan") if cell is None or cell is pd.NA else float(cell)  # type: ignore[arg-type]


def _fitting(distance: Floats) -> NDArray[np.intp]:
    """The words that fit best; all of them where nothing is known."""
    if np.isnan(distance).all():
        return np.arange(len(distance))
    return np.flatnonzero(distance <= np.nanmin(distance))


def _score(guesses, truth) -> float:
    hits: Iterator[float] = (
        (word in own) / len(own) if len(own) else 0.0
        for own, word in zip(guesses, truth.tolist(), strict=True)
    )
    return float(sum(hits))


def outputs_of(folder: Path) -> dict[str, bytes]:
    """The files of a folder, with those below it, by their paths in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
