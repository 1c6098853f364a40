"""Texts that stand out by attention on special tokens: `python tests/benchmarks/special_length.py`.

For each model and file of texts, how the share of special tokens, what is beyond their equal share
and what is beyond the usual share of texts as long go with the length of a text (Spearman), and how
long the two texts are that have most of each.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from scipy.stats import spearmanr
from subjects import ROOT, minilm, save_model

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.demo import DEMO, STAR
from reportgen.findings import excess
from reportgen.findings.head_figures import text_means
from reportgen.findings.ranking import usual_at_length
from reportgen.models import ModelSpec, load_model
from reportgen.texts import Columns, read_texts

SAMPLES = ROOT / "sample_inputs"
FILES = {"ad_headlines.csv": "text", "reviews_en.csv": "review"}  # and the column of texts


def main() -> None:
    """Print one line for each model, file and figure."""
    torch.set_num_threads(1)
    random = TemporaryDirectory()
    models = {
        DEMO: ModelSpec(),
        STAR: ModelSpec(model=STAR),
        "MiniLM": ModelSpec(model=str(minilm())),
        "random BERT": ModelSpec(model=str(save_model(Path(random.name) / "bert", "bert"))),
    }
    print("| model | texts | attention on special tokens | with length | length of the first two |")
    print("|---|---|---|--:|---|")
    for name, spec in models.items():
        model = load_model(spec)
        for file, column in FILES.items():
            texts = read_texts([str(SAMPLES / file)], Columns(text=column))
            options = AnalysisOptions(units="token", keep_maps="none", evidence="none")
            with TemporaryDirectory() as place:
                results = analyze(texts, model, Path(place), options)
                share, even = (text_means(results, x) for x in ("special_share", "uniform_share"))
                tokens = results.texts["n_tokens"].to_numpy(float)
            usual = usual_at_length(share, tokens)
            figures = {
                "share": share,
                "beyond the equal share": excess(share, even),
                "beyond the usual share at that length": share - usual,
            }
            for figure, values in figures.items():
                first = tokens[np.argsort(-values, kind="stable")[:2]].astype(int)
                lengths = f"{first[0]}, {first[1]} (of {tokens.min():.0f} to {tokens.max():.0f})"
                rho = spearmanr(values, tokens).statistic
                print(f"| {name} | {file} | {figure} | {rho:+.2f} | {lengths} |")


if __name__ == "__main__":
    main()
