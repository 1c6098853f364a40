"""What a site knows of its runs: the file `site.json`, which the next call reads."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol, TypeAlias

import msgspec

from reportgen.comparison import QualityVerdict
from reportgen.errors import UsageError
from reportgen.files import read_within
from reportgen.findings import QUALITY, Findings, GateResult, Judgement, found_text
from reportgen.findings import AgreementVerdict as ColoursVerdict
from reportgen.report.json.metrics import watched
from reportgen.report.language.numbers import NOTHING
from reportgen.results import Results, RunInfo, View

SITE_FILE = "site.json"
_VERSION = 1
_MOST_BYTES = 50_000_000
_CONTENT = 8  # characters of an id that tell runs apart
_NAME = 40  # characters of the name of a run in the address of its page


# By date, the parts of a name, and id.
Order: TypeAlias = tuple[str, list[tuple[int, str]], str]


class Dated(Protocol):
    """A run, whether its page is made or not."""

    @property
    def created(self) -> str:
        """2026-01-31."""

    @property
    def name(self) -> str:
        """The name of the folder of its results."""

    @property
    def id(self) -> str:
        """What names it."""


@dataclass(frozen=True, slots=True)
class JudgedColours:
    """What the report says of the colours that texts have first: whether they tell what counts."""

    verdict: ColoursVerdict
    baseline: View | None = None  # that it is about


@dataclass(frozen=True, slots=True)
class Entry:
    """One run of a site."""

    id: str  # names the folder of its page; it stays the same
    source: str  # the same as long as the page need not be written anew
    name: str  # of the folder of its results
    created: str  # 2026-01-31
    model: str
    inputs: str  # names of the files of texts; "" where they are redacted
    n_texts: int
    series: str  # the same for runs whose figures can stand in one line
    figures: Mapping[str, float]
    n_gates: int = 0
    commit: str = ""
    failed: tuple[str, ...] = ()  # the gates that did, and what was found
    warned: tuple[str, ...] = ()  # likewise
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # of figures
    colours: JudgedColours | None = None  # None where they are not judged

    @property
    def content(self) -> str:
        """What no other run has."""
        return content_of(self.id)


@dataclass(frozen=True, slots=True)
class Pair:
    """A comparison of two runs, by their ids."""

    base: str
    head: str
    source: str  # as that of `Entry`
    said: tuple[str, ...] = ()  # what the page says first
    verdicts: Mapping[str, QualityVerdict] = field(
        default_factory=dict
    )  # by figure of the newer run

    @property
    def name(self) -> str:
        """The name of its page."""
        return pair_name(self.base, self.head)

    @property
    def address(self) -> str:
        """Where it lies, from the top of the site."""
        return f"compare/{self.name}"


@dataclass(frozen=True, slots=True)
class TrendPage:
    """The page on the trend of the runs of a series."""

    series: str
    runs: tuple[str, ...]  # their ids, in order of time
    source: str  # as that of `Entry`
    # Since which run those that follow are better or worse than the first, or the same.
    said: tuple[str, ...] = field(default=(), compare=False)

    @property
    def address(self) -> str:
        """Where it lies, from the top of the site; it stays the same."""
        return f"trend/{self.series}.html"


@dataclass(frozen=True, slots=True)
class Site:
    """What was written."""

    entries: tuple[Entry, ...] = ()
    pairs: tuple[Pair, ...] = ()
    trends: tuple[TrendPage, ...] = ()
    is_redacted: bool = False
    others: tuple[Pair, ...] = ()  # comparisons that reports link to, but not the list
    version: int = field(default=_VERSION)

    def content(self) -> bytes:
        """The file `site.json`."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True)
        return f"{text}\n".encode()


def read_site(folder: Path) -> Site | None:
    """The site in `folder`; None where there is none.

    Raises:
        UsageError: its file is damaged, or of another version.
    """
    path = folder / SITE_FILE
    try:
        site = msgspec.json.decode(read_within(path, _MOST_BYTES), type=Site)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: cannot be read; remove {folder} and write it anew") from error
    if site.version != _VERSION:
        raise UsageError(f"{path}: of another version; remove {folder} and write it anew")
    return site


def run_id(created: str, name: str, content: bytes) -> str:
    """The id of a run by its date, the name of its folder, and `content`, which no other run
    has."""
    plain = re.sub(r"[^0-9A-Za-z]+", "-", name).strip("-")[:_NAME].strip("-").lower() or "run"
    return f"{created}-{plain}-{digest([content.hex()])[:_CONTENT]}"


def place_of(run: Dated) -> Order:
    """Sorts runs by date, those of a day by their names: `ck-200` before `ck-1000`."""
    parts = re.findall(r"\d{1,18}|\D+|\d+", run.name)
    return run.created, [(int(p), "") if p.isdigit() else (-1, p) for p in parts], run.id


def series_of(results: Results, info: RunInfo) -> str:
    """The same for runs on the same texts with the same kind of output; `info` is what may be told
    of the run. An id that is its own text counts as its row, and where the checksums of the texts
    are not told, their numbers of words stand for them."""
    texts = results.texts
    given = [file.sha256 for file in info.inputs]
    if not all(given):
        given = [str(len(text.split())) for text in texts["text"].fillna("")]
    columns = (texts[name].fillna("").str.strip() for name in ("text", "pair", "completion"))
    own_texts = zip(*columns, strict=True)
    ids = [
        str(row) if str(id).strip() in text else str(id)
        for row, (id, text) in enumerate(zip(texts["text_id"], own_texts, strict=True))
    ]
    return digest([info.output.kind, info.output.name, *given, *ids])


def pair_name(base: str, head: str) -> str:
    """The name of the page that compares two runs, by their ids."""
    return f"{base}..{head}.html"


def content_of(id: str) -> str:
    """The part of a run's id that its content alone decides."""
    return id[-_CONTENT:]


def digest(parts: Iterable[str]) -> str:
    """A short name of `parts`, which no other parts have."""
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def make_entry(
    place: Dated,
    findings: Findings,
    gates: Sequence[GateResult],
    *,
    source: str,
    series: str,
    commit: str,
) -> Entry:
    """What the site keeps of a run."""
    info, judged = findings.info, findings.colouring.judgement
    figures, intervals = _figures(findings, judged)
    failed, warned = (
        tuple(_told(result) for result in gates if not result.passed and result.gate.level == level)
        for level in ("fail", "warn")
    )
    return Entry(
        id=place.id,
        source=source,
        name=place.name,
        created=place.created,
        model=info.model.name,
        inputs=", ".join(file.name for file in info.inputs if file.name),
        n_texts=len(findings.texts),
        series=series,
        figures=figures,
        n_gates=len(gates),
        commit=commit,
        failed=failed,
        warned=warned,
        intervals=intervals,
        colours=None if judged is None else JudgedColours(judged.verdict, judged.baseline),
    )


def _figures(
    findings: Findings, judged: Judgement | None
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """The figures of a run that a site may show, and the intervals of those that have one. The
    agreement of the colours is the one that is judged."""
    flat = findings.figures
    kept = (*watched("run", flat), *(kind.of_run for kind in QUALITY.values()))
    figures = {key: float(value) for key in kept if (value := flat.get(key)) is not None}
    if "perplexity" in figures:  # which says the same of the predictions as their mean
        figures.pop("prediction_mean", None)
    ends = {key: (flat.get(f"{key}_low"), flat.get(f"{key}_high")) for key in figures}
    intervals = {
        key: (float(low), float(high))
        for key, (low, high) in ends.items()
        if low is not None and high is not None
    }
    if judged is not None and judged.agreement.interval is not None:
        figures["colouring_agreement"] = judged.agreement.mean
        low, high = judged.agreement.interval
        intervals["colouring_agreement"] = (low, high)
    return figures, intervals


def _told(result: GateResult) -> str:
    """A gate and what was found, in any language."""
    value = NOTHING if result.value is None else found_text(result.gate, result.value)
    return f"{result.gate.expression} ({value})"
