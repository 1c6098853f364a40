"""The texts that a page lists first."""

import numpy as np
from helpers.made_up.factories import HEADLINES, make_results

from reportgen.findings import Findings, listed_first

LABELS = (1.0, 2.0, 1.5, 1.1, 0.4, 9.0)


def test_a_page_lists_first_what_it_opens_or_picks_and_the_worst(tmp_path):
    results = make_results(tmp_path, HEADLINES, labels=LABELS, n_layers=2)
    found = Findings(results)
    errors = np.abs(results.texts["prediction"].to_numpy(float) - np.array(LABELS))
    worst = np.argsort(-errors)[:3].tolist()
    assert found.picked.first == worst[0]
    rows = listed_first(found)
    assert set(rows) == {*found.picked.texts, *worst}
    assert len(rows) == len(set(rows))


def test_no_empty_text_is_listed_first(tmp_path):
    found = Findings(make_results(tmp_path, ("", *HEADLINES), n_layers=1, n_heads=1, keep=0))
    assert 0 not in listed_first(found)
