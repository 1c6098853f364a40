"""Repositories as someone uses them by hand."""

import os
import subprocess
from pathlib import Path


def git(*words: object, cwd: Path) -> str:
    """What git prints."""
    whos, whats = ("AUTHOR", "COMMITTER"), ("NAME", "EMAIL")
    environment = os.environ | {f"GIT_{who}_{what}": "x" for who in whos for what in whats}
    ran = subprocess.run(
        ["git", *map(str, words)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


def edit(work: Path, name: str, text: str) -> None:
    """Someone edits a file by hand."""
    (work / name).write_text(text, "utf-8")
    git("add", ".", cwd=work)
    git("commit", "--quiet", "-m", "By hand", cwd=work)
    git("push", "--quiet", cwd=work)
