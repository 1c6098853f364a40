"""Hostile strings in a real browser, without the policy that would stop them anyway: nothing runs,
and nothing is asked for."""

import re
from pathlib import Path

import pytest
from helpers.made_up.hostile_results import STRINGS, with_strings

from reportgen.comparison import Runs, compare_runs
from reportgen.findings import Findings
from reportgen.report import CompareOptions, RenderOptions, make_documents
from reportgen.report.format_register import output_at

KINDS = ("number", "class", "labels", "next_token", "embedding")
SMALL = [("class", 3)]
WHOLE = [(kind, at) for kind in KINDS for at in range(len(STRINGS))]
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')


def pages(folder: Path, kind: str, at: int) -> list[Path]:
    """The page, the comparison and the pictures of such results, without a policy."""
    findings, title = Findings(with_strings(folder / "results", kind, STRINGS, at)), STRINGS[at]
    how = RenderOptions(title=title, images="svg")
    outputs = [output_at("report.html"), output_at("report.md")]
    made = make_documents(Runs(findings), outputs, how)
    compared = compare_runs(findings, findings)
    made |= make_documents(compared.runs, [output_at("compare.html")], CompareOptions(title=title))
    found = []
    for output, document in made.items():
        files = dict(document.files)
        if output.is_page:
            page, count = _POLICY.subn("", document.text)
            assert count == 1
            files[output.path] = page.encode()
        for name, content in files.items():
            path = folder / Path(name).name
            path.write_bytes(content)
            found.append(path)
    return found


def test_such_strings_do_run_where_they_are_not_escaped(own_tab) -> None:
    tab, ran = own_tab, 0
    for string in STRINGS:
        tab.set_content(f"<p>{string}</p>")
        ran += (
            tab.evaluate("(() => { const bad = window.bad; delete window.bad; return bad; })()")
            == 1
        )
    assert ran >= 5


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        *SMALL,
        *(pytest.param(*each, marks=pytest.mark.whole) for each in WHOLE if each not in SMALL),
    ],
)
def test_nothing_runs_and_nothing_is_asked_for(own_tab, tmp_path: Path, kind: str, at: int) -> None:
    tab = own_tab
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("dialog", lambda dialog: asked.append(dialog.message))
    for path in pages(tmp_path, kind, at):
        asked.clear()
        tab.goto(path.as_uri())
        tab.evaluate(
            "document.querySelectorAll('details').forEach((part) => { part.open = true; })"
        )
        links = tab.locator("a[rel=next]:visible")
        if links.count():
            links.first.click()
        tab.evaluate(
            "for (const part of document.querySelectorAll('*'))"
            " for (const kind of ['mouseover', 'focus', 'error', 'load', 'toggle'])"
            "  if (part.hasAttribute('on' + kind)) part.dispatchEvent(new Event(kind));"
        )
        assert tab.evaluate("window.bad") is None, path.name
        assert [url for url in asked if not url.startswith((path.as_uri(), "data:", "blob:"))] == []
