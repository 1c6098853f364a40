"""A panel for each token that may be an attention sink: what it gets, passes on, and matters."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reportgen.findings.attention import LayerFigures
from reportgen.findings.evidence import SubjectFigures, TestFigures
from reportgen.findings.findings import Findings
from reportgen.findings.notes.note import Note, Placed
from reportgen.report.charts.axes import ticks
from reportgen.report.charts.bars import layer_shares
from reportgen.report.charts.tracks import axis, dot, interval_text, log_scale
from reportgen.report.components import Sentence
from reportgen.report.language.numbers import NOTHING, fixed
from reportgen.report.language.printable import visible
from reportgen.report.language.sentences import in_short, subject_name
from reportgen.report.language.strings import Language
from reportgen.report.panel.panel import sentences
from reportgen.results.info import SINK_TESTS, SinkTest, Subject

_SCALE = log_scale()


@dataclass(frozen=True, slots=True)
class TestRow:
    """One test: how much the output changes, as a multiple of what content tokens do."""

    name: str
    explained: str
    track: Markup
    ratio: str
    interval: str


@dataclass(frozen=True, slots=True)
class SinkPanel:
    """One token or position."""

    token: str
    n_texts: str
    verdict: str  # in plain words
    notes: tuple[Sentence, ...]  # the same with its figures, but for what the overview says
    chart: Markup
    has_norms: bool
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # by layer
    value: str  # how long what it passes on is; "" where not measured
    tests: tuple[TestRow, ...]
    tested_on: str  # on how many texts, where those are not the texts of the other figures


@dataclass(frozen=True, slots=True)
class SinkPanels:
    """All of them."""

    panels: tuple[SinkPanel, ...]
    axis: Markup
    more: str  # what the tests would add, and how to get them; "" where they were done


@dataclass(frozen=True, slots=True)
class _Layer:
    """A subject's figures in one layer."""

    layer: int
    share: float
    expected: float | None
    norm_share: float | None = None
    value_ratio: float | None = None
    swapped: float | None = None  # share with another token in its place


def make_sinks(
    findings: Findings, notes: Sequence[Note], placed: Placed, language: Language
) -> SinkPanels | None:
    """The panels of `results`, in the order in which the `notes` are about their tokens.

    None without evidence, and where there is no such token.
    """
    evidence = findings.info.evidence
    if evidence.level == "none":
        return None
    maker = _Maker(findings, notes, placed, language)
    panels = tuple(panel for subject in maker.subjects() if (panel := maker.panel(subject)))
    if not panels:
        return None
    more = language.say("sink", "more") if evidence.level == "basic" else ""
    return SinkPanels(panels, axis(_SCALE), more)


class _Maker:
    """Makes the panels of one run."""

    def __init__(
        self, findings: Findings, notes: Sequence[Note], placed: Placed, language: Language
    ) -> None:
        self._findings = findings
        self._notes = notes
        self._placed = placed
        self._language = language
        self._tested = {figures.subject.key: figures for figures in findings.subjects}

    def subjects(self) -> list[Subject]:
        """Special-token roles and what else was tested, as the notes order them."""
        info = self._findings.info
        roles = [Subject(role.key, role.token, "role") for role in info.roles]
        others = [subject for subject in info.evidence.subjects if subject.kind != "role"]
        order = list(dict.fromkeys(note.role for note in self._notes))
        order += [subject.key for subject in (*roles, *others) if subject.key not in order]
        return sorted((*roles, *others), key=lambda subject: order.index(subject.key))

    def panel(self, subject: Subject) -> SinkPanel | None:
        """The panel of one subject; None where no text has it."""
        tested = self._tested.get(subject.key)
        if subject.kind == "role":
            found = self._findings.roles[subject.key]
            n_texts = found.n_texts
            layers = [_of_role(layer, _swapped(tested, i)) for i, layer in enumerate(found.layers)]
        else:
            layers = [] if tested is None else _of_tested(tested)
            n_texts = 0 if tested is None else tested.n_texts
        if not layers:
            return None
        language = self._language
        token = visible(subject_name(subject, language))
        own = [note for note in self._notes if note.role == subject.key]
        columns, rows = _table(layers, language)
        return SinkPanel(
            token=token[:1].upper() + token[1:],
            n_texts=language.write(n_texts, "texts"),
            verdict=language.say("common", "space").join(in_short(own, language)),
            notes=sentences(self._placed.sinks.get(subject.key, ()), language),
            chart=_chart(token, layers, language),
            has_norms=all(layer.norm_share is not None for layer in layers),
            columns=columns,
            rows=rows,
            value=_value(token, layers, language),
            tests=() if tested is None else self._tests(token, tested),
            tested_on=self._tested_on(tested, n_texts),
        )

    def _tested_on(self, tested: SubjectFigures | None, n_texts: int) -> str:
        if tested is None or tested.n_texts == n_texts:
            return ""
        return self._language.say("sink", "tested_on", texts=tested.n_texts)

    def _tests(self, token: str, tested: SubjectFigures) -> tuple[TestRow, ...]:
        return tuple(self._test(test, token, tested.tests.get(test)) for test in SINK_TESTS)

    def _test(self, test: SinkTest, token: str, figures: TestFigures | None) -> TestRow:
        name = self._language.say("tests", test)
        if figures is None or figures.ratio is None:
            return TestRow(name, self._why_not(test, figures), Markup(""), NOTHING, "")
        ratio = figures.ratio
        return TestRow(
            name,
            self._language.say("tests_explained", test, token=token),
            dot(_SCALE, ratio.mean, ratio.interval),
            _times(ratio.mean, self._language),
            interval_text(ratio.interval, _digits(ratio.mean), self._language),
        )

    def _why_not(self, test: SinkTest, figures: TestFigures | None) -> str:
        if figures is not None:
            return self._language.say("sink", "no_ratio")
        reason = self._findings.info.evidence.withheld.get(test)
        if reason is None:
            return self._language.say("sink", "not_done")
        return self._language.say("reasons", reason)


def _of_role(layer: LayerFigures, swapped: float | None) -> _Layer:
    return _Layer(
        layer.layer, layer.share, layer.expected, layer.norm_share, layer.value_ratio, swapped
    )


def _of_tested(figures: SubjectFigures) -> list[_Layer]:
    """The layers of a subject that is no role."""
    passed = figures.passed or (None,) * len(figures.shares)
    by_layer = zip(figures.shares, figures.expected, passed, strict=True)
    return [
        _Layer(
            layer=i + 1,
            share=share.mean,
            expected=expected,
            norm_share=None if own is None else own.norm_share.mean,
            value_ratio=None if own is None else own.value_ratio.mean,
            swapped=_swapped(figures, i),
        )
        for i, (share, expected, own) in enumerate(by_layer)
    ]


def _swapped(figures: SubjectFigures | None, layer: int) -> float | None:
    if figures is None or not figures.swapped:
        return None
    return figures.swapped[layer].after.mean


def _chart(token: str, layers: Sequence[_Layer], language: Language) -> Markup:
    shares = [layer.share for layer in layers]
    norm_shares = [layer.norm_share for layer in layers if layer.norm_share is not None]
    top = max(layers, key=lambda layer: layer.share)
    values = ticks(max(*shares, *norm_shares, *(layer.expected or 0.0 for layer in layers)))
    return layer_shares(
        shares=shares,
        norm_shares=norm_shares if len(norm_shares) == len(layers) else None,
        expected=[layer.expected for layer in layers],
        tick_text=[language.write(value, "exact_percent") for value in values],
        tick_values=values,
        axis=language.say("common", "axis_layer"),
        sentence=language.say(
            "sink",
            "sentence",
            token=token,
            layer=top.layer,
            share=top.share,
            even=top.expected,
        ),
    ).on_page()


def _table(
    layers: Sequence[_Layer], language: Language
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Names and rows of the figures by layer; a figure that no layer has is left out."""
    columns = [
        ("share", [_percent(layer.share, language) for layer in layers]),
        ("even", [_percent(layer.expected, language) for layer in layers]),
        ("norm_share", [_percent(layer.norm_share, language) for layer in layers]),
        ("value_size", [_times(layer.value_ratio, language) for layer in layers]),
        ("swapped", [_percent(layer.swapped, language) for layer in layers]),
    ]
    kept = [(name, cells) for name, cells in columns if any(cell != NOTHING for cell in cells)]
    names = tuple(language.say("sink", name) for name, _ in kept)
    rows = zip(*(cells for _, cells in kept), strict=True)
    return names, tuple((str(layer.layer), *row) for layer, row in zip(layers, rows, strict=True))


def _value(token: str, layers: Sequence[_Layer], language: Language) -> str:
    sizes = [layer.value_ratio for layer in layers if layer.value_ratio is not None]
    if not sizes:
        return ""
    low, high = (_times(size, language) for size in (min(sizes), max(sizes)))
    key = "value" if low != high else "value_same"
    return language.say("sink", key, token=token, low=low, high=high)


def _percent(share: float | None, language: Language) -> str:
    return NOTHING if share is None else language.percent(share)


def _times(ratio: float | None, language: Language) -> str:
    if ratio is None:
        return NOTHING
    return language.say("panel", "top_ratio", ratio=fixed(ratio, _digits(ratio)))


def _digits(ratio: float) -> int:
    """Decimals of a ratio: two, one from ten on, three below a tenth."""
    return 1 if ratio >= 10 else 2 if ratio >= 0.1 else 3
