"""Which modules count as one activation while other signals are held constant."""

import torch
from torch import nn

from reportgen.analysis.evidence import ConstantAttention


def test_an_activation_with_weights_of_its_own_is_not_taken_as_one() -> None:
    held, module = ConstantAttention(), nn.Sequential(nn.Tanh(), nn.PReLU(4))
    given = torch.ones(2, 4, requires_grad=True)
    with held.watching(module):
        module(given)
    ((bent, made),) = held.bends
    torch.testing.assert_close(bent, given)
    torch.testing.assert_close(made, given.tanh())
