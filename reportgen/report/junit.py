"""The gates as a JUnit file, which GitLab, Jenkins and Azure DevOps show beside a job's tests.

There is no standard; this is what all three read: a test for each gate, with a failure where it
failed, and skipped where it only warns.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reportgen.comparison import Runs
from reportgen.report.format_register import Document, Output
from reportgen.report.language.language import load_language
from reportgen.report.language.printable import visible
from reportgen.report.options import WriteOptions
from reportgen.report.sections.run import gate_rows
from reportgen.report.sections.section_register import context_of

_OUTCOMES = {"failed": "failure", "warning": "skipped"}


def write(runs: Runs, options: WriteOptions, output: Output | None = None) -> Document:
    """A suite with a test for each gate in `options`, those not passed first."""
    language = load_language(options.lang)
    context = context_of(runs, options, language)
    rows = gate_rows(options.gates, runs.findings, language)
    states = [row.state for row in rows]
    suite = Element("testsuite", name=visible(options.title or context.models))
    for row in rows:
        name = f"{row.figure}{language.say('page', 'colon')}{row.allowed}"
        case = SubElement(suite, "testcase", classname=f"reportgen.{runs.command}", name=name)
        if row.state in _OUTCOMES:
            SubElement(case, _OUTCOMES[row.state], message=row.told(language))
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
