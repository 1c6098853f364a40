"""The section on attention sinks, a panel for each token that may be one; and the answer whether
there are any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from reportgen.findings import (
    Estimate,
    Findings,
    LayerFigures,
    Note,
    RoleFigures,
    SinkHeads,
    SinkScores,
    SubjectFigures,
    TestFigures,
)
from reportgen.report.charts.axes import ticks
from reportgen.report.charts.bars import layer_shares
from reportgen.report.charts.cell_tracks import axis, dot, interval_text, log_scale
from reportgen.report.charts.small_charts import (
    Dot,
    shares_by_layer,
    sink_drawing,
    small_drawing,
)
from reportgen.report.charts.svg import Drawing
from reportgen.report.components import Answer, Cell, Sentence
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import NOTHING, fixed
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.sentences import in_short, subject_name, token_name
from reportgen.report.panel.panel import sentences
from reportgen.results import LEARNED_SINK, MIN_TEXTS, SINK_TESTS, SINK_TESTS_AT, SinkTest, Subject

_SCALE = log_scale()


@dataclass(frozen=True, slots=True)
class SinkPanel:
    """What one token or position gets, what it passes on, and how much that matters."""

    token: str
    n_texts: str
    verdict: str  # in plain words
    notes: tuple[Sentence, ...]  # the same with figures, without the notes of the overview
    chart: Markup
    has_norms: bool
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # by layer
    value: str  # says how long the vectors it passes on are; "" where not measured
    # How much the output changes, as a multiple of the same test on text tokens: name, with
    # what it means; chart; the multiple with its interval.
    tests: tuple[tuple[Cell, Cell, Cell], ...]
    tested_on: str  # says on how many texts, where the other figures are on more


@dataclass(frozen=True, slots=True)
class SinkPanels:
    """All panels, with the axis of their tests."""

    panels: tuple[SinkPanel, ...]
    axis: Markup
    more: str  # says what the tests would add and how to get them; "" where they were done


def make_sinks(findings: Findings, language: Language) -> SinkPanels | None:
    """The panels, in the order in which the notes mention their tokens; None without evidence, and
    where there is no such token."""
    level = findings.info.evidence.level
    if level == "none":
        return None
    maker = _SinkPanelMaker(findings, language)
    panels = tuple(panel for subject in maker.subjects() if (panel := maker.panel(subject)))
    more = "" if level == "full" else "more_tests" if findings.subjects else "more"
    more = more and language.say("sink", more)
    return SinkPanels(panels, axis(_SCALE), more) if panels else None


class _SinkPanelMaker:
    """Makes the panels."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self._findings = findings
        self._language = language
        self._say = partial(language.say, "sink")
        self._tests = SINK_TESTS_AT[findings.info.evidence.level]
        self._tested = {figures.subject.key: figures for figures in findings.subjects}
        self._others = {pile.subject: pile.figures for pile in findings.piles.every}

    def subjects(self) -> list[Subject]:
        """The special tokens and whatever else has a verdict, in the order of the notes."""
        roles = [Subject(role.key, role.token, "role") for role in self._findings.info.roles]
        others = list(self._others)
        order = list(dict.fromkeys(note.role for note in self._findings.notes))
        order += [subject.key for subject in (*roles, *others) if subject.key not in order]
        return sorted((*roles, *others), key=lambda subject: order.index(subject.key))

    def panel(self, subject: Subject) -> SinkPanel | None:
        """The panel of one token or position; None where no text has it."""
        tested = self._tested.get(subject.key)
        is_role = subject.kind == "role"
        figures = self._findings.roles[subject.key] if is_role else self._others[subject]
        n_texts, layers = figures.n_texts, figures.layers
        if not layers:
            return None
        language = self._language
        token = visible(subject_name(subject, language))
        notes = [note for note in self._findings.notes if note.role == subject.key]
        heads = self._findings.sink_heads.get(subject.key)
        scores = self._findings.sink_scores.get(subject.key, {})
        columns, rows = self._table(layers, heads, scores)
        has_fewer = tested is not None and tested.n_texts != n_texts
        return SinkPanel(
            token=token[:1].upper() + token[1:],
            n_texts=language.write(n_texts, "texts"),
            verdict=language.sentences(in_short(notes, language)),
            notes=sentences(self._findings.placed.sinks.get(subject.key, ()), language),
            chart=self._chart(token, layers),
            has_norms=_norm_shares(layers) is not None,
            columns=columns,
            rows=rows,
            value=self._value(token, layers),
            tests=()
            if tested is None
            else tuple(self._test(test, token, tested) for test in self._tests),
            tested_on=self._say("tested_on", texts=tested.n_texts) if tested and has_fewer else "",
        )

    def _test(self, test: SinkTest, token: str, tested: SubjectFigures) -> tuple[Cell, Cell, Cell]:
        name, figures = self._language.say("tests", test), tested.tests.get(test)
        if test == "mean_value" and tested.is_same:
            return Cell(name, self._say("same", token=token)), Cell(""), Cell(NOTHING)
        if figures is None or figures.ratio is None:
            return Cell(name, self._why_not(test, figures)), Cell(""), Cell(NOTHING)
        mean, interval = figures.ratio.mean, figures.ratio.interval
        ends = interval_text(interval, _digits(mean), self._language)
        return (
            Cell(name, self._language.say("tests_explained", test, token=token)),
            Cell("", track=dot(_SCALE, mean, interval)),
            Cell(self._times(mean), ends),
        )

    def _why_not(self, test: SinkTest, figures: TestFigures | None) -> str:
        if figures is not None:
            return self._say("no_ratio")
        reason = self._findings.info.evidence.withheld.get(test)
        return self._say("not_done") if reason is None else self._language.say("reasons", reason)

    def _chart(self, token: str, layers: Sequence[LayerFigures]) -> Markup:
        language, norm_shares = self._language, _norm_shares(layers)
        shares = [layer.share.mean for layer in layers]
        expected = [layer.expected for layer in layers]
        top = max(range(len(shares)), key=lambda layer: shares[layer])
        values = ticks(max(*shares, *(norm_shares or ()), *expected))
        return layer_shares(
            shares=shares,
            norm_shares=norm_shares,
            expected=expected,
            tick_text=[language.write(value, "exact_percent") for value in values],
            tick_values=values,
            axis=language.say("common", "axis_layer"),
            sentence=self._say(
                "sentence", token=token, layer=top + 1, share=shares[top], even=expected[top]
            ),
        ).on_page()

    def _table(
        self,
        layers: Sequence[LayerFigures],
        heads: SinkHeads | None,
        scores: Mapping[int, SinkScores],
    ) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """Headings and rows of the figures by layer; figures that no layer has are left out."""
        columns = {
            "share": [self._percent(layer.share.mean) for layer in layers],
            "even": [self._percent(layer.expected) for layer in layers],
            "norm_share": [self._percent(_mean(layer.norm_share)) for layer in layers],
            "value_size": [self._times(_mean(layer.value_ratio)) for layer in layers],
            "output_rank": [self._rank(layer.output_rank) for layer in layers],
            "activation": [self._times(_mean(layer.activation)) for layer in layers],
            "heads": self._heads(heads),
            "alike": [self._alike(scores.get(layer.layer)) for layer in layers],
        }
        kept = {key: cells for key, cells in columns.items() if set(cells) - {NOTHING}}
        numbers = map(str, range(1, len(layers) + 1))
        return tuple(map(self._say, kept)), tuple(zip(numbers, *kept.values(), strict=True))

    def _alike(self, scores: SinkScores | None) -> str:
        return NOTHING if scores is None else self._percent(scores.alike.mean)

    def _rank(self, rank: Estimate | None) -> str:
        return NOTHING if rank is None else fixed(rank.mean, 2)

    def _heads(self, heads: SinkHeads | None) -> list[str]:
        """How many heads of each layer make the token a sink."""
        if heads is None:
            return []
        n_heads = heads.excess.shape[1]
        return [self._say("n_heads", n=n, of=n_heads) for n in heads.n_by_layer]

    def _value(self, token: str, layers: Sequence[LayerFigures]) -> str:
        sizes = [layer.value_ratio.mean for layer in layers if layer.value_ratio]
        if not sizes:
            return ""
        low, high = self._times(min(sizes)), self._times(max(sizes))
        return self._say("value" if low != high else "value_same", token=token, low=low, high=high)

    def _percent(self, share: float | None) -> str:
        return self._language.write(share, "percent")

    def _times(self, ratio: float | None) -> str:
        if ratio is None:
            return NOTHING
        return self._language.say("sink", "times_as_long", ratio=fixed(ratio, _digits(ratio)))


def _norm_shares(layers: Sequence[LayerFigures]) -> list[float] | None:
    """The shares of norm-weighted attention; None where they were not measured in every layer."""
    shares = [layer.norm_share.mean for layer in layers if layer.norm_share]
    return shares if len(shares) == len(layers) else None


def _mean(estimate: Estimate | None) -> float | None:
    return estimate.mean if estimate else None


def _digits(ratio: float) -> int:
    """Decimals of a ratio: two, one from ten on, three below a tenth."""
    return 1 if ratio >= 10 else 2 if ratio >= 0.1 else 3


_TOKEN = 22  # half-width characters of a token in an answer
_VERDICTS = ("sink", "raised", "unclear", "none", "too_few_texts")  # the first is told
_KEYS = {"none": "no_pile", "too_few_texts": "few"}
# What the answer comes with, beside the share and its equal share in the picture.
_REMARKS = {
    "raised": "raised_remark",
    "unclear": "unclear_remark",
    "none": "no_pile_remark",
    "too_few_texts": "few_sink_remark",
}
# By the note that leaves open whether the prediction depends on a sink.
_UNCLEAR = {
    "tests-disagree": "sink_disagree_remark",
    "tests-no-control": "sink_no_control_remark",
    "few-tests": "sink_few_tests_remark",
}


def sink_answer(findings: Findings, language: Language) -> Answer:
    """Whether attention piles up on one token, where most, and what the prediction does without."""
    say = partial(language.say, "answers")
    answer = partial(Answer, "sinks", say("sinks"))
    note = told_sink(findings)
    if note is None:
        return answer(say("no_tokens"))
    figures = _verdict_figures(findings, note)
    token = shorten(token_name(note, language), _TOKEN)
    verdict, remark = sink_verdict(findings, note, token, language)
    if figures is None:
        return answer(verdict, remark)
    is_caveat = note.verdict == "sink" and note.is_text_token
    return answer(verdict, remark, _drawn(findings, note, figures, language), is_caveat=is_caveat)


def _drawn(findings: Findings, note: Note, figures: RoleFigures, language: Language) -> Drawing:
    """The share in each layer; of a sink, beside it what the prediction does without it."""
    say = partial(language.say, "answers")
    shares, even = [layer.share.mean for layer in figures.layers], float(note.values["expected"])
    is_tested_kind = note.verdict == "sink" and note.role != LEARNED_SINK.key
    layers = shares_by_layer(
        shares,
        even,
        say("of_all", share=language.percent(max(shares))),
        (say("layer_letter"), say("equal_line"), language.percent(even)),
        is_half=is_tested_kind,
    )
    if not is_tested_kind:
        return small_drawing(layers)
    tested = next((item for item in findings.subjects if item.subject.key == note.role), None)
    is_tested = tested is not None and note.role in findings.sink_effects
    tests = tested.tests if tested is not None and is_tested else {}
    dots = [
        Dot(say(f"test_{test}"), ratio.mean, ratio.interval, say("times", ratio=ratio.mean))
        for test in SINK_TESTS
        if test in tests and (ratio := tests[test].ratio) is not None
    ]
    none = (say("without_it"), say("not_comparable" if is_tested else "not_tested"))
    says = (say("as_a_token"),) if dots else none
    return sink_drawing(layers, dots, says)


def told_sink(findings: Findings) -> Note | None:
    """The verdict that is told: of sinks that of one that was tested, then that of the largest
    share."""
    tested = findings.sink_effects
    candidates = [
        note
        for note in findings.placed.overview
        if note.is_verdict and note.on_sink in _VERDICTS and "share" in note.values
    ]

    def rank(note: Note) -> tuple[int, bool, bool, float]:
        place = _VERDICTS.index(str(note.on_sink))
        is_untested = note.verdict == "sink" and note.role not in tested
        # A sink in single heads comes after sinks, before all that is none.
        is_in_heads = note.is_in_heads
        share = float(note.values["share"])
        return min(place, 1) if is_in_heads else place, not is_in_heads, is_untested, -share

    return min(candidates, key=rank, default=None)


def sink_verdict(findings: Findings, note: Note, token: str, language: Language) -> tuple[str, str]:
    """The verdict on a `token`, by what it is called, and its remark."""
    figures, values = _verdict_figures(findings, note), {**note.values, "token": token}
    say, verdict = partial(language.say, "answers"), str(note.on_sink)
    if verdict == "sink":
        return _on_sink(findings, note, values, language)
    if note.is_in_heads:
        return say("in_heads", **values), say("in_heads_remark", **values)
    told = say(_KEYS.get(verdict, verdict), **values)
    is_few = verdict == "too_few_texts" or figures is None
    n = MIN_TEXTS if is_few or figures is None else figures.layers[0].share.n_texts
    return told, say(_REMARKS[verdict], n=n)


def _on_sink(
    findings: Findings, note: Note, values: dict[str, float | int | str], language: Language
) -> tuple[str, str]:
    """That a token is a sink, and whether the prediction depends on it."""
    say, effect = partial(language.say, "answers"), findings.sink_effects.get(str(note.role))
    ending = "" if effect is None else f"_{effect.kind}"
    if note.role == LEARNED_SINK.key:
        return say("sink_learned", **values), say("sink_learned_remark")
    told = say(f"sink_{sink_kind(findings, note)}".removesuffix("_"), **values)
    if note.is_text_token:
        figures = _verdict_figures(findings, note)
        n = figures.n_texts if figures else 0
        return told, say("text_sink_remark", n=n, of=int(findings.analysed.sum()))
    if effect is not None:
        key = _UNCLEAR.get(effect.note.id, f"sink{ending}_remark")
        return told, say(key, **{**values, **effect.note.values})
    return told, say("marker_remark" if note.is_special else "sink_remark", **values)


def sink_kind(findings: Findings, note: Note) -> str:
    """How the prediction depends on a sink: needed, counts, constant, unused or unclear; "" where
    that was not tested."""
    effect = findings.sink_effects.get(str(note.role))
    if effect is None:
        return ""
    is_more = float(effect.note.values.get("zero_ratio_low", 0.0)) > 1
    # Needed is what counts surely more than a text token does.
    return "counts" if effect.kind == "needed" and not is_more else str(effect.kind)


def _verdict_figures(findings: Findings, note: Note) -> RoleFigures | None:
    """The figures by layer of the token that a verdict is about."""
    if note.role is not None and note.role in findings.roles:
        return findings.roles[note.role]
    piles = (pile for pile in findings.piles.every if pile.subject.key == note.role)
    return next((pile.figures for pile in piles), None)


def untested(findings: Findings, sinks: Sequence[Note], language: Language) -> str:
    """Which of the `sinks`, verdicts, were not tested, and why; "" where all were."""
    evidence, tested = findings.info.evidence, findings.sink_effects
    lacking = [note for note in sinks if note.role not in (*tested, LEARNED_SINK.key)]
    if not lacking:
        return ""
    reason = evidence.withheld.get("zero_value")
    if reason is not None:
        why = language.say("reasons", reason)
        return language.say("sinks", "untestable", reason=why)
    if len(lacking) < len(sinks):
        names = language.listed(token_name(n, language) for n in lacking)
        return language.say("sinks", "untested_others", tokens=names)
    return language.say("sinks", "untested")
