"""How deep measuring is: the calls between an analysis and the gradient of one of its texts."""

import traceback
from pathlib import Path

import pytest
import torch
from helpers.real.explaining import NUMBER, load

import reportgen
from reportgen.analysis import AnalysisOptions, analyze
from reportgen.results import InputInfo
from reportgen.texts import TextInput, TextSet

MOST_FRAMES = 8


def test_a_gradient_is_taken_few_calls_below_the_analysis(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, grad = Path(reportgen.__file__).parent, torch.autograd.grad
    stacks: list[list[str]] = []

    def seen(*arguments, **options):
        frames = [
            frame for frame in traceback.extract_stack() if own in Path(frame.filename).parents
        ]
        stacks.append([f"{Path(own.filename).stem}.{own.name}" for own in frames])
        return grad(*arguments, **options)

    monkeypatch.setattr(torch.autograd, "grad", seen)
    model, options = load(folder, "bert", **NUMBER), AnalysisOptions(units="token")
    texts = TextSet((TextInput("1", "the cat sat", "t:1"),), (InputInfo("t", "0" * 64, 1),))
    analyze(texts, model, tmp_path, options)
    assert stacks
    first = stacks[0]
    chain = first[first.index("pipeline.analyze") :]
    assert len(chain) <= MOST_FRAMES, "\n".join(chain)
