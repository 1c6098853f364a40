"""What sections on predictions have in common: shares as bars, cells and figures, remarks on labels
and the table of labels."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

from reportgen.findings.findings import Findings
from reportgen.findings.outputs.labels import LabelUse
from reportgen.findings.outputs.scored import Verdict
from reportgen.findings.statistics import Places
from reportgen.report.charts.small.tracks import Scale, bar
from reportgen.report.components import Cell, Kpi, Table, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import NOTHING, percentage

LISTED = 12  # classes, labels, numbers or tokens
NAME = 22  # half-width characters of a name

# How the model is against the best constant answer, as keys of sentences end.
_ENDINGS: Mapping[Verdict | None, str] = {
    "worse": "_worse",
    "not_better": "_no_better",
    "unclear": "_unclear",
}


def constant_ending(findings: Findings, *, with_unclear: bool = False) -> str:
    """How the key of a sentence on the fit ends: by whether a constant answer would do as well."""
    ending = _ENDINGS.get(findings.against_constant, "")
    return "" if ending == "_unclear" and not with_unclear else ending


def share_bar(share: float) -> Cell:
    """A cell with a bar as long as `share`, on a scale from 0 to 1."""
    scale = Scale(0.0, 1.0, ((0.0, "0"), (0.5, "50"), (1.0, "100")), 0.0)
    return Cell("", track=bar(scale, float(share), colour=0))


def share_cell(part: int, whole: int, language: Language) -> Cell:
    """A cell with the share that `part` is of `whole`; "–" of nothing."""
    return Cell(language.percent(part / whole) if whole else NOTHING)


def most_frequent(
    section: Literal["answers", "quality"],
    key: str,
    names: Sequence[str],
    counts: Sequence[int],
    n: int,
    language: Language,
    **also: int,
) -> str:
    """The sentence `key` on what is most frequent, of `n`: all of `names` that have the largest of
    `counts`, or none where that is 0."""
    most = max(counts)
    first = [name for name, count in zip(names, counts, strict=True) if count == most]
    if not most:
        return language.say(section, f"{key}_none", n=n)
    say = partial(language.say, "quality", name=first[0])
    if len(first) == 1:
        return language.say(section, key, names=say("named"), k=most, n=n, **also)
    told = say("named_two", other=first[1]) if len(first) == 2 else ""
    told = told or say("named_more", n=len(first) - 1)
    return language.say(section, f"{key}_each", names=told, k=most, n=n, **also)


def share_figure(
    share: float, interval: tuple[float, float] | None, name: str, language: Language
) -> Kpi:
    """A share called `name`, with its interval where there is one."""
    remark = ""
    if interval is not None:
        low, high = map(percentage, interval)
        remark = language.say("number", "interval", low=low, high=high)
    return Kpi(language.percent(share), name, remark)


def interval_note(figures: Sequence[Kpi], language: Language) -> str:
    """What the intervals of `figures` are; "" where no figure has one."""
    values = {own.value for own in figures if own.remark}
    if not values:
        return ""
    is_exact = not values.isdisjoint(map(language.percent, (0.0, 1.0)))
    return language.say("quality", "intervals_exact" if is_exact else "intervals")


def label_remarks(use: LabelUse | None, language: Language) -> list[str]:
    """Remarks on how labels were read, if they were not taken literally."""
    if use is None:
        return []
    remarks = []
    if use.read_as == "number" and use.n_used:
        remarks.append(language.say("quality", "by_number"))
    if use.read_as == "flags":
        remarks.append(language.say("quality", "by_flags"))
    if use.n_folded:
        remarks.append(language.count("quality", "folded", use.n_folded))
    return remarks


def label_table(
    keys: Sequence[str],
    names: Sequence[str],
    predicted: Places,
    n: int,
    fit: tuple[Places, Places, Places] | None,
    order: Sequence[int],
    language: Language,
) -> Table:
    """How often each label was predicted and, where the right ones are known, how many should have
    it and how many of them do.

    Args:
        keys: of the strings for the title, the names, the bars and the numbers.
        names: `[label]`.
        predicted: `[label]`, how often of `n` times.
        fit: `[label]`, how often it is the right one, is so and predicted, and is predicted where
            the right one is known.
        order: places of the labels that are listed.
    """
    say, rows = partial(language.say, "quality"), []
    for i in order:
        cells = [share_bar(predicted[i] / n), Cell(f"{predicted[i]:,}")]
        if fit is not None:
            given, found, claimed = (int(counts[i]) for counts in fit)
            cells += [
                Cell(f"{given:,}"),
                share_cell(found, given, language),
                share_cell(found, claimed, language),
            ]
        rows.append((names[i], cells))
    title, *columns = keys
    columns += ["labelled", "recall", "precision"] if fit is not None else []
    return make_table(say(title), [say(key) for key in columns], rows, "tracks")
