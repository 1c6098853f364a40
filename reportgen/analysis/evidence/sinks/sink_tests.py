"""Does the sink tests on the sample of an analysis, text by text."""

from collections.abc import Callable, Sequence

import pandas as pd

from reportgen.analysis.evidence.collected import SinkResults
from reportgen.analysis.evidence.sinks.run_sink_tests import SinkTester, sink_columns
from reportgen.analysis.evidence.sinks.subjects import Suspects, places
from reportgen.analysis.evidence.text_evidence import TextEvidence
from reportgen.analysis.progress import Progress
from reportgen.analysis.tasks.folder import TaskFolder
from reportgen.analysis.tasks.task import Task, TaskResult
from reportgen.results.info import LEARNED_SINK
from reportgen.results.tables.write import rows_of


def run_sink_tests(
    tester: SinkTester,
    suspects: Suspects,
    items: Sequence[TextEvidence],
    tokens_of: Callable[[int], pd.DataFrame],
    done: TaskFolder,
    progress: Progress,
    found: SinkResults,
) -> int:
    """Test the texts of `items` that have no result in `done`, and keep their results there; how
    many these are.

    `found` gets what the tests say; an interrupt ends the work, and what was tested until then is
    in its `tasks`.

    Args:
        items: the texts of the `suspects`, with the scalar of each.
        tokens_of: from a row of the table of texts to its rows of the table of tokens.
    """
    explained = {item.text: item.explained for item in items if item.explained is not None}
    subjects = suspects.found
    if tester.has_learned_sinks and not tester.depth.strongest_only:
        subjects += (LEARNED_SINK,)
    found.subjects = tuple(tester.depth.tested(subjects))
    plan = tester.plan([*explained.values()], subjects)
    found.withheld |= {str(test): reason for test, reason in plan.withheld.items()}
    texts = list(explained.items())
    tasks = {case.index: Task("sinks", (texts[case.index][0],)) for case in plan.cases}
    known = {index for index, task in tasks.items() if done.facts(task) is not None}
    found.tasks += [tasks[index] for index in sorted(known)]
    # With all of them done there is nothing left to run the texts for.
    for index, measured in tester.run(plan, known) if len(known) < len(tasks) else ():
        text, item = texts[index]
        at = places(subjects, item.text.tokens, item.text.roles)
        columns = sink_columns(text, measured.rows, at, tokens_of(text))
        result = TaskResult({"sinks": rows_of("sinks", columns)}, {"message": measured.message})
        done.save(tasks[index], result)
        found.tasks.append(tasks[index])
        progress.advance("sinks", 1)
    return len(tasks) - len(known)
