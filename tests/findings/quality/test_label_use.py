"""What labels are read as, and what is said of those that are not used."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.unlisted import without_manifest

from reportgen import Report
from reportgen.errors import UsageError
from reportgen.findings import Findings
from reportgen.report import load_language, redacted
from reportgen.report.sections import make_quality
from reportgen.results import OutputKind, Results, open_results
from reportgen.results.tables import TEXTS_SCHEMA
from reportgen.tasks.labels import LabelSets, label_sets
from reportgen.texts import label_number

N = len(HEADLINES)


def labelled(folder: Path, kind: OutputKind, labels: Sequence[str | None]) -> Results:
    results = make_results(folder, kind=kind)
    texts = results.texts.copy()
    own = [*labels, *[None] * (N - len(labels))]
    texts["label"] = texts["label"].astype("string").mask(np.ones(N, np.bool_), own)
    numbers = [label_number(label) for label in own]
    texts["label_value"] = np.array([np.nan if n is None else n for n in numbers])
    return changed(results, texts=texts)


def sets_of(results: Results) -> LabelSets:
    return label_sets(results.texts["label"], results.info.output.labels, results.analysed)


def classes_of(folder: Path, labels: Sequence[str | None]) -> list[int]:
    found = Findings(labelled(folder, "class", labels)).classes.labels[: len(labels)]
    return [int(place) for place in found]


def test_names_of_classes_match_without_regard_to_case_and_spaces(tmp_path: Path) -> None:
    names = make_results(tmp_path / "a", kind="class").info.output.labels
    first, second = names[0], names[1]
    labels = [first, f"  {first.upper()} ", f'["{second}"]', second.title(), "other"]
    results = labelled(tmp_path / "b", "class", labels)
    use = Findings(results).label_use
    assert classes_of(tmp_path / "c", labels) == [0, 0, 1, 1, -1]
    assert use is not None
    assert (use.n_labelled, use.n_used, use.read_as, use.unused) == (5, 4, "name", "other")
    folded = {label for label in labels if label.strip() not in (*names, "other", labels[2])}
    assert use.n_folded == len(folded)


def test_two_classes_that_differ_in_case_alone_need_the_exact_name(tmp_path: Path) -> None:
    results = labelled(tmp_path, "class", ["us", "US", "Us"])
    info = results.info
    from dataclasses import replace

    output = replace(info.output, labels=("US", "us", *info.output.labels[2:]))
    found = Findings(changed(results, info=replace(info, output=output))).classes.labels
    assert found[:3].tolist() == [1, 0, -1]


@pytest.mark.parametrize(
    ("labels", "read_as", "given"),
    [
        (["A;b", '["a"]', "[]"], "name", [{0, 1}, {0}, set()]),
        (["0;1", "1", "[]"], "number", [{0, 1}, {1}, set()]),
    ],
)
def test_several_labels(
    tmp_path: Path, labels: list[str], read_as: str, given: list[set[int]]
) -> None:
    names = make_results(tmp_path / "a", kind="labels").info.output.labels
    own = [
        label.replace("A", names[0].upper()).replace('"a"', f'"{names[0]}"').replace("b", names[1])
        if read_as == "name"
        else label
        for label in labels
    ]
    sets = sets_of(labelled(tmp_path / "b", "labels", own))
    assert sets.read_as == read_as
    assert [set(np.flatnonzero(row)) for row in sets.given[: len(own)]] == given
    assert sets.known[: len(own)].all()


def test_lists_of_zeros_and_ones_are_one_figure_per_label(tmp_path: Path) -> None:
    n = len(make_results(tmp_path / "a", kind="labels").info.output.labels)
    lists = [[1] * n, [0] * (n - 1) + [1]]
    sets = sets_of(labelled(tmp_path / "b", "labels", list(map(str, lists))))
    assert sets.read_as == "flags"
    assert sets.given[:2].astype(int).tolist() == lists


def test_the_page_says_how_labels_are_read_and_which_are_left_out(tmp_path: Path) -> None:
    names = make_results(tmp_path / "a", kind="labels").info.output.labels
    lists, language = [str([flag] * len(names)) for flag in (1, 0)], load_language("en")
    for labels, key in ((lists, "by_flags"), ([names[0], "?"], "unused_labels_one")):
        quality = make_quality(Findings(labelled(tmp_path / key, "labels", labels)), language)
        assert quality is not None
        assert quality.remarks == (language.say("quality", key),)


def said(results: Results) -> list[str]:
    return Report(results).account()


def test_an_account_ends_with_the_verdict_and_names_versions_only_where_asked(
    tmp_path: Path,
) -> None:
    report = Report(make_results(tmp_path / "a"))
    short, long = report.account("ja"), report.account("ja", verbose=True)
    assert short[-1] == long[-1] == report.notes("ja")[0] != report.notes("en")[0]
    versions = [f"{name} {version}" for name, version in report.results.info.versions.items()]
    assert versions
    assert set(versions) <= set(long)
    assert not set(versions) & set(short)
    with pytest.raises(UsageError, match="lang 'fr'"):
        report.account("fr")


def test_the_terminal_names_what_is_not_used(tmp_path: Path) -> None:
    lines = said(labelled(tmp_path / "a", "number", ["2.1%", "1", "low", "high"]))
    assert "2 of 4 labels not used: 'low' is not a number; rename labels with --label-map" in lines
    assert "1 label with a percent sign: 2.1% is read as 2.1" in lines
    lines = said(labelled(tmp_path / "c", "number", ["2,1", "1,000.5"]))
    assert (
        "2 of 2 labels not used: '2,1' is not a number; write it without commas, "
        "with a point before decimals"
    ) in lines
    unnamed = labelled(tmp_path / "d", "class", ["nonsense"])
    output = replace(unnamed.info.output, labels=("LABEL_0", "LABEL_1", "LABEL_2"))
    (line,) = [
        line
        for line in said(changed(unnamed, info=replace(unnamed.info, output=output)))
        if "not used" in line
    ]
    assert line.endswith("; name the classes in the model's order, e.g. --class-names bad,good")
    lines = said(labelled(tmp_path / "b", "class", ["nonsense"]))
    (line,) = [line for line in lines if "not used" in line]
    assert line.startswith("1 of 1 labels not used: 'nonsense' is not one of the model's labels (")
    lines = said(labelled(tmp_path / "c", "numbers", ["1"]))
    (line,) = [line for line in lines if "not used" in line]
    assert line == (
        "1 of 1 labels not used: '1' is not the 2 numbers that the model returns; write a JSON "
        "list such as [3.5, 2], or numbers between commas"
    )
    assert not any("label" in line for line in said(make_results(tmp_path / "d")))


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_page_does_not_deny_labels_that_it_cannot_use(tmp_path: Path, lang: str) -> None:
    language = load_language("ja" if lang == "ja" else "en")
    denial = "に正解がない" if lang == "ja" else "No right answers came"
    assert denial in language.say("quality", "alone_class", names="", k=1, n=1)
    for kind in ("class", "number"):
        quality = make_quality(
            Findings(labelled(tmp_path / kind, "class" if kind == "class" else "number", ["?"])),
            language,
        )
        assert quality is not None
        assert denial not in quality.headline


def test_redaction_keeps_labels_that_are_classes(tmp_path: Path) -> None:
    names = make_results(tmp_path / "a", kind="labels").info.output.labels
    given = [f"{names[0].upper()};{names[1]}", "secret", f"{names[0]};secret"]
    texts = labelled(tmp_path / "b", "labels", given).texts
    table = pa.Table.from_pandas(texts, schema=TEXTS_SCHEMA, preserve_index=False)
    pq.write_table(table, tmp_path / "b" / "texts.parquet")
    without_manifest(tmp_path / "b")
    with redacted(open_results(tmp_path / "b"), "en", wanted=True, with_short=True) as copy:
        kept = copy.texts["label"].tolist()[:3]
    assert kept[0] == given[0]
    assert "secret" not in "".join(kept[1:])
