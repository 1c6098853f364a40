"""What a site knows of its runs: the file `site.json`, which the next call reads."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

import msgspec

from reportgen.errors import UsageError
from reportgen.files.reading import read_within
from reportgen.findings.figures.gates import GateResult
from reportgen.findings.findings import Findings
from reportgen.report.json.metrics import watched

SITE_FILE = "site.json"
_VERSION = 1
_MOST_BYTES = 50_000_000
_CONTENT = 8  # characters of an id that tell runs apart
_NAME = 40  # characters of the name of a run in the address of its page


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
    n_failed: int = 0  # gates
    n_warned: int = 0
    n_gates: int = 0

    @property
    def content(self) -> str:
        """What no other run has."""
        return content_of(self.id)

    @property
    def place(self) -> tuple[str, list[tuple[int, str]], str]:
        """Sorts runs by date, those of a day by their names: `ck-200` before `ck-1000`."""
        parts = re.findall(r"\d{1,18}|\D+|\d+", self.name)
        return self.created, [(int(p), "") if p.isdigit() else (-1, p) for p in parts], self.id


@dataclass(frozen=True, slots=True)
class Pair:
    """A comparison of two runs, by their ids."""

    base: str
    head: str
    source: str  # as that of `Entry`

    @property
    def name(self) -> str:
        """The name of its page."""
        return f"{self.base}..{self.head}.html"


@dataclass(frozen=True, slots=True)
class Site:
    """What was written."""

    entries: tuple[Entry, ...] = ()
    pairs: tuple[Pair, ...] = ()
    is_redacted: bool = False
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
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read; remove {folder} and write it anew") from error
    if site.version != _VERSION:
        raise UsageError(f"{path}: of another version; remove {folder} and write it anew")
    return site


def run_id(created: str, name: str, content: bytes) -> str:
    """The id of a run by its date, the name of its folder, and `content`, which no other run
    has."""
    plain = re.sub(r"[^0-9A-Za-z]+", "-", name).strip("-")[:_NAME].strip("-").lower() or "run"
    return f"{created}-{plain}-{digest([content.hex()])[:_CONTENT]}"


def content_of(id: str) -> str:
    """The part of a run's id that its content alone decides."""
    return id[-_CONTENT:]


def digest(parts: Iterable[str]) -> str:
    """A short name of `parts`, which no other parts have."""
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def make_entry(
    id: str, source: str, name: str, findings: Findings, gates: Sequence[GateResult]
) -> Entry:
    """What the site keeps of a run."""
    info, texts = findings.info, findings.texts
    failed = [result.gate.level for result in gates if not result.passed]
    given = [str(own.sha256) for own in info.inputs]
    ids = map(str, texts["text_id"])
    return Entry(
        id=id,
        source=source,
        name=name,
        created=info.created,
        model=info.model.name,
        inputs=", ".join(own.name for own in info.inputs if own.name),
        n_texts=len(texts),
        series=digest([info.output.kind, info.output.name, *given, *ids]),
        figures={
            key: float(value)
            for key, value in watched("run", findings.figures).items()
            if isinstance(value, int | float)
        },
        n_failed=failed.count("fail"),
        n_warned=failed.count("warn"),
        n_gates=len(gates),
    )
