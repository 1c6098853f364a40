"""Results as one Markdown text for a pull request or a wiki page.

Tables and lists only, no HTML, so that it reads the same on GitHub, GitLab and in a plain editor.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan

import pandas as pd

from reportgen.info import STATUSES
from reportgen.notes.figures import RoleFigures, role_figures
from reportgen.notes.note import Note
from reportgen.notes.rules import corpus_notes
from reportgen.notes.words import Wording
from reportgen.report.language import number
from reportgen.report.options import RenderOptions
from reportgen.report.tables import label_fit, predictions
from reportgen.report.templates import environment
from reportgen.report.visible import visible
from reportgen.report.worth import text_means
from reportgen.results import Results

LIMIT = 65_000  # code points; GitHub takes 65,536 in the body of a pull request
TEXT_LENGTH = 80  # code points of a text that are shown
NAME_LENGTH = 40  # of an id, a label, a token
REMARK_LENGTH = 400  # of a remark on how the model was loaded

# Unseen characters are chips by the time this one is put in, so it is never the text's own.
_BREAK = "\u200b"
_ESCAPES = str.maketrans(
    {character: f"\\{character}" for character in "\\`*_[]{}~#"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "$": "&#36;", _BREAK: "&#8203;"}
)
# What GitHub and GitLab make a link, a mention, a reference or an emoji of after Markdown is done,
# so that no escape helps: it is broken at these places.
_LINKS = re.compile(
    r"""
      (?<=@)(?=\S)                # @name, name@host
    | (?<=[#!$&^])(?=\d)          # #12 issue, !12 merge request, $12 snippet, &12 epic, ^12 alert
    | (?<=[%~])(?=[a-z0-9_"])     # %milestone, ~label
    | (?<=(?<![a-z0-9])gh-)(?=\d) # GH-12
    | (?<=:)(?=[\w+-]+:)          # :emoji:
    | (?<=:)(?=//)                # https://
    | (?<=www)(?=\.)              # www.
    """,
    re.VERBOSE | re.IGNORECASE,
)
# A list or an underline, told by how a line begins; the escape goes to the end of the match.
_BLOCK_START = re.compile(r"\d+(?=[.)](\s|$))|(?=[-+](\s|$))|(?=[-=][-=\s]*$)")


@dataclass(frozen=True, slots=True)
class _Table:
    """A table's lines, escaped."""

    heading: str
    caption: str
    header: str
    rule: str
    rows: Sequence[str]


def render(results: Results, options: RenderOptions) -> str:
    """The Markdown report, always under `LIMIT` code points.

    Whole rows are left out where there is no room: the last texts first, then layers, then notes.
    The last line says how many.
    """
    words = Wording(options.lang)
    info = results.info
    notes = corpus_notes(results)
    texts, special = _texts(results, words), _special(results, words)
    note_rows = [_note(note, words) for note in notes]
    template = environment().get_template("report.md.jinja")
    title = options.title or words.say("markdown", "title", model=info.model.name)
    context = {
        "title": escape(shorten(title, 2 * TEXT_LENGTH)),
        "model": escape(
            words.say(
                "markdown",
                "model",
                name=shorten(info.model.name, TEXT_LENGTH),
                architecture=shorten(info.model.architecture, TEXT_LENGTH),
                n_layers=info.model.n_layers,
                n_heads=info.model.n_heads,
            )
        ),
        "demo": escape(words.say("markdown", "demo")) if info.model.source == "demo" else "",
        "headline": escape(words.headline([_shortened(note) for note in notes], results)),
        "counts": _counts(results, words),
        "label_error": _label_error(results, words),
        "remarks": [escape(shorten(remark, REMARK_LENGTH)) for remark in info.remarks],
        "texts": texts,
        "special": special,
        "notes_heading": words.say("markdown", "notes"),
    }
    lists: dict[str, Sequence[str]] = {
        "note_rows": note_rows,
        "special_rows": special.rows if special else [],
        "text_rows": texts.rows,
    }
    everything = sum(len(rows) for rows in lists.values())
    bare = template.render(
        context, **{name: [] for name in lists}, not_shown=_not_shown(everything, words)
    )
    room = LIMIT - 1 - len(bare)
    shown = {}
    for name, rows in lists.items():
        shown[name] = _fitting(rows, room)
        room -= sum(len(row) + 1 for row in shown[name])
    left_out = everything - sum(len(rows) for rows in shown.values())
    return template.render(
        context, **shown, not_shown=_not_shown(left_out, words) if left_out else ""
    )


def escape(text: str) -> str:
    """`text` as Markdown that reads as exactly that text, on one line and inside a table's cell.

    Nothing in it is markup, HTML, a link, a mention or a reference; unseen characters are chips.
    """
    shown = _LINKS.sub(_BREAK, visible(text).strip(" "))
    escaped = shown.translate(_ESCAPES)
    start = _BLOCK_START.match(escaped)
    return f"{start[0]}\\{escaped[start.end() :]}" if start else escaped


def shorten(text: str, length: int) -> str:
    """`text` within `length` code points; where some are left out of the middle stands `⟨…⟩`."""
    if len(text) <= length:
        return text
    mark = "⟨…⟩"
    kept = length - len(mark)
    head = (kept + 1) // 2
    return text[:head] + mark + text[len(text) - (kept - head) :]


def _fitting(rows: Sequence[str], room: int) -> Sequence[str]:
    """As many of the first rows as there is room for, a line end each."""
    for index, row in enumerate(rows):
        room -= len(row) + 1
        if room < 0:
            return rows[:index]
    return rows


def _not_shown(n: int, words: Wording) -> str:
    # Not escaped: the option in it is code.
    return words.say("markdown", "not_shown", n=f"{n:,}", limit=f"{LIMIT:,}")


def _note(note: Note, words: Wording) -> str:
    sources = "; ".join(words.citation(citation) for citation in note.citations)
    sentence = words.sentence(_shortened(note))
    return f"- {escape(sentence)}" + (f" ({escape(sources)})" if sources else "")


def _shortened(note: Note) -> Note:
    return replace(note, token=note.token and shorten(note.token, NAME_LENGTH))


def _counts(results: Results, words: Wording) -> str:
    texts = results.texts
    status = texts["status"].value_counts()
    counts = {f"n_{name}": int(status.get(name, 0)) for name in STATUSES}
    counts |= {"n_texts": len(texts), "n_tokens": int(texts["n_tokens"].sum())}
    return words.say("markdown", "counts", **{name: f"{count:,}" for name, count in counts.items()})


def _label_error(results: Results, words: Wording) -> str:
    fit = label_fit(results)
    if fit is None:
        return ""
    return escape(
        words.say(
            "markdown",
            "label_error",
            n_labelled=f"{fit.n_texts:,}",
            mae=number(fit.mae),
            r2="–" if fit.r2 is None else number(fit.r2),
        )
    )


def _table(
    heading: str, caption: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]
) -> _Table:
    """A table of plain strings; each of `columns` is a name and its alignment."""
    return _Table(
        heading,
        caption,
        _row([name for name, _ in columns]),
        "|" + "|".join(alignment for _, alignment in columns) + "|",
        [_row(row) for row in rows],
    )


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(escape(cell) for cell in cells) + " |"


def _texts(results: Results, words: Wording) -> _Table:
    texts, info = results.texts, results.info
    predicted: Sequence[float | str] = predictions(results).tolist()
    # An embedding is not shown, but why a text has none is.
    has_predictions = info.output.kind != "embedding" or bool(texts["message"].any())
    has_labels = bool(texts["label"].notna().any())
    prediction = words.say("markdown", "prediction", name=shorten(info.output.name, NAME_LENGTH))
    columns = [(words.say("markdown", "id"), ":--"), (words.say("markdown", "text"), ":--")]
    columns += [(prediction, "--:")] if has_predictions else []
    columns += [(words.say("markdown", "label"), "--:")] if has_labels else []
    columns += [(words.say("markdown", "tokens"), "--:")]
    columns += [(words.say("markdown", "to_special"), "--:")] if info.roles else []
    shares, even = (text_means(results, name) for name in ("special_share", "uniform_share"))
    rows = []
    for index, row in enumerate(texts.to_dict("records")):
        cells = [shorten(row["text_id"], NAME_LENGTH), _text_cell(row["text"], row["pair"])]
        if has_predictions:
            cells.append(_prediction_cell(predicted[index], row["status"], row["message"]))
        if has_labels:
            cells.append("" if pd.isna(row["label"]) else shorten(row["label"], NAME_LENGTH))
        cells.append(_tokens_cell(row["n_tokens"], row["n_truncated"], words))
        if info.roles:
            share, expected = float(shares[index]), float(even[index])
            cells.append("" if isnan(expected) else _share(share, expected, words=words))
        rows.append(cells)
    return _table(words.say("markdown", "texts"), "", columns, rows)


def _text_cell(text: str, pair: str | None) -> str:
    if pair is None or pd.isna(pair):
        return shorten(text, TEXT_LENGTH)
    return f"{shorten(text, TEXT_LENGTH // 2)} / {shorten(pair, TEXT_LENGTH // 2)}"


def _prediction_cell(predicted: float | str, status: str, message: str) -> str:
    """The prediction, or why there is none."""
    if message:
        return shorten(f"{status}: {message}", TEXT_LENGTH)
    if pd.isna(predicted):
        return ""
    return shorten(predicted, TEXT_LENGTH) if isinstance(predicted, str) else number(predicted)


def _tokens_cell(n_tokens: int, n_truncated: int, words: Wording) -> str:
    if not n_truncated:
        return f"{n_tokens:,}"
    return words.say(
        "markdown", "tokens_cut", n_tokens=f"{n_tokens:,}", n_truncated=f"{n_truncated:,}"
    )


def _share(share: float, expected: float, *, words: Wording) -> str:
    return words.say(
        "markdown", "share", share=words.percent(share), expected=words.percent(expected)
    )


def _special(results: Results, words: Wording) -> _Table | None:
    """Share and even spread of each role, a row a layer; None without a role or a text."""
    roles = [(role, role_figures(results, role.key)) for role in results.info.roles]
    measured = [(role, figures) for role, figures in roles if figures.layers]
    if not measured:
        return None
    columns = [(words.say("markdown", "layer"), "--:")]
    columns += [(shorten(role.token, NAME_LENGTH), "--:") for role, _ in measured]
    rows = [
        [str(layer), *(_layer_cell(figures, layer, words) for _, figures in measured)]
        for layer in range(1, results.info.model.n_layers + 1)
    ]
    n_texts = max(figures.n_texts for _, figures in measured)
    caption = words.say("markdown", "special_means", n_texts=words.count_of_texts(n_texts))
    return _table(words.say("markdown", "special"), caption, columns, rows)


def _layer_cell(figures: RoleFigures, layer: int, words: Wording) -> str:
    found = next(item for item in figures.layers if item.layer == layer)
    return _share(found.share, found.expected, words=words)
