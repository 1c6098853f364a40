"""NaN in a model: one line says where it begins, and what may help."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from helpers.real.models import save_model
from helpers.real.writers import save_writer
from torch import Tensor, nn

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.analysis.attention import no_number
from reportgen.models import LoadedModel, ModelSpec, load_model
from reportgen.texts import TextInput, TextSet

LAST = "the model runs in float32 on the CPU already, so its weights may be broken"


def messages(
    folder: Path, model: LoadedModel, module: nn.Module, spoil: Callable[..., Any]
) -> list[str]:
    """What is said of two texts, with the output of `module` changed by `spoil`."""
    rows = [TextInput(str(i), "the", completion=own) for i, own in enumerate(("xyz", "xqz"))]
    module.register_forward_hook(spoil)
    (folder / "made").mkdir()
    options = AnalysisOptions(units="token", evidence="none")
    results = analyze(TextSet(tuple(rows), ()), model, folder / "made", options)
    found: list[str] = results.texts["message"].tolist()
    return found


def load(folder: Path, family: str) -> LoadedModel:
    save = {"bart": save_writer, "gpt2": partial(save_model, task="causal")}[family]
    return load_model(ModelSpec(model=str(save(folder / "model", family))))


@pytest.mark.parametrize(("family", "of"), [("gpt2", ""), ("bart", " of the decoder (decoder)")])
def test_attention_tells_the_layer_and_the_part(tmp_path: Path, family: str, of: str) -> None:
    model = load(tmp_path, family)
    bad = model.tokenizer.convert_tokens_to_ids("q")
    whole = model.module if family == "gpt2" else model.writer.module.get_decoder()

    def spoil(module: nn.Module, args: Any, output: Tensor) -> Tensor:
        return output.masked_fill((args[0] == bad)[..., None], float("nan"))

    well, said = messages(tmp_path, model, whole.get_input_embeddings(), spoil)
    assert well == ""
    assert said == f"its attention maps{of} are NaN in layer 1; {LAST}"


@pytest.mark.parametrize("family", ["gpt2", "bart"])
def test_an_output_tells_the_step(tmp_path: Path, family: str) -> None:
    model = load(tmp_path, family)
    whole = model.module if family == "gpt2" else model.writer.module
    bad = model.tokenizer.convert_tokens_to_ids("q")
    ids: list[Tensor] = []
    read = whole.get_input_embeddings() if family == "gpt2" else whole.get_decoder()

    def spoil(module: nn.Module, args: Any, output: Tensor) -> Tensor:
        """A step is written where the token before it is read; of completions none is written
        where the last token is."""
        rows = ids[-1][:, : -1 if family == "gpt2" else None] == bad
        return output.masked_fill(rows[:, -output.shape[1] :, None], float("nan"))

    def see(module: nn.Module, args: Any, kwargs: Any) -> None:
        ids.append(args[0] if args else kwargs["input_ids"])

    read.register_forward_pre_hook(see, with_kwargs=True)
    well, said = messages(tmp_path, model, whole.get_output_embeddings(), spoil)
    assert well == ""
    assert said == f"the model's output at step 3 of its completion is NaN; {LAST}"


@pytest.mark.parametrize(
    ("dtype", "device", "advice"),
    [
        ("float16", "cuda", "try --dtype float32 or --device cpu"),
        ("bfloat16", "cpu", "try --dtype float32"),
        ("float32", "mps", "try --device cpu"),
    ],
)
def test_what_may_help_is_what_was_not_done(dtype: str, device: str, advice: str) -> None:
    model = SimpleNamespace(info=SimpleNamespace(dtype=dtype), device=torch.device(device))
    assert no_number(model, "it is NaN") == f"it is NaN; {advice}"
