"""Which devices there are, on machines that are made up."""

import pytest
import torch

from reportgen.errors import ModelError
from reportgen.models import device, moved, precise, total_bytes
from reportgen.models.device import find_device


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many devices of each kind the machine has; none unless the test says so."""
    counts = dict.fromkeys(device.ACCELERATORS, 0)
    monkeypatch.setattr(device, "count", counts.__getitem__)
    monkeypatch.setattr(device.torch, "empty", lambda *_, **__: None)
    return counts


@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps", "xpu", "xpu:3"])
def test_a_device_that_is_not_there_is_told_with_those_that_are(name: str) -> None:
    with pytest.raises(ModelError) as told:
        find_device(name)
    assert str(told.value) == (
        f"--device {name}: not on this machine, or torch {torch.__version__} was built without "
        "it; there is cpu"
    )


def test_a_card_too_many_is_told_with_the_cards(there: dict[str, int]) -> None:
    there["cuda"] = 2
    assert find_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(ModelError) as told:
        find_device("cuda:2")
    said = "--device cuda:2: not on this machine; there is cuda:0 and cuda:1 and cpu"
    assert str(told.value) == said


def test_a_card_that_cannot_be_used_is_told_in_the_words_of_its_driver(
    there: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("CUDA error: all CUDA-capable devices are busy\nmore of it")

    there["cuda"] = 1
    monkeypatch.setattr(device.torch, "empty", fail)
    with pytest.raises(ModelError) as told:
        find_device("cuda")
    assert str(told.value) == (
        "--device cuda: cannot be used (CUDA error: all CUDA-capable devices are busy); "
        "there is cuda:0 and cpu"
    )


def test_auto_takes_the_first_that_is_there(there: dict[str, int]) -> None:
    found = []
    for kind in ("cpu", "mps", "xpu", "cuda"):
        there[kind] = 1
        found.append(str(find_device("auto")))
    assert found == ["cpu", "mps", "xpu", "cuda"]


def test_the_cpu_has_no_limit_and_numbers_of_any_precision() -> None:
    cpu = torch.device("cpu")
    assert total_bytes(cpu) is None
    given = torch.tensor([0.1])
    assert moved(given, cpu) is given
    assert precise(given).dtype == torch.float64
