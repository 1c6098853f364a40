"""Identifies an analysis, so that only the same analysis continues from its results."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from reportgen.analysis.options import AnalysisOptions
from reportgen.analysis.run_info import RunStart, run_start, versions
from reportgen.analysis.work.folder import RUN_FILE
from reportgen.errors import UsageError
from reportgen.files import keep
from reportgen.texts import TextSet

if TYPE_CHECKING:
    from reportgen.analysis.worker import Worker


def start_in(folder: Path, worker: "Worker") -> RunStart:
    """What the analysis in `folder` found out at its start; if none has started there, this one
    does.

    Raises:
        UsageError: it was of other texts, another model, other options or versions.
        OutputError: the disk is full or fails.
    """
    identity = _identity(worker)
    try:
        known, start = _stored(folder)
    except FileNotFoundError as error:
        if any(folder.glob("*.zip")):  # results of what is not known
            raise _damaged(folder) from error
        start = run_start(worker)
        content = json.dumps({"identity": identity, "begun": asdict(start)}, indent=1)
        keep(folder / RUN_FILE, content.encode())
        return start
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder) from error
    _require(folder, known, identity)
    return start


def _damaged(folder: Path) -> UsageError:
    return UsageError(f"{folder / RUN_FILE}: damaged; give --force, not --resume")


def _require(folder: Path, known: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
    differing = list(_differences(known, identity))
    if differing:
        raise UsageError(
            f"{folder.name}: of another run: {'; '.join(differing)}. Give what it was given, or "
            "--force in place of --resume to start anew"
        )


def number_in(folder: Path) -> str | None:
    """The number of texts that get evidence in the analysis in `folder`; None if none was started
    there, or if its file is damaged."""
    try:
        return _stored(folder)[1].info.evidence.asked
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _stored(folder: Path) -> tuple[Mapping[str, Any], RunStart]:
    path = folder / RUN_FILE
    if not path.is_file():  # a pipe would be waited for
        raise FileNotFoundError(path)
    try:
        stored = json.loads(path.read_bytes())
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    identity = msgspec.convert(stored["identity"], dict[str, Any])
    if not identity.keys() >= {"options", "versions", "device", "batching", *_NAMES}:
        raise ValueError("not all is said of the analysis")
    model, *others = msgspec.convert(identity["model"], tuple[dict[str, Any], Any, Any])
    info = {name: value for name, value in model.items() if name not in _CODE_FIELDS}
    identity["model"] = [info, *others]
    for name in ("options", "versions"):
        msgspec.convert(identity[name], dict[str, Any])
    return identity, msgspec.convert(stored["begun"], RunStart)


def _identity(worker: "Worker") -> dict[str, Any]:
    """All that the results of items depend on."""
    model = worker.model
    info = {name: value for name, value in asdict(model.info).items() if name not in _CODE_FIELDS}
    code, files = (getattr(model.info, name) for name in _CODE_FIELDS)
    return {
        **_without_model(worker.texts, worker.options),
        "weights": model.info.weights_sha256,
        _CODE: [code, *map(list, files)] if files else code,
        "model": json.loads(json.dumps([info, asdict(model.output), model.prompts])),
        "tokenizer": _tokenizer_digest(worker),
        "device": worker.device_name,
        "batching": worker.probed.batching,
    }


def _without_model(texts: TextSet, asked: AnalysisOptions) -> dict[str, Any]:
    options = asdict(asked) | {"swap": asked.swap and str(asked.swap)}
    if asked.evidence_budget is not None:
        del options["evidence_texts"]  # it came from the budget
    return {
        "texts": _digest(texts),
        "files": [asdict(file) for file in texts.files],
        "versions": versions(),
        "options": {
            **options.pop("shown"),
            **{name.replace("_", "-"): value for name, value in options.items()},
        },
    }


def _digest(texts: TextSet) -> str:
    """A hash of all that is known of each text."""
    digest = sha256()
    for text in texts.texts:
        known = repr(text)
        if text.variant_of is not None:
            known += repr((text.variant_of, text.variant))
        if text.scores:
            known += repr(text.scores)
        digest.update(known.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _tokenizer_digest(worker: "Worker") -> str:
    tokenizer = worker.model.tokenizer
    known = tokenizer.backend_tokenizer.to_str() if tokenizer.is_fast else repr(tokenizer)
    return sha256(known.encode("utf-8", "surrogatepass")).hexdigest()


_CODE = "code"
_CODE_FIELDS = ("code_sha256", "code_files")  # of the model
_NAMES = {
    "texts": "the texts differ",
    "files": "the files of texts differ",
    "weights": "the weights of the model differ",
    _CODE: "the Python file of --factory, or one that it imports, has changed",
    "model": "the model differs",
    "tokenizer": "the tokenizer differs",
}


def _differences(known: Mapping[str, Any], identity: Mapping[str, Any]) -> Iterator[str]:
    """What differs between two identities, the first `known` before."""
    was, now = known["options"], identity["options"]
    for name in sorted({**was, **now}):
        if was.get(name) != now.get(name):
            yield f"--{name} was {_shown(was.get(name))} and is {_shown(now.get(name))}"
    for name in sorted({**known["versions"], **identity["versions"]}):
        first, second = known["versions"].get(name), identity["versions"].get(name)
        if first != second:
            yield f"{name} was {first} and is {second}"
    for name in ("device", "batching"):
        if known[name] != identity[name]:
            yield f"the {name} was {known[name]} and is {identity[name]}"
    for name, sentence in _NAMES.items():
        if name in known.keys() & identity.keys() and known[name] != identity[name]:
            yield sentence


def _shown(value: Any) -> str:
    return "not given" if value is None else str(value)
