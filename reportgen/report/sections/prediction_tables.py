"""The tables of the section on predictions, by the name that the record of a task gives them."""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from reportgen.findings import Findings, Word
from reportgen.report.charts.cell_tracks import Scale, bar
from reportgen.report.components import Cell, Table, count_cell, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import NOTHING, fixed, number
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.sentences import spoken
from reportgen.report.sections.prediction_sentences import Told, shown_places
from reportgen.tasks import Column, Item, ItemTable, items_in, rated, right_answers

LISTED = 12  # classes, labels, numbers or tokens
NAME = 22  # half-width characters of a name
_WORD = 30  # of a word or entity
_PREDICTED = 40  # of an answer or a choice beside a text
_TEXT = 60  # of a text
_EXAMPLES = 3  # entities of a kind


class ItemTables:
    """Makes the tables of the items of all texts."""

    def __init__(self, findings: Findings, told: Told, language: Language) -> None:
        self._findings = findings
        self._task = findings.task
        self._told = told
        self._language = language
        self._say = partial(language.say, "quality")

    def made(self) -> tuple[Table, ...]:
        """The tables of the task, those that have a row."""
        makers: Mapping[ItemTable, Callable[[], Table | None]] = {
            "confusion": self._confusion,
            "counts": self._counts,
            "by_name": self._by_name,
            "entities": self._entities,
            "mistakes": self._mistakes,
            "places": self._places,
            "worst": self._worst,
        }
        tables = (makers[name]() for name in self._task.layout.tables)
        return tuple(table for table in tables if table is not None)

    def _title(self, key: str) -> str:
        return self._told.say(key)

    def _columns(self, *keys: str) -> list[str]:
        return [self._told.say(key) for key in keys]

    def _counts(self) -> Table | None:
        """How often each name was predicted, and how sure the model was of it; None where names are
        held against labels."""
        if self._told.closed_fit is not None:
            return None
        counts, rows = self._told.counts, []
        order = shown_places(counts.counts, LISTED)
        for i in order:
            chance = self._language.percent(counts.chances[i]) if counts.counts[i] else NOTHING
            cells = (
                share_bar(counts.counts[i] / counts.n),
                Cell(f"{counts.counts[i]:,}"),
                Cell(chance),
            )
            rows.append((counts.names[i], cells))
        columns = self._columns("name", "bar", "n_items", "mean_chance")
        return make_table(self._title("counts"), columns, rows, "tracks")

    def _by_name(self) -> Table:
        """How often each name was predicted and, where the right ones are known, how many items
        should have it and how many of them do."""
        predicted, fit, findings = self._told.counts, self._told.closed_fit, self._findings
        weight, known = np.array(predicted.counts), None
        if fit is not None:
            weight = weight + fit.counts.sum(axis=1)
            known = (fit.counts.sum(1), fit.counts.diagonal(), fit.counts.sum(0))
        elif self._task.has_names and self._told.fit_values() is not None:
            label_counts = findings.label_counts
            known = (label_counts.given, label_counts.right, label_counts.claimed)
        order = shown_places(weight, LISTED)
        if self._task.has_places:
            order = [i for i in order if weight[i]]
        rows = []
        for i in order:
            cells = [share_bar(predicted.counts[i] / predicted.n), Cell(f"{predicted.counts[i]:,}")]
            if known is not None:
                given, hit, claimed = (int(counts[i]) for counts in known)
                cells.append(Cell(f"{given:,}"))
                cells += [self._share(hit, given), self._share(hit, claimed)]
            rows.append((predicted.names[i], cells))
        columns = self._columns("name", "bar", "n_items")
        if known is not None:
            columns += self._columns("labelled", "recall", "precision")
        return make_table(self._title("name_counts"), columns, rows, "tracks")

    def _confusion(self) -> Table | None:
        """Labels by predictions: how many items, coloured by their share of the label's."""
        fit = self._told.closed_fit
        if fit is None:
            return None
        table, rows, names = fit.counts, [], self._told.names
        weight = table.sum(axis=1) + table.sum(axis=0)
        used = np.flatnonzero(weight)
        shown = np.sort(used[shown_places(weight[used], LISTED)]).tolist()
        for i in shown:
            total = int(table[i].sum())
            shares = [table[i, j] / total if total else 0.0 for j in shown]
            cells = [count_cell(f"{table[i, j]:,}", s) for j, s in zip(shown, shares, strict=True)]
            cells += [Cell(f"{total:,}"), self._share(int(table[i, i]), total)]
            rows.append((names[i], cells))
        precision = [self._share(int(table[j, j]), int(table[:, j].sum())) for j in shown]
        rows.append((self._say("precision"), [*precision, Cell(""), Cell("")]))
        heads = [names[j] for j in shown]
        columns = (self._say("corner"), *heads, *self._columns("n_items", "recall"))
        return make_table(self._title("confusion"), columns, rows, "grid confusion")

    def _entities(self) -> Table | None:
        """How many entities there are of each kind, with the most frequent ones."""
        tags = self._findings.tags
        if tags is None or not tags.marks_entities or not tags.kinds:
            return None
        every = [entity for entities in tags.entities.values() for entity in entities]
        rows = []
        for kind, n in tags.kinds[:LISTED]:
            names = Counter(entity.name for entity in every if entity.kind == kind)
            most = [shorten(visible(name), _WORD) for name, _ in names.most_common(_EXAMPLES)]
            examples = self._language.listed(most)
            rows.append((shorten(visible(kind), NAME), (Cell(f"{n:,}"), Cell(examples))))
        columns = self._columns("kind", "n_entities", "entity_examples")
        return make_table(self._title("kinds_table"), columns, rows)

    def _mistakes(self) -> Table | None:
        """Which labels got which other names, the most frequent first."""
        tags = self._findings.tags
        if tags is None or not tags.wrong:
            return None
        pairs: dict[tuple[int, int], list[Word]] = {}
        for word in tags.wrong:
            pairs.setdefault((word.label, word.tag), []).append(word)
        rows, names = [], self._told.names
        for (label, tag), words in sorted(pairs.items(), key=lambda item: -len(item[1]))[:LISTED]:
            name = shorten(visible(words[0].name), _WORD)
            example = self._say("example_in", name=name, text=self._text_id(words[0].text))
            cells = (Cell(f"{len(words):,}"), Cell(example))
            rows.append((f"{names[label]} → {names[tag]}", cells))
        columns = self._columns("given_tag", "n_items", "example")
        return make_table(self._title("mistakes"), columns, rows)

    def _places(self) -> Table | None:
        """How often the choice at each place was picked, and is the right one."""
        choices, columns = self._findings.choices, self._findings.info.output.labels
        if choices is None:
            return None
        picked, right, n = choices.picked_at(), choices.right_at(), len(choices.every)
        rows = []
        for place in range(min(choices.n_places, LISTED)):
            name = str(place + 1)
            if place < len(columns):
                column = shorten(visible(columns[place]), NAME)
                name = self._say("place_name", place=name, name=column)
            cells = [share_bar(picked[place] / n), Cell(f"{picked[place]:,}")]
            cells += [Cell(f"{right[place]:,}")] if choices.labelled else []
            rows.append((name, cells))
        keys = ["place", "picked_bar", "n_picked", *(["labelled"] if choices.labelled else [])]
        return make_table(self._title("places_table"), self._columns(*keys), rows, "tracks")

    def _worst(self) -> Table | None:
        """The items farthest from their right answers or, as the task has it, those that the model
        is least sure of."""
        items, key = self._task.layout.worst(self._findings.items)
        has_labels = len(rated(items)) > 0 if key != "least_sure" else self._shows_labels
        hidden = set[Column]() if has_labels else {"label", "score"}
        columns = [column for column in self._task.layout.worst_columns if column not in hidden]
        rows = []
        for item in items_in(items.head(LISTED)):
            first, *rest = (self._cell(column, item) for column in columns)
            rows.append((first, [*map(Cell, rest), Cell(self._text_id(item.text))]))
        names = self._columns(*(f"column_{column}" for column in columns), "in_text")
        return make_table(self._title(f"worst_{key}"), names, rows) if rows else None

    @property
    def _shows_labels(self) -> bool:
        """Whether the right answers stand beside what the model is least sure of."""
        return self._task.has_places and self._findings.has_labelled_items

    def _cell(self, column: Column, item: Item) -> str:
        is_beside_text = "text" in self._task.layout.worst_columns
        width = _PREDICTED if is_beside_text else NAME

        def name(text: str) -> str:
            return shorten(visible(text) if is_beside_text else spoken(text, self._language), width)

        percent = self._language.percent
        makers: Mapping[Column, Callable[[], str]] = {
            "text": lambda: shorten(
                visible(str(self._findings.results.text_row(item.text)["text"])), _TEXT
            ),
            "place": lambda: name(self._words(item)),
            "predicted": lambda: name(item.predicted),
            "value": lambda: number(item.value),
            "probability": lambda: percent(item.probability),
            "label": lambda: self._label(item, name),
            "score": lambda: "" if item.score is None else fixed(item.score, 2),
            "written": lambda: name(item.written.token),
            "written_probability": lambda: percent(item.written.probability),
            "likelier": lambda: name(item.written.likelier) if item.written.likelier else "",
        }
        return makers[column]()

    def _words(self, item: Item) -> str:
        """The words that an item is of."""
        places = (other.position for other in self._findings.items_of(item.text))
        words = dict(zip(places, self._findings.words_of(item.text), strict=True))
        return words[item.position]

    def _label(self, item: Item, name: Callable[[str], str]) -> str:
        if self._task.is_number:
            return number(item.label_value)
        return name((right_answers(item.label) or [""])[0])

    def _text_id(self, text: int) -> str:
        return shorten(str(self._findings.texts["text_id"].iloc[text]), NAME)

    def _share(self, part: int, whole: int) -> Cell:
        return Cell(self._language.percent(part / whole) if whole else NOTHING)


def share_bar(share: float) -> Cell:
    """A cell with a bar as long as `share`, on a scale from 0 to 1."""
    scale = Scale(0.0, 1.0, ((0.0, "0"), (0.5, "50"), (1.0, "100")), 0.0)
    return Cell("", track=bar(scale, float(share), colour=0))
