"""The templates are found, HTML is escaped, and a name left open is an error."""

import jinja2
import pytest

from reportgen.report.templates import environment, templates_root


def test_templates_are_found() -> None:
    assert templates_root().joinpath("report.md.jinja").is_file()
    assert environment().get_template("report.md.jinja")


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
