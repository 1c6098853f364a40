"""What evidence costs beside the analysis forward pass, for base-size models on texts of 30 tokens.

    python tests/benchmarks/evidence.py

Each line is a ratio of CPU times within one round, its median over rounds, beside what it is meant
to be. Modes run one after another in each round, in an order drawn anew, in one process on one
thread; all on the same texts. The analysis forward pass is what every text takes without evidence,
its attention summaries among them.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from capture import BATCH_TOKENS, CONFIGS, load, sample_text

from reportgen.analysis import try_model
from reportgen.analysis.attention import Runner
from reportgen.analysis.evidence import (
    Explainer,
    TextGradients,
    alone_effects,
    deletion_effects,
    text_gradients,
)
from reportgen.models import ExplainedText, LoadedModel, content_units, without
from reportgen.models.tokens import encode

ROUNDS = 5
N_TOKENS = 30
N_TEXTS = 64
N_DELETED = 2  # texts whose units are left out


def modes(model: LoadedModel) -> dict[str, Callable[[], None]]:
    """What is compared; each call runs all its texts."""
    texts = [encode(model.tokenizer, sample_text(N_TOKENS), None, 512)] * N_TEXTS
    capture, probed = try_model(model, texts)
    runner = Runner(model, capture, probed, ["cls", "sep"], BATCH_TOKENS)
    explainer = Explainer(model, "padded", BATCH_TOKENS)
    explained = [item for item in explainer.explain(texts) if isinstance(item, ExplainedText)]

    def analysis() -> None:
        outcomes = runner.run(texts, [False] * N_TEXTS, lambda i, p: None, lambda n: None)
        assert all(outcome.error is None for outcome in outcomes)

    def gradient() -> None:
        found = text_gradients(explainer, capture, explained)
        assert all(isinstance(text, TextGradients) and text.live_rows == 1 for text in found)

    def deletion() -> None:
        deletion_effects(explainer, explained[:N_DELETED])

    def alone() -> None:
        alone_effects(explainer, explained[:N_DELETED])

    def one_by_one() -> None:
        with torch.inference_mode():
            for text in texts[:N_DELETED]:
                for unit in content_units(text):
                    explainer.outputs([without(text, unit)])

    return {
        "analysis": analysis,
        "gradient": gradient,
        "deletion": deletion,
        "alone": alone,
        "one by one": one_by_one,
    }


# Of two modes, and what the ratio is meant to be: at most so much, or at least.
RATIOS = {
    "gradient and live rows / analysis forward pass": ("gradient", "analysis", "at most", 2.6),
    "deletion one at a time / in batches": ("one by one", "deletion", "at least", 3.0),
    "basic evidence / without effects alone": ("basic", "basic without", "at most", 2.2),
}


def basic(taken: Mapping[str, float]) -> dict[str, float]:
    """What basic evidence takes for one text, with effects alone and as it was without them."""
    without_them = taken["gradient"] / N_TEXTS + taken["deletion"] / N_DELETED
    return {"basic": without_them + taken["alone"] / N_DELETED, "basic without": without_them}


def main() -> None:
    """Print a table of ratios for each model."""
    torch.set_num_threads(1)
    for name in CONFIGS:
        with tempfile.TemporaryDirectory() as folder:
            runs = modes(load(name, Path(folder)))
            rounds: list[dict[str, float]] = []
            for _ in range(ROUNDS):
                taken = {}
                for mode in random.sample(list(runs), len(runs)):
                    started = time.process_time()
                    runs[mode]()
                    taken[mode] = time.process_time() - started
                rounds.append(taken | basic(taken))
        print(f"{name}: ratio of CPU times, median of {ROUNDS} rounds (lowest - highest)")
        for line, (mode, beside, way, aim) in RATIOS.items():
            values = [taken[mode] / taken[beside] for taken in rounds]
            ratio, spread = statistics.median(values), f"{min(values):.2f} - {max(values):.2f}"
            is_met = ratio <= aim if way == "at most" else ratio >= aim
            told = "met" if is_met else "missed"
            print(f"  {line:46} {ratio:5.2f}   ({spread})   {way} {aim}: {told}")


if __name__ == "__main__":
    main()
