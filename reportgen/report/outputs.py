"""Decides which files are written where, and writes all of them or none."""

import os
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from reportgen.comparison import Runs
from reportgen.errors import OutputError, UsageError
from reportgen.files import RESULTS_FILES, Staging, check_page_folder, check_target
from reportgen.report.charts.picture_files import ALL_KINDS, picture_paths
from reportgen.report.format_register import STANDARD_OUTPUT, Document, Output, output_at
from reportgen.report.language.printable import inert_page
from reportgen.report.options import Images, Layout, WriteOptions


@dataclass(frozen=True, slots=True)
class _OutputPlace:
    """Where an output goes."""

    output: Output
    path: str  # resolved: the file, or the folder that the output has for itself
    has_folder: bool  # a page with its files in a folder of its own


def plan_outputs(
    paths: Sequence[str],
    format: str | None,
    *,
    force: bool,
    inputs: Sequence[str] = (),
    layout: Layout = "file",
    images: Images = "none",
    redact: bool = False,
    of_comparison: bool = False,
) -> tuple[Output, ...]:
    """The outputs at `paths`, after checking that all of them can be written; `-` is standard
    output.

    In the layout `dir` a page has its folder to itself. Pictures beside a Markdown or Confluence
    page go into a folder `img`, whose other files stay as they are.

    Args:
        inputs: Files and results folders that are read, and so must not be written.
        redact: Whether no text may be left under the names of the outputs: pictures that an earlier
            run may have written are checked too, as they are removed.
        of_comparison: Whether a comparison is written, and not a report.

    Raises:
        UsageError: a path names no format, exists without `force`, cannot be written, is named
            twice, lies in another, or is one of the `inputs` or a file of such a folder.
        OutputError: standard output is closed.
    """
    outputs = [output_at(path, format, of_comparison=of_comparison) for path in paths]
    places = [_place(output, layout) for output in outputs]
    read = set(_read_paths(inputs))
    _check_places(places, read)
    if redact:
        _require_files(places)
    kinds = ALL_KINDS if redact else images
    pictures = sorted({path for place in places for path in _pictures(place.output, kinds)})
    for picture in pictures:
        _check_picture(picture, places, read)
        check_target(picture, force=force)
    for place in places:
        path = place.output.path
        if place.has_folder:
            check_page_folder(Path(path), force=force)
        elif path != STANDARD_OUTPUT:
            check_target(Path(path), force=force, is_folder=place.output.is_folder)
    return tuple(place.output for place in places)


def _place(output: Output, layout: Layout) -> _OutputPlace:
    has_folder = output.is_page and layout == "dir"
    if output.path == STANDARD_OUTPUT:
        if sys.stdout is None:
            raise OutputError("standard output is closed; name a file with --output")
        if has_folder:
            raise UsageError(
                "--layout dir: standard output takes one file; name a page, such as "
                "-o report/index.html"
            )
        return _OutputPlace(output, STANDARD_OUTPUT, has_folder)
    target = Path(output.path).parent if has_folder else output.path
    return _OutputPlace(output, os.path.realpath(target), has_folder)


def _read_paths(inputs: Iterable[str]) -> Iterable[str]:
    """The files that are read, resolved: those of a results folder too."""
    for path in inputs:
        if path != STANDARD_OUTPUT:
            names = RESULTS_FILES if Path(path).is_dir() else ()
            yield from (os.path.realpath(Path(path, name)) for name in ("", *names))


def _check_places(places: Sequence[_OutputPlace], read: Collection[str]) -> None:
    """Check that outputs do not overlap, and that none is also an input.

    Raises:
        UsageError: two overlap, or one is an input.
    """
    taken = [place.path for place in places]
    for place in places:
        if taken.count(place.path) > 1:
            raise UsageError(
                f"--output {place.output.path}: named twice, or in the folder of another page"
            )
    for place in places:
        if place.path in read:
            raise UsageError(f"--output {place.output.path}: is also read from; name another file")
    if sum(place.output.is_folder for place in places) > 1:
        raise UsageError("one results folder at a time; copy it afterwards")
    for place in places:
        for outer in places:
            path = place.output.path
            if path != STANDARD_OUTPUT and Path(outer.path) in Path(place.path).parents:
                raise _lies_in(f"--output {path}", outer)


def check_apart(comparison: Sequence[Output], report: Sequence[Output], layout: Layout) -> None:
    """Check that no file of a comparison lies in a folder that the report beside it has to itself,
    nor the other way round.

    Raises:
        UsageError: one does.
    """
    sides = [
        [
            (option, _place(output, layout))
            for output in side_outputs
            if output.path != STANDARD_OUTPUT
        ]
        for option, side_outputs in (("--output", comparison), ("--report", report))
    ]
    for places, others in (sides, reversed(sides)):
        for option, place in places:
            for other, outer in others:
                if Path(outer.path) in Path(place.path, "file").parents:
                    raise _lies_in(f"{option} {place.output.path}", outer, f" of {other}")


def _lies_in(what: str, outer: _OutputPlace, option: str = "") -> UsageError:
    """The error that `what` lies in a folder which the output `outer` has to itself."""
    path = outer.output.path
    if outer.has_folder:
        return UsageError(
            f"{what}: --layout dir keeps the folder of {path} for itself; write it elsewhere"
        )
    folder = f"the results folder {path}" if outer.output.is_folder else path
    return UsageError(f"{what}: lies in {folder}{option}; write it elsewhere")


def _require_files(places: Sequence[_OutputPlace]) -> None:
    """Check that no results folder is written, since it holds the texts that are redacted.

    Raises:
        UsageError: one of `places` is a results folder.
    """
    for place in places:
        if place.output.is_folder:
            raise UsageError(
                f"--redact: {place.output.path} would hold the texts; keep the results without it, "
                "and redact what is rendered from them"
            )


def _pictures(output: Output, images: Images) -> tuple[Path, ...]:
    """The files that may be written into `img` beside an output."""
    if not output.has_pictures:
        return ()
    folder = Path(output.path).parent
    return tuple(folder / name for name in picture_paths(output.stem, images))


def _check_picture(picture: Path, places: Sequence[_OutputPlace], read: Collection[str]) -> None:
    """Check that a picture is not an output or in one, and is not an input.

    Raises:
        UsageError: it is.
    """
    target = Path(os.path.realpath(picture))
    if str(target) in read:
        raise UsageError(f"{picture}: a picture goes there, and it is read from; rename the output")
    for place in places:
        path = place.output.path
        if path != STANDARD_OUTPUT and Path(place.path) in (target, *target.parents):
            raise UsageError(f"--output {path}: {picture} goes there; write it elsewhere")


def make_documents(
    runs: Runs, outputs: Iterable[Output], options: WriteOptions
) -> dict[Output, Document]:
    """The `runs` in the format of each of `outputs`; results folders are left out."""
    return {
        output: import_module(output.format.module_for(runs.n)).write(runs, options, output)
        for output in outputs
        if output.format
    }


def stage(documents: Mapping[Output, Document], staging: Staging) -> None:
    """Write every document that goes to a file beside its place, pictures before their pages."""
    for path, content in _picture_files(documents).items():
        staging.file(path, content)
    for output, document in documents.items():
        path = Path(output.path)
        if document.files and not output.has_pictures:
            folder = staging.folder(path.parent)
            for name, content in {**document.files, path.name: document.content}.items():
                staging.fill(folder / name, content)
        elif output.path != STANDARD_OUTPUT:
            staging.file(path, document.content)


def _picture_files(documents: Mapping[Output, Document]) -> dict[Path, bytes]:
    """The pictures in a folder beside pages; two pages of one name show the same ones."""
    return {
        Path(output.path).parent / name: content
        for output, document in documents.items()
        if output.has_pictures
        for name, content in document.files.items()
    }


def remove_old_pictures(documents: Mapping[Output, Document], staging: Staging) -> list[str]:
    """Have the pictures removed that an earlier run wrote beside `documents` and that are not
    written again, since they may show texts; returns a line that says so, if there are any."""
    known = [path for output in documents for path in _pictures(output, ALL_KINDS)]
    written = {os.path.realpath(path) for path in _picture_files(documents)}
    old = (path for path in known if os.path.realpath(path) not in written)
    names = ", ".join(str(path) for path in old if staging.remove(path))
    return [f"removed pictures of an earlier run, which may show texts: {names}"] if names else []


def send(documents: Mapping[Output, Document]) -> None:
    """Write every document that goes to standard output.

    Raises:
        OutputError: standard output cannot take it.
        BrokenPipeError: the program that reads it has closed it.
    """
    for output, document in documents.items():
        if output.path == STANDARD_OUTPUT:
            _send(inert_page(document.content) if output.is_page else document.content)


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


def written_line(output: Output, document: Document) -> str:
    """A line with the path of an output and its size, in total and by part."""
    parts = ", ".join(f"{name} {_size(size)}" for name, size in document.parts.items())
    size = _size(document.size) + (f" ({parts})" if parts else "")
    place = "standard output" if output.path == STANDARD_OUTPUT else output.path
    return f"{place}: {size}"


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 100_000 else f"{n_bytes / 1e3:.1f} KB"
