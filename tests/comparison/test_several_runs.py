"""One run and several, as outputs are written from them."""

from pathlib import Path

import pytest
from helpers.made_up.factories import make_results
from helpers.made_up.with_answers import TEXTS
from helpers.real.two_models import chain

from reportgen.comparison import ANY, ONE, SEVERAL, Runs
from reportgen.findings import Findings
from reportgen.report import redacted_comparison


@pytest.mark.parametrize("n", [1, 2, 3])
def test_they_know_how_many_they_are_and_what_they_are_of(tmp_path: Path, n: int) -> None:
    made = [make_results(tmp_path / str(i), seed=i) for i in range(n)]
    runs = Runs(Findings(made[0])) if n == 1 else chain(*made).runs
    assert runs.n == n
    assert [n in which for which in (ONE, SEVERAL, ANY)] == [n == 1, n > 1, True]
    assert list(runs.infos) == [side.info for side in made]
    assert runs.findings.info == made[-1].info
    assert runs.command == ("run" if n == 1 else "compare")
    assert ("texts_comparable" in runs.figures) == (n > 1)
    assert ("n_texts" in runs.figures) == (n == 1)


@pytest.mark.parametrize("n", [2, 3])
def test_redacted_runs_are_as_many(tmp_path: Path, n: int) -> None:
    made = [make_results(tmp_path / str(i), TEXTS, seed=i, evidence="basic") for i in range(n)]
    with redacted_comparison(chain(*made), "en", wanted=True) as masked:
        assert masked.runs.n == n
        assert all(info.settings.options["redact"] for info in masked.runs.infos)
