"""What the model answered over all texts, by the kind of its output."""

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

    def numbers(self) -> Quality:
        """The range of every one of several numbers."""
        spreads = self._findings.score_spreads
        names = self._names or tuple(str(i) for i in range(1, len(spreads) + 1))
        widest = max(range(len(spreads)), key=lambda i: spreads[i].deviation)
        rows = []
        for name, own in list(zip(names, spreads, strict=False))[:_LISTED]:
            digits = decimals(own.largest)
            values = (own.mean, own.deviation, own.low, own.high)
            rows.append((self._short(name), tuple(Cell(written(v, digits)) for v in values)))
        columns = ("number_name", "mean", "deviation", "lowest", "highest")
        labelled = self._findings.texts["label"].notna().any()
        return Quality(
            headline=self._say(
                "numbers",
                k=len(names),
                name=self._short(names[widest]),
                low=spreads[widest].low,
                high=spreads[widest].high,
            ),
            remarks=(self._say("numbers_labels"),) if labelled else (),
            tables=(
                make_table(self._say("numbers_table"), tuple(map(self._say, columns)), tuple(rows)),
            ),
        )

    def next_tokens(self) -> Quality:
        """The tokens that were most often the likeliest to come next."""
        tokens = self._findings.next_tokens
        n = sum(token.n_texts for token in tokens)
        rows = tuple(
            (
                self._short(token.name),
                (
                    share_bar(token.n_texts / n),
                    Cell(f"{token.n_texts:,}"),
                    Cell(self._language.percent(token.chance)),
                ),
            )
            for token in tokens[:_LISTED]
        )
        columns = ("token", "predicted_bar", "n_texts", "mean_chance")
        return Quality(
            headline=self._say(
                "next_token",
                name=self._short(tokens[0].name),
                k=tokens[0].n_texts,
                n=n,
                different=len(tokens),
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
