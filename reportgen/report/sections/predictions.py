"""What the model answered over all texts, by the kind of its output."""

import numpy as np

from reportgen.findings.findings import Findings
from reportgen.findings.predictions import MIN_PREDICTIONS
from reportgen.report.components import Cell, Quality, make_table
from reportgen.report.language.numbers import decimals, written
from reportgen.report.language.printable import shorten
from reportgen.report.language.strings import Language
from reportgen.report.sections.classes import ClassWords, share_bar
from reportgen.report.sections.numbers import make_numbers

_LISTED = 12  # numbers or tokens
_NAME = 22  # half-width characters of a name


def make_quality(findings: Findings, language: Language) -> Quality | None:
    """The section on predictions; None for an embedding and for too few texts."""
    kind = findings.info.output.kind
    if kind == "number":
        return make_numbers(findings, language)
    if kind == "embedding" or int(findings.analysed.sum()) < MIN_PREDICTIONS:
        return None
    if kind == "class":
        return ClassWords(findings, language).classes()
    if kind == "labels":
        return ClassWords(findings, language).labels()
    maker = _Answers(findings, language)
    return maker.numbers() if kind == "numbers" else maker.next_tokens()


class _Answers:
    """Puts several numbers, or next tokens, into words and tables."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self._findings = findings
        self._language = language
        self._names = findings.info.output.labels
        self._analysed = findings.analysed

    def numbers(self) -> Quality:
        """The range of every one of several numbers."""
        scores = np.stack(list(self._findings.texts["scores"].loc[self._analysed]))
        names = self._names or tuple(str(i + 1) for i in range(scores.shape[1]))
        spread = scores.std(axis=0)
        widest = int(spread.argmax())
        rows = []
        for i, name in list(enumerate(names))[:_LISTED]:
            own = scores[:, i]
            digits = decimals(float(abs(own).max()))
            values = (own.mean(), own.std(), own.min(), own.max())
            rows.append((self._short(name), tuple(Cell(written(float(v), digits)) for v in values)))
        columns = ("number_name", "mean", "deviation", "lowest", "highest")
        labelled = self._findings.texts["label"].notna().any()
        return Quality(
            headline=self._say(
                "numbers",
                k=len(names),
                name=self._short(names[widest]),
                low=float(scores[:, widest].min()),
                high=float(scores[:, widest].max()),
            ),
            remarks=(self._say("numbers_labels"),) if labelled else (),
            tables=(
                make_table(self._say("numbers_table"), tuple(map(self._say, columns)), tuple(rows)),
            ),
        )

    def next_tokens(self) -> Quality:
        """The tokens that were most often the likeliest to come next."""
        texts = self._findings.texts.loc[self._analysed]
        counts = texts["prediction_label"].value_counts(sort=False)
        counts = counts.sort_values(ascending=False, kind="stable")
        chance = texts["scores"].map(lambda scores: float(np.exp(scores[0])) if len(scores) else 0)
        means = chance.groupby(texts["prediction_label"]).mean()
        n = int(counts.sum())
        rows = tuple(
            (
                self._short(str(name)),
                (
                    share_bar(count / n),
                    Cell(f"{count:,}"),
                    Cell(self._language.percent(float(means[str(name)]))),
                ),
            )
            for name, count in counts.iloc[:_LISTED].items()
        )
        columns = ("token", "predicted_bar", "n_texts", "mean_chance")
        return Quality(
            headline=self._say(
                "next_token",
                name=self._short(str(counts.index[0])),
                k=f"{counts.iloc[0]:,}",
                n=f"{n:,}",
                different=f"{len(counts):,}",
            ),
            remarks=(),
            tables=(
                make_table(self._say("next_table"), tuple(map(self._say, columns)), rows, "tracks"),
            ),
        )

    def _short(self, name: str) -> str:
        return shorten(name, _NAME)

    def _say(self, key: str, **values: object) -> str:
        return self._language.say("quality", key, **values)
