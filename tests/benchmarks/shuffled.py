"""How much of what views agree with effects is left where the model's weights are shuffled.

    python tests/benchmarks/shuffled.py --cache human_ratings/

Three models with their default evidence: the bundled one on its sample of headlines; the regressor
of ratings of film reviews, which `human_ratings.py` trains and keeps in the folder, on the short
sentences that it measures; and a decoder, a small Llama that learns the rule of `planted_rule.py`
from N_DECODER made-up headlines (`planted_models.py`), on fresh ones. A report takes the shuffled
weights on as many texts as a tenth of the work pays for. Cells are the agreement by size of the
model as it is, that with its weights shuffled, mean over these texts, and how much of the agreement
comes from what the model learned, as a report says it.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import human_ratings as ratings
import planted_models as decoders
import torch
from planted_rule import fresh
from subjects import HEADLINES, text_set

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.findings import Findings, ShuffledFigures
from reportgen.findings.evidence_checks import shuffled_figures
from reportgen.models import ModelSpec, load_model
from reportgen.results import VIEWS, View
from reportgen.texts import TextSet

REVIEWS = "film reviews"
DECODER = next(one for one in decoders.ARCHITECTURES if one.model_type == "llama")
N_DECODER = 24_000  # headlines that it learns from, in a minute or two
PER_TRUTH = 12  # fresh headlines of the decoder, of each of five truths
SAID = {"less": "most", "most": "little", "some": "some", "all": "not shown", None: "unclear"}
NAMES = ("bundled", REVIEWS, "decoder")

Column = tuple[str, Mapping[View, ShuffledFigures]]


def main() -> None:
    """Train what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR")
    parser.add_argument("--only", nargs="*", choices=NAMES, default=NAMES, metavar="MODEL")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    asked.cache.mkdir(parents=True, exist_ok=True)
    columns = []
    for name in asked.only:
        columns.append(measured(name, *subject(name, asked.cache)))
        print(f"{columns[-1][0]}: done", flush=True)
    print("", *table(columns), sep="\n")


def subject(name: str, cache: Path) -> tuple[ModelSpec, TextSet]:
    """A model, and texts that it did not see."""
    if name == "bundled":
        return ModelSpec(), text_set(HEADLINES.read_text("utf-8").splitlines())
    if name == REVIEWS:
        spec, texts = ratings.regressor(cache, REVIEWS)
        fewest, most = ratings.WORDS
        held = texts[: ratings.N_HELD]
        short = [one for one in held if fewest <= len(one.text.split()) <= most]
        return spec, text_set(one.text for one in short[: ratings.N_TEXTS])
    made_up = decoders.training_data(N_DECODER)
    folder = decoders.trained(DECODER, made_up, cache)
    headlines = fresh(decoders.SEED + 1, PER_TRUTH, set(made_up.texts), DECODER.value)
    return ModelSpec(model=str(folder)), text_set(one.text for one in headlines)


def measured(name: str, model: ModelSpec, texts: TextSet) -> Column:
    """The head of a column, and what a report says of each view."""
    options = AnalysisOptions(keep_maps="none", evidence_texts="all", units="word")
    with TemporaryDirectory() as place:
        results = analyze(texts, load_model(model), Path(place), options)
        found, shown = shuffled_figures(results), Findings(results).shown_first
        n_texts = results.shuffled["text"].nunique()
    return f"{name}, {n_texts} texts, coloured by {shown}", found


def table(columns: list[Column]) -> Iterator[str]:
    """A row for each view, a column for each model."""
    yield "| as it is / shuffled | " + " | ".join(head for head, _ in columns) + " |"
    yield "|---" + "|---" * len(columns) + "|"
    for view in VIEWS:
        if any(view in found for _, found in columns):
            yield f"| {view} | " + " | ".join(cell(found.get(view)) for _, found in columns) + " |"


def cell(found: ShuffledFigures | None) -> str:
    """Both agreements, and how much of the first was learned."""
    if found is None:
        return ""
    return f"{found.whole.mean:.2f} / {found.shuffled.mean:.2f} {SAID[found.share]}"


if __name__ == "__main__":
    main()
