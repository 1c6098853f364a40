"""What reading attention and gathering evidence cost beside plain forward passes, in base-size
models with random weights on one thread.

    python tests/benchmarks/cost.py time [--rounds 5]   # processor time, as ratios
    python tests/benchmarks/cost.py full                # steps of full evidence, as shares of all
    python tests/benchmarks/cost.py memory              # peak memory above the loaded model

The floor is the model on the same batches with fused attention and no attention maps. Norms are
those of what tokens pass on, which weight attention, on texts of one length. Evidence is on texts
of 30 tokens; "analysis" is what every text takes without it. Each ratio is within one round.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from measuring import apart, peak_above, print_ratios, rounds_of
from subjects import BATCH_TOKENS, CONFIGS, load_base, sample_lengths, sample_text, text_set

from reportgen.analysis import AnalysisOptions, Cost, Progress, analyze, try_model
from reportgen.analysis.attention import Norms, Runner, find_norms
from reportgen.analysis.evidence import (
    Explainer,
    TextGradients,
    alone_effects,
    deletion_effects,
    text_gradients,
)
from reportgen.models import (
    EncodedText,
    ExplainedText,
    LoadedModel,
    content_units,
    plan_batches,
    without,
)
from reportgen.models.tokens import encode, pad
from reportgen.results import EvidenceLevel

N_TOKENS = 2048  # of all texts together, for norms
LENGTHS = (30, 128)
N_TEXTS = 64  # with gradients
N_DELETED = 2  # texts whose units are left out
N_FULL = 4  # with full evidence; up to 24 texts have all of its steps
ANALYSED = ((64, "none"), (100, "none"), (2000, "none"), (64, "basic"))  # texts, evidence
PADDED = "padded to 512, one by one"
Ways = Mapping[str, Callable[[], object]]


def reading(
    model: LoadedModel, texts: list[EncodedText], *, keeps: bool = False, norms: bool = False
) -> Callable[[], None]:
    """Reads the attention of `texts`, and `keeps` their maps."""
    capture, probed = try_model(model, texts)
    found = find_norms(model, capture, texts[0]) if norms else None
    assert isinstance(found, Norms) or not norms
    runner = Runner(model, capture, probed, ["cls", "sep"], BATCH_TOKENS, norms=found)

    def run() -> None:
        model.encoder.set_attn_implementation("eager")
        outcomes = runner.run(texts, [keeps] * len(texts), lambda i, p: None, lambda n: None)
        assert all(outcome.error is None for outcome in outcomes)

    return run


def of_attention(model: LoadedModel) -> Ways:
    """What is compared of attention; each call runs all texts (the slow one every eighth)."""
    texts = [encode(model.tokenizer, sample_text(n), None, 512) for n in sample_lengths(64)]
    accepted = {"input_ids", "attention_mask", "token_type_ids"}
    batches = plan_batches([len(text.ids) for text in texts], BATCH_TOKENS)

    def floor() -> None:
        model.encoder.set_attn_implementation("sdpa")
        with torch.inference_mode():
            for batch in batches:
                model.module(**pad([texts[i] for i in batch], 0, accepted, model.device))

    def padded_one_by_one() -> None:
        model.encoder.set_attn_implementation("eager")
        with torch.inference_mode():
            for text in texts[:: len(texts) // 8]:
                inputs = pad([text], 0, accepted, model.device)
                gap = 512 - len(text.ids)
                wide = {k: torch.nn.functional.pad(v, (0, gap)) for k, v in inputs.items()}
                model.module(**wide, output_attentions=True)

    return {
        "floor": floor,
        "captured": reading(model, texts),
        "captured and packed": reading(model, texts, keeps=True),
        "self-check": lambda: try_model(model, texts),
        PADDED: padded_one_by_one,
    }


def of_norms(model: LoadedModel, length: int) -> Ways:
    """Reading attention with norms and without; each call runs all its texts."""
    texts = [encode(model.tokenizer, sample_text(length), None, 512)] * (N_TOKENS // length)
    return {"without": reading(model, texts), "with norms": reading(model, texts, norms=True)}


def of_evidence(model: LoadedModel) -> Ways:
    """What is compared of evidence; of leaving out, each call runs N_DELETED texts."""
    texts = [encode(model.tokenizer, sample_text(LENGTHS[0]), None, 512)] * N_TEXTS
    capture, _ = try_model(model, texts)
    explainer = Explainer(model, "padded", BATCH_TOKENS)
    explained = [item for item in explainer.explain(texts) if isinstance(item, ExplainedText)]

    def gradient() -> None:
        found = text_gradients(explainer, capture, explained)
        assert all(isinstance(text, TextGradients) and text.live_rows == 1 for text in found)

    def one_by_one() -> None:
        with torch.inference_mode():
            for text in texts[:N_DELETED]:
                for unit in content_units(text):
                    explainer.outputs([without(text, unit)])

    return {
        "analysis": reading(model, texts),
        "gradient and live rows": gradient,
        "deletion": lambda: deletion_effects(explainer, explained[:N_DELETED]),
        "effects alone": lambda: alone_effects(explainer, explained[:N_DELETED]),
        "deletion one at a time": one_by_one,
    }


def measure_time(n_rounds: int) -> None:
    """Print tables of ratios."""
    for name in CONFIGS:
        with tempfile.TemporaryDirectory() as folder:
            model = load_base(name, Path(folder))
            ways = of_attention(model)
            rounds = rounds_of(ways, n_rounds)
            for taken in rounds:
                taken[PADDED] *= 8
            print_ratios(name, rounds, [(way, "floor") for way in ways])
            for length in LENGTHS:
                rounds = rounds_of(of_norms(model, length), n_rounds)
                print_ratios(f"{name}, {length} tokens", rounds, [("with norms", "without")])
            rounds = rounds_of(of_evidence(model), n_rounds)
            for taken in rounds:
                gradient = taken["gradient and live rows"] * N_DELETED / N_TEXTS
                taken["basic without alone"] = gradient + taken["deletion"]
                taken["basic evidence"] = taken["basic without alone"] + taken["effects alone"]
            pairs = [
                ("gradient and live rows", "analysis"),
                ("deletion one at a time", "deletion"),
                ("basic evidence", "basic without alone"),
            ]
            print_ratios(f"{name}, evidence", rounds, pairs)


class Timed(Progress):
    """Processor time by step."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._since = time.process_time()

    def begin(self, cost: Cost) -> None:
        """The model is loaded and tried."""
        self._since = time.process_time()

    def advance(self, stage: str, done: int, work: float = 0.0) -> None:
        """What passed since the last step goes to this one."""
        now = time.process_time()
        self.seconds[stage] += now - self._since
        self._since = now


def measure_full() -> None:
    """Print what each step of full evidence takes of the others together, on N_FULL texts."""
    for name in CONFIGS:
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as results:
            model, timed = load_base(name, Path(folder)), Timed()
            options = AnalysisOptions(units="token", keep_maps="none", evidence="full")
            texts = text_set(sample_text(LENGTHS[0] + i) for i in range(N_FULL))
            analyze(texts, model, Path(results), options, timed)
            whole = sum(timed.seconds.values())
            for stage, seconds in timed.seconds.most_common():
                print(f"{name}: {stage} {seconds:.1f} s, {seconds / (whole - seconds):.2f} of rest")


def measure_memory() -> None:
    """Print peak memory above the loaded model, each figure from a process of its own."""
    for count, evidence in ANALYSED:
        print(f"{count:5} texts, evidence {evidence}: {apart('peak', count, evidence)} MB")
    for name in CONFIGS:
        for length in LENGTHS:
            peaks = (apart("norms", name, length, way) for way in ("without", "with norms"))
            print(f"{name}, {length} tokens: without and with norms {', '.join(peaks)} MB")


def peak(count: int, evidence: EvidenceLevel) -> float:
    """How far the analysis of `count` texts raises the peak of this process, in MB."""
    texts = text_set(sample_text(n) for n in sample_lengths(count))
    options = AnalysisOptions(units="token", keep_maps="none", evidence=evidence)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as results:
        model = load_base("ALBERT base", Path(folder))
        return peak_above(lambda: analyze(texts, model, Path(results), options))


def peak_of_norms(name: str, length: int, way: str) -> float:
    """How far one way of reading attention raises the peak of this process, in MB."""
    with tempfile.TemporaryDirectory() as folder:
        return peak_above(of_norms(load_base(name, Path(folder)), length)[way])


def main() -> None:
    """Measure time or memory."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("time", "full", "memory", "peak", "norms"))
    parser.add_argument("of", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    match asked.what, asked.of:
        case "time", []:
            measure_time(asked.rounds)
        case "full", []:
            measure_full()
        case "memory", []:
            measure_memory()
        case "peak", [count, evidence]:
            print(f"{peak(int(count), evidence):.0f}")
        case "norms", [name, length, way]:
            print(f"{peak_of_norms(name, int(length), way):.0f}")


if __name__ == "__main__":
    main()
