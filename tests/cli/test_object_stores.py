"""Results read from addresses, and outputs written there; fsspec's file systems in memory and on
the disk stand for object stores and others."""

from collections.abc import Callable
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from helpers.calling import call
from helpers.made_up.factories import make_results

from reportgen.errors import OutputError, UsageError
from reportgen.files import Address, Uploads, object_stores


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, which is empty, and the temporary one beside it."""
    for name in ("here", "tmp"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return tmp_path / "here"


@pytest.fixture
def store(tmp_path: Path) -> fsspec.AbstractFileSystem:
    """A store with results at `runs/one`."""
    store = fsspec.filesystem("memory")
    store.store.clear()
    store.pseudo_dirs[:] = [""]
    make_results(tmp_path / "results")
    for path in (tmp_path / "results").iterdir():
        store.pipe(f"/runs/one/{path.name}", path.read_bytes())
    return store


def test_results_are_read_and_outputs_written_at_addresses(here: Path, store) -> None:
    done = call("render", "memory://runs/one", "-o", "memory://out/a/page.md", "-o", "own.json")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "memory://out/a/page.md: written"
    assert [path.name for path in here.iterdir()] == ["own.json"]
    assert not list((here.parent / "tmp").iterdir())
    assert call("render", here.parent / "results", "-o", "page.md").exit_code == 0
    assert store.cat("/out/a/page.md") == (here / "page.md").read_bytes()
    again = ("render", here.parent / "results", "-o", "memory://out/a/page.md", "--lang", "ja")
    refused = call(*again)
    assert refused.exit_code == 2
    assert "memory://out/a/page.md: exists; give --force" in refused.stderr
    assert call(*again, "--force").exit_code == 0
    assert store.cat("/out/a/page.md") != (here / "page.md").read_bytes()
    compared = call("compare", "memory://runs/one/", "memory://runs/one", "-o", "memory://out/c.md")
    assert compared.exit_code == 0, compared.stderr
    assert store.exists("/out/c.md")
    none = call("render", "memory://runs/none", "-o", "page.html")
    assert none.exit_code == 1
    assert "memory://runs/none: no such folder" in none.stderr


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_failed_upload_leaves_nothing_there_and_says_where_the_copy_is(
    here: Path, store, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    root = here.parent / "store" if kind == "file" else Path("/store")
    system = {"memory": MemoryFileSystem, "file": LocalFileSystem}[kind]
    whole: Callable[..., None] = system.put_file

    def fails(self, local: str, path: str, **options: object) -> None:
        if Path(path).name.startswith("texts"):
            if kind == "file":
                Path(path).write_bytes(b"half")
            raise OSError("no route to host")
        whole(self, local, path, **options)

    outputs = [f"{kind}://{root}/{name}" for name in ("texts.csv", "figures.json")]
    command = ("render", here.parent / "results", *("-o", outputs[0], "-o", outputs[1]))
    with monkeypatch.context() as patch:
        patch.setattr(system, "put_file", fails)
        failed = call(*command)
    assert failed.exit_code == OutputError.exit_code
    (folder,) = here.iterdir()
    assert f"(no route to host); the outputs are complete in {folder.name}/" in failed.stderr
    assert "/texts.csv, " in failed.stderr
    names = {path.name for path in folder.rglob("*") if path.is_file()}
    assert names == {"texts.csv", "figures.json"}
    there = {Path(path).name for path in fsspec.filesystem(kind).find(str(root))}
    assert there == ({"figures.json"} if kind == "memory" else set())  # whole, or none
    assert call(*command).exit_code == 2  # neither copy is lost
    assert call(*command, "--force").exit_code == 0
    assert {Path(path).name for path in fsspec.filesystem(kind).find(str(root))} == names
    assert not list(here.iterdir())


def test_a_folder_of_results_is_none_until_it_is_complete(
    here: Path, store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.pipe({"/runs/one/sinks.parquet": b"old", "/runs/one/mine.txt": b"kept"})
    with pytest.raises(UsageError, match="memory://runs/one/: exists"):
        Uploads([Address("memory", "runs/one", True)], force=False)
    uploads = Uploads([Address("memory", "runs/one", True)], force=True)
    place = Path(uploads.place(Address("memory", "runs/one", True)))
    place.mkdir(parents=True)
    for name in ("results.json", "texts.parquet"):
        (place / name).write_bytes(b"new")
    (place.parent / "one.unfinished").mkdir()
    (place.parent / "one.unfinished" / "plan.json").write_bytes(b"to go on from")
    seen = []
    whole = MemoryFileSystem.put_file

    def put(self, local: str, path: str, **options: object) -> None:
        seen.append((path, self.exists("/runs/one/results.json")))
        whole(self, local, path, **options)

    monkeypatch.setattr(MemoryFileSystem, "put_file", put)
    uploads.send()
    assert seen == [("/runs/one/texts.parquet", False), ("/runs/one/results.json", False)]
    found = {Path(path).name: store.cat(path) for path in store.find("/runs")}
    assert found == {"results.json": b"new", "texts.parquet": b"new", "mine.txt": b"kept"}
    assert [path.name for path in here.rglob("*") if path.is_file()] == ["plan.json"]


@pytest.mark.parametrize("times", [1, 9])
def test_results_that_are_replaced_while_they_are_copied_are_copied_again(
    here: Path, store, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    for seed, name in enumerate(("old", "new")):
        make_results(here.parent / name, ("one", "two", "three"), seed=seed)
    kept = {
        name: {path.name: path.read_bytes() for path in (here.parent / name).iterdir()}
        for name in ("old", "new")
    }
    store.pipe({f"/runs/r/{name}": content for name, content in kept["old"].items()})
    whole, seen = MemoryFileSystem.get_file, []

    def get(self, path: str, local: str, **options: object) -> None:
        whole(self, path, local, **options)
        if path.endswith("results.json"):
            seen.append(path)
            now = kept["new" if len(seen) % 2 else "old"]
            if len(seen) <= times:
                store.pipe({f"/runs/r/{name}": content for name, content in now.items()})

    monkeypatch.setattr(MemoryFileSystem, "get_file", get)
    done = call("render", "memory://runs/r", "-o", "texts.csv")
    if times > 1:
        assert done.exit_code == 1
        assert "memory://runs/r: was replaced while it was read; run it again" in done.stderr
        return
    assert done.exit_code == 0, done.stderr
    assert call("render", here.parent / "new", "-o", "new_texts.csv").exit_code == 0
    assert (here / "texts.csv").read_bytes() == (here / "new_texts.csv").read_bytes()


def test_what_is_no_place_is_told_before_any_work(
    here: Path, store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for output, told in (
        ("nowhere://a/page.html", "nowhere:// is not known; give a path, or s3:// or gs://"),
        ("memory://a/../page.html", "give a plain path in the store"),
        ("memory://a//page.html", "give a plain path in the store"),
    ):
        refused = call("run", "none.txt", "-o", output)
        assert (refused.exit_code, told in refused.stderr) == (2, True), refused.stderr
    monkeypatch.setattr(MemoryFileSystem, "exists", lambda self, path: 1 / 0)
    refused = call("run", "none.txt", "-o", "memory://a/page.html")
    assert "cannot be reached (division by zero); check the name" in refused.stderr

    def missing(name: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(object_stores, "import_module", missing)
    refused = call("analyze", "none.txt", "-o", "s3://bucket/results/")
    assert refused.stderr.endswith("pip install 'attention-reportgen[s3]'\n")
    assert not list(here.iterdir())
