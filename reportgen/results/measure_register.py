"""The register of measures: everything that says how much each token of a text matters.

Columns of the results tables, the order of the steps of an analysis, their cost and progress bars,
the ranking of units, colours, tables and explanations on the page are all derived from `MEASURES`.

To add a measure of evidence, add

1. an entry at the end of the evidence in `MEASURES`, with the next `SCHEMA_VERSION` as `since`,
2. a module in `analysis/evidence/measures` with the `Method` that the entry names: how the measure
   is taken, and how many passes through the model that takes (a measure that the method of another
   takes too names none),
3. a block of words in `report/language/strings/measures.toml`: its name, the legend of its
   colours, and how it is measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from reportgen.results.info import EvidenceLevel, RunInfo, ScoreSource, View

# How many texts, tokens and units a statement needs, and the limits that measurements share with
# what is said about them.
LONG_TOKENS = 4096  # of a text: a longer one has pooled maps and no norms
MIN_TEXTS = 5  # texts, for a statement about all of them and for an interval
MIN_CONTENT = 3  # text tokens of a text, for it to take part
MIN_UNITS = 4  # text units of a text, for a rank correlation
SINK_EXCESS = 0.30  # (share - u) / (1 - u), u the equal share: the least that a sink receives
MOST_OF_TEXT = 0.5  # of a token: where an equal share gives it more, it is not judged in a text
CONSERVED = 0.01  # of the explained figure: the most that the shares of CP-LRP may miss it by
MASK_OFFSET = 1.0  # |mean| / sd of [MASK] effects; above it nearly all have the same sign

# The effect of a unit that everything shows.
EFFECT: View = "effect"

# How a unit's value comes from the values of its tokens: their sum, the same over what they would
# get if attention were spread evenly, the root of the sum of their squares, the largest, or the
# first (where a value was measured by unit and stands on each token).
Combine: TypeAlias = Literal["sum", "share", "length", "largest", "first"]
# What an explained figure is, as fields of its record (`tasks/targets.py`): a distance, whose
# gradient is 0 at the text itself; a sum over the words of the text, which lacks what a word has
# without it.
Trait: TypeAlias = Literal["is_distance", "is_sum_of_words"]
# What a measure is read from; "baselines" are what the others are compared with.
# "user" are scores that came with the texts.
Group: TypeAlias = Literal["attention", "effects", "gradients", "user", "baselines"]
# Where the page and the exported tables show a measure. Attention always has its columns in tables.
Place: TypeAlias = Literal["colours", "table", "tokens"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of how much each token of a text matters."""

    id: View  # in files, in the address bar, and for its words
    group: Group
    combine: Combine = "sum"
    table: Literal["tokens", "effects"] | None = "effects"  # of the results; None: in no table
    column: str = ""  # in that table; "": called like the measure
    is_over_even: bool = False  # not every token can look at every other: see `equal_shares`
    is_row: bool = False  # read from the row of [CLS], or of a causal model's last token
    # Of evidence only, which is measured in stages:
    level: EvidenceLevel = "none"  # the lowest level of evidence that includes it
    stage: str = ""  # "module:NAME" in evidence/measures; "": the stage of another takes it too
    bar: str = ""  # name of its progress bar
    signed: bool = False  # tells what raises the explained figure from what lowers it
    unsigned_for: tuple[Trait, ...] = ()  # though signed: where effects are distances
    only_for: tuple[Trait, ...] = ()  # the explained figures it is defined for; () for all
    not_for: tuple[Trait, ...] = ()  # those that it is not defined for
    is_share: bool = False  # values sum to 1 over a text
    is_plain: bool = False  # needs no model: what a measure has to beat
    shown: tuple[Place, ...] = ()
    since: int = 1  # first version of the results folder that has its column
    # Which item of the lists in its column; None where the column holds numbers.
    item: int | None = None
    title: str = ""  # as the user calls it; "" where the page has a name for it

    @property
    def is_limited(self) -> bool:
        """Whether it is not defined for some explained figures."""
        return bool(self.only_for or self.not_for)


def _received(column: str, *shown: Place) -> Measure:
    return Measure(column, "attention", "share", table="tokens", is_over_even=True, shown=shown)


def _cross(column: str) -> Measure:
    return Measure(column, "attention", "share", table="tokens", shown=("colours",), since=2)


def _row(column: str, *shown: Place) -> Measure:
    return Measure(column, "attention", "share", table="tokens", is_row=True, shown=shown)


MEASURES: tuple[Measure, ...] = (
    # Attention, in the order in which the page offers its colours.
    _received("received_norm_all", "colours"),
    _received("received_norm_last"),
    _received("received_all", "colours"),
    _received("received_last"),
    # From the tokens that a decoder of its own writes, mean over its layers, all heads together.
    _cross("cross_received_norm"),
    # The same, of attention alone: mean over layers and heads.
    _cross("cross_received"),
    _row("cls_row_all"),
    _row("cls_row_last", "colours"),
    # Evidence, in the order of its columns in the table of effects.
    Measure(  # change of the output without the unit; for embeddings a distance
        "deletion",
        "effects",
        "first",
        level="basic",
        stage="deletion:DELETION",
        bar="Deletion",
        signed=True,
        unsigned_for=("is_distance",),
        shown=("tokens",),
    ),
    # The same as deletion, but of units that say the same each has its share of what leaving all of
    # them out changes.
    Measure(
        EFFECT,
        "effects",
        "first",
        level="basic",
        stage="joint:JOINT_UNITS",
        bar="Leaving out together",
        signed=True,
        unsigned_for=("is_distance",),
        shown=("colours", "table", "tokens"),
        since=3,
    ),
    Measure(  # the same with [MASK] in the place of each of the unit's tokens
        "mask",
        "baselines",
        "first",
        level="full",
        stage="deletion:MASK",
        bar="Masking",
        signed=True,
        unsigned_for=("is_distance",),
        shown=("table", "tokens"),
    ),
    Measure(  # length of the gradient at the token's input embedding
        "gradient",
        "gradients",
        "length",
        level="basic",
        stage="gradients:GRADIENT",
        bar="Gradient",
        shown=("colours", "table", "tokens"),
    ),
    Measure(  # Frobenius norm of d embedding / d token
        "jacobian",
        "gradients",
        "length",
        level="full",
        stage="jacobian:JACOBIAN",
        bar="Jacobian",
        only_for=("is_distance",),
        shown=("colours", "table"),
    ),
    Measure(  # integrated gradients
        "ig",
        "gradients",
        level="full",
        stage="integrated_gradients:INTEGRATED_GRADIENTS",
        bar="Integrated gradients",
        signed=True,
        shown=("colours", "table", "tokens"),
    ),
    Measure(  # column mean of ALTI
        "alti",
        "attention",
        level="full",
        stage="alti:ALTI",
        bar="ALTI",
        is_share=True,
        shown=("table", "tokens"),
    ),
    Measure(  # sum of attention times its gradient over heads and live rows of the last layer
        "attention_gradient",
        "gradients",
        level="basic",
        signed=True,
        not_for=("is_distance",),
        shown=("colours", "table", "tokens"),
        since=2,
    ),
    Measure(  # from special tokens alone to these and the unit; finds what says the same
        "alone",
        "effects",
        "first",
        level="basic",
        signed=True,
        not_for=("is_sum_of_words",),
        shown=("tokens",),
        since=2,
    ),
    Measure(  # mean rise of the output when the unit is added, over orders of the units
        "shapley",
        "effects",
        "first",
        level="full",  # in basic evidence of a few texts, as a yardstick
        stage="shapley:SHAPLEY",
        bar="Shapley values",
        signed=True,
        not_for=("is_distance", "is_sum_of_words"),
        shown=("colours", "table", "tokens"),
        since=2,
    ),
    Measure(  # gradient times states in front of the first layer, attention weights held constant
        "cp_lrp",
        "gradients",
        level="full",
        stage="cp_lrp:CP_LRP",
        bar="CP-LRP",
        signed=True,
        not_for=("is_distance",),
        shown=("colours", "table", "tokens"),
        since=2,
    ),
    # Baselines that need no model, each in the one direction in which it could find what matters:
    # the rare (vocabularies list frequent tokens first), the long, what few of the given texts
    # have. Of the order in the text both directions are as likely, so that each is one of them.
    Measure("rarity", "baselines", "largest", table="tokens", column="token_id", is_plain=True),
    Measure("text_rarity", "baselines", table=None, is_plain=True),
    Measure("unit_tokens", "baselines", table=None, is_plain=True),
    Measure("characters", "baselines", table=None, is_plain=True),
    Measure("early", "baselines", table=None, is_plain=True),
    Measure("late", "baselines", table=None, is_plain=True),
    Measure("random", "baselines", table=None),  # any order at all
)
BY_ID: Mapping[View, Measure] = {measure.id: measure for measure in MEASURES}
# The measures of evidence in the order in which pages list them: first those that have colours.
EFFECTS: tuple[Measure, ...] = tuple(
    sorted(
        (measure for measure in MEASURES if measure.table == "effects"),
        key=lambda measure: "colours" not in measure.shown,
    )
)
# Measured by leaving units out, as the yardstick is: agreement with it would be high by
# construction.
CHANGES: tuple[View, ...] = tuple(m.id for m in MEASURES if m.group == "effects")
# What the others are compared with: what is shown of each unit.
YARDSTICK: tuple[View, ...] = (EFFECT,)
# What ranks the units of a text and is compared with the yardstick; baselines last.
VIEWS: tuple[View, ...] = tuple(
    measure.id
    for measure in sorted(MEASURES, key=lambda measure: measure.group == "baselines")
    if measure.id not in CHANGES
)
# What a measure has to beat: how much a unit tells of itself, without the model.
BASELINES: tuple[View, ...] = tuple(measure.id for measure in MEASURES if measure.is_plain)
COLOURS: tuple[View, ...] = tuple(m.id for m in MEASURES if "colours" in m.shown)
# Attention that can colour a text; its columns are called like the measures.
COLOURED_ATTENTION: tuple[Measure, ...] = tuple(
    measure for measure in MEASURES if measure.group == "attention" and "colours" in measure.shown
)
LEVELS: tuple[EvidenceLevel, ...] = ("none", "basic", "full")
# Scores that came with the texts: the column of the table of tokens, and what their ids begin with,
# so that no name of a user is that of anything else.
USER_SCORES = "user_scores"
USER_PREFIX = "scores:"


@lru_cache(maxsize=64)
def _of_users(scores: tuple[ScoreSource, ...]) -> Mapping[View, Measure]:
    return {
        USER_PREFIX + source.name: Measure(
            USER_PREFIX + source.name,
            "user",
            "first",
            table="tokens",
            column=USER_SCORES,
            signed=source.is_signed,
            shown=("colours", "table", "tokens"),
            item=item,
            title=source.name,
        )
        for item, source in enumerate(scores)
    }


def user_measures(scores: tuple[ScoreSource, ...]) -> tuple[Measure, ...]:
    """The measures that a run has beside those in the register: `scores` that came with its
    texts."""
    return tuple(_of_users(scores).values())


def measure_of(view: View, info: RunInfo) -> Measure:
    """The measure of a run with the id `view`."""
    return BY_ID[view] if view in BY_ID else _of_users(info.scores)[view]


def views_of(info: RunInfo) -> tuple[View, ...]:
    """VIEWS, with the scores that came with the texts of a run in front of the baselines."""
    users = tuple(_of_users(info.scores))
    first = next(i for i, view in enumerate(VIEWS) if BY_ID[view].group == "baselines")
    return (*VIEWS[:first], *users, *VIEWS[first:]) if users else VIEWS


def colours_of(info: RunInfo) -> tuple[View, ...]:
    """COLOURS, and the scores that came with the texts of a run."""
    return (*COLOURS, *_of_users(info.scores))


def coloured_at(level: EvidenceLevel) -> tuple[View, ...]:
    """The measures that can colour texts at `level`: those that all texts with evidence have.
    Shapley values, which basic evidence takes of a few, are none there."""
    most = LEVELS.index(level)
    return tuple(view for view in COLOURS if LEVELS.index(BY_ID[view].level) <= most)


def token_table_columns(level: EvidenceLevel) -> tuple[str, ...]:
    """Columns of evidence in the exported table of tokens; with "none" those of "basic"."""
    most = LEVELS.index("basic" if level == "none" else level)
    measures = [
        measure
        for measure in MEASURES
        if "tokens" in measure.shown and LEVELS.index(measure.level) <= most
    ]
    return tuple(m.id for m in sorted(measures, key=lambda m: (LEVELS.index(m.level), m.since)))
