"""Results kept small: what is compared of them is what is compared of the whole ones."""

import json
from pathlib import Path

import pytest
from helpers.cases import some_of
from helpers.made_up.factories import changed, make_results
from helpers.made_up.unlisted import without_manifest
from helpers.real.two_models import TEXTS

from reportgen.api.comparing import same_content, small_info, small_tables, write_small_tables
from reportgen.comparison import Comparison, compare_runs
from reportgen.errors import ResultsError
from reportgen.findings import Findings
from reportgen.report import CompareOptions, redacted_comparison
from reportgen.report.json import comparison as comparison_json
from reportgen.results import OutputKind, Results, open_results, open_whole, write_info

# What needs attention maps: how far apart the attention of heads is.
WITHHELD = {
    *("heads_changed", "heads_moved"),
    *(f"jsd_{which}{end}" for which in ("mean", "max") for end in ("", "_low", "_high")),
}


def kept_small(results: Results, folder: Path) -> Results:
    """The results kept small in `folder`, opened and checked as any others."""
    folder.mkdir()
    write_small_tables(folder, results)
    write_info(folder, small_info(results.info))
    return open_results(folder)


def without_maps(results: Results) -> Results:
    """The same results, as --keep-maps none would have left them."""
    return changed(results, texts=results.texts.assign(map_offset=None, map_bytes=None))


def written(comparison: Comparison) -> str:
    return comparison_json.write(comparison.runs, CompareOptions()).text


@pytest.mark.parametrize("kind", some_of(["number", "class", "answer"], "number", "answer"))
def test_every_figure_of_a_comparison_is_that_of_the_whole_results(
    kind: OutputKind, tmp_path: Path
) -> None:
    asked = {"kind": kind, "evidence": "full", "variants": ((len(TEXTS) - 1, "1", "edit"),)}
    base, head = (make_results(tmp_path / str(i), TEXTS, seed=i, **asked) for i in (0, 1))
    small = kept_small(base, tmp_path / "small")
    whole, found = (compare_runs(Findings(side), Findings(head)) for side in (base, small))
    other = {name for name, value in whole.figures.items() if found.figures[name] != value}
    assert other == WITHHELD
    assert {found.figures[name] for name in WITHHELD} == {None}
    # All else too, to the last digit, and beside more models than two.
    sides = [
        compare_runs(Findings(side), Findings(head), between=[Findings(head)])
        for side in (without_maps(base), small)
    ]
    other, own = (json.loads(written(each)) for each in sides)
    for trend in other["trend"]["sinks"]:  # single heads are left out
        trend["n_heads"][0] = trend["n_sink_heads"][0] = None
    assert other == own


def test_they_are_a_folder_of_few_files_with_the_same_bytes_each_time(tmp_path: Path) -> None:
    base = make_results(tmp_path / "whole", TEXTS, evidence="basic")
    small = kept_small(base, tmp_path / "small")
    again = kept_small(small, tmp_path / "again")
    names = sorted(path.name for path in small.folder.iterdir())
    tables = {name for name, _ in small_tables(base)}
    assert names == sorted(["results.json", *(f"{name}.parquet" for name in tables)])
    for name in names:
        assert (small.folder / name).read_bytes() == (again.folder / name).read_bytes()
    # Twelve texts in so little room that eighty stay under 200 kB.
    assert sum(path.stat().st_size for path in small.folder.iterdir()) < 25_000
    assert same_content(small, again)
    other = make_results(tmp_path / "other", TEXTS, seed=1, evidence="basic")
    assert not same_content(small, kept_small(other, tmp_path / "small other"))
    with redacted_comparison(
        compare_runs(Findings(small), Findings(base)), "en", wanted=True
    ) as dots:
        assert dots.figures["texts_comparable"] == len(TEXTS) - 1  # one is of too few words


def test_no_report_is_made_of_them_and_a_missing_column_is_damage(tmp_path: Path) -> None:
    small = kept_small(make_results(tmp_path / "whole", TEXTS), tmp_path / "small")
    with pytest.raises(ResultsError, match=r"small: results kept small .* compare .*small --head"):
        open_whole(small.folder)
    without_manifest(small.folder)
    (small.folder / "tokens.parquet").write_bytes((small.folder / "roles.parquet").read_bytes())
    with pytest.raises(ResultsError, match=r"tokens\.parquet: damaged: no column 'position'"):
        _ = open_results(small.folder).tokens
