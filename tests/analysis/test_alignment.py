"""A decoder that was trained to reverse words looks at the word that it writes, and the report says
so: in its map across to the text, in its marks, and in what moves each word."""

import json

import numpy as np
import pytest
from helpers.calling import call
from helpers.real.reversing import WORDS, save_reversing

from reportgen.findings import Findings
from reportgen.findings.sinks import cross_tokens
from reportgen.report.charts import aligned, unit_map
from reportgen.results import (
    DELETION_SCORES,
    Results,
    attention_maps,
    open_results,
    text_units,
    written_units,
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("reversing")
    save_reversing(folder / "model")
    random = np.random.default_rng(1)
    texts = [random.permutation(WORDS)[: 3 + i % 3].tolist() for i in range(12)]
    lines = [
        json.dumps({"text": " ".join(words), "completion": " ".join(words[::-1])})
        for words in texts
    ]
    (folder / "texts.jsonl").write_text("\n".join(lines), "utf-8")
    given = ("-m", folder / "model", "-o", folder / "made")
    done = call("analyze", folder / "texts.jsonl", *given)
    assert done.exit_code == 0, done.stderr
    return open_results(folder / "made")


def test_it_writes_words_in_reverse(results: Results) -> None:
    found = Findings(results).fits
    assert found.known("first_choice").mean == 1
    assert found.known("perplexity").mean < 1.1


def test_marks_show_the_word_that_each_row_writes(results: Results) -> None:
    for row, text_id in enumerate(results.texts["text_id"]):
        maps = attention_maps(results, text_id, part="cross")
        units = text_units(results, row)
        cells = unit_map(maps.values, written_units(results, row), units.unit_of)
        *words, end = aligned(cells, units.content)
        n = len(words)
        assert words == list(range(n))[::-1]
        assert maps.queries[:n] == maps.tokens[:n][::-1]
        # What ends the target looks at what ends the text.
        assert maps.values[n].argmax() == n
        assert end is None or maps.values[n, :n].sum() < 0.5


def test_each_word_is_moved_most_by_itself(results: Results) -> None:
    hits = total = 0
    for row in range(len(results.texts)):
        effects = results.effects_of(row)[DELETION_SCORES]
        moved = np.stack([own for own in effects if own is not None])  # [word, step]
        n = len(moved)
        # The last word of the text is the first to be written; without a word all after it move up.
        hits += sum(moved[n - 1 - step, step] > 1 for step in range(n))
        total += n
    assert hits / total > 0.9


def test_cross_attention_does_not_rest_anywhere(results: Results) -> None:
    found = {token.subject.key: token for token in cross_tokens(results)}
    assert found["eos"].verdict != "sink"
