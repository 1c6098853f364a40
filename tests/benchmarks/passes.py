"""How many runs of the model default evidence takes for a text.

    python tests/benchmarks/passes.py

For the bundled model and a tiny classifier with random weights: the forward and backward runs of a
run with default evidence less those of the same run without, by text with evidence, beside the goal
of 2.2 runs per unit and 12 more. A changed text counts as one run, however short it is. Takes some
minutes.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import planted
import torch
from subjects import HEADLINES, save_model, text_set

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.models import LoadedModel, ModelSpec, load_model
from reportgen.results import Results
from reportgen.texts import TextSet

SEED = 20_261_202


@contextmanager
def counted(model: LoadedModel) -> Iterator[list[int]]:
    """Forward and backward runs of texts."""
    runs = [0, 0]

    def count(module: object, args: object, given: dict[str, torch.Tensor]) -> None:
        runs[0] += len(given["input_ids"])
        runs[1] += len(given["input_ids"]) if torch.is_grad_enabled() else 0

    handle = model.module.register_forward_pre_hook(count, with_kwargs=True)
    try:
        yield runs
    finally:
        handle.remove()


def run(
    texts: TextSet, model: LoadedModel, level: str, edits: str | None = None
) -> tuple[Results, list[int]]:
    """Results with evidence of a `level`, and edits, and the runs that they took."""
    with tempfile.TemporaryDirectory() as folder, counted(model) as runs:
        options = AnalysisOptions(
            keep_maps="none",
            evidence=level,  # type: ignore[arg-type]
            evidence_texts="all",
            units="word",
            edits=edits,
        )
        results = analyze(texts, model, Path(folder), options)
        assert len(results.effects) or level == "none"  # read before the folder goes
        assert len(results.tokens)
        assert len(results.edits) or edits is None
        return results, runs


def row(name: str, texts: TextSet, model: LoadedModel) -> str:
    """A row of the table."""
    _, without = run(texts, model, "none")
    results, runs = run(texts, model, "basic")
    tokens, effects = results.tokens, results.effects
    n_texts = results.info.evidence.n_texts
    content = tokens[~tokens["is_special"].astype(bool)]
    n_units = content.groupby("text")["unit"].nunique().sum() / n_texts
    n_shapley = effects.loc[effects["shapley"].notna(), "text"].nunique()
    forward, backward = ((own - base) / n_texts for own, base in zip(runs, without, strict=True))
    most = 2.2 * n_units + 12
    cells = (f"{own:.1f}" for own in (n_units, forward, backward, forward + backward, most))
    return f"| {name} | {n_texts} | {' | '.join(cells)} | {n_shapley} |"


def edit_row(name: str, texts: TextSet, model: LoadedModel) -> str:
    """A row of the table of edits."""
    _, without = run(texts, model, "none")
    results, runs = run(texts, model, "none", "all")
    _, basic = run(texts, model, "basic")
    n_texts = results.edits["text"].nunique()
    n_applied = (results.edits["status"] != "unchanged").sum() / n_texts
    of_edits = (sum(runs) - sum(without)) / n_texts
    of_evidence = (sum(basic) - sum(without)) / n_texts
    return f"| {name} | {n_texts} | {n_applied:.1f} | {of_edits:.1f} | {of_evidence:.1f} |"


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    sample = text_set(HEADLINES.read_text("utf-8").splitlines())
    with tempfile.TemporaryDirectory() as folder:
        path = save_model(Path(folder) / "bert", "bert", "sequence", num_labels=3)
        bert = load_model(ModelSpec(model=str(path)))
        print("| texts | number | units | forward | backward | sum | goal | Shapley values of |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|", flush=True)
        print(row("headlines of the sample", sample, load_model(ModelSpec())), flush=True)
        print(row("the same, three classes, random weights", sample, bert), flush=True)
    planted.N_TEXTS, planted.SEED = 150, SEED
    fresh = planted.text_set(planted.fresh_headlines()[0])
    print(row("new headlines", fresh, load_model(ModelSpec())), flush=True)
    planted.N_TEXTS = 200
    fresh = planted.text_set(planted.fresh_headlines()[0])
    print("\n| texts | number | edits that apply | runs of edits | of basic evidence |")
    print("|---|--:|--:|--:|--:|", flush=True)
    print(edit_row("headlines of the sample", sample, load_model(ModelSpec())), flush=True)
    print(edit_row("new headlines", fresh, load_model(ModelSpec())), flush=True)


if __name__ == "__main__":
    main()
