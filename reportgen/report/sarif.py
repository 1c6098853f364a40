"""The texts that got worse as a SARIF 2.1.0 log, which code scanning shows at their lines.

OASIS (2023), Static Analysis Results Interchange Format (SARIF) Version 2.1.0 Plus Errata 01.
"""

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, get_args
from urllib.parse import quote

from reportgen.comparison import Comparison, Rule, Runs, rule_of
from reportgen.findings import rounded
from reportgen.report.format_register import Document, Output
from reportgen.report.json.records import to_json
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.language import load_language
from reportgen.report.options import CompareOptions
from reportgen.report.worse_texts import Regression, regressions

MOST = 5_000  # results: GitHub shows no more of a run
_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_TOP = "%SRCROOT%"  # the top of the repository, as GitHub and Azure name it
_RULES: tuple[Rule, ...] = get_args(Rule)
# In a message these begin a link or a placeholder (3.11.5 and 3.11.6).
_MARKS = re.compile(r"([\\\[\]])|([{}])")


def write(runs: Runs, options: CompareOptions, output: Output | None = None) -> Document:
    """The texts that got worse, as a log with a warning for each."""
    comparison = runs.comparison
    assert comparison is not None
    words = CompareWords(comparison, load_language(options.lang))
    worst = list(regressions(comparison, options))
    reduced = tuple(_reduced(worst, comparison, words))
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(comparison, words)},
                "automationDetails": {"id": f"reportgen/{options.id}/"},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {_TOP: {"description": {"text": words.say("sarif_top")}}},
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            {"level": "note", "message": {"text": _plain(sentence)}}
                            for sentence in reduced
                        ],
                    }
                ],
                "results": [_result(text, words) for text in worst[:MOST]],
            }
        ],
    }
    return Document(to_json(log).encode(), reduced=reduced)


def _driver(comparison: Comparison, words: CompareWords) -> dict[str, Any]:
    return {
        "name": "reportgen",
        "version": comparison.head.info.versions["reportgen"],
        "rules": [
            {
                "id": rule,
                "shortDescription": {"text": words.say(f"sarif_{rule}")},
                "fullDescription": {"text": words.say(f"sarif_{rule}_in_full")},
                "help": {"text": words.say("sarif_help")},
                "defaultConfiguration": {"level": "warning"},
            }
            for rule in _RULES
        ],
    }


def _result(text: Regression, words: CompareWords) -> dict[str, Any]:
    """One text: what became of it, and where it stands."""
    message = words.say("worse_text", id=text.name, said=text.sentence)
    file = "" if text.place is None else text.place.file
    digest = sha256("\n".join((text.rule, file, text.text_id)).encode("utf-8", "replace"))
    values = {name: rounded(v) if isinstance(v, float) else v for name, v in text.figures.items()}
    return {
        "ruleId": text.rule,
        "ruleIndex": _RULES.index(text.rule),
        "level": "warning",
        "message": {"text": _plain(message)},
        "locations": list(_locations(text)),
        # The same text in a later run is the same alert.
        "partialFingerprints": {"text/v1": digest.hexdigest()[:32]},
        "properties": {"id": text.text_id, **values},
    }


def _locations(text: Regression) -> Iterable[dict[str, Any]]:
    if text.place is None:
        return
    address = quote(text.place.file, safe="/", errors="replace")
    physical: dict[str, Any] = {"artifactLocation": {"uri": address, "uriBaseId": _TOP}}
    if text.place.line is not None:
        physical["region"] = {"startLine": text.place.line}
    yield {"physicalLocation": physical}


def _reduced(
    worst: Sequence[Regression], comparison: Comparison, words: CompareWords
) -> Iterable[str]:
    """What the log cannot say: which texts are left out, and which files have no lines."""
    if comparison.predictions is None or rule_of(comparison.predictions) is None:
        yield words.say("sarif_unknown")
    if len(worst) > MOST:
        yield words.count("sarif_more", len(worst) - MOST, most=MOST)
    if any(text.place is None for text in worst):
        yield words.say("sarif_no_file")
    files = (text.place.file for text in worst if text.place and text.place.line is None)
    if names := ", ".join(dict.fromkeys(name.rpartition("/")[2] for name in files)):
        yield words.say("sarif_no_line", names=names)


def _plain(text: str) -> str:
    """`text` as a message in which nothing is a link or a placeholder."""
    return _MARKS.sub(lambda mark: f"\\{mark[1]}" if mark[1] else mark[2] * 2, text)
