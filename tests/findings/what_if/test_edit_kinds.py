"""What kinds of edits do, against plain sums over the same texts."""

from math import nan

import numpy as np
import pytest

from reportgen.findings.what_if import TextChange, edit_kinds
from reportgen.results import MIN_TEXTS


def changed(text, kind, before, after, flips=None, variant=None):
    return TextChange(text, kind, variant, "…", before, after, flips)


def test_kinds_are_means_over_texts_and_clear_ones_come_first():
    random = np.random.default_rng(3)
    noise = random.normal(0, 0.2, 40)
    changes = [changed(t, "typo", 1.0, 1.0 + noise[t]) for t in range(40)]
    changes += [changed(t, "brackets", t, t - 0.5 + noise[t] / 4) for t in range(40)]
    # A second edit of one text counts with the first as one.
    changes.append(changed(7, "brackets", 7.0, 17.0))
    first, second = edit_kinds(random.permutation(np.array(changes, object)).tolist())
    assert (first.name, first.n_texts, len(first.changes)) == ("brackets", 40, 41)
    expected = -0.5 + noise / 4
    expected[7] = (expected[7] + 10.0) / 2
    assert first.change.mean == pytest.approx(expected.mean())
    assert (second.name, second.is_clear, second.flips) == ("typo", False, None)
    assert second.change.mean == pytest.approx(noise.mean())
    assert second.size.mean == pytest.approx(np.abs(noise).mean())
    assert first.largest[0].text == 7
    assert [abs(c.change) for c in second.largest] == pytest.approx(sorted(abs(noise))[:-6:-1])


def test_intervals_hold_for_all_kinds_at_once_and_are_exact_where_nothing_varies():
    values = np.random.default_rng(5).normal(0.1, 0.2, 30)
    some = [changed(t, "a", 0.0, value) for t, value in enumerate(values)]
    (alone,) = edit_kinds(some)
    same = [changed(t, f"same {k}", 3.0, 3.25) for k in range(9) for t in range(30)]
    kinds = {kind.name: kind for kind in edit_kinds([*some, *same])}
    among = kinds["a"].change
    assert among.mean == alone.change.mean
    assert among.low < alone.change.low < alone.change.high < among.high
    assert kinds["same 3"].change.interval == (0.25, 0.25)
    assert kinds["same 3"].is_clear


def test_rounding_is_no_change_and_few_texts_are_not_clear():
    near = [changed(t, "near", 5.0, 5.0 + 1e-6 * (t + 1)) for t in range(30)]
    few = [changed(t, "few", 0.0, 1.0, True) for t in range(MIN_TEXTS - 1)]
    kinds = {kind.name: kind for kind in edit_kinds([*near, *few])}
    assert kinds["near"].change.interval == (0.0, 0.0)
    assert (kinds["near"].is_clear, kinds["near"].largest) == (False, ())
    assert (kinds["few"].change.interval, kinds["few"].is_clear) == (None, False)


def test_flips_are_a_share_of_texts_and_need_no_figure():
    changes = [changed(t, "name", nan, nan, t % 4 == 0) for t in range(20)]
    changes += [changed(t, "case", 0.9, 0.9, False) for t in range(20)]
    kinds = {kind.name: kind for kind in edit_kinds(changes, most=1.0)}
    assert kinds["name"].flips.mean == 0.25
    assert (kinds["name"].change, kinds["name"].largest) == (None, ())
    # Of 20 texts that all stay, Clopper and Pearson's interval.
    assert kinds["case"].flips.interval == pytest.approx((0.0, 1 - 0.025 ** (1 / 20)))
    assert edit_kinds([]) == ()
