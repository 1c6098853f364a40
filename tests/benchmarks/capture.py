"""What capturing attention costs beside a plain forward pass, and what memory it takes.

    python tests/benchmarks/capture.py time     # CPU time, as ratios to the floor
    python tests/benchmarks/capture.py memory   # peak memory above the loaded model

The floor is the same model on the same batches with fused attention and no attention maps. Modes
run one after another in each round, in an order drawn anew, in one process on one thread; a ratio
is the median over rounds of the ratio within a round.
"""

import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from helpers.real.models import tiny_tokenizer
from transformers import AlbertConfig, AutoModelForSequenceClassification, BertConfig

from reportgen.analysis import AnalysisOptions, analyze, try_model
from reportgen.analysis.attention import Runner
from reportgen.models import EncodedText, LoadedModel, ModelSpec, load_model, plan_batches
from reportgen.models.tokens import encode, pad
from reportgen.results import EvidenceLevel, InputInfo
from reportgen.texts import TextInput, TextSet

ROUNDS = 5
BATCH_TOKENS = 1024
WORDS = ("the", "cat", "dog", "sat", "on", "mat", "and", "a")  # each is a token
CONFIGS = {
    "ALBERT base": AlbertConfig(
        hidden_size=768, num_attention_heads=12, intermediate_size=3072, num_labels=1
    ),
    "BERT base": BertConfig(num_labels=1),
}


def load(name: str, folder: Path) -> LoadedModel:
    """A base-size model with random weights."""
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(CONFIGS[name])
    model.save_pretrained(folder)
    tiny_tokenizer("wordpiece").save_pretrained(folder)
    return load_model(ModelSpec(model=str(folder)))


def sample_lengths(count: int) -> list[int]:
    """Lengths of 8 to 60 tokens, every sixteenth of 200 to 500."""
    chance = random.Random(0)
    return [
        chance.randint(200, 500) if i % 16 == 0 else chance.randint(8, 60) for i in range(count)
    ]


def sample_text(length: int) -> str:
    """A text of `length` tokens, the special ones among them."""
    return " ".join(random.Random(length).choices(WORDS, k=length - 2))


def sample_texts(model: LoadedModel) -> list[EncodedText]:
    """64 such texts."""
    return [encode(model.tokenizer, sample_text(n), None, 512) for n in sample_lengths(64)]


def modes(model: LoadedModel, texts: list[EncodedText]) -> dict[str, Callable[[], None]]:
    """What is compared; each call runs all texts (the slow one every eighth)."""
    capture, probed = try_model(model, texts)
    runner = Runner(model, capture, probed, ["cls", "sep"], BATCH_TOKENS)
    accepted = {"input_ids", "attention_mask", "token_type_ids"}
    batches = plan_batches([len(text.ids) for text in texts], BATCH_TOKENS)

    def floor() -> None:
        model.encoder.set_attn_implementation("sdpa")
        with torch.inference_mode():
            for batch in batches:
                model.module(**pad([texts[i] for i in batch], 0, accepted, model.device))

    def captured(keeps: bool) -> Callable[[], None]:
        def run() -> None:
            model.encoder.set_attn_implementation("eager")
            outcomes = runner.run(texts, [keeps] * len(texts), lambda i, p: None, lambda n: None)
            assert all(outcome.error is None for outcome in outcomes)

        return run

    def self_check() -> None:
        model.encoder.set_attn_implementation("eager")
        try_model(model, texts)

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
        "captured": captured(False),
        "captured and packed": captured(True),
        "self-check": self_check,
        "padded to 512, one by one": padded_one_by_one,
    }


def measure_time() -> None:
    """Print a table of ratios to the floor."""
    torch.set_num_threads(1)
    for name in CONFIGS:
        with tempfile.TemporaryDirectory() as folder:
            model = load(name, Path(folder))
            runs = modes(model, sample_texts(model))
            ratios: dict[str, list[float]] = {mode: [] for mode in runs}
            for _ in range(ROUNDS):
                taken = {}
                for mode in random.sample(list(runs), len(runs)):
                    started = time.process_time()
                    runs[mode]()
                    taken[mode] = time.process_time() - started
                taken["padded to 512, one by one"] *= 8
                for mode, seconds in taken.items():
                    ratios[mode].append(seconds / taken["floor"])
            print(f"{name}: CPU time over the floor, median of {ROUNDS} rounds (lowest - highest)")
            for mode, values in ratios.items():
                spread = f"{min(values):.2f} - {max(values):.2f}"
                print(f"  {mode:28} {statistics.median(values):6.2f}   ({spread})")


def measure_memory() -> None:
    """Print peak memory above the loaded model, each figure from a process of its own."""
    for count, evidence in ((64, "none"), (100, "none"), (2000, "none"), (64, "basic")):
        command = [sys.executable, __file__, "peak", str(count), evidence]
        told = subprocess.check_output(command, text=True).strip()
        print(f"{count:5} texts, evidence {evidence}: {told}")


def peak(count: int, evidence: EvidenceLevel) -> None:
    """Print how far `count` texts raise this process's peak above the loaded model."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as results:
        model = load("ALBERT base", Path(folder))
        texts = tuple(
            TextInput(str(i), sample_text(n), source=f"t:{i}")
            for i, n in enumerate(sample_lengths(count))
        )
        # Loading took more for a moment: have the kernel forget that peak (Linux).
        Path("/proc/self/clear_refs").write_text("5")
        before = resident()
        inputs = TextSet(texts, (InputInfo("t", "0" * 64, len(texts)),))
        analyze(
            inputs,
            model,
            Path(results),
            AnalysisOptions(units="token", keep_maps="none", evidence=evidence),
        )
        top = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{top - before:.0f} MB above the loaded model ({before:.0f} MB)")


def resident() -> float:
    """Resident memory of this process, MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else "time"
    {"time": measure_time, "memory": measure_memory}.get(
        what, lambda: peak(int(sys.argv[2]), sys.argv[3])
    )()
