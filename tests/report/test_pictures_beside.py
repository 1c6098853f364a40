"""Writing pages with their pictures into a folder that is not theirs."""

from pathlib import Path

import pytest
from helpers.made_up.factories import make_results

from reportgen.comparison import Runs
from reportgen.errors import UsageError
from reportgen.files import Staging
from reportgen.findings import Findings
from reportgen.report import RenderOptions, make_documents, plan_outputs, stage
from reportgen.results import Results


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return make_results(tmp_path_factory.mktemp("made"), n_layers=2, n_heads=1)


def write(results: Results, folder: Path, *names: str, force: bool = False, **how) -> None:
    options = RenderOptions(**how)
    paths = [str(folder / name) for name in names]
    outputs = plan_outputs(paths, None, force=force, images=options.images)
    with Staging() as staging:
        stage(make_documents(Runs(Findings(results)), outputs, options), staging)
        staging.commit()


def test_pictures_are_weighed_apart_from_the_text_that_has_a_limit(results: Results) -> None:
    for images, parts in (("svg", {"text", "pictures"}), ("none", set())):
        options = RenderOptions(images=images)
        outputs = plan_outputs(["x/report.md", "x/page.xml"], None, force=True)
        for document in make_documents(Runs(Findings(results)), outputs, options).values():
            assert set(document.parts) == parts
            if parts:
                assert document.parts["text"] == len(document.content)
                assert sum(document.parts.values()) == document.size


def files_in(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_other_files_stay_as_they_are(results: Results, tmp_path: Path) -> None:
    for name in ("notes.txt", "img/mine.svg", "img/report-mine.svg", "img/report-map.svg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("kept")
    with pytest.raises(UsageError, match=r"img/report-map\.svg: exists; give --force"):
        write(results, tmp_path, "report.md")
    write(results, tmp_path, "report.md", force=True)
    assert files_in(tmp_path) == [
        "img/mine.svg",
        "img/report-map.svg",
        "img/report-mine.svg",
        "img/report-sinks.svg",
        "notes.txt",
        "report.md",
    ]
    kept = [name for name in files_in(tmp_path) if (tmp_path / name).read_bytes() == b"kept"]
    assert kept == ["img/mine.svg", "img/report-mine.svg", "notes.txt"]
    with pytest.raises(UsageError, match="exists; give --force"):
        write(results, tmp_path, "report.md")


def test_two_pages_in_one_folder_do_not_meet(results: Results, tmp_path: Path) -> None:
    write(results, tmp_path, "a.md", "b.md", "b-map.md", "a.xml")
    names = [f"img/{stem}-{name}.svg" for stem in ("a", "b", "b-map") for name in ("map", "sinks")]
    assert files_in(tmp_path) == sorted(["a.md", "a.xml", "b.md", "b-map.md", *names])


def test_no_folder_where_there_is_no_picture(results: Results, tmp_path: Path) -> None:
    write(results, tmp_path, "report.md", images="none")
    assert files_in(tmp_path) == ["report.md"]
    assert not (tmp_path / "img").exists()


def test_nothing_is_left_where_writing_was_broken_off(results: Results, tmp_path: Path) -> None:
    outputs = plan_outputs([str(tmp_path / "new" / "report.md")], None, force=False, images="svg")
    documents = make_documents(Runs(Findings(results)), outputs, RenderOptions())
    with Staging() as staging:
        stage(documents, staging)
        assert len(list((tmp_path / "new").rglob(".reportgen-*"))) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("report.md", "img/"), r"--output img/: img/report-\w+\.svg goes there"),
        (("report.md", "img/report-map.svg"), r"img/report-map\.svg goes there"),
        (("img", "report.md"), r"--output img: img/report-\w+\.svg goes there|img-\w+"),
    ],
)
def test_a_picture_and_another_output_do_not_meet(
    tmp_path: Path, monkeypatch, names, words
) -> None:
    monkeypatch.chdir(tmp_path)
    format = None if names[1] == "img/" else "md"
    with pytest.raises(UsageError, match=words):
        plan_outputs(names, format, force=True, images="svg")


def test_a_picture_is_not_written_over_what_is_read(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "a-map.svg").write_text("a text")
    with pytest.raises(UsageError, match="is read from"):
        plan_outputs(["a.md"], None, force=True, inputs=["img/a-map.svg"], images="svg")


def test_a_file_called_img_is_told_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "img").write_text("kept")
    with pytest.raises(UsageError, match="cannot be written"):
        plan_outputs([str(tmp_path / "a.md")], None, force=True, images="svg")
    assert (tmp_path / "img").read_text() == "kept"
