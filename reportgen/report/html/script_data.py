"""What the page's script reads: inert blocks of JSON and of base85."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.report.charts.attention_scale import (
    SCALE_DARK,
    SCALE_END,
    SCALE_LIGHT,
    SCALE_PLACES,
    SCALE_TICKS,
)
from reportgen.report.charts.cross_attention_map import decoder_words
from reportgen.report.charts.plotly_map import lines_figure, map_figure
from reportgen.report.html.packing import TargetPooling, in_letters, packed_lengths
from reportgen.report.language.language import Language
from reportgen.report.language.printable import visible
from reportgen.report.options import RenderOptions
from reportgen.report.panel.steps import StepRow
from reportgen.report.panel.unit_measures import (
    TextMeasure,
    about,
    cls_name,
    is_signed_for,
    row_name,
)
from reportgen.results import (
    BY_ID,
    COMPLETION_SEGMENT,
    EFFECT,
    HEAD_CLASSES,
    Floats,
    Pooling,
    Results,
    RunInfo,
    TextUnits,
    UnitKind,
    View,
    colours_of,
    cross_sizes,
    is_unspaced,
    measure_of,
    read_labels,
    row_units,
    segments_of,
    specials_before,
    text_units,
    word_of,
    written_units,
)
from reportgen.tasks import has_sign, task_of

_MOST_CHANGES = 20_000  # of a text, each of what is predicted for one token without one unit


def page_data(
    info: RunInfo,
    options: RenderOptions,
    language: Language,
    first: int = 1,
    agreement: Mapping[View, str] | None = None,
    has_learned_sink: bool = False,
    told: Collection[View] | None = None,
) -> dict[str, Any]:
    """The data of all texts together: the model's shape, the script's words, the empty figures.

    `first` is the number of the text that is open unless the address names another; `agreement` is
    that of each measure with what changes the prediction, as printed; `has_learned_sink` is whether
    the maps have a column of their own for a learned sink; `told` are the measures that any text
    can be coloured by, None for all.
    """
    name, colours = cls_name(info, language), colours_of(info)
    told = colours if told is None else told
    return {
        "layers": info.model.n_layers,
        "heads": info.model.n_heads,
        "first": first,
        "sums": options.heads == "sum",
        "learned": has_learned_sink,
        "cls": name,
        "row": row_name(info, language),
        "measures": colours,
        "agreement": agreement or {},
        "names": {id: visible(language.measure(id, "name", row=name or "")) for id in colours},
        "about": {id: about(id, info, language) for id in colours if id in told},
        "short": _short_names(info, language, name),
        "signed": [id for id in colours if is_signed_for(id, info)],
        "attention": [id for id in colours if measure_of(id, info).group == "attention"],
        "classes": HEAD_CLASSES,
        "decoder": None
        if info.model.decoder is None
        else {"layers": info.model.decoder.n_layers, "heads": info.model.decoder.n_heads},
        "words": script_words(language, "common", "script", "tools", "explore")
        | script_words(language, *decoder_words(info))
        | _words_of_lines(language)
        | _words_of_places(info, language)
        | _words_of_lead(info, language),
        "map": map_figure(),
        "lines": lines_figure(language, name),
        "causal": info.model.is_causal,
        "scale": {
            "places": SCALE_PLACES,
            "light": SCALE_LIGHT,
            "dark": SCALE_DARK,
            "end": SCALE_END,
            "ticks": SCALE_TICKS,
        },
    }


def _short_names(info: RunInfo, language: Language, row: str | None) -> dict[str, str]:
    """The short names of measures that can colour a text; `row` is the token of the [CLS] row."""
    names = {
        id: visible(language.measure(id, "short", row=row or ""))
        for id in colours_of(info)
        if "short" in language.measure_words(id)
    }
    if has_sign(BY_ID[EFFECT], info.evidence.scalar):
        names[EFFECT] = language.say("influence", "change").lower()
    return names


def _words_of_lines(language: Language) -> dict[str, str]:
    """The strings for what is looked at most, whose figures the script has written itself."""
    lines = ("line_look", "line_unit", "line_even")
    return {key: re.sub(r":\w+}", "}", language.words["influence"][key]) for key in lines}


def _words_of_places(info: RunInfo, language: Language) -> dict[str, Any]:
    """The strings for what is predicted at places of the texts, and for parts of a text."""
    words = language.parts_of(info.output.kind)
    if not words and task_of(info.output).has_places:
        words = language.words["places"]
    return dict(words)


def _words_of_lead(info: RunInfo, language: Language) -> dict[str, str]:
    """The strings for a lead at each step, with the token that it is over."""
    section, against = f"{info.output.kind}_over", info.evidence.against
    if against is None or section not in language.words:
        return {}
    words = script_words(language, section)
    return {key: text.replace("{against}", visible(against)) for key, text in words.items()}


def script_words(language: Language, *sections: str) -> dict[str, Any]:
    """The strings of some `sections`, for the script."""
    return {key: text for name in sections for key, text in language.words[name].items()}


def text_data(
    results: Results,
    text: int,
    how: Pooling | None = None,
    target: TargetPooling | None = None,
) -> dict[str, Any]:
    """One text's units and the float32 figures behind its lines, as letters `[layer, unit]`.

    `expected` has one line where it is the same in every layer, `grid` the figures of every head;
    the entries of `reading` are added. If the maps are pooled (`how`), `cells` has the cell of each
    unit, and `pool` the most tokens in a cell; what a decoder writes and reads has its own
    (`target`).
    """
    units = text_units(results, text)
    written = [visible(unit.label) for unit in row_units(results, text)]
    row = results.text_row(text)
    texts = segments_of(row)
    pooled = {} if how is None else {"cells": how.of_unit, "pool": how.factor}
    read = reading(units, texts, results.info.settings.units)
    if how is not None and not any(map(is_unspaced, texts)):
        read["words"] = word_of(units.units, texts)  # where names of cells have spaces
    return pooled | {
        "labels": [visible(unit.label) for unit in units.units],
        **({"written": written} if written else {}),
        **_decoder_data(results, text, target or TargetPooling()),
        **({} if how is not None else _lengths(results, text)),
        "special": [i for i, unit in enumerate(units.units) if unit.is_special],
        "units": units.unit_of,
        "cls": units.cls_token,
        "received": _lines(units.received, units.received_all),
        "expected": shared_lines(units.expected, units.expected_all),
        "row": None
        if units.cls_row is None or units.cls_row_all is None
        else _lines(units.cls_row, units.cls_row_all),
        "grid": head_figures(results, text),
        **read,
    }


def _decoder_data(results: Results, text: int, how: TargetPooling) -> dict[str, Any]:
    """How the script can draw what a decoder of its own looks at: the unit of each token that it
    writes, the tokens that it reads, and which of these are special; nothing without one. Of a
    long target also the cell of each of its units, and of each token that is read."""
    target = results.target_of(text)
    if target is None:
        return {}
    read = target.iloc[:-1]
    return {
        "writes": written_units(results, text),
        "read": [visible(label) for label in read_labels(results, text)],
        "given": np.flatnonzero(read["is_special"].to_numpy(np.bool_)).tolist(),
        **{
            key: {"cells": cells.of_unit, "pool": cells.factor}
            for key, cells in (("writtenCells", how.written), ("readCells", how.read))
            if cells is not None
        },
    }


LENGTHS = ("lengths", "longest")  # what only maps with every head make use of


def _lengths(results: Results, text: int) -> dict[str, Any]:
    """The lengths of the vectors that each head of a decoder gets from each token of the text;
    nothing where they were not kept."""
    sizes = cross_sizes(results, text)
    return {} if sizes is None else dict(zip(LENGTHS, packed_lengths(sizes), strict=True))


def measure_data(measures: Sequence[TextMeasure]) -> list[dict[str, Any]]:
    """The measures that can colour a text; of the first, which the strip shows, only the id.

    What their values end with alike, such as a percent sign, stands once (`unit`).
    """
    first, *others = measures
    return [{"id": first.id}, *map(_packed, others)]


def _packed(measure: TextMeasure) -> dict[str, Any]:
    unit = re.sub(r".*\d", "", measure.shown[0])
    unit = unit if all(shown.endswith(unit) for shown in measure.shown) else ""
    return {
        "id": measure.id,
        "legend": measure.legend,
        "steps": "".join(map(_step, measure.steps)),
        "shown": "|".join(shown.removesuffix(unit) for shown in measure.shown),
        "unit": unit,
    }


def _step(step: int | None) -> str:
    """A step of a colour as one character: a hexadecimal digit, below 0 a letter from g on; "."
    for none."""
    if step is None:
        return "."
    return f"{step:x}" if step >= 0 else chr(ord("g") - 1 - step)


def shared_lines(layers: Floats, all_layers: Floats) -> str:
    """As `_lines`; where every layer has the same line, that line alone."""
    is_same = (np.vstack([layers, all_layers[None]]).astype("<f4") == layers[0].astype("<f4")).all()
    return _lines(layers[:0], layers[0]) if is_same else _lines(layers, all_layers)


def step_data(steps: Sequence[StepRow]) -> dict[int, dict[str, Any]]:
    """What the colours show while a token with a prediction of its own is chosen, by its unit.

    Of a text with very many, the first are there, those that are wrong before the others.
    """
    by_unit: dict[int, dict[str, Any]] = {}
    changes: dict[str, Any]
    for step in _told(steps):
        changes = {
            "said": step.sentence,
            "steps": "".join(map(_step, step.moves.colours)),
            "shown": "|".join(step.moves.changes),
        }
        if step.moves.others:
            changes["others"] = {
                view: {
                    "steps": "".join(map(_step, slopes.colours)),
                    "shown": "|".join(slopes.values),
                }
                for view, slopes in step.moves.others.items()
            }
        by_unit.setdefault(step.unit, changes)
    return by_unit


def _told(steps: Sequence[StepRow]) -> list[StepRow]:
    """Those of `steps` whose changes the page tells, as many as their room allows: in front those
    that are wrong."""
    known = [step for step in steps if any(colour is not None for colour in step.moves.colours)]
    n_units = len(known[0].moves.colours) * (1 + len(known[0].moves.others)) if known else 1
    order = sorted(range(len(known)), key=lambda i: not known[i].is_wrong)
    return [known[i] for i in sorted(order[: max(1, _MOST_CHANGES // n_units)])]


def _lines(layers: Floats, all_layers: Floats) -> str:
    """Every layer's line, then the mean over layers, as little-endian float32 in letters."""
    values = np.vstack([layers, all_layers[None]]).astype("<f4")
    return in_letters(values.tobytes())


_FIGURES = {"special": "special_share", "entropy": "entropy", "distance": "distance"}


def head_figures(results: Results, text: int) -> dict[str, str]:
    """The figures of every head of row `text` of `texts`, layer by layer.

    Float32 in letters, NaN where a figure is not defined; `classes` has a digit a head, the place
    of its class in `HEAD_CLASSES`.
    """
    rows = results.heads_of(text, *_FIGURES.values(), "head_class")
    figures = {key: _floats(rows[column].to_numpy()) for key, column in _FIGURES.items()}
    classes = "".join(
        str(HEAD_CLASSES.index(head_class)) for head_class in rows["head_class"].to_pylist()
    )
    return {**figures, "classes": classes}


def reading(units: TextUnits, texts: Sequence[str], kind: UnitKind = "token") -> dict[str, Any]:
    """How the script can group the units of a text; `texts` are its segments.

    `segment` `[unit]` is the segment of each unit, 0 or 1, only for a pair or a text with a
    `completion`; `words` `[unit]` is the number
    of its word, only where words have several units; `unspaced` says that words are not separated.
    Neither is there where units are words, or larger, already.
    """
    groups: dict[str, Any] = {}
    segments = [unit.segment for unit in units.units]
    if {0, 1} <= set(segments):
        second = segments.index(1)
        for i in range(second - specials_before(units.units, second), second):
            segments[i] = 1
        groups |= {"pair": True, "segment": segments}
    elif {0, COMPLETION_SEGMENT} <= set(segments):
        parts = [segment and 1 for segment in segments]
        groups |= {"pair": True, "completion": True, "segment": parts}
    if kind != "token":
        return groups
    if any(is_unspaced(text) for text in texts):
        return groups | {"unspaced": True}
    words = word_of(units.units, texts)
    return groups | {"words": words} if words[-1] + 1 < len(words) else groups


def _floats(column: NDArray[np.float32]) -> str:
    return in_letters(column.astype("<f4").tobytes())
