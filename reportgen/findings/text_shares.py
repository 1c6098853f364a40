"""What special tokens and learned sinks get in each text."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan

from reportgen.findings.head_figures import text_means
from reportgen.findings.statistics import Floats
from reportgen.results.store import Results
from reportgen.results.tables.schema import LEARNED_SHARE


@dataclass(frozen=True, slots=True, eq=False)
class TextShares:
    """The share that special tokens get in each text and their share with equal shares, mean over
    layers and heads, `[text]` each; NaN for texts without."""

    share: Floats
    even: Floats

    def get(self, text: int) -> tuple[float, float] | None:
        """Both shares of row `text` of `texts`; None if it was not analysed, or the model has no
        special token."""
        found = float(self.share[text]), float(self.even[text])
        return None if isnan(found[0]) or isnan(found[1]) else found


def shares_by_text(results: Results) -> TextShares:
    """What special tokens get in each text."""
    return TextShares(*(text_means(results, name) for name in ("special_share", "uniform_share")))


def learned_by_text(results: Results) -> Mapping[int, float]:
    """The share that learned sinks get in each text, by row of `texts`, mean over layers and heads;
    empty for models without any."""
    if not results.has_learned_sink:
        return {}
    rows = results.layer_columns("text", LEARNED_SHARE)
    means = rows.groupby("text")[LEARNED_SHARE].mean().dropna()
    return dict(zip(means.index.tolist(), means.tolist(), strict=True))
