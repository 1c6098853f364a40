"""Every reader of bytes that come from elsewhere, called as the commands call it."""

import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import reading
from helpers.calling import call

from fuzzing import seeds
from reportgen.api.options import (
    GateChoices,
    InputChoices,
    as_labelled,
    configured_gates,
    configured_options,
    gates,
    text_set,
)
from reportgen.cli.outcome import system_said
from reportgen.errors import ReportgenError, UsageError
from reportgen.files.temporary import BESIDE
from reportgen.findings import Findings
from reportgen.models import ModelSpec, load_model, read_factory_args
from reportgen.models.loading import read_state_dict, require_readable
from reportgen.report import read_plotlyjs, redacted
from reportgen.results import open_results

OPTIONS = "options.json"  # in the folder of a case: how it is read
Options = Mapping[str, Any]


class RefusedError(Exception):
    """A command said in a line why it ended."""


@dataclass(frozen=True)
class Reader:
    """A reader, what it reads, and how.

    Attributes:
        read: reads the case in the current folder with the options.
        options: those to choose from.
        is_changed: whether a file, by its path, may be changed.
    """

    name: str
    seeds: Callable[[], Sequence[seeds.Files]]
    read: Callable[[Options], object]
    options: Callable[[Random], Options] = lambda rng: {}
    is_changed: Callable[[str], bool] = lambda name: True
    is_command: bool = False


def of_texts(options: Options) -> object:
    """All texts of the only file or folder, or of standard input."""
    path = next(own.name for own in Path().iterdir() if own.name != OPTIONS)
    if options.get("stdin"):
        sys.stdin = io.TextIOWrapper(io.BytesIO(Path(path).read_bytes()))
        path = "-"
    choices = {name: value for name, value in options.items() if name != "stdin"}
    return text_set([path], InputChoices(**choices))


def choices_of_texts(rng: Random, *, stdin: bool = False) -> Options:
    """Some of the options about columns and formats."""
    names = ("text", "pair", "label", "id", "group", "units", "tags", "score", "n", "x")
    columns = (
        *("text", "pair", "completion", "label", "id", "group", "units", "variant_of", "variant"),
    )
    found: dict[str, Any] = {}
    for column in columns:
        if rng.random() < 0.06:
            found[f"{column}_column"] = column if rng.random() < 0.6 else rng.choice(names)
    others = {"limit": (1, 2, 1000), "encoding": ("utf-8", "cp932", "utf-16"), "sheet": ("two",)}
    others |= {"delimiter": (",", ";", "tab"), "choice_columns": ("choice1,choice2", "tags")}
    others |= {"label_map": ("0=bad,1=good",), "input_format": ("csv", "jsonl", "txt", "json")}
    for name, values in others.items():
        if rng.random() < 0.03:
            found[name] = rng.choice(values)
    return found | ({"stdin": True} if stdin and rng.random() < 0.3 else {})


def of_settings(options: Options) -> None:
    """Settings and gates of every command that has them."""
    path = Path("s.yaml") if Path("s.yaml").exists() else None
    said = []
    for command in ("run", "compare"):
        for own in (configured_gates, configured_options):
            try:
                own(command, path)
            except UsageError as error:
                said.append(error)
        try:
            gates(GateChoices(config=path), command)
        except UsageError as error:
            said.append(error)
    if said:
        raise max(said, key=lambda error: len(str(error)))


def of_values(options: Options) -> None:
    """A map of labels, gates and arguments of a factory."""
    texts = text_set(["t.jsonl"], InputChoices(label_column=options["label"]))
    said = []
    tried: list[Callable[[], object]] = [lambda: read_factory_args(_text("args.json"))]
    for name in ("map.json", "map.txt"):
        tried.append(partial(as_labelled, texts, InputChoices(label_map=_text(name))))
    lines = _text("gates.txt").splitlines()
    for number, line in enumerate(lines, -len(lines)):  # the last is of comparisons
        command = "compare" if number == -1 else "run"
        tried.append(partial(gates, GateChoices(fail_if=[line]), command))
    for own in tried:
        try:
            own()
        except UsageError as error:
            said.append(error)
    if said:
        raise max(said, key=lambda error: len(str(error)))


def _text(name: str) -> str:
    """A value as the system gives it to a process: bytes that are no text become surrogates."""
    return Path(name).read_bytes().replace(b"\0", b"").decode("utf-8", "surrogateescape")


def of_results(options: Options) -> None:
    """Everything that a report takes of a results folder."""
    reading.read(Path("r"))


def of_redacted(options: Options) -> None:
    """A copy of results without texts."""
    with redacted(open_results(Path("r")), "en", wanted=True) as copy:
        assert Findings(copy).notes is not None


def of_model(options: Options) -> None:
    """A folder of a model, tried on a few words."""
    load_model(ModelSpec(model="m", **options))


def of_weights(options: Options) -> None:
    """A checkpoint."""
    path = next(own for own in Path().iterdir() if own.name != OPTIONS)
    try:
        require_readable(path)
    finally:
        read_state_dict(path)


def of_plotly(options: Options) -> None:
    """What is given as plotly.js."""
    read_plotlyjs(Path("p.js"))


def of_command(options: Options) -> None:
    """A whole command, and what it leaves behind."""
    before = {path.name for path in Path().iterdir()}
    done = call(*options["command"])
    error = done.exception
    if isinstance(error, OSError):
        raise RefusedError(f"reportgen: {system_said(error)}")
    if error is not None and not isinstance(error, SystemExit):
        raise error
    lines = done.stderr.splitlines()
    left = [path.name for path in Path().iterdir() if path.name.startswith(BESIDE)]
    assert not left, f"left behind: {left}"
    new = sorted({path.name for path in Path().iterdir()} - before)
    if done.exit_code in (1, 2):
        assert not new, f"half written: {new}"
        raise RefusedError(max(lines, key=len, default=""))
    assert done.exit_code in (0, 3, 4, 5), done.exit_code
    assert max(map(len, lines), default=0) < 2000, max(lines, key=len)


def commands(*every: str) -> Callable[[Random], Options]:
    """Chooses one of the commands."""
    return lambda rng: {"command": rng.choice(every).split()}


_RENDER = ("html", "md", "json", "csv", "parquet", "npz", "metrics", "confluence")
_FILES = {"metrics": "metrics.json", "confluence": "o.xml"}
_RENDERS = [f"render r -o {_FILES.get(name, f'o.{name}')}" for name in _RENDER]
_RENDERS += ["render r -o o.html --redact", "render r -o o.html --lang ja", "render r -o o.html"]


def _is_result(name: str) -> bool:
    return name.startswith(("r/", "s/"))


_OF_TEXTS = (
    Reader(f"texts {name}", own, of_texts, partial(choices_of_texts, stdin=is_piped))
    for name, own, is_piped in (
        ("csv", partial(seeds.of_delimited, "csv", ","), True),
        ("tsv", partial(seeds.of_delimited, "tsv", "\t"), False),
        ("jsonl", seeds.of_lines, True),
        ("json", seeds.of_json, True),
        ("txt", seeds.of_text, True),
        ("gz, zst", seeds.of_packed, False),
        ("parquet", seeds.of_parquet, True),
        ("xlsx", seeds.of_workbook, True),
        ("arrow", seeds.of_dataset, False),
    )
)
READERS = (
    *_OF_TEXTS,
    Reader("settings", seeds.of_settings, of_settings),
    Reader(
        *("label maps, gates", seeds.of_values, of_values),
        lambda rng: {"label": rng.choice(("label", "tags"))},
        lambda name: name != "t.jsonl",
    ),
    Reader("results", seeds.of_results, of_results),
    Reader("redaction", seeds.of_redacted, of_redacted),
    Reader("model", seeds.of_model, of_model),
    Reader("weights", seeds.of_weights, of_weights),
    Reader("plotly.js", seeds.of_plotly, of_plotly),
    Reader("render", seeds.of_results, of_command, commands(*_RENDERS), is_command=True),
    Reader(
        *("compare", seeds.of_pairs, of_command),
        commands("compare r s -o o.html", "compare r s -o o.json", "compare s r -o o.md"),
        _is_result,
        is_command=True,
    ),
    Reader("check", seeds.of_model, of_command, commands("check -m m"), is_command=True),
    Reader(
        *("run", lambda: [seeds.of_lines()[0] | seeds.of_settings()[0]], of_command),
        commands("run t.jsonl -o o.html", "run t.jsonl -o o.json --label-column label"),
        is_command=True,
    ),
)


def case_of(reader: Reader, made: Sequence[seeds.Files], number: int) -> dict[str, bytes]:
    """The files of a case: those of a seed after some changes, and the options."""
    from fuzzing.mutations import changed

    rng = Random(f"{reader.name} {number}")
    files = dict(made[rng.randrange(len(made))])
    names = [name for name in files if reader.is_changed(name)]
    for name in rng.sample(names, min(len(names), rng.choice((1, 1, 1, 2)))):
        if len(files) > 1 and rng.random() < 0.02:
            del files[name]
        else:
            files[name] = changed(name, files[name], rng)
    options = reader.options(rng)
    return files | {OPTIONS: json.dumps(options).encode()}


def read_case(reader: Reader) -> str:
    """Read the case in the current folder; what was said of it, "" if it could be read.

    Raises:
        Exception: any that no user should see.
    """
    options = json.loads(Path(OPTIONS).read_bytes())
    try:
        reader.read(options)
    except (ReportgenError, RefusedError) as error:
        return str(error) or "nothing said"
    except OSError as error:  # as the command line prints it
        return system_said(error)
    return ""
