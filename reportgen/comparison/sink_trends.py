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
            i for i, own in enumerate(self.excess) if own is not None and own >= SINK_EXCESS
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
            tuple(i for i, own in enumerate(states, 1) if own is not None and own.is_sink)
            for states in models
        )

    @property
    def first(self) -> int | None:
        """The place of the first model in which it is a sink; None where there is none."""
        return next((i for i, layers in enumerate(self.sink_layers) if layers), None)

    @property
    def strongest(self) -> tuple[LayerState | None, ...]:
        """`[model]`: the layer in which it gets most beyond its equal share."""
        models = ([own for own in each if own] for each in zip(*self.layers, strict=True))
        return tuple(max(own, key=lambda s: s.excess.mean, default=None) for own in models)


@dataclass(frozen=True, slots=True)
class SinkState:
    """What is kept of one model to follow its sinks over the models."""

    roles: Mapping[str, RoleFigures]
    heads: Mapping[str, SinkHeads]


def sink_state(side: Findings) -> SinkState:
    """What special tokens get in a model; results kept small do not say in which heads."""
    return SinkState(side.roles, {} if side.info.settings.small else side.sink_heads)


def sink_trends(states: Sequence[SinkState], tokens: Mapping[str, str]) -> tuple[SinkTrend, ...]:
    """The trend of each special token that occurs in a text of any model; `tokens` are by key."""
    found = []
    for key, token in tokens.items():
        by_model = [_layers(state.roles.get(key)) for state in states]
        n_layers = max((max(own, default=0) for own in by_model), default=0)
        if n_layers:
            layers = [tuple(own.get(i + 1) for own in by_model) for i in range(n_layers)]
            heads = [state.heads.get(key) for state in states]
            found.append(
                SinkTrend(
                    key,
                    token,
                    tuple(layers),
                    _heads(heads),
                    tuple(own.n_heads if own else None for own in heads),
                    tuple(own.n_sink if own else None for own in heads),
                )
            )
    return tuple(found)


def _layers(figures: RoleFigures | None) -> dict[int, LayerState]:
    """The state of each layer, from 1; with too few texts for an interval, no layer is a sink."""
    if figures is None or not figures.layers:
        return {}
    has_intervals = all(own.excess.interval for own in figures.layers)
    return {
        own.layer: LayerState(
            own.excess,
            own.share.mean,
            own.excess.interval is not None and standing(own.excess.interval) is Standing.SINK,
        )
        for own in (figures.judged if has_intervals else figures.layers)
    }


def _heads(by_model: Sequence[SinkHeads | None]) -> tuple[HeadState, ...]:
    """The heads that give more than the limit in some model, layer by layer."""
    shapes = [own.excess.shape for own in by_model if own is not None]
    n_layers, n_heads = (max((shape[i] for shape in shapes), default=0) for i in (0, 1))
    found = []
    for layer in range(n_layers):
        for head in range(n_heads):
            values = tuple(_value(own, layer, head) for own in by_model)
            if any(value is not None and value >= SINK_EXCESS for value in values):
                found.append(HeadState(layer + 1, head + 1, values))
    return tuple(found)


def _value(heads: SinkHeads | None, layer: int, head: int) -> float | None:
    if heads is None or layer >= heads.excess.shape[0] or head >= heads.excess.shape[1]:
        return None
    return float(heads.excess[layer, head])
