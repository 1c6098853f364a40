"""The trend from model to model of sinks, tokens and texts, each in the order of the models."""

from dataclasses import dataclass

from reportgen.comparison.trend.checkpoints import Checkpoint
from reportgen.comparison.trend.quality import QualityTrend
from reportgen.comparison.trend.sinks import SinkTrend
from reportgen.comparison.trend.texts import TextTrend
from reportgen.comparison.trend.tokens import TokenTrend


@dataclass(frozen=True, slots=True)
class Unmatched:
    """The texts of a model that do not count, since other models lack them."""

    n_missing: int  # texts of the first model that this one has no figures of
    n_other: int  # its texts that the first model does not have


@dataclass(frozen=True, slots=True)
class Trend:
    """The trend of sinks, tokens and texts over all models."""

    checkpoints: tuple[Checkpoint, ...]  # [model]
    unmatched: tuple[Unmatched, ...]  # [model]
    sinks: tuple[SinkTrend, ...]
    tokens: tuple[TokenTrend, ...]
    texts: tuple[TextTrend, ...]  # that changed their prediction
    n_predicted: int  # texts whose predictions are compared
    quality: QualityTrend | None = None  # None where nothing is sure of the last model
    without: tuple[str, ...] = ()  # ids of texts that no model has figures of
