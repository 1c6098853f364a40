"""The measures that can colour a text: values, colours and words of its units for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
import pandas as pd

from reportgen.report.charts.attention_scale import times_steps
from reportgen.report.charts.colours import signed_step
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import decimals, in_column
from reportgen.report.language.printable import TOKEN_WIDTH, shorten, visible
from reportgen.report.language.sentences import short_scalar_name
from reportgen.report.panel.highlighted_text import Kind
from reportgen.results import (
    EFFECT,
    EFFECTS,
    Floats,
    JointUnits,
    Results,
    RunInfo,
    TextUnits,
    View,
    coloured_at,
    joint_units,
    measure_of,
    times_average,
    unit_starts,
    values_of_units,
)
from reportgen.tasks import has_sign, task_of


@dataclass(frozen=True, slots=True, eq=False)
class TextEffects:
    """The evidence on one text."""

    columns: Mapping[View, Floats]  # [unit] by measure; only those measured on this text
    live_rows: int | None  # rows of the last layer that the output can depend on, out of n_rows
    n_rows: int
    reads_cls_only: bool
    ig_complete: bool
    joint: tuple[JointUnits, ...] = ()  # units that say the same


def text_effects(results: Results, text: int, unit_of: Sequence[int]) -> TextEffects | None:
    """The evidence on row `text` of `texts`, by display unit; None if there is none for it."""
    return results.recent(_make_effects, text, tuple(unit_of))


def _make_effects(results: Results, text: int, unit_of: Sequence[int]) -> TextEffects | None:
    row = results.evidence_row(text)
    if row is None:
        return None
    effects = results.effects_of(text)
    columns = {} if effects is None else {m: effects[m.column or m.id] for m in EFFECTS}
    live = row["live_rows"]
    return TextEffects(
        columns={
            measure.id: values_of_units(measure, column, unit_starts(unit_of), 1 / len(unit_of))
            for measure, column in columns.items()
            if not np.isnan(column.to_numpy(np.float64)).all()
        },
        live_rows=None if pd.isna(live) else int(live),
        n_rows=0 if pd.isna(live) else int(row["n_rows"]),
        reads_cls_only=not pd.isna(live) and bool(row["reads_cls_only"]),
        ig_complete=not pd.isna(row["ig_complete"]) and bool(row["ig_complete"]),
        joint=joint_units(effects, unit_of),
    )


# Of measures that are no attention, those that are made of it as well.
_LOOKS: Mapping[View, str] = {"attention_gradient": "not_only_look"}
STANDS_OUT = 1.3  # times an average text token; below it no token is called strong


@dataclass(frozen=True, slots=True, eq=False)
class TextMeasure:
    """One measure of a text's units, as its colours show it."""

    id: View  # as the address bar names it
    kind: Kind
    name: str
    values: Floats  # [unit]; NaN where it has none
    ratios: Floats | None  # [unit], times an average text token; None if it is not attention
    steps: tuple[int | None, ...]  # [unit], of the colours, signed; None for special tokens
    shown: tuple[str, ...]  # [unit], values as printed
    order: tuple[int, ...]  # text units with a colour, the strongest first
    legend: str  # what is told of its colours in this text alone; see `about`
    flat: str  # says that no text token stands out; "" if one does


def measures(
    info: RunInfo,
    units: TextUnits,
    labels: Sequence[str],
    effects: TextEffects | None,
    language: Language,
    first: View = "received_norm_all",
) -> tuple[TextMeasure, ...]:
    """The measures of one text, in front the one that colours it at first.

    That is `first`; attention received, weighted by norms where they were measured, for a text
    without it. Without evidence there is only attention received.

    Args:
        labels: names of the units as printed.
    """
    words = _Words(info, units, labels, language)
    received = words.attention("received_all", units.received_all)
    users = [words.of_user(id, values) for id, values in units.user_scores.items()]
    if info.evidence.level == "none":
        return tuple(sorted((received, *users), key=lambda measure: measure.id != first))
    every = [received]
    if units.norm_all is not None:
        every.insert(0, words.attention("received_norm_all", units.norm_all))
    if units.cross_norm_all is not None:
        every.append(words.attention("cross_received_norm", units.cross_norm_all))
    if units.cross_all is not None:
        every.append(words.attention("cross_received", units.cross_all))
    if units.cls_row is not None:
        every.append(words.attention("cls_row_last", units.cls_row[-1]))
    if effects is not None:
        able = (id for id in coloured_at(info.evidence.level) if id in effects.columns)
        every += [words.effect(id, effects) for id in able]
    every += users
    return tuple(sorted(every, key=lambda measure: measure.id != first))


def attention_received(text_measures: Sequence[TextMeasure]) -> TextMeasure:
    """Of the measures of a text, attention received: weighted by norms where they were measured."""
    by_id = {measure.id: measure for measure in text_measures}
    return by_id.get("received_norm_all") or by_id["received_all"]


def times_average_token(units: TextUnits, values: Floats) -> Floats:
    """`values` of attention as multiples of that of the average text token, `[unit]`; all zero if
    there is no content, or it receives nothing."""
    return np.nan_to_num(times_average(values, np.where(units.content, units.n_tokens, 0)))


def strongest(units: TextUnits, values: Floats) -> tuple[int, ...]:
    """The text units that have `values` (`[unit]`), the largest first."""
    known = np.flatnonzero(units.content & ~np.isnan(values))
    return tuple(sorted((int(i) for i in known), key=lambda i: (-values[i], i)))


def cls_name(info: RunInfo, language: Language) -> str | None:
    """The name of the token whose row is the [CLS] row; None if there is no such row."""
    for role in info.roles:
        if role.key == "cls":
            return role.token
    return language.say("common", "last_token") if info.model.is_causal else None


def row_name(info: RunInfo, language: Language) -> str:
    """The name in a sentence of the token whose row is the [CLS] row."""
    if any(role.key == "cls" for role in info.roles):
        return visible(cls_name(info, language) or "")
    return language.say("influence", "last_token")


def baseline(info: RunInfo, language: Language) -> str:
    """The baseline of integrated gradients, in words."""
    has_mask = info.evidence.withheld.get("mask") != "no_mask_token"
    return language.say("evidence", f"baseline_{'mask' if has_mask else 'zeros'}")


def words_key(key: str, id: View, info: RunInfo, language: Language) -> str:
    """The key of a measure's words: those for the figure that evidence explains, if any."""
    special = f"{key}_{info.evidence.scalar}"
    return special if special in language.measure_words(id) else key


def printed(values: Floats, with_sign: bool) -> tuple[str, ...]:
    """`values` as text, `[unit]`, with three significant digits for the largest."""
    known = [abs(float(value)) for value in values if isfinite(value)]
    digits = decimals(max(known, default=0.0))
    return tuple(in_column(float(value), digits, with_sign) for value in values)


def legend_of(id: View, info: RunInfo, language: Language) -> str:
    """What the colours of a measure show in every text; "" for a measure without colours."""
    measure, words = measure_of(id, info), language.measure_words(id)
    key = words_key("legend", id, info, language)
    if measure.is_over_even and info.model.is_causal:
        key = "legend_causal"
    if measure.group == "user" and is_signed_for(id, info):
        key = "legend_signed"
    if key not in words:
        return ""
    return language.measure(
        id,
        key,
        name=row_name(info, language),
        layer=info.model.n_layers,
        scalar=explained_name(info, language),
        baseline=baseline(info, language),
    )


def about(id: View, info: RunInfo, language: Language) -> str:
    """What the colours of a measure show in every text, and whether that is where the model looks.

    "" for a measure without colours.
    """
    legend = legend_of(id, info, language)
    if not legend:
        return ""
    group = measure_of(id, info).group
    is_attention = group == "attention"
    looks = "is_look" if is_attention else _LOOKS.get(id, "not_look")
    sentences = [legend, "" if group == "user" else language.say("strip", looks)]
    if info.roles:
        dotted = "dotted" if is_attention else "dotted_effect"
        sentences.append(language.say("strip", "dotted_deletion" if id == EFFECT else dotted))
    return language.sentences(sentences)


def is_signed_for(id: View, info: RunInfo) -> bool:
    """Whether the values of a measure of a run are above or below 0."""
    return has_sign(measure_of(id, info), info.evidence.scalar)


def explained_name(info: RunInfo, language: Language) -> str:
    """The figure that evidence explains, as it stands in a sentence on one text."""
    if task_of(info.output).chart_column == "value" and info.evidence.scalar is not None:
        return language.say("influence", "output", name=info.output.name)
    return short_scalar_name(info, language)


class _Words:
    """Makes the measures of one text."""

    def __init__(
        self, info: RunInfo, units: TextUnits, labels: Sequence[str], language: Language
    ) -> None:
        self._info = info
        self._units = units
        self._labels = [shorten(label, TOKEN_WIDTH) for label in labels]  # for sentences
        self._language = language
        self._row = visible(cls_name(info, language) or "")

    def attention(self, id: View, values: Floats) -> TextMeasure:
        """A measure of attention, coloured relative to the average text token; `values` are the
        shares of the units, as printed."""
        units = self._units
        ratios = times_average_token(units, units.multiples[id])
        order = strongest(units, ratios)
        is_flat = bool(order) and ratios[order[0]] < STANDS_OUT
        legend = flat = self._say("flat") if is_flat else ""
        if order and not is_flat:
            token, most = self._labels[order[0]], float(ratios[order[0]])
            legend = self._say("strongest", token=token, most=most)
        return TextMeasure(
            id=id,
            kind="attention",
            name=self._language.measure(id, "name", row=self._row),
            values=values,
            ratios=ratios,
            steps=self._on_content(times_steps(ratios).tolist()),
            shown=tuple(self._language.percent(float(value)) for value in values),
            order=order,
            legend=legend,
            flat=flat,
        )

    def effect(self, id: View, effects: TextEffects) -> TextMeasure:
        """A measure of evidence, coloured relative to its own largest value."""
        is_incomplete = id == "ig" and not effects.ig_complete
        return self.of_user(id, effects.columns[id], *["ig_incomplete"] * is_incomplete)

    def of_user(self, id: View, values: Floats, *remarks: str) -> TextMeasure:
        """Scores that came with the text, or `values` of evidence, coloured relative to the largest
        of them; `remarks` are what is told of them."""
        with_sign = is_signed_for(id, self._info)
        sizes = np.abs(values)
        order = tuple(i for i in strongest(self._units, sizes) if sizes[i] > 0)
        shown = printed(values, with_sign)
        top = float(sizes[order[0]]) if order else 0.0
        legend = [self._say("nothing")]
        if order:
            token, most = self._labels[order[0]], shown[order[0]]
            legend = [self._say("strongest_effect", token=token, most=most)]
        legend += map(self._say, remarks)
        steps = [signed_step(float(value), top) for value in np.nan_to_num(values)]
        return TextMeasure(
            id=id,
            kind="signed" if with_sign else "size",
            name=self._language.measure(id, "name", row=self._row),
            values=values,
            ratios=None,
            steps=self._on_content(steps),
            shown=shown,
            order=order,
            legend=self._language.sentences(legend),
            flat="",
        )

    def _on_content(self, steps: Sequence[int]) -> tuple[int | None, ...]:
        """`steps` `[unit]`, with None for special tokens."""
        content = self._units.content
        return tuple(
            s if is_content else None for s, is_content in zip(steps, content, strict=True)
        )

    def _say(self, key: str, **values: object) -> str:
        return self._language.say("strip", key, **values)
