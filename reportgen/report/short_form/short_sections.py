"""The short form of each section of a report, for pull requests and wikis; and its two pictures:
where each layer's attention goes, and one text's map.

What a reviewer reads first comes first; the rest is folded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from reportgen.findings import Findings, Kind, Note
from reportgen.report.charts.attention_map import draw_map, map_legend, text_map
from reportgen.report.charts.bars import stacked_bars, stacked_legend
from reportgen.report.charts.svg import Drawing, Swatch, file_width, standalone
from reportgen.report.components import Cell, Column, Picture, Section, Table, named
from reportgen.report.language.language import Language
from reportgen.report.language.printable import visible
from reportgen.report.language.remarks import remark
from reportgen.report.language.sentences import (
    Weights,
    citation,
    few_different,
    in_short,
    last_values,
    sentence,
)
from reportgen.report.options import Heads
from reportgen.report.panel.unit_measures import cls_name
from reportgen.report.sections.context import Context
from reportgen.report.sections.cross_attention import make_cross
from reportgen.report.sections.errors import told_errors
from reportgen.report.sections.heads import make_heads
from reportgen.report.sections.page_section import PageContext
from reportgen.report.sections.run import Reproduce, gate_rows
from reportgen.report.sections.sinks import untested
from reportgen.report.short_form.tables import (
    NAME_LENGTH,
    TEXT_LENGTH,
    TextTables,
    cut,
    figures_table,
    layers_table,
)
from reportgen.results import ANALYSED, REDACT, Results, text_units

REMARK_LENGTH = 400  # of a remark on how the model was loaded
_FIRST = 3  # texts shown; all that deserve a look are folded
_SIDE = 48  # cells along a side; units of longer texts share one
_RANK = 3  # of pictures
# Kinds of notes that say by tests what a sink passes on; without tests, the kind "length" says it.
_TESTED: tuple[Kind, ...] = ("passed", "test")


def short_notes(context: Context) -> list[Note]:
    """The notes on all texts, their tokens cut to what a line takes."""
    return [
        replace(note, token=note.token and cut(note.token, NAME_LENGTH))
        for note in context.findings.notes
    ]


def gate_items(context: PageContext) -> Iterable[Cell]:
    """A line for each gate that was not passed, with the figure that was found, and one for all
    that were."""
    say, results = context.language.say, context.options.gates
    rows = gate_rows(results, context.runs.findings, context.language)
    lines = [(row, row.told(context.language)) for row in rows]
    colon = say("page", "colon")
    yield from (named(row.result + colon, line) for row, line in lines if row.state != "passed")
    if passed := [line for row, line in lines if row.state == "passed"]:
        yield named(say("gates", "passed") + colon, say("brief", "facts").join(passed))


def short_overview(context: Context) -> Iterable[Section]:
    """How the gates went, and the answers to a reader's questions; folded, the model and the key
    figures."""
    say, last = context.language.say, context.findings.last_token
    errors = told_errors(context.findings, context.language)
    answers = (
        ("predictions", context.quality.headline if context.quality else ""),
        ("errors", context.language.sentences(errors)),
        (
            "across",
            say("across", "last", **last_values(last, context.language))
            if last
            else _named_tokens(context),
        ),
        ("sinks", context.language.sentences(_about_sinks(context))),
        ("trust", _about_trust(context)),
    )
    colon = say("page", "colon")
    items = (named(say("page", key) + colon, answer) for key, answer in answers if answer)
    every = (*gate_items(context), *items, *map(Cell, _unusual(context)))
    if every:
        yield Section(1, items=every, place=20)
    table = figures_table(context.overview.kpis, context.language)
    lead = (_about_model(context),)
    yield Section(2, say("brief", "figures"), lead, table=table, is_folded=True, place=44)


def _named_tokens(context: Context) -> str:
    """The tokens that surely change the prediction most, with how far; "" where none is sure."""
    lists = context.across.lists if context.across else ()
    named = (listed.sentence for listed in lists if listed.kind != "draws" and listed.sentence)
    return context.language.sentences(named)


def _about_sinks(context: Context) -> list[str]:
    """Every verdict, and what each sink passes on as far as that was measured."""
    notes, findings = short_notes(context), context.findings
    sinks = {note.role for note in notes if note.verdict == "sink"}
    tested = {note.role for note in notes if note.kind in _TESTED}
    chosen = [
        note
        for note in notes
        if note.is_verdict
        or (note.role in sinks & tested and note.kind in _TESTED)
        or (note.role in sinks - tested and note.kind == "length")
    ]
    verdicts = [note for note in notes if note.is_verdict and note.role in sinks]
    sentences = (
        *in_short(chosen, context.language),
        untested(findings, verdicts, context.language),
    )
    told = list(filter(None, sentences))
    return [_verdict(context, "sinks"), *told] if told else []


def _verdict(context: Context, section: str) -> str:
    """The page's own answer of a section, as a sentence."""
    (answer,) = [each for each in context.answers if each.section == section]
    return answer.answer + context.language.say("common", "stop")


def _about_trust(context: Context) -> str:
    """The answer on trust with its figures; where there is none, why these colours are shown, or
    how far the tokens in bold agree with what moves the output."""
    trust, colouring = context.trust, context.findings.colouring
    if trust is None:
        return ""
    if colouring.judgement is None or not trust.chosen:
        more = trust.chosen or _agreement(context)
        return context.language.sentences((_verdict(context, "trust"), more)) if more else ""
    (answer,) = [each for each in context.answers if each.section == "trust"]
    row = cls_name(context.findings.info, context.language) or ""
    return context.language.say(
        "brief",
        "trust",
        answer=answer.answer,
        view=context.language.measure(colouring.view, "name", row=row),
        remark=answer.remark,
    )


def short_trust(context: Context) -> Iterable[Section]:
    """Why these colours are shown, what that says beyond the baselines, with shuffled weights and
    beside Shapley values; folded."""
    trust = context.trust
    yardstick = trust.shapley if trust and context.findings.shapley else ""
    paragraphs = (trust.chosen, trust.shuffled, yardstick) if trust else ()
    if items := tuple(map(Cell, filter(None, paragraphs))):
        heading = context.language.say("trust", "heading")
        yield Section(5, heading, items=items, is_folded=True, place=61)


def _agreement(context: Context) -> str:
    """How far the tokens in bold agree with those that move the output."""
    trust = context.trust
    if trust is None or trust.first is None or not _has_bold(context):
        return ""
    return context.language.say(
        "brief",
        "agreement",
        view=_view_name(context),
        mean=trust.first.text,
        interval=trust.first.small,
        texts=trust.first_texts,
    )


def _has_bold(context: Context) -> bool:
    """Whether tokens are in bold: not where no text was analysed, or all are dots."""
    findings = context.findings
    has_analysed = bool(findings.texts["status"].isin(ANALYSED).any())
    return has_analysed and REDACT not in findings.info.settings.options


def _view_name(context: Context) -> str:
    """The name of the view that the units in bold are picked by."""
    findings, language = context.findings, context.language
    row = visible(cls_name(findings.info, language) or "")
    return language.measure(findings.shown_first, "name", row=row)


def _about_model(context: Context) -> str:
    """Which model this is."""
    model = context.findings.info.model
    return context.language.say(
        "brief",
        "model",
        name=cut(model.name, TEXT_LENGTH),
        architecture=cut(model.architecture, TEXT_LENGTH),
        n_layers=model.n_layers,
        n_heads=model.n_heads,
    )


def _unusual(context: Context) -> Iterable[str]:
    """What is unusual about the model or its texts."""
    info, say = context.findings.info, context.language.say
    if info.model.source == "demo":
        yield say("brief", "demo")
    by_status = context.findings.n_by_status
    if by_status["ok"] < context.findings.n_texts:
        counts = {f"n_{name}": count for name, count in by_status.items()}
        yield say("brief", "counts", **counts)
    yield from few_different(context.findings.notes, context.language)
    for text in info.remarks:
        yield cut(remark(text, context.language), REMARK_LENGTH)


def short_texts(context: Context) -> Iterable[Section]:
    """The texts that deserve a look with the map of one, and all texts; most of it is folded."""
    findings, language = context.findings, context.language
    tables = TextTables(findings, language)
    rows = [text.number - 1 for text in context.notable.texts]
    yield from _worth_a_look(context, tables, rows)
    picture = make_map_figure(findings.results, rows, language, context.options.heads)
    if picture is not None:
        yield picture
    heading = language.count("brief", "all_texts", len(findings.texts))
    yield Section(6, heading, table=tables.all_texts(), is_folded=True, place=50)


def _worth_a_look(context: Context, tables: TextTables, rows: Sequence[int]) -> Iterable[Section]:
    """The first of the texts that deserve a look, each with a reason; folded, all of them with
    every reason and what moves each most. Where none does, the first texts."""
    language, say = context.language, context.language.say
    reasons = [text.reasons for text in context.notable.texts]
    heading, name, picked = say("notable", "heading"), "all_notable", [context.notable.lead]
    if not rows:
        heading, name, picked = say("brief", "first_texts"), "same_texts", []
        rows = range(min(_FIRST, len(context.findings.texts)))
    keys = ("bold_short", "bold") if _has_bold(context) else ()
    bold = [say("brief", key, view=_view_name(context)) for key in keys]
    front = tables.looked_at(rows[:_FIRST], reasons[:_FIRST], in_short=True)
    is_bold = any(span.is_strong for row in front.rows for cell in row for span in cell.spans)
    yield Section(2, heading, tuple(bold[:1]) if is_bold else (), table=front, place=30)
    whole = tables.looked_at(rows, reasons)
    if whole != front:
        lead = (*bold[1:], *filter(None, [_agreement(context)]), *picked)
        more = language.count("brief", name, len(rows))
        yield Section(2, more, lead, table=whole, is_folded=True, place=41)


def short_across(context: Context) -> Iterable[Section]:
    """The tokens that do most over all texts: a folded table for each list, and one for those of it
    that may be chance."""
    across, say = context.across, context.language.say
    if across is None:
        return
    lead: tuple[str, ...] = (across.headline,)
    for tokens in across.lists:
        names = (say("common", "token"), tokens.value, say("common", "n_texts"))
        columns = tuple(Column(name, is_figures=i > 0) for i, name in enumerate(names))
        more = tokens.title + say("page", "colon") + tokens.more
        for heading, rows in ((tokens.title, tokens.rows), (more, tokens.doubtful)):
            if rows:
                shown = (
                    (Cell(cut(row[0].text, NAME_LENGTH)), Cell(str(row[2])), row[3]) for row in rows
                )
                table = Table(columns, tuple(shown))
                yield Section(5, heading, lead, table=table, is_folded=True, place=62)
                lead = ()


def short_sinks(context: Context) -> Iterable[Section]:
    """What special tokens get, layer by layer, as a picture and as a table."""
    picture = make_sink_figure(context.findings, context.language)
    if picture is not None:
        yield picture
    made = layers_table(context.findings, context.language)
    if made is not None:
        table, n_texts = made
        say = context.language.say
        lead = say("brief", "layers_lead", n_texts=n_texts)
        yield Section(4, say("brief", "layers"), (lead,), table=table, is_folded=True, place=60)
    heads = make_heads(context.findings, context.language)
    if heads is not None:
        said = (heads.sentence,)
        yield Section(4, heads.title, said, table=heads.named, is_folded=True, place=61)
    cross = make_cross(context.findings, context.language)
    if cross is not None:
        items = tuple(map(Cell, cross.sentences))
        yield Section(
            4, cross.title, (cross.lead,), table=cross.table, items=items, is_folded=True, place=61
        )


def short_method(context: Context) -> Iterable[Section]:
    """Every note in full, with the publications it rests on."""
    language, items = context.language, []
    for note in short_notes(context):
        sources = "; ".join(citation(source, language) for source in note.citations)
        text = sentence(note, language)
        if sources:
            text += language.say("brief", "sources", sources=sources)
        items.append(Cell(text))
    heading = language.say("brief", "notes")
    yield Section(5, heading, items=tuple(items), is_folded=True, place=70)


def reproduce_section(commands: Reproduce, language: Language) -> Section:
    """The command that writes the same again, versions and checksums."""
    colon = language.say("page", "colon")
    facts = [
        (name, language.listed(f"{n} {v}" for n, v in numbers))
        for name, numbers in commands.versions
    ]
    facts += [(f"SHA-256, {cut(name, NAME_LENGTH)}", sha) for name, sha in commands.checksums]
    if commands.further is not None:
        facts += [(row[0].text, row[1].text) for row in commands.further.rows]
    return Section(
        3,
        language.say("reproduce", "heading"),
        code=commands.command,
        items=tuple(named(name + colon, value) for name, value in facts),
        is_folded=True,
        place=80,
    )


def make_sink_figure(findings: Findings, language: Language) -> Section | None:
    """The share of every special-token role, layer by layer, against the equal share; None for a
    model without any, or where no text is long enough."""
    roles = [(role, findings.roles[role.key]) for role in findings.info.roles]
    known = [(role, figures) for role, figures in roles if figures.layers]
    if not known:
        return None
    shares = np.array([[layer.share.mean for layer in figures.layers] for _, figures in known])
    even = np.array([[layer.expected for layer in figures.layers] for _, figures in known])
    total, expected = shares.sum(axis=0), even.sum(axis=0)
    best = int(total.argmax())
    sentence = language.say(
        "brief",
        "sinks_sentence",
        layer=best + 1,
        share=float(total[best]),
        even=float(expected[best]),
    )
    tokens = [role.token for role, _ in known]
    drawing = stacked_bars(
        series=[(token, row.tolist()) for token, row in zip(tokens, shares, strict=True)],
        expected=expected.tolist(),
        axis=(language.say("sinks", "axis_share"), language.say("common", "axis_layer")),
        sentence=sentence,
    )
    legend = stacked_legend(tokens, language.say("sinks", "even"))
    title = language.say("common", "special_by_layer")
    return picture_section(_RANK, "sinks", title, drawing, legend, place=42)


def make_map_figure(
    results: Results, wanted: Sequence[int], language: Language, heads: Heads = "mean"
) -> Section | None:
    """The last layer's map, mean or sum over `heads`, of the first of the rows `wanted` of `texts`
    whose maps were kept, else of the first such text; None where none was kept."""
    kept = results.texts["map_offset"].notna().to_numpy()
    candidates = [row for row in (*wanted, *np.flatnonzero(kept).tolist()[:1]) if kept[row]]
    if not candidates:
        return None
    row = candidates[0]
    units = text_units(results, row)
    labels = [visible(unit.label) for unit in units.units]
    drawn = text_map(results, row, units, labels, _SIDE)
    if drawn is None:
        return None
    say, weights = language.say, Weights(language, heads, results.info.model.n_heads)
    where = {"n": row + 1, "layer": results.info.model.n_layers, "mode": weights.mode}
    looks, seen = drawn.largest
    ends = {"looks": drawn.labels[looks], "seen": drawn.labels[seen]}
    share = weights.about(float(drawn.cells[looks, seen]))
    sentences = [say("brief", "map_sentence", **where, **ends, share=share), weights.remark]
    if drawn.pooled > 1:
        sentences.append(say("map", "pooled", n=drawn.pooled))
    if drawn.learned is not None:
        share = weights.show(float(drawn.learned.mean()))
        sentences.append(say("map", "learned", share=share))
    axes = say("script", "axis_key"), say("script", "axis_query")
    learned = say("script", "learned_sink")
    drawing = draw_map(drawn, "map", language.sentences(sentences), axes, learned)
    title = say("brief", "map_title", **where)
    return picture_section(_RANK, "map", title, drawing, map_legend())


def picture_section(
    rank: int, name: str, title: str, drawing: Drawing, legend: Sequence[Swatch], place: int = 43
) -> Section:
    """A drawing with its title and legend, for a file; folded."""
    svg = standalone(drawing, title, legend)
    picture = Picture(name, drawing.sentence, svg, file_width(drawing))
    return Section(rank, title, picture=picture, is_folded=True, place=place)
