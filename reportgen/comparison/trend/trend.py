"""The course from model to model of sinks, tokens and texts, each in the order of the models."""

from dataclasses import dataclass

from reportgen.comparison.trend.checkpoints import Checkpoint
from reportgen.comparison.trend.sinks import SinkCourse
from reportgen.comparison.trend.texts import TextCourse
from reportgen.comparison.trend.tokens import TokenCourse


@dataclass(frozen=True, slots=True)
class Unmatched:
    """The texts of a model that do not count, since other models lack them."""

    n_missing: int  # texts of the first model that this one has no figures of
    n_other: int  # its texts that the first model does not have


@dataclass(frozen=True, slots=True)
class Trend:
    """The course of sinks, tokens and texts over all models."""

    checkpoints: tuple[Checkpoint, ...]  # [model]
    unmatched: tuple[Unmatched, ...]  # [model]
    sinks: tuple[SinkCourse, ...]
    tokens: tuple[TokenCourse, ...]
    texts: tuple[TextCourse, ...]  # that changed their prediction
    n_predicted: int  # texts whose predictions are compared
    without: tuple[str, ...] = ()  # ids of texts that no model has figures of
