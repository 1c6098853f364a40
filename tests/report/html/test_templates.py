"""The templates are found, HTML is escaped, and a name left open is an error."""

import json
from pathlib import Path

import jinja2
import pytest
from bs4 import Tag
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.role_tables import same_in_every_text, with_roles
from helpers.page_of import page_of

from reportgen.findings import Findings
from reportgen.report import templates_root
from reportgen.report.html import environment


def test_templates_are_found() -> None:
    assert templates_root().joinpath("parts", "help.html.jinja").is_file()
    assert environment().get_template("parts/help.html.jinja")


def test_html_is_escaped() -> None:
    template = environment().from_string("{{ text }}")
    assert template.render(text="<b>&'") == "&lt;b&gt;&amp;&#39;"


def test_a_name_that_is_not_given_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        environment().from_string("{{ text }}").render()


@pytest.mark.parametrize("name", ["nothing.jinja", "assets", "sections/nothing.html.jinja"])
def test_a_template_that_is_not_there_is_an_error(name: str) -> None:
    with pytest.raises(jinja2.TemplateNotFound):
        environment().get_template(name)


def test_at_most_five_notes_are_open_and_the_rest_folded(tmp_path: Path) -> None:
    def sinks(folder: str, texts: tuple[str, ...]) -> Tag:
        made = make_results(tmp_path / folder, texts, n_layers=2)
        made = with_roles(made, same_in_every_text(0.6))
        page = page_of(made)
        found = page.find(id="sinks")
        assert isinstance(found, Tag)
        return found

    few = sinks("few", (*HEADLINES, "ab"))
    assert len(few.select("ul.notes > li")) == 5
    assert not few.select("details:not(.behind) ul.notes")
    many = sinks("many", (*HEADLINES, "ab", "x" * 64))
    assert len(many.select("ul.notes > li")) == 6
    assert len(many.select("details:not(.behind) ul.notes > li")) == 1


def test_the_measures_beside_each_other_are_measured_alike(tmp_path: Path) -> None:
    made = make_results(tmp_path, HEADLINES, evidence="basic")
    found = Findings(made)
    agreement, first = found.colouring.agreement, found.shown_first
    assert agreement is not None
    assert agreement.mean == found.agreement_by_size[first].estimate.mean
    page = page_of(found)
    data = page.select_one("script#page-data")
    assert data is not None
    told = json.loads(str(data.string))["agreement"]
    means = {view: own.estimate.mean for view, own in found.agreement_by_size.items()}
    assert told == {view: f"{mean:.2f}".replace("-", "−") for view, mean in means.items()}
    answer = page.select("#answers")[0]
    assert [text.string for text in answer.select("text[font-weight]")][-1] == told[first]
