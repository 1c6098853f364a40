"""The register of sections, of a report or a comparison: what the page, the navigation and the
short form take from it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from reportgen.report.components import Section

Context = TypeVar("Context")  # what every section of a document is made from


def no_short_form(context: object) -> Iterable[Section]:
    """Nothing: the short form of a section that appears only on a page."""
    return ()


@dataclass(frozen=True, slots=True)
class PageSection(Generic[Context]):
    """One section in all its forms."""

    id: str  # its address on the page, its template, and its name in the navigation
    make: Callable[[Context], object | None]  # what its template shows; None leaves it out
    short: Callable[[Context], Iterable[Section]] = no_short_form  # for Markdown and Confluence
    in_navigation: bool = True
    in_notebook: bool = False  # of a report
    is_of_listed: bool = False  # made again once it is known which texts a report's page lists


@dataclass(frozen=True, slots=True)
class Page:
    """What the skeleton of every page is filled with."""

    title: str  # of the document
    brand: str  # the same in few words, for the bar at the top
    lang: str
    sections: Mapping[str, object | None]  # by id, in reading order; None: not on this page
    navigation: tuple[tuple[str, str], ...]  # id and name of the sections that it links to


def make_sections(
    register: Iterable[PageSection[Context]], context: Context
) -> dict[str, object | None]:
    """What each section shows, by its id."""
    return {section.id: section.make(context) for section in register}


def make_navigation(
    register: Iterable[PageSection[Context]],
    made: Mapping[str, object | None],
    name: Callable[[str], str],
) -> tuple[tuple[str, str], ...]:
    """Id and name of each section of `made` that the navigation links to; `name` gives an id's
    name."""
    return tuple(
        (section.id, name(section.id))
        for section in register
        if section.in_navigation and made[section.id] is not None
    )


def short_forms(register: Iterable[PageSection[Context]], context: Context) -> tuple[Section, ...]:
    """The short forms of all sections, in the order of a short form."""
    parts: Sequence[Section] = [part for section in register for part in section.short(context)]
    return tuple(sorted(parts, key=lambda part: part.place))
