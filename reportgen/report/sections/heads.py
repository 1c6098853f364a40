"""What single heads do to the prediction: a grid beside where heads look, and those that matter
most."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from reportgen.findings import Estimate, Findings, HeadEffects, ListedHead
from reportgen.report.charts.cell_tracks import interval_text
from reportgen.report.charts.colours import heat_step, size_colour
from reportgen.report.components import Cell, Grid, Table, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import decimals, in_column, written
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.sentences import scalar_name, subject_name
from reportgen.results import BY_ID, EFFECT, Subject
from reportgen.tasks import has_sign

_SINCE = 5  # first version of results with the effects of heads
_TOKEN = 22  # half-width characters of a token in a sentence


@dataclass(frozen=True, slots=True)
class HeadsThatMatter:
    """The effects of heads, in words, as a grid and as a list."""

    title: str
    sentences: tuple[str, ...]
    grid: Grid
    most: Table


def why_no_heads(findings: Findings, language: Language) -> str:
    """Why full evidence has no effects of heads; "" where it has, and where none were asked for."""
    info, evidence = findings.info, findings.info.evidence
    is_asked = evidence.level == "full" and info.schema_version >= _SINCE
    if not is_asked or info.settings.small or findings.head_effects is not None:
        return ""
    if findings.results.is_redacted:
        return language.say("heads", "redacted")
    left = "interrupted" if evidence.interrupted else "failed"
    reason = evidence.withheld.get("received_norm_all", left)
    return language.say("heads", "not_measured", reason=language.say("reasons", reason))


def make_heads(findings: Findings, language: Language) -> HeadsThatMatter | None:
    """What single heads do to the prediction; None where that was not measured."""
    effects = findings.head_effects
    if effects is None:
        return None
    return _HeadWords(findings, effects, language).heads()


class _HeadWords:
    """Makes the words and the cells."""

    def __init__(self, findings: Findings, effects: HeadEffects, language: Language) -> None:
        self._findings = findings
        self._effects = effects
        self._language = language
        self._say = partial(language.say, "heads")
        self._digits = decimals(effects.largest.mean)
        self._scalar = scalar_name(findings.info, language)
        self._is_size = not has_sign(BY_ID[EFFECT], findings.info.evidence.scalar)

    def heads(self) -> HeadsThatMatter:
        """All of it."""
        return HeadsThatMatter(
            self._say("title"), tuple(self._sentences()), self._grid(), self._most()
        )

    def _sentences(self) -> Iterator[str]:
        effects = self._effects
        if effects.is_still:
            yield self._say("still", n=effects.n_texts, scalar=self._scalar)
            return
        if effects.largest.interval is None:
            yield self._language.count("heads", "few", effects.n_texts)
            return
        if effects.named and not effects.top[0].is_named:
            yield self._say("largest", head=self._with_size(effects.top[0]))
        yield self._standing_out(effects)
        if effects.is_uneven:
            yield self._say(
                "share",
                n=len(effects.top),
                scalar=self._scalar,
                share=effects.share.mean if effects.share else 0.0,
                interval=self._shares(effects.share),
                expected=effects.expected,
            )
        if effects.n_directed and not self._is_size:
            yield self._language.count(
                "heads", "directed", effects.n_directed, of=effects.n_heads, scalar=self._scalar
            )
        yield from self._of_sink(effects)

    def _standing_out(self, effects: HeadEffects) -> str:
        """Which heads surely matter more than the rest."""
        if not effects.named:
            key = "none_alone" if effects.is_uneven else "none"
            return self._say(key, scalar=self._scalar)
        heads = self._language.listed(map(self._with_size, effects.named))
        return self._language.count(
            "heads", "named", len(effects.named), heads=heads, scalar=self._scalar
        )

    def _with_size(self, head: ListedHead) -> str:
        size = written(head.size.mean, self._digits)
        return self._say("named_head", head=_name(head), value=size)

    def _of_sink(self, effects: HeadEffects) -> Iterator[str]:
        """What the heads of the sink have to do with those that matter."""
        sink = effects.sink
        if sink is None:
            return
        token = shorten(visible(self._token(sink.key)), _TOKEN)
        counts = {"token": token, "n_sink": sink.n_sink, "n_heads": sink.n_heads}
        ends = sink.ratio.interval if sink.ratio else None
        if sink.ratio and ends and not ends.low <= 1 <= ends.high:
            yield self._say(
                "sink_more" if ends.low > 1 else "sink_less",
                ratio=sink.ratio.mean,
                interval=interval_text(ends, 2, self._language),
                **counts,
            )
        if effects.is_uneven or effects.named:
            yield self._say(
                f"shared_{sink.overlap}",
                k=sink.n_shared,
                n=sink.n_top,
                chance=f"{sink.expected:.1f}",
                **counts,
            )

    def _token(self, key: str) -> str:
        roles = {role.key: role.token for role in self._findings.info.roles}
        if key in roles:
            return subject_name(Subject(key, roles[key], "role"), self._language)
        token = key.removeprefix("token:")
        is_token = token != key
        subject = Subject(key, token, "token") if is_token else Subject(key, "", "position")
        return subject_name(subject, self._language)

    def _shares(self, share: Estimate | None) -> str:
        if share is None or share.interval is None:
            return ""
        low, high = map(self._language.percent, share.interval)
        return self._language.say("number", "interval", low=low, high=high)

    def _grid(self) -> Grid:
        effects, language = self._effects, self._language
        top = effects.largest.mean
        listed = {(head.layer, head.head) for head in effects.top} if top else set()
        # Two digits of the largest: more do not fit into a cell.
        digits = decimals(top, 2)

        def cell(layer: int, head: int) -> Cell:
            size, effect = effects.sizes[layer][head], effects.effects[layer][head]
            step = heat_step(size.mean, top)
            says = self._say(
                "cell" if not self._is_size else "cell_size",
                head=f"L{layer + 1}H{head + 1}",
                size=self._written(size),
                effect=self._written(effect, with_sign=True),
            )
            return Cell(
                in_column(size.mean, digits),
                step=step,
                colour=size_colour(step),
                whole=says,
                is_strong=(layer + 1, head + 1) in listed,
            )

        return Grid(
            title=self._say("grid"),
            lead=language.count(
                "heads",
                "grid_lead",
                effects.n_texts,
                scalar=self._scalar,
                top=written(top, self._digits),
            ),
            region=self._say("region"),
            rows=tuple(
                (str(i + 1), tuple(cell(i, j) for j in range(len(row))))
                for i, row in enumerate(effects.sizes)
            ),
            remarks=(self._say("marked", n=len(listed)),) if listed else (),
        )

    def _written(self, figure: Estimate, *, with_sign: bool = False) -> str:
        mean = in_column(figure.mean, self._digits, with_sign)
        return " ".join(
            filter(None, (mean, interval_text(figure.interval, self._digits, self._language)))
        )

    def _most(self) -> Table:
        rows = [
            (
                Cell(_name(head), is_strong=head.is_named),
                [
                    self._figure(head.size),
                    *([] if self._is_size else [self._figure(head.effect, True)]),
                ],
            )
            for head in self._effects.top
        ]
        columns = [self._say("head"), self._say("size")]
        if not self._is_size:
            columns.append(self._say("effect"))
        return make_table(self._say("most"), columns, rows)

    def _figure(self, figure: Estimate, with_sign: bool = False) -> Cell:
        ends = interval_text(figure.interval, self._digits, self._language)
        return Cell(in_column(figure.mean, self._digits, with_sign), ends)


def _name(head: ListedHead) -> str:
    return f"L{head.layer}H{head.head}"
