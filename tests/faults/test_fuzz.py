"""Changed files for every reader of bytes that come from elsewhere: each is read or refused in one
line. The corpus holds those that once failed."""

import pytest
from fuzz import corpus_of, counted, made_by, opened
from fuzzing.pool import outcomes
from fuzzing.readers import READERS, Reader

every = pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)


@every
def test_what_once_failed_is_read_or_refused(reader: Reader) -> None:
    kept = [opened(path, made_by(reader)) for path in corpus_of(reader)]
    for outcome, _ in outcomes(reader, iter(enumerate(kept))):
        assert not outcome.failure, (corpus_of(reader)[outcome.number], outcome.failure)


@pytest.mark.parametrize(
    "reader", [own for own in READERS if not own.is_command], ids=lambda reader: reader.name
)
def test_changed_files_are_read_or_refused_in_one_line(reader: Reader) -> None:
    n_cases = 9 if reader.name == "results" else 4  # which have the most kinds of files
    assert not counted(reader, n_cases).failures


@pytest.mark.whole
@every
def test_whole_changed_files_are_read_or_refused_in_one_line(reader: Reader) -> None:
    count = counted(reader, 350 if reader.is_command else 3_000, first=1_000)
    assert not count.failures
