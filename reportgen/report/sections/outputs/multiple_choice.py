"""Choices over all texts: which were picked, how sure the model is, how often it is right."""

from functools import partial

import numpy as np

from reportgen.findings.findings import Findings
from reportgen.findings.outputs.multiple_choice import Choices, chance_of, chances_of
from reportgen.report.components import Cell, Kpi, QualitySection, Table, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.printable import shorten, visible
from reportgen.report.sections.outputs.shares import (
    LISTED,
    NAME,
    constant_ending,
    interval_note,
    share_bar,
    share_figure,
)
from reportgen.tasks.choices import Chosen

_CHOICE = 40  # half-width characters of a choice
_TEXT = 60  # of a text


def make_choices(findings: Findings, language: Language) -> QualitySection | None:
    """The section on choices; None without any."""
    found, say = findings.choices, partial(language.say, "quality")
    if found is None:
        return None
    low, middle, high = (float(own) for own in np.quantile(found.chances, (0, 0.5, 1)))
    headline = say("choices", n=len(found.every), low=low, middle=middle, high=high)
    figures = [Kpi(language.percent(found.mean_chance), say("picked_chance"))]
    right = findings.fits["accuracy"]
    if right is not None:
        share, base = right.mean, found.by_chance
        headline = say(
            f"choices_fit{constant_ending(findings)}",
            k=found.n_right,
            n=len(found.labelled),
            share=share,
            base=base,
        )
        accuracy = share_figure(share, right.interval, say("accuracy"), language)
        figures = [accuracy, Kpi(language.percent(base), say("at_random")), *figures]
    return QualitySection(
        headline,
        remarks=_remarks(found, language),
        figures=tuple(figures),
        interval_note=interval_note(figures, language),
        tables=(_places(findings, found, language), _texts(findings, found, language)),
    )


def _remarks(found: Choices, language: Language) -> tuple[str, ...]:
    remarks = []
    if found.labelled and found.read_as != "text":
        remarks.append(language.say("quality", f"by_{found.read_as}"))
    if found.unmatched:
        remarks.append(language.count("quality", "choices_unmatched", len(found.unmatched)))
    return tuple(remarks)


def _places(findings: Findings, found: Choices, language: Language) -> Table:
    """How often the choice at each place was picked, and is the right one."""
    say, columns = partial(language.say, "quality"), findings.info.output.labels
    picked, right, n = found.picked_at(), found.right_at(), len(found.every)
    rows = []
    for place in range(min(found.n_places, LISTED)):
        name = str(place + 1)
        if place < len(columns):
            name = say("place_name", place=name, name=shorten(visible(columns[place]), NAME))
        cells = [share_bar(picked[place] / n), Cell(f"{picked[place]:,}")]
        cells += [Cell(f"{right[place]:,}")] if found.labelled else []
        rows.append((name, cells))
    keys = ["place", "picked_bar", "n_picked", *(["labelled"] if found.labelled else [])]
    return make_table(say("places_table"), [say(key) for key in keys], rows, "tracks")


def _texts(findings: Findings, found: Choices, language: Language) -> Table:
    """The surest of the wrong choices; without these the least sure ones."""
    say = partial(language.say, "quality")
    wrong = sorted((own for own in found.labelled if not own.is_right), key=_lead, reverse=True)
    shown = wrong or sorted(found.every, key=chance_of)
    rows = []
    for own in shown[:LISTED]:
        row = findings.results.text_row(own.text)
        cells = [
            Cell(shorten(visible(own.picked), _CHOICE)),
            Cell(language.percent(chance_of(own))),
        ]
        if wrong:
            cells.append(Cell(shorten(visible(own.right or ""), _CHOICE)))
        cells.append(Cell(shorten(str(row["text_id"]), NAME)))
        rows.append((shorten(visible(str(row["text"])), _TEXT), cells))
    keys = ["choice_text", "choice_column", "chance", *(["mask_label"] if wrong else []), "in_text"]
    title = say("choices_wrong" if wrong else "choices_least_sure")
    return make_table(title, [say(key) for key in keys], rows)


def _lead(own: Chosen) -> float:
    """By how much probability the choice that was picked leads over the right one."""
    shares = chances_of(own)
    return float(shares[own.place] - shares[own.label])
