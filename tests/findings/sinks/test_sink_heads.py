"""In how many single heads a special token is a sink, against a plain loop."""

from pathlib import Path

import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results

from reportgen.findings import Findings
from reportgen.findings.sinks import sink_heads
from reportgen.results import Results


def plainly(results: Results, role: str, column: str) -> list[float]:
    """By layer and head: (share - even) / (1 - even), mean over the texts."""
    texts = [i for i, n in enumerate(results.texts["n_content"]) if n >= 3]
    roles = results.roles[results.roles["role"] == role]
    even = {(r.text, r.layer): float(r.expected) for r in roles.itertuples()}
    sums: dict[tuple[int, int], float] = {}
    for row in results.heads.itertuples():
        if row.text in texts:
            u = even[row.text, row.layer]
            beyond = (float(getattr(row, column)) - u) / (1 - u)
            sums[row.layer, row.head] = sums.get((row.layer, row.head), 0.0) + beyond / len(texts)
    return [sums[key] for key in sorted(sums)]


@pytest.mark.parametrize("sink", [0.0, 0.28, 0.6])
def test_each_head_is_the_mean_of_its_texts(tmp_path: Path, sink: float) -> None:
    results = make_results(tmp_path, (*HEADLINES, "ab"), sink=sink)
    found = sink_heads(results)
    for role in ("cls", "sep"):
        plain = plainly(results, role, f"{role}_share")
        assert found[role].excess.ravel().tolist() == pytest.approx(plain, abs=1e-6)
        assert found[role].n_sink == sum(value >= 0.3 for value in plain)
        figures = Findings(results).figures
        assert figures[f"{role}_sink_heads"] == pytest.approx(found[role].share, rel=1e-5)
    assert {0.0: 0, 0.6: 12}.get(sink, found["cls"].n_sink) == found["cls"].n_sink


def test_a_sink_tells_in_how_many_heads_it_is_one(tmp_path: Path) -> None:
    notes = {n.role: n for n in Findings(make_results(tmp_path, sink=0.6)).notes if n.is_verdict}
    assert notes["cls"].also == ("single-heads",)
    assert (notes["cls"].values["n_sink_heads"], notes["cls"].values["n_heads"]) == (12, 12)
    assert notes["sep"].also == ()


def test_without_shares_by_head_nothing_is_told(tmp_path: Path) -> None:
    made = make_results(tmp_path, sink=0.6)
    bare = changed(made, heads=made.heads.assign(cls_share=float("nan")))
    assert "cls" not in sink_heads(bare)
    assert Findings(bare).figures["cls_sink_heads"] is None
