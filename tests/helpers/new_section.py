"""A section that a test adds to a page, as the README says."""

import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from helpers.places import ROOT
from reportgen.report.html import assets
from reportgen.report.section import PageSection
from reportgen.report.short_form import short_form


def add_section(
    patch: pytest.MonkeyPatch, folder: Path, register: ModuleType, own: PageSection[Any], after: str
) -> None:
    """Add `own` after the section `after` of a register, with a template that shows the last cell
    of its table. Its strings are left to the test, and so is to clear the cache of templates."""
    place = [section.id for section in register.SECTIONS].index(after) + 1
    sections = (*register.SECTIONS[:place], own, *register.SECTIONS[place:])
    is_compare = "compare" in register.__name__
    patch.setattr(register, "SECTIONS", sections)
    patch.setattr(short_form, "COMPARE_SECTIONS" if is_compare else "SECTIONS", sections)
    templates = folder / "templates"
    shutil.copytree(ROOT / "templates", templates)
    kind = "compare_sections" if is_compare else "sections"
    (templates / kind / f"{own.id}.html.jinja").write_text(
        f'<section id="{own.id}"><p>{{{{ page.sections.{own.id}.rows[0][-1].text }}}} tokens</p>'
        "</section>"
    )
    patch.setattr(assets, "templates_root", lambda: templates)
    assets.environment.cache_clear()
