"""The names that columns of texts, pairs and labels usually have, and which of the columns of a
table they are."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """Columns that belong together. Names here have no capitals, spaces or punctuation."""

    text: str
    pair: str = ""
    labels: tuple[str, ...] = ()  # the first of them that is there
    needs_label: bool = False  # the text alone could be anything

    def fits(self, names: Collection[str]) -> bool:
        """Whether a table with these names has this layout."""
        needed = {self.text, self.pair or self.text}
        return needed <= set(names) and not (self.needs_label and not {*self.labels} & {*names})


LAYOUTS = (
    ColumnLayout("premise", "hypothesis", ("goldlabel",)),
    ColumnLayout("sentence1", "sentence2", ("goldlabel", "score", "similarityscore")),
    ColumnLayout("question1", "question2", ("isduplicate",)),
    ColumnLayout("text1", "text2", ("score",)),
    ColumnLayout("question", "context", ("answers", "answer")),
    ColumnLayout("question", "passage", ("answer",)),
    ColumnLayout("question", "sentence"),
    ColumnLayout("query", "document", ("relevance", "score")),
    ColumnLayout("query", "passage", ("relevance", "score")),
    ColumnLayout("tokens", labels=("nertags", "tags", "labels", "label"), needs_label=True),
    ColumnLayout("words", labels=("nertags", "tags", "labels", "label"), needs_label=True),
)
# Columns of texts that stand alone. Of two of them in one table neither is taken.
TEXTS = (
    *("sentence", "review", "prompt", "question", "query", "premise", "content", "body", "comment"),
    *("article", "document", "headline", "tweet", "本文", "文章", "テキスト", "見出し"),
)
LABELS = ("labels", "score", "goldlabel", "sentiment", "answers", "nertags", "ラベル", "正解")
_NAMES_OF_LABELS = "labeltext"  # the names of classes whose numbers stand in another column


@dataclass(frozen=True, slots=True)
class UsualColumns:
    """The columns of a table by their usual names; None for what it lacks, or has twice."""

    text: str | None = None
    pair: str | None = None
    label: str | None = None
    texts: tuple[str, ...] = ()  # what could hold the texts, where that is not clear
    labels: tuple[str, ...] = ()  # what could be the label, where that is not clear


def usual_columns(names: Sequence[str], used: Iterable[str] = ()) -> UsualColumns:
    """Which of the columns `names` texts, pairs and labels are in; those in `used` are something
    else."""
    plain = _plain_names([name for name in names if name not in {*used}])
    if "text" in plain:
        layout, candidates = ColumnLayout("text", labels=()), []
    else:
        layouts = [layout for layout in LAYOUTS if layout.fits(plain)]
        layouts = layouts or [ColumnLayout(name) for name in TEXTS if name in plain]
        candidates = list(dict.fromkeys(plain[layout.text] for layout in layouts))
        layout = layouts[0] if len(layouts) == 1 else ColumnLayout("")
    label, labels = _label(plain, layout)
    return UsualColumns(
        text=plain.get(layout.text),
        pair=plain.get(layout.pair),
        label=label,
        texts=() if layout.text else tuple(candidates),
        labels=labels,
    )


def _label(plain: Mapping[str, str], layout: ColumnLayout) -> tuple[str | None, tuple[str, ...]]:
    """The column of labels; or, where that is not clear, those that it could be."""
    for name in ("label", *layout.labels):
        if name in plain:
            return plain[name], ()
    labels = [plain[name] for name in LABELS if name in plain]
    if not labels and _NAMES_OF_LABELS in plain:
        labels = [plain[_NAMES_OF_LABELS]]
    return (labels[0], ()) if len(labels) == 1 else (None, tuple(labels))


def _plain_names(names: Sequence[str]) -> Mapping[str, str]:
    """Each name by what it is without capitals, spaces and punctuation; without those that are
    equal then."""
    plain = [plain_name(name) for name in names]
    counts = Counter(plain)
    pairs = zip(plain, names, strict=True)
    return {key: name for key, name in pairs if key and counts[key] == 1}


def plain_name(name: str) -> str:
    """A name without capitals, spaces and punctuation."""
    return "".join(filter(str.isalnum, name.casefold()))
