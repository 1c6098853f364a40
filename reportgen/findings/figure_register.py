"""The register of flat figures: the single numbers of summary.json that gates test and that DVC,
MLflow and jq read.

A list of figures names each with its unit and one line of meaning. A family of figures has keys in
its name, such as `<role>_share`: one figure for every special-token role.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from math import isfinite
from typing import Literal, TypeAlias

from reportgen.results.info import SINK_TESTS, STATISTICS
from reportgen.results.measure_register import VIEWS

Value: TypeAlias = float | int | None  # None: not measured, or not defined
Unit: TypeAlias = Literal[
    "count",
    "share",  # 0..1
    "times",  # a ratio
    "number",
    "layer",  # from 1
    "tokens",
    "output",  # in the unit of the model's output
    "correlation",  # -1..1
    "R2",  # up to 1
]
_ENDS = ("low", "high")
# A role is named after its token where it has no usual name; such a token has characters that no
# name of a figure may have.
_ROLE = r"cls|sep|bos|eos|\w*u[0-9a-f]{4,6}\w*"
KEYS: Mapping[str, str] = {
    "role": _ROLE,
    "subject": rf"{_ROLE}|first|token_\w+",
    "test": "|".join(SINK_TESTS),
    "view": "|".join(VIEWS),
    "statistic": "|".join(STATISTICS),
}
KEY_MEANINGS: Mapping[str, str] = {
    "role": "a special token by its role: cls, sep, bos, eos",
    "subject": "what the sink tests were done on: a role, first (the first position) or token_ "
    "and a token",
    "test": ", ".join(SINK_TESTS),
    "view": ", ".join(VIEWS),
    "statistic": ", ".join(STATISTICS),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, or a family of figures with keys such as `<role>` in its name."""

    name: str
    unit: Unit
    meaning: str
    has_interval: bool = False  # `_low` and `_high` are its 95 % interval

    @property
    def names(self) -> tuple[str, ...]:
        """Its own name, then those of the ends of its interval."""
        ends = _ENDS if self.has_interval else ()
        return (self.name, *(f"{self.name}_{end}" for end in ends))


@dataclass(frozen=True, slots=True)
class FigureList:
    """The figures that a command measures, in the order in which they are listed."""

    command: str  # run or compare
    figures: tuple[Figure, ...]
    keys: Mapping[str, str]  # pattern of what may take a key's place
    key_meanings: Mapping[str, str]

    def find(self, name: str) -> Figure | None:
        """The figure or family that `name` belongs to; None where there is none.

        A figure with a name of its own goes before a family.
        """
        found = [figure for figure in self.figures if self._is_of(name, figure)]
        return min(found, key=lambda figure: figure.name.count("<"), default=None)

    def listing(self) -> list[str]:
        """One line per figure, for `--list-figures`."""
        also = "; also _low and _high, its 95 % interval over the texts"
        width = max(len(figure.name) for figure in self.figures)
        unit_width = max(len(figure.unit) for figure in self.figures)
        lines = [
            f"{figure.name:{width}}  {figure.unit:{unit_width}}  {figure.meaning}"
            + (also if figure.has_interval else "")
            for figure in self.figures
        ]
        used = [key for key in self.keys if any(f"<{key}>" in line for line in lines)]
        lines += [f"<{key}>: {self.key_meanings[key]}" for key in used]
        return lines

    def unknown(self, name: str) -> str:
        """The error message for an unknown `name`, with what comes close and all known names."""
        names = [name for figure in self.figures for name in figure.names]
        close = get_close_matches(name, names, n=1, cutoff=0.75)
        meant = f" (is it {close[0]}?)" if close else ""
        return (
            f"no figure is called {name!r}{meant}; see reportgen {self.command} --list-figures; "
            f"figures: {self.names}"
        )

    @property
    def names(self) -> str:
        """The figures and families by name, for a message."""
        return ", ".join(figure.name for figure in self.figures)

    def _is_of(self, name: str, figure: Figure) -> bool:
        return any(re.fullmatch(self._pattern(own), name) for own in figure.names)

    def _pattern(self, name: str) -> str:
        pieces = re.split(r"<(\w+)>", name)  # text, key, text, key, ...
        return "".join(
            f"(?:{self.keys[piece]})" if place % 2 else re.escape(piece)
            for place, piece in enumerate(pieces)
        )


def figure_key(key: str) -> str:
    """A role's or subject's key as names of figures have it: letters, digits and `_`; any other
    character is `u` and its code point."""
    plain = key.replace("token:", "token_", 1) if key.startswith("token:") else key
    return re.sub(r"\W", lambda found: f"u{ord(found[0]):04x}", plain)


def rounded(value: Value) -> Value:
    """A figure to six digits, more than one from float32 holds; None if it is not finite."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.6g}") or 0.0 if isfinite(value) else None  # 0.0, not -0.0


RUN_FIGURES = FigureList(
    "run",
    (
        Figure("n_texts", "count", "texts read"),
        Figure("n_ok", "count", "texts analysed whole"),
        Figure("n_truncated", "count", "texts analysed up to the length the model takes"),
        Figure("n_empty", "count", "texts without a token, not analysed"),
        Figure("n_failed", "count", "texts on which the model failed"),
        Figure("n_tokens", "count", "tokens of all texts, special ones included"),
        Figure("n_layers", "count", "layers of the model"),
        Figure("n_heads", "count", "heads of a layer"),
        Figure("unknown_share", "share", "content tokens that are the unknown token"),
        Figure("row_sum_error", "number", "largest distance of an attention row's sum from 1"),
        Figure("padding_mass", "share", "largest attention weight found on padding"),
        Figure("padded_difference", "number", "largest difference of a padded text from it alone"),
        Figure("prediction_mean", "output", "predicted number, mean over the texts"),
        Figure("prediction_min", "output", "smallest predicted number"),
        Figure("prediction_max", "output", "largest predicted number"),
        Figure("n_labelled", "count", "texts with a label and a prediction that are numbers"),
        Figure("label_mae", "output", "mean distance of the predicted number from the label"),
        Figure("label_rmse", "output", "root of the mean square of that distance"),
        Figure("label_bias", "output", "mean of prediction minus label"),
        Figure("label_r2", "R2", "share of the labels' variance that predictions explain"),
        Figure("label_rank_correlation", "correlation", "Spearman, predictions with labels"),
        Figure("label_accuracy", "share", "texts whose predicted class is the label"),
        Figure(
            "special_share_mean", "share", "attention on special tokens, mean over layers and heads"
        ),
        Figure("special_share_expected", "share", "the same under an even spread"),
        Figure("special_share_max", "share", "the same in the layer where it is largest"),
        Figure("special_share_max_layer", "layer", "that layer"),
        Figure("entropy_mean", "share", "entropy of attention, 0 one token to 1 an even spread"),
        Figure("distance_mean", "tokens", "mean distance attention spans, over content tokens"),
        Figure("effective_tokens_mean", "tokens", "tokens attention is spread over, exp(entropy)"),
        Figure("effective_content_mean", "tokens", "the same over content tokens alone"),
        Figure("<role>_n_texts", "count", "texts that the verdict on this special token counts"),
        Figure("<role>_layer", "layer", "layer that the verdict on this special token names"),
        Figure("<role>_share", "share", "attention on it in that layer", has_interval=True),
        Figure("<role>_expected", "share", "the same under an even spread"),
        Figure("<role>_ratio", "times", "its share over an even spread", has_interval=True),
        Figure("<role>_share_max", "share", "attention on it in the layer where that is largest"),
        Figure("<role>_share_max_layer", "layer", "that layer"),
        Figure("<role>_ratio_max", "times", "its share over an even spread, largest of all layers"),
        Figure("<role>_ratio_max_layer", "layer", "that layer"),
        Figure("evidence_n_texts", "count", "texts chosen for evidence"),
        Figure("norms_error", "number", "largest error of the self-check of norm-weighted views"),
        Figure("live_rows_n_texts", "count", "texts in which live rows were counted"),
        Figure("live_rows_n_live", "count", "last-layer rows the output can depend on, all texts"),
        Figure("live_rows_n_rows", "count", "rows that the last layer has, all texts"),
        Figure("live_rows_mean", "number", "last-layer rows the output can depend on, a text"),
        Figure("live_rows_share", "share", "the same as a share of the rows"),
        Figure("mixing", "share", "what attention blocks put out that is of other tokens", True),
        Figure("mixing_n_texts", "count", "texts in which that was measured"),
        Figure("rollout_special_share", "share", "special tokens in rollout over all layers", True),
        Figure("rollout_special_share_n_texts", "count", "texts in which that was measured"),
        Figure("mask_offset", "number", "|mean| / sd of the effects of [MASK] in a text", True),
        Figure("mask_offset_n_texts", "count", "texts in which that was measured"),
        Figure("sink_<subject>_n_texts", "count", "texts in which the sink tests were done"),
        Figure("sink_<subject>_layer", "layer", "layer in which it stands out most"),
        Figure("sink_<subject>_share", "share", "attention on it in that layer", True),
        Figure("sink_<subject>_expected", "share", "the same under an even spread"),
        Figure("sink_<subject>_share_swapped", "share", "on its place, once swapped away", True),
        Figure("sink_<subject>_share_swapped_n_texts", "count", "texts in which it was swapped"),
        Figure("sink_<subject>_<test>_n_texts", "count", "texts in which this test was done"),
        Figure("sink_<subject>_<test>_effect", "output", "size of the output's change in the test"),
        Figure("sink_<subject>_<test>_control", "output", "the same done to content tokens"),
        Figure("sink_<subject>_<test>_ratio", "times", "effect over control", True),
        Figure("agreement_<view>_<statistic>", "number", "a view against deletion effects", True),
        Figure("agreement_<view>_<statistic>_n_texts", "count", "texts in which it was measured"),
        Figure("agreement_<view>_<statistic>_over_rarity", "number", "lead over rarity", True),
        Figure("agreement_<view>_<statistic>_over_rarity_n_texts", "count", "texts of that lead"),
        Figure("agreement_<view>_<statistic>_beats_random", "count", "texts above random order"),
    ),
    KEYS,
    KEY_MEANINGS,
)
_OF_TWO = (
    Figure("texts_total", "count", "texts of both results"),
    Figure("texts_comparable", "count", "texts that both models see as the same tokens"),
    Figure("texts_not_comparable", "count", "texts that they do not, or that one did not analyse"),
    Figure("prediction_changed", "share", "texts whose prediction moved"),
    Figure("prediction_change_mean", "output", "predicted number, head minus base, mean"),
    Figure("prediction_change_max", "output", "largest change of a predicted number"),
    Figure("prediction_correlation", "correlation", "predicted numbers of base and head"),
    Figure("r2_base", "R2", "share of the labels' variance that the base model explains"),
    Figure("r2_head", "R2", "the same of the head model"),
    Figure("r2_drop", "R2", "base minus head; above 0 the head model is worse"),
    Figure("mae_base", "output", "mean distance from the label, base model"),
    Figure("mae_head", "output", "the same of the head model"),
    Figure("mae_rise", "output", "head minus base; above 0 the head model is worse"),
    Figure("accuracy_base", "share", "texts whose predicted class is the label, base model"),
    Figure("accuracy_head", "share", "the same of the head model"),
    Figure("accuracy_drop", "share", "base minus head; above 0 the head model is worse"),
    Figure("special_share_change_max", "share", "largest change of a layer's special share"),
    Figure("sink_share_change_<role>", "share", "the same of the share of one special token"),
    Figure("entropy_change_max", "share", "largest change of a layer's entropy"),
    Figure("jsd_mean", "number", "Jensen-Shannon distance of attention, mean over the heads"),
    Figure("jsd_max", "number", "the same in the head where it is largest"),
    Figure("heads_changed", "count", "heads whose attention changed, for sure"),
    Figure("deletion_change_mean", "number", "change of a text's deletion effects, mean"),
    Figure("deletion_change_max", "number", "the same in the text where it is largest"),
    Figure("tokens_changed", "count", "tokens that the head model treats otherwise, for sure"),
)
COMPARE_FIGURES = FigureList(
    "compare",
    (
        *_OF_TWO,
        *(
            replace(figure, meaning=f"head model: {figure.meaning}")
            for figure in RUN_FIGURES.figures
        ),
    ),
    KEYS,
    KEY_MEANINGS,
)


def figure_list(command: str) -> FigureList:
    """The figures that gates of `command`, run or compare, can name; those of compare are its own
    and all that run measures of the head model."""
    return COMPARE_FIGURES if command == "compare" else RUN_FIGURES
