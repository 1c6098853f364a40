"""Scores that came with texts: brought to units, judged, drawn and written as any measure."""

from pathlib import Path

import numpy as np
import pytest
from helpers.calling import call
from helpers.real.models import save_model
from scipy.stats import spearmanr

import reportgen
from reportgen.analysis.user_scores import score_grains, scores_by_token
from reportgen.errors import InputError, UsageError
from reportgen.models import EncodedText
from reportgen.models.tokens.encoded import TokenSpan
from reportgen.results import ScoreSource
from reportgen.texts import TextInput, TextSet, UserScores

# The tokens of "good films now", "films" in two parts; special tokens around it.
TOKENS = ("[CLS]", "good", "film", "##s", "now", "[SEP]")
PLACES = (None, (0, 4), (5, 9), (9, 10), (11, 14), None)


def encoded(units: tuple[int, ...] = (0, 1, 2, 3, 4, 5)) -> EncodedText:
    return EncodedText(
        ids=(1, 2, 3, 4, 5, 6),
        type_ids=None,
        tokens=TOKENS,
        spans=tuple(None if place is None else TokenSpan(0, *place) for place in PLACES),
        segments=(None, 0, 0, 0, 0, None),
        roles=("cls", None, None, None, None, "sep"),
        units=units,
        n_truncated=0,
        cuts=(None, None),
        n_unknown=0,
    )


def by_token(
    text: EncodedText, *values: float, words: tuple[str, ...] | None = None
) -> list[float]:
    source = TextInput("a", "good films now", scores=(UserScores("own", values, words, "t.csv:2"),))
    texts = TextSet((source,), (), scores=(ScoreSource("own"),))
    grains = score_grains(texts, lambda rows: [text for _ in rows])
    rows = scores_by_token(source, text, ["own"], grains)
    assert rows is not None
    return [float("nan") if value is None else value for (value,) in rows]


NAN = float("nan")
IN_WORDS = (0, 1, 2, 2, 3, 4)


@pytest.mark.parametrize(
    ("units", "values", "words", "expected"),
    [
        ((0, 1, 2, 3, 4, 5), (9, 1, 2, 3, 4, 8), None, (9, 1, 2, 3, 4, 8)),  # of all tokens
        ((0, 1, 2, 3, 4, 5), (1, 2, 3, 4), None, (NAN, 1, 2, 3, 4, NAN)),  # without special tokens
        (
            (0, 1, 2, 3, 4, 5),
            (1, 2, 3),
            None,
            (NAN, 1, 2, 2, 3, NAN),
        ),  # a part has that of its word
        (IN_WORDS, (9, 1, 2, 3, 4, 8), None, (9, 1, 5, 5, 4, 8)),  # a word has the sum of its parts
        (IN_WORDS, (1, 2, 3), None, (NAN, 1, 2, 2, 3, NAN)),
        (IN_WORDS, (9, 1, 2, 3, 8), None, (9, 1, 2, 2, 3, 8)),  # of units with special ones
        (IN_WORDS, (7, 1, 2), ("", "good", "now "), (NAN, 1, NAN, NAN, 2, NAN)),
        (IN_WORDS, (1, 2, 3, 4), TOKENS[1:5], (NAN, 1, 5, 5, 4, NAN)),
        (IN_WORDS, (1, 5), ("[CLS]", "films now"), (NAN, NAN, 5, 5, 5, NAN)),
    ],
)
def test_scores_are_brought_to_units(
    units: tuple[int, ...],
    values: tuple[float, ...],
    words: tuple[str, ...] | None,
    expected: tuple[float, ...],
) -> None:
    np.testing.assert_array_equal(by_token(encoded(units), *values, words=words), expected)


def test_scores_that_do_not_fit_are_told_with_counts() -> None:
    with pytest.raises(InputError) as error:
        by_token(encoded(), 1, 2)
    assert str(error.value) == (
        "t.csv:2: scores 'own' of the text 'a': 2 scores, and the text has 6 tokens with special "
        "tokens, 4 tokens without, 3 words between spaces, 6 units with special tokens, 4 units "
        "without; give one for each"
    )
    with pytest.raises(InputError, match="'bad' does not stand in the text there"):
        by_token(encoded(), 1, words=("bad",))
    # In three units, one of two tokens, as many with special ones as there are tokens without.
    with pytest.raises(InputError, match="4 scores could be of tokens without or of units with"):
        by_token(encoded((0, 1, 1, 1, 2, 3)), 1, 2, 3, 4)


TEXTS = ["the cats sat on 1,000 mats", "unbelievable cats sat on mats", "on the mats cats sat"] * 2


def test_scores_are_judged_drawn_and_kept_like_a_measure(bert: Path, tmp_path: Path) -> None:
    """The agreement against a plain correlation; effects given as scores agree wholly, and what a
    function is told of a text are its tokens."""
    texts = [f"{text} {number}" for number, text in enumerate(TEXTS)]
    told: dict[str, tuple[str, ...]] = {}

    def size(text: str, tokens: tuple[str, ...]) -> list[float]:
        told[text] = tokens
        return [float(len(token)) for token in tokens]

    random = np.random.default_rng(3)
    given = [random.normal(size=len(text.split())) for text in texts]
    report = reportgen.analyze(
        texts, bert, scores={"a <b>": given}, attribute={"size": size}, folder=tmp_path / "results"
    )
    results = report.results
    assert list(told) == texts
    assert told[texts[1]] == tuple(results.tokens_of(1)["token"])
    correlations = []
    for text, scores in enumerate(given):
        tokens, effects = results.tokens_of(text), results.effects_of(text)
        assert effects is not None
        first = tokens.groupby("unit").head(1)
        content = first[~first["is_special"].astype(bool)]
        effect = effects["effect"].to_numpy()[content["position"]]
        word = np.array([texts[text][:start].count(" ") for start in content["start"]])
        stored = np.array([row[0] for row in content["user_scores"]])
        np.testing.assert_array_equal(stored, scores[word])
        correlations.append(spearmanr(abs(stored), abs(effect)).statistic)
    stated = report.findings.agreement_by_size["scores:a <b>"]
    assert stated.estimate.mean == pytest.approx(np.mean(correlations), abs=1e-9)
    page, tokens_file = tmp_path / "r.html", tmp_path / "tokens.csv"
    report.save(page, tokens_file)
    html = page.read_text("utf-8")
    assert "a &lt;b&gt;" in html
    assert "a <b>" not in html
    assert "not measured by reportgen" in html
    assert "scores:a <b>,scores:size" in tokens_file.read_text("utf-8-sig").splitlines()[0]
    again, redacted = tmp_path / "again.html", tmp_path / "redacted.html"
    assert call("render", tmp_path / "results", "-o", again).exit_code == 0
    assert again.read_bytes() == page.read_bytes()
    assert call("render", tmp_path / "results", "--redact", "-o", redacted).exit_code == 0
    hidden = redacted.read_text("utf-8")
    assert '{"id":"scores:' in html
    assert '{"id":"scores:' not in hidden  # of no text
    assert "a &lt;b&gt;" in hidden  # how far they agree


def test_a_function_knows_nothing_of_what_a_model_writes(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "gpt2", "gpt2", "causal", num_hidden_layers=1)

    def place(text: str, tokens: tuple[str, ...]) -> list[int]:
        return list(range(len(tokens)))

    report = reportgen.analyze(
        ["the cats sat"], folder, attribute=place, generate=2, units="token", evidence="none"
    )
    tokens = report.results.tokens_of(0)
    known = np.array([row[0] for row in tokens["user_scores"]])
    n = int((tokens["segment"] != 2).sum())
    assert n == len(tokens) - 2
    np.testing.assert_array_equal(known, [*range(n), NAN, NAN])


def test_a_function_that_fails_is_told_with_the_text(bert: Path) -> None:
    def broken(text: str, tokens: tuple[str, ...]) -> list[float]:
        raise RuntimeError("no gradient")

    with pytest.raises(InputError, match="failed on the text '1': "):
        reportgen.analyze(["the cats sat"], bert, attribute=broken)
    with pytest.raises(UsageError, match="1 for 2 texts"):
        reportgen.analyze(["the cats", "sat"], bert, scores={"own": [[1.0, 2.0]]})
