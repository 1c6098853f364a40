"""What a masked language model puts in the place of masks, over all texts."""

from functools import partial

from reportgen.findings.findings import Findings
from reportgen.findings.outputs.masks import Masks
from reportgen.report.components import Cell, Kpi, QualitySection, Table, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.printable import shorten
from reportgen.report.language.sentences import spoken
from reportgen.report.sections.outputs.shares import (
    LISTED,
    NAME,
    interval_note,
    most_frequent,
    share_bar,
    share_figure,
)
from reportgen.tasks.predictions import items_in


def make_masks(findings: Findings, language: Language) -> QualitySection | None:
    """The section on masks; None without any."""
    found, say = findings.masks, partial(language.say, "quality")
    if found is None:
        return None
    tokens = findings.frequent
    names = [shorten(spoken(token.name, language), NAME) for token in tokens]
    counts, different = [token.n_items for token in tokens], len(tokens)
    headline = most_frequent(
        "quality", "masks", names, counts, found.n_masks, language, different=different
    )
    figures: tuple[Kpi, ...] = ()
    right = findings.fits["mask_accuracy"]
    if right is not None and found.listed_share is not None:
        headline = say("masks_fit", k=found.n_right, n=found.n_labelled, share=right.mean)
        figures = (
            share_figure(right.mean, right.interval, say("mask_first"), language),
            Kpi(language.percent(found.listed_share), say("mask_listed")),
        )
    rows = []
    for token in tokens[:LISTED]:
        cells = (
            share_bar(token.n_items / found.n_masks),
            Cell(f"{token.n_items:,}"),
            Cell(language.percent(token.chance)),
        )
        rows.append((shorten(spoken(token.name, language), NAME), cells))
    columns = [say(key) for key in ("token", "masks_bar", "n_masks", "mean_chance")]
    tables = (
        make_table(say("masks_table"), columns, rows, "tracks"),
        _least_sure(findings, found, language),
    )
    return QualitySection(
        headline,
        figures=figures,
        interval_note=interval_note(figures, language),
        tables=tables,
    )


def _least_sure(findings: Findings, found: Masks, language: Language) -> Table:
    """The masks whose first choice is least likely."""
    say, rows = partial(language.say, "quality"), []
    order = findings.items.sort_values("probability", kind="stable")
    has_labels = bool(found.n_labelled)
    for mask in items_in(order.head(LISTED)):
        text_id = str(findings.texts["text_id"].iloc[mask.text])
        cells = [Cell(language.percent(mask.probability))]
        cells += [Cell(shorten(spoken(mask.label or "", language), NAME))] if has_labels else []
        cells.append(Cell(shorten(text_id, NAME)))
        rows.append((shorten(spoken(mask.predicted, language), NAME), cells))
    keys = ("likeliest", "chance", *(("mask_label",) if has_labels else ()), "in_text")
    return make_table(say("least_sure"), [say(key) for key in keys], rows)
