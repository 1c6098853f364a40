"""Files of results that were swapped, cut or damaged: each is named, or changes nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from helpers.calling import call
from helpers.made_up.factories import make_results

TEXTS = tuple(f"headline number {number}" for number in range(12))
OUTPUTS = ("summary.json", "texts.csv", "heads.csv", "tokens.csv", "sinks.csv", "maps.npz")
Change = Callable[[Random, Path, Path, Path], None]  # of a file, given both runs


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The results of two models on the same texts."""
    place = tmp_path_factory.mktemp("runs")
    for number, name in enumerate(("one", "other")):
        made = {"seed": number, "evidence": "full", "n_layers": 2, "n_heads": 2, "later": True}
        make_results(place / name, TEXTS, **made)
    return place / "one", place / "other"


def swap(random: Random, path: Path, one: Path, other: Path) -> None:
    """The same file of the other run."""
    shutil.copyfile(other / path.name, path)


def mix(random: Random, path: Path, one: Path, other: Path) -> None:
    """Another file of the same run or of the other one."""
    source = random.choice([each for each in one.iterdir() if each.name != path.name])
    shutil.copyfile(random.choice((one, other)) / source.name, path)


def flip(random: Random, path: Path, one: Path, other: Path) -> None:
    """One bit."""
    content = bytearray(path.read_bytes())
    content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    path.write_bytes(content)


def cut(random: Random, path: Path, one: Path, other: Path) -> None:
    """The end is missing, or something stands after it."""
    content = path.read_bytes()
    path.write_bytes(random.choice((content[: random.randrange(len(content))], content + b"\0")))


CHANGES: tuple[Change, ...] = (swap, swap, mix, flip, flip, cut)


def rendered(results: Path, place: Path) -> tuple[int, dict[str, bytes], str]:
    """The exit code of `render`, what it wrote, and what it said."""
    shutil.rmtree(place, ignore_errors=True)
    files = [place / name for name in OUTPUTS]
    outputs = [part for file in files for part in ("-o", file)]
    done = call("render", results, *outputs)
    return done.exit_code, {f.name: f.read_bytes() for f in files if f.exists()}, done.stderr


def unnoticed(runs: tuple[Path, Path], place: Path, n_times: int, seed: int) -> dict[str, int]:
    """How many of `n_times` changes to one file are told, change nothing that is written, or give
    other figures without a word."""
    random = Random(seed)
    one, other = runs
    expected = rendered(one, place / "out")[1]
    found = {"told": 0, "harmless": 0, "unnoticed": 0}
    altered = place / "altered"
    for _ in range(n_times):
        shutil.rmtree(altered, ignore_errors=True)
        shutil.copytree(one, altered)
        path = altered / random.choice(sorted(file.name for file in one.iterdir()))
        before = path.read_bytes()
        random.choice(CHANGES)(random, path, one, other)
        if path.read_bytes() == before:
            continue
        code, files, said = rendered(altered, place / "out")
        if code == 0:
            found["harmless" if files == expected else "unnoticed"] += 1
            continue
        assert (code, said.count("\n"), files) == (1, 1, {}), said
        assert path.name in said or path.name == "results.json", said
        found["told"] += 1
    return found


def test_a_file_of_another_run_or_with_another_bit_is_named(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    found = unnoticed(runs, tmp_path, 12, seed=1)
    assert found["unnoticed"] == 0
    assert found["told"] > 6


@pytest.mark.whole
def test_whole_a_file_of_another_run_or_with_another_bit_is_named(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    found = unnoticed(runs, tmp_path, 1_200, seed=2)
    print(found)
    assert found["unnoticed"] == 0
    assert found["told"] + found["harmless"] > 1_000
