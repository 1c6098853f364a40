"""Which outputs a command writes, and writing them from results."""

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.errors import OutputError, UsageError
from reportgen.gates import Gate, GateResult, evaluate
from reportgen.log_lines import inert_page
from reportgen.report.flavors import Images
from reportgen.report.names import Writer, table_name, writer_of
from reportgen.report.options import Layout, RenderOptions
from reportgen.report.picture_names import picture_paths
from reportgen.staging import RESULTS_FILES, Staging, check_page_folder, check_target

if TYPE_CHECKING:
    from reportgen.results import Results

STANDARD_OUTPUT = "-"
WITH_PICTURES: tuple[Writer, ...] = ("md", "confluence")  # in a folder that is not their own


@dataclass(frozen=True, slots=True)
class Output:
    """One path to write to, and by which writer."""

    path: str
    writer: Writer


@dataclass(frozen=True, slots=True)
class Document:
    """What a writer made: its bytes, their size by part, and what had to be left out."""

    output: Output
    content: bytes
    parts: Mapping[str, int] = field(default_factory=dict)
    reduced: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)  # that lie beside it, by name

    @property
    def size(self) -> int:
        """Its bytes, with those of the files beside it."""
        return len(self.content) + sum(map(len, self.files.values()))


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


def judge(results: "Results", gates: Sequence[Gate]) -> tuple[GateResult, ...]:
    """What every gate found in `results`; figures are computed only where there is one."""
    if not gates:
        return ()
    from reportgen.report.run_figures import run_figures

    return evaluate(gates, run_figures(results))


def make_documents(
    results: "Results", outputs: Sequence[Output], options: RenderOptions
) -> list[Document]:
    """What goes to each of `outputs` but the results folder itself."""
    return [_document(results, output, options) for output in outputs if output.writer != "folder"]


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


def _document(results: "Results", output: Output, options: RenderOptions) -> Document:
    # Each writer brings its own libraries, so only those that are wanted are imported.
    if output.writer == "html":
        from reportgen.report.html import render as render_html

        report = render_html(results, options)
        return Document(output, report.document, report.parts, report.reduced, report.files)
    if output.writer == "md":
        from reportgen.report.markdown import render as render_markdown

        markdown = render_markdown(results, options, _stem(output))
        return _illustrated(output, markdown.text, markdown.files, markdown.reduced)
    if output.writer == "confluence":
        from reportgen.report.confluence import render as render_confluence

        page = render_confluence(results, options, _stem(output))
        return _illustrated(output, page.text, page.files, page.reduced)
    if output.writer == "json":
        from reportgen.report.summary import render as render_summary

        return Document(output, render_summary(results, options).encode())
    from reportgen.report.tables import table, to_csv, to_parquet

    frame = table(results, table_name(output.path), options.heads)
    return Document(output, to_csv(frame) if output.writer == "csv" else to_parquet(frame))


def _illustrated(
    output: Output, text: str, files: Mapping[str, bytes], reduced: tuple[str, ...]
) -> Document:
    """A text with its pictures beside it, which weigh apart: limits are on the text alone."""
    content = text.encode()
    pictures = sum(map(len, files.values()))
    parts = {"text": len(content), "pictures": pictures} if files else {}
    return Document(output, content, parts, reduced, files)


def _stem(output: Output) -> str:
    """What pictures are called after; "" for standard output, which has nothing beside it."""
    return "" if output.path == STANDARD_OUTPUT else Path(output.path).stem
