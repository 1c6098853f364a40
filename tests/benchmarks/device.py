"""What a run takes on a device, in each precision and with batches of several sizes.

    python tests/benchmarks/device.py time --device cuda        # seconds and ratios
    python tests/benchmarks/device.py precision --device cuda   # how far figures move

`time` runs a BERT of base size with random weights on texts of 8 to 60 tokens, every sixteenth of
200 to 500. The floor is a plain forward pass with fused attention and no maps, on the same batches;
ratios are to the floor of float32 with 1,024 tokens a batch, as medians over rounds. Times are
processor time on the CPU; on a GPU they are seconds until it has finished. Evidence is the level
"basic" on the first short texts, as seconds for each text over the floor's for each text.

`precision` analyses headlines with the bundled model and prints what the self-checks find, and the
largest differences to float32.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from subjects import HEADLINES, sample_lengths, sample_text, save_base, text_set

from reportgen.analysis import AnalysisOptions, analyze, try_model
from reportgen.analysis.attention import Norms, Runner, find_norms
from reportgen.analysis.device import limits_of
from reportgen.analysis.evidence import Explainer, Tools, try_measures
from reportgen.models import (
    Dtype,
    EncodedText,
    ExplainedText,
    LoadedModel,
    ModelSpec,
    backend,
    full_name,
    load_model,
    plan_batches,
)
from reportgen.models.device import TOLERANCES, Tolerances, find_device
from reportgen.models.spec import DTYPES
from reportgen.models.tokens import encode
from reportgen.results import Results


def seconds(device: torch.device, call: Callable[[], object]) -> float:
    """How long a call takes, until the device has done all of it."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    wait = (lambda: None) if device.type == "cpu" else backend(device.type).synchronize
    wait()
    started = clock()
    call()
    wait()
    return clock() - started


def modes(
    model: LoadedModel, texts: list[EncodedText], tokens: int | None, n_evidence: int
) -> dict[str, Callable[[], object]]:
    """What is compared."""
    capture, probed = try_model(model, texts)
    norms = find_norms(model, capture, texts[0])
    assert isinstance(norms, Norms)
    batches = plan_batches([len(text.ids) for text in texts], limits_of(model, tokens).tokens)
    runner = Runner(model, capture, probed, ["cls", "sep"], tokens)
    explainer = Explainer(model, probed.batching, tokens)
    tools = Tools(explainer, capture, norms, "basic")

    def floor() -> None:
        model.encoder.set_attn_implementation("sdpa")
        with torch.inference_mode():
            found = [
                model.module(**model.inputs([texts[i] for i in batch])).logits for batch in batches
            ]
            torch.cat(found).cpu()
        model.encoder.set_attn_implementation("eager")

    def captured(keeps: bool) -> Callable[[], object]:
        return lambda: runner.run(texts, [keeps] * len(texts), lambda *_: None, lambda _: None)

    def evidence() -> None:
        for text in texts[1 : 1 + n_evidence]:
            try_measures(tools, text)

    assert isinstance(explainer.explain(texts[:1])[0], ExplainedText)
    return {
        "floor": floor,
        "captured": captured(False),
        "with maps": captured(True),
        "evidence": evidence,
    }


def measure_time(
    device: str,
    n_texts: int,
    rounds: int,
    n_evidence: int,
    sizes: list[str],
    dtypes: list[Dtype],
) -> None:
    """Print a table of ratios to the first row's floor, in Markdown."""
    lengths = sample_lengths(n_texts)
    unit = 0.0
    print("| precision | tokens a batch | load, s | floor | captured | with maps | evidence |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        save_base("BERT base", Path(folder))
        for dtype in dtypes:
            for tokens in (None if size == "auto" else int(size) for size in sizes):
                spec = ModelSpec(model=folder, device=device, dtype=dtype)
                loaded: list[LoadedModel] = []
                load = seconds(find_device(device), lambda: loaded.append(load_model(spec)))  # noqa: B023
                model = loaded[0]
                if tokens is None and model.device.type == "cpu":
                    continue  # 1,024 again
                texts = [encode(model.tokenizer, sample_text(n), None, 512) for n in lengths]
                runs = modes(model, texts, tokens, n_evidence)
                taken: dict[str, list[float]] = {name: [] for name in runs}
                for _ in range(rounds):
                    for name, run in runs.items():
                        taken[name].append(seconds(model.device, run))
                found = {name: statistics.median(values) for name, values in taken.items()}
                found["evidence"] *= n_texts / n_evidence
                unit = unit or found["floor"]
                size = tokens or f"{limits_of(model, None).tokens} (by memory)"
                ratios = " | ".join(f"{value / unit:.2f}" for value in found.values())
                print(f"| {dtype} | {size} | {load:.1f} | {ratios} |", flush=True)
    print(f"\n{full_name(find_device(device))}, torch {torch.__version__}; 1.00 is {unit:.2f} s")


def analysed(device: str, dtype: Dtype, folder: Path) -> Results:
    model = load_model(ModelSpec(device=device, dtype=dtype))
    texts = text_set(HEADLINES.read_text("utf-8").splitlines())
    folder.mkdir()
    return analyze(texts, model, folder, AnalysisOptions(units="token", keep_maps="none"))


def measure_precision(device: str) -> None:
    """Print a table, in Markdown."""
    print("| | " + " | ".join(DTYPES) + " |\n|---|" + "--:|" * len(DTYPES))
    rows: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        plain = analysed(device, "float32", Path(folder) / "plain")
        for dtype in DTYPES:
            own = analysed(device, dtype, Path(folder) / dtype)
            for name, value in figures(own, plain, TOLERANCES[dtype]).items():
                rows.setdefault(name, []).append(value)
        spread = plain.texts["prediction"].std()
    for name, values in rows.items():
        print(f"| {name} | " + " | ".join(f"{value:.1e}" for value in values) + " |")
    print(f"\nstandard deviation of the predictions: {spread:.2f}")


def figures(own: Results, plain: Results, most: Tolerances) -> dict[str, float]:
    """What the self-checks of a run found and allowed, and its largest differences to another."""
    checks, error = own.info.checks, own.info.evidence.norms_error
    assert checks.padded_difference is not None
    assert error is not None
    return {
        "sum of a row of attention": checks.row_sum_error,
        "allowed of it": most.row_sum,
        "text in a padded batch": checks.padded_difference,
        "allowed of it ": most.repeated,
        "rebuilt output of a block": error,
        "allowed of it  ": most.rebuilt,
        **{
            f"difference of {table}.{column}": float(
                (getattr(own, table)[column] - getattr(plain, table)[column]).abs().max()
            )
            for table, column in (
                ("tokens", "received_all"),
                ("heads", "entropy"),
                ("texts", "prediction"),
                ("effects", "deletion"),
                ("effects", "gradient"),
            )
        },
    }


def main() -> None:
    """Measure time or precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", choices=("time", "precision"))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--texts", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--evidence-texts", type=int, default=4)
    parser.add_argument("--tokens", default="1024,256,4096,auto", help="of a batch")
    parser.add_argument("--dtypes", default=",".join(DTYPES))
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.mode == "time":
        measure_time(
            given.device,
            given.texts,
            given.rounds,
            given.evidence_texts,
            given.tokens.split(","),
            given.dtypes.split(","),
        )
    else:
        measure_precision(given.device)


if __name__ == "__main__":
    main()
