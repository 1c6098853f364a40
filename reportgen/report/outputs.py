"""Which outputs a command writes, and writing them from results."""

import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.errors import OutputError, UsageError
from reportgen.files import RESULTS_FILES, Staging, check_page_folder, check_target
from reportgen.findings.gates import Gate, GateResult, evaluate
from reportgen.report.charts.pictures import picture_paths
from reportgen.report.formats import (
    STANDARD_OUTPUT,
    WITH_PICTURES,
    Document,
    Output,
    make_document,
    writer_of,
)
from reportgen.report.language.printable import inert_page
from reportgen.report.options import Images, Layout, RenderOptions

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings


def plan_outputs(
    paths: Sequence[str],
    format: str | None,
    *,
    force: bool,
    inputs: Sequence[str] = (),
    layout: Layout = "file",
    images: Images = "none",
) -> tuple[Output, ...]:
    """The outputs at `paths`, each checked to be writable; `-` is standard output.

    In the layout `dir` a page's folder is its own. Pictures beside a Markdown or Confluence page
    stand in a folder `img`, whose other files are left alone.

    `inputs` are files and results folders that are read.

    Raises:
        UsageError: a path names no writer, exists without `force`, cannot be written, is named
            twice, lies in another, or is one of the `inputs` or a file of such a folder.
        OutputError: standard output is closed.
    """
    outputs = tuple(Output(path, writer_of(path, format)) for path in paths)
    if STANDARD_OUTPUT in paths and sys.stdout is None:
        raise OutputError("standard output is closed; name a file with --output")
    has_folder = [output.writer == "html" and layout == "dir" for output in outputs]
    if STANDARD_OUTPUT in [o.path for o, own in zip(outputs, has_folder, strict=True) if own]:
        raise UsageError(
            "--layout dir: standard output takes one file; name a page, such as "
            "-o report/index.html"
        )
    places = [
        path if path == STANDARD_OUTPUT else os.path.realpath(Path(path).parent if own else path)
        for path, own in zip(paths, has_folder, strict=True)
    ]
    for path, place in zip(paths, places, strict=True):
        if places.count(place) > 1:
            raise UsageError(f"--output {path}: named twice, or in the folder of another page")
    read = {os.path.realpath(path) for path in inputs if path != STANDARD_OUTPUT}
    read |= {
        os.path.realpath(Path(path, name))
        for path in inputs
        for name in (RESULTS_FILES if Path(path).is_dir() else ())
    }
    for path, place in zip(paths, places, strict=True):
        if place in read:
            raise UsageError(f"--output {path}: is also read from; name another file")
    if sum(output.writer == "folder" for output in outputs) > 1:
        raise UsageError("one results folder at a time; copy it afterwards")
    for path, place in zip(paths, places, strict=True):
        for outer, outer_place in zip(paths, places, strict=True):
            if path != STANDARD_OUTPUT and Path(outer_place) in Path(place).parents:
                raise UsageError(f"--output {path}: lies in {outer}; write it elsewhere")
    pictures = sorted({path for output in outputs for path in _pictures(output, images)})
    for picture in pictures:
        _check_picture(picture, paths, places, read)
        check_target(picture, force=force)
    for output, own in zip(outputs, has_folder, strict=True):
        if own:
            check_page_folder(Path(output.path), force=force)
        elif output.path != STANDARD_OUTPUT:
            check_target(Path(output.path), force=force, is_folder=output.writer == "folder")
    return outputs


def require_files(outputs: Sequence[Output]) -> None:
    """See that nothing but files is written, where texts are redacted.

    Raises:
        UsageError: one of `outputs` is the results folder, which holds the texts.
    """
    for output in outputs:
        if output.writer == "folder":
            raise UsageError(
                f"--redact: {output.path} would hold the texts; keep the results without it, and "
                "redact what is rendered from them"
            )


def _pictures(output: Output, images: Images) -> tuple[Path, ...]:
    """The files that may come to lie in `img` beside an output."""
    if output.writer not in WITH_PICTURES or output.path == STANDARD_OUTPUT:
        return ()
    page = Path(output.path)
    return tuple(page.parent / name for name in picture_paths(page.stem, images))


def _check_picture(
    picture: Path, paths: Sequence[str], places: Sequence[str], read: Collection[str]
) -> None:
    """See that a picture is no output of its own nor lies in one.

    Raises:
        UsageError: it is, or does, or it is one of the files that are `read`.
    """
    target = Path(os.path.realpath(picture))
    if str(target) in read:
        raise UsageError(f"{picture}: a picture goes there, and it is read from; rename the output")
    for path, place in zip(paths, places, strict=True):
        if path != STANDARD_OUTPUT and Path(place) in (target, *target.parents):
            raise UsageError(f"--output {path}: {picture} goes there; write it elsewhere")


def judge(findings: "Findings", gates: Sequence[Gate]) -> tuple[GateResult, ...]:
    """What every gate found in `findings`; figures are computed only where there is one."""
    return evaluate(gates, findings.figures) if gates else ()


def make_documents(
    findings: "Findings", outputs: Sequence[Output], options: RenderOptions
) -> list[Document]:
    """What goes to each of `outputs` but the results folder itself."""
    return [
        make_document(findings, output, options) for output in outputs if output.writer != "folder"
    ]


def stage(documents: Sequence[Document], staging: Staging) -> None:
    """Write every document that goes to a file beside its place, pictures before their pages."""
    pictures: dict[Path, bytes] = {}  # two pages of one name show the same ones
    for document in documents:
        if document.output.writer in WITH_PICTURES:
            folder = Path(document.output.path).parent
            pictures |= {folder / name: content for name, content in document.files.items()}
    for path, content in pictures.items():
        staging.file(path, content)
    for document in documents:
        path = Path(document.output.path)
        if document.files and document.output.writer not in WITH_PICTURES:
            folder = staging.folder(path.parent)
            for name, content in {**document.files, path.name: document.content}.items():
                staging.fill(folder / name, content)
        elif document.output.path != STANDARD_OUTPUT:
            staging.file(path, document.content)


def send(documents: Sequence[Document]) -> None:
    """Write every document that goes to standard output.

    Raises:
        OutputError: standard output cannot take it.
        BrokenPipeError: whoever reads it has seen enough.
    """
    for document in documents:
        if document.output.path == STANDARD_OUTPUT:
            is_page = document.output.writer == "html"
            _send(inert_page(document.content) if is_page else document.content)


def _send(content: bytes) -> None:
    rest = memoryview(content)
    try:
        while rest:  # unbuffered (PYTHONUNBUFFERED), one write may take only a part
            rest = rest[sys.stdout.buffer.write(rest) :]
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output: cannot be written ({error.strerror})") from error


def written_line(document: Document) -> str:
    """Where an output is and what it weighs, by part."""
    parts = ", ".join(f"{name} {_size(size)}" for name, size in document.parts.items())
    size = _size(document.size) + (f" ({parts})" if parts else "")
    place = "standard output" if document.output.path == STANDARD_OUTPUT else document.output.path
    return f"{place}: {size}"


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 100_000 else f"{n_bytes / 1e3:.1f} KB"
