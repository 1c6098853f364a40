"""Two made-up models on the same texts, and what can be planted in one of them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from factories import HEADLINES, make_results

from reportgen.results.schema import TOKENS_SCHEMA
from reportgen.results.store import Results

STAR = "★★"  # two code points, so a token of its own in made-up results
TEXTS = tuple(
    STAR + text if i % 2 else text
    for i, text in enumerate((*HEADLINES, *(f"{text} again" for text in HEADLINES)))
)
LABELS = tuple(0.3 * i for i in range(len(TEXTS)))


def pair_of(folder: Path, texts: tuple[str, ...] = TEXTS, **options) -> tuple[Results, Results]:
    """Base and head, which differ in attention and predictions but not in evidence."""
    base = make_results(folder / "base", texts, seed=0, **options)
    return base, make_results(folder / "head", texts, seed=1, **options)


def twice(folder: Path, texts: tuple[str, ...] = TEXTS, **options) -> tuple[Results, Results]:
    """The same model two times."""
    both = (make_results(folder / name, texts, seed=0, **options) for name in ("base", "head"))
    return tuple(both)


def token_rows(results: Results) -> list[dict]:
    """The rows of the table of tokens, as they stand or as they were changed."""
    changed = results.__dict__.get("_tokens")
    if not isinstance(changed, pa.Table):
        changed = pq.read_table(results.folder / "tokens.parquet")
    return changed.to_pylist()


def set_tokens(results: Results, rows: list[dict]) -> None:
    """Let these be the rows of the table of tokens."""
    results.__dict__["_tokens"] = pa.Table.from_pylist(rows, TOKENS_SCHEMA)
    results.__dict__["tokens"] = results.__dict__["_tokens"].to_pandas()


def plant(results: Results, effect: float = 0.6, row: float = 0.5, token: str = STAR) -> Results:
    """Make `token` move the output by `effect` more, and let the [CLS] row look at it."""
    rows = token_rows(results)
    here = np.array([each["token"] == token for each in rows])
    effects = results.effects.copy()
    effects.loc[here, "deletion"] += effect
    results.__dict__["effects"] = effects
    for at in np.flatnonzero(here):
        rows[at]["cls_row_all"] += row
        rows[at]["received_all"] += row
    set_tokens(results, rows)
    return results


def retokenise(results: Results, text: int) -> Results:
    """Let the first content token of a text have another name."""
    rows = token_rows(results)
    rows[int(results.texts["first_token"].iloc[text]) + 1]["token"] = "another"
    set_tokens(results, rows)
    return results


def shaken(results: Results, by: float = 3e-7) -> Results:
    """The figures as another batch gives them: moved by rounding alone."""
    random = np.random.default_rng(5)

    def moved(frame, names):
        frame = frame.copy()
        for name in names:
            values = frame[name].to_numpy(np.float64)
            frame[name] = values + by * random.uniform(-1, 1, len(values))
        return frame

    results.__dict__["effects"] = moved(results.effects, ["deletion"])
    results.__dict__["heads"] = moved(results.heads, ["special_share", "entropy"])
    results.__dict__["roles"] = moved(results.roles, ["share"])
    texts = moved(results.texts, ["prediction"])
    texts["scores"] = [[score + by for score in scores] for scores in texts["scores"]]
    results.__dict__["texts"] = texts
    rows = token_rows(results)
    for row in rows:
        for name in ("received_all", "cls_row_all"):
            row[name] += by * random.uniform(-1, 1)
    set_tokens(results, rows)
    return results
