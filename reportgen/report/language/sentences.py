"""Notes, thresholds, publications and weights in words; all plain text, without markup."""

from collections.abc import Iterable, Mapping, Sequence

from reportgen.findings import (
    ABOVE_ALL,
    AgreementVerdict,
    Citation,
    Interval,
    Judgement,
    LastToken,
    Note,
    Threshold,
    explained,
)
from reportgen.report.language.language import Language, load_language
from reportgen.report.language.numbers import about_percentage, fixed, token_percentage
from reportgen.report.language.printable import LINE_BREAK, SPACE, TAB
from reportgen.results import LEARNED_SINK, OutputInfo, RunInfo, Subject, View


def sentence(note: Note, language: Language) -> str:
    """The note in words: its sentence, and those that follow it."""
    values = _values(note, language)
    sentences = [
        _begun(note, language.fill(language.words["sentences"][key], values))
        for key in (note.id, *note.also)
    ]
    return language.sentences(sentences)


def in_short(notes: Iterable[Note], language: Language) -> tuple[str, ...]:
    """Those of `notes` that have a headline, each in a short sentence; what belongs to it and has a
    headline too, in one more."""
    headlines = language.words["headlines"]
    return tuple(
        _begun(note, language.fill(headlines[id], _values(note, language)))
        for note in notes
        for id in (note.id, *note.also)
        if id in headlines
    )


def few_different(notes: Iterable[Note], language: Language) -> tuple[str, ...]:
    """That too few texts are different for what is said to be about others; () where they are
    not."""
    return tuple(sentence(note, language) for note in notes if note.id == "copies-few")


def verdicts(notes: Iterable[Note], language: Language) -> tuple[str, ...]:
    """The verdicts on attention sinks among `notes`, each in one short sentence."""
    return in_short((note for note in notes if note.is_verdict), language)


def beside(live: Note, language: Language) -> str:
    """Which rows of the last layer are read, in short; a note of `rules.live_rows_note`."""
    return language.fill(language.words["beside"][live.id], _values(live, language))


def headline(notes: Sequence[Note], model: str, language: Language) -> str:
    """The name of the `model` and its verdicts on attention sinks, in one line; where it was
    tested, also what a sink passes on."""
    sinks = {note.role for note in notes if note.verdict == "sink"}
    told = [
        note for note in notes if note.is_verdict or (note.kind == "passed" and note.role in sinks)
    ]
    joined = language.sentences(in_short(told, language))
    return language.say("phrases", "headline", model=model, verdicts=joined)


def citation(source: Citation, language: Language) -> str:
    """A publication: authors and year, title, identifier."""
    return language.say(
        "phrases",
        "citation_id" if source.identifier else "citation",
        author_year=source.author_year,
        title=source.title,
        identifier=source.identifier,
    )


def threshold(limit: Threshold, language: Language) -> tuple[str, str, str]:
    """A threshold in words: its name, its value, and what it means and why."""
    words = language.words["thresholds"][limit.id]
    name, value, meaning = (
        language.fill(words[part], {"value": limit.value}) for part in ("name", "value", "meaning")
    )
    return name, value, meaning


def scalar_name(info: RunInfo, language: Language) -> str:
    """The one figure of the output that evidence explains; "" where there is no evidence."""
    figure = explained(info)
    return _scalar("scalars", figure, language) if figure else ""


def short_scalar_name(info: RunInfo, language: Language) -> str:
    """The same in short, for a sentence on one text."""
    figure = explained(info)
    return _scalar("outputs", figure, language) if figure else ""


def last_values(last: LastToken, language: Language) -> Mapping[str, object]:
    """The figures of the sentences on the last token of a text."""
    low, high = (language.percent(end) for end in last.interval)
    interval = language.say("number", "interval", low=low, high=high)
    n, k = last.n_texts, last.n_strongest
    return {"k": k, "n": n, "share": last.share, "chance": last.chance, "interval": interval}


def output_kind(output: OutputInfo, language: Language) -> str:
    """What a model returns, such as `one of 3 classes`."""
    pooling = language.say("output", f"pooling_{output.pooling}") if output.pooling else ""
    key = output.kind if output.kind in language.words["output"] else "other"
    return language.say("output", key, n=len(output.labels), pooling=pooling)


def output_text(output: OutputInfo, language: Language) -> str:
    """The name of an output and its kind; the kind alone where it has the name in it, as those have
    that nobody named."""
    kind = output_kind(output, language)
    if output.name.casefold() in output_kind(output, load_language("en")).casefold():
        return kind
    return language.say("run", "output_value", name=output.name, kind=kind)


def subject_name(subject: Subject, language: Language) -> str:
    """A special token as it is, another one in quotes, the first position or the learned sink."""
    return _token(subject.key, subject.token, subject.kind == "role", language)


def _begun(note: Note, text: str) -> str:
    """A sentence, which may begin with words for a position where others have a token."""
    return text[:1].upper() + text[1:] if note.token == "" else text


def token_name(note: Note, language: Language) -> str:
    """The token that a note is about, as `subject_name`; "" where it is about none."""
    if note.token is None or note.role is None:
        return ""
    return _token(note.role, note.token, note.is_special, language)


_BEGINS = "▁Ġ"
_SPOKEN = {"\n": ("line_break", LINE_BREAK), "\t": ("tab", TAB), " ": ("space_token", SPACE)}


def spoken(token: str, language: Language) -> str:
    """A token as it stands alone, in a sentence or a cell: one that cannot be seen is called by its
    name, with the mark that stands for it in texts."""
    kinds = set(token.replace("\r\n", "\n"))
    key, mark = _SPOKEN.get("".join(kinds), ("", ""))
    n = len(token.replace("\r\n", "\n"))
    return language.count("common", key, n, mark=mark * n) if key else token


def measure_names(keys: Iterable[str], language: Language, row: str = "[CLS]") -> str:
    """The names of views, effects and sink tests in a row; `row` names the token whose row is
    read."""
    names = [
        language.say("phrases", "test", name=language.say("tests", key))
        if key in language.words["tests"]
        else language.measure(key, "name", row=row)
        for key in keys
    ]
    return language.say("phrases", "between_measures").join(names)


def _values(note: Note, language: Language) -> dict[str, object]:
    """The values that a note's sentences name."""
    values: dict[str, object] = dict(note.values)
    for name in note.values:
        for kind, low, high in (("interval", "low", "high"), ("range", "min", "max")):
            if f"{name}_{low}" in note.values:
                ends = (note.values[f"{name}_{end}"] for end in (low, high))
                values[f"{name}_{kind}"] = Interval(*map(float, ends))
    n_texts = note.values.get("n_texts")
    values["scope"] = _scope(n_texts, "mean_of_texts", language)
    values["within"] = _scope(n_texts, "these_texts", language)
    if note.token is not None:
        values["token"] = token_name(note, language)
    if "scalar" in values:
        values["output"] = _scalar("outputs", values, language)
    if "test" in values:
        values["test"] = language.say("tests", str(values["test"]))
    if "reason" in values:
        values["reason"] = language.say("reasons", str(values["reason"]))
    if "measures" in values:
        values["measures"] = measure_names(str(values["measures"]).split("\n"), language)
    return values


def _scalar(section: str, figure: Mapping[str, object], language: Language) -> str:
    """The name of the figure that was explained; `figure` comes from `note.explained`."""
    scalar, target = str(figure["scalar"]), figure.get("target")
    against, words = figure.get("against"), language.words[section]
    scalar = scalar if scalar in words else "other"
    key = f"{scalar}_of" if target and f"{scalar}_of" in words else scalar
    key = f"{key}_over" if against and f"{key}_over" in words else key
    return language.say(section, key, name=figure["output_name"], target=target, against=against)


def _token(key: str, token: str, is_special: bool, language: Language) -> str:
    if key == LEARNED_SINK.key:
        return language.say("phrases", "learned_sink")
    if not token:
        return language.say("phrases", "first_position")
    if is_special:
        return token
    # Without the mark of a space before a word, as the token is written everywhere else.
    return language.say("phrases", "quoted", token=token.lstrip(_BEGINS) or SPACE)


def _scope(n_texts: float | int | str | None, several: str, language: Language) -> str:
    """What a figure holds for: this text (no count given), the only one, or `several`, a key of
    `[phrases]`."""
    if n_texts is None:
        return language.say("phrases", "this_text")
    if n_texts == 1:
        return language.say("phrases", "one_text")
    return language.say("phrases", several, n=n_texts)


class Weights:
    """Writes mean weights over heads: as they are, or as sums over the heads."""

    def __init__(self, language: Language, heads: str, n_heads: int) -> None:
        self._language = language
        self._sums = heads == "sum"
        self.factor = n_heads if self._sums else 1
        self.mode = language.count(
            "common", "sum_of_heads" if self._sums else "mean_of_heads", n_heads
        )

    def show(self, mean: float) -> str:
        """A weight in words."""
        return fixed(mean * self.factor, 2) if self._sums else self._language.percent(mean)

    def rough(self, mean: float) -> str:
        """A weight from the packed maps, with two digits."""
        digits = about_percentage(mean * self.factor / (100 if self._sums else 1))
        return digits if self._sums else self._language.say("number", "percent", x=digits)

    def about(self, mean: float) -> str:
        """The same in a sentence."""
        return self._language.say("script", "about", x=self.rough(mean))

    def bare(self, mean: float) -> str:
        """The same for a table whose head names the measure."""
        return fixed(mean * self.factor, 3) if self._sums else token_percentage(mean)

    def as_in_table(self, mean: float) -> str:
        """A weight in words, with the digits of `bare`."""
        text = self.bare(mean)
        return text if self._sums else self._language.say("number", "percent", x=text)

    @property
    def unit(self) -> str:
        """The unit after a measure's name in the head of a table."""
        return self._language.say("number", "sum_sign" if self._sums else "percent_sign")

    @property
    def remark(self) -> str:
        """What figures are that are no shares of 1; "" of means."""
        return self._language.say("script", "sums_say", n=self.factor) if self.factor > 1 else ""


def verdict_of(judged: Judgement, language: Language) -> str:
    """The verdict in a few words, with the name of the baseline that it is about."""
    return verdict_words(judged.verdict, judged.baseline, language)


def verdict_inside(judged: Judgement, language: Language) -> str:
    """The same inside a line or a cell: without a capital."""
    words = verdict_of(judged, language)
    return words[0].lower() + words[1:]


def verdict_words(verdict: AgreementVerdict, baseline: View | None, language: Language) -> str:
    """The same of what is kept of a judgement."""
    key = f"is_{verdict}"
    if baseline is None:
        return language.say("verdict", f"{key}_alone" if verdict in ABOVE_ALL else key)
    return language.say("verdict", key, baseline=language.measure(baseline, "short"))
