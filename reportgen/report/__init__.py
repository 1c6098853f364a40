"""Pages, Markdown, JSON and tables from the findings of one run or several.

Other rooms import these names and no deeper; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.report.format_register import (
        COMPARISON_FORMATS,
        REPORT_FORMATS,
        STANDARD_OUTPUT,
        Document,
        Format,
        Output,
        table_name,
    )
    from reportgen.report.html.assets import templates_root
    from reportgen.report.html.page import render
    from reportgen.report.json.metrics import watched
    from reportgen.report.language.comparison import CompareWords
    from reportgen.report.language.language import load_language
    from reportgen.report.language.printable import inert, visible
    from reportgen.report.language.sentences import headline, sentence
    from reportgen.report.notebook import TextCell, plain_text, render_markdown, render_notebook
    from reportgen.report.options import (
        COMPARE_TABLE_NAMES,
        CommentFile,
        CompareOptions,
        CompareTableName,
        FlavorName,
        Lang,
        OutputOptions,
        RenderOptions,
        SiteOptions,
        WriteOptions,
        read_commit,
        read_plotlyjs,
    )
    from reportgen.report.outputs import (
        check_apart,
        make_documents,
        plan_outputs,
        remove_old_pictures,
        send,
        stage,
        written_line,
    )
    from reportgen.report.redact.comparison import redacted_comparison
    from reportgen.report.redact.rounding import to_digits
    from reportgen.report.redact.rules import COLUMNS, require_texts
    from reportgen.report.redact.run import redacted, redacted_info
    from reportgen.report.sections.author import comment_lines, unredacted_lines
    from reportgen.report.sections.overview_compared import compare_headline, unmatched_texts
    from reportgen.report.sections.run import gate_rows
    from reportgen.report.sections.trend import limits
    from reportgen.report.short_form.limits import check_marker, limit_of
    from reportgen.report.short_form.markdown import step_summary
    from reportgen.report.short_form.verdicts import first_line
    from reportgen.report.site import write_site
    from reportgen.report.spreadsheets import table
    from reportgen.report.spreadsheets_compared import comparison_table
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
