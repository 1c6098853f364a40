"""The HTML writer: one self-contained page, from results alone."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import jinja2
from markupsafe import Markup

from reportgen.report.blocks import Block
from reportgen.report.data import compressed, measure_data, page_data, plotly_source
from reportgen.report.language import Language, load_language
from reportgen.report.options import RenderOptions
from reportgen.report.page import Page, make_page, make_panels
from reportgen.report.panel import Panel
from reportgen.report.plan import Cost, Level, plan, size_of
from reportgen.report.reduced import carries, reduced_sentences
from reportgen.report.scope import make_scope
from reportgen.report.static import ROLE_COLOURS
from reportgen.report.templates import environment, templates_root
from reportgen.report.visible import segments, visible
from reportgen.results import Results

_RESERVE = 4_000  # bytes for the sentences on what was reduced


@dataclass(frozen=True, slots=True)
class HtmlReport:
    """The page, how many of its bytes are what, and in sentences what was reduced to fit."""

    document: bytes
    parts: Mapping[str, int]
    reduced: tuple[str, ...]


def render(results: Results, options: RenderOptions) -> HtmlReport:
    """The page of `results`; nothing of it depends on the machine, the clock or the network.

    Raises:
        UsageError: `options.plotlyjs` is not plotly.js.
        ResultsError: the results folder is damaged.
    """
    language = load_language(options.lang)
    source = plotly_source(options.plotlyjs)
    scope = make_scope(results, language)
    panels = tuple(make_panels(results, options, language, scope))
    page = make_page(results, options, language, scope, panels)
    setting = _Setting(results, options, language, page, len(panels), source)
    blocks = [Block(results, index, setting.env) for index in range(len(panels))]

    base = len(setting.document((), (), ())) + _RESERVE
    costs = _costs(setting, panels, blocks, options.max_size - base)
    levels = plan(base, costs, options.max_size)
    reduced = reduced_sentences(
        panels,
        levels,
        [block.kept for block in blocks],
        (size_of(base, costs, levels), size_of(base, costs, [Level.HEADS] * len(costs))),
        options,
        results.info,
        language,
    )
    shown = [
        setting.panel(panel, level, block.kept)
        for panel, level, block in zip(panels, levels, blocks, strict=True)
    ]
    carried = [block.at(level) for block, level in zip(blocks, levels, strict=True)]
    document = setting.document(shown, carried, reduced)
    return HtmlReport(document, setting.parts(document, carried), reduced)


def _costs(
    setting: "_Setting", panels: Sequence[Panel], blocks: Sequence[Block], room: int
) -> list[Cost]:
    """What each text costs; layer means are only made where not all heads fit into `room`."""
    lines = [_size(setting.panel(panel, Level.LINE, True)) for panel in panels]
    # The panel with the sentence on what it lacks, which it may not need.
    figures = [_size(setting.panel(panel, Level.LAYERS, True)) for panel in panels]
    heads = [block.heads_size() for block in blocks]
    layers: list[int | None]
    if sum(figures) + sum(size or 0 for size in heads) <= room:
        layers = [None if size is None else 0 for size in heads]
    elif sum(figures) > room:  # the figures of every text come before any map
        layers = [None] * len(blocks)
    else:
        layers = [block.layers_size() if block.kept else None for block in blocks]
    return [
        Cost(min(line, figure), figure, layer, head)
        for line, figure, layer, head in zip(lines, figures, layers, heads, strict=True)
    ]


@dataclass(frozen=True)
class _Setting:
    """Sets the page and its panels from their templates."""

    results: Results
    options: RenderOptions
    language: Language
    page: Page
    n_texts: int
    plotly_source: str

    @cached_property
    def env(self) -> jinja2.Environment:
        env = environment()
        env.filters |= {"segments": segments, "visible": visible, "measure_data": measure_data}
        env.policies["json.dumps_kwargs"] = {
            "sort_keys": True,
            "separators": (",", ":"),
            "ensure_ascii": False,  # a third of the bytes in Japanese
        }
        return env

    @cached_property
    def plotly(self) -> str:
        return compressed(self.plotly_source)

    @cached_property
    def script(self) -> str:
        """The script, the same for every page."""
        return _joined("js")

    @cached_property
    def style(self) -> str:
        return _joined("css")

    def panel(self, panel: Panel, level: Level, kept: bool) -> Markup:
        """A text's panel with what it carries at `level`; `kept` is whether it has maps at all."""
        output = self.results.info.output
        return self._set(
            "sections/panel.html.jinja",
            panel=panel,
            scope=self.page.scope,
            level=int(level),
            carries=carries(panel, level, kept, self.options, self.results.info, self.language),
            output_name=output.name,
            output_kind_key=output.kind,
            output_kind=self.language.say(
                "output", output.kind, n=len(output.labels), pooling=output.pooling or ""
            ),
            total=self.n_texts,
        )

    def document(
        self, panels: Sequence[Markup], blocks: Sequence[Markup], reduced: Sequence[str]
    ) -> bytes:
        """The whole page, in UTF-8."""
        return self._set(
            "report.html.jinja",
            page=self.page,
            policy=_policy(self.script, self.plotly_source),
            css=Markup(self.style),
            script=Markup(self.script),
            plotly=self.plotly,
            data=page_data(self.results.info, self.options, self.language),
            panels=panels,
            blocks=blocks,
            reduced=reduced,
            colours=ROLE_COLOURS,
        ).encode()

    def parts(self, document: bytes, blocks: Sequence[Markup]) -> dict[str, int]:
        """The bytes of a page by what they are."""
        parts = {
            "plotly.js": len(self.plotly),
            "attention maps": sum(_size(block) for block in blocks),
            "styles and scripts": len(self.script.encode()) + len(self.style.encode()),
        }
        return {"texts and figures": len(document) - sum(parts.values()), **parts}

    def _set(self, template: str, **values: Any) -> Markup:
        return Markup(self.env.get_template(template).render(t=self.language.words, **values))


def _joined(kind: str) -> str:
    """The assets of a kind, joined in the order of their names."""
    files = templates_root().joinpath("assets", kind).iterdir()
    return "\n".join(file.read_text("utf-8") for file in sorted(files, key=lambda file: file.name))


def _policy(*scripts: str) -> str:
    """The page's content policy: two scripts, known by their hashes, and nothing from outside.

    plotly sets inline styles and draws cells as a data image; `blob:` is its camera button.
    """
    hashes = " ".join(
        f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _size(markup: Markup) -> int:
    return len(markup.encode())
