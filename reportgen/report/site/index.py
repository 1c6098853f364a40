"""The list of all reports of a site: a row per run, and its figures over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reportgen.report.charts.small.trend import trend
from reportgen.report.html.assets import environment
from reportgen.report.html.data import script_words
from reportgen.report.language.numbers import NOTHING
from reportgen.report.language.strings import Language, load_language
from reportgen.report.site.entries import Entry, Site
from reportgen.report.site.options import SiteOptions
from reportgen.report.site.shared import list_assets, shared

# The figures that have a column where a run has them, and how each is written.
FIGURES: Mapping[str, str] = {
    "label_mae": "number",
    "label_rank_correlation": "number",
    "label_accuracy": "percent",
    "tag_accuracy": "percent",
    "entity_f1": "percent",
    "mask_accuracy": "percent",
    "answer_exact": "percent",
    "answer_f1": "percent",
    "perplexity": "number",
    "prediction_mean": "number",
    "special_share_mean": "percent",
    "colouring_agreement": "number",
    "n_failed": "count",
}
_POINTS = 30  # runs of a chart, the last ones
_LATEST = (
    '<!doctype html>\n<html lang="{lang}">\n<meta charset="utf-8">\n'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">\n'
    '<meta http-equiv="refresh" content="0; url={address}">\n<title>{title}</title>\n'
    '<p><a href="{address}">{title}</a></p>\n</html>\n'
)


@dataclass(frozen=True, slots=True)
class Row:
    """A run in the list."""

    entry: Entry
    address: str
    comparison: str  # the address of the page; "" without one
    texts: str
    gates: str  # what became of the gates; "" without gates
    state: str  # the class of the style sheet for that
    figures: tuple[tuple[str, float | None], ...]  # as printed, and as sorted


@dataclass(frozen=True, slots=True)
class Course:
    """A figure of all runs of a series, over time."""

    name: str
    drawing: Markup
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Series:
    """Runs on the same texts, of which there are several."""

    name: str
    courses: tuple[Course, ...]


def address_of(entry: Entry) -> str:
    """The address of a run's page, from the top of the site."""
    return f"runs/{entry.id}/index.html"


def write_latest(site: Site, options: SiteOptions) -> bytes:
    """The page `latest/index.html`, which leads to the last run."""
    language = load_language(options.lang)
    return _LATEST.format(
        lang=language.code,
        title=language.say("site", "latest"),
        address=f"../{address_of(site.entries[-1])}",
    ).encode()


def write_index(site: Site, options: SiteOptions) -> bytes:
    """The list of all runs of a site, the last one first."""
    language = load_language(options.lang)
    keys = [key for key in FIGURES if any(key in entry.figures for entry in site.entries)]
    if not any(entry.figures.get("n_failed") for entry in site.entries):
        keys = [key for key in keys if key != "n_failed"]
    compared = {pair.head: f"compare/{pair.name}" for pair in site.pairs}
    rows = [_row(entry, keys, compared, language) for entry in reversed(site.entries)]
    title = options.title or language.count("site", "title", len(rows))
    return (
        environment()
        .get_template("site.html.jinja")
        .render(
            t=language.words,
            lang=language.code,
            title=title,
            count=language.count("site", "count", len(rows)),
            columns=[(key, language.say("site", key)) for key in keys],
            rows=rows,
            series=_all_series(site, keys, language),
            has_commits=any(entry.commit for entry in site.entries),
            has_pairs=bool(compared),
            has_gates=any(row.gates for row in rows),
            assets=list_assets(shared("list").folder),
            data={"words": script_words(language, "common", "tools")},
        )
        .encode()
    )


def _row(entry: Entry, keys: Sequence[str], compared: Mapping[str, str], language: Language) -> Row:
    gates = ""
    key = "failed" if entry.n_failed else "warning" if entry.n_warned else "passed"
    if entry.n_gates:
        n = entry.n_failed or entry.n_warned or entry.n_gates
        gates = language.count("site", f"gates_{key}", n, of=entry.n_gates)
    return Row(
        entry=entry,
        address=address_of(entry),
        comparison=compared.get(entry.id, ""),
        texts=language.count("site", "texts", entry.n_texts),
        gates=gates,
        state=key,
        figures=tuple((_written(entry, key, language), entry.figures.get(key)) for key in keys),
    )


def _written(entry: Entry, key: str, language: Language) -> str:
    value = entry.figures.get(key)
    return NOTHING if value is None else language.write(value, FIGURES[key])


def _all_series(site: Site, keys: Sequence[str], language: Language) -> list[Series]:
    """The courses of each series of at least two runs, that with the last run first."""
    by_series: dict[str, list[Entry]] = {}
    for entry in reversed(site.entries):
        by_series.setdefault(entry.series, []).insert(0, entry)
    found = []
    for runs in by_series.values():
        shown = runs[-_POINTS:]
        courses = tuple(
            _course(shown, key, language)
            for key in keys
            if sum(key in entry.figures for entry in shown) > 1
        )
        if courses:
            values = {"inputs": runs[-1].inputs, "texts": runs[-1].n_texts}
            key = "series" if runs[-1].inputs else "series_redacted"
            found.append(Series(language.count("site", key, len(shown), **values), courses))
    return found


def _course(runs: Sequence[Entry], key: str, language: Language) -> Course:
    known = [entry for entry in runs if key in entry.figures]
    return Course(
        name=language.say("site", key),
        drawing=trend([entry.figures.get(key) for entry in runs], [None] * len(runs)),
        first=_written(known[0], key, language),
        last=_written(known[-1], key, language),
    )
