"""The sections of outputs: what a register says of each, and what pages, their navigation and short
forms take from it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from reportgen.comparison import ANY, Runs
from reportgen.report.components import Section
from reportgen.report.language.language import Language
from reportgen.report.options import WriteOptions


@dataclass(frozen=True)
class PageContext:
    """What every section is made from. That of one run and that of several add what their sections
    share, each part made once."""

    runs: Runs
    options: WriteOptions
    language: Language
    output: str = ""  # the file that the printed command writes; "" for a page

    @property
    def title(self) -> str:
        """The title that the user gave, or the usual one."""
        raise NotImplementedError

    @property
    def models(self) -> str:
        """The name of the model, or of the first and the last."""
        raise NotImplementedError

    @property
    def brand(self) -> str:
        """The same in few words, for the bar at the top."""
        return self.title

    def name_of(self, section: str) -> str:
        """The name of a section in the navigation, by its id."""
        return self.language.say("page", section)


def no_short_form(context: Any) -> Iterable[Section]:
    """Nothing: the short form of a section that appears only on a page."""
    return ()


def late(place: str) -> Callable[[Any], Any]:
    """The function at `place` of this room, such as `sections.trust:make_trust`; its module is
    imported when it is first called."""
    module, _, name = place.partition(":")

    def call(context: Any) -> Any:
        return getattr(import_module(f"reportgen.report.{module}"), name)(context)

    return call


@dataclass(frozen=True, slots=True)
class PageSection:
    """One section in all its forms."""

    id: str  # its address on the page, its template, and its name in the navigation
    make: Callable[[Any], object | None]  # what its template shows, from a context; None: left out
    short: Callable[[Any], Iterable[Section]] = no_short_form  # for Markdown and Confluence
    runs: range = ANY  # how many runs it takes
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
    in_notebook: tuple[str, ...]  # ids
