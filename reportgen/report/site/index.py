"""The list of all reports of a site: a row per run, and its figures over time; and the links at the
top of its other pages, to the list and to their neighbours."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from reportgen.findings import SmallestChange
from reportgen.report.html.assets import environment, list_assets, shared
from reportgen.report.html.script_data import script_words
from reportgen.report.language.language import Language, load_language
from reportgen.report.language.printable import shorten
from reportgen.report.options import Lang, SiteOptions
from reportgen.report.sections.author import author_of
from reportgen.report.site.figures import (
    best_of,
    even_runs,
    figure_name,
    figure_text,
    interval_text,
    remark_text,
    shown_figures,
    smallest_changes,
)
from reportgen.report.site.series import all_series
from reportgen.report.site.site_json import Dated, Entry, Site, pair_name
from reportgen.report.site.told_gates import GateLimits, in_full, limits_of, told_gate

_PLAIN = (
    '<!doctype html>\n<html lang="{lang}">\n<meta charset="utf-8">\n'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">\n'
    "{more}<title>{title}</title>\n{body}\n</html>\n"
)
_WINDOW = (  # of a page that is read, in light or dark
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n'
)


@dataclass(frozen=True, slots=True)
class RunFigure:
    """A figure of a run."""

    shown: str
    interval: str  # "" where it has none
    remark: str  # what the report says of it; "" where nothing
    value: float | None  # that rows are sorted by
    is_best: bool  # of the runs on the same texts


@dataclass(frozen=True, slots=True)
class Gates:
    """What became of gates of a run."""

    state: str  # the class of the style sheet for that
    words: str
    told: tuple[str, ...] = ()  # what was found by those that did not pass
    in_full: tuple[str, ...] = ()  # the same, with what is allowed


@dataclass(frozen=True, slots=True)
class Row:
    """A run in the list."""

    entry: Entry
    address: str
    comparison: str  # the address of the page; "" without one
    texts: str
    gates: tuple[Gates, ...]  # none where it has no gates
    figures: tuple[RunFigure, ...]


def address_of(entry: Entry) -> str:
    """The address of a run's page, from the top of the site."""
    return f"runs/{entry.id}/index.html"


def write_latest(site: Site, options: SiteOptions) -> bytes:
    """The page `latest/index.html`, which leads to the last run."""
    language = load_language(options.lang)
    title, address = language.say("site", "latest"), f"../{address_of(site.entries[-1])}"
    return _PLAIN.format(
        lang=language.code,
        title=title,
        more=f'<meta http-equiv="refresh" content="0; url={address}">\n',
        body=f'<p><a href="{address}">{title}</a></p>',
    ).encode()


def write_gone(head: str, lang: Lang) -> bytes:
    """What a comparison becomes when the older of its runs was taken away, and the report of the
    newer one, whose id is `head`, still links to it."""
    language = load_language(lang)
    say = partial(language.say, "site")
    links = links_of_gone(head, lang)
    body = "".join(f'<p><a href="{address}">{words}</a></p>' for address, words in links)
    return _PLAIN.format(
        lang=language.code,
        title=say("gone"),
        more=_WINDOW,
        body=f"<h1>{say('gone')}</h1>\n<p>{say('gone_why')}</p>\n{body}",
    ).encode()


def write_index(site: Site, options: SiteOptions) -> bytes:
    """The list of all runs of a site, the last one first."""
    language = load_language(options.lang)
    least = options.judging.smallest
    keys = shown_figures(site.entries, options.quality)
    compared = {pair.head: f"compare/{pair.name}" for pair in site.pairs}
    best = _best(site, keys, least)
    limits = limits_of(site.entries, language)
    rows = [_row(entry, keys, compared, best, limits, language) for entry in reversed(site.entries)]
    title = options.title or language.count("site", "title", len(rows))
    changes = smallest_changes(least, language)
    return (
        environment()
        .get_template("site.html.jinja")
        .render(
            t=language.words,
            lang=language.code,
            title=title,
            author=author_of(options.comment),
            count=language.count("site", "count", len(rows)),
            columns=[(key, figure_name(key, language)) for key in keys],
            rows=rows,
            by_id={row.entry.id: row for row in rows},
            series=all_series(site, options.judging, language),
            standing_note=language.say("site", "standing_note", **changes),
            gates_note=limits.note(language),
            best_note=language.say("site", "best_note", **changes),
            has_best=bool(best),
            has_commits=any(entry.commit for entry in site.entries),
            has_pairs=bool(compared),
            has_gates=any(row.gates for row in rows),
            assets=list_assets(shared("list").folder),
            data={"words": script_words(language, "common", "tools", "site_list")},
        )
        .encode()
    )


def _best(site: Site, keys: Sequence[str], least: SmallestChange) -> frozenset[tuple[str, str]]:
    """By id and figure, the runs that have the best figure of those on the same texts."""
    by_series: dict[str, list[Entry]] = {}
    for entry in site.entries:
        by_series.setdefault(entry.series, []).append(entry)
    even = even_runs(site.pairs)
    pairs = (
        (best_of(key, entries, least, even.get(key, ())), key)
        for entries in by_series.values()
        for key in keys
    )
    return frozenset((entry.id, key) for entries, key in pairs for entry in entries)


def _row(
    entry: Entry,
    keys: Sequence[str],
    compared: Mapping[str, str],
    best: Collection[tuple[str, str]],
    limits: GateLimits,
    language: Language,
) -> Row:
    return Row(
        entry=entry,
        address=address_of(entry),
        comparison=compared.get(entry.id, ""),
        texts=language.count("site", "texts", entry.n_texts),
        gates=_gates(entry, limits, language),
        figures=tuple(
            RunFigure(
                figure_text(key, entry.figures.get(key), language),
                interval_text(key, entry, language),
                remark_text(key, entry, language),
                entry.figures.get(key),
                (entry.id, key) in best,
            )
            for key in keys
        ),
    )


def _gates(entry: Entry, limits: GateLimits, language: Language) -> tuple[Gates, ...]:
    states = (("failed", entry.failed), ("warning", entry.warned))
    n = entry.n_gates
    not_passed = tuple(
        Gates(
            state,
            language.count("site", f"gates_{state}", len(told), of=n),
            tuple(limits.in_row(gate, language) for gate in told),
            tuple(in_full(gate, language) for gate in told),
        )
        for state, kept in states
        if (told := [told_gate(text, language) for text in kept])
    )
    if not_passed or not n:
        return not_passed
    return (Gates("passed", language.count("site", "gates_passed", n)),)


Links = tuple[tuple[str, str], ...]  # address and words

_NAME = 24  # characters of the name of a run in a link to it


def links_of_report(run: Dated, base: Dated | None, lang: Lang) -> Links:
    """Those of the report of a run, which is compared with `base`, if any."""
    say = load_language(lang).say
    home = (f"../../index.html#{run.id}", say("site", "home"))
    if base is None:
        return (home,)
    words = say("site", "since", name=shorten(base.name, _NAME))
    return home, (f"../../compare/{pair_name(base.id, run.id)}", words)


def links_of_comparison(base: Dated, head: Dated, lang: Lang) -> Links:
    """Those of the comparison of two runs."""
    say = load_language(lang).say
    home = (f"../index.html#{head.id}", say("site", "home"))
    reports = (
        (f"../runs/{run.id}/index.html", say("site", words))
        for run, words in ((base, "old_report"), (head, "new_report"))
    )
    return home, *reports


def links_of_trend(last: Dated, lang: Lang) -> Links:
    """Those of the trend of runs, of which `last` is the newest."""
    say = load_language(lang).say
    home = (f"../index.html#{last.id}", say("site", "home"))
    return home, (f"../runs/{last.id}/index.html", say("site", "newest_report"))


def links_of_gone(head: str, lang: Lang) -> Links:
    """Those of what stands in place of a comparison with a run that was taken away; `head` is the
    id of the run that was compared with it."""
    say = load_language(lang).say
    home = (f"../index.html#{head}", say("site", "home"))
    return (f"../runs/{head}/index.html", say("site", "new_report")), home


def title_of_trend(runs: Sequence[Dated], n_runs: int, lang: Lang, *, is_whole: bool) -> str:
    """From which to which run a trend goes, and how many of all `n_runs` it has: all, some from
    the first on where it `is_whole`, or the newest."""
    n, first, last = len(runs), runs[0].name, runs[-1].name
    key = "trend_title" if n == n_runs else f"trend_title_{'spread' if is_whole else 'newest'}"
    return load_language(lang).say("site", key, n=n, all=n_runs, first=first, last=last)


def title_of_comparison(base: Dated, head: Dated, lang: Lang) -> str:
    """What tells the comparison of two runs from others in a browser's tabs and history."""
    return load_language(lang).say("site", "pair_title", base=base.name, head=head.name)
