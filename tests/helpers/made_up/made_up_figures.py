"""Figures made by hand, as exact or as uncertain as a test needs them."""

from collections.abc import Mapping

from reportgen.findings import (
    AgreementVerdict,
    Estimate,
    Interval,
    Judgement,
    LayerFigures,
    SubjectFigures,
    TestFigures,
    ViewFigures,
)
from reportgen.results import SinkTest, Statistic, Subject, View

CLS = Subject("cls", "[CLS]", "role")
COMMA = Subject("token:、", "、", "token")
FIRST = Subject("first", "", "position")
OUTPUT = {"scalar": "number", "output_name": "score"}

# A figure: known exactly; its mean and the ends of its interval; or its mean, of a few texts.
Made = float | tuple[float, float, float] | tuple[float, None]


def estimate(made: Made, n_texts: int = 20) -> Estimate:
    if isinstance(made, (int, float)):
        return Estimate(made, Interval(made, made), n_texts)
    if len(made) == 2:
        return Estimate(made[0], None, 3)
    mean, low, high = made
    return Estimate(mean, Interval(low, high), n_texts)


def beyond_even(share: Estimate, expected: float) -> Estimate:
    """The share as part of the way from the equal share to all attention."""
    ends = share.interval and Interval(
        *((end - expected) / (1 - expected) for end in share.interval)
    )
    return Estimate((share.mean - expected) / (1 - expected), ends, share.n_texts)


def probed(
    ratios: Mapping[SinkTest, Made | None],
    subject: Subject = CLS,
    shares: tuple[Made, ...] = (0.1, 0.6),
    piles: tuple[Made, ...] = (1.2, 7.5),
    value: Made | None = 0.1,
) -> SubjectFigures:
    """A subject with these ratios of its tests (None: content moves nothing), in two layers.

    `value` is the length of what it passes on.
    """
    return SubjectFigures(
        subject=subject,
        n_texts=20,
        layers=tuple(
            passing(value, 0.1, share, layer, pile)
            for layer, (share, pile) in enumerate(zip(shares, piles, strict=True), start=1)
        ),
        tests={
            test: TestFigures(
                effect=estimate(0.04),
                control=estimate(0.04),
                ratio=None if ratio is None else estimate(ratio),
            )
            for test, ratio in ratios.items()
        },
    )


def judged(
    over: Made, agreement: Made = (0.4, 0.3, 0.5), verdict: AgreementVerdict = "partly"
) -> Judgement:
    """A ranking that is `over` its length in characters."""
    return Judgement(verdict, estimate(agreement), "characters", estimate(over))


def viewed(view: View, agreement: Made, statistic: Statistic = "spearman") -> ViewFigures:
    return ViewFigures(view, statistic, estimate(agreement))


def passing(
    value: Made | None,
    norm: Made | None = 0.1,
    share: Made = 0.6,
    layer: int = 2,
    pile: Made = 7.5,
) -> LayerFigures:
    """What a sink gets and passes on in a layer: length of its vectors, norm-weighted share, share,
    and that as a multiple of an equal share."""
    return LayerFigures(
        layer=layer,
        share=estimate(share),
        expected=0.1,
        ratio=estimate(pile),
        excess=beyond_even(estimate(share), 0.1),
        norm_share=None if norm is None else estimate(norm),
        value_ratio=None if value is None else estimate(value),
    )
