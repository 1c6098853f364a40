"""Results folders without a manifest, for tests that alter files: a manifest would refuse each of
them, and a stranger can leave it out."""

import json
from pathlib import Path


def without_manifest(folder: Path) -> None:
    """Take the manifest out of results.json in `folder`."""
    path = folder / "results.json"
    record = json.loads(path.read_text("utf-8"))
    record.pop("manifest", None)
    path.write_text(json.dumps(record, ensure_ascii=False), "utf-8")
