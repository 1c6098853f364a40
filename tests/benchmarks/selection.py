"""Whether the tokens that a report names hold on other texts: random halves of fresh headlines.

    python tests/benchmarks/selection.py

The deletion effects of N_TEXTS headlines that the bundled model never saw are divided at random
into two halves, SPLITS times. What the first half's report would list or name is compared with the
plain mean on the second half, where that has the token in at least three texts. "Sign wrong" is the
share of such tokens whose mean has the other sign there; "kept" is the sum of the means there, in
that of the effects that were printed.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import planted
import torch
from numpy.typing import NDArray

from reportgen.analysis.options import AnalysisOptions
from reportgen.analysis.pipeline import analyze
from reportgen.findings.tokens.figures import CorpusTokens, corpus_tokens, fewest_texts, token_means
from reportgen.findings.tokens.lists import effect_lists
from reportgen.models.loading.load import load_model
from reportgen.models.spec import ModelSpec

N_TEXTS = (88, 176)
SPLITS = 400
SEED = 20_261_126
FEWEST = 3  # texts of the second half

Found = Mapping[str, Sequence[tuple[int, float]]]  # by rule: token and printed effect


def main() -> None:
    torch.set_num_threads(1)
    planted.N_TEXTS = max(N_TEXTS)
    headlines, _ = planted.fresh_headlines()
    with tempfile.TemporaryDirectory() as folder:
        options = AnalysisOptions(keep_maps="none", evidence_texts="all")
        model = load_model(ModelSpec())
        tokens = corpus_tokens(analyze(planted.text_set(headlines), model, Path(folder), options))
    for n_texts in N_TEXTS:
        print(f"\n{n_texts} fresh headlines, {SPLITS} random halves\n")
        print_table(tokens.among(np.arange(max(N_TEXTS)) < n_texts), n_texts)


def print_table(tokens: CorpusTokens, n_texts: int) -> None:
    random = np.random.default_rng(SEED)
    held: dict[str, list[tuple[float, float]]] = {}  # printed, and on the other half
    named = 0
    for _ in range(SPLITS):
        is_first = np.zeros(max(N_TEXTS), np.bool_)
        is_first[random.permutation(n_texts)[: n_texts // 2]] = True
        other = token_means(tokens.among(~is_first))
        found = rules(tokens.among(is_first))
        named += bool(found["named in the headline"])
        for rule, pairs in found.items():
            held.setdefault(rule, []).extend(
                (printed, float(other.effect[i]))
                for i, printed in pairs
                if other.n_effect[i] >= FEWEST
            )
    print("| tokens | sign wrong | kept | tokens a split |\n|---|--:|--:|--:|")
    for rule, pairs in held.items():
        printed, there = np.array(pairs).T if pairs else np.full((2, 1), np.nan)
        wrong = np.mean(np.sign(printed) != np.sign(there))
        kept = (np.sign(printed) * there).sum() / abs(printed).sum()
        print(f"| {rule} | {wrong:.1%} | {kept:.0%} | {len(pairs) / SPLITS:.1f} |")
    print(f"\nAny token is named in {named / SPLITS:.0%} of the splits.")


def rules(tokens: CorpusTokens) -> Found:
    lists = effect_lists(tokens, is_size=False).lists
    every = [row for rows in lists.values() for row in rows]
    named = [next((row for row in rows if row.is_named), None) for rows in lists.values()]
    means = token_means(tokens)
    fewest = fewest_texts(tokens.n_effect)
    plain = [np.where(means.n_effect >= fewest, sign * means.effect, -np.inf) for sign in (1, -1)]
    tops: list[NDArray[np.intp]] = [np.argsort(-np.nan_to_num(v, nan=-np.inf)) for v in plain]
    return {
        "first of a list by plain means": [(int(t[0]), float(means.effect[t[0]])) for t in tops],
        "list of eight by plain means": [
            (int(i), float(means.effect[i])) for t in tops for i in t[:8]
        ],
        "listed": [(row.label, row.value) for row in every],
        "named by Benjamini-Hochberg": [(row.label, row.value) for row in every if row.is_named],
        "named in the headline": [(row.label, row.value) for row in named if row],
    }


if __name__ == "__main__":
    main()
