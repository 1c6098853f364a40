"""The section on changed texts: what each kind of edit does to the predictions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from markupsafe import Markup

from reportgen.findings import EditKind, Estimate, Findings, TextChange, WhatIf
from reportgen.report.charts.cell_tracks import Scale, axis, dot, round_scale
from reportgen.report.components import Cell, Column, Section, Table
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import NOTHING
from reportgen.report.panel.changed_text import ChangeWords, TextPiece, differences, edit_name
from reportgen.report.sections.tried import TriedPart, make_tried_part, short_tried
from reportgen.results import MIN_TEXTS

_MOVED = 3  # texts of each kind that are listed
_NAMED = 4  # kinds that are named on a fold
_MOST_MOVED = 12  # in all
_LONGEST = 400  # code points of a text that is listed


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind of edit."""

    name: str
    is_clear: bool
    track: Markup | None  # the mean change with its interval; None where none is known
    change: str
    ends: str  # of its interval
    n_texts: str
    size: str
    flips: str
    flip_ends: str


@dataclass(frozen=True, slots=True)
class MovedText:
    """A text that an edit moves most."""

    number: int  # of the original, from 1
    link: int  # the text that the row leads to: the variant where it is a text of the run
    name: str  # of the edit
    pieces: tuple[TextPiece, ...]  # none where texts are redacted
    predicted: str


@dataclass(frozen=True, slots=True)
class WhatIfSection:
    """The section."""

    headline: str
    sentences: tuple[str, ...]
    remarks: tuple[str, ...]
    axis: Markup | None  # None where no change of a figure is known
    has_flips: bool
    clear: tuple[KindRow, ...]
    doubtful: tuple[KindRow, ...]
    more: str  # how many are doubtful; "" where none is
    moved: tuple[MovedText, ...]
    moved_note: str  # how they are chosen
    tried: TriedPart | None  # what raises and what lowers the prediction, of edits and words


def make_what_if(findings: Findings, language: Language) -> WhatIfSection | None:
    """The section; None without changed texts."""
    return (
        None
        if findings.what_if is None
        else _WhatIfWords(findings, findings.what_if, language).made()
    )


def short_what_if(findings: Findings, language: Language) -> Iterable[Section]:
    """The same for a short form: what is said first, and the table of kinds, folded."""
    if findings.what_if is None or not findings.what_if.kinds:
        return
    words = _WhatIfWords(findings, findings.what_if, language)
    heading = language.say("what_if", "heading")
    lead = (words.headline(), *words.sentences(), *words.remarks())
    yield Section(4, heading, lead, table=words.table(), is_folded=True, place=63)
    yield from short_tried(findings, language)


class _WhatIfWords:
    """Puts into words what changed texts change."""

    def __init__(self, findings: Findings, what_if: WhatIf, language: Language) -> None:
        self._findings, self._what_if, self._language = findings, what_if, language
        self._say = partial(language.say, "what_if")
        self._count = partial(language.count, "what_if")
        self._figures = ChangeWords(findings, language)
        what = "probability" if what_if.is_share else "number"
        if what_if.is_share and findings.task.has_names:
            what = "label_probability"
        self._what = self._say(what, name=findings.info.output.name)

    def made(self) -> WhatIfSection:
        """The section."""
        rows = [(kind, self._row(kind)) for kind in self._what_if.kinds]
        clear = tuple(row for kind, row in rows if kind.is_clear)
        doubtful = tuple(row for kind, row in rows if not kind.is_clear)
        key = "doubtful" if clear else "doubtful_only"
        return WhatIfSection(
            headline=self.headline(),
            sentences=tuple(self.sentences()),
            remarks=self.remarks(),
            axis=axis(self._scale) if self._what_if.has_figure else None,
            has_flips=self._what_if.flips is not None,
            clear=clear,
            doubtful=doubtful,
            more=self._count(key, len(doubtful), names=self._names(doubtful)) if doubtful else "",
            moved=tuple(self._moved()),
            moved_note=self._say("moved_note", n=_MOVED),
            tried=make_tried_part(self._findings, self._language),
        )

    def _names(self, rows: Sequence[KindRow]) -> str:
        names = [row.name for row in rows[:_NAMED]]
        return self._language.listed(names) + ("…" if len(rows) > _NAMED else "")

    def headline(self) -> str:
        """What is surest."""
        kinds = self._what_if.kinds
        if not kinds:
            return self._say("nothing")
        first = kinds[0]
        if first.is_clear and first.change is not None:
            key = "raises" if first.change.mean > 0 else "lowers"
            return self._count(
                key,
                first.n_texts,
                name=edit_name(first.name, self._language),
                what=self._what,
                change=self._figures.size(first.change.mean),
                ends=self._figures.ends(first.change.interval),
            )
        if not self._what_if.has_figure:
            return self._flips() or self._say("no_figure")
        if max(kind.n_texts for kind in kinds) < MIN_TEXTS:
            return self._count("few", self._what_if.n_texts, least=MIN_TEXTS)
        n = sum(kind.change is not None and kind.change.interval is not None for kind in kinds)
        return self._count("none_clear", n, what=self._what, least=MIN_TEXTS)

    def sentences(self) -> Iterator[str]:
        """What else is clear, the most often changed prediction, and the largest change."""
        others = [kind for kind in self._what_if.kinds[1:] if kind.is_clear and kind.change]
        if others:
            named = [
                self._say(
                    "other",
                    name=edit_name(kind.name, self._language),
                    change=self._figures.change(kind.change.mean),
                )
                for kind in others[:_MOVED]
                if kind.change
            ]
            yield self._say("others", names=self._language.listed(named))
        if self._what_if.has_figure and (flips := self._flips()):
            yield flips

    def remarks(self) -> tuple[str, ...]:
        """How changes are counted, and which variants are left out."""
        n = self._what_if.n_missing
        missing = self._count("missing", n) if n else ""
        apart = self._say("apart") if self._what_if.n_variants else ""
        return tuple(filter(None, (self._say("model"), apart, missing)))

    def table(self) -> Table:
        """All kinds of edits."""
        names = [self._say(key) for key in ("edit", "n_texts", "change")]
        names += [self._say("size")] if self._what_if.has_figure else []
        names += [self._say("flips")] if self._what_if.flips else []
        rows = []
        for kind in self._what_if.kinds:
            row, strong = self._row(kind), kind.is_clear
            cells = [Cell(row.name, is_strong=strong), Cell(row.n_texts)]
            cells.append(Cell(row.change, row.ends, is_strong=strong))
            cells += [Cell(row.size)] if self._what_if.has_figure else []
            cells += [Cell(row.flips, row.flip_ends)] if self._what_if.flips else []
            rows.append(tuple(cells))
        columns = tuple(Column(name, is_figures=i > 0) for i, name in enumerate(names))
        return Table(columns, tuple(rows), self._say("table"))

    def _flips(self) -> str:
        flips = self._what_if.flips
        if flips is None:
            return ""
        share, ends = self._figures.share(flips)
        return self._say("flips_of", share=share, ends=ends, n=flips.n_texts)

    @cached_property
    def _scale(self) -> Scale:
        ends = [0.0]
        for kind in self._what_if.kinds:
            if kind.change is not None:
                ends += [kind.change.mean, *(kind.change.interval or ())]
        scale = 100.0 if self._what_if.is_share else 1.0
        return round_scale(scale * min(ends), scale * max(*ends, 1e-9), 0.0)

    def _row(self, kind: EditKind) -> KindRow:
        mean = kind.change
        flips, flip_ends = self._figures.share(kind.flips)
        return KindRow(
            name=edit_name(kind.name, self._language),
            is_clear=kind.is_clear,
            track=None if mean is None else self._track(mean),
            change=NOTHING if mean is None else self._figures.change(mean.mean),
            ends="" if mean is None else self._figures.ends(mean.interval),
            n_texts=f"{kind.n_texts:,}",
            size=NOTHING if kind.size is None else self._figures.size(kind.size.mean),
            flips=flips,
            flip_ends=flip_ends,
        )

    def _track(self, mean: Estimate) -> Markup:
        scale = 100.0 if self._what_if.is_share else 1.0
        interval = mean.interval and type(mean.interval)(*(scale * end for end in mean.interval))
        return dot(self._scale, scale * mean.mean, interval)

    def _moved(self) -> Iterator[MovedText]:
        """The texts that each kind moves most, those of clear kinds first."""
        moved = [change for kind in self._what_if.kinds for change in kind.largest[:_MOVED]]
        for change in moved[:_MOST_MOVED]:
            yield MovedText(
                number=change.text + 1,
                link=1 + (change.text if change.variant is None else change.variant),
                name=edit_name(change.kind, self._language),
                pieces=self._pieces(change),
                predicted=self._figures.predicted(change),
            )

    def _pieces(self, change: TextChange) -> tuple[TextPiece, ...]:
        if self._findings.results.is_redacted:
            return ()
        original = str(self._findings.results.text_row(change.text)["text"])
        return _cut(differences(original, change.changed_text))


def _cut(pieces: Sequence[TextPiece]) -> tuple[TextPiece, ...]:
    """The first characters of a long text, with a sign for the rest."""
    made, left = list[TextPiece](), _LONGEST
    for piece in pieces:
        made.append(TextPiece(piece.way, piece.text[:left]))
        left -= len(piece.text)
        if left <= 0:
            return (*made, TextPiece("same", "…"))
    return tuple(made)
