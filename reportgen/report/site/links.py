"""The links at the top of a page of a site: to the list of all reports, and to its neighbours."""

from collections.abc import Sequence

from reportgen.report.language.language import load_language
from reportgen.report.language.printable import shorten
from reportgen.report.options import Lang
from reportgen.report.site.entries import Dated, pair_name

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
