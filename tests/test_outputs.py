"""Which outputs a command may write together."""

from pathlib import Path

import pytest

from reportgen.errors import UsageError
from reportgen.outputs import Output, plan_outputs


def test_each_path_asks_for_its_writer(tmp_path: Path) -> None:
    paths = [f"{tmp_path}/{name}" for name in ("a.html", "b.md", "tokens.csv", "r/")]
    planned = plan_outputs([*paths, "-"], None, force=False)
    writers = ("html", "md", "csv", "folder", "html")
    assert planned == tuple(map(Output, [*paths, "-"], writers))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a.html", "./a.html"), "named twice"),
        (("-", "-"), "named twice"),
        (("r/", "r/report.html"), "lies in the results folder"),
        (("r/deep/tokens.csv", "r/"), "lies in the results folder"),
        (("r/", "s/"), "one results folder at a time"),
    ],
)
def test_outputs_that_would_meet_are_refused(tmp_path: Path, monkeypatch, names, words) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=words):
        plan_outputs(names, None, force=True)


def test_an_input_is_never_overwritten(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts.csv").write_text("text\na\n")
    with pytest.raises(UsageError, match="is also read from"):
        plan_outputs(["./texts.csv"], None, force=True, inputs=["texts.csv", "-"])


def test_a_report_beside_a_results_folder_is_fine(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(plan_outputs(["r/", "r.html", "-"], None, force=False)) == 3
