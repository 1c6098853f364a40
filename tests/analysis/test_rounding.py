"""What tests take as rounding: figures in any order of adding are near, real faults are not."""

from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.real.families import load_family
from helpers.rounding import assert_near, near, rounding


@pytest.mark.parametrize("lanes", [1, 4, 8, 16])
def test_sums_in_the_order_of_any_processor_are_near_and_one_without_a_term_is_not(
    lanes: int,
) -> None:
    terms = np.random.default_rng(0).normal(size=1024).astype(np.float32)
    side_by_side = np.zeros(lanes, np.float32)
    for row in terms.reshape(-1, lanes):
        side_by_side += row
    total = np.float32(0)
    for lane in side_by_side:
        total += lane
    exact = terms.astype(np.float64).sum()
    size = float(np.abs(terms).max())
    assert float(total) == near(exact, size=size, depth=terms.size)
    smallest = float(np.sort(np.abs(terms))[10])  # one of a hundred is smaller
    assert float(total) + smallest != near(exact, size=size, depth=terms.size)


@pytest.mark.parametrize("by", [0.0, 1e-3])
def test_a_model_is_near_itself_and_not_near_one_whose_weights_differ_by_a_thousandth(
    folder: Path, by: float
) -> None:
    model = load_family(folder, "bert").encoder
    ids = torch.tensor([[2, 5, 6, 7, 3]])
    with torch.no_grad():
        single = model(ids).last_hidden_state.numpy()
        model.double().encoder.layer[1].output.dense.weight *= 1 + by
        exact = model(ids).last_hidden_state.numpy()
    if by:
        with pytest.raises(AssertionError):
            assert_near(single, exact)
    else:
        assert_near(single, exact)


def test_a_tolerance_follows_size_depth_and_precision() -> None:
    assert rounding(10.0) == pytest.approx(10 * rounding(1.0))
    assert rounding(1.0, depth=400) == pytest.approx(2 * rounding(1.0, depth=100))
    assert rounding(1.0, dtype=torch.float16) == pytest.approx(2**13 * rounding(1.0))
    # A difference of two outputs of about 100 is no surer than they are.
    assert near(0.5, size=100.0) == 0.5001
    assert near(0.5) != 0.5001
    assert near([0.5, np.nan]) == [0.5, np.nan]
    assert near(np.nan) != 0.5
