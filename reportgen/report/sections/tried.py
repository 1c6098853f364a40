"""What raises and what lowers the explained figure: edits that were tried, and words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from reportgen.findings import Findings, TriedChange, TriedChanges, edit_counts, tried_changes
from reportgen.report.components import Cell, Section, Table, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import decimals, written
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.sentences import scalar_name, short_scalar_name
from reportgen.report.panel.changed_text import edit_name
from reportgen.report.panel.tried_changes import output_name
from reportgen.results import MIN_TEXTS, SWAP, EditStatus

_TARGET = 28  # half-width characters of the name of a class
_WORD = 24  # half-width characters of a word
_LEFT_OUT: tuple[EditStatus, ...] = ("nothing_left", "no_counterpart", "failed")


@dataclass(frozen=True, slots=True)
class TriedPart:
    """This part of the section on changed texts."""

    headline: str
    lead: str
    lists: tuple[Table, ...]  # what raises, what lowers; of each explained figure
    edits: Table  # on how many texts each was tried


def make_tried_part(findings: Findings, language: Language) -> TriedPart | None:
    """The part; None where no edit was tried."""
    if findings.results.edits.empty:
        return None
    lists = tried_changes(findings)
    words = [_TriedWords(findings, one, language) for one in lists]
    n = max((one.n_tried for one in lists), default=0)
    return TriedPart(
        headline=language.sentences([text for each in words for text in each.sentences()]),
        lead=language.say("tried", "lead", n=n, least=MIN_TEXTS) if n else "",
        lists=tuple(table for each in words for table in each.tables()),
        edits=_edits(findings, language),
    )


def short_tried(findings: Findings, language: Language) -> Iterable[Section]:
    """The same for a short form: what stands first, and the lists, folded."""
    section = make_tried_part(findings, language)
    if section is None:
        return
    heading = language.say("tried", "heading")
    lead = tuple(filter(None, (section.headline, section.lead)))
    yield Section(4, heading, lead, table=section.edits, is_folded=True, place=64)
    for table in section.lists:
        yield Section(4, table.title, table=table, is_folded=True, place=64)


class _TriedWords:
    """Puts the lists of one explained figure into words."""

    def __init__(self, findings: Findings, lists: TriedChanges, language: Language) -> None:
        self._lists, self._language = lists, language
        self._say = partial(language.say, "tried")
        scalar = scalar_name(findings.info, language) or output_name(findings, language)
        if lists.target is not None:
            target = shorten(visible(lists.target), _TARGET)
            short = short_scalar_name(findings.info, language)
            scalar = self._say("of_target", scalar=short or scalar, target=target)
        self._scalar = scalar
        every = (*lists.raises, *lists.lowers)
        self._digits = decimals(max((abs(each.change.mean) for each in every), default=0.0))

    def sentences(self) -> Iterator[str]:
        """What surely raises and lowers it most, or that nothing does."""
        if not self._lists.raises and not self._lists.lowers:
            yield self._language.count("tried", "nothing", self._lists.n_tried, scalar=self._scalar)
        for key, changes in (("raises", self._lists.raises), ("lowers", self._lists.lowers)):
            if not changes and (self._lists.raises or self._lists.lowers):
                yield self._say(f"nothing_{key}", scalar=self._scalar)
            for first in changes[:1]:
                yield self._language.count(
                    "tried",
                    key,
                    first.change.n_texts,
                    scalar=self._scalar,
                    what=self._name(first),
                    change=written(abs(first.change.mean), self._digits),
                    ends=self._ends(first),
                )

    def tables(self) -> Iterator[Table]:
        """What raises it, and what lowers it, where anything does."""
        for key, changes in (
            ("list_raises", self._lists.raises),
            ("list_lowers", self._lists.lowers),
        ):
            if changes:
                title = self._say(key, scalar=self._scalar)
                yield self._table(title, changes)

    def _table(self, title: str, changes: Sequence[TriedChange]) -> Table:
        names = [self._say(key) for key in ("change", "mean", "n_texts", "most")]
        rows = []
        for each in changes:
            mean = written(each.change.mean, self._digits, with_sign=True)
            number = self._language.say("common", "text_number", n=each.largest + 1)
            cells = [
                Cell(mean, self._ends(each), is_strong=True),
                Cell(f"{each.change.n_texts:,}"),
                Cell(number, link=f"text={each.largest + 1}"),
            ]
            rows.append((self._name(each), cells))
        return make_table(title, names, rows)

    def _name(self, change: TriedChange) -> str:
        if change.kind == "edit":
            return edit_name(change.name, self._language)
        word = shorten(visible(change.name), _WORD)
        return self._language.say("edits", "word", word=word)

    def _ends(self, change: TriedChange) -> str:
        if change.change.interval is None:
            return ""
        low, high = (written(end, self._digits, with_sign=False) for end in change.change.interval)
        return self._language.say("number", "interval", low=low, high=high)


def _edits(findings: Findings, language: Language) -> Table:
    """On how many texts each edit was tried."""
    say = partial(language.say, "tried")
    counts = edit_counts(findings.results)
    rows = []
    for edit, by_status in counts.items():
        total = sum(by_status.values())
        applied = total - by_status["unchanged"]
        explanation = "" if edit.startswith(SWAP) else language.say("edits", f"says_{edit}")
        n_left_out = sum(by_status[status] for status in _LEFT_OUT)
        cells = [
            Cell(explanation),
            Cell(say("of", n=applied, total=total)),
            Cell(f"{by_status['same_tokens']:,}"),
            Cell(f"{n_left_out:,}"),
        ]
        rows.append((edit_name(edit, language), cells))
    names = [say(key) for key in ("edit", "does", "applied", "same", "left_out")]
    return make_table(say("edits"), names, rows)
