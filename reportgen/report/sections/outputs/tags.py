"""The tags of words over all texts: how often they are right, the entities they mark, and where
they are wrong."""

from collections import Counter
from functools import partial

import numpy as np

from reportgen.findings.findings import Findings
from reportgen.findings.outputs.tags import TagFit, Tags, Word
from reportgen.report.components import Cell, Kpi, QualitySection, Table, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.printable import shorten, visible
from reportgen.report.sections.outputs.shares import (
    LISTED,
    NAME,
    interval_note,
    label_remarks,
    label_table,
    most_frequent,
    share_figure,
)

_EXAMPLES = 3  # entities of a kind
_WORD = 30  # half-width characters of a word or entity


def make_tags(findings: Findings, language: Language) -> QualitySection | None:
    """The section on the tags of words; None where no text has a word."""
    return None if findings.tags is None else _TagWords(findings, findings.tags, language).made()


class _TagWords:
    """Puts the tags of words into sentences and tables."""

    def __init__(self, findings: Findings, found: Tags, language: Language) -> None:
        self._findings = findings
        self._found = found
        self._language = language
        self._say = partial(language.say, "quality")
        self._names = [shorten(visible(name), NAME) for name in findings.info.output.labels]

    def made(self) -> QualitySection:
        fit = self._found.fit
        tables = [self._by_tag(fit)]
        if self._found.marks_entities and self._found.kinds:
            tables.append(self._kinds())
        if fit is not None and fit.wrong:
            tables.append(self._errors(fit))
        figures = () if fit is None else self._figures(fit)
        return QualitySection(
            self._headline(fit),
            remarks=tuple(self._remarks(fit)),
            figures=figures,
            interval_note=interval_note(figures, self._language),
            tables=tuple(tables),
        )

    def _headline(self, fit: TagFit | None) -> str:
        found = self._found
        if fit is not None:
            return self._say(
                "tags_fit",
                k=fit.n_right,
                n=fit.n_words,
                share=fit.n_right / fit.n_words,
                name=self._names[fit.base_label],
                base=fit.base_share,
            )
        if found.marks_entities:
            n = sum(n for _, n in found.kinds)
            return self._language.count("quality", "tags_entities", n, words=found.n_words)
        counts, n = found.predicted.tolist(), found.n_words
        return most_frequent("quality", "tags_alone", self._names, counts, n, self._language)

    def _remarks(self, fit: TagFit | None) -> list[str]:
        found = self._found
        remarks = label_remarks(self._findings.label_use, self._language)
        if fit is not None and fit.n_entities is not None:
            remarks.append(self._say("entities_note"))
        if found.reading.misfits:
            first = found.reading.misfits[0]
            text = shorten(str(self._findings.texts["text_id"].iloc[first.text]), NAME)
            said = {"text": text, "labels": first.n_labels, "words": first.n_words}
            remarks.append(
                self._language.count("quality", "tags_misfits", len(found.reading.misfits), **said)
            )
        if found.reading.n_unknown:
            remarks.append(self._language.count("quality", "tags_unknown", found.reading.n_unknown))
        if len(np.flatnonzero(found.predicted)) > LISTED:
            remarks.append(self._say("classes_listed", n=LISTED, total=len(self._names)))
        return remarks

    def _figures(self, fit: TagFit) -> tuple[Kpi, ...]:
        fits = self._findings.fits
        estimates = {"word_accuracy": fits["tag_accuracy"], "entity_f1": fits["entity_f1"]}
        shares = {"entity_precision": fit.precision, "entity_recall": fit.recall}
        return (
            *(
                share_figure(own.mean, own.interval, self._say(key), self._language)
                for key, own in estimates.items()
                if own is not None
            ),
            *(
                Kpi(self._language.percent(share), self._say(key))
                for key, share in shares.items()
                if share is not None
            ),
        )

    def _by_tag(self, fit: TagFit | None) -> Table:
        """How many words have each tag; with labels, how many should have it and how many of them
        do."""
        counts, n = self._found.predicted, self._found.n_words
        weight = counts if fit is None else counts + fit.counts.sum(axis=1)
        order = [i for i in np.argsort(-weight, kind="stable")[:LISTED].tolist() if weight[i]]
        return label_table(
            ("tags_table", "tag", "words_bar", "n_words"),
            self._names,
            counts,
            n,
            None if fit is None else (fit.counts.sum(1), fit.counts.diagonal(), fit.counts.sum(0)),
            order,
            self._language,
        )

    def _kinds(self) -> Table:
        """How many entities there are of each kind, with the most frequent ones."""
        every = [own for found in self._found.entities.values() for own in found]
        comma, rows = self._language.say("common", "comma"), []
        for kind, n in self._found.kinds[:LISTED]:
            names = Counter(own.name for own in every if own.kind == kind)
            most = [shorten(visible(name), _WORD) for name, _ in names.most_common(_EXAMPLES)]
            rows.append((shorten(visible(kind), NAME), (Cell(f"{n:,}"), Cell(comma.join(most)))))
        columns = [self._say(key) for key in ("kind", "n_entities", "entity_examples")]
        return make_table(self._say("kinds_table"), columns, rows)

    def _errors(self, fit: TagFit) -> Table:
        """Which labels got which other tags, the most frequent first."""
        found: dict[tuple[int, int], list[Word]] = {}
        for word in fit.wrong:
            found.setdefault((word.label, word.tag), []).append(word)
        rows = []
        for (label, tag), words in sorted(found.items(), key=lambda item: -len(item[1]))[:LISTED]:
            text_id = shorten(str(self._findings.texts["text_id"].iloc[words[0].text]), NAME)
            name = shorten(visible(words[0].name), _WORD)
            cells = (
                Cell(f"{len(words):,}"),
                Cell(self._say("example_in", name=name, text=text_id)),
            )
            rows.append((f"{self._names[label]} → {self._names[tag]}", cells))
        columns = [self._say(key) for key in ("given_tag", "n_words", "example")]
        return make_table(self._say("tag_errors"), columns, rows)
