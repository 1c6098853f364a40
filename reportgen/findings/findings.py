"""Everything that one results folder says, in numbers and notes. All outputs are made from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TypeVar

import numpy as np
import pandas as pd

from reportgen.findings import ablated_heads as of_ablated
from reportgen.findings import attention, evidence, head_figures
from reportgen.findings import evidence_checks as of_checks
from reportgen.findings import ranking as of_ranking
from reportgen.findings.agreement_verdict import Judgement
from reportgen.findings.colouring import AUTO, Colouring, choose_colouring
from reportgen.findings.figures.figure_register import RUN_FIGURES
from reportgen.findings.figures.flat import Value, measure, value_of
from reportgen.findings.notes import note_register
from reportgen.findings.notes.note import Note, Placed, place
from reportgen.findings.notes.sinks import SinkEffect, sink_effects
from reportgen.findings.notes.thresholds import TINY_EFFECT
from reportgen.findings.quality import calibration as of_calibration
from reportgen.findings.quality import classes as of_classes
from reportgen.findings.quality import fits as of_fits
from reportgen.findings.quality import multiple_choice as of_choices
from reportgen.findings.quality import predictions as of_predictions
from reportgen.findings.quality import scored as of_scored
from reportgen.findings.quality import slopes as of_slopes
from reportgen.findings.quality import tags as of_tags
from reportgen.findings.quality import where_wrong as of_where
from reportgen.findings.quality.deciding_metric import QUALITY, deciding, quality_names
from reportgen.findings.repeated_texts import first_alike
from reportgen.findings.sinks import cross_attention
from reportgen.findings.sinks import heads as of_heads
from reportgen.findings.sinks import non_special as of_piles
from reportgen.findings.sinks import query_key_scores as of_scores
from reportgen.findings.sinks import sink_test_figures as of_sinks
from reportgen.findings.statistics import Booleans, Floats, Interval, Places, mean_interval
from reportgen.findings.tokens import figures as of_tokens
from reportgen.findings.tokens import lists as of_lists
from reportgen.findings.tokens.figures import LastToken, joint_tokens
from reportgen.findings.what_if import sum_up
from reportgen.results import Results, RunInfo, Statistic, View
from reportgen.tasks import (
    TASKS,
    Item,
    Metric,
    Task,
    class_shares,
    items_of,
    predictions_of,
    require_known,
    task_of,
    text_numbers,
    words_of,
)

Part = TypeVar("Part")
_RECENT = 64  # texts whose items are kept: what is written of a text asks for them several times


def _part(compute: Callable[[Results], Part]) -> cached_property[Part]:
    """A part of the findings that `compute` makes from the results alone."""
    return cached_property(lambda findings: compute(findings.results))


@dataclass(frozen=True, eq=False)
class Findings:
    """The numbers over all texts of `results`, the notes they call for, and the flat figures.

    It holds no words and no markup. Make one for a results folder and hand it to every writer:
    each part is computed when it is first asked for, and kept. The function that computes a part
    says what the part is.
    """

    results: Results
    colour: str = AUTO  # the measure that texts are coloured by first, or "auto"
    quality: str | None = None  # the figure that decides how good the model is; None: the task's
    _text_notes: dict[int, tuple[Note, ...]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Check that this version knows what was predicted and explained.

        Raises:
            ResultsError: it does not.
        """
        require_known(self.info)

    @property
    def info(self) -> RunInfo:
        """What was run, on what, and how."""
        return self.results.info

    @property
    def task(self) -> Task:
        """What the model does."""
        return task_of(self.info.output)

    @property
    def texts(self) -> pd.DataFrame:
        """One row per text, in input order."""
        return self.results.texts

    @property
    def n_texts(self) -> int:
        """How many texts were read."""
        return len(self.texts)

    @property
    def n_tokens(self) -> int:
        """How many tokens all texts have, special tokens included."""
        return int(self.texts["n_tokens"].sum())

    @property
    def analysed(self) -> Booleans:
        """`[text]`: whether a text has figures, so is neither empty nor failed."""
        return self.results.analysed

    # Which texts count, and where attention goes.
    takes_part = _part(attention.takes_part)
    n_by_status = _part(attention.n_by_status)
    roles = _part(attention.roles)
    sink_heads = _part(of_heads.all_heads)
    head_shares = _part(head_figures.head_shares)
    role_shares = _part(head_figures.role_shares)
    shares_by_text = _part(head_figures.shares_by_text)
    learned_by_text = _part(head_figures.learned_by_text)
    spread_means = _part(head_figures.spread_means)
    entropy_by_head = _part(head_figures.entropy_by_head)

    # What evidence says.
    subjects = _part(of_sinks.subject_figures)
    sink_scores = _part(of_scores.sink_scores)
    cross_tokens = _part(cross_attention.cross_tokens)
    agreement = _part(evidence.agreement_figures)
    shuffled = _part(of_checks.shuffled_figures)
    live_rows = _part(evidence.live_rows)
    mixing = _part(evidence.mixing)
    mask_offset = _part(evidence.mask_offset)
    deletion_offset = _part(evidence.deletion_offset)
    has_joint = _part(evidence.has_joint)
    joint_tokens = _part(joint_tokens)
    is_constant = _part(evidence.is_constant)
    explained_values = _part(evidence.explained_values)
    explained_range = _part(evidence.explained_range)
    without_norms = _part(evidence.without_norms)
    n_units = _part(evidence.n_units)
    shown_attention = _part(of_tokens.shown_attention)

    # What was predicted, and how well that fits the labels.
    all_items = _part(predictions_of)
    items = cached_property(of_predictions.independent_items)
    class_shares = _part(class_shares)
    choices = _part(of_choices.choices)
    label_use = _part(of_classes.label_use)
    scored = cached_property(of_scored.scored)
    where_wrong = cached_property(of_where.where_wrong)
    what_if = cached_property(sum_up)

    # Single texts and single tokens.
    tokens = _part(of_tokens.corpus_tokens)
    parts = _part(of_tokens.parts)
    explained_targets = _part(of_lists.explained_targets)

    @cached_property
    def head_effects(self) -> of_ablated.HeadEffects | None:
        """What each head does to the prediction; None where that was not measured."""
        return of_ablated.head_effects(self.results)

    @cached_property
    def piles(self) -> of_piles.Piles:
        """Tokens other than special tokens on which attention may pile up, each with a verdict."""
        return of_piles.piles(self.results, self.subjects, self.sink_heads)

    @property
    def special(self) -> head_figures.HeadShares | None:
        """What special tokens get in each head; None where no text has such a token."""
        return self.head_shares if np.isfinite(self.head_shares.share).all() else None

    @cached_property
    def deciding(self) -> tuple[Metric, float] | None:
        """The figure that decides how good the model is, and its value; None where none is
        measured."""
        values = {
            name: value_of(RUN_FIGURES, QUALITY[name].of_run, self)
            for name in quality_names(self.info.output)
        }
        known = {name: float(value) for name, value in values.items() if value is not None}
        kind = deciding(self.info.output, known, self.quality)
        return None if kind is None else (kind, known[kind.name])

    @property
    def n_labelled(self) -> int:
        """How many texts have both a predicted number and a number as label."""
        fit = self.fits[self.task.metrics[0].name] if self.task.is_number else None
        return fit.n_texts if fit else 0

    @cached_property
    def stated_agreement(self) -> Mapping[tuple[View, Statistic], evidence.ViewFigures]:
        """The agreement of views over enough texts for a statistic, by view and statistic."""
        known = (figures for figures in self.agreement if figures.stated)
        return {(figures.view, figures.statistic): figures for figures in known}

    @property
    def agreement_by_size(self) -> Mapping[View, evidence.ViewFigures]:
        """The agreement of each view's sizes with the size of effects, over enough texts."""
        known = self.stated_agreement
        plain = {
            view: item
            for (view, statistic), item in known.items()
            if statistic == "spearman" and not evidence.is_signed(view, self.results)
        }
        by_size = {view: item for (view, name), item in known.items() if name == "spearman_size"}
        return {**plain, **by_size}

    @property
    def agreement_with_sign(self) -> Mapping[View, evidence.ViewFigures]:
        """The agreement of views that have a sign with effects that have one, both with their
        signs."""
        known = self.stated_agreement
        return {
            view: item
            for (view, statistic), item in known.items()
            if statistic == "spearman" and evidence.is_signed(view, self.results)
        }

    @cached_property
    def fits(self) -> of_fits.Fits:
        """How well predictions fit the right answers, by the name of each metric of the task, and
        its other figures."""
        return of_fits.Fits(self.task, self.items)

    @cached_property
    def item_counts(self) -> Mapping[str, int | None]:
        """How many items there are, by the name of the figure that says so; None for those of other
        tasks, and without any."""
        names = dict.fromkeys(task.counted_as for task in TASKS.values())
        return {**names, self.task.counted_as: len(self.items) or None}

    @cached_property
    def frequent(self) -> tuple[of_predictions.Frequent, ...]:
        """What is predicted for the items of all texts, the most frequent first."""
        return of_predictions.frequent(self.items)

    @cached_property
    def tags(self) -> of_tags.Tags | None:
        """The names that words got; None for tasks that name no words, and without any."""
        if not (self.task.is_of_words and self.task.is_closed and len(self.items)):
            return None
        counted = self.results.independent
        return of_tags.tags(self.all_items, self.info.output.labels, self.words, counted)

    @cached_property
    def classes(self) -> of_classes.Classes:
        """The predicted class and the label of each text, for a model that puts out a class."""
        names = self.info.output.labels
        return of_classes.match_classes(self.all_items, names, self.n_texts, self.label_use)

    @cached_property
    def numbers_fit(self) -> of_predictions.NumbersFit | None:
        """How far several numbers are from their labels."""
        return of_predictions.numbers_fit(self.task, self.items)

    @cached_property
    def rank_fit(self) -> of_fits.RankFit | None:
        """How well the order of similarities fits that of labels."""
        return of_fits.rank_fit(self.task, self.items)

    @cached_property
    def text_numbers(self) -> Floats:
        """`[text]`: its one number, or log-probability; NaN where it has none."""
        return text_numbers(self.results, self.all_items)

    @cached_property
    def number_spread(self) -> of_predictions.Spread | None:
        """The spread of these numbers; None without any."""
        counted = np.where(self.results.independent, self.text_numbers, np.nan)
        return of_predictions.number_spread(counted)

    @cached_property
    def number_spreads(self) -> tuple[of_predictions.Spread, ...]:
        """The spread of each of several numbers, over at least one analysed text."""
        return of_predictions.number_spreads(self.items)

    @cached_property
    def label_fit(self) -> of_predictions.Fit | None:
        """How far one number is from its label."""
        return of_predictions.label_fit(self.task, self.items)

    @cached_property
    def label_errors(self) -> "pd.Series[float]":
        """`[text]`: prediction minus label; missing where that is not known."""
        return of_predictions.label_errors(self.label_fit, self.texts.index)

    @cached_property
    def summaries(self) -> Mapping[int, float]:
        """By row of `texts` that has one, the figure that stands for the many items of a text."""
        summary = task_of(self.info.output).summary
        if summary is None or not len(self.all_items):
            return {}
        sums = summary.sums(self.all_items)
        return dict(zip(sums.texts.tolist(), summary.of_each(sums).tolist(), strict=True))

    @cached_property
    def wrong_texts(self) -> Booleans:
        """`[text]`: whether its class or choice is wrong; False for other outputs."""
        wrong = np.zeros(self.n_texts, np.bool_)
        if self.task.has_outcomes:
            items = self.all_items
            wrong[items["text"][items["score"] == 0].to_numpy(np.intp)] = True
        return wrong

    @cached_property
    def predictions(self) -> "pd.Series[float] | pd.Series[str]":
        """`[text]`: what was predicted, as a table shows it."""
        return of_predictions.predictions(self.results, self.all_items)

    @cached_property
    def words(self) -> list[str]:
        """`[item]` of all texts: the word that each item is of, where items are of words."""
        return words_of(self.results, self.all_items)

    @cached_property
    def has_labelled_items(self) -> bool:
        """Whether the right answer to any item is known."""
        return bool(self.items[["label", "label_value"]].notna().to_numpy().any())

    def words_of(self, text: int) -> list[str]:
        """`[item]`: the word that each item of row `text` of `texts` is of."""
        first, end = np.searchsorted(self.all_items["text"].to_numpy(np.int64), [text, text + 1])
        return self.words[first:end]

    def items_of(self, text: int) -> tuple[Item, ...]:
        """The predicted items of row `text` of `texts`."""
        return self._items_of(text)

    @cached_property
    def _items_of(self) -> Callable[[int], tuple[Item, ...]]:
        return lru_cache(_RECENT)(lambda text: tuple(items_of(self.all_items, text)))

    @cached_property
    def label_counts(self) -> of_classes.LabelCounts:
        """The predicted and given labels, for a model that puts out several and at least one
        analysed text."""
        return of_classes.label_counts(self.items, len(self.info.output.labels))

    @cached_property
    def class_fit(self) -> of_classes.ClassFit | None:
        """Predicted classes against labels; None where none can be compared."""
        return of_classes.class_fit(self.items, self.info.output.labels)

    @cached_property
    def against_constant(self) -> of_scored.ConstantVerdict | None:
        """Whether the model is better than the best constant answer; None where none is defined."""
        return self.scored.against_constant if self.scored else None

    @cached_property
    def slopes(self) -> of_slopes.Slopes | None:
        """Whether predicted numbers lie too close together; None where labels do not tell."""
        return of_slopes.slopes(self.label_fit, first_alike(self.results))

    @cached_property
    def calibration(self) -> of_calibration.Calibration | None:
        """Whether probabilities can be believed; None for outputs without, and too few texts."""
        return of_calibration.calibration(self.scored, first_alike(self.results))

    @cached_property
    def class_sureness(self) -> Floats:
        """`[class]`: its softmax probability, mean over the texts it was predicted for."""
        return of_classes.class_sureness(self.items, self.info.output.labels)

    @cached_property
    def mean_prediction_interval(self) -> Interval | None:
        """The bootstrap interval of the mean predicted number; None for too few texts."""
        return mean_interval(self.number_spread.values) if self.number_spread else None

    @cached_property
    def colouring(self) -> Colouring:
        """The measure that texts are coloured by first, and how well it agrees with effects."""
        return choose_colouring(self.results, self.colour)

    @cached_property
    def judgements(self) -> Mapping[View, Judgement]:
        """What the agreement of each measure says beyond the baselines: of the one that colours the
        texts by itself, since it was not chosen by that; of the others together."""
        shown = self.colouring.judgement
        of_colouring = {} if shown is None else {self.colouring.view: shown}
        return {**evidence.judgements(self.results), **of_colouring}

    @property
    def shown_first(self) -> View:
        """The measure that texts are coloured by first."""
        return self.colouring.view

    @property
    def shuffled_first(self) -> of_checks.ShuffledFigures | None:
        """The agreement of what colours the texts first, with the model's weights shuffled."""
        return self.shuffled.get(self.shown_first)

    @cached_property
    def shapley(self) -> of_checks.ShapleyFigures | None:
        """The agreement of effects and colours with Shapley values."""
        return of_checks.shapley_figures(self.results, self.shown_first)

    @cached_property
    def text_figures(self) -> pd.DataFrame:
        """The figures of each text, one row per text."""
        return of_ranking.figures(self.results, self.shown_first)

    @cached_property
    def ranking(self) -> Mapping[of_ranking.Reason, Places]:
        """By reason, the rows of the texts that it applies to, those that stand out most first; no
        variants, which stand beside their originals."""
        figures = self.text_figures
        if not self.results.independent.all():
            figures = figures[self.results.independent].reindex(figures.index)
        return of_ranking.ranking(self.takes_part, figures)

    @cached_property
    def picked(self) -> of_ranking.Picked:
        """The texts that deserve a look, and the one that gets most."""
        alike = first_alike(self.results)
        return of_ranking.picked(self.ranking, self.text_figures, alike)

    @cached_property
    def opened(self) -> Mapping[str, int]:
        """By language of a page, the row of the text that is open when it opens."""
        return of_ranking.opened(self.results, self.picked)

    @cached_property
    def order(self) -> tuple[int, ...]:
        """All rows of `texts`, those that deserve a look first."""
        return of_ranking.order(self.ranking, len(self.texts))

    @cached_property
    def token_means(self) -> of_tokens.TokenMeans:
        """The means of each text token over the texts that have it."""
        return of_tokens.token_means(self.tokens)

    @cached_property
    def token_lists(self) -> tuple[of_lists.EffectLists, ...]:
        """The text tokens that move the output most, apart for each figure explained."""
        return of_lists.lists_by_target(self.results, self.tokens, self.explained_targets)

    @property
    def tiny_effect(self) -> float:
        """The largest effect that is too small to matter; 0 where that is not known."""
        return TINY_EFFECT * (self.explained_range or 0.0)

    @cached_property
    def told_lists(self) -> of_lists.EffectLists | None:
        """Those of `token_lists` that the answer at the top is about."""
        return of_lists.told_first(self.token_lists, self.tiny_effect)

    @property
    def last_token(self) -> LastToken | None:
        """How often the last token changes the output most, where that is most often."""
        return self.tokens.last if self.tokens.is_without_last else None

    @cached_property
    def token_attention(self) -> of_lists.RankedTokens:
        """How much attention each text token draws."""
        return of_lists.ranked_attention(self.tokens)

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """The notes on all texts together, in reading order."""
        return note_register.corpus_notes(self)

    @cached_property
    def sink_effects(self) -> Mapping[str, SinkEffect]:
        """Whether the prediction depends on each token that was tested, by its key."""
        return sink_effects(self.notes)

    @cached_property
    def placed(self) -> Placed:
        """The notes by their place in the report."""
        tokens = (pile.subject.key for pile in self.piles.every)
        return place(self.notes, self.info, tokens)

    @cached_property
    def figures(self) -> Mapping[str, Value]:
        """The flat figures by name, in a fixed order; None for what is not defined."""
        return measure(RUN_FIGURES, self)

    def text_notes(self, text: int) -> tuple[Note, ...]:
        """The notes on row `text` of `texts` alone."""
        if text not in self._text_notes:
            self._text_notes[text] = note_register.text_notes(self, text)
        return self._text_notes[text]
