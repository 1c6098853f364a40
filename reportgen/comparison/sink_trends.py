"""Finds where and when a special token becomes an attention sink: applies the rule of verdicts to
every model, by layer and by head."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from reportgen.findings import Estimate, Findings, RoleFigures, SinkHeads, Standing, standing
from reportgen.results import SINK_EXCESS


@dataclass(frozen=True, slots=True)
class LayerState:
    """What a special token gets in one layer of one model."""

    excess: Estimate  # beyond its equal share; the interval is that of the verdict
    share: float  # of all attention
    is_sink: bool  # the whole interval lies above the limit


@dataclass(frozen=True, slots=True)
class HeadState:
    """A head that gives a special token more than the limit in at least one of the models."""

    layer: int  # from 1
    head: int  # from 1
    excess: tuple[float | None, ...]  # [model], mean over texts; None: no such head, or not stored

    @property
    def first(self) -> int:
        """The place of the first model in which it gives more than the limit."""
        return next(
            i
            for i, excess in enumerate(self.excess)
            if excess is not None and excess >= SINK_EXCESS
        )


@dataclass(frozen=True)
class SinkTrend:
    """One special token in every model."""

    key: str  # of the role
    token: str  # as the first model that has it writes it
    layers: tuple[tuple[LayerState | None, ...], ...]  # [layer][model]; None: no such layer
    heads: tuple[HeadState, ...]
    n_heads: tuple[int | None, ...]  # [model], heads of all layers; None where not stored
    n_sink_heads: tuple[int | None, ...]  # [model], of which give it more than the limit

    @cached_property
    def sink_layers(self) -> tuple[tuple[int, ...], ...]:
        """`[model]`: the layers, from 1, in which it is a sink."""
        models = zip(*self.layers, strict=True)
        return tuple(
            tuple(i for i, state in enumerate(states, 1) if state is not None and state.is_sink)
            for states in models
        )

    @property
    def first(self) -> int | None:
        """The place of the first model in which it is a sink; None where there is none."""
        return next((i for i, layers in enumerate(self.sink_layers) if layers), None)

    @property
    def strongest(self) -> tuple[LayerState | None, ...]:
        """`[model]`: the layer in which it gets most beyond its equal share."""
        models = ([state for state in each if state] for each in zip(*self.layers, strict=True))
        return tuple(max(states, key=lambda s: s.excess.mean, default=None) for states in models)


@dataclass(frozen=True, slots=True)
class SinkState:
    """What is kept of one model to follow its sinks over the models."""

    roles: Mapping[str, RoleFigures]
    heads: Mapping[str, SinkHeads]


def sink_state(side: Findings) -> SinkState:
    """What special tokens get in a model."""
    return SinkState(side.roles, side.sink_heads)


def sink_trends(states: Sequence[SinkState], tokens: Mapping[str, str]) -> tuple[SinkTrend, ...]:
    """The trend of each special token that occurs in a text of any model; `tokens` are by key."""
    trends = []
    for key, token in tokens.items():
        by_model = [_layers(state.roles.get(key)) for state in states]
        n_layers = max((max(of_model, default=0) for of_model in by_model), default=0)
        if n_layers:
            layers = [tuple(of_model.get(i + 1) for of_model in by_model) for i in range(n_layers)]
            heads = [state.heads.get(key) for state in states]
            trends.append(
                SinkTrend(
                    key,
                    token,
                    tuple(layers),
                    _heads(heads),
                    tuple(of_model.n_heads if of_model else None for of_model in heads),
                    tuple(of_model.n_sink if of_model else None for of_model in heads),
                )
            )
    return tuple(trends)


def _layers(figures: RoleFigures | None) -> dict[int, LayerState]:
    """The state of each layer, from 1; with too few texts for an interval, no layer is a sink."""
    if figures is None or not figures.layers:
        return {}
    has_intervals = all(layer.excess.interval for layer in figures.layers)
    return {
        layer.layer: LayerState(
            layer.excess,
            layer.share.mean,
            layer.excess.interval is not None and standing(layer.excess.interval) is Standing.SINK,
        )
        for layer in (figures.judged if has_intervals else figures.layers)
    }


def _heads(by_model: Sequence[SinkHeads | None]) -> tuple[HeadState, ...]:
    """The heads that give more than the limit in some model, layer by layer."""
    shapes = [heads.excess.shape for heads in by_model if heads is not None]
    n_layers, n_heads = (max((shape[i] for shape in shapes), default=0) for i in (0, 1))
    states = []
    for layer in range(n_layers):
        for head in range(n_heads):
            values = tuple(_value(heads, layer, head) for heads in by_model)
            if any(value is not None and value >= SINK_EXCESS for value in values):
                states.append(HeadState(layer + 1, head + 1, values))
    return tuple(states)


def _value(heads: SinkHeads | None, layer: int, head: int) -> float | None:
    if heads is None or layer >= heads.excess.shape[0] or head >= heads.excess.shape[1]:
        return None
    return float(heads.excess[layer, head])
