"""Processor time and memory of the attention of one long text, beside a plain forward pass.

    python tests/benchmarks/long.py [1024 2048 4096 8192] [--family bert] [--layers 2]

Layers of base size with random weights, one thread. "plain" is the model's forward pass with the
library's fastest attention, "whole" reads whole maps as those of shorter texts, "stripes" reads
them some queries at a time; both with every figure of the first pass but those of value vectors.
"pooled" is the same with maps pooled and packed.
Memory is the peak above that of the loaded model; each is measured in a process of its own, and
time is the least of two runs.
"""

import argparse
import json
from collections.abc import Callable
from math import nan

import torch
from measuring import apart, peak_above, seconds_of
from transformers import AutoConfig, AutoModel

from reportgen.analysis.attention import (
    BatchSummary,
    Capture,
    PooledMaps,
    Stripe,
    Stripes,
    StripeSummary,
    cells_of,
    lay_out,
)
from reportgen.models import EncodedText

MODES = ("plain", "whole", "stripes", "pooled")
ROLES = ("cls", "sep")
LONGEST_WHOLE = 4096  # of 8,192 tokens, whole maps take 10 GB


def text_of(length: int) -> EncodedText:
    """A text of so many tokens, without their words."""
    inside = length - 2
    return EncodedText(
        ids=tuple(range(length)),
        type_ids=None,
        tokens=("a",) * length,
        spans=(None,) * length,
        segments=(None, *[0] * inside, None),
        roles=("cls", *[None] * inside, "sep"),
        units=tuple(range(length)),
        n_truncated=0,
        cuts=(None, None),
        n_unknown=0,
    )


def ready(mode: str, family: str, length: int, n_layers: int) -> Callable[[], object]:
    """What is measured."""
    config = AutoConfig.for_model(family, num_hidden_layers=n_layers)
    config.max_position_embeddings = max(config.max_position_embeddings, length)
    model = AutoModel.from_config(config).eval()
    ids = torch.randint(5, 1000, (1, length))
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    kinds = {"has_window": family == "modernbert", "learned_sinks": False}

    def plain() -> object:
        with torch.inference_mode():
            return model(**inputs)

    if mode == "plain":
        model.set_attn_implementation("sdpa")
        return plain
    capture = Capture(model, model)
    layout = lay_out([text_of(length)], ROLES, is_causal=False, device=model.device)

    def whole() -> object:
        figures = BatchSummary(layout, **kinds)
        capture.run(inputs, lambda _, maps: figures.add(maps))
        return figures.texts()

    def stripes() -> object:
        figures = StripeSummary(layout, config.num_attention_heads, **kinds)
        Stripes(model, capture, is_plain=True).run(inputs, figures.add)
        return figures.text()

    def pooled() -> object:
        figures = StripeSummary(layout, config.num_attention_heads, **kinds)
        maps = PooledMaps(cells_of(text_of(length)), config.num_attention_heads)

        def take(stripe: Stripe) -> None:
            maps.add(stripe)
            figures.add(stripe)

        Stripes(model, capture, is_plain=True).run(inputs, take)
        return figures.text(), maps.packed()

    return {"whole": whole, "stripes": stripes, "pooled": pooled}[mode]


def measure(mode: str, family: str, length: int, n_layers: int) -> tuple[float, float]:
    """Seconds of processor time, and the peak of memory in MB above that of the loaded model."""
    torch.set_num_threads(1)
    run, seconds = ready(mode, family, length, n_layers), list[float]()
    peak = peak_above(lambda: seconds.extend(seconds_of(run) for _ in range(2)))
    return min(seconds), peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lengths", nargs="*", type=int, default=[1024, 2048, 4096, 8192])
    parser.add_argument("--family", default="bert")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--mode", choices=MODES, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.mode:
        print(json.dumps(measure(chosen.mode, chosen.family, chosen.lengths[0], chosen.layers)))
        return
    print(
        "| tokens | plain | whole / plain | stripes / plain | pooled / plain "
        "| plain, MB | whole, MB | stripes, MB | pooled, MB |"
    )
    print("|--:" * 9 + "|")
    for length in chosen.lengths:
        seconds, peaks = [], []
        for mode in MODES:
            if mode == "whole" and length > LONGEST_WHOLE:
                seconds.append(nan)
                peaks.append(nan)
                continue
            options = ("--family", chosen.family, "--layers", chosen.layers)
            took, peak = json.loads(apart(length, "--mode", mode, *options))
            seconds.append(took)
            peaks.append(peak)
        ratios = " | ".join(f"{each / seconds[0]:.2f}" for each in seconds[1:])
        said = " | ".join(f"{peak:,.0f}" for peak in peaks)
        print(f"| {length:,} | {seconds[0]:.2f} s | {ratios} | {said} |", flush=True)


if __name__ == "__main__":
    main()
