"""The HTML writer: one self-contained page, or a page with its files beside it, from results; what
each text adds to it is measured first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from markupsafe import Markup
from pandas import DataFrame

from reportgen.comparison import Runs
from reportgen.report.charts.colours import ROLE_COLOURS
from reportgen.report.format_register import Document, Output
from reportgen.report.html.assets import (
    Assets,
    comparison_assets,
    environment,
    pictures_beside,
    report_scripts,
)
from reportgen.report.html.left_out import NO_SIZES, Given, Sizes, reduced_sentences
from reportgen.report.html.map_blocks import Block
from reportgen.report.html.packing import plotly_source
from reportgen.report.html.script_data import script_words
from reportgen.report.html.size_plan import Level, plan
from reportgen.report.html.templates import WHOLE_UP_TO, PanelParts, Setting, held, size_of
from reportgen.report.language.language import load_language
from reportgen.report.options import WriteOptions
from reportgen.report.sections.context import Context
from reportgen.report.sections.page_section import PageContext
from reportgen.report.sections.section_register import context_of, make_page, with_texts
from reportgen.results import DECODER_PARTS

_PRINTED = 8  # texts on paper where none are to start with, at most
_AT_ONCE = 300  # rows of the list that are made together
_MEASURED = 300  # texts of the largest page that is measured in full; larger ones are estimated
_SAFETY = 1.1  # factor on an estimate
_HOLDER = len(held(Markup(""), 10**6))
_MARK = len("<mark class=size></mark>")  # the longest there is
# About what a page has beside its texts, and a token of a text, in bytes.
_BASE = 2_300_000
_PER_TOKEN = 800


@dataclass
class PageCosts:
    """The costs of the texts of a page; panels and blocks are kept for writing it."""

    setting: Setting
    order: Sequence[int]  # in which the plan asks for lines
    panels: PanelParts
    blocks: dict[int, Block] = field(default_factory=dict)
    _rows: dict[int, int] = field(default_factory=dict)
    _frames: dict[tuple[int, Level], int] = field(default_factory=dict)

    def of(self, text: int, level: Level) -> int | None:
        """See `size_plan.Cost`."""
        if level is Level.LINE:
            parts = (self.panels.text(text, level), self.panels.notes(text))
            frame = self._frame(text, level) + _HOLDER * (len(self.order) > WHOLE_UP_TO)
            return self._row(text) + frame + sum(map(size_of, parts))
        if not self._can_have(text, level):
            return None
        if level is Level.COLOURS:
            return self._colours(text)
        if level is Level.FIGURES:
            # With the sentence on what it lacks, which it may not need.
            return max(0, self._frame(text, Level.LAYERS) - self._frame(text, Level.LINE))
        block = self.block(text)
        return block.layers_size() if level is Level.LAYERS else block.heads_size()

    def none(self, text: int, level: Level) -> int | None:
        """Like `of`, where nothing takes any bytes."""
        return 0 if level is Level.LINE or self._can_have(text, level) else None

    def seem_to_fit(self, room: int) -> bool:
        """Whether a page that has everything is likely to stay within `room` bytes, by the numbers
        of tokens and the bytes of maps."""
        texts = self.setting.findings.texts
        maps = _map_bytes(texts) * 5 / 4
        return _BASE + _PER_TOKEN * self.setting.findings.n_tokens + maps < room

    def block(self, text: int) -> Block:
        """The data block of a text."""
        if text not in self.blocks:
            setting = self.setting
            above = setting.options.pool_above
            self.blocks[text] = Block(setting.findings.results, text, environment(), above)
        return self.blocks[text]

    def full(self, base: int) -> tuple[int, bool]:
        """The bytes of a page that has everything, and whether they are exact: for many texts they
        are estimated from those that were rendered."""
        texts = range(len(self.setting.findings.texts))
        if len(texts) <= _MEASURED:
            return base + sum(self._carried(text, Level.HEADS) for text in texts), True
        table = self.setting.findings.texts
        tokens = table["n_tokens"].to_numpy(float)
        made = [text for text, level in self._frames if level is Level.LAYERS]
        figures = sum(self._carried(text, Level.FIGURES) - self._row(text) for text in made)
        rate = figures / max(1.0, tokens[made].sum())
        maps = _map_bytes(table) * 5 / 4
        line = sum(self._rows.values()) / max(1, len(self._rows))
        return base + int(_SAFETY * (line * len(texts) + rate * tokens.sum() + maps)), False

    def sizes(self, base: int, levels: dict[int, Level]) -> Sizes:
        """The bytes of the page as `levels` plan it, and of one that has everything."""
        planned = base + sum(self._carried(text, level) for text, level in levels.items())
        return Sizes(planned, *self.full(base))

    def _carried(self, text: int, level: Level) -> int:
        """The bytes of all that a text carries at `level`."""
        return sum(self.of(text, part) or 0 for part in level.parts)

    @cached_property
    def _places(self) -> dict[int, int]:
        return {text: place for place, text in enumerate(self.order)}

    @cached_property
    def _has_figures(self) -> list[bool]:
        has: list[bool] = self.setting.findings.analysed.tolist()
        return has

    @cached_property
    def _has_maps(self) -> list[bool]:
        has: list[bool] = self.setting.findings.texts["map_offset"].notna().tolist()
        return has

    def _can_have(self, text: int, level: Level) -> bool:
        """Whether a text was analysed and, for maps, whether its maps were kept."""
        return self._has_figures[text] and (level <= Level.FIGURES or self._has_maps[text])

    def _row(self, text: int) -> int:
        """The bytes of a text's row in the list."""
        if text not in self._rows:
            start = self._places[text]
            texts = [i for i in self.order[start : start + _AT_ONCE] if i not in self._rows]
            self._rows |= dict(zip(texts, self.setting.row_sizes(texts), strict=True))
        return self._rows[text]

    def _frame(self, text: int, level: Level) -> int:
        """The bytes of a text's panel without its text and notes."""
        if (text, level) not in self._frames:
            longest = len(self._has_figures)  # no number of a text takes more
            frame = self.panels.frame(text, level, (longest, longest))
            self._frames[text, level] = size_of(frame)
        return self._frames[text, level]

    def _colours(self, text: int) -> int:
        """The bytes that a coloured text has more than a plain one, in its panel and its row."""
        plain, coloured = Level.LINE, Level.COLOURS
        colours = self.panels.colours(text, coloured)
        marks = 0 if colours is None else sum(span.is_strong for span in colours.marked)
        rows = (self.setting.carries(text, level) for level in (coloured, plain))
        more = sum(size * len(one.encode()) for size, one in zip((1, -1), rows, strict=True))
        more += size_of(self.panels.text(text, coloured)) - size_of(self.panels.text(text, plain))
        return max(0, more + _MARK * marks)


def _map_bytes(texts: DataFrame) -> float:
    """The bytes of the maps of all `texts`, those of decoders with them."""
    columns = ["map_bytes", *(f"{part}_bytes" for part in DECODER_PARTS)]
    return float(texts[columns].fillna(0).to_numpy(float).sum())


_RESERVE = 6_000  # bytes for sentences on what was reduced, and literature that only texts cite


def write(runs: Runs, options: WriteOptions, output: Output | None = None) -> Document:
    """The page, which does not depend on `output`."""
    return render(runs, options)


def render(runs: Runs, options: WriteOptions) -> Document:
    """The page of `runs`; nothing of it depends on the machine, the clock or the network.

    Raises:
        UsageError: `options.plotlyjs` is not plotly.js.
        ResultsError: a results folder is damaged.
    """
    context = context_of(runs, options, load_language(options.lang))
    return _fitted(context) if isinstance(context, Context) else _compared(context)


def _compared(context: PageContext) -> Document:
    """The page of several runs."""
    assets = comparison_assets(context.options.layout)
    content = (
        environment()
        .get_template("page.html.jinja")
        .render(
            t=context.language.words,
            page=make_page(context),
            is_comparison=True,
            assets=assets,
            data={"words": script_words(context.language, "common", "script", "tools")},
            blocks=(),
            colours=ROLE_COLOURS,
        )
    )
    document, pictures = content.encode(), dict[str, bytes]()
    if assets.layout == "dir":
        document, pictures = pictures_beside(document)
    return Document(document, files={**assets.files, **pictures})


def _fitted(context: Context) -> Document:
    """The page of one run, with as much of each text as --max-size allows."""
    findings, options, language = context.findings, context.options, context.language
    has_decoder = findings.info.model.decoder is not None
    scripts = report_scripts(options.layout, has_decoder=has_decoder)
    assets = Assets(options.layout, plotly_source(options.plotlyjs), scripts)
    order = tuple(dict.fromkeys((findings.opened[language.code], *findings.order)))
    page = make_page(context, with_listed=False)
    draft = Setting(findings, options, language, page, assets, Given())
    costs = PageCosts(draft, order, PanelParts(draft))
    if costs.seem_to_fit(options.max_size):
        # The plan would give every text all that it can have, and would render each for that.
        levels = plan(costs.none, order, options.max_size)
        document = _written(context, draft, costs, levels)
        if len(document.content) <= options.max_size:
            return document
    draft = replace(draft, page=make_page(context))
    costs = PageCosts(draft, order, PanelParts(draft))
    base = len(draft.document((), (), 1)) + _RESERVE
    levels = plan(costs.of, order, options.max_size - base)
    return _written(context, draft, costs, levels, costs.sizes(base, levels))


def _written(
    context: Context,
    draft: Setting,
    costs: PageCosts,
    levels: Mapping[int, Level],
    sizes: Sizes = NO_SIZES,
) -> Document:
    """The page whose texts carry what `levels` says."""
    findings, options, language = draft.findings, draft.options, draft.language
    blocks = {text: costs.block(text) for text in levels if levels[text] >= Level.LAYERS}
    pooled = {text: block.pooling.factor for text, block in blocks.items() if block.pooling}
    given = Given(levels, pooled, sizes)
    reduced = reduced_sentences(findings, given, options, language)
    listed = sorted(levels)
    panels = [costs.panels.panel(text, levels[text]) for text in listed]
    page = with_texts(draft.page, context, listed, panels)
    setting = replace(draft, page=page, given=given)
    numbers = [None, *(text + 1 for text in listed), None]
    steps = zip(numbers, numbers[2:], strict=False)
    rest = (*listed[:1], *costs.order)
    has_evidence = set(findings.results.stored("evidence")["text"])
    measured = (text for text in rest if text in has_evidence)
    first = _first((findings.opened[language.code], *measured, *rest), levels)
    # Where there are none to start with, those that the plan weighs first.
    picked = findings.picked.texts or costs.order[:_PRINTED]
    printed = set(listed) & {first, *picked}
    standing = printed if len(listed) > WHOLE_UP_TO else set(listed)
    shown = [
        costs.panels.whole(setting, text, levels[text], between, on_paper=text in printed)
        for text, between in zip(listed, steps, strict=True)
    ]
    panels_held = {
        text: panel if text in standing else held(panel, text)
        for text, panel in zip(listed, shown, strict=True)
    }
    # The text that scripts open comes first without them and on paper too.
    in_order = sorted(listed, key=lambda text: text != first)
    carried = [blocks[text].at(levels[text]) for text in listed if text in blocks]
    left = (len(listed) - len(standing), len(listed) - len(printed))
    in_place = [panels_held[text] for text in in_order]
    document = setting.document(in_place, carried, first + 1, *left)
    files = draft.assets.files
    if options.layout == "dir":
        document, pictures = pictures_beside(document)
        files = {**files, **pictures}
    return Document(document, setting.parts(document, carried, files), reduced, files)


def _first(wanted: Iterable[int], levels: Mapping[int, Level]) -> int:
    """The text that is open first: the first of `wanted` that has most of what a text can have."""
    has = [text for text in wanted if text in levels]
    for least in (Level.FIGURES, Level.COLOURS):
        for text in has:
            if levels[text] >= least:
                return text
    return min(levels, default=0)
