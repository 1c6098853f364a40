"""Which texts are copies of others."""

from pathlib import Path

import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results

from reportgen.errors import ResultsError
from reportgen.findings import READ, first_alike, n_different
from reportgen.findings.attention import takes_part
from reportgen.report import redacted
from reportgen.results import Results


def repeated(folder: Path) -> Results:
    return make_results(folder, (HEADLINES[0],) * 4 + HEADLINES[1:3])


def test_texts_are_equal_if_all_that_is_read_is(tmp_path: Path) -> None:
    results = repeated(tmp_path)
    assert first_alike(results).tolist() == [0, 0, 0, 0, 4, 5]
    assert n_different(results.texts[list(READ)]) == 3
    written = results.texts.assign(completion=["yes", "no", "yes", None, "yes", "yes"])
    found = changed(results, texts=written)
    assert first_alike(found).tolist() == [0, 1, 0, 3, 4, 5]
    assert n_different(found.texts[list(READ)]) == 5


def test_texts_with_other_choices_differ(tmp_path: Path) -> None:
    results = make_results(tmp_path, (HEADLINES[0],) * 4 + HEADLINES[1:3], kind="choice")
    names = [["a", "b"], ["a", "c"], ["a", "b"], ["a", "c"], [], []]
    found = changed(results, texts=results.texts.assign(score_names=names))
    assert first_alike(found).tolist() == [0, 1, 0, 1, 4, 5]


def test_copies_take_part_once_where_too_few_texts_differ(tmp_path: Path) -> None:
    results = repeated(tmp_path)
    assert takes_part(results).tolist() == [True, False, False, False, True, True]
    written = results.texts.assign(completion=["a", "b", "c", "c", None, None])
    assert takes_part(changed(results, texts=written)).all()  # five differ


def test_equal_texts_are_not_redacted_since_nothing_would_show_that_they_are(
    tmp_path: Path,
) -> None:
    text = "".join(HEADLINES)
    with (
        pytest.raises(ResultsError, match=r"takes 5 different texts of 5 words .* are 1;"),
        redacted(make_results(tmp_path / "same", (text,) * 8), "en", wanted=True),
    ):
        pass
    different = tuple(text[2 * i :] for i in range(5))
    with redacted(make_results(tmp_path / "five", different * 2), "en", wanted=True) as copy:
        assert len(copy.texts) == 10
