"""The gates as a JUnit file, which GitLab, Jenkins and Azure DevOps show beside a job's tests.

There is no standard; this is what all three read: a test for each gate, with a failure where it
failed, and skipped where it only warns.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reportgen.comparison.compare import Comparison
from reportgen.findings.findings import Findings
from reportgen.report.compare_sections.context import CompareContext
from reportgen.report.format_register import Document, Output
from reportgen.report.language.language import load_language
from reportgen.report.language.printable import visible
from reportgen.report.options import CompareOptions, RenderOptions
from reportgen.report.run import gate_rows

_OUTCOMES = {"failed": "failure", "warning": "skipped"}


def write_report(findings: Findings, options: RenderOptions, output: Output) -> Document:
    """The gates of a report, whatever the file `output` is called."""
    return _document(options, options.title or findings.info.model.name, "run")


def write_comparison(
    comparison: Comparison, options: CompareOptions, output: Output | None = None
) -> Document:
    """The gates of a comparison."""
    context = CompareContext(comparison, options, load_language(options.lang))
    return _document(options, options.title or " → ".join(context.names), "compare")


def _document(options: RenderOptions | CompareOptions, title: str, command: str) -> Document:
    """A suite with a test for each gate in `options`, those not passed first."""
    language = load_language(options.lang)
    rows = gate_rows(options.gates, language)
    states = [row.state for row in rows]
    suite = Element("testsuite", name=visible(title))
    for row in rows:
        case = SubElement(suite, "testcase", classname=f"reportgen.{command}", name=row.condition)
        if row.state in _OUTCOMES:
            said = f"{row.condition}{language.say('page', 'colon')}{row.found}"
            SubElement(case, _OUTCOMES[row.state], message=said)
    root = Element("testsuites")
    root.append(suite)
    counts = {
        "tests": len(rows),
        "failures": states.count("failed"),
        "errors": 0,
        "skipped": states.count("warning"),
    }
    for element in (root, suite):
        for name, n in counts.items():
            element.set(name, str(n))
    indent(root)
    text: bytes = tostring(root, "utf-8", xml_declaration=True)
    return Document(text + b"\n")
