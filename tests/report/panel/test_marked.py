"""A text with its strongest units marked, whole and shortened."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.made_up.factories import HEADLINES, make_results
from hypothesis import given
from hypothesis import strategies as st

from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.components import Span
from reportgen.report.language import shorten
from reportgen.report.panel import marked_text, shortened, text_measures

EN = load_language("en")


def plain(spans):
    return "".join(span.text for span in spans)


@pytest.mark.parametrize("evidence", ["none", "basic"])
def test_the_units_that_clearly_exceed_the_average_are_strong(tmp_path, evidence):
    findings = Findings(make_results(tmp_path, HEADLINES, sink=0.4, evidence=evidence))
    for text, headline in enumerate(HEADLINES):
        found = text_measures(findings, text, EN)
        first = found[0]
        sizes = np.abs(first.values) if first.ratios is None else first.ratios
        mean = sizes[list(first.order)].mean() if first.ratios is None else 1.0
        expected = sum(sizes[unit] >= 1.3 * mean for unit in first.order[:3])
        spans = marked_text(findings, text, found)
        assert plain(spans) == headline
        strong = [span for span in spans if span.is_strong]
        assert len(strong) <= expected <= 3  # neighbours are one piece
        assert bool(strong) == bool(expected)


def test_a_text_that_failed_is_plain(tmp_path):
    findings = Findings(make_results(tmp_path, HEADLINES, failed=(2,)))
    assert text_measures(findings, 2, EN) == ()
    assert marked_text(findings, 2, ()) == (Span(HEADLINES[2]),)


def test_the_texts_of_a_pair_stand_behind_each_other(tmp_path):
    results = make_results(tmp_path, ("ab cd",))
    results.texts["pair"] = ["ef"]
    assert plain(marked_text(Findings(results), 0, ())) == "ab cd ／ ef"


@given(st.lists(st.text("aé…今 ", max_size=9), max_size=9), st.integers(3, 30))
def test_a_shortened_text_is_that_of_shorten_and_keeps_its_marks(pieces, width):
    spans = [Span(piece, index % 2 == 1) for index, piece in enumerate(pieces) if piece]
    found = shortened(spans, width)
    assert plain(found) == shorten(plain(spans), width)
    if plain(found) == plain(spans):
        assert found == tuple(spans)
    weak = [replace(span, is_strong=False) for span in spans]
    assert not any(span.is_strong for span in shortened(weak, width))


@pytest.mark.parametrize(
    ("measure", "tones"),
    [("received_norm_all", {""}), ("gradient", {"size"}), ("effect", {"rise", "fall"})],
)
def test_marks_have_the_tone_of_what_their_colours_show(tmp_path, measure, tones):
    """Attention, a strength without a sign, and what raises or lowers the prediction."""
    findings = Findings(make_results(tmp_path, HEADLINES, sink=0.4, evidence="basic"))
    found = set()
    for text in range(len(HEADLINES)):
        shown = next(each for each in text_measures(findings, text, EN) if each.id == measure)
        spans = marked_text(findings, text, [shown])
        found |= {span.tone for span in spans if span.is_strong}
        assert {span.tone for span in spans if not span.is_strong} == {""}
    assert found == tones


def test_neighbours_that_raise_and_lower_the_prediction_are_two_marks(tmp_path):
    findings = Findings(make_results(tmp_path, ("ab cd",), evidence="basic"))
    shown = next(m for m in text_measures(findings, 0, EN) if m.id == "effect")
    units, values = len(shown.values), np.zeros(len(shown.values))
    values[1:3] = 1.0, -1.0
    shown = replace(shown, values=values, order=tuple(range(1, units - 1)))
    strong = [span.tone for span in marked_text(findings, 0, [shown]) if span.is_strong]
    assert strong == ["rise", "fall"]
