"""What the self-checks allow in each precision."""

import pytest
import torch
from helpers.real.models import tiny_model, tiny_tokenizer

import reportgen
from reportgen.models import allowed, tolerances
from reportgen.models.device import TOLERANCES
from reportgen.models.spec import DTYPES


def test_each_precision_has_its_tolerances_and_a_coarser_one_larger_ones() -> None:
    assert tuple(TOLERANCES) == DTYPES
    for name, most in TOLERANCES.items():
        # A weight is rounded to eps / 2 of itself; a row of them is off by as much at most.
        assert most.row_sum > torch.finfo(getattr(torch, name)).eps
    for name in ("row_sum", "repeated", "rebuilt", "together"):
        found = [getattr(most, name) for most in TOLERANCES.values()]
        assert found == sorted(found)
    assert allowed(0.0312, 0.01, "float16") == "off by 0.031, where float16 may be off by 0.01"


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_a_model_of_ones_own_may_have_any_precision(dtype: torch.dtype) -> None:
    """float64 has no option, and the tolerances of float32."""
    model = tiny_model("bert", "sequence").to(dtype)
    report = reportgen.analyze(["the cat sat", "a dog"], model, tiny_tokenizer("wordpiece"))
    name = str(dtype).removeprefix("torch.")
    assert report.results.info.model.dtype == name
    assert report.results.texts["status"].tolist() == ["ok", "ok"]
    assert report.results.info.checks.row_sum_error <= tolerances(name).row_sum
