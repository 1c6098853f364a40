"""Results folders and shards without a manifest, as earlier versions wrote them, for tests that
alter files: a manifest would refuse each of them, and a stranger can leave it out."""

import json
from pathlib import Path
from zipfile import ZipFile


def without_manifest(folder: Path) -> None:
    """Take the manifest out of results.json in `folder`."""
    path = folder / "results.json"
    record = json.loads(path.read_text("utf-8"))
    record.pop("manifest", None)
    path.write_text(json.dumps(record, ensure_ascii=False), "utf-8")


def shard_without_manifest(folder: Path) -> None:
    """Make the shard in `folder` one that an earlier version wrote: its files do not list one
    another, nor does it say what code it ran."""
    for path in folder.glob("*.zip"):
        with ZipFile(path) as old:
            parts = {name: old.read(name) for name in old.namelist()}
        facts = json.loads(parts["facts.json"])
        del facts["manifest"]
        with ZipFile(path, "w") as new:
            for name, part in (parts | {"facts.json": json.dumps(facts).encode()}).items():
                new.writestr(name, part)
    for name, drop in (("shard.json", ("manifest",)), ("run.json", ("identity", "code"))):
        record = own = json.loads((folder / name).read_text("utf-8"))
        for key in drop[:-1]:
            own = own[key]
        del own[drop[-1]]
        (folder / name).write_text(json.dumps(record), "utf-8")
